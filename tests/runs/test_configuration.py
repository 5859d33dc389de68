"""CONFIGURE_ALL: the settings of the app and of several syncs, all of them or none."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from hubspot_ingest.errors import Refusal
from hubspot_ingest.inbound import configure
from hubspot_ingest.operations import pausing
from tests.runs.world import World

BEFORE = {"properties": ["email"], "associations": []}
PAUSED, RESUMED = {"enabled": False}, {"enabled": True}
GOOD = {
    "app": {"schedule": "60 MINUTES"},
    "syncs": {"contacts": {"properties": ["city"]}, "deals": {"enabled": False}},
}


def _configure_all(world: World, configuration: Any, *, apply: bool = True) -> dict[str, Any]:
    try:
        return configure.configure_all(world.context, configuration, apply=apply)
    except Refusal as error:
        return {"response_code": error.code, "message": error.message}


def _stored(world: World) -> dict[str, Any]:
    syncs = world.rows("SELECT NAME, ENABLED, SETTINGS FROM HUBSPOT_INGEST.CORE.SYNCS")
    [app] = world.rows("SELECT SETTINGS FROM HUBSPOT_INGEST.CORE.SETTINGS")
    return {
        "app": json.loads(app["SETTINGS"]),
        **{row["NAME"]: (row["ENABLED"], json.loads(row["SETTINGS"])) for row in syncs},
    }


def test_everything_is_stored(world: World) -> None:
    world.configure("contacts", BEFORE)

    assert _configure_all(world, GOOD)["response_code"] == "OK"

    assert _stored(world) == {
        "app": {"schedule": "60 MINUTES"},
        "contacts": (True, {"properties": ["city"]}),
        "deals": (False, {}),
    }


def test_a_check_stores_nothing(world: World) -> None:
    world.configure("contacts", BEFORE)

    assert _configure_all(world, GOOD, apply=False)["response_code"] == "OK"

    assert _stored(world) == {"app": {}, "contacts": (True, BEFORE)}


@pytest.mark.parametrize(
    ("part", "wrong", "named"),
    [
        ("syncs", {"deals": {"no_such": 1}}, "sync deals"),
        ("syncs", {"deals": {"properties": ["no_such"]}}, "sync deals"),
        ("syncs", {"deals": {"enabled": "maybe"}}, "sync deals"),
        ("syncs", {"deals": {"destination": {"table": "CONTACTS"}}}, "sync deals"),
        ("app", {"no_such": 1}, "the app"),
        ("others", {}, "a configuration is an object"),
    ],
)
def test_one_fault_keeps_everything_from_being_stored(
    world: World, part: str, wrong: dict[str, Any], named: str
) -> None:
    world.configure("contacts", BEFORE)
    configuration = {"syncs": {"contacts": {"properties": ["city"]}}}
    configuration[part] = {**configuration.get(part, {}), **wrong}

    answer = _configure_all(world, configuration)

    assert answer["response_code"] != "OK"
    assert named in answer["message"]
    assert _stored(world) == {"app": {}, "contacts": (True, BEFORE)}


def test_all_faults_are_named(world: World) -> None:
    configuration = {"app": {"a": 1}, "syncs": {"deals": {"b": 1}, "contacts": {"c": 1}}}

    message = _configure_all(world, configuration)["message"]

    assert "the app: " in message
    assert "sync deals: " in message
    assert "sync contacts: " in message


def _refuse_to_switch_deals(monkeypatch: pytest.MonkeyPatch) -> None:
    enable = configure.enable

    def failing(context: Any, name: str, *, enabled: bool, with_all: bool = False) -> Any:
        if name == "deals":
            raise Refusal("no more")
        return enable(context, name, enabled=enabled, with_all=with_all)

    monkeypatch.setattr(configure, "enable", failing)


def test_what_fails_while_it_is_stored_is_put_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.configure("contacts", BEFORE)
    _refuse_to_switch_deals(monkeypatch)

    answer = _configure_all(world, GOOD)

    assert "everything is as it was before" in answer["message"]
    assert _stored(world) == {"app": {}, "contacts": (True, BEFORE)}


def _pause_all(world: World) -> None:
    disable = partial(configure.enable, world.context, enabled=False, with_all=True)
    pausing.pause_all(world.database, pausing.SYNCS, disable)


def _resume_all(world: World) -> Any:
    enable = partial(configure.enable, world.context, enabled=True)
    return pausing.resume_all(world.database, pausing.SYNCS, enable, everything=False)["names"]


def test_a_configuration_of_when_all_were_paused_lets_them_be_resumed_together(
    world: World,
) -> None:
    world.configure("contacts", BEFORE)
    world.configure("deals", {})
    configure.enable(world.context, "deals", enabled=False)
    _pause_all(world)

    _configure_all(world, {"syncs": {"contacts": PAUSED, "deals": PAUSED}})

    assert _resume_all(world) == ["contacts"]


def test_a_configuration_that_resumes_one_takes_it_out_of_what_is_resumed_together(
    world: World,
) -> None:
    world.configure("contacts", BEFORE)
    _pause_all(world)

    _configure_all(world, {"syncs": {"contacts": RESUMED}})
    configure.enable(world.context, "contacts", enabled=False)

    assert _resume_all(world) == []


def test_what_is_put_back_is_resumed_together_as_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.configure("contacts", BEFORE)
    _pause_all(world)
    _refuse_to_switch_deals(monkeypatch)

    _configure_all(world, {"syncs": {"contacts": RESUMED, "deals": RESUMED}})

    assert _resume_all(world) == ["contacts"]
