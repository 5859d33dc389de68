"""Makes the associations of a run: beside its records where that can be, the others after them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Any

from hubspot_ingest.database.state.push_plan_rows import PlanRows
from hubspot_ingest.errors import IngestError, SyncBusy
from hubspot_ingest.outbound.link_costs import ROWS_TOGETHER
from hubspot_ingest.outbound.link_engine import LinkEngine
from hubspot_ingest.outbound.link_group import LinkGroup
from hubspot_ingest.outbound.link_steps import Steps
from hubspot_ingest.outbound.link_turns import LinkTurns
from hubspot_ingest.outbound.lookups import batches_of
from hubspot_ingest.outbound.opening import OpenPush
from hubspot_ingest.outbound.row_json import row_from_json
from hubspot_ingest.outbound.rows import PlannedRow

# Groups under way at once: one is read while another is written, which takes a second or two.
GROUPS_AT_ONCE = 2
# Once no record is left to write, so many times as many rows go together.
GROUPS_AT_LAST = 3


@dataclass
class _Going:
    """A group that is being made, and the answer that it waits for."""

    group: LinkGroup
    steps: Steps[None]
    answer: Future[Any] | None = None

    @property
    def can_go_on(self) -> bool:
        """Whether nothing is to be waited for."""
        return self.answer is None or self.answer.done()


@dataclass
class LinkRun:
    """Takes the rows of a stored plan whose associations change, so many at a time, in order.

    Where records of one type are linked, one group is made after the other: both records of a pair
    may ask for it, in two groups.
    """

    opened: OpenPush
    plan_rows: PlanRows
    engine: LinkEngine
    turns: LinkTurns
    heartbeat: Callable[[], None]
    # rows of the plan that are read, and up to which number
    _rows: list[PlannedRow] = field(default_factory=list, init=False)
    _read_to: int | None = field(default=0, init=False)
    # the group that is begun next, and those under way
    _next: LinkGroup | None = field(default=None, init=False)
    _going: list[_Going] = field(default_factory=list, init=False)
    # up to where records were written when another run had the turn
    _refused_at: int | None = field(default=None, init=False)
    _error: Exception | None = field(default=None, init=False)

    def go_on(self, plan_hash: str, stored_to: int) -> bool:
        """Make those of rows up to a number, whose records are written, while others are sent.

        None while another run has its turn; nor where records of one type are linked, as those
        that they are linked to may be written last. As many rows go together as fill requests. It
        waits for no answer: whether something was done. An error ends this alone: ``finish`` raises
        it.
        """
        if self._is_one_type:
            return False
        try:
            is_busy = self._step()
            if self._error is not None or not self._read(plan_hash, stored_to):
                return is_busy
            if not self._may_begin or stored_to == self._refused_at:
                return is_busy
            if self._take_turn():
                self._begin()
                return True
            self._refused_at = stored_to
        except IngestError as error:
            self._error = self._error or error
            return True
        return is_busy

    def finish(self, plan_hash: str) -> None:
        """Make all that are left, once every record is written.

        Raises what ``Fetch`` and ``heartbeat`` raise.
        """
        if self._error is None and self._read(plan_hash, None):
            if not self._take_turn():
                self.turns.wait(self.heartbeat)
                self._read_again()
            while self._read(plan_hash, None):
                while not self._may_begin:
                    self._wait()
                self._begin()
                self.heartbeat()
        self.end_groups()

    def end_groups(self) -> None:
        """Wait until the associations are made that were begun. Raises what ``Fetch`` raises."""
        while self._going:
            try:
                self._wait()
            except Exception as error:
                # what the others are is to be stored, before the next run has its turn
                self._error = self._error or error
        if self._error is not None:
            raise self._error

    @property
    def _is_one_type(self) -> bool:
        return self.opened.mapping.object_type in self.opened.link_types.values()

    @property
    def _may_begin(self) -> bool:
        """Whether the next rows may be begun: not while others of their records are being made.

        What rows that are gone had of a record, another row may ask for.
        """
        if self._next is None or len(self._going) == (1 if self._is_one_type else GROUPS_AT_ONCE):
            return False
        records = {id for going in self._going for id in going.group.records}
        return records.isdisjoint(self._next.records)

    def _take_turn(self) -> bool:
        """Whether it is this run's turn."""
        had_turn = self.turns.is_taken
        if self.turns.take() and not had_turn:
            self._read_again()
        return self.turns.is_taken

    def _read_again(self) -> None:
        """Read what the ledger says of the next rows: another run may have handed links over."""
        if self._next is not None:
            self._next = self.engine.group(self._next.rows)

    def _begin(self) -> None:
        group, self._next = self._next, None
        if group is not None:
            group.remember()
            self._going.append(_Going(group, group.steps()))
            self._step()

    def _wait(self) -> None:
        """Go on with what is being made as soon as HubSpot answers."""
        wait([going.answer for going in self._going if going.answer], return_when=FIRST_COMPLETED)
        self._step()

    def _step(self) -> bool:
        """Do what can be done without waiting; whether anything could.

        Raises ``SyncBusy`` where another run took the turn, and leaves all groups as they are: what
        they have read is not what is there by now.
        """
        try:
            self.turns.keep()
            return self._go_on_with([going for going in self._going if going.can_go_on])
        except SyncBusy:
            self._going.clear()
            raise

    def _go_on_with(self, ready: Sequence[_Going]) -> bool:
        for going in ready:
            try:
                going.answer = next(going.steps)
            except StopIteration:
                self._going.remove(going)
                self.turns.renew()
            except BaseException:
                self._going.remove(going)
                raise
        return bool(ready)

    def _read(self, plan_hash: str, stored_to: int | None) -> bool:
        """Read the next rows of the plan; whether there is a group that could be begun.

        ``stored_to`` None: of any rows, and more together; else of as many as fill requests.
        """
        if self._next is not None:
            return True
        is_last = stored_to is None
        least, most = (1, GROUPS_AT_LAST * ROWS_TOGETHER) if is_last else (ROWS_TOGETHER,) * 2
        missing = most - len(self._rows)
        if missing > 0 and self._read_to is not None:
            stored = self.plan_rows.page_of_links(plan_hash, self._read_to, missing)
            self._rows += map(row_from_json, stored)
            self._read_to = self._rows[-1].n if len(stored) == missing else None
        count = min(len(self._rows), most)
        if count < least or not (stored_to is None or self._rows[count - 1].n <= stored_to):
            return False
        rows = _with_few_links(self._rows[:count])
        del self._rows[: len(rows)]
        self._next = self.engine.group(rows)
        return True


def _with_few_links(rows: list[PlannedRow]) -> list[PlannedRow]:
    """The first of some rows: whole groups, with one link for each row they may have at most.

    At least one group, however many links it has: all of them are in memory at once.
    """
    count = links = 0
    for group in batches_of(rows, ROWS_TOGETHER):
        links += sum(len(row.links) + len(row.links_removed) for row in group)
        if count and links > GROUPS_AT_LAST * ROWS_TOGETHER:
            break
        count += len(group)
    return rows[:count]
