"""The page's statements about pushes: CALLs of their procedures and SELECTs from their views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from page.statements import MINUTES, Answer, Row, Statements, dotted, quoted

Source = Mapping[str, str]
LONGEST_VALUE = 200
FIRST_ROWS = 10_000


def source_name(source: Source) -> str:
    """The full name of a table or view."""
    return ".".join(
        (source["database"], source["schema"], source.get("table") or source.get("view") or "")
    )


class PushCalls(Statements):
    """What the page asks and does about pushes."""

    def pushes(self) -> list[Row]:
        """One row per push."""
        return self.rows(
            "SELECT NAME, OBJECT, STRATEGY, SOURCE, SETTINGS, ENABLED, HEALTH, ROWS_SYNCED, "
            "ROWS_REJECTED, ROWS_UNKNOWN, ROWS_REMARKED, LAST_RUN_ID, LAST_RUN_STATUS, "
            "LAST_RUN_AT, LAST_MESSAGE, NEXT_RUN_AT, HOLD, PAUSED_WITH_ALL FROM CORE.PUSHES "
            "ORDER BY NAME"
        )

    def writers(self) -> list[str]:
        """The connections that may write."""
        rows = self.rows(
            "SELECT NAME FROM CORE.CONNECTIONS WHERE WRITES ORDER BY NAME", fresh_for=MINUTES
        )
        return [str(row["NAME"]) for row in rows]

    # -- making one --------------------------------------------------------------------------

    def check_source(self, source: Source) -> Answer:
        """Whether the app may read a table or view, and the grants it lacks."""
        return self.ask("CHECK_SOURCE", source)

    def suggest_push(self, source: Source, object_name: str, connection: str) -> Answer:
        """The columns of a source, what they could fill, and which go together."""
        return self.ask("SUGGEST_PUSH", source, object_name, connection)

    def source_values(
        self, source: Source, columns: Sequence[str], most: int
    ) -> dict[str, list[str]]:
        """Some of the different values of each column among its first rows, as text."""
        table = dotted(source_name(source))
        parts = [
            f"SELECT {n} AS N, TEXT_VALUE FROM (SELECT DISTINCT "
            f"LEFT({quoted(column)}::VARCHAR, {LONGEST_VALUE}) AS TEXT_VALUE "
            f"FROM (SELECT {quoted(column)} FROM {table} LIMIT {FIRST_ROWS}) "
            f"WHERE {quoted(column)} IS NOT NULL LIMIT {int(most)})"
            for n, column in enumerate(columns)
        ]
        values: dict[str, list[str]] = {column: [] for column in columns}
        if parts:
            statement = f"{' UNION ALL '.join(parts)} ORDER BY N, TEXT_VALUE"
            for row in self.rows_there(statement, fresh_for=MINUTES):
                values[columns[int(row["N"])]].append(str(row["TEXT_VALUE"]))
        return values

    def create_external_id(self, object_name: str, connection: str) -> Answer:
        """Make the unique property that holds the keys of rows."""
        return self.call("CREATE_EXTERNAL_ID", object_name, "snowflake_key", connection)

    def configure_push(self, name: str, settings: Mapping[str, Any]) -> Answer:
        """Store the settings of a push."""
        return self.call("CONFIGURE_PUSH", name, settings)

    def enable_push(self, name: str, enabled: bool) -> Answer:
        """Let a push run by itself, or not."""
        return self.call("ENABLE_PUSH" if enabled else "DISABLE_PUSH", name)

    def pause_pushes(self) -> Answer:
        """Keep every push from running by itself."""
        return self.call("DISABLE_ALL_PUSHES")

    def resume_pushes(self, everything: bool) -> Answer:
        """Let the pushes run again that were paused together, or every one."""
        return self.call("ENABLE_ALL_PUSHES", everything)

    def drop_push(self, name: str) -> Answer:
        """Forget a push; HubSpot's records stay."""
        return self.call("DROP_PUSH", name)

    # -- running -----------------------------------------------------------------------------

    def plan_push(self, name: str) -> Answer:
        """What a run would do; writes nothing to HubSpot."""
        return self.call("PLAN_PUSH", name)

    def plan_rows(self, name: str, most: int) -> list[Row]:
        """The rows of a push's newest plan, those that are not sent first."""
        return self.rows(
            "SELECT PLAN_HASH, ROW_KEY, RECORD_ID, ACTION, CHANGED, LINKS_ADDED, LINKS_REMOVED, "
            "CODE, MESSAGE, PROPERTY, IS_GONE FROM CORE.PUSH_PLAN_ROWS WHERE PUSH = ? "
            "ORDER BY IFF(CODE IS NULL, 1, 0), ACTION, TRY_TO_NUMBER(ROW_KEY), ROW_KEY "
            f"LIMIT {int(most)}",
            (name,),
        )

    def rows_to_try(self, name: str, actions: Sequence[str], most: int) -> list[Row]:
        """The first rows of a push's newest plan that can be tried, in the order of their keys."""
        return self.rows(
            "SELECT ROW_KEY, ACTION FROM CORE.PUSH_PLAN_ROWS WHERE PUSH = ? AND NOT IS_GONE AND "
            f"ACTION IN ({', '.join('?' * len(actions))}) "
            f"ORDER BY TRY_TO_NUMBER(ROW_KEY), ROW_KEY LIMIT {int(most)}",
            (name, *actions),
        )

    def planned_rows(self, name: str, keys: Sequence[str]) -> list[Row]:
        """What the newest plan of a push does with these rows; nothing of those it leaves alone."""
        return self.rows(
            "SELECT ROW_KEY, ACTION, IS_GONE, MESSAGE FROM CORE.PUSH_PLAN_ROWS WHERE PUSH = ? AND "
            f"ROW_KEY IN ({', '.join('?' * len(keys))})",
            (name, *keys),
        )

    def push_to_hubspot(self, name: str, plan_hash: str) -> Answer:
        """Carry out the plan of that hash, and nothing else."""
        return self.call("PUSH_TO_HUBSPOT", name, plan_hash)

    def start_push(self, name: str, plan_hash: str) -> Answer:
        """Begin to carry out the plan of that hash, and nothing else, in the background."""
        return self.call("START_PUSH", name, plan_hash)

    def push_progress(self, name: str, run_id: str) -> Row:
        """How many rows a run's plan has, how many of them are done, and are on their way."""
        [row] = self.rows(
            "SELECT (SELECT COUNT(*) FROM CORE.PUSH_PLAN_ROWS WHERE PUSH = ?) AS PLANNED, "
            "(SELECT COUNT(DISTINCT ROW_KEY) FROM CORE.PUSH_OUTCOMES "
            "WHERE PUSH = ? AND RUN_ID = ?) AS DONE, "
            "(SELECT COUNT(*) FROM CORE.PUSH_INTENTS "
            "WHERE PUSH = ? AND RUN_ID = ?) AS ON_THEIR_WAY",
            (name, name, run_id, name, run_id),
            fresh_for=1.0,
        )
        return row

    def stop_push(self, name: str) -> Answer:
        """Ask the run under way to stop."""
        return self.call("STOP_PUSH", name)

    def try_push(self, name: str, keys: Sequence[str]) -> Answer:
        """Send these rows alone."""
        return self.call("TRY_PUSH", name, list(keys))

    # -- rows --------------------------------------------------------------------------------

    def troubles(self, name: str) -> list[Row]:
        """How many rows are not as their source says, by state and code."""
        return self.rows(
            "SELECT STATE, CODE, COUNT(*) AS TIMES FROM CORE.PUSH_ROWS "
            "WHERE PUSH = ? AND (CODE IS NOT NULL OR STATE IN ('KEPT', 'UNKNOWN')) "
            "GROUP BY STATE, CODE ORDER BY TIMES DESC, CODE",
            (name,),
        )

    def troubled_rows(self, name: str, code: str | None, state: str, most: int) -> list[Row]:
        """The rows of one trouble."""
        return self.rows(
            "SELECT ROW_KEY, RECORD_ID, STATE, CODE, MESSAGE, PROPERTY, LAST_SENT_AT, SKIP_UNTIL "
            "FROM CORE.PUSH_ROWS WHERE PUSH = ? AND EQUAL_NULL(CODE, ?) AND STATE = ? "
            f"ORDER BY TRY_TO_NUMBER(ROW_KEY), ROW_KEY LIMIT {int(most)}",
            (name, code, state),
        )

    def outcomes(self, name: str, run_id: str, most: int) -> list[Row]:
        """What became of the rows of a run."""
        return self.rows(
            "SELECT ROW_KEY, RECORD_ID, OUTCOME, CODE, MESSAGE, CHANGED FROM CORE.PUSH_OUTCOMES "
            "WHERE PUSH = ? AND RUN_ID = ? ORDER BY IFF(CODE IS NULL, 1, 0), ROW_KEY "
            f"LIMIT {int(most)}",
            (name, run_id),
        )

    def retry_push(self, name: str, keys: Sequence[str] | None) -> Answer:
        """Send refused rows again: all, or these."""
        return self.call("RETRY_PUSH", name, *(() if keys is None else (list(keys),)))

    def skip_push_rows(self, name: str, keys: Sequence[str], until: str | None) -> Answer:
        """Leave rows alone until a time, or for good."""
        return self.call("SKIP_PUSH_ROWS", name, list(keys), until)

    def resolve_push_row(self, name: str, key: str, record_id: str | None) -> Answer:
        """Settle a row of which nobody knows whether HubSpot wrote it."""
        return self.call("RESOLVE_PUSH_ROW", name, key, record_id)

    def adopt(self, name: str) -> Answer:
        """Take over what HubSpot holds, without sending anything."""
        return self.call("RESET_PUSH", name, "adopt")
