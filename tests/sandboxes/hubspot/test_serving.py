from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import respx

from hubspot_sandbox import Faults, Limits, Planned, Sandbox
from hubspot_sandbox.command import main
from tests.sandboxes.hubspot.asking import CONTACTS, App, portal_with

SOURCES = Path(__file__).parents[3] / "src"


def bearer(sandbox: Sandbox) -> dict[str, str]:
    return {"Authorization": f"Bearer {sandbox.portal.token}"}


def test_over_http_the_answers_are_the_same_as_in_process() -> None:
    sandbox = Sandbox(portal_with(contacts=5))
    with (
        sandbox.serve() as server,
        httpx.Client(base_url=server.url, headers=bearer(sandbox)) as http,
    ):
        page = http.get(CONTACTS, params={"limit": 2, "properties": "email,free_text"})
        found = http.post(f"{CONTACTS}/search", json={"limit": 1})
    assert page.json() == App(sandbox).get(CONTACTS, limit=2, properties="email,free_text").json
    assert found.json()["total"] == 5


def test_over_http_a_dropped_connection_really_is_dropped() -> None:
    """H98."""
    sandbox = Sandbox(portal_with(), faults=Faults(plan=[Planned("dropped")]))
    details = "/account-info/2026-09/details"
    with (
        sandbox.serve() as server,
        httpx.Client(base_url=server.url, headers=bearer(sandbox)) as http,
    ):
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            http.get(details)
        assert http.get(details).status_code == 200


def test_over_http_a_long_url_is_refused_not_broken() -> None:
    """H10."""
    sandbox = Sandbox(portal_with())
    with (
        sandbox.serve() as server,
        httpx.Client(base_url=server.url, headers=bearer(sandbox)) as http,
    ):
        assert http.get(CONTACTS, params={"properties": "x" * 60_000}).status_code == 414


def test_behind_respx_no_socket_is_needed() -> None:
    sandbox = Sandbox(portal_with(contacts=2))
    with respx.mock(base_url="https://api.hubapi.com") as router:
        router.route().mock(side_effect=sandbox.respond)
        reply = httpx.get(f"https://api.hubapi.com{CONTACTS}", headers=bearer(sandbox))
    assert len(reply.json()["results"]) == 2


def test_the_sandbox_remembers_what_was_asked() -> None:
    app = App(Sandbox(portal_with(contacts=1), Limits(burst=1)))
    app.get(f"{CONTACTS}/{app.seeded()[0]}", properties="email")
    app.search()
    app.get(CONTACTS)
    assert [(seen.method, seen.endpoint, seen.status) for seen in app.sandbox.requests] == [
        ("GET", f"{CONTACTS}/{{id}}", 200),
        ("POST", f"{CONTACTS}/search", 200),
        ("GET", CONTACTS, 429),
    ]
    assert app.sandbox.requests[0].query == "properties=email"
    assert json.loads(app.sandbox.requests[1].body)["limit"] == 200


def test_the_command_prints_address_and_token_and_serves_until_interrupted() -> None:
    code = "import sys; from hubspot_sandbox.command import main; sys.exit(main(sys.argv[1:]))"
    arguments = ["--records", "contacts=7", "--seed", "7", "--latency-ms", "1", "--burst", "190"]
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip().removeprefix("HUBSPOT_BASE_URL=")
        token = process.stdout.readline().strip().removeprefix("HUBSPOT_TOKEN=")
        reply = httpx.get(f"{url}{CONTACTS}", headers={"Authorization": f"Bearer {token}"})
        process.send_signal(signal.SIGINT)
        status = process.wait(timeout=10)
    assert (len(reply.json()["results"]), status) == (7, 0)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)


@pytest.mark.parametrize(
    "arguments", [["--records", "contacts"], ["--records", "elephants=5"], ["--nope"]]
)
def test_the_command_refuses_what_it_does_not_understand(arguments: list[str]) -> None:
    assert main(arguments) == 2
