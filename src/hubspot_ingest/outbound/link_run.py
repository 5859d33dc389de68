"""Makes the associations of a run: beside its records where that can be, the others after them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any

from hubspot_ingest.database.state.push_plan_rows import PlanRows
from hubspot_ingest.errors import IngestError
from hubspot_ingest.hubspot.link_requests import LABELLED_LIMIT
from hubspot_ingest.outbound.link_costs import ROWS_TOGETHER
from hubspot_ingest.outbound.link_engine import LinkEngine, LinkGroup, Steps
from hubspot_ingest.outbound.link_turns import LinkTurns
from hubspot_ingest.outbound.lookups import batches_of
from hubspot_ingest.outbound.opening import OpenPush
from hubspot_ingest.outbound.row_json import row_from_json
from hubspot_ingest.outbound.rows import PlannedRow

# Once no record is left to write, so many times as many rows go together: each group waits for its
# readings and changes, about two seconds.
GROUPS_AT_LAST = 3


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
    # what is being made, and the answer that it waits for
    _steps: Steps[None] | None = field(default=None, init=False)
    _answer: Future[Any] | None = field(default=None, init=False)
    # up to where, and at least how many rows, it was looked for the next ones in vain
    _looked: tuple[int, int] | None = field(default=None, init=False)
    _error: IngestError | None = field(default=None, init=False)

    def go_on(self, plan_hash: str, stored_to: int, *, is_last: bool) -> bool:
        """Make those of rows up to a number, whose records are written, while others are sent.

        None while another run has its turn; nor where records of one type are linked, as those
        that they are linked to may be written last. As many rows go together as take fewest
        requests; of the ``is_last`` wave fewer do, but as many as fill theirs, so that fewer are
        left. It waits for no answer: whether something was done. An error ends this alone:
        ``finish`` raises it.
        """
        one_type = self.opened.mapping.object_type in self.opened.link_types.values()
        if one_type or self._error is not None:
            return False
        try:
            self.turns.keep()
            if self._steps is not None:
                return self._next_step()
            look = (stored_to, min(LABELLED_LIMIT, ROWS_TOGETHER) if is_last else ROWS_TOGETHER)
            if look == self._looked:
                return False
            if self._read_ahead(plan_hash, *look) and self.turns.take():
                self._begin()
                return True
            self._looked = look
        except IngestError as error:
            self._error, self._steps, self._answer = error, None, None
        return False

    def finish(self, plan_hash: str) -> None:
        """Make all that are left, once every record is written.

        Raises what ``Fetch`` and ``heartbeat`` raise.
        """
        self.end_group()
        if self._error is not None:
            raise self._error
        if self._read_ahead(plan_hash, None):
            self.turns.wait(self.heartbeat)
        while self._read_ahead(plan_hash, None):
            self._begin()
            # the next ones are read while these are on their way
            self._read_ahead(plan_hash, None)
            self.end_group()
            self.heartbeat()

    def end_group(self) -> None:
        """Wait until the associations are made that were begun. Raises what ``Fetch`` raises."""
        while self._steps is not None:
            if self._answer is not None:
                wait([self._answer])
            self._next_step()

    def _begin(self) -> None:
        group, self._ahead = self._ahead, None
        if group is not None:
            self.engine.remember(group)
            self._steps = self.engine.steps(group)
            self._next_step()

    def _next_step(self) -> bool:
        """Do what can be done without waiting; whether anything could."""
        if self._steps is None or (self._answer is not None and not self._answer.done()):
            return False
        steps, self._answer = self._steps, None
        try:
            self._answer = next(steps)
        except StopIteration:
            self._steps = None
            self.turns.renew()
        except BaseException:
            self._steps = None
            raise
        return True

    def _read_ahead(self, plan_hash: str, stored_to: int | None, least: int = 1) -> bool:
        """Read the next rows, unless that was done; whether there are any.

        ``stored_to`` None: any row, and more together. At ``least`` so many go together, or a
        multiple of them.
        """
        if self._ahead is not None:
            return True
        if stored_to is not None and stored_to - self._after < least:
            return False
        most = ROWS_TOGETHER if stored_to is not None else GROUPS_AT_LAST * ROWS_TOGETHER
        stored = self.plan_rows.page_of_links(plan_hash, self._after, stored_to, most)
        count = len(stored) // least * least
        if not count:
            return False
        rows = _with_few_links([row_from_json(row) for row in stored[:count]])
        self._after = rows[-1].n
        self._ahead = self.engine.group(rows)
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
