"""RECONCILE: a sync's table compared with HubSpot, repaired, and a certificate written.

Counts find where the two disagree (``comparing``), at 1 % of what a backfill costs. What became of
each record is then asked of HubSpot's primary store: its search index, which counts, lags behind,
and a difference that the primary store does not confirm is none.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from hubspot_ingest import settings as configuration
from hubspot_ingest import times
from hubspot_ingest.database import sql
from hubspot_ingest.database.app_state import AppState
from hubspot_ingest.database.certificates import Certificate, Certificates, Live
from hubspot_ingest.database.metadata import Metadata
from hubspot_ingest.database.store import Store, Sync
from hubspot_ingest.errors import IngestError, Refusal, Stopped, UnknownSync
from hubspot_ingest.hubspot import answers, requests
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.inbound import alerting, comparing, destination, plan, readers, sharing, streams
from hubspot_ingest.inbound.catalog import Reader
from hubspot_ingest.inbound.comparing import Part
from hubspot_ingest.inbound.loading import Loading, Merged
from hubspot_ingest.inbound.outside import Outside
from hubspot_ingest.inbound.plan import Plan, Strategy
from hubspot_ingest.inbound.readers import Fetch
from hubspot_ingest.inbound.sweeps import END, Sweeps
from hubspot_ingest.model import Json
from hubspot_ingest.settings import SyncSettings

METHOD = (
    "counts of living records by id and by time of modification against HubSpot's search, what "
    "differed record by record against HubSpot's primary store"
)
SHOWN = 1_000
LEASE_RENEWED_EVERY = times.MINUTE
TICK = 1.0


@dataclass
class _Theirs:
    """HubSpot's side: what the sync's filters take, as its search index has it."""

    fetch: Fetch
    plan: Plan

    def _groups(self, part: Part) -> list[Json]:
        bounds: list[Json] = [
            {
                "propertyName": "hs_object_id",
                "operator": "BETWEEN",
                "value": str(part.after + 1),
                "highValue": str(part.last),
            },
            {
                "propertyName": self.plan.stream.updated,
                "operator": "BETWEEN",
                "value": str(max(part.since, requests.EARLIEST_FILTER)),
                "highValue": str(part.until - 1),
            },
        ]
        return [{"filters": [*group, *bounds]} for group in self.plan.filter_groups or ((),)]

    def count(self, part: Part, /) -> int:
        found = self.fetch(
            requests.search_page(
                self.plan.stream.object_type, self._groups(part), ["hs_object_id"], limit=1
            ),
            answers.page,
        )
        return found.total or 0

    def versions(self, part: Part, /) -> Mapping[str, int | None]:
        found: dict[str, int | None] = {}
        after, more = part.after, True
        while more:
            page = self.fetch(
                requests.search_page(
                    self.plan.stream.object_type,
                    self._groups(replace(part, after=after)),
                    ["hs_object_id"],
                ),
                answers.page,
            )
            found |= {one.id: one.updated_at for one in page.records}
            more = page.after is not None and bool(page.records)
            after = max([after, *(int(one.id) for one in page.records)])
        return found


@dataclass
class _Ours:
    """The table's side."""

    live: Live

    def count(self, part: Part, /) -> int:
        return self.live.count(part.after, part.last, part.since, part.until)

    def versions(self, part: Part, /) -> Mapping[str, int | None]:
        return self.live.versions(part.after, part.last, part.since, part.until)

    def middle(self, part: Part, /) -> int | None:
        return self.live.middle(part.after, part.last, part.since, part.until)


@dataclass
class _Found:
    """What a comparison has come to so far."""

    hubspot_records: int = 0
    table_records: int = 0
    kinds: dict[str, str] = field(default_factory=dict)
    repaired: int = 0
    stopped: IngestError | None = None


def reconcile(outside: Outside, name: str) -> dict[str, Json]:
    """Compare a sync's table with HubSpot, repair it, and certify what was found.

    Raises ``UnknownSync``, ``Refusal`` for what cannot be compared, ``SyncBusy``, and what keeps
    HubSpot from being read at all; nothing was changed then.
    """
    store = Store(outside.database)
    name = configuration.sync_name(name)
    sync = store.sync(name)
    if sync is None:
        raise UnknownSync(f"there is no sync {name!r}; the view SYNCS tells which there are")
    settings = configuration.parse(
        name, sync.settings, AppState(outside.database).settings().for_syncs
    )
    if sync.settled_through is None:
        raise Refusal(
            f"{name} has not been loaded whole yet; run CALL ingest_hubspot('{name}') first",
            code="NOT_LOADED",
        )
    began = outside.clock.now()
    run_id = f"{times.iso(began)[:10]}-{uuid.uuid4().hex[:12]}"
    weight = sharing.WEIGHTS[settings.priority]
    store.take_lease(name, run_id, began, process=outside.process, weight=weight)
    try:
        deadline = began + round(settings.deadline_minutes * times.MINUTE)
        with _opened(outside, settings, deadline) as (client, look):
            found = _compared(outside, client, sync, settings, run_id, look)
            spent = client.tally
    finally:
        store.release_lease(name, run_id)
    store.save_requests(
        run_id,
        [
            (endpoint, {field: getattr(one, field) for field in one.__dataclass_fields__})
            for endpoint, one in spent.endpoints.items()
        ],
    )
    made = _certificate(name, run_id, found, began, outside.clock.now(), spent.requests)
    Certificates(outside.database).save(made)
    alerting.after_runs(outside)
    return _answer(made, found)


@contextmanager
def _opened(
    outside: Outside, settings: SyncSettings, deadline: int
) -> Iterator[tuple[Client, Callable[[], None]]]:
    with outside.client(settings, deadline) as client:
        shared = sharing.Sharing(outside, client, settings)
        shared.begin()
        try:
            yield client, shared.look
        finally:
            shared.end()


def _compared(
    outside: Outside,
    client: Client,
    sync: Sync,
    settings: SyncSettings,
    run_id: str,
    look: Callable[[], None],
) -> _Found:
    stream = streams.find(settings.stream, client.fetch)
    if stream.reader is not Reader.RECORDS:
        raise Refusal(
            f"{stream.name} is read whole, or has nothing that could be counted: its runs are its "
            "comparison",
            code="NOT_COMPARABLE",
        )
    database, store = outside.database, Store(outside.database)
    metadata = Metadata(database)
    remembered = metadata.properties(sync.name)
    table = destination.table_of(settings)
    stands = destination.existing(database, table)
    if not stands.types:
        raise Refusal(
            f"{table} does not exist: {sync.name} has found no record yet", code="NOT_LOADED"
        )
    chosen = plan.make(
        sync.name,
        settings,
        stream,
        tuple(one for one, _ in remembered),
        settled_through=None,
        now=outside.clock.now(),
        table=table,
        known_columns={one.name: column for one, column in remembered if column},
        existing=stands.types,
    )
    renewed = outside.clock.now()

    def alive() -> None:
        nonlocal renewed
        look()
        client.access.settle()
        now = outside.clock.now()
        if now - renewed >= LEASE_RENEWED_EVERY:
            store.renew_lease(sync.name, run_id, now)
            renewed = now

    portal_id = str(database.rows(sql.portal_of(table))[0]["PORTAL_ID"] or "")
    loading = Loading(
        database=database,
        fetch=client.fetch,
        plan=chosen,
        stands=stands,
        run_id=run_id,
        portal_id=portal_id,
        clock=outside.clock,
        alive=alive,
        with_links=chosen.association_columns,
        tick=TICK,
    )
    return _Comparison(loading, client.fetch, chosen, int(sync.settled_through or 0)).run()


@dataclass
class _Comparison:
    """One comparison of a plan's table with HubSpot, up to what the table is settled through."""

    loading: Loading
    fetch: Fetch
    plan: Plan
    settled: int

    def run(self) -> _Found:
        found = _Found()
        live = Live(self.loading.database, self.plan.table)
        theirs, ours = _Theirs(self.fetch, self.plan), _Ours(live)
        earliest = max(self.plan.earliest or 0, requests.EARLIEST_FILTER)
        whole = Part(0, END, earliest, self.settled)
        found.table_records = ours.count(whole)
        try:
            found.hubspot_records = theirs.count(whole)
            first = comparing.parts(
                whole,
                live.cuts(comparing.ID_PARTS),
                max(found.table_records, found.hubspot_records),
            )
            unlike = comparing.differing(theirs, ours, first, ours.middle, self.loading.alive)
            found.kinds = self._judged(sorted(unlike, key=int), live)
            self._repair([one for one, kind in found.kinds.items() if kind != "MEANWHILE"], found)
        except Stopped as error:
            found.stopped = error
        return found

    @property
    def _listing(self) -> Plan:
        fits = plan.fits_url(self.plan.stream.object_type, ("hs_object_id",), ())
        strategy = Strategy.LIST if fits else Strategy.WIDE
        return replace(self.plan, strategy=strategy, properties=("hs_object_id",))

    def _judged(self, ids: Sequence[str], live: Live) -> dict[str, str]:
        """What each id is, by the primary store; those that are as they should be are left out."""
        if not ids:
            return {}
        here = live.of(ids)
        taken = {*ids}
        if self.plan.filter_groups:
            taken = set(readers.matching_among(self.fetch, self.plan, ids))
        there = readers.read_ids(self.fetch, self._listing, ids)
        gone = [one for one in ids if one not in there and one in here]
        archived = readers.read_ids(self.fetch, self._listing, gone, archived=True)
        kinds: dict[str, str] = {}
        for one in ids:
            record = there.get(one)
            if record is None:
                at = archived[one].archived_at if one in archived else None
                if one in here:
                    kinds[one] = "MEANWHILE" if at is not None and at >= self.settled else "EXTRA"
                continue
            later = record.updated_at is not None and record.updated_at >= self.settled
            if one not in taken:
                if one in here:
                    kinds[one] = "MEANWHILE" if later else "EXTRA"
            elif one not in here:
                older = (record.updated_at or 0) < (self.plan.earliest or 0)
                if not older:
                    kinds[one] = "MEANWHILE" if later else "MISSING"
            elif record.updated_at != here[one]:
                kinds[one] = "MEANWHILE" if later else "STALE"
        return kinds

    def _repair(self, ids: Sequence[str], found: _Found) -> None:
        def merged(done: Merged) -> None:
            found.repaired += done.inserted + done.updated + done.deleted

        sweeps = Sweeps(
            loading=self.loading,
            state={},
            save=lambda _: None,
            rows=found.table_records or 1,
            log=merged,
        )
        for start in range(0, len(ids), SHOWN):
            for _ in sweeps.look_up(ids[start : start + SHOWN]):
                pass


def _certificate(
    name: str, run_id: str, found: _Found, began: int, ended: int, spent: int
) -> Certificate:
    counted = Counter(found.kinds.values())
    wrong = counted["MISSING"] + counted["EXTRA"] + counted["STALE"]
    result = "COMPLETE"
    if found.stopped is not None or found.repaired < wrong:
        result = "INCOMPLETE"
    elif wrong:
        result = "REPAIRED"
    return Certificate(
        sync=name,
        run_id=run_id,
        checked_at=began,
        method=METHOD,
        result=result,
        hubspot_records=found.hubspot_records,
        table_records=found.table_records,
        missing=counted["MISSING"],
        extra=counted["EXTRA"],
        stale=counted["STALE"],
        changed_meanwhile=counted["MEANWHILE"],
        repaired=found.repaired,
        requests=spent,
        duration_seconds=(ended - began) / 1000,
        differences=[(one, kind) for one, kind in found.kinds.items() if kind != "MEANWHILE"][
            :SHOWN
        ],
    )


def _answer(made: Certificate, found: _Found) -> dict[str, Json]:
    wrong = made.missing + made.extra + made.stale
    said = {
        "COMPLETE": f"{made.table_records} rows of {made.sync} agree with HubSpot",
        "REPAIRED": f"{wrong} rows of {made.sync} differed from HubSpot and were repaired: "
        f"{made.missing} missing, {made.extra} too many, {made.stale} stale",
        "INCOMPLETE": f"the comparison of {made.sync} did not come to its end; run it again",
    }[made.result]
    if made.changed_meanwhile:
        said += f"; {made.changed_meanwhile} changed since the last run, which the next one reads"
    code = "OK" if found.stopped is None else found.stopped.response_code
    differences: list[Json] = [{"id": one, "kind": kind} for one, kind in made.differences]
    return {
        "response_code": code,
        "message": said if found.stopped is None else f"{said} ({found.stopped.message})",
        "sync": made.sync,
        "run_id": made.run_id,
        "result": made.result,
        "hubspot_records": made.hubspot_records,
        "table_records": made.table_records,
        "missing": made.missing,
        "extra": made.extra,
        "stale": made.stale,
        "changed_meanwhile": made.changed_meanwhile,
        "repaired": made.repaired,
        "requests": made.requests,
        "differences": differences,
    }
