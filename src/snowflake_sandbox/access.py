"""What an application or a role may do: use what it created or was granted.

A person at the local engine may do everything, as an account's administrator may, until they take
a role. An application's procedures and its setup script may not: another database has to be theirs,
or granted to them.

Sources: Snowflake, "Access control privileges", "Overview of access control" and "Request
privileges from consumers" (which are given by the installation itself).
"""

from __future__ import annotations

import re
from pathlib import Path

from sqlglot import Expr, exp

from snowflake_sandbox.errors import SqlError, compilation, missing
from snowflake_sandbox.names import Name, name_parts
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.storage.records import Grant, Procedure

ADMINISTRATOR = "ACCOUNTADMIN"
OWNERSHIP = "OWNERSHIP"
ACCOUNT = "ACCOUNT"
AUTOMATIC = frozenset(
    {
        *("CREATE DATABASE", "CREATE WAREHOUSE", "CREATE EXTERNAL ACCESS INTEGRATION"),
        *("EXECUTE TASK", "EXECUTE MANAGED TASK"),
    }
)
INFORMATION_SCHEMA = "INFORMATION_SCHEMA"

NamedRelations = tuple[tuple[Name, tuple[str, ...]], ...]
"""The tables and views that a statement names, each with the privileges needed on it."""


def acting_application(session: LocalSession) -> str | None:
    """Return the application that a session acts for; None for a person's session."""
    if session.owner is not None:
        return session.owner.database
    return session.database if session.script is not None else None


def _grantees(session: LocalSession) -> frozenset[str] | None:
    """Return whose grants count for a session; None where all is allowed."""
    acting = acting_application(session)
    if acting is not None:
        return frozenset({acting})
    return None if session.role is None else session.catalog.roles_of(session.role)


def has_privileges(session: LocalSession, *privileges: str, owner: str | None = None) -> bool:
    """Whether a session, or the application that owns an object, has these on the account."""
    if owner is not None and session.catalog.has("APPLICATION", (owner,)):
        return session.catalog.held(ACCOUNT, ACCOUNT, owner).issuperset(privileges)
    return _grantees(session) is None or held(session, ACCOUNT, ACCOUNT).issuperset(privileges)


def require_on_account(session: LocalSession, *privileges: str) -> None:
    """Assert that a session has these privileges on the account.

    Raises:
        SqlError: 3001 when it has not.
    """
    if not has_privileges(session, *privileges):
        raise insufficient("account", "local")


def requested_privileges(manifest: Path) -> list[str]:
    """Return the privileges on the account that an application is given when it is installed.

    Those its manifest asks for; without a manifest, all that any may ask for.
    """
    if not manifest.exists():
        return sorted(AUTOMATIC)
    requested = re.findall(r"^\s*- ([A-Z][A-Z ]+):", manifest.read_text(encoding="utf-8"), re.M)
    return [privilege for privilege in requested if privilege in AUTOMATIC]


def record_owner(session: LocalSession, kind: str, title: str) -> None:
    """Record who owns a new object; an application owns all of its own database anyway."""
    maker = acting_application(session)
    if title.partition(".")[0] == maker:
        return
    if maker is not None:
        session.catalog.grant([Grant(OWNERSHIP, kind, title, maker, "APPLICATION")])
    elif kind == "DATABASE":
        session.catalog.grant([Grant(OWNERSHIP, kind, title, ADMINISTRATOR, "ROLE")])


def require_database(session: LocalSession, database: str, *privileges: str) -> None:
    """Assert that a session may use a database, and has these privileges on it.

    Raises:
        SqlError: 2003 when it may not even see it, 3001 when it may not do this.
    """
    if _is_unrestricted(session, database):
        return
    own = held(session, "DATABASE", database)
    if session.catalog.has("APPLICATION", (database,)):
        # every role of an application may use its database
        roles = _grantees(session) or frozenset()
        own |= {"USAGE" for role in roles if role.startswith(f"{database}.")}
    if not own:
        raise missing("Database", database)
    if not own & {OWNERSHIP, "USAGE"} or not _enough(own, privileges):
        raise insufficient("database", database)


def require_schema(session: LocalSession, database: str, schema: str, *privileges: str) -> None:
    """Assert that a session may use a schema and its database, and has privileges on the schema."""
    if _is_unrestricted(session, database):
        return
    require_database(session, database)
    own = held(session, "SCHEMA", f"{database}.{schema}")
    if not own:
        raise missing("Schema", f"{database}.{schema}")
    if not own & {OWNERSHIP, "USAGE"} or not _enough(own, privileges):
        raise insufficient("schema", schema)


def require_relation(session: LocalSession, kind: str, name: Name, *privileges: str) -> None:
    """Assert that a session may use a table or view where it is, and has privileges on it."""
    if _is_unrestricted(session, name.database):
        return
    require_schema(session, name.database, name.schema)
    title = ".".join(name)
    own = held(session, "TABLE", title) | held(session, "VIEW", title)
    if not own:
        raise missing(kind.capitalize(), str(name))
    if not _enough(own, privileges):
        raise insufficient(kind.lower(), name.object)


def callable_overloads(session: LocalSession, name: Name) -> list[Procedure]:
    """Return the procedures of a name that a session may call.

    Raises:
        SqlError: 2141 when there is none; Snowflake does not tell whether one exists.
    """
    overloads = session.catalog.overloads(name)
    if not _is_unrestricted(session, name.database):
        try:
            require_schema(session, name.database, name.schema)
        except SqlError:
            overloads = []
        overloads = [each for each in overloads if held(session, "PROCEDURE", each.signature)]
    if not overloads:
        raise compilation(f"Unknown user-defined function {name}.", 2141, "42601")
    return overloads


def require_ownership(session: LocalSession, kind: str, title: str) -> None:
    """Assert that a session may change or drop an object, as its owner may.

    Raises:
        SqlError: 2003 when it may not even see it, 3001 when it may not do this.
    """
    if _is_unrestricted(session, title.partition(".")[0]):
        return
    own = held(session, kind, title)
    if not own:
        raise missing(kind.capitalize(), title)
    if OWNERSHIP not in own:
        raise insufficient(kind.lower(), title.rpartition(".")[2])


def require_grantable(session: LocalSession, kind: str, title: str) -> None:
    """Assert that a session may grant privileges on an object, as its owner may."""
    database = title.partition(".")[0]
    if kind in ("WAREHOUSE", "INTEGRATION", "APPLICATION ROLE") or _is_unrestricted(
        session, database
    ):
        return
    if OWNERSHIP not in held(session, kind, title):
        raise SqlError(
            "SQL access control error:\nGrant not executed: Insufficient privileges.",
            3003,
            "42501",
        )


def hidden_conflict(session: LocalSession, kind: str, title: str) -> SqlError | None:
    """Return the error for creating an object that exists but is hidden from the session."""
    if _is_unrestricted(session, title.partition(".")[0]) or held(session, kind, title):
        return None
    name = title.rpartition(".")[2]
    return compilation(
        f"{kind.capitalize()} '{name}' already exists, but current role has no privileges on it."
        " If this is unexpected and you cannot resolve this problem, contact your system"
        " administrator.",
        3041,
        "42710",
    )


def named_relations(session: LocalSession, root: Expr) -> NamedRelations:
    """Return the tables and views that a query or DML names, with the privileges it needs."""
    privileges: dict[Name, set[str]] = {}
    defined = {cte.alias.upper() for cte in root.find_all(exp.CTE)}
    target = root.this.this if isinstance(root.this, exp.Schema) else root.this
    for table in root.find_all(exp.Table):
        parts = name_parts(table)
        if not all(parts) or (len(parts) == 1 and parts[0].upper() in defined):
            continue
        needed = _CHANGES.get(type(root), {"SELECT"}) if table is target else {"SELECT"}
        privileges.setdefault(session.context().qualify(parts), set()).update(needed)
    return tuple((name, tuple(sorted(needed))) for name, needed in privileges.items())


def check_access(session: LocalSession, names: NamedRelations) -> None:
    """Assert that a session may do what a statement does with the tables it names."""
    if _grantees(session) is None:
        return
    for name, privileges in names:
        if name.schema == INFORMATION_SCHEMA:
            require_database(session, name.database)
        else:
            require_relation(session, "OBJECT", name, *privileges)


def listed_names(session: LocalSession, listing: Name) -> tuple[str, ...] | None:
    """Return what a view of INFORMATION_SCHEMA shows a session; None when that is everything."""
    grantees = _grantees(session)
    _, kinds = _LISTED.get(listing.object, ("", ()))
    if grantees is None or not kinds or _is_unrestricted(session, listing.database):
        return None
    names = {
        grant.name.partition(".")[2]
        for grantee in grantees
        for grant in session.catalog.grants_on(f"{listing.database}.", grantee)
        if grant.on in kinds
    }
    return tuple(sorted(names))


def hide_unprivileged(session: LocalSession, root: Expr) -> None:
    """Filter INFORMATION_SCHEMA, in place, to objects that a session has a privilege on."""
    if _grantees(session) is None:
        return
    for table in list(root.find_all(exp.Table)):
        parts = name_parts(table)
        if len(parts) != 3 or parts[1] != INFORMATION_SCHEMA:
            continue
        visible_names = listed_names(session, Name(*parts))
        if visible_names is None:
            continue
        column, _ = _LISTED[parts[2]]
        literals = [exp.Literal.string(name).sql() for name in visible_names]
        listed = ", ".join(literals) or "NULL"
        visible_rows = exp.select("*").from_(table.copy()).where(f"{column} IN ({listed})")
        table.replace(visible_rows.subquery(table.alias_or_name))


_CHANGES: dict[type[Expr], set[str]] = {
    exp.Insert: {"INSERT"},
    exp.Update: {"SELECT", "UPDATE"},
    exp.Delete: {"SELECT", "DELETE"},
    exp.Merge: {"SELECT", "INSERT", "UPDATE"},
}
_IN_SCHEMA = "TABLE_SCHEMA || '.' || TABLE_NAME"
_LISTED: dict[str, tuple[str, tuple[str, ...]]] = {
    "SCHEMATA": ("SCHEMA_NAME", ("SCHEMA",)),
    "TABLES": (_IN_SCHEMA, ("TABLE", "VIEW")),
    "VIEWS": (_IN_SCHEMA, ("VIEW",)),
    "COLUMNS": (_IN_SCHEMA, ("TABLE", "VIEW")),
}


def _is_unrestricted(session: LocalSession, database: str) -> bool:
    """Whether a session may do everything in a database."""
    acting = acting_application(session)
    if acting is None:
        return session.role is None
    # no owner was recorded of databases that were created before owners were recorded
    return acting == database or not session.catalog.holders("DATABASE", database)


def held(session: LocalSession, kind: str, title: str) -> set[str]:
    """Return the privileges that a session was granted on one object."""
    return {
        privilege
        for grantee in _grantees(session) or ()
        for privilege in session.catalog.held(kind, title, grantee)
    }


def _enough(held: set[str], privileges: tuple[str, ...]) -> bool:
    return OWNERSHIP in held or held.issuperset(privileges)


def insufficient(kind: str, name: str) -> SqlError:
    """Return the error for something that a session sees but may not do."""
    return SqlError(
        f"SQL access control error:\nInsufficient privileges to operate on {kind} '{name}'.",
        3001,
        "42501",
    )
