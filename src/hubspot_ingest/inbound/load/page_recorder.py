"""Records the pages that a run reads and the rows as they were before it changed them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hubspot_ingest import times
from hubspot_ingest.database.columns import Column
from hubspot_ingest.database.state.page_archive import ArchiveEntry, PageArchive
from hubspot_ingest.database.statements.merge import Merge
from hubspot_ingest.model import Json


@dataclass
class PageRecorder:
    """Keeps the pages and the before-images of one run for ``days``.

    ``manifest`` is what the run began from; it is written with the first page, and so is not there
    of a run that found nothing to do. A page is kept before it is merged: what is in a table can
    never be missing among the pages.
    """

    archive: PageArchive
    sync: str
    run_id: str
    days: int
    manifest: Mapping[str, Json] = field(default_factory=dict)
    _number: int | None = field(default=None, init=False)

    def record_page(
        self,
        kind: str,
        at: int,
        facts: Mapping[str, Json],
        parts: Mapping[str, tuple[str, Sequence[Column]]] | None = None,
    ) -> ArchiveEntry:
        """Keep what is about to be done, with the staged rows: (table, columns) by part."""
        if self._number is None:
            self._number = self.archive.last_number(self.sync) + 1
            first_entry = ArchiveEntry(self._number, self.run_id, "BEGUN", at, self.manifest)
            self.archive.save_entry(self.sync, first_entry)
        self._number += 1
        entry = ArchiveEntry(self._number, self.run_id, kind, at, facts)
        for part, (staging, columns) in (parts or {}).items():
            self.archive.save_rows(self.sync, entry, part, staging, columns)
        # said last: an entry that is there is there whole
        self.archive.save_entry(self.sync, entry)
        return entry

    def record_keys(
        self,
        kind: str,
        at: int,
        merge: Merge,
        binds: Sequence[object],
        key: Sequence[Column],
    ) -> None:
        """Keep the keys of the rows that a MERGE is about to change, instead of its reasons."""
        self.record_page(kind, at, {})
        entry = ArchiveEntry(self._number or 0, self.run_id, kind, at, {})
        self.archive.save_keys(self.sync, entry, merge, binds, key)

    def record_images(
        self,
        at: int,
        part: str,
        merge: Merge,
        binds: Sequence[object],
        key: Sequence[Column],
        columns: Sequence[Column],
    ) -> None:
        """Keep the rows that a MERGE is about to touch, as they are before."""
        entry = ArchiveEntry(self._number or 0, self.run_id, "", at, {})
        self.archive.save_images(self.sync, entry, part, merge, binds, key, columns)

    def delete_expired(self, now: int) -> None:
        """Delete what has been kept for long enough, whichever sync it is of."""
        self.archive.delete_before(now - self.days * times.DAY)
