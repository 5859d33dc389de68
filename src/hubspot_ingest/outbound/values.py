"""Turns the text of a source column into what HubSpot stores, or says why it cannot. Pure.

Sources: HubSpot's "Properties" and "Error handling"; what it does with each type is in
docs/BEHAVIOR.md.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation

from hubspot_ingest import times
from hubspot_ingest.model import Property
from hubspot_ingest.outbound.mapping import EMAIL, ColumnKind, MappedProperty
from hubspot_ingest.settings import did_you_mean

# Characters in a text value ("Properties").
LONGEST_TEXT = 65_536
# What HubSpot refuses as INVALID_EMAIL has at least this wrong with it.
_EMAIL = re.compile(r"[^\s@,;<>\"()\[\]]+@[^\s@,;<>\"()\[\]]+\.[^\s@,;<>\"()\[\].]{2,}")
_TRUE = frozenset({"true", "1", "yes"})
_FALSE = frozenset({"false", "0", "no"})
# Field types of enumerations that take one option ("Properties").
_ONE_CHOICE = frozenset({"select", "radio", "booleancheckbox"})
# Numbers of a sane size: Decimal would write 1e999999 as a million digits.
LONGEST_EXPONENT = 400


class RowFault(Exception):
    """Why a row is not sent: a stable code, one line, and the property it is about."""

    def __init__(self, code: str, message: str, property_name: str | None = None) -> None:
        """``code`` is one of the codes of rows."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.property_name = property_name


def wire_value(mapped: MappedProperty, kind: ColumnKind, text: str | None) -> str | None:
    """What is sent for a value of the source; None for one that is empty. Raises ``RowFault``."""
    definition = mapped.definition
    if kind is ColumnKind.JSON:
        text = _plain(text, definition)
    if text is None or text == "":
        return None
    match definition.type:
        case "number":
            return _number(definition, text)
        case "bool":
            return _boolean(definition, text)
        case "date":
            return _date(definition, kind, text)
        case "datetime":
            return _datetime(definition, kind, text)
        case "enumeration":
            return _choices(mapped, text)
        case _:
            return _text(definition, kind, text)


def match_value(definition: Property | None, kind: ColumnKind, text: str | None) -> str | None:
    """The value by which a record is looked for; e-mail addresses in small letters."""
    if text is None or not text.strip():
        return None
    if definition is None:
        return plain_number(text) or text.strip()
    mapped = MappedProperty(definition, 0, "set", "keep", by_label=False)
    return wire_value(mapped, kind, text.strip())


def plain_number(text: str) -> str | None:
    """A number in plain digits, with a point and no zeros at its end; None for what is none."""
    if "_" in text or not text.isascii():
        # forms that only Python accepts as numbers
        return None
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > LONGEST_EXPONENT:
        return None
    plain = format(number, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in ("-0", "") else plain


def _plain(text: str | None, definition: Property) -> str | None:
    """The text of a semi-structured value: several choices of an enumeration are a list."""
    if text is None:
        return None
    value = json.loads(text)
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and definition.type == "enumeration":
        return ";".join(scalar_text(item) for item in value if item is not None)
    return value if isinstance(value, str) else text


def _number(definition: Property, text: str) -> str:
    plain = plain_number(text)
    if plain is None:
        raise RowFault(
            "NOT_A_NUMBER",
            f"{shown(text)} is no number: write digits with a point, without commas",
            definition.name,
        )
    return plain


def _boolean(definition: Property, text: str) -> str:
    word = text.strip().lower()
    if word in _TRUE or word in _FALSE:
        return "true" if word in _TRUE else "false"
    raise RowFault("NOT_AN_OPTION", f"{shown(text)} is not true or false", definition.name)


def _instant(kind: ColumnKind, text: str) -> int | None:
    if kind is not ColumnKind.INSTANT and re.fullmatch(r"\d{1,11}", text.strip()):
        # a year, a day without dashes or seconds: nobody can tell
        return None
    return times.milliseconds(text.strip())


def _date(definition: Property, kind: ColumnKind, text: str) -> str:
    instant = _instant(kind, text)
    if instant is None or instant % times.DAY:
        raise RowFault(
            "NOT_A_DATE",
            f"{shown(text)} is no day: a date property takes no time, cast it to DATE",
            definition.name,
        )
    return times.iso(instant)[:10]


def _datetime(definition: Property, kind: ColumnKind, text: str) -> str:
    instant = _instant(kind, text)
    if instant is None:
        raise RowFault("NOT_A_DATE", f"{shown(text)} is no point in time", definition.name)
    return times.iso(instant)


def _choices(mapped: MappedProperty, text: str) -> str | None:
    definition = mapped.definition
    values = [value for value, _ in definition.options]
    # an option keeps its value when its label changes: one's label may be another one's value
    by_label = {
        label.strip().lower(): value for value, label in definition.options if mapped.by_label
    }
    whole = by_label.get(text.strip().lower(), text.strip())
    if whole in values:
        return whole
    parts = [part.strip() for part in text.split(";") if part.strip()]
    parts = [by_label.get(part.lower(), part) for part in parts]
    if not values and definition.referenced_type == "OWNER":
        wrong = [part for part in parts if not part.isdecimal()]
    else:
        wrong = [part for part in parts if values and part not in values]
    if wrong:
        hint = did_you_mean(wrong[0], values)
        raise RowFault(
            "NOT_AN_OPTION",
            f"{shown(wrong[0])} is no option of {definition.name}{hint}",
            definition.name,
        )
    if len(set(parts)) > 1 and definition.field_type in _ONE_CHOICE:
        raise RowFault(
            "NOT_AN_OPTION", f"{definition.name} takes one option, not several", definition.name
        )
    return ";".join(dict.fromkeys(parts)) or None


def _text(definition: Property, kind: ColumnKind, text: str) -> str:
    if kind is ColumnKind.INSTANT:
        text = times.iso(int(text))
    elif kind is ColumnKind.NUMBER:
        text = plain_number(text) or text
    if len(text) > LONGEST_TEXT:
        raise RowFault(
            "TOO_LONG",
            f"{len(text)} characters; HubSpot takes {LONGEST_TEXT}",
            definition.name,
        )
    if definition.name == EMAIL:
        text = text.strip().lower()
        if not _EMAIL.fullmatch(text):
            raise RowFault("EMAIL_INVALID", f"{shown(text)} is no e-mail address", definition.name)
    return text


def scalar_text(value: str | int | float | bool) -> str:
    """A value of the settings as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def shown(text: str) -> str:
    """A value as messages quote it, cut short."""
    return repr(text if len(text) <= 60 else f"{text[:57]}…")


def same_value(definition: Property | None, left: str | None, right: str | None) -> bool:
    """Whether two values are one to HubSpot, however each of them is spelled."""
    if (left or "") == (right or ""):
        return True
    if not left or not right or definition is None:
        return False
    match definition.type:
        case "number":
            return plain_number(left) is not None and plain_number(left) == plain_number(right)
        case "date":
            return times.day(left) is not None and times.day(left) == times.day(right)
        case "datetime":
            instant = times.milliseconds(left)
            return instant is not None and instant == times.milliseconds(right)
        case "bool":
            return left.lower() == right.lower()
        case "enumeration":
            return set(left.split(";")) == set(right.split(";"))
        case _:
            return definition.name == EMAIL and left.lower() == right.lower()
