"""A session's temporary tables and views: what stands for their names in DuckDB."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from sqlglot import Expr, exp

from snowflake_sandbox.errors import SqlError
from snowflake_sandbox.names import Name, name_parts
from snowflake_sandbox.sql.clauses import Context

DATABASE = "temp"
"""DuckDB's database for what lives as long as a connection; no other session sees into it."""


class Temporary:
    """The temporary tables and views of one session, by the names that it gave them.

    In Snowflake they are in a schema and hide what has the same name there. SHOW and
    INFORMATION_SCHEMA do not list them here.
    """

    def __init__(self) -> None:
        self._id = uuid.uuid4().hex
        self._changes = 0
        self._stand_ins: dict[Name, Name] = {}

    def __iter__(self) -> Iterator[Name]:
        """Iterate over what stands for the names."""
        return iter(self._stand_ins.values())

    @property
    def key(self) -> str | None:
        """What tells plans of this session from those of others; None when names mean the same."""
        return f"{self._id} {self._changes}" if self._stand_ins else None

    def stand_in(self, name: Name) -> Name:
        """Return the name that a temporary table or view has, or would have, in DuckDB."""
        return Name(DATABASE, "main", ".".join((self._id, *name)))

    def resolve(self, name: Name) -> Name:
        """Return what a name means in this session: that of something temporary comes first."""
        return self._stand_ins.get(name, name)

    def add(self, name: Name) -> None:
        """Take note that something temporary was created."""
        self._stand_ins[name] = self.stand_in(name)
        self._changes += 1

    def remove(self, stand_in: Name) -> None:
        """Take note that something temporary was dropped."""
        self._stand_ins = {
            name: known for name, known in self._stand_ins.items() if known != stand_in
        }
        self._changes += 1

    def rename(self, root: Expr, context: Context) -> Expr:
        """Put the names in DuckDB into a statement, in place; return it."""
        if not self._stand_ins:
            return root
        created = root.find(exp.Table) if isinstance(root, exp.Create) else None
        expressions = {cte.alias_or_name.upper() for cte in root.find_all(exp.CTE)}
        for table in list(root.find_all(exp.Table)):
            parts = name_parts(table)
            if table is created or not all(parts):
                continue
            if len(parts) == 1 and parts[0].upper() in expressions:
                continue
            try:
                name = context.qualify(parts)
            except SqlError:
                continue
            if (stand_in := self._stand_ins.get(name)) is not None:
                _rename(table, name, stand_in)
        return root


def _rename(table: exp.Table, name: Name, stand_in: Name) -> None:
    if not table.alias and not isinstance(table.parent, exp.Insert | exp.Schema):
        alias = exp.TableAlias(this=exp.to_identifier(name.object, quoted=True))
        table.set("alias", alias)
    for place, part in zip(("catalog", "db", "this"), stand_in, strict=True):
        table.set(place, exp.to_identifier(part, quoted=True))
