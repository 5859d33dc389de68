"""Opening a sync: what is stored of it is read, checked, and locked for one run."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType
from typing import Self

from hubspot_ingest import times
from hubspot_ingest.catalog import lookup
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.leases import LEASE, Leases
from hubspot_ingest.database.state.syncs import StateWriter, Sync, Syncs, new_version
from hubspot_ingest.errors import SyncBusy, UnknownSync
from hubspot_ingest.inbound.opening import table_claims
from hubspot_ingest.inbound.opening.sync_state import SyncState, read_sync_state
from hubspot_ingest.operations import quota_share
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import did_you_mean, parse_settings, sync_name

RENEWED_EVERY = times.MINUTE
# How often a sync is read anew that another run or a person changed in between.
ATTEMPTS = 5


class Lease:
    """The lease of a sync while its run goes on, and the key to its state."""

    def __init__(self, leases: Leases, writer: StateWriter, clock: times.Clock) -> None:
        """The lease was taken for the run of ``writer``."""
        self._leases = leases
        self._clock = clock
        self._renewed_at = clock.now()
        self.writer = writer

    def renew(self) -> None:
        """Say that the run is alive, once a minute.

        Raises ``StateOutdated`` or ``SyncBusy`` where the run is to end.
        """
        now = self._clock.now()
        if now - self._renewed_at >= RENEWED_EVERY:
            self.writer.renew_lease(now + LEASE)
            self._renewed_at = now

    def release(self) -> None:
        """Let the next run begin."""
        self._leases.release(self.writer.sync, self.writer.run_id)

    def __enter__(self) -> Self:
        """The lease is held already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the next run begin, whatever came of this one."""
        self.release()


def existing_sync(syncs: Syncs, name: str) -> Sync:
    """The sync of that name. Raises ``UnknownSync``, naming those there are."""
    name = sync_name(name)
    sync = syncs.find(name)
    if sync is None:
        known = syncs.names()
        there = ", ".join(known) if known else "none yet"
        raise UnknownSync(
            f"there is no sync {name!r}{did_you_mean(name, known)}; there are: {there}"
        )
    return sync


def read_sync(context: Context, name: str) -> SyncState:
    """A sync as its next run would find it. Takes no lease. Raises ``UnknownSync``."""
    return _state_of(context, existing_sync(Syncs(context.database), name))


def remembered_sync(context: Context, name: str) -> SyncState:
    """As ``read_sync``; a sync that was never configured is stored with the defaults."""
    return _state_of(context, _remembered(context, name))


def open_sync(
    context: Context, name: str, run_id: str, *, remember: bool = False
) -> tuple[SyncState, Lease]:
    """A sync and its lease, for the run ``run_id``.

    State that does not count any more is forgotten as the lease is taken. ``remember``: a sync
    that was never configured is stored with the defaults. Raises ``UnknownSync``, ``Refusal`` for
    settings that do not hold, and ``SyncBusy`` while another run goes on.
    """
    leases = Leases(context.database)
    for _ in range(ATTEMPTS):
        if remember:
            sync = _remembered(context, name)
        else:
            sync = existing_sync(Syncs(context.database), name)
        name = sync.name
        state = _state_of(context, sync)
        if sync.claimed != str(state.table):
            # a sync of before there was a register
            table_claims.claim_names(context.database, name, state.settings)
        version = sync.version
        if version is None or state.forgotten is not None:
            version = new_version("TABLE")
        now = context.clock.now()
        weight = quota_share.WEIGHTS[state.settings.priority]
        if leases.take(
            name,
            run_id,
            now,
            process=context.process,
            weight=weight,
            read=sync,
            version=version,
        ):
            earned_on = replace(state.earned_on, version=version)
            writer = StateWriter(context.database, name, run_id, version, earned_on)
            return state, Lease(leases, writer, context.clock)
    raise SyncBusy(f"{name} is being changed all the while; run it again in a moment")


def _remembered(context: Context, name: str) -> Sync:
    syncs = Syncs(context.database)
    name = sync_name(name)
    if (sync := syncs.find(name)) is not None:
        return sync
    # a slip of the pen is refused before it is remembered
    settings = parse_settings(name, None)
    stream = settings.stream
    lookup.standard(stream)
    table_claims.claim_names(context.database, name, settings)
    syncs.save(name, stream, {}, context.clock.now())
    return existing_sync(syncs, name)


def _state_of(context: Context, sync: Sync) -> SyncState:
    app = AppState(context.database).settings()
    settings = parse_settings(sync.name, sync.settings, app.for_syncs)
    return read_sync_state(context.database, sync.name, settings, sync, app)
