from __future__ import annotations

import pytest

from tests.sandboxes.hubspot.asking import app_with


@pytest.mark.parametrize(
    "path",
    [
        "/crm/objects/2026-09/contacts",
        "/crm/objects/2026-03/contacts",
        "/crm/v3/objects/contacts",
        "/crm/objects/v3/contacts",
    ],
)
def test_dated_and_numbered_paths_answer_the_same_records(path: str) -> None:
    """H1, H2."""
    app = app_with(contacts=3)
    assert app.get(path).ids == app.seeded()


@pytest.mark.parametrize("name", ["contacts", "contact", "0-1"])
def test_an_object_type_goes_by_plural_singular_and_id(name: str) -> None:
    """H3."""
    assert len(app_with(contacts=3).get(f"/crm/objects/2026-09/{name}").ids) == 3


@pytest.mark.parametrize("name", ["2-3456789", "p62515001_machines"])
def test_a_custom_object_goes_by_id_and_fully_qualified_name(name: str) -> None:
    """H3."""
    assert len(app_with(machines=3).get(f"/crm/objects/2026-09/{name}").ids) == 3


def test_the_bare_name_of_a_custom_object_is_refused() -> None:
    """H3."""
    reply = app_with(machines=3).get("/crm/objects/2026-09/machines")
    assert reply.status == 400
    assert reply.json["message"] == "Unable to infer object type from: machines"


def test_an_unknown_object_type_is_refused_without_category_and_errors() -> None:
    """H3."""
    reply = app_with().get("/crm/objects/2026-09/widgets")
    assert (reply.status, set(reply.json)) == (400, {"status", "message", "correlationId"})
    number = app_with().get("/crm/objects/2026-09/2-12345")
    assert number.json["message"] == "Invalid object or event type id: 2-12345"


@pytest.mark.parametrize("name", ["appointment", "course", "listing", "payment"])
def test_some_singular_names_are_refused(name: str) -> None:
    """H3."""
    assert app_with().get(f"/crm/objects/2026-09/{name}").status == 400


def test_the_case_of_an_object_types_name_does_not_matter() -> None:
    """H3."""
    assert len(app_with(contacts=3).get("/crm/objects/2026-09/Contacts").ids) == 3


def test_linked_ids_are_text_in_dated_versions_and_numbers_in_v4() -> None:
    """H4."""
    app = app_with(contacts=3, companies=3)
    body = {"inputs": [{"id": app.seeded()[0]}]}
    dated = app.post("/crm/associations/2026-09/contacts/companies/batch/read", body).json
    numbered = app.post("/crm/v4/associations/contacts/companies/batch/read", body).json
    text = dated["results"][0]["to"][0]["toObjectId"]
    assert isinstance(text, str)
    assert numbered["results"][0]["to"][0]["toObjectId"] == int(text)


def test_every_object_type_of_the_table_can_be_listed() -> None:
    """H3."""
    app = app_with()
    for kind in app.portal.object_types:
        latest = app.get(f"/crm/objects/2026-09/{kind.id}").status
        assert latest == (404 if kind.name == "projects" else 200)
        assert app.get(f"/crm/objects/2026-03/{kind.id}").status == 200
