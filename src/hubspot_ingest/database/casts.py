"""Values become text that Snowflake reads one way only, a column at a time. Pure.

Nearly all values are spelled as they should be: Arrow finds them, and turns instants into
milliseconds, without Python seeing one. Only the others are looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
from pydantic_core import to_json

from hubspot_ingest import times
from hubspot_ingest.database.columns import Column, Type

Text = str | None
# A pyarrow.StringArray
Texts: TypeAlias = Any

# What NUMBER(38,18) takes as it stands; everything else goes through Decimal.
_NUMBER = r"-?[0-9]{1,20}(?:\.[0-9]{1,18})?"
_PLAIN_NUMBER = re.compile(_NUMBER)
_LARGEST = Decimal(10) ** 20
_SMALLEST = Decimal(1).scaleb(-18)
_BOOLEANS = {"true": "true", "false": "false", "yes": "true", "no": "false"}
_DAY = "[12][0-9]{3}-[0-9]{2}-[0-9]{2}"
_INSTANT = rf"{_DAY}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]{{3}})?Z"
_NULL = pa.scalar(None, pa.string())


def to_text(column: Column, values: Sequence[Any]) -> tuple[Texts, int]:
    """The values of a column as text, NULL where empty or not of its type, and how many were not.

    An empty string is how HubSpot spells a cleared value. HubSpot sends text or null; should it
    ever send a number or a bool, its JSON is its text.
    """
    try:
        told = pa.array(values, pa.string())
    except pa.ArrowException:
        told = pa.array([_text(one) for one in values], pa.string())
    empty = pc.equal(told, "")
    if pc.any(empty).as_py():
        told = pc.if_else(empty, _NULL, told)
    fitting = _BY_TYPE[column.type](told) if column.type in _BY_TYPE else told
    return fitting, fitting.null_count - told.null_count


def _numbers(told: Texts) -> Texts:
    return _mended(told, _matches(told, _NUMBER), _number)


def _booleans(told: Texts) -> Texts:
    plain = pc.or_kleene(pc.equal(told, "true"), pc.equal(told, "false"))
    return _mended(told, plain, _boolean)


def _days(told: Texts) -> Texts:
    plain = _matches(told, _DAY)
    try:
        pc.if_else(plain, told, _NULL).cast(pa.date32())
    except pa.ArrowInvalid:
        # one of them is no day of the calendar
        plain = pc.and_(plain, False)
    return _mended(told, plain, times.day)


def _instants(told: Texts) -> Texts:
    plain = _matches(told, _INSTANT)
    try:
        instants = pc.if_else(plain, told, _NULL).cast(pa.timestamp("ms", "UTC"))
    except pa.ArrowInvalid:
        return _mended(told, pc.and_(plain, False), _timestamp)
    return _mended(told, plain, _timestamp, instants.cast(pa.int64()).cast(pa.string()))


_BY_TYPE: Mapping[Type, Callable[[Texts], Texts]] = {
    Type.NUMBER: _numbers,
    Type.BOOLEAN: _booleans,
    Type.DATE: _days,
    Type.TIMESTAMP: _instants,
}


def _matches(told: Texts, pattern: str) -> Any:
    return pc.match_substring_regex(told, rf"\A{pattern}\z")


def _mended(
    told: Texts, plain: Any, spell: Callable[[str], Text], good: Texts | None = None
) -> Texts:
    """``good`` (or what was told) where it is plain, and elsewhere what ``spell`` makes of it."""
    odd = pc.fill_null(pc.invert(plain), False)
    good = told if good is None else good
    if not pc.any(odd).as_py():
        return good
    mended = [spell(one) for one in told.filter(odd).to_pylist()]
    return pc.replace_with_mask(good, odd, pa.array(mended, pa.string()))


def _text(value: object) -> Text:
    return value if isinstance(value, str | None) else to_json(value).decode()


def _number(value: str) -> Text:
    if _PLAIN_NUMBER.fullmatch(value):
        return value
    if "_" in value or not value.isascii():
        # spellings that only Python takes for numbers
        return None
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= _LARGEST:
        return None
    # beyond 18 decimals a computed number has no meaning left: it is rounded
    with localcontext(prec=60):
        return format(number.quantize(_SMALLEST), "f")


def _boolean(value: str) -> Text:
    return _BOOLEANS.get(value.lower())


def _timestamp(value: str) -> Text:
    instant = times.milliseconds(value)
    return None if instant is None else str(instant)
