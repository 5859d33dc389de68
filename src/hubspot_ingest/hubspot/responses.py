"""Parses HubSpot's answers into the types of ``model``.

Pure: bytes in, frozen values out. A body that is not JSON raises ``ValueError``, which the client
retries (proxies answer HTML with status 200); JSON of the wrong shape raises
``UnexpectedAnswer``, which it does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic_core import from_json, to_json

from hubspot_ingest import times
from hubspot_ingest.credentials import AccessToken
from hubspot_ingest.errors import UnexpectedAnswer
from hubspot_ingest.hubspot.raw_properties import decode_records
from hubspot_ingest.model import (
    BatchOutcome,
    Change,
    Link,
    Links,
    Page,
    Property,
    Record,
    Schema,
    Usage,
    ValueRule,
)

# A value that lies deeper in lists and objects stays text. The parser follows 200 levels, Python's
# own fewer than 1,000; HubSpot's answers have some ten.
DEEPEST = 150
_JSON_MARK = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def decode(body: bytes, *, of_records: bool = False) -> Any:
    """The JSON of a body. Raises ValueError when it is cut off or not JSON.

    ``of_records``: the properties of its records may stay as they are (``RawProperties``).

    Half a surrogate pair, which JSON can spell and UTF-8 cannot, becomes a question mark; what is
    nested deeper than ``DEEPEST`` becomes the text of its JSON.
    """
    try:
        page = decode_records(body) if of_records else None
        return from_json(body, cache_strings="keys") if page is None else page
    except ValueError:
        whole = json.dumps(json.loads(_shallow(body)), ensure_ascii=False)
        return from_json(whole.encode("utf-8", "replace"))


def _shallow(body: bytes) -> bytes:
    """The JSON of ``body`` with what is nested too deeply as text."""
    parts, end, depth, began = [], 0, 0, 0
    for mark in _JSON_MARK.finditer(body):
        if mark[0] in b"[{":
            depth += 1
            if depth == DEEPEST + 1:
                began = mark.start()
        elif mark[0] in b"]}":
            depth -= 1
            if depth == DEEPEST:
                deep = body[began : mark.end()].decode("utf-8", "replace")
                parts += [body[end:began], json.dumps(deep).encode()]
                end = mark.end()
    if depth > DEEPEST:
        raise ValueError("cut off")
    return b"".join([*parts, body[end:]])


def date(headers: Mapping[str, str]) -> int | None:
    """When an answer was sent, in epoch milliseconds; None without a date header."""
    try:
        return round(parsedate_to_datetime(headers["date"]).timestamp() * 1000)
    except (KeyError, ValueError):
        return None


def page(answer: Any) -> Page:
    """A page of the list, the search or the batch read."""
    try:
        results = answer["results"]
        after = ((answer.get("paging") or {}).get("next") or {}).get("after")
        return Page(
            tuple(_record(result) for result in results),
            None if after is None else str(after),
            answer.get("total"),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise UnexpectedAnswer(
            f"HubSpot's page of records lacks {error}; nothing of it was loaded, run again"
        ) from error


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
        created_at=_instant(result.get("createdAt")),
        updated_at=_instant(result.get("updatedAt")),
        archived=bool(result.get("archived", False)),
        archived_at=_instant(archived_at),
        properties=properties,
        associations={
            name: _ids(answer) for name, answer in (result.get("associations") or {}).items()
        },
    )


def _instant(value: object) -> int | None:
    return times.milliseconds(str(value)) if value else None


def _ids(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Distinct ids: one record stands there once for each type of association."""
    return tuple(dict.fromkeys(str(result["id"]) for result in answer.get("results", ())))


def properties(answer: Any) -> tuple[Property, ...]:
    """All properties of an object type, without the archived, by name."""
    try:
        parsed = [
            Property(
                name=str(result["name"]),
                type=str(result["type"]),
                label=result.get("label") or "",
                description=result.get("description") or "",
                options=tuple(map(_option, result.get("options") or ())),
                calculated=bool(result.get("calculated", False)),
                field_type=result.get("fieldType") or "",
                group=result.get("groupName") or "",
                unique=bool(result.get("hasUniqueValue", False)),
                read_only=bool(
                    (result.get("modificationMetadata") or {}).get("readOnlyValue", False)
                ),
            )
            for result in answer["results"]
            if not result.get("archived", False)
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise UnexpectedAnswer(
            f"HubSpot's list of properties lacks {error}; nothing was changed, run again"
        ) from error
    return tuple(sorted(parsed, key=lambda result: result.name))


def property_rules(answer: Any) -> dict[str, tuple[ValueRule, ...]]:
    """The format rules of an object type, by property."""
    try:
        return {
            str(result["propertyName"]): tuple(
                ValueRule(
                    str(rule["ruleType"]),
                    tuple(map(str, rule.get("ruleArguments") or ())),
                    bool(rule.get("shouldApplyNormalization", False)),
                )
                for rule in result.get("propertyValidationRules") or ()
            )
            for result in answer["results"]
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise UnexpectedAnswer(
            f"HubSpot's list of validation rules lacks {error}; nothing was changed, run again"
        ) from error


def _option(option: Mapping[str, Any]) -> tuple[str, str]:
    """Value and label; an option without a label is shown by its value."""
    value = _text(option.get("value")) or ""
    return value, _text(option.get("label")) or value


def _text(value: object) -> str | None:
    """The text of a value; HubSpot sends text, and now and then a number or a bool instead."""
    return value if isinstance(value, str | None) else to_json(value).decode()


def schemas(answer: Any) -> tuple[Schema, ...]:
    """The portal's custom object types."""
    try:
        return tuple(
            Schema(
                object_type=str(result["objectTypeId"]),
                name=str(result["name"]),
                fully_qualified_name=str(result.get("fullyQualifiedName") or result["name"]),
                label=str((result.get("labels") or {}).get("plural") or result["name"]),
                singular=str((result.get("labels") or {}).get("singular") or ""),
            )
            for result in answer["results"]
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise UnexpectedAnswer(
            f"HubSpot's list of custom objects lacks {error}; nothing was changed, run again"
        ) from error


def portal(answer: Any) -> str:
    """The portal's id, as text."""
    try:
        return str(answer["portalId"])
    except (KeyError, TypeError) as error:
        raise UnexpectedAnswer(
            "HubSpot's account details lack the portal id; nothing was changed, run again"
        ) from error


def portal_and_zone(answer: Any) -> tuple[str, str]:
    """The portal's id, and its time zone as HubSpot names it; empty where it does not."""
    return portal(answer), str(answer.get("timeZone") or "")


def record_counts(answer: Any) -> dict[str, int]:
    """How many records there are, by object type id (0-1 for contacts)."""
    try:
        custom = (answer.get("customObjectTypes") or {}).get("byObjectType") or ()
        return {
            str(count["objectTypeId"]): int(count["usage"])
            for count in (*answer["hubspotDefinedObjectTypes"], *custom)
        }
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UnexpectedAnswer(
            f"HubSpot's counts of records lack {error}; nothing was changed, run again"
        ) from error


def usage(answer: Any, now: int) -> Usage:
    """The account's daily usage, as of ``now`` (epoch ms).

    There may be a row for each kind of app; they share one limit, the largest.
    """
    try:
        rows = [row for row in answer["results"] if row["usageLimit"]]
        return Usage(
            limit=max(int(row["usageLimit"]) for row in rows),
            used=sum(int(row["currentUsage"]) for row in rows),
            resets_at=min(
                (
                    at
                    for row in rows
                    if (at := times.milliseconds(str(row.get("resetsAt")))) is not None
                ),
                default=None,
            ),
            checked_at=now,
            apps=tuple((str(row["name"]), int(row["currentUsage"])) for row in rows),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UnexpectedAnswer("HubSpot's account usage has no limit in it") from error


_UNTYPED: Mapping[str, Any] = {}
NO_ASSOCIATIONS = "crm.associations.NO_ASSOCIATIONS_FOUND"


def links(answer: Any) -> Links:
    """A batch read of associations, which is 207 when some records have none.

    Records without associations stand among the errors, or nowhere when there are no errors.
    """
    try:
        results = []
        for result in answer["results"]:
            after = ((result.get("paging") or {}).get("next") or {}).get("after")
            targets = tuple(
                Link(
                    str(to["toObjectId"]),
                    str(kind.get("category") or ""),
                    str(kind.get("typeId") or ""),
                    _text(kind.get("label")),
                )
                for to in result.get("to") or ()
                for kind in to.get("associationTypes") or (_UNTYPED,)
            )
            results.append(
                (str(result["from"]["id"]), targets, None if after is None else str(after))
            )
        none = frozenset(
            str(id)
            for error in answer.get("errors") or ()
            if error.get("subCategory") == NO_ASSOCIATIONS
            for id in (error.get("context") or {}).get("fromObjectId") or ()
        )
        return Links(tuple(results), none, failed=bool(answer.get("errors")))
    except (KeyError, TypeError, AttributeError) as error:
        raise UnexpectedAnswer(
            f"HubSpot's answer on associations lacks {error}; nothing of it was loaded, run again"
        ) from error


def history(answer: Any) -> tuple[Change, ...]:
    """The past values in a batch read with history, newest first within a property."""
    try:
        return tuple(
            Change(
                record_id=str(result["id"]),
                property=name,
                value=_text(change.get("value")),
                changed_at=_instant(change.get("timestamp")),
                source_type=_text(change.get("sourceType")),
                source_id=_text(change.get("sourceId")),
                source_label=_text(change.get("sourceLabel")),
                user_id=_text(change.get("updatedByUserId")),
            )
            for result in answer["results"]
            for name, changes in (result.get("propertiesWithHistory") or {}).items()
            for change in changes
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise UnexpectedAnswer(
            f"HubSpot's answer on property history lacks {error}; nothing of it was loaded"
        ) from error


def access_token(answer: Any) -> AccessToken:
    """An access token and how long it lives; where no refresh token came the old one stays."""
    try:
        got = AccessToken(
            str(answer["access_token"]),
            str(answer.get("refresh_token") or ""),
            float(answer["expires_in"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        got = AccessToken("", "", 0)
    if not got.access_token or not got.access_token.isascii() or got.seconds <= 0:
        raise UnexpectedAnswer("HubSpot's answer to an OAuth grant holds no token; run again")
    return got
