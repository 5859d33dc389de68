"""Lists of globs as three simple choices (all, all but some, only some) and back. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

ALL, EXCEPT, ONLY, OTHER = "All", "All but some", "Only some", "By patterns"
WAYS = (ALL, EXCEPT, ONLY, OTHER)


PERSONAL = ("*email", "*emails", "*phone*", "*mobile*", "*fax*")
"""Globs of properties that hold e-mail addresses and phone numbers, as HubSpot names its own."""


def without_personal(globs: Sequence[str]) -> list[str]:
    """The list, less e-mail addresses and phone numbers, new properties among them."""
    # denials alone are denied from everything
    taken = [*globs] if any(not glob.startswith("!") for glob in globs) else ["*", *globs]
    return [*taken, *(f"!{glob}" for glob in PERSONAL if f"!{glob}" not in taken)]


def with_personal(hashed: Sequence[str]) -> list[str]:
    """The list, with e-mail addresses and phone numbers, new properties among them."""
    return [*hashed, *(glob for glob in PERSONAL if glob not in hashed)]


def without_denials(globs: Sequence[str], denied: Sequence[str]) -> list[str]:
    """The list without the denials of some globs; at least everything."""
    return [glob for glob in globs if glob not in {f"!{each}" for each in denied}] or ["*"]


def with_choice(globs: Sequence[str], name: str, *, taken: bool, names: Sequence[str]) -> list[str]:
    """The list, changed so that it takes a property or not; ``names`` are those there are.

    A glob that denies the property among others is replaced by the names of those others.
    """
    if is_among(globs, name) == taken:
        return [*globs]
    if not taken:
        rest = [glob for glob in globs if glob != name]
        return rest if not is_among(rest, name) else [*rest, f"!{name}"]
    denials = [glob for glob in globs if glob.startswith("!") and fnmatchcase(name, glob[1:])]
    others = [
        f"!{other}"
        for other in names
        if other != name and any(fnmatchcase(other, glob[1:]) for glob in denials)
    ]
    rest = [glob for glob in globs if glob not in denials]
    rest += [other for other in others if other not in rest]
    return rest if is_among(rest, name) else [*rest, name]


def with_name(globs: Sequence[str], name: str) -> list[str]:
    """The list, which takes a property already, with its name too."""
    return [*globs, *([] if name in globs else [name])]


def is_among(globs: Sequence[str], name: str) -> bool:
    """As ``takes``; an empty list takes nothing."""
    return bool(globs) and takes(globs, name)


def way(globs: Sequence[str]) -> str:
    """The choice that a list of globs amounts to."""
    if list(globs) == ["*"]:
        return ALL
    if globs[:1] == ["*"] and all(glob.startswith("!") for glob in globs[1:]):
        return EXCEPT
    # beside a plain * a name is none of a few: it is one that would be ignored as a new one
    if "*" not in globs and not any(glob.startswith("!") for glob in globs):
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
