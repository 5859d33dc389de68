"""The table ``STATE.AUDIT_LOG``: what people changed by which procedure, and who they were."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from hubspot_ingest.app_settings import AppSettings
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.database.state.runs import without_nulls
from hubspot_ingest.model import Json

# Days, where the app's settings do not say for how long runs are kept.
KEPT = AppSettings().keep_runs_days


class Changed(StrEnum):
    """What a change is of."""

    SYNC = "SYNC"
    PUSH = "PUSH"
    APP = "APP"
    CONNECTION = "CONNECTION"
    VIEWS = "VIEWS"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change of something with a name; None where it was not there, or is gone.

    ``before`` and ``after`` hold settings or facts, never a credential nor a row's key.
    """

    kind: Changed
    name: str
    before: Json
    after: Json


class AuditLog:
    """Adds changes, and deletes those that are older than runs are kept."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._state = database.in_application("STATE")

    def add(self, procedure: str, changes: Sequence[AuditEntry], now: int) -> None:
        """Add the changes of one call, with whom Snowflake names as the user."""
        rows = [without_nulls(asdict(change)) for change in changes]
        self._database.rows(
            f"INSERT INTO {self._state}.AUDIT_LOG "
            "(CHANGED_AT, CHANGED_BY, PROCEDURE_NAME, KIND, NAME, BEFORE, AFTER) "
            f"SELECT {INSTANT}, CURRENT_USER(), ?, f.VALUE:kind::VARCHAR, f.VALUE:name::VARCHAR, "
            "f.VALUE:before, f.VALUE:after FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f",
            (now, procedure, json.dumps(rows)),
        )
        self._database.rows(
            f"DELETE FROM {self._state}.AUDIT_LOG WHERE CHANGED_AT < DATEADD(DAY, -IFNULL("
            f"(SELECT MAX(SETTINGS:keep_runs_days::NUMBER) FROM {self._state}.SETTINGS), {KEPT}), "
            f"{INSTANT})",
            (now,),
        )
