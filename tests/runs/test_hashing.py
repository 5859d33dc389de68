"""Values that land as hashes: nowhere in Snowflake can they be read."""

from __future__ import annotations

import hashlib
import json
from typing import NoReturn

import pytest

from hubspot_ingest.diagnose import explain_row
from hubspot_ingest.errors import Refusal
from hubspot_ingest.inbound import configure
from hubspot_ingest.inbound.load import stored_values
from hubspot_ingest.inbound.reconcile.reconciliation import reconcile
from hubspot_ingest.inbound.replay.table_replay import replay
from hubspot_ingest.model import Json
from tests.runs.conftest import MakeWorld
from tests.runs.meddling import before, meddling
from tests.runs.test_doctor import doctor_report
from tests.runs.test_shape_upkeep import die_at
from tests.runs.world import CONTACTS, HOUR, SLIM, STATE_TABLES, World, on_an_empty_stack

HISTORY = f"{CONTACTS}_HISTORY"
EMAIL = "ada.lovelace@analytical.example"


def _salt(world: World) -> str:
    [row] = world.rows("SELECT HASH_SALT FROM HUBSPOT_INGEST.STATE.SETTINGS")
    return str(row["HASH_SALT"])


def _hash(world: World, value: str) -> str:
    return hashlib.sha256((_salt(world) + value).encode()).hexdigest()


def _with_ada(make: MakeWorld, **settings: object) -> tuple[World, str]:
    """A world in which one contact has an e-mail that nothing else has; its id."""
    world = make({"contacts": 12})
    record_id = next(iter(world.portal.records("contacts"))).id
    world.portal.update("contacts", record_id, {"email": EMAIL, "loyalty_points": "4711"})
    world.configure("contacts", {**SLIM, **settings})
    return world, record_id


def _keep_pages(world: World) -> None:
    world.call("CALL configure_app(PARSE_JSON('{\"keep_pages_days\": 7}'))")


def _row(world: World, record_id: str) -> dict[str, object]:
    [row] = world.rows(f"SELECT * FROM {CONTACTS} WHERE ID = '{record_id}'")
    return row


def _readable(world: World, *texts: str) -> list[str]:
    """The tables, of the destination and of the state, in which one of some texts stands."""
    tables = [f"HUBSPOT_INGEST.STATE.{table}" for table in STATE_TABLES]
    tables += [table for table in (CONTACTS, HISTORY) if world.exists(table)]
    return [
        table
        for table in tables
        if any(text in repr(world.rows(f"SELECT * FROM {table}")) for text in texts)
    ]


def test_a_hashed_value_stands_nowhere_as_it_is(make: MakeWorld) -> None:
    world, record_id = _with_ada(make, hash=["email"], history=["email"])
    _keep_pages(world)

    world.run()

    row = _row(world, record_id)
    assert row["PROPERTIES_EMAIL"] == _hash(world, EMAIL)
    assert json.loads(str(row["PROPERTIES"]))["email"] == _hash(world, EMAIL)
    past = world.rows(f"SELECT VALUE FROM {HISTORY} WHERE ID = '{record_id}'")
    assert _hash(world, EMAIL) in [each["VALUE"] for each in past]
    assert world.rows("SELECT 1 FROM HUBSPOT_INGEST.STATE.PAGES")
    assert _readable(world, EMAIL) == []


def test_equal_values_have_equal_hashes_and_empty_ones_none(make: MakeWorld) -> None:
    world, record_id = _with_ada(make, hash=["firstname", "lifecyclestage"])
    world.portal.update("contacts", record_id, {"firstname": ""})

    world.run()

    assert _row(world, record_id)["PROPERTIES_FIRSTNAME"] is None
    [counts] = world.rows(
        "SELECT COUNT(DISTINCT PROPERTIES_LIFECYCLESTAGE) AS HASHES, COUNT(*) AS ALL_ROWS, "
        f"MAX(LENGTH(PROPERTIES_LIFECYCLESTAGE)) AS LONGEST FROM {CONTACTS}"
    )
    stages = {row.properties["lifecyclestage"] for row in world.portal.records("contacts")}
    assert counts["HASHES"] == len(stages - {None, ""})
    assert counts["LONGEST"] == 64


def test_a_number_that_is_hashed_is_text(make: MakeWorld) -> None:
    world, record_id = _with_ada(make, hash=["loyalty_points"])

    world.run()

    assert _row(world, record_id)["PROPERTIES_LOYALTY_POINTS"] == _hash(world, "4711")


def test_the_doctor_knows_that_hashes_are_text(make: MakeWorld) -> None:
    world, _ = _with_ada(make, hash=["loyalty_points"])
    world.run()

    answer = doctor_report(world)

    findings = [each for each in answer["findings"] if each["check"] == "TABLE"]
    assert [each["severity"] for each in findings] == ["OK"], findings


@pytest.mark.long
def test_hashing_later_leaves_nothing_to_read_of_before(make: MakeWorld) -> None:
    world, record_id = _with_ada(make, history=["email"])
    _keep_pages(world)
    gone_id = [record.id for record in world.portal.records("contacts")][1]
    world.portal.update("contacts", gone_id, {"email": f"gone.{EMAIL}", "loyalty_points": "4712"})
    world.run()
    world.portal.purge("contacts", gone_id)
    assert set(_readable(world, EMAIL)) >= {CONTACTS, HISTORY, "HUBSPOT_INGEST.STATE.PAGES"}
    world.clock.advance(HOUR)

    world.configure("contacts", SLIM | {"history": ["email"], "hash": ["email", "loyalty_points"]})
    world.run()

    assert _readable(world, EMAIL, "4711", "4712") == []
    gone = _row(world, gone_id)
    assert gone["PROPERTIES_EMAIL"] == _hash(world, f"gone.{EMAIL}")
    assert gone["PROPERTIES_LOYALTY_POINTS"] is None
    assert gone["PROPERTIES_LOYALTY_POINTS_TEXT"] == _hash(world, "4712")
    assert _row(world, record_id)["PROPERTIES_LOYALTY_POINTS_TEXT"] == _hash(world, "4711")


@pytest.mark.long
def test_past_values_are_hashed_though_their_table_was_dropped(make: MakeWorld) -> None:
    world, record_id = _with_ada(make, history=["email"])
    world.run()
    world.portal.purge("contacts", record_id)
    world.rows(f"DROP TABLE {CONTACTS}")

    world.configure("contacts", SLIM | {"history": ["email"], "hash": ["email"]})
    world.run()

    assert world.rows(f"SELECT VALUE FROM {HISTORY} WHERE ID = '{record_id}'")
    assert _readable(world, EMAIL) == []


def test_a_glob_that_no_property_matches_hashes_nothing(make: MakeWorld) -> None:
    world, record_id = _with_ada(make, history=["email"])
    world.run()

    world.configure("contacts", SLIM | {"history": ["email"], "hash": ["*passport*"]})
    world.run()

    assert _row(world, record_id)["PROPERTIES_EMAIL"] == EMAIL


@pytest.mark.long
def test_past_values_of_a_property_that_hubspot_has_no_more_are_hashed(make: MakeWorld) -> None:
    world, record_id = _with_ada(make, properties=["firstname"], history=["email"])
    world.run()
    world.portal.archive_property("contacts", "email")
    world.portal.update("contacts", record_id, {"firstname": "Ada"})
    world.clock.advance(HOUR)
    world.run()

    world.configure("contacts", SLIM | {"properties": ["firstname"], "hash": ["*mail"]})
    world.run()

    assert _readable(world, EMAIL) == []


@pytest.mark.long
def test_a_column_of_before_is_hashed_under_another_prefix_too(make: MakeWorld) -> None:
    world, record_id = _with_ada(make)
    world.run()
    world.portal.archive_property("contacts", "email")
    world.portal.purge("contacts", record_id)

    settings = SLIM | {"properties": ["firstname"], "column_prefix": "P_"}
    world.configure("contacts", settings)
    world.run()
    world.configure("contacts", settings | {"hash": ["?mail"]})
    world.run()

    assert _row(world, record_id)["PROPERTIES_EMAIL"] == _hash(world, EMAIL)
    assert _readable(world, EMAIL) == []


@pytest.mark.long
def test_what_was_kept_is_deleted_though_the_run_that_hashes_is_killed(make: MakeWorld) -> None:
    world, _ = _with_ada(make)
    _keep_pages(world)
    world.run()
    pages, copy = "HUBSPOT_INGEST.STATE.PAGES", "HUBSPOT_DATA.CRM.KEPT"
    world.rows(f"CREATE TABLE {copy} AS SELECT * FROM {pages}")
    world.configure("contacts", SLIM | {"hash": ["email"]})
    # as by a run that had not noticed yet that its settings changed
    world.rows(f"INSERT INTO {pages} SELECT * FROM {copy}")
    die_at(world, "PAGES WHERE SYNC = ?", world.ingest)
    world.clock.advance(HOUR)

    world.run()

    assert _readable(world, EMAIL) == []


@pytest.mark.long
def test_hashing_ends_with_the_deadline_and_is_carried_on(
    make: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_values, "ROWS", 5)
    world, _ = _with_ada(make)
    world.run()
    emails = [str(record.properties["email"]) for record in world.portal.records("contacts")]
    world.configure("contacts", SLIM | {"hash": ["email"]})

    with meddling(world, before("REGEXP_LIKE"), lambda: world.clock.advance(HOUR)):
        stopped = world.ingest()

    assert (stopped["status"], stopped["response_code"]) == ("STOPPED", "DEADLINE_REACHED")
    assert _readable(world, *emails) == [CONTACTS]
    world.run()
    assert _readable(world, *emails) == []


def test_a_backfill_hashes_no_hash_again(make: MakeWorld) -> None:
    world, _ = _with_ada(make, hash=["email"], history=["email"])
    world.run()
    rows = world.rows(f"SELECT * FROM {CONTACTS} ORDER BY ID")
    past = world.rows(f"SELECT * FROM {HISTORY} ORDER BY ID, PROPERTY, CHANGED_AT")
    world.syncs.reset("contacts", world.clock.now())

    world.run()

    assert world.rows(f"SELECT * FROM {CONTACTS} ORDER BY ID") == rows
    assert world.rows(f"SELECT * FROM {HISTORY} ORDER BY ID, PROPERTY, CHANGED_AT") == past


@pytest.mark.long
def test_a_property_that_is_left_out_and_hashed_is_left_out_and_no_longer_read(
    make: MakeWorld,
) -> None:
    world, record_id = _with_ada(make)
    world.run()

    world.configure("contacts", SLIM | {"properties": ["firstname"], "hash": ["email"]})
    world.run()

    row = _row(world, record_id)
    assert row["PROPERTIES_EMAIL"] == _hash(world, EMAIL)
    assert "email" not in json.loads(str(row["PROPERTIES"]))


@pytest.mark.long
def test_a_sync_that_hashes_no_more_reads_the_values_again(make: MakeWorld) -> None:
    world, record_id = _with_ada(make, hash=["email", "loyalty_points"])
    world.run()

    world.configure("contacts", SLIM)
    world.run()

    row = _row(world, record_id)
    assert row["PROPERTIES_EMAIL"] == EMAIL
    assert json.loads(str(row["PROPERTIES"]))["loyalty_points"] == "4711"


def test_filters_on_a_hashed_property_compare_its_value(make: MakeWorld) -> None:
    filters = [{"filters": [{"propertyName": "email", "operator": "EQ", "value": EMAIL}]}]
    world, record_id = _with_ada(make, hash=["email"], filter_groups=filters)

    world.run()

    [row] = world.rows(f"SELECT ID, PROPERTIES_EMAIL FROM {CONTACTS}")
    assert row == {"ID": record_id, "PROPERTIES_EMAIL": _hash(world, EMAIL)}


def test_a_comparison_finds_a_hashed_table_complete(make: MakeWorld) -> None:
    world, _ = _with_ada(make, hash=["email", "loyalty_points"])
    world.run()

    answer = on_an_empty_stack(lambda: dict(reconcile(world.context, "contacts")))

    assert answer["result"] == "COMPLETE", answer


@pytest.mark.long
def test_a_replay_of_kept_pages_makes_the_same_hashes(make: MakeWorld) -> None:
    world, record_id = _with_ada(make, hash=["email"])
    _keep_pages(world)
    world.run()
    world.rows(f"DELETE FROM {CONTACTS}")

    on_an_empty_stack(lambda: dict(replay(world.context, "contacts", None)))

    assert _row(world, record_id)["PROPERTIES_EMAIL"] == _hash(world, EMAIL)


def test_an_e_mail_finds_the_row_of_a_contact_that_is_gone(make: MakeWorld) -> None:
    world, record_id = _with_ada(make, hash=["email"])
    world.run()
    world.portal.purge("contacts", record_id)

    answer = on_an_empty_stack(
        lambda: explain_row.row_explanation(world.context, "contacts", EMAIL)
    )

    assert answer["id"] == record_id


def test_a_hash_of_something_that_the_portal_lacks_is_refused(make: MakeWorld) -> None:
    world = make()

    with pytest.raises(Refusal, match="'hash': this portal has no property 'e-mail'"):
        world.configure("contacts", {"hash": ["e-mail"]})


@pytest.mark.parametrize("stream", ["owners", "events"])
def test_what_is_no_record_is_not_hashed(make: MakeWorld, stream: str) -> None:
    world = make()

    with pytest.raises(Refusal, match="setting 'hash' means nothing to"):
        world.configure(stream, {"hash": ["email"]})


def test_a_salt_of_ones_own_makes_hashes_that_others_can_make(make: MakeWorld) -> None:
    world, record_id = _with_ada(make)
    world.call('CALL configure_app(PARSE_JSON(\'{"hash_salt": ""}\'))')
    world.configure("contacts", SLIM | {"hash": ["email"]})

    world.run()

    plain = hashlib.sha256(EMAIL.encode()).hexdigest()
    assert _row(world, record_id)["PROPERTIES_EMAIL"] == plain


def test_the_salt_stands_in_no_view_and_in_no_answer(make: MakeWorld) -> None:
    world, _ = _with_ada(make)

    answer = world.call('CALL configure_app(PARSE_JSON(\'{"hash_salt": "pepper"}\'))')

    assert answer["response_code"] == "OK"
    assert "pepper" not in repr(answer)
    assert "pepper" not in repr(world.rows("SELECT * FROM HUBSPOT_INGEST.CORE.SETTINGS"))


def test_another_salt_is_refused_while_a_sync_hashes(make: MakeWorld) -> None:
    world, _ = _with_ada(make, hash=["email"])

    answer = world.call('CALL configure_app(PARSE_JSON(\'{"hash_salt": "pepper"}\'))')

    assert "contacts" in answer["message"]
    assert answer["response_code"] == "INVALID_SETTINGS"


@pytest.mark.long
def test_views_in_fivetrans_shape_show_the_hash(make: MakeWorld) -> None:
    world, record_id = _with_ada(make, hash=["email", "loyalty_points"])
    world.run()

    world.call("CALL make_fivetran_views()")

    [row] = world.rows(
        "SELECT PROPERTY_EMAIL, PROPERTY_LOYALTY_POINTS FROM HUBSPOT_DATA.HUBSPOT.CONTACT "
        f"WHERE ID = {record_id}"
    )
    assert row["PROPERTY_EMAIL"] == _hash(world, EMAIL)
    assert row["PROPERTY_LOYALTY_POINTS"] == _hash(world, "4711")


def test_a_salt_comes_with_the_syncs_that_hash_with_it(make: MakeWorld) -> None:
    world = make({"contacts": 1})
    hashing = SLIM | {"hash": ["email"]}
    settings: Json = {"app": {"hash_salt": "pepper"}, "syncs": {"contacts": hashing}}

    on_an_empty_stack(lambda: dict(configure.configure_all(world.context, settings, apply=True)))

    assert _salt(world) == "pepper"


def test_a_salt_is_as_before_where_a_sync_cannot_be_stored(
    make: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make({"contacts": 1})
    world.call('CALL configure_app(PARSE_JSON(\'{"hash_salt": "before"}\'))')

    def refuse(*_: object, **__: object) -> NoReturn:
        raise Refusal("no more")

    monkeypatch.setattr(configure, "configure", refuse)

    settings: Json = {"app": {"hash_salt": "pepper"}, "syncs": {"contacts": {}}}

    with pytest.raises(Refusal, match="everything is as it was before"):
        configure.configure_all(world.context, settings, apply=True)

    assert _salt(world) == "before"
