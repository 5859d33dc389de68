"""Says which values of a record a push wrote itself, and so what a row asks to stand there. Pure.

``SENT`` of the ledger is what HubSpot held of a property after the last push, ``ALTERED`` the
push's own value where that is another one: what was sent where HubSpot stored something else, or,
after a semicolon, the choices that were appended to those of others. ``NOT_OURS``, a semicolon
alone, says that nothing was sent: the value was there before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hubspot_ingest.database.state.push_ledger import NOT_OURS
from hubspot_ingest.outbound.mapping import MappedProperty
from hubspot_ingest.outbound.rows import LedgerRow
from hubspot_ingest.outbound.values import same_value


@dataclass(frozen=True, slots=True)
class OwnValues:
    """The values of one record that a push wrote, as its ledger says."""

    sent: Mapping[str, str] = field(default_factory=dict)
    altered: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, ledger: LedgerRow | None) -> OwnValues:
        """Those of a row of the ledger; none where there is none."""
        return cls() if ledger is None else cls(ledger.sent, ledger.altered)

    def is_unchanged(self, mapped: MappedProperty, before: str | None) -> bool:
        """Whether HubSpot holds what it held after the last push."""
        name = mapped.name
        return name in self.sent and same_value(mapped.definition, self.sent[name], before)

    def is_ours(self, mapped: MappedProperty, before: str | None) -> bool:
        """Whether the whole value is what the push sent."""
        is_partial = self.altered.get(mapped.name, "").startswith(NOT_OURS)
        return self.is_unchanged(mapped, before) and not is_partial

    def is_stored_otherwise(self, mapped: MappedProperty, value: str, before: str | None) -> bool:
        """Whether HubSpot was sent this value, and stored something else."""
        own = self.altered.get(mapped.name)
        if own is None or not self.is_unchanged(mapped, before):
            return False
        if mapped.write != "append":
            return same_value(mapped.definition, own, value)
        missing = _missing(value, before)
        return bool(missing) and not set(missing) - set(_choices(own))

    def wish(self, mapped: MappedProperty, value: str | None, before: str | None) -> str | None:
        """What is to stand in HubSpot; ``""`` for nothing, None for whatever stands there."""
        if value is None:
            if not before or mapped.nulls == "keep":
                return None
            return "" if mapped.nulls == "clear" else self.without_ours(mapped, before)
        if mapped.write == "set_if_empty":
            return value if not before or self.is_ours(mapped, before) else None
        if mapped.write == "append":
            missing = _missing(value, before)
            return ";".join([*_choices(before), *missing]) if missing else None
        return value

    def without_ours(self, mapped: MappedProperty, before: str | None) -> str | None:
        """What others wrote of a value; None where nothing of it is the push's own."""
        if mapped.write != "append":
            return "" if before and self.is_ours(mapped, before) else None
        own = self._own_choices(mapped)
        left = [choice for choice in _choices(before) if choice not in own]
        return None if len(left) == len(_choices(before)) else ";".join(left)

    def altered_by(
        self,
        payload: Mapping[str, str],
        before: Mapping[str, str | None],
        mapped: Sequence[MappedProperty],
    ) -> dict[str, str]:
        """The push's own values once a payload is sent, where HubSpot will hold more than those."""
        altered = {name: value for name, value in self.altered.items() if name not in payload}
        for each in mapped:
            if each.write == "append" and each.name in payload:
                missing = _missing(payload[each.name], before.get(each.name))
                own = [*self._own_choices(each), *missing] if missing else []
                altered[each.name] = NOT_OURS + ";".join(dict.fromkeys(own))
        return altered

    def _own_choices(self, mapped: MappedProperty) -> list[str]:
        return _choices(self.altered.get(mapped.name, self.sent.get(mapped.name)))


def _choices(value: str | None) -> list[str]:
    return [choice for choice in (value or "").split(";") if choice]


def _missing(value: str, before: str | None) -> list[str]:
    there = _choices(before)
    return [choice for choice in _choices(value) if choice not in there]
