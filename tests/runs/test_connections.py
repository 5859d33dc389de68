"""Several portals and OAuth, by the real CALL over real HTTP."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from hubspot_ingest.database.state.connections import Connections
from hubspot_ingest.operations.portals import Portals
from hubspot_sandbox import Portal, Sandbox, Several
from hubspot_sandbox.tokens import Grant
from snowflake_sandbox import Engine
from snowflake_sandbox.names import Name
from tests.runs.world import BASE_URL, World

EMEA_TOKEN = "pat-eu1-5ec7e75e-c7e7-4111-8222-333344445555"
NARROW = {"properties": ["email"], "associations": []}
EMEA_CONTACTS = "HUBSPOT_DATA.CRM.EMEA_CONTACTS"


class TwoPortals(World):
    """The American portal with 12 contacts, and the one of EMEA with 7 of the same ids."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, portal=Portal(1, records={"contacts": 12}))
        self.emea = Portal(1, records={"contacts": 7}, portal_id=777)
        self.emea.grant(EMEA_TOKEN, None)
        self.sandboxes = (Sandbox(self.portal), Sandbox(self.emea))

    def do(self, procedure: str, *args: object) -> dict[str, Any]:
        """Call a procedure; objects go as JSON."""
        holders = ["PARSE_JSON(?)" if isinstance(argument, dict) else "?" for argument in args]
        binds = [
            json.dumps(argument) if isinstance(argument, dict) else argument for argument in args
        ]
        found = self.rows(f"CALL HUBSPOT_INGEST.CORE.{procedure}({', '.join(holders)})", binds)
        answer: dict[str, Any] = json.loads(next(iter(found[0].values())))
        return answer

    def ok(self, procedure: str, *args: object) -> dict[str, Any]:
        answer = self.do(procedure, *args)
        assert answer["response_code"] == "OK", answer
        return answer

    def use(self, grant: Grant) -> None:
        self.ok("SET_OAUTH", grant.client_id, grant.client_secret, grant.refresh_token)

    def connections(self) -> list[tuple[object, ...]]:
        found = self.rows("SELECT NAME, KIND, PORTAL_ID FROM HUBSPOT_INGEST.CORE.CONNECTIONS")
        return sorted(tuple(row.values()) for row in found)


@pytest.fixture
def portals(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[TwoPortals]:
    with TwoPortals(engine) as world, Several(world.sandboxes).serve() as server:
        monkeypatch.setenv("HUBSPOT_BASE_URL", server.url)
        world.ok("SET_TOKEN", world.portal.token)
        world.ok("CONFIGURE_SYNC", "contacts", NARROW)
        yield world


@pytest.fixture
def emea(portals: TwoPortals) -> TwoPortals:
    """Two portals with a connection each."""
    portals.ok("CONFIGURE_CONNECTION", "emea", {"token": EMEA_TOKEN})
    return portals


def test_two_portals_run_side_by_side_into_tables_of_their_own(emea: TwoPortals) -> None:
    settings = {"stream": "contacts", "connection": "emea", **NARROW}
    emea.ok("CONFIGURE_SYNC", "emea_contacts", settings)

    emea.ok("INGEST_ALL")

    assert len(emea.table('"_PORTAL_ID"')) == 12
    assert set(emea.table('"_PORTAL_ID"')) == {(str(emea.portal.id),)}
    assert emea.table('"_PORTAL_ID"', EMEA_CONTACTS) == 7 * [("777",)]
    assert emea.connections() == [
        ("default", "TOKEN", str(emea.portal.id)),
        ("emea", "TOKEN", "777"),
    ]


def test_each_portal_has_its_own_governor_and_one_portal_has_one(emea: TwoPortals) -> None:
    emea.ok("CONFIGURE_CONNECTION", "emea_again", {"token": EMEA_TOKEN})
    for name in ("default", "emea", "emea_again"):
        emea.ok("TEST_CONNECTION", name)
    portals = Portals(emea.database, emea.clock, BASE_URL)

    found = [portals.governor(name) for name in ("default", "emea", "emea_again", "default")]

    assert found[0] is not found[1]
    assert found[1] is found[2]
    assert found[0] is found[3]


def test_a_connection_is_tested_by_its_name(emea: TwoPortals) -> None:
    assert emea.ok("TEST_CONNECTION")["portal_id"] == str(emea.portal.id)
    assert emea.ok("TEST_CONNECTION", "EMEA")["portal_id"] == "777"
    assert emea.do("TEST_CONNECTION", "apac")["response_code"] == "UNKNOWN_CONNECTION"


def test_an_unknown_connection_is_refused_before_anything_is_stored(emea: TwoPortals) -> None:
    answer = emea.do("CONFIGURE_SYNC", "theirs", {"stream": "contacts", "connection": "emae"})

    assert answer["response_code"] == "UNKNOWN_CONNECTION"
    assert "emea" in answer["message"]
    assert emea.syncs.names() == ["contacts"]


def test_a_connection_in_use_is_not_dropped(emea: TwoPortals) -> None:
    emea.ok("CONFIGURE_SYNC", "theirs", {"stream": "contacts", "connection": "emea"})
    refused = emea.do("DROP_CONNECTION", "emea")
    assert (refused["response_code"], "theirs" in refused["message"]) == ("CONNECTION_IN_USE", True)

    emea.ok("DROP_SYNC", "theirs")
    emea.ok("DROP_CONNECTION", "emea")

    assert [row[0] for row in emea.connections()] == ["default"]
    secret = Name("HUBSPOT_INGEST", "CONFIG", "HUBSPOT_CREDENTIAL_1")
    assert emea.engine.secrets.value(secret) == ""
    assert emea.do("DROP_CONNECTION", "emea")["response_code"] == "UNKNOWN_CONNECTION"


def test_settings_that_are_refused_by_now_keep_no_other_connection_from_being_dropped(
    emea: TwoPortals,
) -> None:
    emea.ok("CONFIGURE_SYNC", "theirs", {"stream": "contacts"})
    emea.rows(
        "UPDATE HUBSPOT_INGEST.STATE.SYNCS SET SETTINGS = PARSE_JSON(?) WHERE NAME = 'theirs'",
        ('{"stream": "contacts", "retired_setting": true}',),
    )

    emea.ok("DROP_CONNECTION", "emea")

    assert [row[0] for row in emea.connections()] == ["default"]


def test_the_slot_of_a_dropped_connection_is_free_again_and_there_are_ten(
    portals: TwoPortals,
) -> None:
    store = Connections(portals.database)
    portals.portal.grant("pat-na1-x", None)
    for n in range(9):
        portals.ok("CONFIGURE_CONNECTION", f"portal_{n}", {"token": "pat-na1-x"})
    refused = portals.do("CONFIGURE_CONNECTION", "one_more", {"token": "pat-na1-x"})
    assert refused["response_code"] == "TOO_MANY_CONNECTIONS"

    portals.ok("DROP_CONNECTION", "portal_3")
    portals.ok("CONFIGURE_CONNECTION", "one_more", {"token": "pat-na1-x"})

    assert set(store.all()) == {
        "default", "one_more", *(f"portal_{n}" for n in range(9) if n != 3)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "credential", "code"),
    [
        ("", {"token": "pat-na1-1"}, "INVALID_NAME"),
        ("1st", {"token": "pat-na1-1"}, "INVALID_NAME"),
        ("x; drop", {"token": "pat-na1-1"}, "INVALID_NAME"),
        ("emea", {"token": ""}, "INVALID_CREDENTIAL"),
        ("emea", {"client_id": "a", "client_secret": "b"}, "INVALID_CREDENTIAL"),
    ],
)
def test_what_is_no_connection_is_refused_and_nothing_stored(
    portals: TwoPortals, name: str, credential: dict[str, str], code: str
) -> None:
    assert portals.do("CONFIGURE_CONNECTION", name, credential)["response_code"] == code
    assert [row[0] for row in portals.connections()] == ["default"]


def test_a_credential_in_the_place_of_the_name_is_not_quoted(portals: TwoPortals) -> None:
    refused = portals.do("CONFIGURE_CONNECTION", "pat-na1-secret", {"writes": True})

    assert refused["response_code"] == "INVALID_NAME"
    assert "secret" not in refused["message"]


def test_a_sync_of_another_portal_gets_no_table_that_belongs_to_a_sync(emea: TwoPortals) -> None:
    emea.ok("INGEST_HUBSPOT", "contacts")
    there = {"destination": {"table": "CONTACTS"}}
    together = {"stream": "contacts", "connection": "emea", **there, **NARROW}

    refused = emea.do("CONFIGURE_SYNC", "emea_contacts", together)

    assert refused["response_code"] == "TABLE_TAKEN"
    assert "belongs to the sync contacts" in refused["message"]


def test_rows_of_two_portals_are_never_mixed_in_one_table(emea: TwoPortals) -> None:
    emea.ok("INGEST_HUBSPOT", "contacts")
    before = emea.table("*")
    emea.ok("CONFIGURE_SYNC", "contacts", {"connection": "emea", **NARROW})

    refused = emea.do("INGEST_HUBSPOT", "contacts")

    assert refused["response_code"] == "OTHER_PORTAL"
    assert f"portal {emea.portal.id}" in refused["message"]
    assert emea.table("*") == before


def test_a_credential_of_another_portal_changes_no_row(emea: TwoPortals) -> None:
    emea.ok("INGEST_HUBSPOT", "contacts")
    before = emea.table("*")
    emea.ok("SET_TOKEN", EMEA_TOKEN)

    assert emea.do("INGEST_HUBSPOT", "contacts")["response_code"] == "OTHER_PORTAL"
    assert emea.table("*") == before

    emea.ok("SET_TOKEN", emea.portal.token)
    emea.ok("INGEST_HUBSPOT", "contacts")


def test_item_streams_are_not_mixed_either(emea: TwoPortals) -> None:
    emea.ok("INGEST_HUBSPOT", "owners")
    before = emea.rows("SELECT * FROM HUBSPOT_DATA.CRM.OWNERS")
    emea.ok("SET_TOKEN", EMEA_TOKEN)

    assert emea.do("INGEST_HUBSPOT", "owners")["response_code"] == "OTHER_PORTAL"
    assert emea.rows("SELECT * FROM HUBSPOT_DATA.CRM.OWNERS") == before


def test_a_sync_that_gets_another_connection_begins_anew(emea: TwoPortals) -> None:
    emea.ok("INGEST_HUBSPOT", "contacts")

    there = {"destination": {"table": "EMEA_CONTACTS"}}
    moved = emea.ok("CONFIGURE_SYNC", "contacts", {"connection": "emea", **there, **NARROW})
    emea.ok("INGEST_HUBSPOT", "contacts")

    assert "the next run is a backfill" in moved["message"]
    assert len(emea.ids()) == 12
    assert len(emea.ids(EMEA_CONTACTS)) == 7


def test_a_grant_reads_and_nothing_shows_it(
    portals: TwoPortals, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    grant = portals.portal.authorize(rotates=True)
    secrets = [grant.client_id, grant.client_secret, grant.refresh_token]
    portals.use(grant)

    answers = [portals.ok("TEST_CONNECTION")]
    answers += [portals.ok("INGEST_HUBSPOT", "contacts") for _ in range(2)]

    secrets += [grant.refresh_token, *portals.portal.tokens.ends]
    ours = [
        record
        for record in caplog.records
        if record.name.startswith(("hubspot", "httpx", "httpcore"))
    ]
    seen = json.dumps([answers, portals.stored()], default=str)
    seen += "".join(record.getMessage() for record in ours)
    assert [secret for secret in secrets if secret in seen] == []
    assert portals.connections() == [("default", "OAUTH", str(portals.portal.id))]
    assert len(portals.ids()) == 12


def test_a_grant_may_be_that_of_any_connection(portals: TwoPortals) -> None:
    grant = portals.emea.authorize()
    credential = {
        "client_id": grant.client_id,
        "client_secret": grant.client_secret,
        "refresh_token": grant.refresh_token,
    }
    assert portals.ok("CONFIGURE_CONNECTION", "emea", credential)["kind"] == "OAUTH"
    assert portals.ok("TEST_CONNECTION", "emea")["portal_id"] == "777"


def test_a_revoked_grant_fails_the_run_and_tells_the_cure(portals: TwoPortals) -> None:
    grant = portals.portal.authorize()
    portals.use(grant)
    portals.ok("INGEST_HUBSPOT", "contacts")
    portals.portal.revoke(grant)

    failed = portals.do("INGEST_HUBSPOT", "contacts")

    assert failed["response_code"] == "CREDENTIAL_REJECTED"
    assert "install the HubSpot app in the account again" in failed["message"]
    assert grant.client_secret not in json.dumps([failed, portals.stored()], default=str)


def test_a_mistyped_key_does_not_replace_one_that_works(portals: TwoPortals) -> None:
    answer = portals.do("SET_TOKEN", "pat-na1-mistyped")

    assert answer["response_code"] == "CREDENTIAL_REJECTED"
    assert "the credential stored before stays" in answer["message"]
    assert "mistyped" not in answer["message"]
    portals.ok("INGEST_HUBSPOT", "contacts")


def test_a_mistyped_key_of_a_further_portal_changes_nothing(emea: TwoPortals) -> None:
    answer = emea.do("CONFIGURE_CONNECTION", "emea", {"token": "pat-na1-mistyped"})

    assert answer["response_code"] == "CREDENTIAL_REJECTED"
    assert emea.ok("TEST_CONNECTION", "emea")["portal_id"] == "777"


def test_another_key_of_a_connection_that_may_write_may_write_too(emea: TwoPortals) -> None:
    emea.ok("CONFIGURE_CONNECTION", "emea", {"token": EMEA_TOKEN, "writes": True})

    emea.ok("CONFIGURE_CONNECTION", "emea", {"token": EMEA_TOKEN})

    [row] = emea.rows("SELECT WRITES FROM HUBSPOT_INGEST.CORE.CONNECTIONS WHERE NAME = 'emea'")
    assert row["WRITES"] is True
    emea.ok("CONFIGURE_CONNECTION", "emea", {"token": EMEA_TOKEN, "writes": False})
    [row] = emea.rows("SELECT WRITES FROM HUBSPOT_INGEST.CORE.CONNECTIONS WHERE NAME = 'emea'")
    assert row["WRITES"] is False


def test_a_mistyped_key_makes_no_further_portal(portals: TwoPortals) -> None:
    answer = portals.do("CONFIGURE_CONNECTION", "emea", {"token": "pat-na1-mistyped"})

    assert answer["response_code"] == "CREDENTIAL_REJECTED"
    assert "nothing was stored" in answer["message"]
    assert "mistyped" not in answer["message"]
    assert [row[0] for row in portals.connections()] == ["default"]


def test_a_further_portal_is_stored_while_hubspot_cannot_be_asked(
    portals: TwoPortals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOT_BASE_URL", "http://127.0.0.1:9")

    portals.ok("CONFIGURE_CONNECTION", "emea", {"token": "pat-na1-early"})

    assert [row[0] for row in portals.connections()] == ["default", "emea"]


def test_a_mistyped_grant_does_not_replace_a_key_that_works(portals: TwoPortals) -> None:
    answer = portals.do("SET_OAUTH", "no-client", "no-secret", "no-refresh")

    assert answer["response_code"] == "CREDENTIAL_REJECTED"
    portals.ok("INGEST_HUBSPOT", "contacts")
