"""What became of a row: HubSpot's answer checked against what was sent. Pure.

An answer is believed only as far as it goes: its status, what it says of each input, and each
property that it returns. A value that HubSpot took and did not store as it was sent is found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hubspot_ingest.hubspot.write_responses import InputRefusal, WrittenRecord
from hubspot_ingest.model import Property
from hubspot_ingest.outbound.rows import Action, PlannedRow
from hubspot_ingest.outbound.value_rules import RULE_TYPES
from hubspot_ingest.outbound.values import same_value

OF_ACTION: Mapping[Action, str] = {
    Action.CREATE: "CREATED",
    Action.UPDATE: "UPDATED",
    Action.CLEAR: "CLEARED",
    Action.ARCHIVE: "ARCHIVED",
    Action.LINK: "LINKED",
    Action.UNCHANGED: "UNCHANGED",
    Action.INVALID: "INVALID",
    Action.KEPT: "KEPT",
    Action.SKIPPED: "SKIPPED",
    Action.WAITING: "WAITING",
}
# The codes of a row whose record is not there any more.
LOST = ("NOT_FOUND", "RECORD_MERGED")
# The code of a row whose record is there already.
EXISTS = "ALREADY_EXISTS"
# How HubSpot says what is wrong with a value, and the code of the row ("Error handling", and the
# list of validation errors in its OpenAPI of 2026-09).
_CODES: tuple[tuple[str, str], ...] = (
    ("MISSING_CONDITIONAL_REQUIRED_PROPERTY", "ADMIN_RULE"),
    ("MISSING_REQUIRED_PROPERTY", "ADMIN_RULE"),
    ("INVALID_EMAIL", "EMAIL_INVALID"),
    ("INVALID_INTEGER", "NOT_A_NUMBER"),
    ("INVALID_LONG", "NOT_A_NUMBER"),
    ("INVALID_DATE", "NOT_A_DATE"),
    ("INVALID_OPTION", "NOT_AN_OPTION"),
    ("INVALID_OWNER_ID", "NOT_AN_OPTION"),
    ("not one of the allowed options", "NOT_AN_OPTION"),
    ("REQUIRED_FIELD", "REQUIRED_MISSING"),
    ("VALUE_TOO_LONG", "TOO_LONG"),
    ("INVALID_LENGTH", "TOO_LONG"),
    ("RULE_VIOLATION", "BROKE_RULE"),
    ("has been merged", "RECORD_MERGED"),
)


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """The outcome of one row; ``state`` is the ledger's, ``hash`` None lets the row be tried again.

    ``existing_id`` is a record that HubSpot says is there already; ``is_new`` that the row made its
    record, also where a value was not stored as it was sent.
    """

    row: PlannedRow
    outcome: str
    state: str
    hash: str | None
    record_id: str | None = None
    code: str | None = None
    message: str | None = None
    property_name: str | None = None
    changed: Mapping[str, list[str | None]] = field(default_factory=dict)
    sent: Mapping[str, str | None] | None = None
    altered: Mapping[str, str] | None = None
    modified_at: str | None = None
    trace_id: str | None = None
    request_id: str | None = None
    existing_id: str | None = None
    is_new: bool = False

    @property
    def wrote(self) -> bool:
        """Whether HubSpot changed because of it."""
        return self.state in ("SYNCED", "REMOVED") and self.row.action.is_sent


def holds(
    definitions: Mapping[str, Property], values: Mapping[str, str], record: WrittenRecord
) -> bool:
    """Whether a record has some values."""
    return all(
        same_value(definitions.get(name), value, record.properties.get(name))
        for name, value in values.items()
    )


def unverified(row: PlannedRow, record: WrittenRecord) -> bool:
    """Whether an answer does not say of every property that was sent what is stored now."""
    return any(name not in record.properties for name in row.payload)


def written(
    row: PlannedRow,
    record: WrittenRecord,
    definitions: Mapping[str, Property],
    trace_id: str | None = None,
    *,
    action: Action | None = None,
) -> RowOutcome:
    """The outcome of a row that HubSpot answered with a record."""
    changed: dict[str, list[str | None]] = {}
    sent: dict[str, str | None] = dict(row.sent)
    altered = dict(row.altered)
    ignored: list[str] = []
    otherwise: list[str] = []
    for name, value in row.payload.items():
        # what HubSpot acknowledges without showing it, in a read that lags too, is stored as sent
        before, returned = row.before.get(name), record.properties.get(name, value) or None
        changed[name] = [before, value, returned]
        sent[name] = returned or ""
        if same_value(definitions.get(name), value, returned):
            continue
        # what was appended is our own, and not what others wrote
        altered.setdefault(name, value)
        stayed = same_value(definitions.get(name), before, returned)
        (ignored if stayed else otherwise).append(name)
    outcome = OF_ACTION[action or row.action]
    message = row.message
    if otherwise:
        outcome = "ALTERED"
        message = f"HubSpot stored something else in {', '.join(otherwise)}"
    if ignored:
        outcome = "IGNORED"
        message = f"HubSpot took {', '.join(ignored)} and did not store it"
    wrong = [*ignored, *otherwise]
    return RowOutcome(
        row,
        outcome,
        "REMOVED" if row.is_gone else "SYNCED",
        row.hash,
        record_id=record.id,
        message=message,
        property_name=wrong[0] if wrong else row.property_name,
        changed=changed,
        sent=sent,
        altered=altered,
        modified_at=record.modified_at,
        trace_id=trace_id,
        is_new=(action or row.action) is Action.CREATE,
    )


def adopted(
    row: PlannedRow, record: WrittenRecord, definitions: Mapping[str, Property], trace_id: str
) -> RowOutcome:
    """The outcome of a create of which nothing is known but that there is such a record now.

    Where it does not hold what was sent it is somebody's: it is updated as any record is.
    """
    if holds(definitions, row.payload, record):
        return written(row, record, definitions, trace_id)
    return RowOutcome(
        row,
        "REJECTED",
        "REJECTED",
        None,
        code=EXISTS,
        message=f"the record {record.id} has this key already",
        existing_id=record.id,
    )


def archived(row: PlannedRow) -> RowOutcome:
    """The outcome of a row whose record was archived."""
    return RowOutcome(
        row,
        OF_ACTION[Action.ARCHIVE],
        "REMOVED" if row.is_gone else "SYNCED",
        row.hash,
        record_id=row.record_id,
        sent=row.sent,
        changed={},
    )


def written_before(row: PlannedRow) -> RowOutcome:
    """The outcome of a row for which there is nothing to send any more, or nothing was."""
    return RowOutcome(
        row,
        OF_ACTION[row.action],
        "KEPT" if row.action is Action.KEPT else "SYNCED",
        row.hash,
        record_id=row.record_id,
        sent=row.sent,
    )


def refused(row: PlannedRow, refusal: InputRefusal) -> RowOutcome:
    """The outcome of a row that HubSpot refused, in its own words."""
    code = refusal_code(refusal)
    # a record that is gone is looked for again, also while its row does not change
    row_hash = None if code in LOST else row.hash
    return RowOutcome(
        row,
        "REJECTED",
        "REJECTED",
        row_hash,
        record_id=row.record_id,
        code=code,
        message=f"HubSpot: {refusal.message[:500]}",
        property_name=refusal.property,
        changed={name: [row.before.get(name), value, None] for name, value in row.payload.items()},
        request_id=refusal.correlation_id,
        existing_id=refusal.existing_id,
    )


def unknown(row: PlannedRow, message: str) -> RowOutcome:
    """The outcome of a row of which nobody knows whether HubSpot wrote it.

    It is not planned again before that is settled, though its hash is kept.
    """
    return RowOutcome(
        row,
        "UNKNOWN",
        "UNKNOWN",
        row.hash,
        record_id=row.record_id,
        code="OUTCOME_UNKNOWN",
        message=message,
        # by it a record is found of which nothing unique was sent
        changed={name: [row.before.get(name), value, None] for name, value in row.payload.items()},
    )


def not_sent(row: PlannedRow) -> RowOutcome:
    """The outcome of a row for which nothing is sent."""
    states = {
        Action.INVALID: "INVALID",
        Action.KEPT: "KEPT",
        Action.SKIPPED: "SKIPPED",
        Action.UNCHANGED: "SYNCED",
        Action.LINK: "SYNCED",
        Action.WAITING: "WAITING",
    }
    state = states[row.action]
    settles = row.action in (Action.UNCHANGED, Action.LINK, Action.KEPT)
    return RowOutcome(
        row,
        OF_ACTION[row.action],
        "REMOVED" if row.is_gone and row.action is not Action.INVALID else state,
        row.hash,
        record_id=row.record_id,
        code=row.code,
        message=row.message,
        property_name=row.property_name,
        sent=row.sent if settles else None,
        altered=row.altered if settles else None,
    )


def refusal_code(refusal: InputRefusal) -> str:
    """The stable code of a refusal."""
    conflicts = refusal.status == 409 or "CONFLICT" in refusal.category
    if conflicts or refusal.existing_id or "ALREADY_EXISTS" in refusal.category:
        return EXISTS
    if refusal.status == 404 or "NOT_FOUND" in refusal.category:
        return "NOT_FOUND"
    if RULE_TYPES & {*refusal.codes}:
        return "BROKE_RULE"
    said = " ".join((*refusal.codes, refusal.category, refusal.message))
    return next((code for word, code in _CODES if word in said), "REFUSED")
