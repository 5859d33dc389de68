"""Refuses what Snowflake refuses in a setup script and in an application's owner procedure.

Sources: Snowflake, "Create the setup script" and "Understanding caller's rights and owner's
rights stored procedures".
"""

from __future__ import annotations

from typing import Any

from sqlglot import Expr, exp

from snowflake_sandbox.errors import SqlError, compilation
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql.tokens import Reader

_NOT_IN_APPLICATIONS = {
    "CURRENT_WAREHOUSE",
    "CURRENT_IP_ADDRESS",
    "CURRENT_AVAILABLE_ROLES",
    "CURRENT_SECONDARY_ROLES",
}


def check_words(session: LocalSession, reader: Reader) -> None:
    """Refuse a statement whose words are not allowed where it runs.

    Raises:
        SqlError: 93100, 90236 or 3001.
    """
    if session.script is not None:
        _check_script(reader)
    if session.owner is not None:
        _check_owner(reader)


def check_binds(session: LocalSession, params: list[Any] | None) -> None:
    """Refuse None among the bound values of an owner's procedure.

    Others were answered so where a number was wanted (snowpark-python, issue 1760); what becomes
    of it elsewhere is not known.

    Raises:
        SqlError: 100038.
    """
    if session.owner is not None and params and any(value is None for value in params):
        raise SqlError("Numeric value 'None' is not recognized", 100038, "22018")


def check_tree(session: LocalSession, root: Expr) -> None:
    """Refuse a query that calls a function not supported in applications.

    Raises:
        SqlError: 2140.
    """
    if session.owner is None:
        return
    for node in root.find_all(exp.Anonymous, exp.Func):
        name = node.name.upper() if isinstance(node, exp.Anonymous) else node.key.upper()
        if name in _NOT_IN_APPLICATIONS or name.replace("_", "") in {
            function.replace("_", "") for function in _NOT_IN_APPLICATIONS
        }:
            raise SqlError(f"Function {name} is not supported in an application.", 2140, "42601")


def _temporary(reader: Reader) -> bool:
    if not reader.looking_at("CREATE"):
        return False
    words = [reader.ahead(distance).upper for distance in range(1, 6)]
    return any(
        word in ("TEMPORARY", "TEMP", "VOLATILE") for word in words[: 4 if "OR" in words else 3]
    )


def _check_script(reader: Reader) -> None:
    if reader.looking_at("USE"):
        raise _script(f"USE {reader.ahead(1).upper}")
    if _temporary(reader):
        raise _script("CREATE TEMPORARY object")
    if reader.looking_at("CREATE", "OR", "REPLACE", "TABLE") or reader.looking_at(
        "CREATE", "OR", "REPLACE", "TRANSIENT", "TABLE"
    ):
        raise _script("CREATE OR REPLACE TABLE, which would empty the table at every upgrade,")
    if reader.looking_at("CREATE", "OR", "REPLACE", "SCHEMA"):
        raise _script("CREATE OR REPLACE SCHEMA, which would drop its tables at every upgrade,")
    for word in ("PUT", "GET", "REMOVE", "RM"):
        if reader.looking_at(word):
            raise _script(word)
    if reader.looking_at("ALTER", "SESSION"):
        raise _script("ALTER SESSION")
    if reader.looking_at("GRANT") or reader.looking_at("REVOKE"):
        words = [token.upper for token in reader.tokens]
        if "APPLICATION" not in words:
            raise _script("a grant to anything but an application role")
        if "FUTURE" in words:
            raise _script("a future grant")
    if reader.looking_at("CREATE", "DATABASE", "ROLE"):
        raise _script("a database role")


def _check_owner(reader: Reader) -> None:
    if reader.looking_at("USE"):
        raise _owner("USE")
    if reader.looking_at("ALTER", "SESSION"):
        raise _owner("ALTER SESSION")
    if _temporary(reader):
        raise SqlError(
            "Operation CREATE on TEMPORARY TABLE is not permitted within APPLICATION.",
            3001,
            "42501",
        )
    for statement in ("REMOVE", "RM", "GET", "SHOW LOCKS", "SHOW TRANSACTIONS", "SHOW VARIABLES"):
        if reader.looking_at(*statement.split()):
            raise _owner(statement)
    if reader.looking_at("SHOW", "PARAMETERS"):
        words = {token.upper for token in reader.tokens}
        if "SESSION" in words or not words & {"IN", "FOR"}:
            raise _owner("SHOW PARAMETERS IN SESSION")


def _script(what: str) -> SqlError:
    return compilation(f"{what} is not allowed in a setup script.", 93100, "42601")


def _owner(what: str) -> SqlError:
    return SqlError(
        "Stored procedure execution error: Unsupported statement type"
        f" '{what}' in an owner's procedure.",
        90236,
        "0A000",
    )
