"""Runs a comparison with HubSpot and stores its certificate."""

from __future__ import annotations

from collections.abc import Callable, Generator

from hubspot_ingest import times
from hubspot_ingest.database.state.certificates import Certificate, Certificates
from hubspot_ingest.database.state.progress import StateWriter
from hubspot_ingest.errors import IngestError
from hubspot_ingest.inbound.deletions.left_links import MOST, with_unlinked
from hubspot_ingest.inbound.reconcile.comparison import Comparison
from hubspot_ingest.inbound.reconcile.repairs import SHOWN, ComparisonResult

METHOD_COUNTED = (
    "counts of living records by id and by time of modification against HubSpot's search, what "
    "differed record by record against HubSpot's primary store"
)
METHOD_LISTED = "living records one by one against HubSpot's primary store"


def comparison_message(certificate: Certificate, result: ComparisonResult) -> str:
    """The outcome of a comparison, in a sentence."""
    stopped = result.stopped
    wrong = certificate.missing + certificate.extra + certificate.stale
    message = {
        "COMPLETE": f"{certificate.table_records} rows of {certificate.sync} agree with HubSpot",
        "REPAIRED": f"{wrong} rows of {certificate.sync} differed from HubSpot and were repaired: "
        f"{certificate.missing} missing, {certificate.extra} too many, {certificate.stale} stale",
        "INCOMPLETE": f"the comparison of {certificate.sync} did not come to its end: "
        f"{certificate.table_records} rows, {certificate.hubspot_records} records in HubSpot; run "
        "it again",
    }[certificate.result]
    if not result.listed and certificate.result != "INCOMPLETE":
        message += "; so says its search, which may be minutes behind"
    if not result.one_by_one:
        since = certificate.one_by_one_since
        message += "; counted in parts, " + (
            "no row was compared with its record one by one yet: the daily rotation does so"
            if since is None
            else f"each row was compared with its record one by one since {times.iso(since)}"
        )
    if certificate.changed_meanwhile:
        changed = certificate.changed_meanwhile
        message += f"; {changed} changed since the last run and were brought up to date"
    if result.unread:
        message += f"; HubSpot did not read {result.unread} records that it was asked for by id"
    if result.unlinked:
        message += f"; {_unlinked(result.unlinked)}"
    if result.doubled:
        message += (
            f"; {result.doubled} rows have the id of another row, nothing is ever deleted here: "
            "remove them by hand"
        )
    return message if stopped is None else f"{message} ({stopped.message})"


def _unlinked(count: int) -> str:
    records = f"more than {MOST}" if count > MOST else str(count)
    return f"the associations of {records} records, which HubSpot did not tell, are left out of it"


def compare_and_certify(
    comparison: Comparison, writer: StateWriter, requests: Callable[[], int]
) -> Generator[None, None, Certificate]:
    """Compare, repair and keep the certificate; yields for other runs' turns.

    ``requests`` tells how many were sent for it so far. What ends it early is on the certificate
    too, and is raised unless it is ``Stopped``. There is none where the sync changed meanwhile.
    """
    tables, result = comparison.repairs.loader.tables, comparison.repairs.result
    began = comparison.counted_at or tables.clock.now()

    def certify() -> Certificate:
        untold = with_unlinked(writer.sweeps, comparison.repairs.loader.unread_links)
        result.unlinked = len(untold.unlinked)
        method = METHOD_LISTED if result.listed else METHOD_COUNTED
        if result.unlinked:
            method += f"; {_unlinked(result.unlinked)}"
        counted, since = result.counted, writer.sweeps.proven_at
        if result.one_by_one and result.result != "INCOMPLETE":
            since = began
        certificate = Certificate(
            sync=writer.sync,
            run_id=tables.run_id,
            checked_at=began,
            method=method,
            result=result.result,
            hubspot_records=result.hubspot_records,
            table_records=result.table_records,
            missing=counted["MISSING"],
            extra=counted["EXTRA"],
            stale=counted["STALE"],
            changed_meanwhile=result.changed_meanwhile,
            repaired=result.repaired,
            requests=requests(),
            duration_seconds=(tables.clock.now() - began) / 1000,
            differences=[*result.kinds.items()][:SHOWN],
            one_by_one_since=since,
        )
        Certificates(tables.database).save(certificate, writer)
        return certificate

    try:
        yield from comparison.steps()
    except IngestError as error:
        result.stopped = error
        certify()
        raise
    return certify()
