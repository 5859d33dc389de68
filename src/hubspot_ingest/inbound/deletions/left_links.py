"""Remembers records whose associations HubSpot did not tell, and asks for them again.

Their rows came in, with the associations that they had before. The next run reads these records
again by id; where there are too many to remember, the rotation is made due, which reads all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from hubspot_ingest.database.state.syncs import SweepsState
from hubspot_ingest.inbound.deletions.context import SweepContext
from hubspot_ingest.inbound.deletions.lookup import look_up
from hubspot_ingest.inbound.plan.due import rotation_under_way

# How many ids are remembered: each write of the state has them. One more says that there are more.
MOST = 2_000
# How many are looked up at once: what the run is stopped after is asked for again.
LOOKED_UP = 1_000


def with_unlinked(state: SweepsState, untold: Mapping[str, Sequence[str]]) -> SweepsState:
    """The state with the ids of ``untold`` too, which are by stream."""
    ids = dict.fromkeys([*state.unlinked, *(id for ids in untold.values() for id in ids)])
    return replace(state, unlinked=tuple(ids)[: MOST + 1])


def with_few_unlinked(state: SweepsState, untold: Mapping[str, Sequence[str]]) -> SweepsState:
    """As ``with_unlinked``; as it was where it is more than what is remembered.

    It is for records that a sweep or a comparison read: the daily rotation reads all anyhow.
    """
    added = with_unlinked(state, untold)
    return state if len(added.unlinked) > MOST else added


def ask_again(context: SweepContext, left: Sequence[str]) -> Iterator[None]:
    """Read again what an earlier run ``left``, unless it is more than what is remembered."""
    if not left or len(left) > MOST or not context.has_table:
        return
    for start in range(0, len(left), LOOKED_UP):
        yield from look_up(context, left[start : start + LOOKED_UP])
    state = with_unlinked(replace(context.state, unlinked=()), context.loader.unread_links)
    context.save_state(unlinked=state.unlinked)


def rotate_for_many(context: SweepContext) -> None:
    """Let the next run begin to read everything where more is left than what is remembered."""
    if len(context.state.unlinked) > MOST and not rotation_under_way(context.state):
        context.save_state(rotated_at=None)


def after_rotation(state: SweepsState) -> tuple[str, ...]:
    """The ids that are left once a rotation has read everything; see ``SweepsState``."""
    return () if len(state.unlinked) > MOST else state.unlinked
