"""Which properties a list of globs takes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase


def takes(globs: Sequence[str], name: str) -> bool:
    """Whether ``globs`` take a property; ``!`` denies, and denials alone deny from everything.

    Settings have no blanks at the ends of a name, so one that HubSpot has is taken without them.
    """
    allowed = [glob for glob in globs if not glob.startswith("!")]
    if globs and not allowed:
        allowed = ["*"]
    denied = [glob[1:] for glob in globs if glob.startswith("!")]
    return _matches(allowed, name) and not _matches(denied, name)


def _matches(globs: Sequence[str], name: str) -> bool:
    return any(fnmatchcase(name, glob) or fnmatchcase(name.strip(), glob) for glob in globs)
