"""Where a query's columns come from: their declared types, and full names of their tables."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import Expr, exp

from snowflake_sandbox.duck import execute
from snowflake_sandbox.names import Name
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql.clauses import Context
from snowflake_sandbox.storage import columns

_ARRAYS = (exp.ArrayAgg, exp.Array, exp.Split, exp.ArrayConcat)
_OBJECTS = (exp.JSONObject, exp.JSONObjectAgg)
_ANONYMOUS = {
    "ARRAY_CONSTRUCT": "ARRAY",
    "JSON_ARRAY": "ARRAY",
    "JSON_OBJECT": "OBJECT",
    "OBJECT_CONSTRUCT": "OBJECT",
    "OBJECT_CONSTRUCT_KEEP_NULL": "OBJECT",
    "OBJECT_AGG": "OBJECT",
}
# columns of one source by name; a table's are looked up, a subquery's are followed
_Source = dict[str, str | None]


def qualify_tables(root: Expr, context: Context) -> None:
    """Give every table of a query its database and schema, in place."""
    ctes = {cte.alias_or_name.upper() for cte in root.find_all(exp.CTE)}
    for table in list(root.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier):
            continue
        if not table.db and table.name.upper() in ctes:
            continue
        name = _name(table, context)
        table.set("catalog", exp.to_identifier(name.database, quoted=True))
        if name.schema != "INFORMATION_SCHEMA":
            table.set("db", exp.to_identifier(name.schema, quoted=True))


def _name(table: exp.Table, context: Context) -> Name:
    parts = []
    for part in (table.args.get("catalog"), table.args.get("db"), table.this):
        if isinstance(part, exp.Identifier):
            parts.append(part.name if part.quoted else part.name.upper())
    return context.qualify(tuple(parts))


def declared_outputs(session: LocalSession, root: Expr) -> list[str | None]:
    """Return the declared type of each output column, None where DuckDB's type tells all.

    Followed are plain columns, ``*``, casts and the functions that make arrays and objects,
    through subqueries, common table expressions and set operations.
    """
    if not isinstance(root, exp.Query):
        return []
    return [kind for _, kind in _outputs(session, root, {})]


def _outputs(
    session: LocalSession, query: Expr, outer: dict[str, _Source]
) -> list[tuple[str, str | None]]:
    ctes = dict(outer)
    with_ = query.args.get("with_")
    if isinstance(with_, exp.With):
        for cte in with_.expressions:
            names = [c.name for c in cte.args["alias"].args.get("columns") or []]
            found = _outputs(session, cte.this, ctes)
            ctes[cte.alias_or_name.upper()] = _named(found, names)
    if isinstance(query, exp.SetOperation):
        return _outputs(session, query.left, ctes)
    if isinstance(query, exp.Subquery):
        return _outputs(session, query.this, ctes)
    if not isinstance(query, exp.Select):
        return []
    sources = _sources(session, query, ctes)
    found = []
    for projection in query.expressions:
        found.extend(_projection(projection, sources))
    return found


def _named(found: Sequence[tuple[str, str | None]], names: list[str]) -> _Source:
    if names:
        return {n: kind for n, (_, kind) in zip(names, found, strict=False)}
    return dict(found)


def _sources(
    session: LocalSession, query: exp.Select, ctes: dict[str, _Source]
) -> dict[str, _Source]:
    nodes: list[Expr] = []
    from_ = query.args.get("from_")
    if isinstance(from_, exp.From):
        nodes.append(from_.this)
    nodes += [join.this for join in query.args.get("joins") or []]
    found: dict[str, _Source] = {}
    for node in nodes:
        alias = node.alias_or_name.upper()
        if isinstance(node, exp.Subquery):
            found[alias] = dict(_outputs(session, node.this, ctes))
        elif isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            if not node.db and node.name.upper() in ctes:
                found[alias] = ctes[node.name.upper()]
            else:
                found[alias] = _table(session, node)
    return found


def _table(session: LocalSession, table: exp.Table) -> _Source:
    if not table.db and session.schema is None:
        return {}
    name = _name(table, session.context())
    known = columns.declared_types(session.duck, [name])
    rows = execute(
        session.duck,
        "SELECT column_name FROM duckdb_columns() WHERE database_name = ? AND schema_name = ?"
        " AND table_name = ? ORDER BY column_index",
        [*name],
    )
    return {str(row[0]): known.get((*name, str(row[0]))) for row in rows}


def _projection(node: Expr, sources: dict[str, _Source]) -> list[tuple[str, str | None]]:
    if isinstance(node, exp.Star):
        dropped = {c.name.upper() for c in node.args.get("except_") or []}
        return [
            pair for s in sources.values() for pair in s.items() if pair[0].upper() not in dropped
        ]
    if isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
        return list(sources.get(node.table.upper(), {}).items())
    name = node.alias_or_name
    inner = node.unalias()
    return [(name.upper() if not _quoted(node) else name, _kind(inner, sources))]


def _quoted(node: Expr) -> bool:
    alias = node.args.get("alias") if isinstance(node, exp.Alias) else node.args.get("this")
    return isinstance(alias, exp.Identifier) and bool(alias.quoted)


def _kind(node: Expr, sources: dict[str, _Source]) -> str | None:
    if isinstance(node, exp.Column):
        wanted = node.name if _quoted(node) else node.name.upper()
        if node.table:
            return sources.get(node.table.upper(), {}).get(wanted)
        kinds = {s[wanted] for s in sources.values() if wanted in s}
        return kinds.pop() if len(kinds) == 1 else None
    if isinstance(node, exp.Cast):
        return columns.declaration(node.to)
    if isinstance(node, exp.Paren):
        return _kind(node.this, sources)
    if isinstance(node, _ARRAYS):
        return "ARRAY"
    if isinstance(node, _OBJECTS):
        return "OBJECT"
    if isinstance(node, exp.Anonymous):
        return _ANONYMOUS.get(node.name.upper())
    if isinstance(node, exp.Max | exp.Min | exp.AnyValue):
        return _kind(node.this, sources)
    if isinstance(node, exp.Coalesce):
        kinds = {_kind(n, sources) for n in (node.this, *node.expressions)}
        return kinds.pop() if len(kinds) == 1 else None
    return None
