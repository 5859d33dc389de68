"""CREATE, ALTER and DROP of secrets, network rules, integrations, pages and warehouses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from snowflake_sandbox import access
from snowflake_sandbox.errors import SqlError, compilation, exists, missing, unsupported
from snowflake_sandbox.names import Name
from snowflake_sandbox.results import Result, status
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql import clauses
from snowflake_sandbox.sql.clauses import Clause, Context
from snowflake_sandbox.sql.tokens import Kind, Reader
from snowflake_sandbox.storage.records import Entry

_ACCOUNT = frozenset({"APPLICATION ROLE", "EXTERNAL ACCESS INTEGRATION", "WAREHOUSE"})

_SECRET = {
    "TYPE": Clause(clauses.word("GENERIC_STRING"), True),
    "SECRET_STRING": Clause(clauses.text, True),
    "COMMENT": Clause(clauses.text),
}
_RULE = {
    "TYPE": Clause(clauses.word("HOST_PORT"), True),
    "MODE": Clause(clauses.word("EGRESS"), True),
    "VALUE_LIST": Clause(clauses.texts, True),
    "COMMENT": Clause(clauses.text),
}
_INTEGRATION = {
    "ALLOWED_NETWORK_RULES": Clause(clauses.schema_names, True),
    "ALLOWED_AUTHENTICATION_SECRETS": Clause(clauses.schema_names),
    "ENABLED": Clause(clauses.flag, True),
    "COMMENT": Clause(clauses.text),
}
_STREAMLIT = {
    "FROM": Clause(clauses.text),
    "ROOT_LOCATION": Clause(clauses.text),
    "MAIN_FILE": Clause(clauses.text, True),
    "QUERY_WAREHOUSE": Clause(lambda reader, _: reader.identifier()),
    "TITLE": Clause(clauses.text),
    "COMMENT": Clause(clauses.text),
}
_WAREHOUSE = {
    "WAREHOUSE_SIZE": Clause(clauses.size),
    "WAREHOUSE_TYPE": Clause(clauses.word("STANDARD", "SNOWPARK-OPTIMIZED")),
    "AUTO_SUSPEND": Clause(clauses.number),
    "AUTO_RESUME": Clause(clauses.flag),
    "INITIALLY_SUSPENDED": Clause(clauses.flag),
    "STATEMENT_TIMEOUT_IN_SECONDS": Clause(clauses.number),
    "COMMENT": Clause(clauses.text),
}
_SPECIFICATION = {
    "TYPE": Clause(clauses.word("EXTERNAL_ACCESS"), True),
    "LABEL": Clause(clauses.text, True),
    "DESCRIPTION": Clause(clauses.text, True),
    "HOST_PORTS": Clause(clauses.texts, True),
}


def _title(reader: Reader, context: Context, kind: str) -> tuple[str, ...]:
    if kind in _ACCOUNT:
        return (reader.identifier(),)
    return tuple(context.qualify(reader.dotted()))


def _record(session: LocalSession, entry: Entry, quiet: bool, mode: str) -> Result:
    if len(entry.name) == 3 and not session.store.has_schema(entry.name[0], entry.name[1]):
        raise missing("Schema", ".".join(entry.name[:2]))
    if session.catalog.has(entry.kind, entry.name):
        if quiet:
            return status(f"{entry.name[-1]} already exists, statement succeeded.")
        if not mode:
            raise exists(entry.title)
    session.catalog.add(entry, replace_existing=True)
    return status(f"{entry.kind.capitalize()} {entry.name[-1]} successfully created.")


def create_secret(session: LocalSession, reader: Reader, context: Context, mode: str) -> Result:
    """CREATE SECRET … TYPE = GENERIC_STRING."""
    quiet = reader.if_not_exists()
    name = context.qualify(reader.dotted())
    options = clauses.read_clauses(reader, context, _SECRET)
    value = options.pop("SECRET_STRING")
    existed = session.catalog.has("SECRET", tuple(name))
    result = _record(session, Entry("SECRET", tuple(name), options), quiet, mode)
    if not (existed and quiet):
        session.account.secrets.set(name, value)
    return result


def alter_secret(session: LocalSession, reader: Reader, context: Context) -> Result:
    """ALTER SECRET … SET SECRET_STRING = ? [COMMENT = …]."""
    quiet = reader.if_exists()
    name = context.qualify(reader.dotted())
    if quiet and not session.catalog.has("SECRET", tuple(name)):
        return status("Statement executed successfully.")
    entry = session.catalog.entry("SECRET", tuple(name))
    reader.expect("SET")
    allowed = {key: _SECRET[key] for key in ("SECRET_STRING", "COMMENT")}
    options = clauses.read_clauses(reader, context, allowed, partial=True)
    if not options:
        raise reader.error()
    value = options.pop("SECRET_STRING", None)
    if value is not None:
        session.account.secrets.set(name, value)
    if options:
        session.catalog.alter(entry, **options)
    return status("Statement executed successfully.")


def create_network_rule(
    session: LocalSession, reader: Reader, context: Context, mode: str
) -> Result:
    """CREATE [OR REPLACE | OR ALTER] NETWORK RULE."""
    quiet = reader.if_not_exists()
    name = tuple(context.qualify(reader.dotted()))
    options = clauses.read_clauses(reader, context, _RULE)
    if not options["VALUE_LIST"]:
        raise compilation("VALUE_LIST must not be empty.", 1008, "22023")
    if session.catalog.has("NETWORK RULE", name):
        used = [
            integration.title
            for integration in session.catalog.integrations
            if name in {tuple(rule) for rule in integration.options["ALLOWED_NETWORK_RULES"]}
        ]
        if mode == "REPLACE" and used:
            raise compilation(
                f"Network rule {'.'.join(name)} is used by {used[0]}: it cannot be replaced.",
                1420,
                "42601",
            )
        if mode == "ALTER":
            session.catalog.alter(session.catalog.entry("NETWORK RULE", name), **options)
            return status("Statement executed successfully.")
    return _record(session, Entry("NETWORK RULE", name, options), quiet, mode)


def alter_network_rule(session: LocalSession, reader: Reader, context: Context) -> Result:
    """ALTER NETWORK RULE … SET VALUE_LIST, COMMENT."""
    name = tuple(context.qualify(reader.dotted()))
    entry = session.catalog.entry("NETWORK RULE", name)
    reader.expect("SET")
    allowed = {key: _RULE[key] for key in ("VALUE_LIST", "COMMENT")}
    session.catalog.alter(entry, **clauses.read_clauses(reader, context, allowed, partial=True))
    return status("Statement executed successfully.")


def create_integration(
    session: LocalSession, reader: Reader, context: Context, mode: str
) -> Result:
    """CREATE [OR REPLACE] EXTERNAL ACCESS INTEGRATION; there is no IF NOT EXISTS of it."""
    if reader.looking_at("IF"):
        raise reader.error()
    name = (reader.identifier(),)
    options = clauses.read_clauses(reader, context, _INTEGRATION)
    access.require_on_account(session, "CREATE EXTERNAL ACCESS INTEGRATION")
    _check_integration(session, options)
    kind = "EXTERNAL ACCESS INTEGRATION"
    return _record(session, Entry(kind, name, options), False, mode)


def alter_integration(session: LocalSession, reader: Reader, context: Context) -> Result:
    """ALTER EXTERNAL ACCESS INTEGRATION … SET …."""
    entry = session.catalog.entry("EXTERNAL ACCESS INTEGRATION", (reader.identifier(),))
    reader.expect("SET")
    options = clauses.read_clauses(reader, context, _INTEGRATION, partial=True)
    _check_integration(session, options)
    session.catalog.alter(entry, **options)
    return status("Statement executed successfully.")


def _check_integration(session: LocalSession, options: dict[str, Any]) -> None:
    for rule in options.get("ALLOWED_NETWORK_RULES", ()):
        session.catalog.entry("NETWORK RULE", tuple(rule))
    for secret in options.get("ALLOWED_AUTHENTICATION_SECRETS", ()):
        session.catalog.entry("SECRET", tuple(secret))


def create_streamlit(session: LocalSession, reader: Reader, context: Context, mode: str) -> Result:
    """CREATE STREAMLIT … FROM '/dir' MAIN_FILE = '/page.py'."""
    quiet = reader.if_not_exists()
    name = tuple(context.qualify(reader.dotted()))
    options = clauses.read_clauses(reader, context, _STREAMLIT)
    if ("FROM" in options) == ("ROOT_LOCATION" in options):
        raise compilation("A Streamlit needs either FROM or ROOT_LOCATION.", 2029, "42601")
    if session.script is not None:
        folder = str(options.get("FROM", options.get("ROOT_LOCATION"))).strip("/")
        page = session.script.root.parent / folder / str(options["MAIN_FILE"]).strip("/")
        inside = session.script.root / folder / str(options["MAIN_FILE"]).strip("/")
        if folder and page.parent.is_dir() and not page.exists() and not inside.exists():
            raise missing("File", str(options["MAIN_FILE"]))
    return _record(session, Entry("STREAMLIT", name, options), quiet, mode)


def alter_streamlit(session: LocalSession, reader: Reader, context: Context) -> Result:
    """ALTER STREAMLIT … SET …."""
    entry = session.catalog.entry("STREAMLIT", tuple(context.qualify(reader.dotted())))
    reader.expect("SET")
    session.catalog.alter(entry, **clauses.read_clauses(reader, context, _STREAMLIT, partial=True))
    return status("Statement executed successfully.")


def create_warehouse(session: LocalSession, reader: Reader, context: Context, mode: str) -> Result:
    """CREATE WAREHOUSE."""
    quiet = reader.if_not_exists()
    name = (reader.identifier(),)
    reader.accept("WITH")
    options = clauses.read_clauses(reader, context, _WAREHOUSE)
    return _record(session, Entry("WAREHOUSE", name, options), quiet, mode)


def alter_warehouse(session: LocalSession, reader: Reader, context: Context) -> Result:
    """ALTER WAREHOUSE … SET, SUSPEND, RESUME."""
    quiet = reader.if_exists()
    name = reader.identifier()
    if quiet and not session.catalog.has("WAREHOUSE", (name,)):
        return status("Statement executed successfully.")
    entry = session.catalog.entry("WAREHOUSE", (name,))
    if reader.accept("SET"):
        session.catalog.alter(
            entry, **clauses.read_clauses(reader, context, _WAREHOUSE, partial=True)
        )
    elif not reader.accept("SUSPEND"):
        reader.expect("RESUME")
        reader.accept("IF", "SUSPENDED")
    return status("Statement executed successfully.")


def alter_application(session: LocalSession, reader: Reader, context: Context) -> Result:
    """ALTER APPLICATION SET SPECIFICATION, and its approval by the consumer."""
    if reader.accept("SET", "SPECIFICATION"):
        name = (access.acting_application(session) or session.database or "", reader.identifier())
        options = clauses.read_clauses(reader, context, _SPECIFICATION)
        old = (
            session.catalog.entry("SPECIFICATION", name)
            if session.catalog.has("SPECIFICATION", name)
            else None
        )
        state = {"STATUS": "PENDING", "SEQUENCE_NUMBER": 1}
        if old is not None:
            if old.options["TYPE"] != options["TYPE"]:
                raise compilation("TYPE of a specification cannot change.", 93300, "42601")
            same = old.options["HOST_PORTS"] == options["HOST_PORTS"]
            number = int(old.options["SEQUENCE_NUMBER"])
            state = {
                "STATUS": old.options["STATUS"] if same else "PENDING",
                "SEQUENCE_NUMBER": number if same else number + 1,
            }
        for other in session.catalog.specifications:
            if (
                other.name[0] == name[0]
                and other.name != name
                and other.options["LABEL"] == options["LABEL"]
            ):
                raise compilation(f"LABEL is used by {other.title}.", 93301, "42601")
        session.catalog.add(Entry("SPECIFICATION", name, {**options, **state}), True)
        return status("Statement executed successfully.")
    if reader.accept("DROP", "SPECIFICATION"):
        reader.if_exists()
        own = access.acting_application(session) or session.database or ""
        session.catalog.drop("SPECIFICATION", (own, reader.identifier()))
        return status("Statement executed successfully.")
    if reader.current.kind in (Kind.WORD, Kind.QUOTED) and not reader.looking_at("SET"):
        application = session.catalog.entry("APPLICATION", (reader.identifier(),))
        return _approve(session, reader, context, application.title)
    raise unsupported(f"ALTER APPLICATION {reader.rest()[:40]}")


def _approve(session: LocalSession, reader: Reader, context: Context, application: str) -> Result:
    if access.acting_application(session) is not None:
        raise compilation("An application does not approve its own specification.", 93303, "42501")
    decided = clauses.word("APPROVE", "DECLINE")(reader, context)
    reader.expect("SPECIFICATION")
    entry = session.catalog.entry("SPECIFICATION", (application, reader.identifier()))
    reader.expect("SEQUENCE_NUMBER", "=")
    number = clauses.number(reader, context)
    reader.end()
    if number != entry.options["SEQUENCE_NUMBER"]:
        raise compilation(
            f"Specification {entry.title} has sequence number"
            f" {entry.options['SEQUENCE_NUMBER']}, not {number}.",
            93302,
            "42601",
        )
    session.catalog.alter(entry, STATUS="APPROVED" if decided == "APPROVE" else "DECLINED")
    return status("Statement executed successfully.")


def drop_object(kind: str) -> Callable[[LocalSession, Reader, Context], Result]:
    """Return the function that runs ``DROP <kind> [IF EXISTS] name``."""

    def run(session: LocalSession, reader: Reader, context: Context) -> Result:
        quiet = reader.if_exists()
        name = _title(reader, context, kind)
        reader.end()
        if not session.catalog.has(kind, name) and quiet:
            return status("Drop statement executed successfully.")
        _unused(session, kind, name)
        session.catalog.drop(kind, name)
        if kind == "SECRET":
            session.account.secrets.set(Name(*name), None)
        return status(f"{name[-1]} successfully dropped.")

    return run


def _unused(session: LocalSession, kind: str, name: tuple[str, ...]) -> None:
    if kind != "NETWORK RULE":
        return
    for integration in session.catalog.integrations:
        if name in {tuple(rule) for rule in integration.options["ALLOWED_NETWORK_RULES"]}:
            raise in_use(".".join(name), integration.title)


def in_use(name: str, by: str) -> SqlError:
    """Return the error for dropping what something else needs."""
    return compilation(f"Cannot drop {name}: it is used by {by}.", 2716, "2BP01")
