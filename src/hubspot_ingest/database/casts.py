"""Converts a column of values to text that Snowflake reads in one way only. Pure.

Nearly all values have the expected form already. Arrow recognises those, and converts instants to
milliseconds, without a Python object for each; only the rest is converted in Python, one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
from pydantic_core import to_json

from hubspot_ingest import times
from hubspot_ingest.database.columns import Column, Type

Text = str | None
# A pyarrow.StringArray
Texts: TypeAlias = Any

# What NUMBER(38,18) takes unchanged; everything else goes through Decimal.
_NUMBER = r"-?[0-9]{1,20}(?:\.[0-9]{1,18})?"
_PLAIN_NUMBER = re.compile(_NUMBER)
_LARGEST = Decimal(10) ** 20
_SMALLEST = Decimal(1).scaleb(-18)
_BOOLEANS = {"true": "true", "false": "false", "yes": "true", "no": "false"}
_DAY = "[12][0-9]{3}-[0-9]{2}-[0-9]{2}"
_INSTANT = rf"{_DAY}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]{{3}})?Z"
_NULL = pa.scalar(None, pa.string())
# Snowflake cannot parse, or not read again, JSON with U+0000 (snowflake-ingest-java issue 870).
_NUL, _REPLACEMENT = "\x00", "\ufffd"
# its escape in JSON
_NUL_ESCAPE = "\\u0000"
# Characters of a VARCHAR without a length of its own; a VARIANT takes 128 MB ("String & binary data
# types", "Semi-structured data types"), so that a longer text is whole in PROPERTIES.
LONGEST_TEXT = 16_777_216
CUT_MARK = "…"


def texts_of_json(objects: Sequence[bytes], names: Sequence[str]) -> Mapping[str, Texts] | None:
    """The values of each name in JSON objects; None where some are no texts, or not read so.

    One that an object does not have is null.
    """
    lines = b"\n".join(objects)
    try:
        table = pyarrow.json.read_json(
            pa.BufferReader(lines),
            read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
            parse_options=pyarrow.json.ParseOptions(
                explicit_schema=pa.schema(dict.fromkeys(names, pa.string())),
                unexpected_field_behavior="ignore",
            ),
        )
        return (
            {name: table[name].combine_chunks() for name in names}
            if len(objects) == len(table)
            else None
        )
    except pa.ArrowException:
        return None


def to_text(column: Column, values: Sequence[Any]) -> tuple[Texts, int]:
    """The values of a column as text, and how many did not fit the column's type.

    A value that is empty or does not fit is NULL; a text that is too long is cut, ends with
    ``CUT_MARK``, and is counted, as is one with U+0000, which becomes U+FFFD. HubSpot sends a
    cleared value as an empty string.
    It sends text or null; should it ever send a number or a bool, the text is its JSON.
    """
    try:
        texts = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    except pa.ArrowException:
        texts = pa.array([_text(value) for value in values], pa.string())
    empty = pc.equal(texts, "")
    if pc.any(empty).as_py():
        texts = pc.if_else(empty, _NULL, texts)
    if column.type is Type.TEXT:
        texts, replaced = _without_nul(texts)
        short_texts, cut = _short_texts(texts)
        return short_texts, replaced + cut
    typed_texts = _BY_TYPE[column.type](texts) if column.type in _BY_TYPE else texts
    return typed_texts, typed_texts.null_count - texts.null_count


def _without_nul(texts: Texts) -> tuple[Texts, int]:
    """Texts with U+FFFD for each U+0000, and how many of them had any."""
    with_nul = pc.sum(pc.match_substring(texts, _NUL)).as_py() or 0
    return (pc.replace_substring(texts, _NUL, _REPLACEMENT) if with_nul else texts), with_nul


def instants(values: Sequence[int | None]) -> Texts:
    """Instants in epoch milliseconds as text."""
    return pa.array(values, pa.int64()).cast(pa.string())


def json_texts(objects: Sequence[bytes]) -> Texts:
    """JSON as ``parseable`` text."""
    # as bytes first, which Arrow takes, and checks for being UTF-8, in half the time
    texts = pa.array(objects, pa.binary()).cast(pa.string())
    with_nul = pc.match_substring_regex(texts, r"\\u0000")
    if not pc.any(with_nul).as_py():
        return texts
    parseable_texts = [parseable(json) for json in texts.filter(with_nul).to_pylist()]
    return pc.replace_with_mask(texts, with_nul, pa.array(parseable_texts, pa.string()))


def parseable(json: str) -> str:
    """JSON with U+FFFD for each U+0000, so that Snowflake parses it."""
    *parts, last = json.split(_NUL_ESCAPE)
    return "".join(part + _nul_or_text(part) for part in parts) + last


def _nul_or_text(before: str) -> str:
    """What stands for the escape of U+0000: itself where its backslash is an escaped one."""
    backslashes = len(before) - len(before.rstrip("\\"))
    return _NUL_ESCAPE if backslashes % 2 else _REPLACEMENT


def _short_texts(texts: Texts) -> tuple[Texts, int]:
    """The texts, those cut that are too long for a column, and how many were cut."""
    if texts.nbytes <= LONGEST_TEXT:
        return texts, 0
    too_long = pc.greater(pc.utf8_length(texts), LONGEST_TEXT)
    count = pc.sum(too_long).as_py() or 0
    if not count:
        return texts, 0
    starts = pc.utf8_slice_codeunits(texts, 0, LONGEST_TEXT - len(CUT_MARK))
    cut_texts = pc.binary_join_element_wise(starts, CUT_MARK, "")
    return pc.if_else(too_long, cut_texts, texts), count


def _numbers(texts: Texts) -> Texts:
    return _convert_rest(texts, _matches(texts, _NUMBER), _number)


def _booleans(texts: Texts) -> Texts:
    plain = pc.or_kleene(pc.equal(texts, "true"), pc.equal(texts, "false"))
    return _convert_rest(texts, plain, _boolean)


def _days(texts: Texts) -> Texts:
    plain = _matches(texts, _DAY)
    try:
        pc.if_else(plain, texts, _NULL).cast(pa.date32())
    except pa.ArrowInvalid:
        # one of them is not in the calendar
        plain = pc.and_(plain, False)
    return _convert_rest(texts, plain, times.day)


def _instants(texts: Texts) -> Texts:
    plain = _matches(texts, _INSTANT)
    try:
        instants = pc.if_else(plain, texts, _NULL).cast(pa.timestamp("ms", "UTC"))
    except pa.ArrowInvalid:
        return _convert_rest(texts, pc.and_(plain, False), _timestamp)
    return _convert_rest(texts, plain, _timestamp, instants.cast(pa.int64()).cast(pa.string()))


_BY_TYPE: Mapping[Type, Callable[[Texts], Texts]] = {
    Type.NUMBER: _numbers,
    Type.BOOLEAN: _booleans,
    Type.DATE: _days,
    Type.TIMESTAMP: _instants,
}


def _matches(texts: Texts, pattern: str) -> Any:
    return pc.match_substring_regex(texts, rf"\A{pattern}\z")


def _convert_rest(
    texts: Texts, plain: Any, convert: Callable[[str], Text], converted: Texts | None = None
) -> Texts:
    """``converted`` (default: the texts) where ``plain``, and ``convert`` of the text elsewhere."""
    odd = pc.fill_null(pc.invert(plain), False)
    converted = texts if converted is None else converted
    if not pc.any(odd).as_py():
        return converted
    rest = [convert(text) for text in texts.filter(odd).to_pylist()]
    return pc.replace_with_mask(converted, odd, pa.array(rest, pa.string()))


def _text(value: object) -> Text:
    return value if isinstance(value, str | None) else to_json(value).decode()


def _number(value: str) -> Text:
    if _PLAIN_NUMBER.fullmatch(value):
        return value
    if "_" in value or not value.isascii():
        # forms that only Python accepts as numbers
        return None
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= _LARGEST:
        return None
    # more than 18 decimals of a computed number mean nothing: round
    with localcontext(prec=60):
        return format(number.quantize(_SMALLEST), "f")


def _boolean(value: str) -> Text:
    return _BOOLEANS.get(value.lower())


def _timestamp(value: str) -> Text:
    instant = times.property_instant(value)
    return None if instant is None else str(instant)
