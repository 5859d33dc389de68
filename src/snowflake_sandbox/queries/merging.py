"""Runs MERGE by DuckDB's MERGE and answers Snowflake's row counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import duckdb
from sqlglot import Expr, exp

from snowflake_sandbox import results
from snowflake_sandbox.duck import execute
from snowflake_sandbox.errors import SqlError, compilation, unsupported
from snowflake_sandbox.names import Name, literal, name_parts, path
from snowflake_sandbox.queries.merge_inserts import MergeInsert, insert_of
from snowflake_sandbox.results import Result
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql.translation import Plan

_ACTIONS = {"inserted": "INSERT", "updated": "UPDATE", "deleted": "DELETE"}


def plan_merge(session: LocalSession, root: exp.Merge, params: list[Any] | None) -> Plan:
    """Return the plan of a MERGE, with what is needed to count its rows."""
    whens = _whens(root)
    verbs = [verb for verb in _ACTIONS if any(_verb(when) == verb for when in whens)]
    for when in whens:
        then = when.args.get("then")
        if isinstance(then, exp.Update):
            for assignment in then.expressions:
                # Snowflake takes t.c = …, DuckDB only c = …
                column = assignment.this
                if isinstance(column, exp.Column):
                    assignment.set("this", exp.Column(this=column.this))
        elif isinstance(then, exp.Insert):
            columns = then.this.expressions if then.this is not None else []
            values = then.expression.expressions if then.expression is not None else []
            for column in columns:
                if isinstance(column, exp.Column) and column.args.get("table"):
                    column.set("table", None)
            if columns and len(columns) != len(values):
                raise compilation(
                    "Insert value list does not match column list expecting"
                    f" {len(columns)} but got {len(values)}",
                    2020,
                    "42601",
                )
    _last_of_its_kind(whens)
    key = _only_key(root)
    restrict_to_source_keys(root)
    target = _target(session, root)
    translated = session.translator.plan(root, params)
    sql = translated.sql[-1]
    insert = insert_of(translated.tree) if key is not None and translated.tree else None
    counted = None
    if verbs == ["inserted", "updated"] and target is not None:
        counted = f"SELECT count(*) FROM {path(target)}"
    elif len(verbs) > 1:
        sql += " RETURNING merge_action"
    return replace(
        translated,
        sql=(sql,),
        tree=None,
        extra={
            "verbs": verbs,
            "counted": counted,
            "target": target,
            "key": key,
            "insert": insert,
        },
    )


def run_merge(session: LocalSession, plan: Plan, params: list[Any] | None) -> Result:
    """Run a MERGE and count what it did."""
    try:
        counts = _inserted(session, plan, params) or _merged(session, plan, params)
    except duckdb.InvalidInputException as error:
        if "same target row more than once" in str(error):
            raise SqlError("Duplicate row detected during DML action", 100090, "42P18") from error
        raise
    if not session.in_transaction and (target := plan.extra["target"]) is not None:
        session.store.shorten_log(target.database)
    return results.counts(results.MERGE, **counts)


def _inserted(session: LocalSession, plan: Plan, params: list[Any] | None) -> dict[str, int] | None:
    """Insert the rows of the source, and count them, if the table has none of them."""
    statements: MergeInsert | None = plan.extra["insert"]
    if statements is None:
        return None
    (any_matched,) = _from_files(session, statements.any_matched)
    (insert,) = _from_files(session, statements.insert)
    with session.atomic():
        if execute(session.duck, any_matched)[0][0]:
            return None
        count = execute(session.duck, insert, params or None)[0][0]
    return {**dict.fromkeys(plan.extra["verbs"], 0), "inserted": count}


def _merged(session: LocalSession, plan: Plan, params: list[Any] | None) -> dict[str, int]:
    """Merge, and count the rows by what became of them.

    DuckDB tells the sum. Telling which row was inserted and which updated costs it a copy of all
    of them, so the rows of the table are counted before and after, in one transaction.
    """
    verbs: list[str] = plan.extra["verbs"]
    counted: str | None = plan.extra["counted"]
    statements = _from_files(session, plan.sql[-1], plan.extra["key"] if counted else None)
    if counted is not None:
        return _count(session, counted, statements, params)
    rows = execute(session.duck, statements[-1], params or None)
    if len(verbs) == 1:
        return {verbs[0]: int(rows[0][0])}
    actions = Counter(row[0] for row in rows)
    return {verb: actions[_ACTIONS[verb]] for verb in verbs}


def _from_files(session: LocalSession, sql: str, key: str | None = None) -> list[str]:
    """Return a statement with rows that COPY left in files read from those files.

    DuckDB holds all rows of a MERGE in memory: with a ``key``, by which its rows are matched, each
    file is merged by itself where it does not matter.
    """
    statements = [sql]
    account, duck = session.account, session.duck
    tables = account.deferred.named_in(sql)
    for table in tables:
        columns = list(account.table_columns(duck, table))
        apart = (
            key in columns
            and len(tables) == 1
            and account.deferred.distinct(table, key, lambda query: execute(duck, query)[0][0])
        )
        read = account.deferred.read_in(statements[0], table, columns, apart=apart)
        if read is None:
            account.settle(duck, table)
        else:
            statements = read
    return statements


def _count(
    session: LocalSession, counted: str, statements: list[str], params: list[Any] | None
) -> dict[str, int]:
    duck = session.duck
    with session.atomic():
        before = execute(duck, counted)[0][0]
        total = sum(execute(duck, sql, params or None)[0][0] for sql in statements)
        inserted = execute(duck, counted)[0][0] - before
    return {"inserted": inserted, "updated": total - inserted}


def _target(session: LocalSession, root: exp.Merge) -> Name | None:
    table = root.this
    if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier):
        return None
    return session.context().qualify(name_parts(table))


def restrict_to_source_keys(root: exp.Merge) -> None:
    """Add to the condition, in place, that the table's key is among the source's keys.

    The equality implies it. Without it DuckDB may hash the table instead of the source: every row,
    with all columns that are compared, so that its memory grows with the table.
    """
    on, table, source = root.args["on"], root.this, root.args["using"]
    for equal in on.flatten() if isinstance(on, exp.And) else [on]:
        sides = [equal.this, equal.expression] if isinstance(equal, exp.EQ) else []
        keys = {column.table.upper(): column for column in sides if isinstance(column, exp.Column)}
        table_column = keys.get(table.alias_or_name.upper())
        source_column = keys.get(source.alias_or_name.upper())
        if table_column is None or source_column is None:
            continue
        values = _values(source, source_column)
        if values is not None:
            among = exp.In(this=table_column.copy(), query=exp.Subquery(this=values))
            root.set("on", exp.and_(on, among, copy=False))
            return


def _only_key(root: exp.Merge) -> str | None:
    """Return the column of the source's table that rows are matched by, and nothing else.

    None where it is an expression, or where a row of the source is made of several.
    """
    on, table, source = root.args["on"], root.this, root.args["using"]
    query = source.this if isinstance(source, exp.Subquery) else None
    if not isinstance(on, exp.EQ) or not isinstance(query, exp.Select):
        return None
    if any(query.args.get(clause) for clause in ("qualify", "limit", "offset")):
        return None
    if query.find(exp.AggFunc, exp.Window):
        return None
    for mine, other in ((on.this, on.expression), (on.expression, on.this)):
        if not isinstance(mine, exp.Column) or not isinstance(other, exp.Column):
            return None
        if mine.table.upper() != source.alias_or_name.upper() or other.table.upper() != (
            table.alias_or_name.upper()
        ):
            continue
        values = _values(source, mine)
        value = None if values is None else values.expressions[0]
        return value.name if isinstance(value, exp.Column) else None
    return None


def _values(source: Expr, key: exp.Column) -> exp.Select | None:
    """Return a query of every value the source's key may have; None where only the source can."""
    if isinstance(source, exp.Table):
        return exp.select(exp.column(key.this.copy())).from_(_unnamed(source))
    query = source.this if isinstance(source, exp.Subquery) else None
    if not isinstance(query, exp.Select) or any(
        query.args.get(clause)
        for clause in ("joins", "with_", "group", "laterals", "pivots", "distinct")
    ):
        return None
    table = query.args.get("from_")
    outputs = {output.alias_or_name: output.unalias() for output in query.expressions}
    value = outputs.get(key.name)
    if value is None or table is None or not isinstance(table.this, exp.Table):
        return None
    if any(part.find(exp.Placeholder) for part in (value, table)):
        return None
    return exp.Select(expressions=[value.copy()], from_=table.copy())


def _unnamed(table: exp.Table) -> exp.Table:
    unnamed_table = table.copy()
    unnamed_table.set("alias", None)
    return unnamed_table


def _whens(root: exp.Merge) -> list[exp.When]:
    whens = root.args.get("whens")
    expressions = whens.expressions if isinstance(whens, Expr) else list(whens or [])
    return [when for when in expressions if isinstance(when, exp.When)]


def _verb(when: exp.When) -> str:
    then = when.args.get("then")
    if isinstance(then, exp.Update):
        return "updated"
    if isinstance(then, exp.Insert):
        return "inserted"
    if isinstance(then, exp.Var) and then.name.upper() == "DELETE":
        return "deleted"
    raise unsupported("MERGE with this clause")


def _last_of_its_kind(whens: list[exp.When]) -> None:
    closed: set[bool] = set()
    for when in whens:
        matched = bool(when.args.get("matched"))
        if matched in closed:
            raise compilation(
                "A MERGE clause without a condition must be the last of its kind"
                f" ({literal('WHEN MATCHED' if matched else 'WHEN NOT MATCHED')}).",
                1003,
                "42000",
            )
        if when.args.get("condition") is None:
            closed.add(matched)
