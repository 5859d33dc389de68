"""All statements of the page: CALLs of procedures and SELECTs from views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from page.app_calls import AppCalls
from page.push_calls import PushCalls
from page.statements import (
    MINUTES,
    Answer,
    Failed,
    Kept,
    Row,
    variant,
)
from page.table_calls import TableCalls

__all__ = ["Answer", "Calls", "Failed", "Kept", "Row", "variant"]

_CERTIFICATE = (
    "SYNC, CHECKED_AT, RESULT, HUBSPOT_RECORDS, TABLE_RECORDS, MISSING, EXTRA, STALE, "
    "CHANGED_MEANWHILE, REPAIRED, REQUESTS, ONE_BY_ONE_SINCE, OUTDATED_BY"
)


class Calls(AppCalls, PushCalls, TableCalls):
    """The page's only way to Snowflake."""

    # -- the credential ----------------------------------------------------------------------

    def set_oauth(self, client_id: str, client_secret: str, refresh_token: str) -> Answer:
        """Store an OAuth grant in place of a token."""
        return self.call("SET_OAUTH", client_id, client_secret, refresh_token)

    def set_token(self, token: str) -> Answer:
        """Store the credential."""
        return self.call("SET_TOKEN", token)

    def test_connection(self, name: str = "default") -> Answer:
        """Ask HubSpot which portal a connection reads and what it can read."""
        return self.call("TEST_CONNECTION", name)

    def streams_of(self, connection: str) -> Answer:
        """What a connection can read, as ``TEST_CONNECTION`` tells; asked again after a while."""
        return self.ask("TEST_CONNECTION", connection)

    def connections(self) -> list[Row]:
        """The portals that have a credential, the first one first."""
        return self.rows(
            "SELECT NAME, KIND, PORTAL_ID, TIME_ZONE, WRITES, CREATED_AT, CHECKED_AT "
            "FROM CORE.CONNECTIONS "
            "ORDER BY IFF(NAME = 'default', 0, 1), NAME",
            fresh_for=MINUTES,
        )

    def configure_connection(self, name: str, credential: Mapping[str, str]) -> Answer:
        """Store the credential of a portal under a name."""
        return self.call("CONFIGURE_CONNECTION", name, credential)

    def drop_connection(self, name: str) -> Answer:
        """Forget a portal's credential."""
        return self.call("DROP_CONNECTION", name)

    def streams(self) -> list[Row]:
        """Every stream of the portal; empty when the connection was never tested."""
        return self.rows(
            "SELECT STREAM, OBJECT_TYPE, LABEL, READER, READABLE, SCOPES, TIER, RECORDS, "
            "CHECKED_AT FROM CORE.STREAMS ORDER BY STREAM",
            fresh_for=MINUTES,
        )

    def discover(self) -> Answer:
        """Read streams, counts and properties of the portal anew."""
        return self.call("DISCOVER")

    def stream_properties(self, stream: str) -> list[Row]:
        """The portal's properties of a stream; empty for what has none."""
        return self.rows(
            "SELECT PROPERTY, LABEL, TYPE, GROUP_NAME, DESCRIPTION, OPTIONS, CALCULATED, "
            "REFERENCED_TYPE FROM CORE.STREAM_PROPERTIES WHERE STREAM = ? ORDER BY LABEL, PROPERTY",
            (stream,),
            MINUTES,
        )

    # -- syncs -------------------------------------------------------------------------------

    def syncs(self) -> list[Row]:
        """One row per sync, with the reader and object type of its stream where they are known."""
        return self.rows(
            "SELECT s.NAME, s.STREAM, s.SETTINGS, s.ENABLED, s.HEALTH, s.SETTLED_THROUGH, "
            "s.LAST_RUN_ID, s.LAST_RUN_STATUS, s.LAST_RUN_AT, s.DESTINATION, s.LAST_MESSAGE, "
            "s.NEXT_RUN_AT, s.CREATED_AT, s.PAUSED_WITH_ALL, t.READER, t.OBJECT_TYPE "
            "FROM CORE.SYNCS s LEFT JOIN CORE.STREAMS t ON t.STREAM = s.STREAM ORDER BY s.NAME"
        )

    def owners(self, connection: str) -> list[tuple[str, str]]:
        """Id and name of the owners that landed from a portal; none where they were not loaded."""
        tables = [
            str(sync["DESTINATION"])
            for sync in self.syncs()
            if sync["STREAM"] == "owners"
            and sync["DESTINATION"]
            and (variant(sync["SETTINGS"]) or {}).get("connection", "default") == connection
        ]
        return self.people(tables[0]) if tables else []

    def configure_sync(self, name: str, settings: Mapping[str, Any]) -> Answer:
        """Store the settings of a sync."""
        return self.call("CONFIGURE_SYNC", name, settings)

    def enable_sync(self, name: str, enabled: bool) -> Answer:
        """Enable or disable a sync's schedule."""
        return self.call("ENABLE_SYNC" if enabled else "DISABLE_SYNC", name)

    def pause_syncs(self) -> Answer:
        """Keep every sync from running by itself."""
        return self.call("DISABLE_ALL_SYNCS")

    def resume_syncs(self, everything: bool) -> Answer:
        """Let the syncs run again that were paused together, or every one."""
        return self.call("ENABLE_ALL_SYNCS", everything)

    def reset_sync(self, name: str) -> Answer:
        """Make the next run a backfill."""
        return self.call("RESET_SYNC", name)

    def drop_sync(self, name: str) -> Answer:
        """Forget a sync; its table stays."""
        return self.call("DROP_SYNC", name)

    def start_sync(self, name: str) -> Answer:
        """Begin a run in the background."""
        return self.call("START_SYNC", name)

    def stop_sync(self, name: str) -> Answer:
        """Ask the run under way to stop."""
        return self.call("STOP_SYNC", name)

    def properties(self, sync: str) -> list[Row]:
        """The properties that a sync's last run saw, with their columns where they are taken."""
        return self.rows(
            "SELECT PROPERTY, COLUMN_NAME, LABEL, TYPE, OPTIONS, DESCRIPTION, CALCULATED, "
            "REFERENCED_TYPE, APPEARED_AT, IGNORED FROM CORE.PROPERTIES "
            "WHERE SYNC = ? ORDER BY PROPERTY",
            (sync,),
            MINUTES,
        )

    def check_destination(self, database: str, schema: str) -> Answer:
        """Whether the app may write there, and the grants it lacks; changes nothing."""
        return self.ask("CHECK_DESTINATION", {"database": database, "schema": schema})

    def plan(self, sync: str, settings: Mapping[str, Any] | None = None) -> Answer:
        """The plan of a sync's next run, with ``settings`` in place of those stored if given."""
        return self.ask("PLAN_INGEST", sync, *(() if settings is None else (settings,)))

    def count_records(self, stream: str, settings: Mapping[str, Any]) -> Answer:
        """How many records match settings that need not be stored; never cached."""
        return self.ask("COUNT_RECORDS", stream, settings, fresh_for=0.0)

    # -- runs --------------------------------------------------------------------------------

    def runs(
        self, sync: str | None = None, status: str | None = None, most: int = 200
    ) -> list[Row]:
        """The latest runs, newest first."""
        conditions = [
            f"{name} = ?" for name, value in (("SYNC", sync), ("STATUS", status)) if value
        ]
        where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
        return self.rows(
            "SELECT RUN_ID, SYNC, STREAM, STATUS, DESTINATION, STRATEGY, SINCE, UNTIL, "
            "SETTLED_THROUGH, STARTED_AT, FINISHED_AT, DURATION_SECONDS, ROWS_READ, "
            "ROWS_INSERTED, ROWS_UPDATED, ROWS_DELETED, VALUES_MISFIT, REQUESTS, BYTES, "
            f"RESPONSE_CODE, MESSAGE FROM CORE.RUNS {where}"
            f"ORDER BY STARTED_AT DESC, RUN_ID LIMIT {int(most)}",
            [value for value in (sync, status) if value],
        )

    def run(self, run_id: str) -> Row | None:
        """One run."""
        rows = self.rows("SELECT * FROM CORE.RUNS WHERE RUN_ID = ?", (run_id,))
        return rows[0] if rows else None

    def running(self) -> list[Row]:
        """The runs under way."""
        return self.rows(
            "SELECT RUN_ID, SYNC, STREAM, STRATEGY, STARTED_AT, ROWS_EXPECTED, ROWS_READ, "
            "REQUESTS, DIRECTION, STOP_REQUESTED_AT, STOP_REQUESTED_BY "
            "FROM CORE.RUNS WHERE STATUS = 'RUNNING' ORDER BY STARTED_AT",
            fresh_for=1.0,
        )

    def hours(self, days: int) -> list[Row]:
        """The sums of all runs by hour of the last days."""
        return self.rows(
            "SELECT DATE_TRUNC('HOUR', STARTED_AT) AS HOUR, COUNT(*) AS RUNS, "
            "SUM(ROWS_INSERTED) AS INSERTED, SUM(ROWS_UPDATED) AS UPDATED, "
            "SUM(ROWS_DELETED) AS DELETED, SUM(DURATION_SECONDS) AS SECONDS, "
            "SUM(REQUESTS) AS REQUESTS, COUNT_IF(STATUS = 'FAILED') AS FAILED "
            "FROM CORE.RUNS WHERE STARTED_AT > DATEADD(DAY, ?, SYSDATE()) "
            "GROUP BY 1 ORDER BY 1",
            (-days,),
        )

    def rollback_run(self, run_id: str) -> Answer:
        """Undo what a run changed."""
        return self.call("ROLLBACK_RUN", run_id)

    def replay(self, sync: str) -> Answer:
        """Load everything again that runs of a sync kept."""
        return self.call("REPLAY", sync, None)

    def costs(self, days: int) -> list[Row]:
        """What the runs of the last days took in Snowflake, by sync, the dearest first."""
        return self.rows(
            "SELECT SYNC, SUM(RUNS) AS RUNS, SUM(WAREHOUSE_SECONDS) AS SECONDS, SUM(CREDITS) AS "
            "CREDITS FROM CORE.COSTS WHERE DAY > DATEADD(DAY, ?, SYSDATE()) GROUP BY SYNC "
            "ORDER BY CREDITS DESC NULLS LAST, SYNC",
            (-days,),
        )

    def requests(self, run_id: str) -> list[Row]:
        """The requests of a run, by endpoint."""
        return self.rows(
            "SELECT ENDPOINT, COUNT, RETRIES, THROTTLED, SECONDS, BYTES FROM CORE.REQUESTS "
            "WHERE RUN_ID = ? ORDER BY COUNT DESC, ENDPOINT",
            (run_id,),
        )

    def errors(self, days: int = 30) -> list[Row]:
        """What went wrong lately: each code of each sync once, the latest first."""
        return self.rows(
            "SELECT CODE, SYNC, COUNT(*) AS TIMES, MAX(CREATED_AT) AS LAST_AT, "
            "MAX_BY(RUN_ID, CREATED_AT) AS RUN_ID, MAX_BY(MESSAGE, CREATED_AT) AS MESSAGE "
            "FROM CORE.ERRORS WHERE CREATED_AT > DATEADD(DAY, ?, SYSDATE()) "
            "GROUP BY CODE, SYNC ORDER BY LAST_AT DESC LIMIT 50",
            (-days,),
        )

    def budget(self) -> list[Row]:
        """What is left of each portal's daily limit."""
        return self.rows(
            "SELECT PORTAL_ID, DAILY_LIMIT, USED, USED_BY_US, REMAINING, RESERVED, RESETS_AT, "
            "FORECAST_USED, CHECKED_AT FROM CORE.BUDGET ORDER BY PORTAL_ID"
        )

    def certificates(self) -> list[Row]:
        """The last comparison of each sync with HubSpot."""
        return self.rows(
            f"SELECT {_CERTIFICATE} FROM CORE.COMPLETENESS QUALIFY ROW_NUMBER() OVER "
            "(PARTITION BY SYNC ORDER BY CHECKED_AT DESC, RUN_ID) = 1 ORDER BY SYNC"
        )

    def certificates_of(self, sync: str, most: int) -> list[Row]:
        """The latest comparisons of one sync, newest first, with what differed."""
        return self.rows(
            f"SELECT {_CERTIFICATE}, METHOD, DURATION_SECONDS, DIFFERENCES FROM CORE.COMPLETENESS "
            f"WHERE SYNC = ? ORDER BY CHECKED_AT DESC, RUN_ID LIMIT {int(most)}",
            (sync,),
        )

    def start_reconcile(self, sync: str) -> Answer:
        """Begin to compare a sync's table with HubSpot, and repair it, in the background."""
        return self.call("START_RECONCILE", sync)

    def doctor(self) -> Answer:
        """Look for everything that may be wrong; changes nothing."""
        return self.call("DOCTOR")

    def make_fivetran_views(self) -> Answer:
        """Make the views in Fivetran's shape, or bring them up to date."""
        return self.call("MAKE_FIVETRAN_VIEWS")

    def compare_fivetran(
        self, database: str, schema: str, settings: Mapping[str, Any] | None = None
    ) -> Answer:
        """Compare a schema that Fivetran fills with those views; ``settings`` say with which."""
        given = () if settings is None else (settings,)
        return self.call("COMPARE_FIVETRAN", database, schema, *given)

    def explain_row(self, sync: str, record: str) -> Answer:
        """Why a record is in the table as it is, or is not; changes nothing."""
        return self.call("EXPLAIN_ROW", sync, record)

    def explain_run(self, run_id: str) -> Answer:
        """Where the time of a run that has ended went; changes nothing."""
        return self.ask("EXPLAIN_RUN", run_id)
