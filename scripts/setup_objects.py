"""What the statements of a setup script create and grant."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scripts.setup_script import Statement

WORD = r'(?:[A-Z_][\w$]*|"[^"]*")'
NAME = rf"{WORD}(?: \. {WORD})*"

CREATES = re.compile(
    r"CREATE (?P<replaces>OR REPLACE |OR ALTER )?"
    r"(?P<manner>(?:(?:SECURE|TRANSIENT|TEMPORARY|TEMP|VERSIONED|RECURSIVE) )*)"
    r"(?P<kind>APPLICATION ROLE|NETWORK RULE|EXTERNAL ACCESS INTEGRATION|SECURITY INTEGRATION"
    r"|FILE FORMAT|COMPUTE POOL|DATABASE|FUNCTION|PROCEDURE|SCHEMA|SECRET|SEQUENCE|STAGE|STREAM"
    r"|STREAMLIT|TABLE|TASK|VIEW|WAREHOUSE) (?:IF NOT EXISTS )?"
    rf"(?P<name>{NAME})"
)
GRANTS = re.compile(
    r"GRANT (?P<privilege>[A-Z ,]+?) ON (?P<all>ALL )?(?P<kind>[A-Z][A-Z ]*?) (?:IN SCHEMA )?"
    rf"(?P<name>{NAME})(?: (?P<types>\( [^()]*(?:\( [^()]*\) [^()]*)*\)))? "
    rf"TO APPLICATION ROLE (?P<role>{WORD})"
)
GRANTS_ROLE = re.compile(rf"GRANT APPLICATION ROLE (?P<name>{WORD}) TO APPLICATION ROLE ({WORD})")

SAME_TYPES = {
    **dict.fromkeys(("STRING", "TEXT", "CHAR", "CHARACTER", "NVARCHAR"), "VARCHAR"),
    **dict.fromkeys(("INT", "INTEGER", "BIGINT", "SMALLINT", "DECIMAL", "NUMERIC"), "NUMBER"),
    **dict.fromkeys(("DOUBLE", "REAL", "FLOAT4", "FLOAT8"), "FLOAT"),
    "DATETIME": "TIMESTAMP_NTZ",
}
"""Spellings of one type ("Summary of data types"): a grant may use another than the procedure."""

CALLED = ("PROCEDURE", "FUNCTION")


@dataclass(frozen=True)
class Created:
    """An object a statement creates.

    Attributes:
        kind: ``PROCEDURE``, ``VIEW``, ``SCHEMA``…
        name: ``SCHEMA.NAME`` or ``NAME``, in upper case unless quoted.
        arguments: Types of a procedure's or function's arguments; None for other kinds.
        manner: ``VERSIONED``, ``TRANSIENT``… or empty.
        statement: Where.
    """

    kind: str
    name: str
    arguments: tuple[str, ...] | None
    manner: str
    statement: Statement

    @property
    def label(self) -> str:
        """How a grant names it: ``PROCEDURE CORE.INGEST_HUBSPOT(VARCHAR)``."""
        types = "" if self.arguments is None else f"({', '.join(self.arguments)})"
        return f"{self.kind} {self.name}{types}"

    @property
    def schema(self) -> str:
        """The schema's name; empty for what stands in none."""
        return self.name.rpartition(".")[0]


@dataclass(frozen=True)
class Grant:
    """A grant to an application role.

    Attributes:
        kind: Of the object; for ``ON ALL … IN SCHEMA`` the objects' kind in the singular.
        name: Of the object, or of the schema when ``every`` is true.
        arguments: Types, as in `Created`.
        every: Whether all objects of the kind in the schema are meant.
        role: The application role.
        statement: Where.
    """

    kind: str
    name: str
    arguments: tuple[str, ...] | None
    every: bool
    role: str
    statement: Statement

    @property
    def label(self) -> str:
        """The object as the grant names it."""
        types = "" if self.arguments is None else f"({', '.join(self.arguments)})"
        return f"{self.kind} {self.name}{types}"

    def covers(self, created: Created) -> bool:
        """Whether the grant is on that object."""
        if self.every:
            return (self.kind, self.name) == (created.kind, created.schema)
        return self.label == created.label


def created_by(statement: Statement) -> Created | None:
    """What a statement creates; None when it creates nothing known."""
    match = CREATES.match(statement.outline)
    if match is None:
        return None
    arguments = None
    if match["kind"] in CALLED:
        listed = statement.outline[match.end() :]
        arguments = tuple(map(_argument_type, _split(listed)))
    name = match["name"].replace(" ", "")
    return Created(match["kind"], name, arguments, match["manner"].strip(), statement)


def granted_by(statement: Statement) -> Grant | None:
    """What a statement grants to an application role; None when it grants nothing to one."""
    text = statement.outline
    role = GRANTS_ROLE.match(text)
    if role is not None:
        return Grant("APPLICATION ROLE", role["name"], None, False, role[2], statement)
    match = GRANTS.match(text)
    if match is None:
        return None
    every = match["all"] is not None
    kind = match["kind"].removesuffix("S") if every else match["kind"]
    kind = "EXTERNAL ACCESS INTEGRATION" if kind == "INTEGRATION" else kind
    types = match["types"]
    arguments = None if types is None else plain_types(types)
    name = match["name"].replace(" ", "")
    return Grant(kind, name, arguments, every, match["role"], statement)


def plain_types(written: str) -> tuple[str, ...]:
    """The types of a signature's outline: ``( STRING , VARIANT )``, in one spelling."""
    return tuple(map(plain_type, _split(written)))


def plain_type(written: str) -> str:
    """A type's one spelling, without its size: ``STRING``, ``VARCHAR ( 9 )`` are ``VARCHAR``."""
    word = written.split(" ")[0]
    return SAME_TYPES.get(word, word)


def _argument_type(argument: str) -> str:
    """The type in ``NAME TYPE [DEFAULT …]``."""
    return plain_type(argument.split(" ", 1)[1])


def _split(text: str) -> list[str]:
    """The parts of a list in round brackets that ``text`` begins with, at its outer commas."""
    parts, part, depth = list[str](), list[str](), 0
    for word in text.split():
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth == 0:
            break
        if word == "," and depth == 1:
            parts.append(" ".join(part))
            part = []
        elif not (word == "(" and depth == 1):
            part.append(word)
    return [*parts, " ".join(part)] if part else parts
