"""CREATE and DROP of roles, GRANT and REVOKE.

Sources: Snowflake, "GRANT <privileges> … TO ROLE", "GRANT OWNERSHIP", "GRANT APPLICATION ROLE".
"""

from __future__ import annotations

from snowflake_sandbox import access
from snowflake_sandbox.duck import execute
from snowflake_sandbox.errors import SqlError, compilation, exists, missing, unsupported
from snowflake_sandbox.results import Result, status
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql import clauses
from snowflake_sandbox.sql.clauses import Clause, Context
from snowflake_sandbox.sql.tokens import Reader
from snowflake_sandbox.statements import notifications, procedures
from snowflake_sandbox.storage.records import Entry, Grant

_PRIVILEGES: dict[str, frozenset[str]] = {
    "ACCOUNT": access.AUTOMATIC,
    "DATABASE": frozenset({"USAGE", "CREATE SCHEMA", "MODIFY", "MONITOR"}),
    "SCHEMA": frozenset(
        {"USAGE", "CREATE TABLE", "CREATE VIEW", "CREATE STAGE", "CREATE PROCEDURE", "MONITOR"}
    ),
    "TABLE": frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES"}),
    "VIEW": frozenset({"SELECT", "REFERENCES"}),
    "PROCEDURE": frozenset({"USAGE"}),
    "STREAMLIT": frozenset({"USAGE"}),
    "STAGE": frozenset({"READ", "WRITE", "USAGE"}),
    "FILE FORMAT": frozenset({"USAGE"}),
    "SECRET": frozenset({"USAGE", "READ", "MODIFY"}),
    "NETWORK RULE": frozenset({"USAGE"}),
    "TASK": frozenset({"MONITOR", "OPERATE"}),
    "WAREHOUSE": frozenset({"USAGE", "OPERATE", "MONITOR", "MODIFY"}),
    "INTEGRATION": frozenset({"USAGE"}),
}


_SYSTEM_ROLES = ("ACCOUNTADMIN", "SECURITYADMIN", "SYSADMIN", "USERADMIN", "PUBLIC")


def create_account_role(
    session: LocalSession, reader: Reader, context: Context, mode: str
) -> Result:
    """CREATE ROLE: of the account."""
    quiet = reader.if_not_exists()
    name = reader.identifier()
    options = clauses.read_clauses(reader, context, {"COMMENT": Clause(clauses.text)})
    if session.catalog.has("ROLE", (name,)) and not mode:
        if quiet:
            return status(f"{name} already exists, statement succeeded.")
        raise exists(name)
    session.catalog.add(Entry("ROLE", (name,), options), replace_existing=True)
    return status(f"Role {name} successfully created.")


def create_role(session: LocalSession, reader: Reader, context: Context, mode: str) -> Result:
    """CREATE [OR REPLACE] APPLICATION ROLE."""
    quiet = reader.if_not_exists()
    name = _role_parts(session, reader)
    options = clauses.read_clauses(reader, context, {"COMMENT": Clause(clauses.text)})
    if session.catalog.has("APPLICATION ROLE", name):
        if quiet:
            return status(f"{name[1]} already exists, statement succeeded.")
        if not mode:
            raise exists(name[1])
    session.catalog.add(Entry("APPLICATION ROLE", name, options), replace_existing=True)
    return status(f"Application role {name[1]} successfully created.")


def drop_role(session: LocalSession, reader: Reader, _: Context) -> Result:
    """DROP APPLICATION ROLE."""
    quiet = reader.if_exists()
    name = _role_parts(session, reader)
    reader.end()
    if session.catalog.has("APPLICATION ROLE", name) or not quiet:
        session.catalog.drop("APPLICATION ROLE", name)
    return status(f"{name[1]} successfully dropped.")


def grant(session: LocalSession, reader: Reader, context: Context) -> Result:
    """GRANT … TO APPLICATION ROLE, ROLE or APPLICATION."""
    session.begin_ddl()
    if reader.accept("OWNERSHIP", "ON"):
        return _give_away(session, reader, context)
    grants = _read(session, reader, context, "TO")
    session.catalog.grant(grants)
    session.account.plans.forget_listings()
    return status("Statement executed successfully.")


def revoke(session: LocalSession, reader: Reader, context: Context) -> Result:
    """REVOKE … FROM APPLICATION ROLE, ROLE or APPLICATION."""
    session.begin_ddl()
    grants = _read(session, reader, context, "FROM")
    session.catalog.revoke(grants)
    session.account.plans.forget_listings()
    return status("Statement executed successfully.")


def _read(session: LocalSession, reader: Reader, context: Context, to: str) -> list[Grant]:
    if reader.accept("APPLICATION", "ROLE"):
        role = _role_name(session, reader)
        return [Grant("USAGE", "APPLICATION ROLE", role, *_grantee(session, reader, to))]
    privileges = _privileges(reader)
    objects = _all_in_schema(session, reader, context)
    if objects is not None:
        kind, names = objects
    else:
        kind, name = _object(session, reader, context)
        names = [name]
    for name in names:
        access.require_grantable(session, kind, name)
    grantee = _grantee(session, reader, to)
    if grantee[1] != "APPLICATION ROLE":
        _refuse_inside_application(session, kind, names)
    allowed = _PRIVILEGES[kind]
    if privileges == ["ALL"]:
        privileges = sorted(allowed)
    for privilege in privileges:
        if privilege not in allowed:
            raise compilation(f"Privilege {privilege} cannot be granted on {kind}.", 3008, "0LP01")
    return [Grant(privilege, kind, name, *grantee) for privilege in privileges for name in names]


def _refuse_inside_application(session: LocalSession, kind: str, names: list[str]) -> None:
    """Refuse a grant on objects inside an application: it grants them itself, to its own roles."""
    for name in names:
        database = name.partition(".")[0]
        inside = kind not in ("WAREHOUSE", "INTEGRATION")
        if inside and session.catalog.has("APPLICATION", (database,)):
            raise SqlError(
                f"SQL access control error:\nInsufficient privileges to operate on {kind.lower()}"
                f" '{name}': it belongs to the application {database}, whose roles it is granted"
                " to.",
                3001,
                "42501",
            )


def _give_away(session: LocalSession, reader: Reader, context: Context) -> Result:
    """GRANT OWNERSHIP ON … TO ROLE … [COPY | REVOKE CURRENT GRANTS]."""
    if reader.accept("ALL"):
        kind = clauses.word("SCHEMAS", "TABLES", "VIEWS")(reader, context).removesuffix("S")
        reader.expect("IN")
        inner = clauses.word("DATABASE", "SCHEMA")(reader, context)
        parts = reader.dotted()
        title = ".".join(context.qualify((*parts, ""))[:2] if inner == "SCHEMA" else parts)
        ownerships = [
            grant
            for grant in session.catalog.grants
            if (grant.privilege, grant.on) == (access.OWNERSHIP, kind)
            and grant.name.startswith(f"{title}.")
        ]
        names = [grant.name for grant in ownerships]
    else:
        kind, name = _object(session, reader, context)
        names = [name]
    if kind not in ("DATABASE", "SCHEMA", "TABLE", "VIEW"):
        raise unsupported(f"GRANT OWNERSHIP ON {kind}")
    reader.expect("TO", "ROLE")
    role = _account_role(session, reader)
    copied = reader.accept("COPY", "CURRENT", "GRANTS")
    copied = copied or reader.accept("REVOKE", "CURRENT", "GRANTS")
    reader.end()
    for name in names:
        current_grants = [
            grant for grant in session.catalog.grants if (grant.on, grant.name) == (kind, name)
        ]
        if not copied and any(grant.privilege != access.OWNERSHIP for grant in current_grants):
            raise compilation(
                f"Dependent grant of privilege on {kind.lower()} '{name}' exists: say what becomes"
                " of it with COPY or REVOKE CURRENT GRANTS.",
                3036,
                "2BP01",
            )
        session.catalog.revoke(
            grant for grant in current_grants if grant.privilege == access.OWNERSHIP
        )
        session.catalog.grant([Grant(access.OWNERSHIP, kind, name, role, "ROLE")])
    session.account.plans.forget_listings()
    return status("Statement executed successfully.")


def _privileges(reader: Reader) -> list[str]:
    if reader.accept("ALL"):
        reader.accept("PRIVILEGES")
        reader.expect("ON")
        return ["ALL"]
    privileges: list[str] = []
    words: list[str] = []
    while not reader.accept("ON"):
        if reader.accept(","):
            privileges.append(" ".join(words))
            words = []
            continue
        words.append(reader.identifier())
    return [*privileges, " ".join(words)]


def _all_in_schema(
    session: LocalSession, reader: Reader, context: Context
) -> tuple[str, list[str]] | None:
    if reader.looking_at("FUTURE"):
        raise unsupported("future grants in an application")
    if not reader.accept("ALL"):
        return None
    kind = clauses.word("TABLES", "VIEWS", "PROCEDURES")(reader, context).removesuffix("S")
    reader.expect("IN", "SCHEMA")
    parts = reader.dotted()
    full = context.qualify((*parts, ""))
    if not session.store.has_schema(full.database, full.schema):
        raise missing("Schema", f"{full.database}.{full.schema}")
    if kind == "PROCEDURE":
        schema_procedures = [
            procedure for procedure in session.catalog.procedures if procedure.name[:2] == full[:2]
        ]
        return kind, [procedure.signature for procedure in schema_procedures]
    source, column = ("duckdb_tables()", "table_name")
    if kind == "VIEW":
        source, column = ("duckdb_views()", "view_name")
    rows = execute(
        session.duck,
        f"SELECT {column} FROM {source} WHERE database_name = ? AND schema_name = ?",
        [full.database, full.schema],
    )
    return kind, [f"{full.database}.{full.schema}.{row[0]}" for row in rows]


def _object(session: LocalSession, reader: Reader, context: Context) -> tuple[str, str]:
    for words in (("FILE", "FORMAT"), ("NETWORK", "RULE")):
        if reader.accept(*words):
            kind = " ".join(words)
            return kind, session.catalog.entry(kind, _full(reader, context)).title
    kind = reader.next().upper
    if kind == access.ACCOUNT:
        return kind, kind
    if kind not in _PRIVILEGES:
        raise unsupported(f"GRANT ON {kind}")
    if kind == "PROCEDURE":
        name, types = procedures.read_signature(reader, context)
        return kind, session.catalog.procedure(name, types).signature
    if kind == "DATABASE":
        database = reader.identifier()
        if not session.store.has_database(database):
            raise missing("Database", database)
        return kind, database
    if kind == "SCHEMA":
        full = context.qualify((*reader.dotted(), ""))
        if not session.store.has_schema(full.database, full.schema):
            raise missing("Schema", f"{full.database}.{full.schema}")
        return kind, f"{full.database}.{full.schema}"
    if kind in ("TABLE", "VIEW"):
        name = context.qualify(reader.dotted())
        existing_kind = session.account.kind_of(session.duck, name)
        if existing_kind is None:
            raise missing(kind.capitalize(), str(name))
        return existing_kind, ".".join(name)
    if kind == "TASK":
        return kind, ".".join(session.catalog.task(context.qualify(reader.dotted())).name)
    if kind == "WAREHOUSE":
        return kind, session.catalog.entry(kind, (reader.identifier(),)).title
    if kind == "INTEGRATION":
        integration = reader.identifier()
        entry = notifications.find_integration(session, integration)
        if entry is None:
            raise missing("Integration", integration)
        return kind, entry.title
    return kind, session.catalog.entry(kind, _full(reader, context)).title


def _full(reader: Reader, context: Context) -> tuple[str, ...]:
    return tuple(context.qualify(reader.dotted()))


def _role_parts(session: LocalSession, reader: Reader) -> tuple[str, str]:
    """Read ``role``, of the current application, or ``application.role``."""
    parts = reader.dotted()
    if len(parts) > 2:
        raise compilation(f"invalid role name '{'.'.join(parts)}'", 1003, "42000")
    current = access.acting_application(session) or session.database or ""
    return (parts[0] if len(parts) == 2 else current, parts[-1])


def _role_name(session: LocalSession, reader: Reader) -> str:
    return session.catalog.entry("APPLICATION ROLE", _role_parts(session, reader)).title


def _account_role(session: LocalSession, reader: Reader) -> str:
    name = reader.identifier()
    return name if name in _SYSTEM_ROLES else session.catalog.entry("ROLE", (name,)).title


def _grantee(session: LocalSession, reader: Reader, to: str) -> tuple[str, str]:
    """Read the grantee: its name and its kind."""
    reader.expect(to)
    if reader.accept("APPLICATION", "ROLE"):
        grantee = (_role_name(session, reader), "APPLICATION ROLE")
    elif access.acting_application(session) is not None:
        raise compilation("An application grants to its own roles alone.", 93100, "42601")
    elif reader.accept("APPLICATION"):
        grantee = (
            session.catalog.entry("APPLICATION", (reader.identifier(),)).title,
            "APPLICATION",
        )
    else:
        reader.expect("ROLE")
        grantee = (_account_role(session, reader), "ROLE")
    reader.accept("WITH", "GRANT", "OPTION")
    reader.end()
    return grantee
