"""Results of statements as JSON or CSV, and the one spelling of each value."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from hubspot_ingest.errors import CONTROL

# The connector's type codes of VARIANT, OBJECT and ARRAY
SEMI_STRUCTURED = frozenset({5, 9, 10})
_BREAK = re.compile(r"\n\s*")


@dataclass(frozen=True, slots=True)
class Result:
    """Rows of a statement; ``json_columns`` are positions whose values are JSON text."""

    names: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    json_columns: frozenset[int] = frozenset()


def as_json(result: Result) -> str:
    """An array of objects keyed by column name; VARIANTs as JSON, instants as ISO in UTC."""
    objects = []
    for row in result.rows:
        members = ", ".join(
            f"{json.dumps(name)}: {_json(value, position in result.json_columns)}"
            for position, (name, value) in enumerate(zip(result.names, row, strict=True))
        )
        objects.append("{" + members + "}")
    # inside of texts alone can they be, where JSON can spell them otherwise
    return CONTROL.sub(lambda sign: f"\\u{ord(sign[0]):04x}", "[" + ",\n ".join(objects) + "]")


def _json(value: object, is_json: bool) -> str:
    if is_json and isinstance(value, str):
        try:
            json.loads(value, parse_constant=_not_json)
        except ValueError:
            return json.dumps(value, ensure_ascii=False)
        # as the engine spelled it, since Python would round its numbers, but on one line: a line
        # break in JSON stands between its parts, never inside a text
        return _BREAK.sub(" ", value)
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(str(value))
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, Decimal):
        return plain(value)
    return json.dumps(text_of(value), ensure_ascii=False)


def _not_json(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")


def as_csv(result: Result) -> str:
    """Comma-separated, with a header; NULL is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(result.names)
    writer.writerows([text_of(value) for value in row] for row in result.rows)
    return out.getvalue()


def answer(result: Result) -> dict[str, object] | None:
    """What a procedure answered, None when the result is something else."""
    if len(result.rows) != 1 or len(result.names) != 1 or not result.json_columns:
        return None
    try:
        parsed = json.loads(str(result.rows[0][0]))
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) and "response_code" in parsed else None


def text_of(value: object, *, is_json: bool = False) -> str:
    """A value as text, NULL as none; JSON stands on one line."""
    if value is None:
        return ""
    if is_json and isinstance(value, str):
        return _BREAK.sub(" ", value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes | bytearray):
        return value.hex().upper()
    return str(value)


def instant(value: datetime) -> str:
    """ISO 8601 in UTC with milliseconds; TIMESTAMP_NTZ holds UTC."""
    moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plain(value: Decimal) -> str:
    """All digits, no exponent, no trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def parse_rows(
    names: Sequence[str], rows: Sequence[Sequence[object]], codes: Sequence[int]
) -> Result:
    """A result from what the connector's cursor gives."""
    return Result(
        tuple(names),
        tuple(map(tuple, rows)),
        frozenset(n for n, code in enumerate(codes) if code in SEMI_STRUCTURED),
    )
