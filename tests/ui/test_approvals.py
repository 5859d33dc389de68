"""Snowflake's own dialogs open from the page; on a laptop there is nothing to approve."""

from __future__ import annotations

from typing import Any

import pytest
import snowflake.permissions as permissions

from page import approvals
from tests.ui.conftest import Open

MISSING = ["EXECUTE TASK", "EXECUTE MANAGED TASK"]


class Asked(dict[str, Any]):
    """What Snowflake's SDK was asked to open, by function."""


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """An account in which neither the connection nor the tasks are approved."""
    asked = Asked()
    specifications = [{"name": "HUBSPOT_API", "status": "PENDING"}]
    for name, function in {
        "get_application_specifications": lambda: specifications,
        "get_missing_account_privileges": lambda names: [n for n in names if n in MISSING],
        "is_viewer_mode": lambda: False,
        "request_application_specification_review": lambda names: asked.update(review=names),
        "request_account_privileges": lambda names: asked.update(privileges=names),
    }.items():
        monkeypatch.setattr(permissions, name, function)
    return asked


def test_what_is_not_approved_is_said_with_buttons_that_open_the_dialogs(
    open_page: Open, account: Asked
) -> None:
    view, _ = open_page()

    view.draw()
    assert "Not approved yet: the connection to api.hubapi.com" in view.text
    assert "Not granted yet: EXECUTE TASK, EXECUTE MANAGED TASK" in view.text
    view.press("Review the connection").press("Review the privileges")

    assert account == {"review": ["HUBSPOT_API"], "privileges": MISSING}


def test_what_is_approved_is_said(
    open_page: Open, account: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved = [{"name": "HUBSPOT_API", "status": "APPROVED"}]
    monkeypatch.setattr(permissions, "get_application_specifications", lambda: approved)
    monkeypatch.setattr(permissions, "get_missing_account_privileges", lambda names: names[:0])
    view, _ = open_page()

    view.draw()

    assert "Approved. The app may reach HubSpot" in view.text
    assert not [label for label in view.labels if label.startswith("Review")]
    assert not account


def test_outside_snowsight_no_button_promises_a_dialog(
    open_page: Open, account: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permissions, "is_viewer_mode", lambda: True)
    view, _ = open_page()

    view.draw()

    assert "Open this page in Snowsight to approve it" in view.text
    assert not [label for label in view.labels if label.startswith("Review")]
    assert not account


def test_on_a_laptop_there_is_nothing_to_approve(open_page: Open) -> None:
    view, _ = open_page()

    view.draw()

    assert "What is needed" in view.text
    assert "Not granted yet" not in view.text
    assert "Approved." not in view.text


def test_the_privileges_are_those_of_the_manifest(manifest_privileges: set[str]) -> None:
    assert {*approvals.PRIVILEGES} == manifest_privileges


@pytest.fixture
def manifest_privileges() -> set[str]:
    import yaml

    from tests.runs.conftest import APP

    manifest = yaml.safe_load((APP / "manifest.yml").read_text())
    return {name for privilege in manifest["privileges"] for name in privilege}
