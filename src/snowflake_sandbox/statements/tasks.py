"""CREATE, ALTER and DROP of tasks; EXECUTE TASK starts one run in the background."""

from __future__ import annotations

import re
from dataclasses import replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from snowflake_sandbox import access
from snowflake_sandbox.errors import compilation, exists, invalid_value, missing, unsupported
from snowflake_sandbox.names import Name
from snowflake_sandbox.results import Result, status
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql import clauses
from snowflake_sandbox.sql.clauses import Clause, Context
from snowflake_sandbox.sql.tokens import Reader
from snowflake_sandbox.storage.catalog import COLLATION
from snowflake_sandbox.storage.records import Entry, Task

_SCHEDULE = re.compile(
    r"(?:(\d+)\s*(?:M|MINUTES?|H|HOURS?|S|SECONDS?)|USING\s+CRON(?:\s+\S+){5}\s+\S+)\Z", re.I
)

_FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def _schedule(reader: Reader, context: Context) -> str:
    text = clauses.text(reader, context)
    match = _SCHEDULE.match(text.strip())
    if match is None or not (_is_interval(text) if match[1] else _is_cron(text)):
        raise invalid_value(text, "SCHEDULE")
    return text


def _is_interval(text: str) -> bool:
    """Whether an interval is allowed: 10 seconds to 8 days."""
    number, unit = re.split(r"(?<=\d)\s*(?=\D)", text.strip().upper(), maxsplit=1)
    return 10 <= int(number) * {"S": 1, "M": 60, "H": 3600}[unit[0]] <= 8 * 24 * 3600


def _is_cron(text: str) -> bool:
    """Whether the fields of a CRON expression are in their ranges and its time zone exists."""
    *fields, zone = text.split()[2:]
    numbers = [
        (int(number), low, high)
        for field, (low, high) in zip(fields, _FIELDS, strict=True)
        for number in re.findall(r"\d+", field.partition("/")[0])
    ]
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return all(low <= number <= high for number, low, high in numbers)


def _warehouse(reader: Reader, context: Context) -> str:
    del context
    if reader.looking_at("REFERENCE"):
        raise unsupported("reference() in WAREHOUSE")
    return reader.identifier()


_MAX_SIZE = "SERVERLESS_TASK_MAX_STATEMENT_SIZE"
_CLAUSES = {
    "SCHEDULE": Clause(_schedule),
    "WAREHOUSE": Clause(_warehouse),
    "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE": Clause(clauses.size),
    "SERVERLESS_TASK_MIN_STATEMENT_SIZE": Clause(clauses.size),
    _MAX_SIZE: Clause(clauses.size),
    "USER_TASK_TIMEOUT_MS": Clause(clauses.number),
    # a session parameter, of the sessions that run the task
    "ROWS_PER_RESULTSET": Clause(clauses.number),
    "SUSPEND_TASK_AFTER_NUM_FAILURES": Clause(clauses.number),
    "TASK_AUTO_RETRY_ATTEMPTS": Clause(clauses.number),
    "ALLOW_OVERLAPPING_EXECUTION": Clause(clauses.flag),
    "OVERLAP_POLICY": Clause(
        clauses.word("NO_OVERLAP", "ALLOW_CHILD_OVERLAP", "ALLOW_ALL_OVERLAP")
    ),
    "ERROR_INTEGRATION": Clause(lambda reader, _: reader.identifier()),
    "CONFIG": Clause(clauses.text),
    "COMMENT": Clause(clauses.text),
    "LOG_LEVEL": Clause(clauses.word("OFF", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")),
}


def create_task(session: LocalSession, reader: Reader, context: Context, mode: str) -> Result:
    """CREATE TASK: a new or replaced task is suspended."""
    quiet = reader.if_not_exists()
    name = context.qualify(reader.dotted())
    options = clauses.read_clauses(reader, context, _CLAUSES, ("AS", "WHEN", "AFTER"))
    if not reader.looking_at("AS"):
        raise unsupported(f"CREATE TASK with {reader.current.upper}")
    reader.expect("AS")
    definition = _definition(session, reader, name)
    if not session.store.has_schema(name.database, name.schema):
        raise missing("Schema", f"{name.database}.{name.schema}")
    if session.catalog.has("SCHEMA", name.schema_key):
        raise compilation("Tasks are not allowed in a versioned schema.", 93083, "42601")
    _check(session, options)
    if any(task.name == name for task in session.catalog.tasks):
        if quiet:
            return status(f"{name.object} already exists, statement succeeded.")
        if not mode:
            raise exists(str(name))
        session.catalog.drop_task(name)
    session.catalog.put_task(Task(name, definition, options))
    return status(f"Task {name.object} successfully created.")


def _check(session: LocalSession, options: dict[str, object]) -> None:
    if "WAREHOUSE" in options:
        session.catalog.entry("WAREHOUSE", (str(options["WAREHOUSE"]),))
        if "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE" in options:
            raise compilation(
                "WAREHOUSE and USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE exclude each other.",
                1420,
                "42601",
            )


def _definition(session: LocalSession, reader: Reader, task: Name) -> str:
    if reader.looking_at("BEGIN") or reader.looking_at("DECLARE"):
        raise unsupported("Snowflake Scripting in a task")
    text = reader.rest()
    if not text:
        raise reader.error()
    inner = Reader(text)
    if inner.accept("CALL"):
        # a task runs in its own database and schema
        name = Context(task.database, task.schema).qualify(inner.dotted())
        access.callable_overloads(session, name)
    return text


def alter_task(session: LocalSession, reader: Reader, context: Context) -> Result:
    """ALTER TASK … RESUME, SUSPEND, SET, UNSET, MODIFY AS."""
    quiet = reader.if_exists()
    name = context.qualify(reader.dotted())
    if quiet and not any(task.name == name for task in session.catalog.tasks):
        return status("Statement executed successfully.")
    task = session.catalog.task(name)
    if reader.accept("RESUME"):
        if "SCHEDULE" not in task.options:
            raise compilation(
                f"Task {name} has no schedule and no predecessor: it cannot be resumed.",
                91087,
                "42601",
            )
        _may_run(session, task)
        changed = replace(task, state="started")
    elif reader.accept("SUSPEND"):
        changed = replace(task, state="suspended")
    else:
        if task.state == "started":
            raise compilation(
                f"Unable to update graph with root task {name} since that root task is not"
                " suspended.",
                91090,
                "42601",
            )
        changed = _changed(session, reader, context, task)
    reader.end()
    session.catalog.put_task(changed)
    return status("Statement executed successfully.")


def _may_run(session: LocalSession, task: Task) -> None:
    needed = [
        "EXECUTE TASK",
        *(["EXECUTE MANAGED TASK"] if "WAREHOUSE" not in task.options else []),
    ]
    for privilege in needed:
        if not access.has_privileges(session, privilege, owner=task.name.database):
            raise compilation(
                f"Cannot execute task , {privilege} privilege must be granted to owner role",
                91089,
                "23001",
            )


def _changed(session: LocalSession, reader: Reader, context: Context, task: Task) -> Task:
    if reader.accept("MODIFY", "AS"):
        return replace(task, definition=_definition(session, reader, task.name))
    if reader.accept("UNSET"):
        options = dict(task.options)
        while not reader.at_end():
            option = reader.identifier()
            if option not in _CLAUSES:
                raise invalid_value(option, "UNSET")
            options.pop(option, None)
            reader.accept(",")
        return replace(task, options=options)
    reader.expect("SET")
    options = clauses.read_clauses(reader, context, _CLAUSES)
    _check(session, options)
    return replace(task, options={**task.options, **options})


def alter_schema(session: LocalSession, reader: Reader, context: Context) -> Result:
    """ALTER SCHEMA … SET DEFAULT_DDL_COLLATION, or a default of the schema's tasks.

    Tasks that have SERVERLESS_TASK_MAX_STATEMENT_SIZE of their own keep it. Only tasks that exist
    receive the default here.
    """
    parts = reader.dotted()
    database, schema, _ = context.qualify((*parts, "ANY"))
    if not session.store.has_schema(database, schema):
        raise missing("Schema", f"{database}.{schema}")
    reader.expect("SET")
    if reader.looking_at(COLLATION):
        return set_collation(session, reader, context, (database, schema))
    options = clauses.read_clauses(reader, context, {_MAX_SIZE: _CLAUSES[_MAX_SIZE]})
    reader.end()
    for task in session.catalog.tasks:
        if (task.name.database, task.name.schema) == (database, schema):
            session.catalog.put_task(replace(task, options={**options, **task.options}))
    return status("Statement executed successfully.")


def alter_account(session: LocalSession, reader: Reader, context: Context) -> Result:
    """ALTER ACCOUNT SET DEFAULT_DDL_COLLATION."""
    reader.expect("SET")
    return set_collation(session, reader, context, ())


def set_collation(
    session: LocalSession, reader: Reader, context: Context, name: tuple[str, ...]
) -> Result:
    """Set the collation of text columns to come, of a schema or (without a name) the account."""
    options = clauses.read_clauses(reader, context, {COLLATION: Clause(clauses.text)})
    session.catalog.add(Entry(COLLATION, name, options), replace_existing=True)
    return status("Statement executed successfully.")


def drop_task(session: LocalSession, reader: Reader, context: Context) -> Result:
    """DROP TASK."""
    quiet = reader.if_exists()
    name = context.qualify(reader.dotted())
    reader.end()
    if quiet and not any(task.name == name for task in session.catalog.tasks):
        return status("Drop statement executed successfully.")
    session.catalog.drop_task(name)
    return status(f"{name.object} successfully dropped.")


def execute_task(session: LocalSession, reader: Reader, context: Context) -> Result:
    """EXECUTE TASK: starts a run and answers at once, as Snowflake does.

    The outcome is in TASK_HISTORY; a task that fails does not fail this statement.
    """
    name = context.qualify(reader.dotted())
    reader.end()
    task = session.catalog.task(name)
    _may_run(session, task)
    session.account.background.start(task)
    return status(f"Task {name.object} is scheduled to run immediately.")
