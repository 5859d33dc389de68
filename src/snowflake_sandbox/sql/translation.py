"""Translates Snowflake SQL to DuckDB SQL by fakesnow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.dialect import parse_one
from sqlglot import Expr, exp

from snowflake_sandbox.errors import unsupported
from snowflake_sandbox.sql import json_reads, semistructured
from snowflake_sandbox.sql.aggregates import typed_aggregates
from snowflake_sandbox.sql.conversions import convert
from snowflake_sandbox.sql.transforming import transform
from snowflake_sandbox.sql.variables import with_variables

Params = list[Any]


@dataclass(frozen=True)
class Plan:
    """A statement ready to run.

    Attributes:
        sql: the DuckDB statements; the last one's rows are the answer.
        root: the Snowflake statement's syntax tree, not to be changed.
        params: the values left for DuckDB's placeholders.
        repeatable: whether the same text may be answered by this plan again.
        tree: the syntax tree of the last DuckDB statement.
    """

    sql: tuple[str, ...]
    root: Expr
    params: Params | None = None
    repeatable: bool = False
    tree: Expr | None = None
    extra: dict[str, Any] = field(default_factory=dict)


class Translator:
    """fakesnow's translation for one session.

    Args:
        connection: fakesnow's connection object; it carries current database, schema and
            variables, nothing is executed on it.
    """

    def __init__(self, connection: FakeSnowflakeConnection) -> None:
        self._connection = connection

    def parse(self, text: str) -> Expr:
        """Parse one statement, its session variables filled in."""
        values = self._connection.variables._variables
        return semistructured.normalize(parse_one(with_variables(text, values)))

    def plan(self, root: Expr, params: Params | None) -> Plan:
        """Translate a parsed statement, which is used up."""
        cursor = self._cursor()
        cursor.check_db_and_schema(root)
        left = list(params) if params is not None else None
        original = root.copy()
        statements: list[str] = []
        parts = [root] if isinstance(root, exp.Merge) else cursor._transform_explode(root)
        for part in parts:
            if isinstance(part, exp.Query | exp.DML):
                translated = transform(convert(part), left, self._connection.schema)
                translated = semistructured.refuse_nul(translated)
                translated = typed_aggregates(self._connection._duck_conn, translated, left)
            else:
                translated = cursor._transform(part, left)
            if isinstance(translated, exp.Command) and not statements and translated.this != "SET":
                raise unsupported(original.sql(dialect="snowflake")[:80])
            tree = json_reads.share(translated)
            sql = tree.sql(dialect="duckdb")
            if not sql:
                raise unsupported(original.sql(dialect="snowflake")[:80])
            statements.append(sql)
        same = params is None or len(left or ()) == len(params)
        repeatable = same and not self._variables_used()
        return Plan(tuple(statements), original, left, repeatable=repeatable, tree=tree)

    def expression(self, text: str) -> str:
        """Translate one expression."""
        root = self.parse(f"SELECT {text}")
        return self.plan(root, None).sql[-1].removeprefix("SELECT ")

    def _cursor(self) -> FakeSnowflakeCursor:
        connection = self._connection
        return FakeSnowflakeCursor(connection, connection._duck_conn)

    def _variables_used(self) -> bool:
        return bool(self._connection.variables._variables)
