"""Decides what becomes of one row: what is sent for it, or why nothing is. Pure.

The source's row, what the ledger says was sent for it, and the record as HubSpot holds it go in; an
action and the properties to send come out. No-ops are never sent, and what others wrote is
overwritten only where the settings say so.
"""

from __future__ import annotations

from collections.abc import Mapping

from hubspot_ingest.database.state.push_ledger import NOT_OURS
from hubspot_ingest.hubspot.write_responses import WrittenRecord
from hubspot_ingest.model import Property
from hubspot_ingest.outbound.mapping import EMAIL, MappedProperty, PushMapping
from hubspot_ingest.outbound.own_values import OwnValues
from hubspot_ingest.outbound.push_settings import RECORD_ID, RECORD_ID_FORM, RemovedSet
from hubspot_ingest.outbound.rows import Action, PlannedRow, SourceRow
from hubspot_ingest.outbound.value_rules import broken_rule, rule_words
from hubspot_ingest.outbound.values import (
    RowFault,
    match_value,
    same_value,
    scalar_text,
    shown,
    wire_value,
)

LIFECYCLE = "lifecyclestage"
# The code of a row that is gone and whose record is another row's.
RECORD_MERGED = "RECORD_MERGED"
# At least one of each group must have a value in a new record ("Using object APIs"); what HubSpot
# asks for beyond that it says itself.
REQUIRED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "contacts": (("email", "firstname", "lastname"),),
    "companies": (("domain", "name"),),
    "deals": (("dealname",), ("dealstage",)),
    "tickets": (("subject",), ("hs_pipeline_stage",)),
    "notes": (("hs_timestamp",),),
    "quotes": (("hs_title",), ("hs_expiration_date",)),
}


def lookup_value(mapping: PushMapping, definitions: Mapping[str, Property], row: SourceRow) -> str:
    """The value by which a row's record is looked for. Raises ``RowFault``."""
    if mapping.match_place is None:
        return str(row.key)
    place = mapping.match_place
    definition = definitions.get(mapping.match)
    value = match_value(definition, mapping.columns[place].kind, row.values[place])
    if value is None:
        raise RowFault(
            "MATCH_NULL",
            f"the column {mapping.columns[place].name}, by which records are matched, is empty",
            mapping.match,
        )
    if mapping.by_record_id and not RECORD_ID_FORM.fullmatch(value):
        raise RowFault("NOT_A_NUMBER", f"{shown(value)} is no id of a record", RECORD_ID)
    return value


class RowPlanner:
    """Plans the rows of one push."""

    def __init__(self, mapping: PushMapping, definitions: Mapping[str, Property], now: int) -> None:
        """``definitions`` are the portal's properties by name; ``now`` is for rules about dates."""
        self._mapping = mapping
        self._settings = mapping.settings
        self._definitions = definitions
        self._now = now

    def check(self, row: SourceRow) -> dict[str, str | None]:
        """The values that a row asks for, by property. Raises ``RowFault``."""
        if row.key is None or not row.key.strip():
            raise RowFault("KEY_NULL", "a column of the key is NULL or empty")
        if row.copies > 1:
            raise RowFault("KEY_DUPLICATE", f"{row.copies} rows have this key")
        match = lookup_value(self._mapping, self._definitions, row)
        if row.twins > 1:
            raise RowFault(
                "AMBIGUOUS_MATCH",
                f"{row.twins} rows have the same value in the column that records are matched by",
                self._mapping.match,
            )
        wishes = {
            mapped.name: wire_value(
                mapped, self._mapping.columns[mapped.place].kind, row.values[mapped.place]
            )
            for mapped in self._mapping.properties
        }
        if self._mapping.matches_value:
            wishes[self._mapping.match] = match
        return wishes

    def invalid(self, row: SourceRow, fault: RowFault) -> PlannedRow:
        """A row that is not sent, and why."""
        ledger = row.ledger
        return PlannedRow(
            row.n,
            row.key,
            Action.INVALID,
            record_id=ledger.record_id if ledger else None,
            sent=ledger.sent if ledger else {},
            altered=ledger.altered if ledger else {},
            hash=row.hash,
            code=fault.code,
            message=fault.message,
            property_name=fault.property_name,
            is_gone=row.is_gone,
        )

    def not_theirs(self, row: SourceRow, record: WrittenRecord | None, owner: str) -> PlannedRow:
        """A row that leads to the record, or to a new record's value, of another row."""
        if row.is_gone:
            message = f"its record is that of the row {owner} now, and is left alone"
            return self._skipped(row, RECORD_MERGED, message)
        name = self._mapping.match if self._mapping.matches_value else None
        what = "value that records are matched by" if record is None else f"record {record.id}"
        message = f"the {what} is that of the row {owner} already"
        return self.invalid(row, RowFault("AMBIGUOUS_MATCH", message, name))

    def plan(
        self,
        row: SourceRow,
        wishes: Mapping[str, str | None],
        record: WrittenRecord | None,
    ) -> PlannedRow:
        """What is done for a row whose record was looked for: None where there is none."""
        strategy = self._settings.strategy
        if row.is_gone:
            return self._plan_gone(row, record)
        if record is None and strategy in ("update", "archive"):
            return self._skipped(row, "NOT_FOUND", f"HubSpot has no such {self._what}")
        if record is None and self._mapping.by_record_id:
            fault = RowFault("NOT_FOUND", f"HubSpot has no such {self._what}", RECORD_ID)
            return self.invalid(row, fault)
        if strategy == "archive" and record is not None:
            return self._planned(row, Action.ARCHIVE, record)
        if record is None:
            return self._plan_new(row, wishes)
        ledger = row.ledger
        if strategy == "create" and ledger is not None and ledger.has(record):
            return self._planned(row, Action.UNCHANGED, record, altered=ledger.altered)
        if strategy == "create":
            return self._skipped(
                row, None, f"the {self._what} is there, and is not changed", record.id
            )
        return self._plan_known(row, wishes, record)

    @property
    def _what(self) -> str:
        return f"record of {self._mapping.object_type}"

    def _skipped(
        self, row: SourceRow, code: str | None, message: str, record_id: str | None = None
    ) -> PlannedRow:
        return PlannedRow(
            row.n,
            row.key,
            Action.SKIPPED,
            record_id=record_id,
            sent=row.ledger.sent if row.ledger else {},
            hash=row.hash,
            code=code,
            message=message,
            is_gone=row.is_gone,
        )

    def _plan_new(self, row: SourceRow, wishes: Mapping[str, str | None]) -> PlannedRow:
        payload = {name: value for name, value in wishes.items() if value is not None}
        if self._mapping.external_id is not None:
            payload[self._mapping.external_id] = str(row.key)
        for group in REQUIRED.get(self._mapping.object_type, ()):
            if not any(payload.get(name) for name in group):
                fault = RowFault(
                    "REQUIRED_MISSING",
                    f"HubSpot makes no {self._what} without {' or '.join(group)}",
                    group[0],
                )
                return self.invalid(row, fault)
        broken = self._broken_rule(payload)
        if broken is not None:
            return self.invalid(row, broken)
        return PlannedRow(
            row.n, row.key, Action.CREATE, payload=payload, sent=payload, hash=row.hash
        )

    def _broken_rule(self, payload: Mapping[str, str]) -> RowFault | None:
        """Why HubSpot would refuse one of the values to send, by a rule of the portal's admins."""
        for name, value in payload.items():
            rule = broken_rule(self._definitions.get(name), value, self._now)
            if rule is not None:
                message = f"{shown(value)} breaks a rule of {name}: {rule_words(rule)}"
                return RowFault("BROKE_RULE", message, name)
        return None

    def _plan_known(
        self, row: SourceRow, wishes: Mapping[str, str | None], record: WrittenRecord
    ) -> PlannedRow:
        """The difference between what a row asks for and what its record holds."""
        own = OwnValues.of(row.ledger)
        payload: dict[str, str] = {}
        held = dict(own.sent)
        agreed: dict[str, str] = {}
        kept: list[str] = []
        for mapped in self._mapping.properties:
            name, before = mapped.name, record.properties.get(mapped.name)
            value = own.wish(mapped, wishes[name], before)
            if value is None or own.is_stored_otherwise(mapped, value, before):
                continue
            if same_value(mapped.definition, value, before):
                held[name] = before or ""
                if not own.is_unchanged(mapped, before):
                    agreed[name] = NOT_OURS
                continue
            foreign = name in own.sent and not own.is_unchanged(mapped, before)
            if foreign and self._settings.conflicts != "overwrite":
                kept.append(name)
                continue
            rejects = self._settings.lifecycle_backward == "reject"
            if rejects and name == LIFECYCLE and self._is_backward(mapped, before, value):
                fault = RowFault(
                    "LIFECYCLE_BACKWARD",
                    f"HubSpot does not take {name} back from {before} to {value}",
                    name,
                )
                return self.invalid(row, fault)
            payload[name] = value
        self._add_match(row, wishes, record, payload, held)
        broken = self._broken_rule(payload)
        if broken is not None:
            return self.invalid(row, broken)
        if kept and (self._settings.conflicts == "reject" or not payload):
            return self._planned(
                row,
                Action.KEPT,
                record,
                sent=own.sent,
                altered=own.altered,
                message=f"somebody changed {', '.join(kept)} in HubSpot since the last push",
                property_name=kept[0],
            )
        message = f"kept as it was changed in HubSpot: {', '.join(kept)}" if kept else None
        action = Action.UNCHANGED
        if payload:
            action = Action.UPDATE if any(payload.values()) else Action.CLEAR
        return self._planned(
            row,
            action,
            record,
            payload=payload,
            sent={**held, **payload},
            altered={
                **own.altered_by(payload, record.properties, self._mapping.properties),
                **agreed,
            },
            message=message,
            property_name=kept[0] if kept else None,
        )

    def _is_backward(self, mapped: MappedProperty, before: str | None, value: str) -> bool:
        order = [option for option, _ in mapped.definition.options]
        return before in order and value in order and order.index(value) < order.index(before)

    def _add_match(
        self,
        row: SourceRow,
        wishes: Mapping[str, str | None],
        record: WrittenRecord,
        payload: dict[str, str],
        held: dict[str, str],
    ) -> None:
        """Write the matched property where its column changed for a record that is ours already.

        A contact may be found by an e-mail address that is not its first: that is left as it is.
        """
        name = self._mapping.match
        value = wishes.get(name)
        if value is None or name == self._mapping.external_id:
            return
        last = row.ledger.sent.get(name) if row.ledger else None
        definition = self._definitions.get(name)
        agrees = (
            last is None
            or same_value(definition, last, value)
            or same_value(definition, record.properties.get(name), value)
            or (name == EMAIL and value in _other_addresses(record))
        )
        if agrees:
            held[name] = value
        elif self._mapping.match_writable:
            payload[name] = value

    def _plan_gone(self, row: SourceRow, record: WrittenRecord | None) -> PlannedRow:
        """What is done for a record whose row is gone from the source."""
        if record is None:
            return self._skipped(row, "NOT_FOUND", f"HubSpot has no such {self._what} any more")
        removal = self._settings.removed_rows
        if removal == "archive":
            return self._planned(row, Action.ARCHIVE, record)
        own, held = OwnValues.of(row.ledger), record.properties
        values: dict[str, str | None]
        if isinstance(removal, RemovedSet):
            values = {name: scalar_text(value) for name, value in removal.set.items()}
        else:
            values = {
                mapped.name: own.without_ours(mapped, held.get(mapped.name))
                for mapped in self._mapping.properties
            }
        payload = {
            name: value
            for name, value in values.items()
            if value is not None
            and not same_value(self._definitions.get(name), value, held.get(name))
        }
        action = Action.UNCHANGED
        if payload:
            action = Action.UPDATE if any(payload.values()) else Action.CLEAR
        return self._planned(
            row,
            action,
            record,
            payload=payload,
            sent={**own.sent, **payload},
            altered=own.altered_by(payload, held, self._mapping.properties),
        )

    def _planned(
        self,
        row: SourceRow,
        action: Action,
        record: WrittenRecord,
        *,
        payload: Mapping[str, str] | None = None,
        sent: Mapping[str, str] | None = None,
        altered: Mapping[str, str] | None = None,
        message: str | None = None,
        property_name: str | None = None,
    ) -> PlannedRow:
        sends = payload or {}
        names = self._mapping.written if action is Action.ARCHIVE else tuple(sends)
        return PlannedRow(
            row.n,
            row.key,
            action,
            record_id=record.id,
            payload=sends,
            before={name: record.properties.get(name) or None for name in names},
            sent=sent if sent is not None else (row.ledger.sent if row.ledger else {}),
            altered=altered or {},
            hash=row.hash,
            message=message,
            property_name=property_name,
            is_gone=row.is_gone,
        )


def has_key(
    mapping: PushMapping,
    definitions: Mapping[str, Property],
    row: PlannedRow,
    record: WrittenRecord,
) -> bool:
    """Whether a record is the one that a row to be created stands for."""
    for name in (mapping.match, mapping.external_id):
        value = None if name is None else row.payload.get(name)
        if name is None or not value:
            continue
        if same_value(definitions.get(name), value, record.properties.get(name)):
            return True
        if name == EMAIL and value in _other_addresses(record):
            return True
    return False


def _other_addresses(record: WrittenRecord) -> list[str]:
    return (record.properties.get("hs_additional_emails") or "").lower().split(";")
