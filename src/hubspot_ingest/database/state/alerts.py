"""Alerts: what is wrong with the syncs, and which alerts were sent (``STATE.ALERTS``)."""

from __future__ import annotations

from dataclasses import dataclass, field

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.database.sql import INSTANT

# A push that is held waits for somebody to confirm its plan.
_ALERT_KINDS = {"FAILED": "FAILED", "SKIPPED": "FAILED", "HELD": "FAILED", "DELAYED": "DELAYED"}
# The code of a push whose rows were refused, or of which nobody knows whether they were written.
ROWS_REFUSED = "ROWS_REFUSED"
NEW_PROPERTIES = "NEW_PROPERTIES"
# For how many days a property counts as new: notifications may fail for a while.
DAYS_NEW = 7


@dataclass(frozen=True, slots=True)
class Alert:
    """A sync or push that is ``FAILED``, ``DELAYED`` or ``INCOMPLETE``: the code and the run.

    Of ``NEW_PROPERTIES`` the code is their names. ``view`` of CORE has its health; it is not
    stored.
    """

    sync: str
    kind: str
    code: str
    run_id: str
    view: str = field(default="SYNCS", compare=False)


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """The status of an enabled sync or push; ``alert`` is None where all is well or one runs."""

    sync: str
    running: bool
    alert: Alert | None


class Alerts:
    """Reads what is wrong, and stores the alerts that were sent until they are over."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._application = sql.name(database.application)
        self._table = f"{self._application}.STATE.ALERTS"

    def statuses(self, now: int) -> list[SyncStatus]:
        """The status of the enabled syncs and pushes: nobody wants alerts of the others.

        How a run ends is not known while it goes on. A skipped run counts as failed.
        """
        rows = self._database.rows(
            "SELECT s.NAME AS SYNC, s.HEALTH, s.LAST_RUN_ID AS RUN_ID, r.RESPONSE_CODE AS CODE, "
            f"IFNULL(s.LEASE_UNTIL >= {INSTANT}, FALSE) AS RUNNING, s.PLACE FROM ("
            "SELECT sync.NAME, sync.HEALTH, sync.LAST_RUN_ID, leased.LEASE_UNTIL, "
            f"'SYNCS' AS PLACE FROM {self._application}.CORE.SYNCS sync "
            f"JOIN {self._application}.INTERNAL.SYNC_STATES leased ON leased.NAME = sync.NAME "
            "WHERE sync.ENABLED UNION ALL "
            "SELECT push.NAME, push.HEALTH, push.LAST_RUN_ID, leased.LEASE_UNTIL, 'PUSHES' "
            f"FROM {self._application}.CORE.PUSHES push "
            f"JOIN {self._application}.STATE.PUSHES leased ON leased.NAME = push.NAME "
            "WHERE push.ENABLED) s "
            f"LEFT JOIN {self._application}.STATE.RUNS r ON r.RUN_ID = s.LAST_RUN_ID "
            "ORDER BY s.NAME",
            (now,),
        )
        return [_status(row) for row in rows]

    def others(self, now: int) -> list[Alert]:
        """Alerts that do not follow from a status.

        Syncs whose last comparison left differences, pushes with rows that were refused, and
        properties that appeared lately.
        """
        rows = self._database.rows(
            "SELECT NAME AS SYNC, 'INCOMPLETE' AS KIND, LAST_RUN_ID AS RUN_ID, "
            f"{sql.text(ROWS_REFUSED)} AS CODE, 'PUSHES' AS PLACE "
            f"FROM {self._application}.CORE.PUSHES "
            "WHERE ENABLED AND ROWS_REJECTED + ROWS_UNKNOWN > 0 UNION ALL "
            f"SELECT p.SYNC, {sql.text(NEW_PROPERTIES)}, NULL, "
            "LISTAGG(p.NAME, ', ') WITHIN GROUP (ORDER BY p.NAME), 'PROPERTIES' "
            f"FROM {self._application}.STATE.PROPERTIES p "
            f"JOIN {self._application}.STATE.SYNCS s ON s.NAME = p.SYNC "
            f"WHERE s.ENABLED AND p.APPEARED_AT > DATEADD(DAY, -{DAYS_NEW}, {INSTANT}) "
            "GROUP BY p.SYNC ORDER BY 1",
            (now,),
        )
        return [*self._differing(), *map(_alert, rows)]

    def _differing(self) -> list[Alert]:
        if not self._database.rows(
            f"SELECT 1 AS ONE FROM {self._application}.INFORMATION_SCHEMA.VIEWS "
            "WHERE TABLE_SCHEMA = 'CORE' AND TABLE_NAME = 'COMPLETENESS'"
        ):
            return []
        rows = self._database.rows(
            "SELECT c.SYNC, 'INCOMPLETE' AS KIND, c.RUN_ID, 'INCOMPLETE' AS CODE FROM ("
            f"SELECT SYNC, RESULT, RUN_ID FROM {self._application}.CORE.COMPLETENESS "
            "QUALIFY ROW_NUMBER() OVER (PARTITION BY SYNC ORDER BY CHECKED_AT DESC) = 1) c "
            f"JOIN {self._application}.STATE.SYNCS s ON s.NAME = c.SYNC "
            "WHERE s.ENABLED AND c.RESULT = 'INCOMPLETE' ORDER BY c.SYNC"
        )
        return [_alert(row) for row in rows]

    def sent(self) -> list[Alert]:
        """The alerts that were sent and are not over yet."""
        columns = "SYNC, KIND, CODE, RUN_ID"
        rows = self._database.rows(f"SELECT {columns} FROM {self._table} ORDER BY SYNC, KIND")
        return [_alert(row) for row in rows]

    def save(self, alert: Alert, now: int) -> bool:
        """Store an alert as sent; False when another process just did so."""
        changed = self._database.change(
            f"MERGE INTO {self._table} t USING (SELECT ? AS SYNC, ? AS KIND, ? AS CODE, "
            f"? AS RUN_ID, {INSTANT} AS SINCE) s ON t.SYNC = s.SYNC AND t.KIND = s.KIND "
            "WHEN MATCHED AND t.CODE <> s.CODE THEN UPDATE SET CODE = s.CODE, "
            "RUN_ID = s.RUN_ID, SINCE = s.SINCE "
            "WHEN NOT MATCHED THEN INSERT (SYNC, KIND, CODE, RUN_ID, SINCE) "
            "VALUES (s.SYNC, s.KIND, s.CODE, s.RUN_ID, s.SINCE)",
            (alert.sync, alert.kind, alert.code, alert.run_id, now),
        )
        return changed == 1

    def delete(self, alert: Alert) -> bool:
        """Delete an alert that is over; False when another process just did so."""
        changed = self._database.change(
            f"DELETE FROM {self._table} WHERE SYNC = ? AND KIND = ?", (alert.sync, alert.kind)
        )
        return changed == 1


def _status(row: Row) -> SyncStatus:
    sync, kind, place = str(row["SYNC"]), _ALERT_KINDS.get(str(row["HEALTH"])), str(row["PLACE"])
    if kind is None or row["RUNNING"]:
        return SyncStatus(sync, bool(row["RUNNING"]), None)
    code = kind if kind == "DELAYED" else str(row["CODE"] or "")
    return SyncStatus(sync, False, Alert(sync, kind, code, str(row["RUN_ID"] or ""), place))


def _alert(row: Row) -> Alert:
    return Alert(
        str(row["SYNC"]),
        str(row["KIND"]),
        str(row["CODE"]),
        str(row["RUN_ID"] or ""),
        row.get("PLACE", "SYNCS"),
    )
