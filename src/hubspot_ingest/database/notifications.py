"""Sends messages through a notification integration of the Snowflake account.

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
SUBJECT_LENGTH = 256


def check(database: Database, settings: Notifications) -> None:
    """Raises ``Refusal`` (``INTEGRATION_UNUSABLE``) for an integration that cannot work.

    Nothing is checked where the application may not list the integrations.
    """
    integrations = _integrations(database)
    if integrations is None:
        return
    name = sql.name(settings.integration)
    grant = f"GRANT USAGE ON INTEGRATION {name} TO APPLICATION {sql.name(database.application)}"
    if settings.integration not in integrations:
        raise _unusable(
            f"there is no notification integration {settings.integration} that the application may "
            f"use; make it with CREATE NOTIFICATION INTEGRATION, then let its owner run: {grant}"
        )
    kind, enabled = integrations[settings.integration]
    if not enabled:
        raise _unusable(
            f"the integration {settings.integration} is disabled; let its owner run: "
            f"ALTER NOTIFICATION INTEGRATION {name} SET ENABLED = TRUE"
        )
    if settings.recipients and kind != EMAIL:
        raise _unusable(
            f"the integration {settings.integration} is of type {kind}, which has no recipients; "
            "leave recipients out, or name an integration of type EMAIL"
        )


def send(database: Database, to: Notifications, subject: str, lines: Sequence[str]) -> None:
    """Send a message of several lines. Raises ``NotificationFailed``."""
    kind = (_integrations(database) or {}).get(to.integration, ("", True))[0]
    email = kind == EMAIL or bool(to.recipients)
    # a webhook's template puts the text into a JSON string
    text = "\n".join(lines) if email else "\\n".join(lines)
    options: dict[str, object] = {"subject": subject[:SUBJECT_LENGTH]} if email else {}
    if to.recipients:
        options["toAddress"] = [*to.recipients]
    try:
        database.rows(
            "CALL SYSTEM$SEND_SNOWFLAKE_NOTIFICATION(?, ?)",
            (json.dumps({"text/plain": text}), json.dumps({to.integration: options})),
        )
    except DatabaseError as error:
        raise NotificationFailed(
            f"nothing could be sent through the integration {to.integration}: "
            f"{error.snowflake_message}; check that it is enabled, that "
            f"{', '.join(to.recipients) or 'its recipients'} may be written to, and that USAGE "
            "on it is granted to the application"
        ) from error


def _integrations(database: Database) -> dict[str, tuple[str, bool]] | None:
    """Type and enabled flag of the integrations, by name; None when they may not be listed."""
    try:
        rows = database.rows("SHOW NOTIFICATION INTEGRATIONS")
    except DatabaseError:
        return None
    return {
        str(row["name"]): (str(row["type"]).upper(), str(row["enabled"]).lower() == "true")
        for row in rows
    }


def _unusable(why: str) -> Refusal:
    return Refusal(why, code="INTEGRATION_UNUSABLE")
