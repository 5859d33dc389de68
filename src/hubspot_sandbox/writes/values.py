"""Checks the values of a write, property by property, and brings them into the stored form."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hubspot_sandbox.answers import Refusal, invalid, refusal
from hubspot_sandbox.call import Call
from hubspot_sandbox.records.columns import Column, State
from hubspot_sandbox.records.table import Table
from hubspot_sandbox.schema.properties import Property
from hubspot_sandbox.schema.validations import EMAIL
from hubspot_sandbox.times import DAY_MS, envelope_iso, iso_day, parse_moment

Values = dict[str, str | None]
LONGEST_TEXT = 65_536
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one value, in HubSpot's words."""

    name: str
    code: str
    message: str


def checked(
    call: Call, table: Table, properties: object, state: State | None, *, updates: bool = False
) -> Values:
    """The values that a write sets, as HubSpot stores them (BEHAVIOR H86, H178, H181).

    ``state`` is the record before; an update must name a property.

    Raises:
        Refusal: 400 listing every property that is unknown, read only or of the wrong type.
    """
    if not isinstance(properties, Mapping):
        raise invalid("Some required fields were not set: [properties]", "REQUIRED_FIELD")
    if updates and not properties:
        raise invalid("No properties found to update, please provide at least one.")
    values: Values = {}
    problems: list[Problem] = []
    for name, raw in properties.items():
        if raw is None:  # no value is not an empty one (BEHAVIOR H178)
            continue
        column = table.columns.get(name)
        if column is None or column.property.archived_at is not None:
            message = f'Property "{name}" does not exist'
            problems.append(Problem(name, "PROPERTY_DOESNT_EXIST", message))
        elif column.property.read_only or column.property.calculated:
            if not call.writes.ignores_read_only:
                message = f'"{name}" is a read only property'
                problems.append(Problem(name, "READ_ONLY_VALUE", message))
        else:
            stored = _stored(call, table, column, _text(raw), state)
            if isinstance(stored, Problem):
                problems.append(stored)
            elif stored is not None:
                values[name] = stored
    if problems:
        raise not_valid(problems)
    return values


def not_valid(problems: list[Problem]) -> Refusal:
    """400 listing problems as text in the message and once more in ``errors``."""
    listed = [
        {"isValid": False, "message": item.message, "error": item.code, "name": item.name}
        for item in problems
    ]
    errors = [
        {"message": item.message, "code": item.code, "context": {"propertyName": [item.name]}}
        for item in problems
    ]
    text = json.dumps(listed, ensure_ascii=False, separators=(",", ":"))
    return refusal(400, f"Property values were not valid: {text}", "VALIDATION_ERROR", errors)


def _text(raw: Any) -> str:
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, (dict, list)):
        raise invalid("Invalid input JSON: Cannot deserialize value of type `java.lang.String`")
    return str(raw)


def _stored(
    call: Call, table: Table, column: Column, text: str, state: State | None
) -> str | Problem | None:
    """The value as it is stored; None where HubSpot leaves the one there is."""
    row = column.property
    if not text:
        return text
    if len(text) > LONGEST_TEXT:
        message = f"{row.name} is longer than {LONGEST_TEXT} characters"
        return Problem(row.name, "INVALID_LENGTH", message)
    before = column.value(state) if state is not None else None
    stored = _of_type(call, table, row, text, before or "")
    if isinstance(stored, Problem) or stored is None or not call.enforces_admin_rules:
        return stored
    for rule in call.portal.admin_rules.of(table.object_type.name).get(row.name, ()):
        if not rule.allows(stored, call.now):
            said_by_admin = rule.rule_type == "REGEX" and len(rule.arguments) > 1
            message = rule.arguments[1] if said_by_admin else f"{text} breaks rule {rule.rule_type}"
            return Problem(row.name, rule.rule_type, message)
    return stored


def _of_type(
    call: Call, table: Table, row: Property, text: str, before: str
) -> str | Problem | None:
    match row.type:
        case "number":
            if _NUMBER.fullmatch(text) is None:
                return Problem(row.name, "INVALID_INTEGER", f"{text} was not a valid number.")
        case "bool":
            if text not in ("true", "false"):
                return _not_an_option(row.name, text, ("true", "false"))
        case "date":
            return _day(row.name, text)
        case "datetime":
            moment = parse_moment(text)
            if moment is None:
                return Problem(row.name, "INVALID_DATE", f"{text} was not a valid date.")
            return envelope_iso(moment)
        case "enumeration":
            return _option(call, row, text, before)
    if row.name == "email" and table.object_type.name == "contacts":
        if EMAIL.fullmatch(text) is None:
            return Problem(row.name, "INVALID_EMAIL", f"Email address {text} is invalid")
        return text.lower()
    if row.field_type == "phonenumber" and call.writes.reformats_phones:
        return re.sub(r"[^\d+x]", "", text) or text
    return text


def _day(name: str, text: str) -> str | Problem:
    """A day, from a day or from milliseconds at midnight UTC."""
    moment = parse_moment(text)
    if _DAY.fullmatch(text) and moment is not None:
        return text
    if moment is None or not text.lstrip("-").isdigit():
        return Problem(name, "INVALID_DATE", f"{text} was not a valid date.")
    if moment % DAY_MS:
        minutes, milliseconds = divmod(moment % DAY_MS, 60_000)
        hour, minute = divmod(minutes, 60)
        second, fraction = divmod(milliseconds, 1000)
        message = f"{text} is at {hour}:{minute}:{second}.{fraction} UTC, not midnight!"
        return Problem(name, "INVALID_DATE", message)
    return iso_day(moment)


def _not_an_option(name: str, text: str, options: tuple[str, ...]) -> Problem:
    allowed = ", ".join(options)
    message = f"{text} was not one of the allowed options: [{allowed}]"
    return Problem(name, "INVALID_OPTION", message)


def _option(call: Call, row: Property, text: str, before: str) -> str | Problem | None:
    if row.referenced_object_type == "OWNER":
        if any(owner.id == text for owner in call.portal.owners):
            return text
        return Problem(row.name, "INVALID_OWNER_ID", f"Owner with ID {text} does not exist")
    options = tuple(option.value for option in row.options)
    if not options or row.external_options:
        return text
    if row.field_type != "checkbox":
        if text not in options:
            return _not_an_option(row.name, text, options)
        if row.name == "lifecyclestage" and before in options:
            # it only moves forward: a step back is taken and not done (BEHAVIOR H179)
            return text if options.index(text) >= options.index(before) else None
        return text
    chosen = _choices(text.removeprefix(";"), options)
    for choice in chosen:
        if choice not in options:
            return _not_an_option(row.name, choice, options)
    if text.startswith(";"):  # adds to what is chosen already
        chosen = _choices(before, options) + chosen
    return ";".join(dict.fromkeys(chosen))


def _choices(text: str, options: tuple[str, ...]) -> list[str]:
    """The options named in a text, of which one may hold a semicolon itself."""
    if text in options:
        return [text]
    return [part for part in text.split(";") if part]
