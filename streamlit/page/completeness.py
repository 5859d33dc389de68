"""Describes the result of comparing a table with HubSpot in words. Pure."""

from __future__ import annotations

from page import words
from page.calls import Row

RESULTS = {
    "COMPLETE": ("Complete", "good"),
    "REPAIRED": ("Repaired", "warn"),
    "INCOMPLETE": ("Not finished", "bad"),
}
KINDS = {
    "MISSING": "was missing",
    "EXTRA": "was one too many",
    "STALE": "was an older version",
}
_REPAIRED = {
    "MISSING": ("that was missing came back", "that were missing came back"),
    "EXTRA": ("that was one too many is marked", "that were too many are marked"),
    "STALE": ("that was out of date is refreshed", "that were out of date are refreshed"),
}
# of a table with more rows most comparisons count parts (docs/COMPLETENESS.md)
COMPARED_AT_ONCE = 2_000
_OUTDATED = {
    "ROLLBACK_RUN": "A run was undone since",
    "REPLAY": "What is kept was loaded again since",
    "RESET_SYNC": "Everything is to be read again since",
    "CONFIGURE_SYNC": "The settings changed since",
    "TABLE_CHANGED": "The table was emptied or replaced since",
    "RUN": "Rows changed since that were not compared",
}
_ORDER = ("INCOMPLETE", "OUTDATED", "", "REPAIRED", "COMPLETE")


def outdated(certificate: Row | None, rows: int | None = None) -> str | None:
    """Why a comparison says nothing of the table as it is, in a sentence; None where it holds.

    ``rows`` are the table's, marked ones too: a run takes none away, so fewer than were compared
    are what somebody deleted by hand.
    """
    if certificate is None:
        return None
    if certificate["OUTDATED_BY"]:
        since = _OUTDATED.get(str(certificate["OUTDATED_BY"]), "The table changed since")
        return f"{since}: the next run compares again"
    gone = int(certificate["TABLE_RECORDS"] or 0) - (rows or 0)
    if rows is None or gone <= 0:
        return None
    return f"{words.plural(gone, 'row')} at least were deleted since, by no sync: check it now"


def is_too_fresh(certificate: Row | None, rows: int | None) -> bool:
    """Whether nothing was counted though the table has ``rows``: all of them had just changed."""
    return bool(
        rows
        and certificate is not None
        and certificate["RESULT"] == "COMPLETE"
        and not certificate["HUBSPOT_RECORDS"]
        and not certificate["TABLE_RECORDS"]
    )


def result_label(certificate: Row | None, rows: int | None = None) -> tuple[str, str]:
    """What the last comparison says of the table as it is, and its tone; it has ``rows``."""
    if certificate is None:
        return "Not compared yet", "calm"
    if outdated(certificate, rows):
        return "To be compared again", "warn"
    if is_too_fresh(certificate, rows):
        return "Too fresh to compare", "calm"
    return result_then(certificate)


def result_then(certificate: Row) -> tuple[str, str]:
    """The result at the time of a comparison, in a word, and its tone."""
    return RESULTS.get(str(certificate["RESULT"]), (str(certificate["RESULT"]), "calm"))


def urgency(certificate: Row | None, rows: int | None = None) -> int:
    """The sort key that puts what needs attention first; ``rows`` are the table's."""
    result = "" if certificate is None else str(certificate["RESULT"])
    if result != "INCOMPLETE" and outdated(certificate, rows):
        result = "OUTDATED"
    return _ORDER.index(result) if result in _ORDER else 0


def _too_many(before: int, all_records: int, after: int) -> str:
    records = words.plural(all_records, "record") if all_records else "no record"
    return (
        f"Had {words.plural(before, 'row')}, and HubSpot {records} that the sync takes; now "
        f"{words.number(after)}"
    )


def sentences(certificate: Row) -> list[str]:
    """What the comparison found, repaired and cost; `result_label` gives the result itself.

    ``5,000 of 5,000 records, 6 requests`` or ``Was 137 of 150, now 150, 12 requests``, then what
    differed, then what is still to come.
    """
    count = int(certificate["REQUESTS"] or 0)
    after, all_records = int(certificate["TABLE_RECORDS"]), int(certificate["HUBSPOT_RECORDS"])
    before = after - int(certificate["MISSING"] or 0) + int(certificate["EXTRA"] or 0)
    found = f"{words.number(after)} of {words.number(all_records)} records"
    if certificate["RESULT"] == "REPAIRED" and before != after:
        found = (
            f"Was {words.number(before)} of {words.number(all_records)}, now {words.number(after)}"
            if before <= all_records
            else _too_many(before, all_records, after)
        )
    parts = [f"{found}, {words.plural(count, 'request')}"]
    repaired = ", ".join(
        f"{words.plural(times, 'row')} {_REPAIRED[kind][times > 1]}"
        for kind in KINDS
        for times in [int(certificate[kind] or 0)]
        if times
    )
    if certificate["RESULT"] == "INCOMPLETE":
        parts.append(
            "A limit, the deadline or a press of “Stop” came before the end; a run an hour later "
            "compares again, and “Check now” does at once"
        )
    elif repaired:
        parts.append(repaired)
    elif int(certificate["TABLE_RECORDS"] or 0) > COMPARED_AT_ONCE and (
        certificate["ONE_BY_ONE_SINCE"] != certificate["CHECKED_AT"]
    ):
        since = words.utc(certificate["ONE_BY_ONE_SINCE"])
        parts.append(
            "Counted equal; the daily rotation did not compare every row one by one yet"
            if since is None
            else "Counted equal; every row was compared one by one since "
            f"{since:%Y-%m-%d %H:%M} UTC"
        )
    later = int(certificate["CHANGED_MEANWHILE"] or 0)
    if later:
        parts.append(
            f"{words.plural(later, 'record')} changed since the last run, and the next one reads "
            f"{'it' if later == 1 else 'them'}"
        )
    return parts
