"""What a push wrote comes back by a sync, told from changes of others, and goes no second round."""

from __future__ import annotations

from tests.push.conftest import MakePushWorld
from tests.runs.world import MINUTE

SOURCE = {"database": "MARTS", "schema": "CRM", "view": "NAMES"}


def test_a_push_from_a_table_that_a_sync_fills_with_the_same_records_ends(
    make_push: MakePushWorld,
) -> None:
    world = make_push({"contacts": 3})
    for record in world.portal.records("contacts"):
        world.portal.update("contacts", record.id, {"firstname": "ada"})
    world.run()
    world.database.rows(
        "CREATE OR REPLACE VIEW MARTS.CRM.NAMES AS SELECT ID AS CONTACT_ID, "
        "UPPER(PROPERTIES_FIRSTNAME) AS FIRST_NAME FROM HUBSPOT_DATA.CRM.CONTACTS"
    )
    world.configure_push(
        source=SOURCE,
        key="CONTACT_ID",
        strategy="update",
        match={"hs_object_id": "CONTACT_ID"},
        properties={"firstname": "FIRST_NAME"},
    )
    assert world.pushed()["rows_updated"] == 3
    [theirs, *ours] = world.portal.records("contacts")
    world.clock.advance(MINUTE)
    world.portal.update("contacts", theirs.id, {"jobtitle": "Captain"})
    world.clock.advance(60 * MINUTE)
    assert world.run()["rows_updated"] == 3
    echoes = world.rows(
        "SELECT c.ID FROM HUBSPOT_DATA.CRM.CONTACTS c JOIN HUBSPOT_INGEST.CORE.PUSH_ROWS p "
        "ON p.RECORD_ID = c.ID AND TO_TIMESTAMP_NTZ(p.HUBSPOT_MODIFIED_AT) = c.UPDATED_AT"
    )
    assert {row["ID"] for row in echoes} == {record.id for record in ours}
    world.asked()
    assert world.pushed()["rows_changed"] == 0
    assert not [seen for seen in world.asked() if "/batch/" in seen.path]
