"""Plans queries and DML, remembers the plans by text, and runs them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
from sqlglot import Expr, exp

from snowflake_sandbox import access, results, rules
from snowflake_sandbox.duck import execute, first
from snowflake_sandbox.names import Name, name_parts
from snowflake_sandbox.queries import merging, strictness, table_functions
from snowflake_sandbox.queries.lineage import declared_outputs
from snowflake_sandbox.queries.recalled_plans import keep_plan, recall_plan
from snowflake_sandbox.queries.row_counts import count_rows
from snowflake_sandbox.queries.written_types import check_written_types
from snowflake_sandbox.results import Result
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql.translation import Plan

_DML = {exp.Insert: "inserted", exp.Update: "updated", exp.Delete: "deleted"}
_IDS = {
    "inserted": results.INSERT,
    "updated": results.UPDATE,
    "deleted": results.DELETE,
}


def run_query(session: LocalSession, text: str, params: list[Any] | None) -> Result:
    """Run a query, DML, or anything else that fakesnow translates."""
    remembered = strictness.system_call(session, text)
    if remembered is not None:
        return remembered
    text = table_functions.expand(session, text)
    plan = plan_query(session, text, params)
    root = plan.root
    if isinstance(root, exp.Merge):
        return session.write(
            lambda: merging.run_merge(session, plan, _bound(plan, params)), plan.extra["changed"]
        )
    verb = next((verb for kind, verb in _DML.items() if isinstance(root, kind)), None)
    if verb is not None:
        return session.write(
            lambda: _write(session.duck, plan, params, verb), plan.extra["changed"]
        )
    return _rows(session, plan, params)


def plan_query(session: LocalSession, text: str, params: list[Any] | None) -> Plan:
    """Return the plan of a statement, the remembered one when the same text ran before."""
    # each application and role sees another part of INFORMATION_SCHEMA
    acting = access.acting_application(session)
    temporary = session.temporary.key
    key = (text, session.database, session.schema, acting, session.role, temporary)
    plans = session.account.plans
    plan = plans.get(key)
    if plan is None and temporary is None and (plan := recall_plan(session, key, params)):
        plans.put(key, plan, plan.extra["relations"])
    if plan is not None:
        access.check_access(session, plan.extra["touched"])
        return plan
    plan = _new_plan(session, text, params)
    if plan.repeatable and isinstance(plan.root, exp.Query | exp.DML):
        plan.extra["relations"] = relations = {
            *(name for name, _ in plan.extra["touched"]),
            *_read_names(session, plan.root),
        }
        plans.put(key, plan, relations)
        if isinstance(plan.root, exp.Query):
            plan.extra["declared"] = declared_outputs(session, plan.root)
        if temporary is None:
            keep_plan(session, key, params, plan, relations)
    return plan


def _new_plan(session: LocalSession, text: str, params: list[Any] | None) -> Plan:
    root = session.parse(text)
    rules.check_tree(session, root)
    strictness.check_values(root)
    strictness.check_subqueries(root)
    strictness.check_memberships(root)
    strictness.check_flattened(root)
    # of a SHOW what is shown is chosen elsewhere
    named = isinstance(root, exp.Query | exp.DML)
    names = access.named_relations(session, root) if named else ()
    access.check_access(session, names)
    access.hide_unprivileged(session, root)
    check_written_types(session, root, params)
    if isinstance(root, exp.Merge):
        plan = merging.plan_merge(session, root, params)
    else:
        plan = session.translator.plan(root, params)
    plan.extra["touched"] = names
    plan.extra["changed"] = _changed_table(session, plan.root)
    return plan


def _read_names(session: LocalSession, root: Expr) -> Iterator[Name]:
    """The tables and views whose definitions a plan depends on.

    A common table expression may have the name of a table that it reads.
    """
    defined = {cte.alias.upper() for cte in root.find_all(exp.CTE)}
    for table in root.find_all(exp.Table):
        parts = name_parts(table)
        if not all(parts):
            continue
        is_expression = len(parts) == 1 and parts[0].upper() in defined
        if is_expression and session.schema is None:
            continue
        name = session.context().qualify(parts)
        if not is_expression or session.account.plans.is_defined(name):
            yield name


def _changed_table(session: LocalSession, root: Expr) -> Name | None:
    """Return the table that UPDATE, DELETE or MERGE changes; None for other statements."""
    if not isinstance(root, exp.Update | exp.Delete | exp.Merge):
        return None
    if not isinstance(root.this, exp.Table):
        return None
    return session.context().qualify(name_parts(root.this))


def describe_query(session: LocalSession, text: str, params: list[Any] | None) -> Result:
    """Answer the columns of a query, or an empty result for statements that have none."""
    root = session.parse(table_functions.expand(session, text))
    if not isinstance(root, exp.Query):
        return results.Result(results.status("").columns)
    access.check_access(session, access.named_relations(session, root))
    plan = session.translator.plan(root, params)
    count = sum(1 for _ in plan.root.find_all(exp.Placeholder))
    relation = session.duck.sql(plan.sql[-1], params=plan.params or [None] * count or None)
    return Result(results.describe_columns(relation, declared_outputs(session, plan.root)))


def _bound(plan: Plan, params: list[Any] | None) -> list[Any] | None:
    return params if plan.repeatable else plan.params


def _rows(session: LocalSession, plan: Plan, params: list[Any] | None) -> Result:
    bound = _bound(plan, params)
    for sql in plan.sql[:-1]:
        execute(session.duck, sql)
    relation = session.duck.sql(count_rows(session.duck, plan), params=bound or None)
    if session.parameters.rows_per_resultset:
        relation = relation.limit(session.parameters.rows_per_resultset)
    type_id = results.SELECT if isinstance(plan.root, exp.Query) else results.SHOW
    # a plan is forgotten when any table changes, and the declared types with it
    if "declared" not in plan.extra:
        plan.extra["declared"] = declared_outputs(session, plan.root)
    return results.query(relation, plan.extra["declared"], type_id)


def _write(
    duck: duckdb.DuckDBPyConnection, plan: Plan, params: list[Any] | None, verb: str
) -> Result:
    bound = _bound(plan, params)
    for sql in plan.sql[:-1]:
        execute(duck, sql)
    row = first(duck, plan.sql[-1], bound or None)
    count = int(row[0]) if row else 0
    if verb == "updated":
        names = [("number of rows updated", "BIGINT")]
        names.append(("number of multi-joined rows updated", "BIGINT"))
        return results.rows(names, [[count, 0]], _IDS[verb])
    return results.counts(_IDS[verb], **{verb: count})
