"""Notification integrations, and the messages that would have been sent through them.

Sources: Snowflake, "CREATE NOTIFICATION INTEGRATION" (email, webhook) and
"SYSTEM$SEND_SNOWFLAKE_NOTIFICATION".
"""

from __future__ import annotations

import json
from typing import Any

from snowflake_sandbox import access
from snowflake_sandbox.errors import SqlError, compilation, exists, missing, unsupported
from snowflake_sandbox.results import Result, rows, status
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql import clauses
from snowflake_sandbox.sql.clauses import Clause, Context
from snowflake_sandbox.sql.tokens import Reader
from snowflake_sandbox.storage.history import Notification
from snowflake_sandbox.storage.records import Entry

KIND = "NOTIFICATION INTEGRATION"
EXTERNAL_ACCESS = "EXTERNAL ACCESS INTEGRATION"
SEND = "SYSTEM$SEND_SNOWFLAKE_NOTIFICATION"

_COMMON = {
    "TYPE": Clause(clauses.word("EMAIL", "WEBHOOK"), True),
    "ENABLED": Clause(clauses.flag, True),
    "COMMENT": Clause(clauses.text),
}
_EMAIL = {
    **_COMMON,
    "ALLOWED_RECIPIENTS": Clause(clauses.texts),
    "DEFAULT_RECIPIENTS": Clause(clauses.texts),
    "DEFAULT_SUBJECT": Clause(clauses.text),
}
_WEBHOOK = {
    **_COMMON,
    "WEBHOOK_URL": Clause(clauses.text, True),
    "WEBHOOK_SECRET": Clause(clauses.schema_name),
    "WEBHOOK_BODY_TEMPLATE": Clause(clauses.text),
    "WEBHOOK_HEADERS": Clause(clauses.pairs),
}
_CONTENT = ("text/plain", "text/html", "application/json")
_OPTIONS = ("subject", "toAddress", "ccAddress", "bccAddress")


def create_notification_integration(
    session: LocalSession, reader: Reader, context: Context, mode: str
) -> Result:
    """CREATE NOTIFICATION INTEGRATION … TYPE = EMAIL or WEBHOOK."""
    quiet = reader.if_not_exists()
    name = (reader.identifier(),)
    webhook = "WEBHOOK" in {token.upper for token in reader.tokens}
    options = clauses.read_clauses(reader, context, _WEBHOOK if webhook else _EMAIL)
    if any(session.catalog.has(kind, name) for kind in (KIND, EXTERNAL_ACCESS)) and not mode:
        if quiet:
            return status(f"{name[0]} already exists, statement succeeded.")
        raise exists(name[0])
    session.catalog.add(Entry(KIND, name, options), replace_existing=True)
    return status(f"Integration {name[0]} successfully created.")


def alter_notification_integration(
    session: LocalSession, reader: Reader, context: Context
) -> Result:
    """ALTER NOTIFICATION INTEGRATION … SET …."""
    entry = session.catalog.entry(KIND, (reader.identifier(),))
    reader.expect("SET")
    allowed = _EMAIL if entry.options["TYPE"] == "EMAIL" else _WEBHOOK
    session.catalog.alter(entry, **clauses.read_clauses(reader, context, allowed, partial=True))
    return status("Statement executed successfully.")


def drop_integration(session: LocalSession, reader: Reader, context: Context) -> Result:
    """DROP [NOTIFICATION] INTEGRATION."""
    del context
    quiet = reader.if_exists()
    name = reader.identifier()
    reader.end()
    entry = find_integration(session, name)
    if entry is not None:
        session.catalog.drop(entry.kind, entry.name)
        return status(f"{name} successfully dropped.")
    if quiet:
        return status("Drop statement executed successfully.")
    raise missing("Integration", name)


def find_integration(session: LocalSession, name: str) -> Entry | None:
    """Return the integration of that name, of whatever kind."""
    for kind in (KIND, EXTERNAL_ACCESS):
        if session.catalog.has(kind, (name,)):
            return session.catalog.entry(kind, (name,))
    return None


def integration_rows(session: LocalSession) -> list[dict[str, Any]]:
    """Return the rows of SHOW NOTIFICATION INTEGRATIONS: those a session may use."""
    return [
        {
            "name": entry.title,
            "type": entry.options["TYPE"],
            "category": "NOTIFICATION",
            "enabled": entry.options["ENABLED"],
            "comment": entry.options.get("COMMENT", ""),
            "created_on": entry.created_at,
        }
        for entry in session.catalog.entries(KIND)
        if _usable(session, entry.title)
    ]


def _usable(session: LocalSession, name: str) -> bool:
    acting = access.acting_application(session)
    return acting is None or bool(session.catalog.held("INTEGRATION", name, acting))


def send_notification(session: LocalSession, arguments: list[Any]) -> Result:
    """CALL SYSTEM$SEND_SNOWFLAKE_NOTIFICATION(message, integration): recorded, never sent."""
    if len(arguments) != 2 or not all(isinstance(argument, str) for argument in arguments):
        raise unsupported(f"{SEND} but of a message and an integration")
    content, configuration = (_object(argument) for argument in arguments)
    if not content or any(key not in _CONTENT for key in content):
        raise _invalid(f"the content type must be one of {', '.join(_CONTENT)}")
    if len(configuration) != 1:
        raise unsupported(f"{SEND} to several integrations")
    [(name, options)] = configuration.items()
    name = name.upper()
    if not session.catalog.has(KIND, (name,)) or not _usable(session, name):
        raise compilation(f"Integration '{name}' does not exist or not authorized.", 2003, "02000")
    entry = session.catalog.entry(KIND, (name,))
    if not entry.options["ENABLED"]:
        raise _invalid(f"integration '{name}' is not enabled")
    kind = str(entry.options["TYPE"])
    if kind == "EMAIL":
        _check_email(entry, options)
    elif options or list(content) != ["text/plain"]:
        raise _invalid("a webhook takes text/plain and no options")
    session.account.history.add_notification(Notification(name, kind, content, options))
    column = ("SYSTEM$SEND_SNOWFLAKE_NOTIFICATION", "VARCHAR")
    return rows([column], [["Enqueued notifications."]])


def _check_email(entry: Entry, options: dict[str, Any]) -> None:
    unknown = [key for key in options if key not in _OPTIONS]
    if unknown:
        raise _invalid(f"unknown option {unknown[0]}")
    if len(str(options.get("subject", ""))) > 256:
        raise _invalid("the subject is longer than 256 characters")
    to = options.get("toAddress") or entry.options.get("DEFAULT_RECIPIENTS") or []
    if not to:
        raise _invalid("there is no recipient")
    allowed = entry.options.get("ALLOWED_RECIPIENTS")
    wrong = [
        index
        for index, recipient in enumerate(to, 1)
        if allowed is not None and recipient not in allowed
    ]
    if wrong:
        raise _invalid(f"Email recipients at indexes {wrong} are not allowed.")


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise _invalid("an argument is not a JSON object")
    return value


def _invalid(why: str) -> SqlError:
    return SqlError(f"{SEND}: {why}", 394209, "22023")
