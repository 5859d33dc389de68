"""SHOW and DESCRIBE: recorded objects from the catalog, tables from DuckDB."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pyarrow as pa

from snowflake_sandbox import access, results
from snowflake_sandbox.errors import missing, unsupported
from snowflake_sandbox.names import literal
from snowflake_sandbox.queries import execution
from snowflake_sandbox.results import Result
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql.clauses import Context
from snowflake_sandbox.sql.tokens import Reader
from snowflake_sandbox.statements import notifications, procedures
from snowflake_sandbox.storage import relations
from snowflake_sandbox.storage.records import Entry, Grant

Row = dict[str, Any]
_PART = re.compile(r"\\?.", re.DOTALL)


def show(session: LocalSession, reader: Reader, context: Context) -> Result:
    """SHOW <objects> [LIKE '…'] [IN …]."""
    text = reader.text
    reader.accept("TERSE")
    for words, listing in _LISTINGS:
        if reader.accept(*words):
            return _filtered(listing(session), reader, context)
    if reader.accept("GRANTS"):
        return _grants(session, reader, context)
    for status in ("APPROVED", "DECLINED", "PENDING"):
        if reader.accept(status, "SPECIFICATIONS"):
            rows = [r for r in _specifications(session) if r["status"] == status]
            return _filtered(rows, reader, context)
    wanted = _Wanted()
    kept = text[: reader.current.start]
    while not reader.at_end():
        if not wanted.read(reader):
            token = reader.next()
            kept += text[token.start : reader.current.start]
    return wanted.rows(execution.run(session, kept, None))


def _filtered(rows: list[Row], reader: Reader, context: Context) -> Result:
    wanted = _Wanted()
    while not reader.at_end():
        if reader.accept("IN"):
            rows = _within(rows, reader, context)
        elif not wanted.read(reader):
            raise reader.error()
    names = [str(row["name"]) for row in rows]
    return _table([rows[place] for place in wanted.places(names)])


class _Wanted:
    """LIKE, STARTS WITH and LIMIT … FROM of a SHOW: which of the names are shown."""

    def __init__(self) -> None:
        self._like: re.Pattern[str] | None = None
        self._start = ""
        self._limit: int | None = None
        self._after = ""

    def read(self, reader: Reader) -> bool:
        """Read one of the clauses; False when something else comes."""
        if reader.accept("LIKE"):
            self._like = _like(reader.string())
        elif reader.accept("STARTS", "WITH"):
            self._start = reader.string()
        elif reader.accept("LIMIT"):
            self._limit = reader.number()
            if reader.accept("FROM"):
                self._after = reader.string()
        else:
            return False
        return True

    def places(self, names: list[str]) -> list[int]:
        """Return the positions of the names that are shown."""
        found = [
            place
            for place, name in enumerate(names)
            if (self._like is None or self._like.match(name))
            and name.startswith(self._start)
            and name > self._after
        ]
        return found[: self._limit]

    def rows(self, result: Result) -> Result:
        """Return a result with only the rows whose names are shown."""
        if result.table is None:
            return result
        titles = [column["name"] for column in result.columns]
        title = next((t for t in ("column_name", "name") if t in titles), titles[0])
        names = [str(name) for name in result.table.column(titles.index(title)).to_pylist()]
        places = pa.array(self.places(names), pa.int64())
        return replace(result, table=result.table.take(places))


def _within(rows: list[Row], reader: Reader, context: Context) -> list[Row]:
    if reader.accept("ACCOUNT"):
        return rows
    if reader.accept("APPLICATION"):
        application = reader.identifier()
        return [r for r in rows if r.get("database_name") in (None, application)]
    if reader.accept("DATABASE"):
        database = reader.identifier()
        return [r for r in rows if r.get("database_name") == database]
    reader.accept("SCHEMA")
    full = context.qualify((*reader.dotted(), ""))
    return [r for r in rows if (r.get("database_name"), r.get("schema_name")) == full[:2]]


def _like(pattern: str) -> re.Pattern[str]:
    wild = {"%": ".*", "_": "."}
    # a backslash makes the next character stand for itself
    parts = (wild.get(found[0]) or re.escape(found[0][-1:]) for found in _PART.finditer(pattern))
    return re.compile("".join(parts) + r"\Z", re.IGNORECASE | re.DOTALL)


def _table(rows: list[Row], columns: Iterable[str] = ("created_on", "name")) -> Result:
    names = list(rows[0]) if rows else list(columns)
    return results.rows(
        [(name, "VARCHAR") for name in names],
        [[_shown(row[name]) for name in names] for row in rows],
        results.SHOW,
    )


def _shown(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, list | dict) else str(value)


def _listing(kind: str, *options: str) -> Callable[[LocalSession], list[Row]]:
    def rows(session: LocalSession) -> list[Row]:
        return [_entry(entry, options) for entry in session.catalog.entries(kind)]

    return rows


def _entry(entry: Entry, options: tuple[str, ...]) -> Row:
    row: Row = {"created_on": entry.created_at, "name": entry.name[-1]}
    if len(entry.name) == 3:
        row |= {"database_name": entry.name[0], "schema_name": entry.name[1]}
    row |= {option.lower(): entry.options.get(option) for option in options}
    return row | {"owner": "SYSADMIN", "comment": entry.options.get("COMMENT", "")}


def _procedures(session: LocalSession) -> list[Row]:
    return [
        {
            "created_on": p.created_at,
            "name": p.name.object,
            "schema_name": p.name.schema,
            "is_builtin": "N",
            "min_num_arguments": p.required,
            "max_num_arguments": len(p.parameters),
            "arguments": f"{p.name.object}({', '.join(str(a.type) for a in p.parameters)})"
            f" RETURN {p.returns}",
            "description": p.comment or "user-defined procedure",
            "catalog_name": p.name.database,
            "database_name": p.name.database,
            "secrets": {alias: str(name) for alias, name in p.secrets.items()},
            "external_access_integrations": ",".join(p.integrations),
        }
        for p in session.catalog.procedures
    ]


def _tasks(session: LocalSession) -> list[Row]:
    return [
        {
            "created_on": t.created_at,
            "name": t.name.object,
            "database_name": t.name.database,
            "schema_name": t.name.schema,
            "owner": "SYSADMIN",
            "warehouse": t.options.get("WAREHOUSE"),
            "schedule": t.options.get("SCHEDULE"),
            "state": t.state,
            "definition": t.definition,
            "comment": t.options.get("COMMENT", ""),
            "last_run_at": t.last_run_at,
            "last_error": t.last_error,
        }
        for t in session.catalog.tasks
    ]


def _specifications(session: LocalSession) -> list[Row]:
    """An application sees its own alone."""
    acting = access.application(session)
    return [
        {
            "name": e.name[-1],
            "database_name": e.name[0],
            "requested_on": e.created_at,
            "type": e.options["TYPE"],
            "sequence_number": e.options["SEQUENCE_NUMBER"],
            "status": e.options["STATUS"],
            "label": e.options["LABEL"],
            "description": e.options["DESCRIPTION"],
            "definition": {"HOST_PORTS": e.options["HOST_PORTS"]},
        }
        for e in session.catalog.specifications
        if acting in (None, e.name[0])
    ]


def _grants(session: LocalSession, reader: Reader, context: Context) -> Result:
    if reader.accept("TO"):
        kind = "APPLICATION ROLE" if reader.accept("APPLICATION", "ROLE") else reader.next().upper
        name = reader.dotted()
        if kind == "APPLICATION ROLE":
            name = (name[0] if len(name) == 2 else session.database or "", name[-1])
        title = session.catalog.entry(kind, name).title
        found = [g for g in session.catalog.grants if (g.to, g.grantee) == (title, kind)]
    elif reader.accept("OF"):
        reader.expect("APPLICATION", "ROLE")
        role = reader.dotted()
        title = ".".join((role[0] if len(role) == 2 else session.database or "", role[-1]))
        found = [g for g in session.catalog.grants if g.name == title]
    else:
        reader.expect("ON")
        kind = reader.next().upper
        if kind == "PROCEDURE":
            name, types = procedures.read_signature(reader, context)
            title = session.catalog.procedure(name, types).signature
        elif kind == "SCHEMA":
            title = ".".join(context.qualify((*reader.dotted(), ""))[:2])
        elif kind == "DATABASE":
            title = reader.identifier()
        else:
            title = ".".join(context.qualify(reader.dotted()))
        found = [g for g in session.catalog.grants if g.on == kind and g.name == title]
    reader.end()
    columns = ("created_on", "privilege", "granted_on", "name", "granted_to", "grantee_name")
    return _table([_grant(g) for g in found], columns)


def _grant(grant: Grant) -> Row:
    return {
        "created_on": None,
        "privilege": grant.privilege,
        "granted_on": grant.on.replace(" ", "_"),
        "name": grant.name,
        "granted_to": grant.grantee.replace(" ", "_"),
        "grantee_name": grant.to,
    }


_LISTINGS: tuple[tuple[tuple[str, ...], Callable[[LocalSession], list[Row]]], ...] = (
    (("PROCEDURES",), _procedures),
    (("TASKS",), _tasks),
    (("SPECIFICATIONS",), _specifications),
    (("SECRETS",), _listing("SECRET", "TYPE")),
    (("NETWORK", "RULES"), _listing("NETWORK RULE", "TYPE", "MODE", "VALUE_LIST")),
    (
        ("EXTERNAL", "ACCESS", "INTEGRATIONS"),
        _listing("EXTERNAL ACCESS INTEGRATION", "ENABLED"),
    ),
    (("NOTIFICATION", "INTEGRATIONS"), notifications.shown),
    (("INTEGRATIONS",), _listing("EXTERNAL ACCESS INTEGRATION", "ENABLED")),
    (("STREAMLITS",), _listing("STREAMLIT", "TITLE", "MAIN_FILE")),
    (("APPLICATION", "ROLES"), _listing("APPLICATION ROLE")),
    (("STAGES",), _listing("STAGE")),
    (("FILE", "FORMATS"), _listing("FILE FORMAT", "TYPE")),
    (("WAREHOUSES",), _listing("WAREHOUSE", "WAREHOUSE_SIZE", "AUTO_SUSPEND")),
)

_COLUMNS = "_fs_global._fs_information_schema._fs_columns"
_DESCRIBE = f"""
select column_name as "name",
    case data_type when 'NUMBER' then 'NUMBER(' || numeric_precision || ',' || numeric_scale || ')'
        when 'TEXT' then 'VARCHAR(' || character_maximum_length || ')'
        when 'BINARY' then 'BINARY(8388608)'
        else data_type || case when data_type like 'TIME%'
             then '(' || datetime_precision || ')' else '' end end as "type",
    'COLUMN' as "kind", case when is_nullable = 'YES' then 'Y' else 'N' end as "null?",
    column_default as "default", 'N' as "primary key", 'N' as "unique key",
    null::varchar as "check", null::varchar as "expression", comment as "comment",
    null::varchar as "policy name", null::varchar as "privacy domain"
from {_COLUMNS}
where table_catalog = $1 and table_schema = $2 and table_name = $3 order by ordinal_position
"""


def describe(session: LocalSession, reader: Reader, context: Context) -> Result:
    """DESCRIBE TABLE, VIEW, PROCEDURE, and recorded objects."""
    if reader.accept("PROCEDURE"):
        name, types = procedures.read_signature(reader, context)
        found = session.catalog.procedure(name, types)
        properties = {
            "signature": f"({', '.join(f'{p.name} {p.type}' for p in found.parameters)})",
            "returns": str(found.returns),
            "language": "PYTHON",
            "handler": found.handler,
            "runtime_version": found.runtime_version,
            "packages": list(found.packages),
            "imports": list(found.imports),
            "external_access_integrations": list(found.integrations),
            "secrets": {alias: str(secret) for alias, secret in found.secrets.items()},
            "execute as": found.execute_as,
        }
        return _properties(properties)
    for kind in ("SECRET", "STAGE", "STREAMLIT", "EXTERNAL ACCESS INTEGRATION", "NETWORK RULE"):
        if reader.accept(*kind.split()):
            parts = reader.dotted()
            full = parts if kind.endswith("INTEGRATION") else tuple(context.qualify(parts))
            return _properties(session.catalog.entry(kind, full).options)
    if reader.accept("RESULT"):
        raise unsupported("DESCRIBE RESULT")
    if not reader.accept("TABLE"):
        reader.accept("VIEW")
    table = context.qualify(reader.dotted())
    reader.accept("TYPE", "=", "COLUMNS")
    reader.end()
    access.use(session, "TABLE", table)
    if relations.kind_of(session.duck, table) is None:
        raise missing("Table", str(table))
    sql = _DESCRIBE
    for place, part in enumerate(table, 1):
        sql = sql.replace(f"${place}", literal(part))
    return results.query(session.duck.sql(sql), [], results.DESCRIBE)


def _properties(found: dict[str, Any]) -> Result:
    rows = [{"property": key, "value": _shown(value)} for key, value in found.items()]
    return _table(rows, ("property", "value"))
