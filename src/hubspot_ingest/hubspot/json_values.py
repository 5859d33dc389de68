"""Values of HubSpot's JSON that come in more than one spelling. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hubspot_ingest.errors import UnexpectedAnswer

_NOT_TRUE = frozenset({"", "0", "false"})


def flag(value: object) -> bool:
    """Whether a value means yes: true, a time, any other text; not ``"false"`` or ``"0"``."""
    if isinstance(value, str):
        return value.strip().lower() not in _NOT_TRUE
    return bool(value)


def after_token(answer: Any) -> str | None:
    """The token of the page after this one, None where it is the last.

    It stands in ``paging.next.after``; where that is missing, in the query of ``paging.next.link``.
    Raises ``UnexpectedAnswer`` where the link names no token: there is more, and no way to it.
    """
    following = _mapping(_mapping(answer).get("paging")).get("next")
    after = _mapping(following).get("after")
    if after is not None and after != "":
        return str(after)
    link = _mapping(following).get("link")
    if not link:
        return None
    tokens = parse_qs(urlsplit(str(link)).query).get("after")
    if not tokens:
        raise UnexpectedAnswer(
            "HubSpot says that there is a next page and not by which token; what came before is "
            "not taken for all there is, run again"
        )
    return tokens[0]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
