"""Writes Arrow tables in the form that Snowflake's clients read."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.compute as pc
from fakesnow.rowtype import ColumnInfo

_UTC_MINUTES = 1440


def to_ipc(table: pa.Table, columns: list[ColumnInfo]) -> bytes:
    """Write a table as an Arrow stream with Snowflake's logical types.

    Args:
        table: rows, with DuckDB's Arrow types.
        columns: how each column is described to the client.
    """
    arrays = [
        _array(values.combine_chunks(), column["type"])
        for values, column in zip(table.columns, columns, strict=True)
    ]
    fields = [
        pa.field(
            column["name"],
            array.type,
            metadata={
                "logicalType": column["type"].upper(),
                "precision": str(column["precision"] or 38),
                "scale": str(column["scale"] or 0),
                "charLength": str(column["length"] or 0),
            },
        )
        for column, array in zip(columns, arrays, strict=True)
    ]
    schema = pa.schema(fields)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    body: bytes = sink.getvalue().to_pybytes()
    return body


def _array(values: pa.Array, described: str) -> pa.Array:
    kind = values.type
    if pa.types.is_timestamp(kind):
        return _timestamp(values, with_zone=described == "timestamp_tz")
    if pa.types.is_time(kind):
        # nanoseconds since midnight
        return pc.multiply(values.cast(pa.time64("us")).cast(pa.int64()), 1000)
    if pa.types.is_null(kind):
        return values.cast(pa.string())
    if pa.types.is_nested(kind) or pa.types.is_interval(kind) or pa.types.is_duration(kind):
        return pa.array([_text(value) for value in values.to_pylist()], pa.string())
    if pa.types.is_unsigned_integer(kind):
        return values.cast(pa.int64())
    return values


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, list | dict):
        return json.dumps(value, default=str)
    return str(value)


def _timestamp(values: pa.Array, *, with_zone: bool) -> pa.Array:
    zoned = values.type.tz is not None
    micros = values.cast(pa.timestamp("us", tz="UTC" if zoned else None), safe=False)
    ticks = micros.cast(pa.int64())
    # whole numbers alone: as floats the years before 1685 and after 2255 are none. A division cuts
    # towards 1970, but before it the fraction counts upwards too
    cut = pc.divide(ticks, 1_000_000)
    below = pc.less(pc.subtract(ticks, pc.multiply(cut, 1_000_000)), 0)
    seconds = pc.subtract(cut, below.cast(pa.int64()))
    fraction = pc.multiply(pc.subtract(ticks, pc.multiply(seconds, 1_000_000)), 1000)
    children = [seconds, fraction.cast(pa.int32())]
    fields = [pa.field("epoch", pa.int64()), pa.field("fraction", pa.int32())]
    if with_zone:
        # TIMESTAMP_LTZ comes without: the client shows it in the session's zone
        children.append(pa.array([_UTC_MINUTES] * len(values), pa.int32()))
        fields.append(pa.field("timezone", pa.int32()))
    return pa.StructArray.from_arrays(children, fields=fields, mask=pc.is_null(values))
