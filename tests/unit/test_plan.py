from __future__ import annotations

import json
from datetime import UTC, date
from typing import Any

import pytest

from hubspot_ingest.catalog.registry import RECORD_STREAMS
from hubspot_ingest.errors import InvalidFilter, Refusal
from hubspot_ingest.hubspot import requests
from hubspot_ingest.inbound.plan.plan import (
    Strategy,
    check_names,
    fits_url,
    list_plan,
    make_reading,
    rotation_plan,
    selected_properties,
    without_links,
)
from hubspot_ingest.inbound.plan.relative_days import Calendar
from hubspot_ingest.model import Property
from hubspot_ingest.settings import parse_settings
from tests.builders import MINUTE, NOW, TABLE, a_plan, a_property

A_FILTER = {"propertyName": "email", "operator": "HAS_PROPERTY"}
FILTERED = {"filter_groups": [{"filters": [A_FILTER]}]}
WIDE = [a_property(f"{'long_name_' * 9}{n:04d}") for n in range(2_000)]
AN_HOUR_AGO = NOW - 60 * MINUTE


def test_a_backfill_without_filters_is_read_by_list() -> None:
    assert a_plan().strategy is Strategy.LIST


def test_a_backfill_whose_properties_fit_no_url_is_read_wide() -> None:
    assert a_plan(properties=WIDE).strategy is Strategy.WIDE


def test_a_backfill_with_filters_is_read_by_search() -> None:
    assert a_plan(FILTERED).strategy is Strategy.SEARCH


def test_what_changed_since_the_last_run_is_read_by_search() -> None:
    assert a_plan(settled_through=AN_HOUR_AGO).strategy is Strategy.SEARCH
    assert a_plan(properties=WIDE, settled_through=AN_HOUR_AGO).strategy is Strategy.SEARCH


def test_reading_from_a_date_on_is_read_by_search() -> None:
    assert a_plan({"updated_after": "2026-01-31"}).strategy is Strategy.SEARCH


def test_a_full_refresh_is_read_like_a_backfill() -> None:
    plan = a_plan({"sync_mode": "full_refresh"}, settled_through=AN_HOUR_AGO)
    assert (plan.strategy, plan.since) == (Strategy.LIST, None)


def test_names_that_no_list_of_a_url_can_hold_are_read_wide() -> None:
    assert a_plan(properties=[a_property("last, first")]).strategy is Strategy.WIDE


# -- the window -----------------------------------------------------------------------------------


def test_a_backfill_begins_nowhere() -> None:
    assert a_plan().since is None


def test_a_run_begins_where_the_last_one_settled() -> None:
    assert a_plan(settled_through=AN_HOUR_AGO).since == AN_HOUR_AGO


def test_a_lookback_begins_earlier() -> None:
    plan = a_plan({"lookback_minutes": 30}, settled_through=AN_HOUR_AGO)
    assert plan.since == AN_HOUR_AGO - 30 * MINUTE


def test_nothing_older_than_updated_after_is_read() -> None:
    after = {"updated_after": "2026-09-21T14:00:00Z", "lookback_minutes": 600}
    beginning = NOW - 13 * MINUTE - 20_000
    assert a_plan(after).since == beginning
    assert a_plan(after, settled_through=NOW - MINUTE).since == beginning
    full = {**after, "sync_mode": "full_refresh"}
    assert a_plan(full, settled_through=NOW - MINUTE).since == beginning


def test_updated_after_holds_no_run_back() -> None:
    after = {"updated_after": "2026-01-31"}
    assert a_plan(after, settled_through=AN_HOUR_AGO).since == AN_HOUR_AGO


def test_only_what_has_settled_counts_as_read() -> None:
    assert a_plan().until == NOW - 10 * MINUTE
    assert a_plan({"settle_minutes": 0}).until == NOW
    assert a_plan({"settle_minutes": 60}).until == NOW - 60 * MINUTE


def test_a_longer_settling_never_moves_the_cursor_back() -> None:
    plan = a_plan({"settle_minutes": 60}, settled_through=NOW - MINUTE)
    assert plan.until == NOW - MINUTE


def window(value: int) -> dict[str, str]:
    return {"propertyName": "lastmodifieddate", "operator": "GTE", "value": str(value)}


def test_the_window_is_sent_in_every_group() -> None:
    two = {"filter_groups": [{"filters": [A_FILTER]}, {"filters": [A_FILTER, A_FILTER]}]}
    plan = a_plan(two, settled_through=AN_HOUR_AGO)
    assert plan.search_groups == [
        [A_FILTER, window(AN_HOUR_AGO)],
        [A_FILTER, A_FILTER, window(AN_HOUR_AGO)],
    ]


def test_without_filters_the_window_stands_alone() -> None:
    assert a_plan(settled_through=AN_HOUR_AGO).search_groups == [[window(AN_HOUR_AGO)]]


def test_a_filter_at_the_epoch_is_never_sent() -> None:
    assert a_plan(FILTERED).search_groups == [[A_FILTER]]
    assert a_plan({"updated_after": "1969-01-01"}).search_groups == [[window(1_000)]]


def test_each_stream_is_searched_by_its_own_modified_date() -> None:
    [[window_filter]] = a_plan(stream="deals", settled_through=AN_HOUR_AGO).search_groups
    assert isinstance(window_filter, dict)
    assert window_filter["propertyName"] == "hs_lastmodifieddate"


def test_where_nothing_tells_when_a_record_was_changed_all_is_read_each_time() -> None:
    plan = a_plan(settled_through=AN_HOUR_AGO, timed=False)
    assert (plan.timed, plan.since, plan.strategy) == (False, None, Strategy.LIST)


def test_a_first_day_is_refused_where_nothing_tells_when_a_record_was_changed() -> None:
    with pytest.raises(Refusal, match="'updated_after'"):
        a_plan({"updated_after": "2026-01-31"}, timed=False)


def test_a_portal_whose_properties_nobody_has_read_yet_is_taken_to_tell_the_time() -> None:
    reading = make_reading(
        "a_sync",
        parse_settings("contacts", {}),
        RECORD_STREAMS["contacts"],
        [],
        settled_through=AN_HOUR_AGO,
        now=NOW,
        table=TABLE,
    )
    assert (reading.timed, reading.since) == (True, AN_HOUR_AGO)


OF_TODAY = {"propertyName": "lastmodifieddate", "operator": "EQ", "value": "TODAY"}


@pytest.mark.parametrize(
    ("condition", "read_on", "since"),
    [
        (OF_TODAY, "2026-03-10", AN_HOUR_AGO),
        (OF_TODAY, "2026-03-09", None),
        # the filters were changed since
        (OF_TODAY, None, None),
        (A_FILTER, "2026-03-09", None),
        (A_FILTER, None, AN_HOUR_AGO),
    ],
)
def test_what_was_read_by_filters_of_another_day_is_read_anew(
    condition: dict[str, str], read_on: str | None, since: int | None
) -> None:
    plan = a_plan(
        {"filter_groups": [{"filters": [condition]}]},
        settled_through=AN_HOUR_AGO,
        calendar=Calendar(date(2026, 3, 10), UTC),
        read_on=read_on,
    )
    assert plan.since == since


AFTER = {"updated_after": "2026-01-31"}


@pytest.mark.parametrize(
    ("settings", "settled_through", "incremental"),
    [
        ({}, None, False),
        ({}, AN_HOUR_AGO, True),
        (AFTER, None, False),
        (AFTER, AN_HOUR_AGO, True),
    ],
)
def test_a_run_that_reads_on_where_another_ended_is_incremental(
    settings: dict[str, Any], settled_through: int | None, incremental: bool
) -> None:
    assert a_plan(settings, settled_through=settled_through).incremental is incremental


@pytest.mark.parametrize(
    ("settings", "selective"),
    [({}, False), (FILTERED, True), (AFTER, True), ({**FILTERED, **AFTER}, True)],
)
def test_a_sync_with_a_filter_or_a_first_day_leaves_records_out(
    settings: dict[str, Any], selective: bool
) -> None:
    assert a_plan(settings).selective is selective


# -- the same records once more -------------------------------------------------------------------


@pytest.mark.parametrize(("properties", "strategy"), [((), "LIST"), (WIDE, "WIDE")])
def test_all_records_once_more_are_read_from_the_primary_store(
    properties: list[Property], strategy: str
) -> None:
    plan = a_plan(properties=properties, settled_through=AN_HOUR_AGO)
    for again in (list_plan(plan), rotation_plan(plan)):
        assert (again.strategy, again.since) == (strategy, None)


def test_a_choice_of_records_once_more_is_searched_from_its_first_day_on() -> None:
    settings = {**FILTERED, "updated_after": "2026-09-21T14:00:00Z"}
    again = rotation_plan(a_plan(settings, settled_through=NOW - MINUTE))
    assert (again.strategy, again.since) == (Strategy.SEARCH, again.earliest)
    assert again.since == NOW - 13 * MINUTE - 20_000


def test_filters_are_checked_against_the_portal() -> None:
    with pytest.raises(InvalidFilter, match="'email'"):
        a_plan(FILTERED, [a_property("phone")])


# -- properties -----------------------------------------------------------------------------------

PORTAL = [a_property(name) for name in ("phone", "email", "hs_email_x", "hs_email_y", "hs_z")]


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        (["*"], ["email", "hs_email_x", "hs_email_y", "hs_z", "phone"]),
        (["*", "!hs_email_*"], ["email", "hs_z", "phone"]),
        (["!hs_*"], ["email", "phone"]),
        (["!hs_*", "*"], ["email", "phone"]),
        (["hs_*", "!*_y"], ["hs_email_x", "hs_z"]),
        (["phone", "email"], ["email", "phone"]),
        (["phone", "hs_?"], ["hs_z", "phone"]),
        (["phone", "p*"], ["phone"]),
        (["nothing*"], []),
        (["*", "!gone"], ["email", "hs_email_x", "hs_email_y", "hs_z", "phone"]),
    ],
)
def test_globs_take_and_deny_properties(globs: list[str], expected: list[str]) -> None:
    assert [prop.name for prop in selected_properties(globs, PORTAL)] == expected


def test_a_plain_name_the_portal_does_not_have_is_refused_with_the_nearest() -> None:
    with pytest.raises(Refusal, match=r"'properties'.*'emial' here \(did you mean 'email'\?\)"):
        check_names(["phone", "emial"], PORTAL)
    with pytest.raises(Refusal, match="'history'"):
        check_names(["emial"], PORTAL, setting="history")


def test_a_name_that_ends_in_a_blank_is_taken_as_settings_can_say_it() -> None:
    portal = [a_property("tail "), a_property("phone")]

    check_names(["tail"], portal)

    assert [prop.name for prop in selected_properties(["tail"], portal)] == ["tail "]
    assert [prop.name for prop in selected_properties(["*", "!tail"], portal)] == ["phone"]


def test_globs_and_denials_may_match_nothing() -> None:
    check_names(["*", "x*", "!gone", "hs_?", "phone"], PORTAL)


def test_a_property_that_disappears_later_stops_no_run() -> None:
    assert [prop.name for prop in selected_properties(["phone", "gone"], PORTAL)] == ["phone"]


def test_a_glob_is_case_for_case() -> None:
    assert selected_properties(["E*"], PORTAL) == ()


def test_only_selected_properties_are_asked_for_and_get_a_column() -> None:
    plan = a_plan({"properties": ["p*"]}, PORTAL)
    assert plan.properties == ("phone",)
    assert [column.name for column in plan.property_columns] == ["PROPERTIES_PHONE"]


def test_properties_with_2_000_long_names_all_get_a_column() -> None:
    assert len({column.name for column in a_plan(properties=WIDE).columns}) > 2_000


def test_fitting_a_url_is_decided_by_the_longest_page_token() -> None:
    names = ["x" * 99] * 140
    while fits_url("contacts", names, ()):
        names.append("x")
    names.pop()
    target = requests.list_page("contacts", names, after="9" * 20).target
    assert requests.URL_LIMIT - 10 < len(target) <= requests.URL_LIMIT


def test_a_url_as_long_as_may_be_fits_and_a_longer_one_does_not() -> None:
    def url(name: str) -> int:
        return len(requests.list_page("contacts", [name], after="9" * 20).target)

    longest = "x" * (1 + requests.URL_LIMIT - url("x"))
    assert fits_url("contacts", [longest], ())
    assert not fits_url("contacts", [f"{longest}x"], ())


def test_the_history_of_properties_is_kept_where_it_is_asked_for() -> None:
    assert a_plan({"history": ["p*"]}, PORTAL).history == ("phone",)
    assert a_plan(properties=PORTAL).history == ()


def test_properties_land_as_hashes_where_it_is_asked_for() -> None:
    assert a_plan({"hash": ["p*"]}, PORTAL).hasher.names == {"phone"}
    assert a_plan(properties=PORTAL).hasher.names == frozenset()


# -- columns --------------------------------------------------------------------------------------


def test_associations_come_from_the_catalog_unless_they_are_set() -> None:
    assert a_plan().associations == ("companies",)
    assert a_plan({"associations": ["deals"]}).associations == ("deals",)
    assert a_plan({"associations": []}).associations == ()


def test_links_to_custom_objects_are_named_by_their_type() -> None:
    plan = a_plan({"associations": ["goals", "2-345"]})
    assert plan.linked_types == {"goals": "goal_targets", "2-345": "2-345"}


def test_links_that_cannot_be_read_are_left_out_and_the_others_are_not() -> None:
    plan = a_plan({"associations": ["companies", "deals"]})
    assert without_links(plan, ["deals"]).associations == ("companies",)


def test_every_column_has_a_name_of_its_own() -> None:
    awkward = ["id", "ID", "properties", "companies_ids", "Email", "email", "_run_id"]
    plan = a_plan({"column_prefix": ""}, [a_property(name) for name in awkward])
    names = [column.name for column in plan.columns]
    assert sorted(set(names)) == sorted(names)
    assert {column.property for column in plan.property_columns} == {*awkward, "lastmodifieddate"}


# -- the checkpoint's hash ------------------------------------------------------------------------


def test_the_same_plan_later_carries_on_from_a_checkpoint() -> None:
    before = a_plan(FILTERED, settled_through=AN_HOUR_AGO)
    assert a_plan(FILTERED, settled_through=AN_HOUR_AGO, now=NOW + MINUTE).hash == before.hash


@pytest.mark.parametrize(
    ("settings", "more"),
    [
        ({}, {}),
        ({**FILTERED, "properties": ["phone"]}, {}),
        ({**FILTERED, "associations": []}, {}),
        (FILTERED, {"stream": "deals"}),
        (FILTERED, {"settled_through": NOW - MINUTE}),
        ({**FILTERED, "sync_mode": "full_refresh"}, {"settled_through": AN_HOUR_AGO}),
        ({**FILTERED, "lookback_minutes": 60}, {"settled_through": AN_HOUR_AGO}),
    ],
)
def test_a_plan_that_reads_anything_else_does_not(
    settings: dict[str, Any], more: dict[str, Any]
) -> None:
    portal = [a_property("email"), a_property("phone")]
    before = a_plan(FILTERED, portal, settled_through=AN_HOUR_AGO)
    other = a_plan(settings, portal, **{"settled_through": AN_HOUR_AGO, **more})
    assert other.hash != before.hash


def test_a_hash_is_text_that_state_can_hold() -> None:
    assert json.loads(json.dumps(a_plan().hash)) == a_plan().hash
