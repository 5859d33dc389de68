"""Makes the associations of a run: beside its records where that can be, the others after them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hubspot_ingest.database.state.push_plan_rows import PlanRows
from hubspot_ingest.errors import IngestError
from hubspot_ingest.outbound.link_costs import ROWS_TOGETHER
from hubspot_ingest.outbound.link_engine import LinkEngine, LinkGroup
from hubspot_ingest.outbound.link_turns import LinkTurns
from hubspot_ingest.outbound.opening import OpenPush
from hubspot_ingest.outbound.row_json import row_from_json


@dataclass
class LinkRun:
    """Takes the rows of a stored plan whose associations change, so many at a time, in order."""

    opened: OpenPush
    plan_rows: PlanRows
    engine: LinkEngine
    turns: LinkTurns
    heartbeat: Callable[[], None]
    # the rows up to this number are taken; the next ones, where they were read before their turn
    _after: int = field(default=0, init=False)
    _ahead: LinkGroup | None = field(default=None, init=False)
    _error: IngestError | None = field(default=None, init=False)

    def make_beside(self, plan_hash: str, stored_to: int) -> None:
        """Make those of rows up to a number, whose records are written, while others are sent.

        None while another run has its turn; nor where records of one type are linked, as those
        that they are linked to may be written last. An error ends this alone: ``finish`` raises it.
        """
        one_type = self.opened.mapping.object_type in self.opened.link_types.values()
        if one_type or self._error is not None:
            return
        try:
            while self._read_ahead(plan_hash, stored_to) and self.turns.take():
                self._make_next(plan_hash, stored_to)
            self.turns.keep()
        except IngestError as error:
            self._error = error

    def finish(self, plan_hash: str) -> None:
        """Make all that are left, once every record is written.

        Raises what ``Fetch`` and ``heartbeat`` raise.
        """
        if self._error is not None:
            raise self._error
        if self._read_ahead(plan_hash, None):
            self.turns.wait(self.heartbeat)
        while self._read_ahead(plan_hash, None):
            self._make_next(plan_hash, None)
            self.heartbeat()

    def _make_next(self, plan_hash: str, stored_to: int | None) -> None:
        group, self._ahead = self._ahead, None
        if group is not None:
            self.engine.remember(group)
            self.engine.carry_out(group, lambda: self._read_ahead(plan_hash, stored_to))
            self.turns.renew()

    def _read_ahead(self, plan_hash: str, stored_to: int | None) -> bool:
        """Read the next rows, unless that was done; whether there are any.

        ``stored_to`` None: any row. Else as many as go together, whose pairs take fewest requests.
        """
        if self._ahead is not None:
            return True
        least = 1 if stored_to is None else ROWS_TOGETHER
        if stored_to is not None and stored_to - self._after < least:
            return False
        stored = self.plan_rows.page_of_links(plan_hash, self._after, stored_to, ROWS_TOGETHER)
        if len(stored) < least:
            return False
        rows = [row_from_json(row) for row in stored]
        self._after = rows[-1].n
        self._ahead = self.engine.group(rows)
        return True
