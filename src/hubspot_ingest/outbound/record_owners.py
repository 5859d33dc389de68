"""Says which row of a push a record belongs to: each record is that of one row alone.

Records merge, keys change and values are spelled in several ways: so several rows may lead to one
record. It stays that of the row that has it in the ledger, by its own id or by that of a record
that was merged into it; one that no row has goes to the first that asks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from hubspot_ingest.database.state.push_ledger import Ledger
from hubspot_ingest.hubspot.write_responses import WrittenRecord
from hubspot_ingest.outbound.rows import SourceRow

MERGED_IDS = "hs_merged_object_ids"


class RecordOwners:
    """The owners of the records of one plan."""

    def __init__(self, ledger: Ledger, gone_keys: Callable[[Collection[str]], set[str]]) -> None:
        """``gone_keys`` are those of some keys that are gone from the source."""
        self._ledger = ledger
        self._gone_keys = gone_keys
        self._key_of_record: dict[str, str] = {}
        self._key_of_value: dict[str, str] = {}

    def others(
        self,
        rows: Sequence[SourceRow],
        records: Mapping[int, WrittenRecord],
        values: Mapping[int, str],
    ) -> dict[int, str]:
        """The rows whose record is another row's, by number, with that row's key.

        ``values`` are those by which records are looked for: of rows without a record, too, one
        alone makes it.
        """
        ids = {n: (record.id, *merged_ids(record)) for n, record in records.items()}
        owners = self._ledger.owners(list({id for listed in ids.values() for id in listed}))
        keys = {
            n: [key for id in listed for key in owners.get(id, ())] for n, listed in ids.items()
        }
        strangers = {key for row in rows for key in keys.get(row.n, ()) if key != row.key}
        gone = self._gone_keys(strangers) if strangers else set()
        others: dict[int, str] = {}
        for row in rows:
            key = str(row.key)
            if row.n in records:
                live = [other for other in keys[row.n] if other not in gone]
                if row.is_gone:
                    live = [other for other in live if other != key]
                first = live[0] if live else key
                owner = self._key_of_record.setdefault(records[row.n].id, first)
                owner = first if live else owner
            elif row.n in values:
                owner = self._key_of_value.setdefault(values[row.n], key)
            else:
                continue
            if owner != key:
                others[row.n] = owner
        return others


def merged_ids(record: WrittenRecord) -> list[str]:
    """The ids of the records that were merged into one."""
    merged = record.properties.get(MERGED_IDS) or ""
    return [id for id in merged.split(";") if id]
