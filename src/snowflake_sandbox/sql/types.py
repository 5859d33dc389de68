"""Snowflake's data types: how they are read and which type of DuckDB stores them."""

from __future__ import annotations

from typing import NamedTuple

from snowflake_sandbox.errors import compilation
from snowflake_sandbox.sql.tokens import Kind, Reader

_ALIASES = {
    "STRING": "VARCHAR",
    "TEXT": "VARCHAR",
    "CHAR": "VARCHAR",
    "CHARACTER": "VARCHAR",
    "NVARCHAR": "VARCHAR",
    "DECIMAL": "NUMBER",
    "NUMERIC": "NUMBER",
    "INT": "NUMBER",
    "INTEGER": "NUMBER",
    "BIGINT": "NUMBER",
    "SMALLINT": "NUMBER",
    "TINYINT": "NUMBER",
    "DOUBLE": "FLOAT",
    "FLOAT4": "FLOAT",
    "FLOAT8": "FLOAT",
    "REAL": "FLOAT",
    "DATETIME": "TIMESTAMP_NTZ",
    "TIMESTAMP": "TIMESTAMP_NTZ",
    "TIMESTAMPNTZ": "TIMESTAMP_NTZ",
    "TIMESTAMPLTZ": "TIMESTAMP_LTZ",
    "TIMESTAMPTZ": "TIMESTAMP_TZ",
    "VARBINARY": "BINARY",
}
_DUCK = {
    "VARCHAR": "VARCHAR",
    "FLOAT": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIME": "TIME",
    "TIMESTAMP_NTZ": "TIMESTAMP",
    "TIMESTAMP_LTZ": "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMP_TZ": "TIMESTAMP WITH TIME ZONE",
    "VARIANT": "JSON",
    "OBJECT": "JSON",
    "ARRAY": "JSON",
    "BINARY": "BLOB",
}


class DataType(NamedTuple):
    """A data type: Snowflake's name of it and its numbers, e.g. NUMBER (38, 9)."""

    name: str
    sizes: tuple[int, ...] = ()

    def __str__(self) -> str:
        """The type as Snowflake writes it in a signature."""
        return self.name

    @property
    def duck(self) -> str:
        """DuckDB's type for it."""
        if self.name == "NUMBER":
            digits, places = self.number
            # whole numbers come back as Python int
            return "BIGINT" if places == 0 and digits == 38 else f"DECIMAL({digits},{places})"
        return _DUCK[self.name]

    @property
    def number(self) -> tuple[int, int]:
        """Precision and scale of a NUMBER."""
        if not self.sizes:
            return (38, 0)
        return (self.sizes[0], self.sizes[1] if len(self.sizes) > 1 else 0)

    @property
    def declared(self) -> str | None:
        """The declaration, where DuckDB's type says less; None where it says the same."""
        if self.name in ("ARRAY", "OBJECT"):
            return self.name
        if self.name in ("VARCHAR", "TIME", "TIMESTAMP_NTZ", "TIMESTAMP_TZ") and self.sizes:
            return f"{self.name}({self.sizes[0]})"
        if self.name == "TIMESTAMP_LTZ":
            return f"{self.name}({self.sizes[0] if self.sizes else 9})"
        return None

    @property
    def semistructured(self) -> bool:
        """Whether values are JSON in DuckDB."""
        return self.name in ("VARIANT", "OBJECT", "ARRAY")


def read_type(reader: Reader) -> DataType:
    """Read a data type.

    Raises:
        SqlError: 2040 for a type Snowflake does not have.
    """
    word = reader.identifier()
    if word == "DOUBLE":
        reader.accept("PRECISION")
    name = _ALIASES.get(word, word)
    if name != "NUMBER" and name not in _DUCK:
        raise compilation(f"Unsupported data type '{word}'.", 2040, "42601")
    sizes: list[int] = []
    if reader.accept("("):
        while not reader.accept(")"):
            if reader.current.kind is not Kind.NUMBER:
                raise reader.error()
            sizes.append(int(reader.next().value))
            reader.accept(",")
    return DataType(name, tuple(sizes))
