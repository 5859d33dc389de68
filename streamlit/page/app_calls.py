"""The page's statements about the settings of the whole app."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from page.statements import MINUTES, Answer, Row, Statements, quoted, variant

_PLAIN = re.compile(r"[A-Z_][A-Z0-9_$]*")


class AppCalls(Statements):
    """What concerns no single sync."""

    def application(self) -> str:
        """The name that the app was installed under, as SQL spells it: that of its database."""
        [row] = self.rows("SELECT CURRENT_DATABASE() AS APPLICATION", fresh_for=MINUTES)
        name = str(row["APPLICATION"])
        return name if _PLAIN.fullmatch(name) else quoted(name)

    def settings(self) -> dict[str, Any]:
        """The settings of the whole app, as they were given."""
        rows = self.rows("SELECT SETTINGS FROM CORE.SETTINGS", fresh_for=MINUTES)
        return dict(variant(rows[0]["SETTINGS"]) or {}) if rows else {}

    def settings_now(self) -> dict[str, Any]:
        """The settings of the whole app, not from the cache."""
        self.forget()
        return self.settings()

    def configure_app(self, settings: Mapping[str, Any]) -> Answer:
        """Change settings of the whole app; null takes one back to its default."""
        return self.call("CONFIGURE_APP", settings)

    def check_all(self, configuration: Mapping[str, Any]) -> Answer:
        """What CONFIGURE_ALL would refuse of a configuration; changes nothing."""
        return self.ask("CONFIGURE_ALL", configuration, False)

    def configure_all(self, configuration: Mapping[str, Any]) -> Answer:
        """Store the settings of the app and of several syncs: all of them or none."""
        return self.call("CONFIGURE_ALL", configuration, True)

    def audit_log(self, most: int) -> list[Row]:
        """The changes that people made last, newest first."""
        return self.rows(
            "SELECT CHANGED_AT, CHANGED_BY, PROCEDURE_NAME, KIND, NAME, BEFORE, AFTER "
            "FROM CORE.AUDIT_LOG ORDER BY CHANGED_AT DESC LIMIT ?",
            (most,),
            fresh_for=MINUTES,
        )

    def send_test_notification(self) -> Answer:
        """Send the recipients a message, to see that it arrives."""
        return self.call("SEND_TEST_NOTIFICATION")
