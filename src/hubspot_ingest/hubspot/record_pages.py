"""Parses answers with records, whose properties stay the JSON that HubSpot sent.

A run stages them as they are, without a Python object for each, and Arrow reads the columns out of
them; only who asks for a single value has it parsed. What all lists share, tokens and spellings of
yes, is read here too. Pure; raises as ``responses`` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic_core import from_json

from hubspot_ingest import times
from hubspot_ingest.errors import UnexpectedAnswer
from hubspot_ingest.hubspot import json_values
from hubspot_ingest.model import BatchOutcome, Page, Record

# In JSON a quotation mark inside a text is escaped: neither can stand anywhere but between keys.
_BEGIN, _END = b'"properties":{', b'},"createdAt":"'
# What ends an object within another, or beside it: what stands between the marks is more than the
# values of one record.
_OBJECT_ENDS, _OBJECT_LAST = (b'},"', b'},{"', b'}],"'), (b"}}", b"}]}")
# Half of a surrogate pair can be spelled so, which UTF-8 cannot.
_SURROGATE = re.compile(rb"\\u[dD]")


class RawProperties(Mapping[str, Any]):
    """The properties of a record."""

    def __init__(self, json: bytes) -> None:
        """``json`` is the object as HubSpot sent it."""
        self.json = json

    @cached_property
    def _values(self) -> dict[str, Any]:
        try:
            values: dict[str, Any] = from_json(self.json)
        except ValueError:
            message = "HubSpot sent properties of a record that are no JSON; run it again"
            raise UnexpectedAnswer(message) from None
        return values

    def __getitem__(self, name: str) -> Any:
        """The value; one that is null is told without parsing the others."""
        at = self.json.find(b'"%s":null' % name.encode())
        # else it would be the end of a longer name, whose quotation mark is escaped
        if at > 0 and self.json[at - 1] in b",{":
            return None
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._values)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._values)


def decode(body: bytes) -> Any:
    """The JSON of a page of records; their ``properties`` are raw where they can be.

    Raises as ``json_values.decode``.
    """
    with suppress(ValueError):
        page = _with_raw_properties(body)
        if page is not None:
            return page
    return json_values.decode(body)


def _with_raw_properties(body: bytes) -> dict[str, Any] | None:
    """The JSON of a page of records whose ``properties`` are raw; None where they cannot be.

    Raises ValueError where what is around them is not JSON.
    """
    if _SURROGATE.search(body):
        return None
    if not body.isascii():
        # what is not UTF-8 is told now, when the page can still be asked for again
        body.decode()
    rest: list[bytes] = []
    properties: list[RawProperties] = []
    end = 0
    while (begin := body.find(_BEGIN, end)) >= 0:
        begin += len(_BEGIN) - 1
        rest.append(body[end:begin])
        end = body.find(_END, begin) + 1
        if not end:
            return None
        if _has_objects(body[begin:end]):
            return None
        properties.append(RawProperties(body[begin:end]))
    # a number in the place of each
    answer = from_json(b"0".join([*rest, body[end:]]), cache_strings="keys")
    if not isinstance(answer, dict):
        return None
    results = answer.get("results")
    if not isinstance(results, list) or len(results) != len(properties):
        return None
    for result, raw in zip(results, properties, strict=True):
        if not isinstance(result, dict) or result.get("properties") != 0:
            return None
        result["properties"] = raw
    return answer


def _has_objects(json: bytes) -> bool:
    """Whether there is an object in what should be a flat one, or beside it."""
    # most have no other brace at all, and are through here quickly
    return json.index(b"}") < len(json) - 1 and (
        json.endswith(_OBJECT_LAST) or any(mark in json for mark in _OBJECT_ENDS)
    )


def page(answer: Any) -> Page:
    """A page of the list, the search or the batch read."""
    try:
        results = answer["results"]
        return Page(
            tuple(_record(result) for result in results),
            after_token(answer),
            _total(answer.get("total")),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise UnexpectedAnswer(
            f"HubSpot's page of records lacks {error}; nothing of it was loaded, run again"
        ) from error


def _total(value: object) -> int | None:
    """How many records a search counts; None where it does not say. Takes a number in a text."""
    if value is None or value == "":
        return None
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):
            total = int(value)
            if total >= 0 and total == float(value):
                return total
    raise UnexpectedAnswer(
        f"HubSpot's search counts {str(value)[:40]!r} records, which is no number; nothing of its "
        "page was loaded, run again"
    )


NOT_FOUND = "OBJECT_NOT_FOUND"


def batch_outcome(answer: Any) -> BatchOutcome:
    """What became of the ids of a batch read, which is 207 when some did not come.

    An entry of ``errors`` speaks of one id or of many. One that is not OBJECT_NOT_FOUND does not
    tell whether the record exists.
    """
    try:
        arrived = frozenset(str(result["id"]) for result in answer["results"])
        errors = answer.get("errors") or ()
        not_found = {
            id for error in errors if error.get("category") == NOT_FOUND for id in _error_ids(error)
        }
        others = [error for error in errors if error.get("category") != NOT_FOUND]
        status = str(answer.get("status") or "COMPLETE")
        refusal = str(others[0].get("category") or "ERROR") if others else ""
        if not errors and answer.get("numErrors"):
            refusal = "ERROR"
        return BatchOutcome(
            arrived,
            frozenset(not_found - {id for error in others for id in _error_ids(error)}),
            refusal or ("" if status == "COMPLETE" else status),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise UnexpectedAnswer(
            f"HubSpot's answer to a batch read lacks {error}; nothing of it was loaded, run again"
        ) from error


def _error_ids(error: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids an error entry speaks of: in ``ids``, or alone in ``id``."""
    context = error.get("context") or {}
    ids: list[str] = []
    for value in (context.get("ids"), context.get("id")):
        ids += map(str, value if isinstance(value, list) else [value] if value else ())
    return tuple(ids)


def record(answer: Any) -> Record:
    """One record, read by its id."""
    try:
        return _record(answer)
    except (KeyError, TypeError, AttributeError) as error:
        raise UnexpectedAnswer(f"HubSpot's record lacks {error}; run again") from error


def _record(result: Mapping[str, Any]) -> Record:
    identifier = result.get("id")
    if not identifier:
        raise UnexpectedAnswer(
            "HubSpot sent a record without an id; nothing of its page was loaded, run again"
        )
    properties = result["properties"]
    if not isinstance(properties, Mapping):
        raise TypeError("'properties'")
    archived_at = result.get("archivedAt")
    return Record(
        id=str(identifier),
        created_at=times.instant(result.get("createdAt")),
        updated_at=times.instant(result.get("updatedAt")),
        archived=flag(result.get("archived")),
        archived_at=times.instant(archived_at),
        properties=properties,
        associations={
            name: _ids(answer) for name, answer in (result.get("associations") or {}).items()
        },
    )


def _ids(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Distinct ids: one record stands there once for each type of association."""
    return tuple(dict.fromkeys(str(result["id"]) for result in answer.get("results", ())))


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


def is_short(page: Page, limit: int) -> bool:
    """Whether a page has fewer records than were asked for, and than are counted; not without any.

    What is missing may lie between those it has.
    """
    return 0 < len(page.records) < min(limit, page.total or 0)
