"""STATE.PROPERTIES: the properties that a run saw, written under the run's key."""

from __future__ import annotations

from hubspot_ingest.database.columns import Column, Type
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.progress import LeaseRequest, Leases
from hubspot_ingest.database.state.properties import PortalSchema
from hubspot_ingest.database.state.stored_state import read_stored_state
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.model import Property

NOW = 1_790_000_000_123


def _key(database: Database) -> tuple[str, str, str]:
    """The key of a run that holds the lease of contacts."""
    Syncs(database).save("contacts", "contacts", {}, NOW)
    sync = Syncs(database).find("contacts")
    assert sync is not None
    request = LeaseRequest(sync, "run-1", str(sync.version), NOW)
    assert Leases(database).take([request], NOW) == [True]
    return sync.name, request.version, request.run_id


def test_properties_come_back_with_their_columns(database: Database) -> None:
    schema = PortalSchema(database)
    properties = (
        Property("email", "string", "E-mail", 'It\'s "the" address\n\\', (), False),
        Property("stage", "enumeration", "Stage", "", (("a;b", "A, b"), ("c", "C 🚀")), True),
        Property("unselected", "number"),
    )
    columns = [Column(f"P_{prop.name.upper()}", Type.TEXT, prop.name) for prop in properties[:2]]

    schema.save_properties(_key(database), properties, columns)

    stored = dict(read_stored_state(database, NOW).properties["contacts"])
    assert stored == {properties[0]: "P_EMAIL", properties[1]: "P_STAGE", properties[2]: None}


def test_properties_take_the_place_of_those_before(database: Database) -> None:
    schema, key = PortalSchema(database), _key(database)
    email, phone, city = (Property(name, "string") for name in ("email", "phone", "city"))
    schema.save_properties(key, (email, phone), [Column("P_EMAIL", Type.TEXT, "email")])

    schema.save_properties(key, (email, city), [])

    stored = dict(read_stored_state(database, NOW).properties["contacts"])
    assert stored == {email: None, city: None}


def test_a_run_under_other_settings_stores_no_properties(database: Database) -> None:
    schema, key = PortalSchema(database), _key(database)
    Syncs(database).save("contacts", "deals", {}, NOW, forget=True)

    schema.save_properties(key, (Property("email", "string"),), [])

    assert not read_stored_state(database, NOW).properties.get("contacts")
