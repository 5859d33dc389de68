"""SHOW and DESCRIBE, of recorded objects from the catalog, of tables from DuckDB."""

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
from snowflake_sandbox.storage.records import Entry, Grant, Procedure

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
            rows = [row for row in _specifications(session) if row["status"] == status]
            return _filtered(rows, reader, context)
    name_filter = _NameFilter()
    statement = text[: reader.current.start]
    while not reader.at_end():
        if not name_filter.read(reader):
            token = reader.next()
            statement += text[token.start : reader.current.start]
    return name_filter.rows(execution.run_query(session, statement, None))


def _filtered(rows: list[Row], reader: Reader, context: Context) -> Result:
    name_filter = _NameFilter()
    while not reader.at_end():
        if reader.accept("IN"):
            rows = _within(rows, reader, context)
        elif not name_filter.read(reader):
            raise reader.error()
    names = [str(row["name"]) for row in rows]
    return _table([rows[place] for place in name_filter.positions(names)])


class _NameFilter:
    """LIKE, STARTS WITH and LIMIT … FROM of a SHOW, which choose the names that are shown."""

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

    def positions(self, names: list[str]) -> list[int]:
        """Return the positions of the names that are shown."""
        positions = [
            position
            for position, name in enumerate(names)
            if (self._like is None or self._like.match(name))
            and name.startswith(self._start)
            and name > self._after
        ]
        return positions[: self._limit]

    def rows(self, result: Result) -> Result:
        """Return a result with only the rows whose names are shown."""
        if result.table is None:
            return result
        titles = [column["name"] for column in result.columns]
        title = next(
            (candidate for candidate in ("column_name", "name") if candidate in titles), titles[0]
        )
        names = [str(name) for name in result.table.column(titles.index(title)).to_pylist()]
        positions = pa.array(self.positions(names), pa.int64())
        return replace(result, table=result.table.take(positions))


def _within(rows: list[Row], reader: Reader, context: Context) -> list[Row]:
    if reader.accept("ACCOUNT"):
        return rows
    if reader.accept("APPLICATION"):
        application = reader.identifier()
        return [row for row in rows if row.get("database_name") in (None, application)]
    if reader.accept("DATABASE"):
        database = reader.identifier()
        return [row for row in rows if row.get("database_name") == database]
    reader.accept("SCHEMA")
    full = context.qualify((*reader.dotted(), ""))
    return [row for row in rows if (row.get("database_name"), row.get("schema_name")) == full[:2]]


def _like(pattern: str) -> re.Pattern[str]:
    wild = {"%": ".*", "_": "."}
    # a backslash makes the next character stand for itself
    parts = (wild.get(match[0]) or re.escape(match[0][-1:]) for match in _PART.finditer(pattern))
    return re.compile("".join(parts) + r"\Z", re.IGNORECASE | re.DOTALL)


def _table(rows: list[Row], columns: Iterable[str] = ("created_on", "name")) -> Result:
    names = list(rows[0]) if rows else list(columns)
    return results.rows(
        [(name, "VARCHAR") for name in names],
        [[_cell_text(row[name]) for name in names] for row in rows],
        results.SHOW,
    )


def _cell_text(value: Any) -> str | None:
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
            "created_on": procedure.created_at,
            "name": procedure.name.object,
            "schema_name": procedure.name.schema,
            "is_builtin": "N",
            "min_num_arguments": procedure.required,
            "max_num_arguments": len(procedure.parameters),
            "arguments": f"{procedure.name.object}({_types(procedure)}) RETURN {procedure.returns}",
            "description": procedure.comment or "user-defined procedure",
            "catalog_name": procedure.name.database,
            "database_name": procedure.name.database,
            "secrets": {alias: str(name) for alias, name in procedure.secrets.items()},
            "external_access_integrations": ",".join(procedure.integrations),
        }
        for procedure in session.catalog.procedures
    ]


def _types(procedure: Procedure) -> str:
    return ", ".join(str(parameter.type) for parameter in procedure.parameters)


def _tasks(session: LocalSession) -> list[Row]:
    return [
        {
            "created_on": task.created_at,
            "name": task.name.object,
            "database_name": task.name.database,
            "schema_name": task.name.schema,
            "owner": "SYSADMIN",
            "warehouse": task.options.get("WAREHOUSE"),
            "schedule": task.options.get("SCHEDULE"),
            "state": task.state,
            "definition": task.definition,
            "comment": task.options.get("COMMENT", ""),
            "last_run_at": task.last_run_at,
            "last_error": task.last_error,
        }
        for task in session.catalog.tasks
    ]


def _specifications(session: LocalSession) -> list[Row]:
    """Return the specifications; an application sees only its own."""
    acting = access.acting_application(session)
    return [
        {
            "name": entry.name[-1],
            "database_name": entry.name[0],
            "requested_on": entry.created_at,
            "type": entry.options["TYPE"],
            "sequence_number": entry.options["SEQUENCE_NUMBER"],
            "status": entry.options["STATUS"],
            "label": entry.options["LABEL"],
            "description": entry.options["DESCRIPTION"],
            "definition": {"HOST_PORTS": entry.options["HOST_PORTS"]},
        }
        for entry in session.catalog.specifications
        if acting in (None, entry.name[0])
    ]


def _grants(session: LocalSession, reader: Reader, context: Context) -> Result:
    if reader.accept("TO"):
        kind = "APPLICATION ROLE" if reader.accept("APPLICATION", "ROLE") else reader.next().upper
        name = reader.dotted()
        if kind == "APPLICATION ROLE":
            name = (name[0] if len(name) == 2 else session.database or "", name[-1])
        title = session.catalog.entry(kind, name).title
        grants = [
            grant for grant in session.catalog.grants if (grant.to, grant.grantee) == (title, kind)
        ]
    elif reader.accept("OF"):
        reader.expect("APPLICATION", "ROLE")
        role = reader.dotted()
        title = ".".join((role[0] if len(role) == 2 else session.database or "", role[-1]))
        grants = [grant for grant in session.catalog.grants if grant.name == title]
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
        grants = [
            grant for grant in session.catalog.grants if grant.on == kind and grant.name == title
        ]
    reader.end()
    columns = ("created_on", "privilege", "granted_on", "name", "granted_to", "grantee_name")
    return _table([_grant(grant) for grant in grants], columns)


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
    (("NOTIFICATION", "INTEGRATIONS"), notifications.integration_rows),
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


def describe_object(session: LocalSession, reader: Reader, context: Context) -> Result:
    """DESCRIBE TABLE, VIEW, PROCEDURE, and recorded objects."""
    if reader.accept("PROCEDURE"):
        name, types = procedures.read_signature(reader, context)
        procedure = session.catalog.procedure(name, types)
        parameters = [f"{parameter.name} {parameter.type}" for parameter in procedure.parameters]
        properties = {
            "signature": f"({', '.join(parameters)})",
            "returns": str(procedure.returns),
            "language": "PYTHON",
            "handler": procedure.handler,
            "runtime_version": procedure.runtime_version,
            "packages": list(procedure.packages),
            "imports": list(procedure.imports),
            "external_access_integrations": list(procedure.integrations),
            "secrets": {alias: str(secret) for alias, secret in procedure.secrets.items()},
            "execute as": procedure.execute_as,
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
    table = session.temporary.resolve(context.qualify(reader.dotted()))
    reader.accept("TYPE", "=", "COLUMNS")
    reader.end()
    access.require_relation(session, "TABLE", table)
    if session.account.kind_of(session.duck, table) is None:
        raise missing("Table", str(table))
    sql = _DESCRIBE
    for place, part in enumerate(table, 1):
        sql = sql.replace(f"${place}", literal(part))
    return results.query(session.duck.sql(sql), [], results.DESCRIBE)


def _properties(properties: dict[str, Any]) -> Result:
    rows = [{"property": key, "value": _cell_text(value)} for key, value in properties.items()]
    return _table(rows, ("property", "value"))
