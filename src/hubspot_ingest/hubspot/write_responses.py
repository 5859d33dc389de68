"""Parses HubSpot's answers to writes: what was written, and what was refused and why. Pure.

A 2xx may hold refusals, and 207 is not the only status that does (OpenAPI of 2026-09 has no 207);
who was answered is told by trace id, record id or property, never by the order of the results.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hubspot_ingest.errors import HubSpotRefused
from hubspot_ingest.hubspot.responses import lacking

_EXISTING_ID = re.compile(r"Existing ID: *(\d+)|(\d+) already has that value")
# Where a refusal names the property it is about.
_PROPERTY_LISTS = ("propertyName", "propertyNames", "name")
_NAMED_PROPERTY = re.compile(r'"name":"(\w+)"|[Pp]roperty "?\'?(\w+)"?\'? does not exist')


@dataclass(frozen=True, slots=True)
class WrittenRecord:
    """A record as HubSpot answers it after a write, or in a read by key.

    ``modified_at`` is HubSpot's own text of the time.
    """

    id: str
    properties: Mapping[str, str | None]
    modified_at: str | None
    trace_id: str | None = None
    is_new: bool | None = None


@dataclass(frozen=True, slots=True)
class InputRefusal:
    """Why HubSpot did not write something.

    ``trace_ids`` and ``ids`` say of which inputs it speaks, none of them: of the whole batch.
    """

    status: int
    category: str
    message: str
    codes: tuple[str, ...] = ()
    property: str | None = None
    trace_ids: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    existing_id: str | None = None
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The records and the refusals of one batch."""

    records: tuple[WrittenRecord, ...]
    refusals: tuple[InputRefusal, ...]


@lacking("HubSpot's answer to a batch lacks {}; what it wrote is looked up again")
def batch_answer(answer: Any) -> BatchAnswer:
    """What a batch of writes, or a read by key, brought about."""
    return BatchAnswer(
        tuple(_record(result) for result in answer["results"]),
        tuple(refusal(error) for error in answer.get("errors") or ()),
    )


@lacking("HubSpot's answer about a record lacks {}; nothing was written for it, run again")
def record(answer: Any) -> WrittenRecord:
    """A single record as a read answers it."""
    return _record(answer)


def nothing(_answer: Any) -> None:
    """The answer to an archive, which has no body."""


def _record(result: Mapping[str, Any]) -> WrittenRecord:
    trace_id = result.get("objectWriteTraceId")
    is_new = result.get("new")
    return WrittenRecord(
        str(result["id"]),
        {name: _text(value) for name, value in (result.get("properties") or {}).items()},
        _text(result.get("updatedAt")),
        None if trace_id is None else str(trace_id),
        None if is_new is None else bool(is_new),
    )


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def whole_batch(refused: HubSpotRefused) -> InputRefusal:
    """The refusal of a whole batch, from the error that the client raised."""
    return refusal(refused.answer, refused.http_status, refused.message)


def refusal(error: Mapping[str, Any], status: int = 0, fallback: str = "") -> InputRefusal:
    """An entry of ``errors``, or the body of a 4xx."""
    message = " ".join(str(error.get("message") or fallback).split())
    context = _mapping(error.get("context"))
    details = [_mapping(detail) for detail in error.get("errors") or ()]
    contexts = [context, *(_mapping(detail.get("context")) for detail in details)]
    existing = _EXISTING_ID.search(message)
    codes = [
        str(detail[key]) for detail in details for key in ("code", "subCategory") if key in detail
    ]
    if error.get("subCategory"):
        codes.append(str(error["subCategory"]))
    return InputRefusal(
        status,
        str(error.get("category") or error.get("error") or ""),
        message,
        tuple(codes),
        _property_name(message, contexts, details),
        _listed(context, "objectWriteTraceId"),
        (*_listed(context, "ids"), *_listed(context, "id")),
        (existing[1] or existing[2]) if existing else None,
        None if error.get("correlationId") is None else str(error["correlationId"]),
    )


def _property_name(
    message: str, contexts: list[Mapping[str, Any]], details: list[Mapping[str, Any]]
) -> str | None:
    """The property a refusal speaks of, where it says so."""
    for context in contexts:
        for key in _PROPERTY_LISTS:
            for name in _listed(context, key):
                return name
    for detail in details:
        if detail.get("in"):
            return str(detail["in"])
    named = _NAMED_PROPERTY.search(message)
    return next((name for name in named.groups() if name), None) if named else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _listed(context: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = context.get(key)
    if value is None:
        return ()
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


@lacking("HubSpot's list of property groups lacks {}")
def group_names(answer: Any) -> tuple[str, ...]:
    """The names of the groups of properties, in HubSpot's order."""
    return tuple(str(group["name"]) for group in answer["results"])
