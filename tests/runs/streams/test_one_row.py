"""A new stream takes one row: these stand in no catalog, and run."""

from __future__ import annotations

import httpx
import pytest

from hubspot_ingest.catalog.stream import AfterPaging, Every, ItemStream, PerParent
from hubspot_ingest.credentials import Authenticator, Token
from hubspot_ingest.database.columns import Column, Type
from hubspot_ingest.database.state.progress import LeaseRequest, StateWriter, release
from hubspot_ingest.database.state.runs import RunLog
from hubspot_ingest.database.state.stored_state import read_stored_state
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.hubspot.rate_limits import Governor
from hubspot_ingest.inbound.items.run import ItemRun
from hubspot_ingest.inbound.opening.closing import EndingRun
from hubspot_ingest.inbound.opening.filled_tables import FilledTables
from hubspot_ingest.inbound.opening.sync_state import read_sync_states
from hubspot_ingest.settings import parse_settings
from tests.runs.world import BASE_URL, HOUR, World

ROWS = (
    ItemStream(
        "property_counts",
        path="/crm/limits/2026-09/custom-properties",
        items="byObjectType",
        key=("OBJECT_TYPE_ID",),
        columns=(
            Column("OBJECT_TYPE_ID", Type.TEXT, "objectTypeId"),
            Column("USAGE", Type.NUMBER, "usage"),
        ),
    ),
    ItemStream(
        "contact_ids",
        path="/crm/objects/2026-09/contacts",
        query=(("properties", "email"),),
        paging=AfterPaging(5),
        missing_kind="PURGED",
        columns=(
            Column("ID", Type.TEXT, "id"),
            Column("EMAIL", Type.TEXT, "properties.email"),
        ),
    ),
    ItemStream(
        "labels_by_hand",
        parents=PerParent(Every.OBJECT_TYPE_PAIRS),
        path="/crm/associations/2026-03/{from}/{to}/labels",
        key=("A", "B", "TYPE_ID"),
        columns=(
            Column("A", Type.TEXT, "@from"),
            Column("B", Type.TEXT, "@to"),
            Column("TYPE_ID", Type.TEXT, "typeId"),
        ),
    ),
)


def _run(world: World, stream: ItemStream) -> RunLog:
    now = world.clock.now()
    log = RunLog(f"run-{now}", stream.name, stream.name, now)
    world.syncs.save(stream.name, stream.name, {}, now)
    stored = read_stored_state(world.database, now, stream.name)
    sync = stored.syncs[stream.name]
    request = LeaseRequest(sync, log.run_id, str(sync.version), now)
    assert world.leases.take([request], now) == [True]
    settings = parse_settings(stream.name, {})
    [sync_state] = read_sync_states(world.database, stored, [(stream.name, settings, sync)])
    writer = StateWriter(
        world.database,
        world.clock,
        *(stream.name, log.run_id, request.turn, request.version, sync.earned_on),
    )
    client = Client(
        BASE_URL,
        Authenticator(Token(world.token), world.clock),
        Governor(world.clock),
        world.clock,
        deadline=now + HOUR,
        transport=httpx.MockTransport(world.sandbox.respond),
    )
    with client:
        run = ItemRun(
            sync_state=sync_state,
            stream=stream,
            database=world.database,
            ending=EndingRun(log, writer),
            tables=FilledTables(world.database, sync_state, writer, "1"),
            client=client,
            fetch=client.fetch,
            clock=world.clock,
            heartbeat=lambda: None,
            tick=0.1,
            portal_id="1",
        )
        for _ in run.steps():
            pass
    release([writer])
    return log


@pytest.mark.parametrize("stream", ROWS, ids=lambda stream: stream.name)
def test_a_stream_of_one_row_runs(world: World, stream: ItemStream) -> None:
    first = _run(world, stream)
    world.clock.advance(HOUR)
    again = _run(world, stream)

    rows = world.rows(f"SELECT * FROM HUBSPOT_DATA.CRM.{stream.name.upper()}")
    assert len(rows) == first.rows_inserted == first.rows_read > 0
    assert (again.rows_read, again.rows_inserted, again.rows_updated) == (first.rows_read, 0, 0)
    assert all(row["RAW"] and row["_RUN_ID"] == first.run_id for row in rows)
