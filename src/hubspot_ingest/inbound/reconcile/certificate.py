"""A comparison with HubSpot, from its first request to the certificate it leaves."""

from __future__ import annotations

from collections.abc import Callable, Generator

from hubspot_ingest.database import cleanup
from hubspot_ingest.database.state.certificates import Certificate, Certificates
from hubspot_ingest.errors import IngestError
from hubspot_ingest.inbound.reconcile.comparison import SHOWN, Comparison

METHOD = (
    "counts of living records by id and by time of modification against HubSpot's search, what "
    "differed record by record against HubSpot's primary store"
)


def told(made: Certificate, stopped: IngestError | None) -> str:
    """What a comparison came to, in a sentence."""
    wrong = made.missing + made.extra + made.stale
    said = {
        "COMPLETE": f"{made.table_records} rows of {made.sync} agree with HubSpot",
        "REPAIRED": f"{wrong} rows of {made.sync} differed from HubSpot and were repaired: "
        f"{made.missing} missing, {made.extra} too many, {made.stale} stale",
        "INCOMPLETE": f"the comparison of {made.sync} did not come to its end; run it again",
    }[made.result]
    if made.changed_meanwhile:
        said += f"; {made.changed_meanwhile} changed since the last run, which the next one reads"
    return said if stopped is None else f"{said} ({stopped.message})"


def compare_and_certify(
    comparison: Comparison, sync: str, requests: Callable[[], int]
) -> Generator[None, None, Certificate]:
    """Compare, repair and keep the certificate; yields for other runs' turns.

    ``requests`` tells how many were sent for it so far. What ends it early is on the certificate
    too, and is raised unless it is ``Stopped``.
    """
    loading, found = comparison.loading, comparison.found
    began = loading.clock.now()

    def certify() -> Certificate:
        counted = found.counted
        made = Certificate(
            sync=sync,
            run_id=loading.run_id,
            checked_at=began,
            method=METHOD,
            result=found.result,
            hubspot_records=found.hubspot_records,
            table_records=found.table_records,
            missing=counted["MISSING"],
            extra=counted["EXTRA"],
            stale=counted["STALE"],
            changed_meanwhile=found.changed_meanwhile,
            repaired=found.repaired,
            requests=requests(),
            duration_seconds=(loading.clock.now() - began) / 1000,
            differences=[*found.kinds.items()][:SHOWN],
        )
        Certificates(loading.database).save(made)
        cleanup.clear(loading.database, loading.clock.now())
        return made

    try:
        yield from comparison.steps()
    except IngestError as error:
        found.stopped = error
        certify()
        raise
    return certify()
