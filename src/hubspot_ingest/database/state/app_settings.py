"""The table ``STATE.SETTINGS``: the settings of the whole app."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping

from hubspot_ingest import schedules
from hubspot_ingest.app_settings import AppSettings, parse_app_settings
from hubspot_ingest.database.connection import Database, variant
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.model import Json


class AppState:
    """Reads and writes the settings of the app."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._state = database.in_application("STATE")

    def stored(self) -> dict[str, Json]:
        """The settings as they were configured; empty after the installation."""
        [row] = self._database.rows(f"SELECT SETTINGS FROM {self._state}.SETTINGS")
        return dict(variant(row["SETTINGS"]))

    def settings(self) -> AppSettings:
        """The settings with the defaults filled in."""
        return parse_app_settings(self.stored())

    def hash_salt(self) -> str | None:
        """What goes before the values that land as hashes; None where none ever did."""
        [row] = self._database.rows(f"SELECT HASH_SALT FROM {self._state}.SETTINGS")
        return None if row["HASH_SALT"] is None else str(row["HASH_SALT"])

    def save_hash_salt(self, salt: str | None) -> None:
        """Store what goes before the values that land as hashes, which no view shows."""
        self._database.rows(f"UPDATE {self._state}.SETTINGS SET HASH_SALT = ?", (salt,))

    def ensure_hash_salt(self) -> None:
        """Store a random salt unless there is one: 256 bits, as long as the hash."""
        self._database.rows(
            f"UPDATE {self._state}.SETTINGS SET HASH_SALT = ? WHERE HASH_SALT IS NULL",
            (secrets.token_hex(32),),
        )

    def save(self, settings: Mapping[str, Json], now: int) -> None:
        """Replace the settings."""
        every = schedules.longest_gap(parse_app_settings(settings).schedule)
        self._database.rows(
            f"UPDATE {self._state}.SETTINGS SET SETTINGS = PARSE_JSON(?), "
            f"EVERY_MINUTES = CAST(? AS NUMBER(38, 0)), UPDATED_AT = {INSTANT}",
            (json.dumps(settings), every, now),
        )
