"""Opening syncs: what is stored of them is read, checked, and locked for a run of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hubspot_ingest.catalog import lookup
from hubspot_ingest.database import cleanup
from hubspot_ingest.database.state.progress import LeaseRequest, Leases, StateWriter, busy
from hubspot_ingest.database.state.retention import TURNS_KEPT, delete_old
from hubspot_ingest.database.state.runs import Runs
from hubspot_ingest.database.state.stored_state import StoredState, read_stored_state
from hubspot_ingest.database.state.syncs import Sync, Syncs, new_sync, new_version
from hubspot_ingest.errors import IngestError, SyncBusy, UnknownSync
from hubspot_ingest.inbound.opening import table_claims
from hubspot_ingest.inbound.opening.sync_state import SyncState, read_sync_states
from hubspot_ingest.operations.context import Context
from hubspot_ingest.operations.internal_errors import reportable_error
from hubspot_ingest.settings import SyncSettings, did_you_mean, inherited, parse_settings, sync_name

# How often a sync is read anew that another run or a person changed in between.
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class OpenedSync:
    """A sync as it stood when its lease was taken, and the lease, the key to its state."""

    state: SyncState
    lease: StateWriter


def existing_sync(syncs: Syncs, name: str) -> Sync:
    """The sync of that name. Raises ``UnknownSync``, naming those there are."""
    name = sync_name(name)
    sync = syncs.find(name)
    if sync is None:
        raise _unknown(syncs, name)
    return sync


def _unknown(syncs: Syncs, name: str) -> UnknownSync:
    known = syncs.names()
    there = ", ".join(known) if known else "none yet"
    return UnknownSync(f"there is no sync {name!r}{did_you_mean(name, known)}; there are: {there}")


def read_sync(context: Context, name: str, *, remember: bool = False) -> SyncState:
    """A sync as its next run would find it. Takes no lease. Raises ``UnknownSync``.

    ``remember``: a sync that was never configured is stored with the defaults.
    """
    name = sync_name(name)
    stored = _read(context, name, remember=remember)
    sync = stored.syncs[name]
    [state] = read_sync_states(context.database, stored, [_settings_of(sync, stored)])
    return state


def open_sync(context: Context, name: str, run_id: str, *, is_run: bool = False) -> OpenedSync:
    """A sync and its lease, for the run ``run_id``.

    State that does not count any more is forgotten as the lease is taken. ``is_run``: it shows in
    RUNS, and a sync that was never configured is stored with the defaults. Raises ``UnknownSync``,
    ``Refusal`` for settings that do not hold, and ``SyncBusy`` while another run goes on.
    """
    name = sync_name(name)

    def read() -> StoredState:
        return _read(context, name, remember=is_run)

    opened = _open(context, read, [name], lambda: run_id, is_run=is_run)[name]
    if isinstance(opened, IngestError):
        raise opened
    return opened


def open_syncs(
    context: Context, stored: StoredState, names: Sequence[str], run_id: Callable[[], str]
) -> dict[str, OpenedSync | IngestError]:
    """Several syncs for a run of each, as ``open_sync`` opens one; or what kept one from it.

    ``stored`` was just read.
    """
    reads = iter([stored])

    def read() -> StoredState:
        return next(reads, None) or read_stored_state(context.database, context.clock.now())

    return _open(context, read, names, run_id, is_run=True)


def _open(
    context: Context,
    read: Callable[[], StoredState],
    names: Sequence[str],
    run_id: Callable[[], str],
    *,
    is_run: bool,
) -> dict[str, OpenedSync | IngestError]:
    opened: dict[str, OpenedSync | IngestError] = {}
    for _ in range(ATTEMPTS):
        left = [name for name in names if name not in opened]
        if not left:
            break
        try:
            opened |= _try_to_open(context, read(), left, run_id, is_run=is_run)
        except Exception as error:
            if not opened:
                raise
            # the leases that were taken before are those of runs that are to begin
            now = context.clock.now()
            for name in left:
                opened[name] = reportable_error(context.database, error, now, sync=name)
    for name in names:
        if name not in opened:
            message = f"{name} is being changed all the while; run it again in a moment"
            opened[name] = SyncBusy(message)
    return opened


def _try_to_open(
    context: Context,
    stored: StoredState,
    names: Sequence[str],
    run_id: Callable[[], str],
    *,
    is_run: bool,
) -> dict[str, OpenedSync | IngestError]:
    """As ``_open``, without the syncs that somebody changed since they were read."""
    opened: dict[str, OpenedSync | IngestError] = {}
    wanted: list[tuple[str, SyncSettings, Sync]] = []
    now = context.clock.now()
    for name in names:
        try:
            if name not in stored.syncs:
                raise UnknownSync(f"{name} was dropped")
            if stored.syncs[name].is_held(now):
                raise busy(name)
            wanted.append(_settings_of(stored.syncs[name], stored))
        except Exception as error:
            opened[name] = reportable_error(context.database, error, now, sync=name)
    requests: list[LeaseRequest] = []
    states: list[SyncState] = []
    for sync, state in _read_states(context, stored, wanted, opened):
        try:
            if sync.claimed != str(state.table):
                # a sync of before there was a register
                table_claims.claim_names(context.database, state.name, state.settings)
            if sync.lease_until is not None:
                # before the lease is taken: after that nobody else would end the killed run
                Runs(context.database).interrupt_sync(sync, now)
        except Exception as error:
            opened[state.name] = reportable_error(context.database, error, now, sync=state.name)
            continue
        version = sync.version
        if version is None or state.forgotten is not None:
            version = new_version("TABLE")
        weight = state.settings.weight
        began_at = now if is_run else None
        requests.append(LeaseRequest(sync, run_id(), version, began_at, context.process, weight))
        states.append(state)
    taken = Leases(context.database).take(requests, now) if requests else []
    held = [each for each in zip(requests, states, taken, strict=True) if each[2]]
    for request, state, _ in held:
        opened[state.name] = OpenedSync(state, _writer(context, request, state, now))
    _clean(context, [request for request, _, _ in held])
    return opened


def _read_states(
    context: Context,
    stored: StoredState,
    wanted: Sequence[tuple[str, SyncSettings, Sync]],
    opened: dict[str, OpenedSync | IngestError],
) -> list[tuple[Sync, SyncState]]:
    """How syncs stand, read together, else each by itself.

    ``opened`` gets what kept one from being read.
    """
    if not wanted:
        return []
    try:
        states = read_sync_states(context.database, stored, wanted)
    except Exception as error:
        if len(wanted) > 1:
            return [
                read for each in wanted for read in _read_states(context, stored, [each], opened)
            ]
        [(name, _, _)] = wanted
        now = context.clock.now()
        opened[name] = reportable_error(context.database, error, now, sync=name)
        return []
    return [(sync, state) for (_, _, sync), state in zip(wanted, states, strict=True)]


def _clean(context: Context, requests: Sequence[LeaseRequest]) -> None:
    """Remove what killed runs staged, and old rows, once leases were taken. Fails no run."""
    try:
        if any(request.sync.lease_until is not None for request in requests):
            cleanup.clear(context.database)
        if any(request.turn % TURNS_KEPT == 0 for request in requests):
            delete_old(context.database)
    except Exception as error:
        reportable_error(context.database, error, context.clock.now())


def _writer(context: Context, request: LeaseRequest, state: SyncState, now: int) -> StateWriter:
    return StateWriter(
        database=context.database,
        clock=context.clock,
        sync=state.name,
        run_id=request.run_id,
        turn=request.turn,
        version=request.version,
        earned_on=replace(state.earned_on, version=request.version),
        settled_through=state.settled_through,
        checkpoint=state.checkpoint,
        sweeps=state.sweeps,
        written_at=now,
    )


def _read(context: Context, name: str, *, remember: bool) -> StoredState:
    """What is stored of a sync; raises ``UnknownSync``, or remembers one that was not."""
    stored = read_stored_state(context.database, context.clock.now(), name)
    if name in stored.syncs:
        return stored
    syncs = Syncs(context.database)
    if not remember:
        raise _unknown(syncs, name)
    # a mistyped name is refused before it is stored
    settings = parse_settings(name, None)
    lookup.standard(settings.stream)
    table = table_claims.claim_names(context.database, name, settings, is_new=True)
    version = syncs.save(name, settings.stream, {}, context.clock.now())
    # where somebody was faster the lease is not taken by this version, and all is read anew
    sync = new_sync(name, settings.stream, version, str(table))
    return replace(stored, syncs={name: sync}, properties={})


def _settings_of(sync: Sync, stored: StoredState) -> tuple[str, SyncSettings, Sync]:
    return sync.name, parse_settings(sync.name, sync.settings, inherited(stored.app)), sync
