"""Sending through a notification integration of the account.

Sources: Snowflake, "SYSTEM$SEND_SNOWFLAKE_NOTIFICATION", "SHOW NOTIFICATION INTEGRATIONS".
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from hubspot_ingest.app_settings import Notifications
from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.errors import DatabaseError, NotificationFailed, Refusal

EMAIL = "EMAIL"
SUBJECT = 256


def check(database: Database, wanted: Notifications) -> None:
    """Raises ``Refusal`` (``INTEGRATION_UNUSABLE``) for what surely cannot be sent through."""
    found = _integrations(database)
    if found is None:
        return
    name = sql.name(wanted.integration)
    grant = f"GRANT USAGE ON INTEGRATION {name} TO APPLICATION {sql.name(database.application)}"
    if wanted.integration not in found:
        raise _unusable(
            f"there is no notification integration {wanted.integration} that the application may "
            f"use; make it with CREATE NOTIFICATION INTEGRATION, then let its owner run: {grant}"
        )
    kind, enabled = found[wanted.integration]
    if not enabled:
        raise _unusable(
            f"the integration {wanted.integration} is disabled; let its owner run: "
            f"ALTER NOTIFICATION INTEGRATION {name} SET ENABLED = TRUE"
        )
    if wanted.recipients and kind != EMAIL:
        raise _unusable(
            f"the integration {wanted.integration} is of type {kind}, which has no recipients; "
            "leave recipients out, or name an integration of type EMAIL"
        )


def send(database: Database, to: Notifications, subject: str, lines: Sequence[str]) -> None:
    """Send lines of text. Raises ``NotificationFailed``."""
    kind = (_integrations(database) or {}).get(to.integration, ("", True))[0]
    email = kind == EMAIL or bool(to.recipients)
    # a webhook's template puts the text between the quotes of a JSON string
    text = "\n".join(lines) if email else "\\n".join(lines)
    options: dict[str, object] = {"subject": subject[:SUBJECT]} if email else {}
    if to.recipients:
        options["toAddress"] = [*to.recipients]
    try:
        database.rows(
            "CALL SYSTEM$SEND_SNOWFLAKE_NOTIFICATION(?, ?)",
            (json.dumps({"text/plain": text}), json.dumps({to.integration: options})),
        )
    except DatabaseError as error:
        raise NotificationFailed(
            f"nothing could be sent through the integration {to.integration}: {error.said}; check "
            f"that it is enabled, that {', '.join(to.recipients) or 'its recipients'} may be "
            f"written to, and that USAGE on it is granted to the application"
        ) from error


def _integrations(database: Database) -> dict[str, tuple[str, bool]] | None:
    """Type, and whether enabled, of those the application may use; None when it may not look."""
    try:
        found = database.rows("SHOW NOTIFICATION INTEGRATIONS")
    except DatabaseError:
        return None
    return {
        str(row["name"]): (str(row["type"]).upper(), str(row["enabled"]).lower() == "true")
        for row in found
    }


def _unusable(why: str) -> Refusal:
    return Refusal(why, code="INTEGRATION_UNUSABLE")
