"""EXPLAIN_RUN: where a run's time and requests went, and what became of its rows."""

from __future__ import annotations

from hubspot_ingest.database.state import run_reports
from hubspot_ingest.errors import Refusal
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context


def run_explanation(context: Context, run_id: str | None) -> dict[str, Json]:
    """What one run did. Raises ``Refusal`` (``UNKNOWN_RUN``) when there is none of that id."""
    run_row = run_reports.run(context.database, (run_id or "").strip())
    if run_row is None:
        raise Refusal(
            f"there is no run {run_id!r}; the view RUNS has those there are", code="UNKNOWN_RUN"
        )
    requests = run_reports.requests(context.database, str(run_row["RUN_ID"]))

    def number(name: str) -> float:
        return float(run_row[name] or 0)

    whole = number("DURATION_SECONDS")
    seconds = {
        "requests": number("REQUEST_SECONDS"),
        "waiting": number("WAITING_SECONDS"),
        "loading": number("LOADING_SECONDS"),
    }
    seconds["other"] = max(0.0, whole - sum(seconds.values()))
    rounded: dict[str, Json] = {part: round(took, 3) for part, took in seconds.items()}
    rows: dict[str, Json] = {
        part: int(run_row[f"ROWS_{part.upper()}"] or 0)
        for part in ("read", "inserted", "updated", "deleted")
    }
    longest = max(seconds, key=lambda part: seconds[part])
    repeated = sum(int(str(request["retries"])) for request in requests)
    summary = (
        f"the run of {run_row['SYNC']} took {whole:.1f} seconds, most of it {_WORDS[longest]}; "
        f"{int(number('REQUESTS'))} requests, {repeated} of them repeated"
    )
    message = run_row["MESSAGE"] or "it still goes on"
    return {
        "response_code": "OK",
        "message": f"{summary}; it is {run_row['STATUS']}: {message}",
        "run_id": str(run_row["RUN_ID"]),
        "sync": str(run_row["SYNC"]),
        "status": str(run_row["STATUS"]),
        "seconds": rounded,
        "requests": [*requests],
        "rows": {**rows, "misfits": int(run_row["VALUES_MISFIT"] or 0)},
    }


_WORDS = {
    "requests": "until HubSpot answered",
    "waiting": "until HubSpot's limits let it ask",
    "loading": "on statements in Snowflake",
    "other": "on turning answers into rows",
}
