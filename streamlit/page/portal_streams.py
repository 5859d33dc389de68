"""The objects that can be chosen of a portal: its own custom ones, and what its key can read."""

from __future__ import annotations

import re

from page import connections_view, look, words
from page.calls import Calls, Row

_CUSTOM = re.compile(r"p\d+_.+|2-\d+")


def is_custom(stream: str) -> bool:
    """Whether a stream is one of the custom objects of some portal, by its name."""
    return _CUSTOM.fullmatch(stream) is not None


def of(connection: str, calls: Calls) -> list[Row]:
    """One row per object of the portal, as in the view STREAMS, without counts of a further one.

    A further portal is asked, at most every few minutes. Where its key is refused that is drawn.
    """
    known = calls.streams()
    if connection == connections_view.FIRST:
        return known
    with look.working(f"Asking HubSpot what {connection} can read"):
        answer = calls.streams_of(connection)
    if answer.get("response_code") != "OK":
        look.tell(answer)
    told = {str(stream["stream"]): stream for stream in answer.get("streams") or []}
    of_catalog = {str(row["STREAM"]): row for row in known if not is_custom(str(row["STREAM"]))}
    rows = []
    for name in dict.fromkeys([*of_catalog, *filter(is_custom, told)]):
        custom: Row = {
            **{"STREAM": name, "OBJECT_TYPE": "2-", "LABEL": words.title(name), "TIER": None},
            **{"READER": "RECORDS", "CHECKED_AT": None},
        }
        stream = told.get(name, {})
        rows.append(
            {
                **of_catalog.get(name, custom),
                "READABLE": bool(stream.get("readable")),
                "SCOPES": stream.get("scopes") or [],
                "RECORDS": None,
            }
        )
    return rows
