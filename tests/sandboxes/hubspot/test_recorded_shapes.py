"""The local HubSpot answers in the shapes of answers that nobody here wrote.

``recorded_shapes.json`` holds one small shape for each stream: fields, nesting and types as in a
recorded answer, an example of HubSpot's pages or its OpenAPI files, with source and date; the
values are invented. ``extras`` are fields that only the local HubSpot has, with all below them;
``absent`` are those that only the shape has.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from hubspot_ingest.catalog.registry import STREAMS
from hubspot_sandbox import Portal, Sandbox
from tests.sandboxes.hubspot.asking import App, SetClock

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[2] / "docs" / "BEHAVIOR.md"
SHAPES: list[dict[str, Any]] = json.loads((HERE / "recorded_shapes.json").read_text("utf-8"))
MAPS = ("properties", "additionalProperties", "counters", "metadata")
"""Objects whose keys are names of the portal's own: any key, values of one type."""


@pytest.fixture(scope="module")
def app() -> App:
    return App(Sandbox(Portal.demo(2, SetClock())))


def typed_fields(value: Any, path: str = "") -> dict[str, set[str]]:
    """The types of every field by its path; elements of lists and values of maps are one."""
    if isinstance(value, dict):
        fields: dict[str, set[str]] = {path: {"object"}}
        for name, item in value.items():
            key = "*" if path.rpartition(".")[2] in MAPS else name
            merge(fields, typed_fields(item, f"{path}.{key}"))
        return fields
    if isinstance(value, list):
        fields = {path: {"list"}}
        for item in value:
            merge(fields, typed_fields(item, f"{path}[]"))
        return fields
    kinds = {bool: "true or false", int: "number", float: "number", str: "text"}
    return {path: set() if value is None else {kinds[type(value)]}}


def merge(fields: dict[str, set[str]], others: dict[str, set[str]]) -> None:
    for path, types in others.items():
        fields.setdefault(path, set()).update(types)


def empty_ones(value: Any, path: str = "") -> list[str]:
    """The paths of the empty lists and objects of a shape."""
    if isinstance(value, dict | list) and not value:
        return [path]
    items: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        items = [(f"{path}.{name}", item) for name, item in value.items()]
    elif isinstance(value, list):
        items = [(f"{path}[]", item) for item in value]
    return [empty for at, item in items for empty in empty_ones(item, at)]


def path_of(app: App, template: str) -> str:
    portal = app.portal
    if "{event}" in template:
        (event, *_) = [
            event for event in app.seeded("marketing_events") if portal.participations.of(event)
        ]
        return template.replace("{event}", event)
    return (
        template.replace("{list}", portal.lists.kept.all()[0].id)
        .replace("{form}", portal.forms.kept.all()[0].id)
        .replace("{email_campaign}", portal.mail.campaigns.all()[0].id)
    )


@pytest.mark.parametrize("recorded", SHAPES, ids=lambda row: "+".join(row["streams"]))
def test_an_answer_has_the_recorded_fields_nesting_and_types(
    app: App, recorded: dict[str, Any]
) -> None:
    path = path_of(app, recorded["path"])
    reply = app.ask(recorded["method"], path, recorded.get("body"), **recorded.get("query", {}))
    assert reply.status == 200, reply.body
    rows = reply.json[recorded["rows"]] if recorded["rows"] else [reply.json]
    answered: dict[str, set[str]] = {}
    for row in rows:
        merge(answered, typed_fields(row))
    expected = typed_fields(recorded["shape"])
    assert sorted(set(expected) - set(answered)) == sorted(recorded.get("absent", ()))
    # Below a list or an object that was empty where it was recorded nothing is known.
    empty = tuple(f"{path}{mark}" for path in empty_ones(recorded["shape"]) for mark in ".[")
    extras = tuple(recorded.get("extras", ()))
    more = {path for path in set(answered) - set(expected) if not path.startswith(empty)}
    assert {path for path in more if not path.startswith(extras)} == set()
    assert all(any(path.startswith(extra) for path in more) for extra in extras), extras
    for field in set(expected) & set(answered):
        types = expected[field], answered[field]
        assert not types[0] or not types[1] or types[0] == types[1], (field, types)


def evidence_table() -> dict[str, tuple[str, str]]:
    """Kind of evidence and date by stream, as docs/BEHAVIOR.md tells them."""
    rows = re.findall(
        r"^\| `(\w+)` \| (recorded|documented|unverified) \| [^|]* \| ([\d-]*) \|",
        DOCUMENT.read_text("utf-8"),
        flags=re.MULTILINE,
    )
    return {stream: (kind, date) for stream, kind, date in rows}


def test_the_table_of_evidence_has_a_row_for_every_stream() -> None:
    assert set(evidence_table()) == {stream.name for stream in STREAMS}


def test_the_table_of_evidence_says_what_the_shapes_say() -> None:
    table = evidence_table()
    for recorded in SHAPES:
        for stream in recorded["streams"]:
            assert table[stream] == (recorded["kind"], recorded["date"]), stream
