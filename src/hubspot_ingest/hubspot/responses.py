"""Parses HubSpot's answers into the types of ``model``.

Pure: bytes in, frozen values out. A body that is not JSON raises ``ValueError``, which the client
retries (proxies answer HTML with status 200); JSON of the wrong shape raises
``UnexpectedAnswer``, which it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from pydantic_core import to_json

from hubspot_ingest import times
from hubspot_ingest.credentials import AccessToken
from hubspot_ingest.errors import UnexpectedAnswer
from hubspot_ingest.hubspot.record_pages import after_token, flag
from hubspot_ingest.model import (
    Change,
    Link,
    Links,
    Property,
    Schema,
    Usage,
    ValueRule,
)

Parsed = TypeVar("Parsed")


def lacking(message: str) -> Callable[[Callable[[Any], Parsed]], Callable[[Any], Parsed]]:
    """Makes a parser raise ``UnexpectedAnswer`` where an answer lacks what it looks for.

    ``{}`` stands in the message for what that is.
    """

    def checking(parse: Callable[[Any], Parsed]) -> Callable[[Any], Parsed]:
        @wraps(parse)
        def checked(answer: Any) -> Parsed:
            try:
                return parse(answer)
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                raise UnexpectedAnswer(message.format(error)) from error

        return checked

    return checking


@lacking("HubSpot's list of properties lacks {}; nothing was changed, run again")
def properties(answer: Any) -> tuple[Property, ...]:
    """All properties of an object type, without the archived, by name."""
    parsed = [
        Property(
            name=str(result["name"]),
            type=str(result["type"]),
            label=result.get("label") or "",
            description=result.get("description") or "",
            options=tuple(map(_option, result.get("options") or ())),
            calculated=flag(result.get("calculated")),
            field_type=result.get("fieldType") or "",
            group=result.get("groupName") or "",
            referenced_type=result.get("referencedObjectType") or "",
            unique=flag(result.get("hasUniqueValue")),
            read_only=flag((result.get("modificationMetadata") or {}).get("readOnlyValue")),
        )
        for result in answer["results"]
        if not flag(result.get("archived"))
    ]
    return tuple(sorted(parsed, key=lambda result: result.name))


@lacking("HubSpot's list of validation rules lacks {}; nothing was changed, run again")
def property_rules(answer: Any) -> dict[str, tuple[ValueRule, ...]]:
    """The format rules of an object type, by property."""
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


def _option(option: Mapping[str, Any]) -> tuple[str, str]:
    """Value and label; an option without a label is shown by its value."""
    value = _text(option.get("value")) or ""
    return value, _text(option.get("label")) or value


def _text(value: object) -> str | None:
    """The text of a value; HubSpot sends text, and now and then a number or a bool instead."""
    return value if isinstance(value, str | None) else to_json(value).decode()


@lacking("HubSpot's list of custom objects lacks {}; nothing was changed, run again")
def schemas(answer: Any) -> tuple[Schema, ...]:
    """The portal's custom object types."""
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


@lacking("HubSpot's account details lack {}; nothing was changed, run again")
def portal(answer: Any) -> str:
    """The portal's id, as text."""
    return str(answer["portalId"])


def portal_and_zone(answer: Any) -> tuple[str, str]:
    """The portal's id, and its time zone as HubSpot names it; empty where it does not."""
    return portal(answer), str(answer.get("timeZone") or "")


@lacking("HubSpot's counts of records lack {}; nothing was changed, run again")
def record_counts(answer: Any) -> dict[str, int]:
    """How many records there are, by object type id (0-1 for contacts)."""
    custom = (answer.get("customObjectTypes") or {}).get("byObjectType") or ()
    return {
        str(count["objectTypeId"]): int(count["usage"])
        for count in (*answer["hubspotDefinedObjectTypes"], *custom)
    }


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


@lacking("HubSpot's answer on associations lacks {}; nothing of it was loaded, run again")
def links(answer: Any) -> Links:
    """A batch read of associations, which is 207 when some records have none.

    Records without associations stand among the errors, or nowhere when there are no other errors.
    One whose list is left out is not told of, nor is any that an unfinished answer leaves out.
    """
    told = [result for result in answer["results"] if result.get("to") is not None]
    results = []
    for result in told:
        targets = tuple(
            Link(
                str(to["toObjectId"]),
                str(kind.get("category") or ""),
                str(kind.get("typeId") or ""),
                _text(kind.get("label")),
            )
            for to in result["to"]
            for kind in to.get("associationTypes") or (_UNTYPED,)
        )
        results.append((str(result["from"]["id"]), targets, after_token(result)))
    errors = answer.get("errors") or ()
    no_links = [error for error in errors if error.get("subCategory") == NO_ASSOCIATIONS]
    none = frozenset(
        str(id)
        for error in no_links
        for id in (error.get("context") or {}).get("fromObjectId") or ()
    )
    unfinished = str(answer.get("status") or "COMPLETE") != "COMPLETE"
    unnamed = bool(answer.get("numErrors")) and not errors
    untold = len(told) < len(answer["results"]) or len(no_links) < len(errors)
    return Links(tuple(results), none, failed=untold or unfinished or unnamed)


@lacking("HubSpot's answer on property history lacks {}; nothing of it was loaded")
def history(answer: Any) -> tuple[Change, ...]:
    """The past values in a batch read with history, newest first within a property."""
    return tuple(
        Change(
            record_id=str(result["id"]),
            property=name,
            value=_text(change.get("value")),
            changed_at=times.instant(change.get("timestamp")),
            source_type=_text(change.get("sourceType")),
            source_id=_text(change.get("sourceId")),
            source_label=_text(change.get("sourceLabel")),
            user_id=_text(change.get("updatedByUserId")),
        )
        for result in answer["results"]
        for name, changes in (result.get("propertiesWithHistory") or {}).items()
        for change in changes
    )


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
