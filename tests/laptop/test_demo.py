"""``hubspot-ingest demo`` and ``sandbox``: what a newcomer types first."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import httpx

from tests.laptop.process import Laptop

PATIENCE_SECONDS = 240
PROMISED = (
    "CALL ingest_hubspot('contacts')",
    "5000 contacts read, 5000 inserted",
    "HUBSPOT_DATA.CRM.CONTACTS",
    "PROPERTIES_EMAIL",
    "TIMESTAMP_NTZ",
    "42 contacts read, 5 inserted and 37 updated",
    "requests to HubSpot",
    "SUCCEEDED",
    "/crm/objects/2026-09/contacts/search",
    "42 changed in HubSpot, 42 merged.",
)


def test_the_demo_shows_the_main_job_and_leaves_it_to_look_into(tmp_path: Path) -> None:
    done = Laptop(tmp_path / "home").run("demo", timeout=PATIENCE_SECONDS)

    assert (done.status, done.err) == (0, "")
    assert [words for words in PROMISED if words not in done.out] == []
    assert "pat-na1" not in done.out
    home = re.search(r"export HUBSPOT_INGEST_HOME=(\S+)", done.out)
    assert home is not None
    counted = Laptop(Path(home[1])).sql("SELECT COUNT(*) AS N FROM HUBSPOT_DATA.CRM.CONTACTS")
    assert counted.rows == [{"N": 5_005}]


def test_the_sandbox_prints_its_address_and_a_token_that_works(tmp_path: Path) -> None:
    laptop = Laptop(tmp_path)
    with laptop.running("sandbox", "--records", "contacts=3", "--seed", "7") as process:
        environment = dict(
            line.split("=", 1) for line in process.reads("HUBSPOT_TOKEN=").splitlines()
        )
        answer = httpx.get(
            f"{environment['HUBSPOT_BASE_URL']}/crm/objects/2026-09/contacts",
            headers={"Authorization": f"Bearer {environment['HUBSPOT_TOKEN']}"},
            trust_env=False,
        )
        called = Laptop(tmp_path / "home", **environment).sql("CALL ingest_hubspot('contacts')")
        ended = process.end(signal.SIGINT)

    assert len(answer.json()["results"]) == 3
    assert environment["HUBSPOT_BASE_URL"].startswith("http://127.0.0.1:")
    assert called.answer["rows_inserted"] == 3
    assert ended == 0
