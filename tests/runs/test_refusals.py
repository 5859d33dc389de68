"""What is wrong is refused before anything is stored or sent, and the answer says what is right."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hubspot_ingest.errors import IngestError, Refusal
from tests.runs.world import World


def _filter(name: str, operator: str, **more: Any) -> dict[str, Any]:
    return {"propertyName": name, "operator": operator, **more}


def _group(*filters: dict[str, Any]) -> dict[str, Any]:
    return {"filter_groups": [{"filters": list(filters)}]}


EQ = _filter("email", "EQ", value="a@b.c")

# settings → code, and what the message must say
WRONG: dict[str, tuple[Any, str, tuple[str, ...]]] = {
    "property": (
        _group(_filter("lifecycelstage", "EQ", value="x")),
        "INVALID_FILTER",
        ("'lifecycelstage'", "did you mean 'lifecyclestage'"),
    ),
    "operator": (
        _group(_filter("email", "EQUALS", value="x")),
        "INVALID_FILTER",
        ("filter_groups.0.filters.0.operator", "CONTAINS_TOKEN"),
    ),
    "operator for its type": (
        _group(_filter("vip", "GT", value="true")),
        "INVALID_FILTER",
        ("GT does not fit 'vip'", "bool", "EQ"),
    ),
    "number": (
        _group(_filter("loyalty_points", "GT", value="many")),
        "INVALID_FILTER",
        ("'many'", "'loyalty_points'", "number"),
    ),
    "not a number": (
        _group(_filter("loyalty_points", "GT", value="NaN")),
        "INVALID_FILTER",
        ("'NaN'", "'loyalty_points'"),
    ),
    "date": (
        _group(_filter("createdate", "GT", value="yesterday")),
        "INVALID_FILTER",
        ("'yesterday'", "'createdate'", "datetime"),
    ),
    "boolean": (_group(_filter("vip", "EQ", value="yep")), "INVALID_FILTER", ("'yep'", "bool")),
    "option": (
        _group(_filter("lifecyclestage", "EQ", value="Customer")),
        "INVALID_FILTER",
        ("'Customer'", "did you mean 'customer'", "opportunity"),
    ),
    "value left out": (_group(_filter("email", "EQ")), "INVALID_FILTER", ("EQ takes value",)),
    "value too many": (
        _group(_filter("email", "HAS_PROPERTY", value="x")),
        "INVALID_FILTER",
        ("HAS_PROPERTY takes neither value nor values",),
    ),
    "half a range": (
        _group(_filter("loyalty_points", "BETWEEN", value=1)),
        "INVALID_FILTER",
        ("BETWEEN takes value and highValue",),
    ),
    "range of numbers that ends before it begins": (
        _group(_filter("loyalty_points", "BETWEEN", value=9, highValue="5.5")),
        "INVALID_FILTER",
        ("'loyalty_points'", "between 9 and 5.5", "value is more than highValue; swap them"),
    ),
    "range of days that ends before it begins": (
        _group(_filter("createdate", "BETWEEN", value="2026-02-01", highValue="2026-01-31")),
        "INVALID_FILTER",
        ("'createdate'", "swap them"),
    ),
    "empty list": (
        _group(_filter("email", "IN", values=[])),
        "INVALID_FILTER",
        ("IN takes values",),
    ),
    "six groups": (
        {"filter_groups": [{"filters": [EQ]}] * 6},
        "INVALID_FILTER",
        ("6 groups", "at most 5"),
    ),
    "five filters in a group": (_group(*[EQ] * 5), "INVALID_FILTER", ("5 filters", "at most 4")),
    "eleven filters in four groups": (
        {"filter_groups": [{"filters": [EQ] * 3}] * 3 + [{"filters": [EQ] * 2}]},
        "INVALID_FILTER",
        ("11 filters", "at most 10"),
    ),
    "empty group": ({"filter_groups": [{"filters": []}]}, "INVALID_FILTER", ("filters",)),
    "unknown part of a filter": (
        _group({**EQ, "vlaue": "x"}),
        "INVALID_FILTER",
        ("'filter_groups.0.filters.0.vlaue'", "did you mean 'value'"),
    ),
    "unknown setting": (
        {"shedule": "60 MINUTES"},
        "INVALID_SETTINGS",
        ("'shedule'", "did you mean 'schedule'", "known: associations, column_prefix"),
    ),
    "unknown part of the destination": (
        {"destination": {"tabel": "X"}},
        "INVALID_SETTINGS",
        ("'destination.tabel'", "did you mean 'table'"),
    ),
    "table name": (
        {"destination": {"table": "MY TABLE"}},
        "INVALID_SETTINGS",
        ("'MY TABLE'", "letters, digits and _"),
    ),
    "table name with a quote": (
        {"destination": {"table": 'X"; DROP'}},
        "INVALID_SETTINGS",
        ("destination.table",),
    ),
    "schema name": ({"destination": {"schema": "1ST"}}, "INVALID_SETTINGS", ("'1ST'",)),
    "stream": (
        {"stream": "contcats"},
        "UNKNOWN_STREAM",
        ("'contcats'", "did you mean 'contacts'", "companies", "2-"),
    ),
    "custom object": (
        {"stream": "2-99"},
        "UNKNOWN_STREAM",
        ("'2-99'", "2-3456789 (p62515001_machines)"),
    ),
    "associated stream": ({"associations": ["compnies"]}, "UNKNOWN_STREAM", ("'companies'",)),
    "selected property": (
        {"properties": ["emial"]},
        "INVALID_SETTINGS",
        ("'emial'", "did you mean 'email'"),
    ),
    "empty glob": ({"properties": ["!"]}, "INVALID_SETTINGS", ("properties", '"!hs_email_*"')),
    "mode": ({"sync_mode": "daily"}, "INVALID_SETTINGS", ("incremental", "full_refresh")),
    "time": ({"updated_after": "last week"}, "INVALID_SETTINGS", ("'last week'", "ISO 8601")),
    "schedule": ({"schedule": "hourly"}, "INVALID_SETTINGS", ("'hourly'", "60 MINUTES")),
    "share": ({"reserve_percent": 100}, "INVALID_SETTINGS", ("reserve_percent", "95")),
    "deadline": ({"deadline_minutes": 0}, "INVALID_SETTINGS", ("deadline_minutes",)),
    "minutes": ({"settle_minutes": "ten"}, "INVALID_SETTINGS", ("settle_minutes",)),
    "prefix": ({"column_prefix": "1-"}, "INVALID_SETTINGS", ("'1-'",)),
    "no object": (["contacts"], "INVALID_SETTINGS", ("must be an object", "PARSE_JSON")),
}
# what only the portal knows is asked of it, and nothing more
ASKED = {"schemas", "contacts"}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_settings_are_refused_and_nothing_is_stored_or_read(world: World, case: str) -> None:
    settings, code, said = WRONG[case]

    before = world.stored()

    with pytest.raises(Refusal) as refused:
        world.configure("contacts", settings)

    assert refused.value.response_code == code
    assert [one for one in said if one not in refused.value.message] == []
    assert "\n" not in refused.value.message
    assert world.stored() == before
    assert {one.path.rsplit("/", 1)[-1] for one in world.asked()} <= ASKED
    assert not world.exists()


@pytest.mark.parametrize("case", ["unknown setting", "six groups", "table name", "stream"])
def test_what_is_wrong_in_itself_is_refused_without_asking_hubspot(world: World, case: str) -> None:
    with pytest.raises(Refusal):
        world.configure("contacts", WRONG[case][0])

    assert world.asked() == []


def test_wrong_settings_leave_those_stored_before_alone(world: World) -> None:
    world.configure("contacts", {"settle_minutes": 3})
    before = world.stored()

    with pytest.raises(Refusal):
        world.configure("contacts", {"settle_minutes": 4, "shedule": None})

    assert world.stored() == before


@pytest.mark.parametrize("name", ["", "  ", "a b", "x" * 101, "contacts'; --", "-first"])
def test_a_bad_name_of_a_sync_is_refused(world: World, name: str) -> None:
    before = world.stored()
    with pytest.raises(Refusal) as run:
        world.ingest(name)
    with pytest.raises(Refusal) as configured:
        world.configure(name, {})

    assert {one.value.response_code for one in (run, configured)} == {"INVALID_NAME"}
    assert world.stored() == before
    assert world.asked() == []


def test_running_an_unknown_stream_is_refused_and_not_remembered(world: World) -> None:
    before = world.stored()
    with pytest.raises(IngestError) as refused:
        world.ingest("contcats")

    assert refused.value.response_code == "UNKNOWN_STREAM"
    assert "did you mean 'contacts'" in refused.value.message
    assert world.stored() == before
    assert world.asked() == []


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("CALL configure_sync('contacts', PARSE_JSON('{\"shedule\": 1}'))", "INVALID_SETTINGS"),
        ("CALL ingest_hubspot('contcats')", "UNKNOWN_STREAM"),
        ("CALL drop_sync('nothing')", "UNKNOWN_SYNC"),
        ("CALL enable_sync('nothing')", "UNKNOWN_SYNC"),
        ("CALL disable_sync('nothing')", "UNKNOWN_SYNC"),
        ("CALL reset_sync('nothing')", "UNKNOWN_SYNC"),
        ("CALL set_token('two words')", "INVALID_CREDENTIAL"),
        ("CALL set_token('')", "INVALID_CREDENTIAL"),
    ],
)
def test_a_refused_call_answers_with_its_code_and_stores_nothing(
    served: World, statement: str, code: str
) -> None:
    before = served.stored()
    answer = served.call(statement)

    assert answer["response_code"] == code
    assert answer["message"]
    assert served.stored() == before
    assert served.asked() == []


def test_a_null_argument_is_refused_like_any_other(served: World) -> None:
    assert served.call("CALL ingest_hubspot(NULL)")["response_code"] == "INVALID_NAME"
    assert served.call("CALL set_token(NULL)")["response_code"] == "INVALID_CREDENTIAL"


def test_an_unknown_sync_is_answered_with_those_there_are(served: World) -> None:
    served.call("CALL configure_sync('customers', PARSE_JSON('{\"stream\": \"contacts\"}'))")

    message = served.call("CALL reset_sync('custmers')")["message"]

    assert "did you mean 'customers'" in message
    assert json.dumps("there are: customers")[1:-1] in message
