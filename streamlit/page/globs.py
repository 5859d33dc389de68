"""Lists of globs as three simple choices (all, all but some, only some) and back. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

ALL, EXCEPT, ONLY, OTHER = "All", "All but some", "Only some", "As globs"
WAYS = (ALL, EXCEPT, ONLY, OTHER)


PERSONAL = ("*email", "*emails", "*phone*", "*mobile*", "*fax*")
"""Globs of properties that hold e-mail addresses and phone numbers, as HubSpot names its own."""


def without_personal(globs: Sequence[str]) -> list[str]:
    """The list, less e-mail addresses and phone numbers, new properties among them."""
    # denials alone are denied from everything
    taken = [*globs] if any(not glob.startswith("!") for glob in globs) else ["*", *globs]
    return [*taken, *(f"!{glob}" for glob in PERSONAL if f"!{glob}" not in taken)]


def way(globs: Sequence[str]) -> str:
    """The choice that a list of globs amounts to."""
    if list(globs) == ["*"]:
        return ALL
    if globs[:1] == ["*"] and all(glob.startswith("!") for glob in globs[1:]):
        return EXCEPT
    if not any(glob.startswith("!") for glob in globs):
        return ONLY
    return OTHER


def names_in(globs: Sequence[str]) -> list[str]:
    """The names and globs of a list, without a plain ``*`` and without leading ``!``."""
    return [glob.removeprefix("!") for glob in globs if glob != "*"]


def globs_for(way: str, names: Sequence[str]) -> list[str]:
    """The list of globs for a choice and its names."""
    if way == ONLY:
        return list(names) or ["*"]
    return ["*", *(f"!{name}" for name in names)] if way == EXCEPT else ["*"]


def takes(globs: Sequence[str], name: str) -> bool:
    """Whether a property is taken: by some glob, and denied by none."""
    taken = [glob for glob in globs if not glob.startswith("!")] or ["*"]
    denied = [glob[1:] for glob in globs if glob.startswith("!")]
    return any(fnmatchcase(name, glob) for glob in taken) and not any(
        fnmatchcase(name, glob) for glob in denied
    )
