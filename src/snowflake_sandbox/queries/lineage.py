"""Follows a query's columns to their tables, for the declared types of its output."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import Expr, exp

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
# declared types of one source's columns by name: looked up for a table, followed for a subquery
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
            names = [column.name for column in cte.args["alias"].args.get("columns") or []]
            outputs = _outputs(session, cte.this, ctes)
            ctes[cte.alias_or_name.upper()] = _named(outputs, names)
    if isinstance(query, exp.SetOperation):
        return _outputs(session, query.left, ctes)
    if isinstance(query, exp.Subquery):
        return _outputs(session, query.this, ctes)
    if not isinstance(query, exp.Select):
        return []
    sources = _sources(session, query, ctes)
    outputs = []
    for projection in query.expressions:
        outputs.extend(_projection(projection, sources))
    return outputs


def _named(outputs: Sequence[tuple[str, str | None]], names: list[str]) -> _Source:
    if names:
        return {name: kind for name, (_, kind) in zip(names, outputs, strict=False)}
    return dict(outputs)


def _sources(
    session: LocalSession, query: exp.Select, ctes: dict[str, _Source]
) -> dict[str, _Source]:
    nodes: list[Expr] = []
    from_ = query.args.get("from_")
    if isinstance(from_, exp.From):
        nodes.append(from_.this)
    nodes += [join.this for join in query.args.get("joins") or []]
    sources: dict[str, _Source] = {}
    for node in nodes:
        alias = node.alias_or_name.upper()
        if isinstance(node, exp.Subquery):
            sources[alias] = dict(_outputs(session, node.this, ctes))
        elif isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            if not node.db and node.name.upper() in ctes:
                sources[alias] = ctes[node.name.upper()]
            else:
                sources[alias] = _table(session, node)
    return sources


def _table(session: LocalSession, table: exp.Table) -> _Source:
    if not table.db and session.schema is None:
        return {}
    name = _name(table, session.context())

    def read() -> _Source:
        shape = session.account.shape_of(session.duck, name) or ()
        return {column: declared for column, _, declared, *_ in shape}

    return session.account.plans.remember("declared types", name, read)


def _projection(node: Expr, sources: dict[str, _Source]) -> list[tuple[str, str | None]]:
    if isinstance(node, exp.Star):
        dropped = {column.name.upper() for column in node.args.get("except_") or []}
        return [
            pair
            for source in sources.values()
            for pair in source.items()
            if pair[0].upper() not in dropped
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
        name = node.name if _quoted(node) else node.name.upper()
        if node.table:
            return sources.get(node.table.upper(), {}).get(name)
        kinds = {source[name] for source in sources.values() if name in source}
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
        kinds = {_kind(argument, sources) for argument in (node.this, *node.expressions)}
        return kinds.pop() if len(kinds) == 1 else None
    return None
