"""The credential is in one file that only its owner can read, and nowhere else."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hubspot_ingest.credentials import Authenticator, Token
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.hubspot.rate_limits import Governor
from hubspot_ingest.inbound.run.runner import ingest
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import SyncSettings
from hubspot_sandbox import Portal, Sandbox
from tests.laptop.process import Laptop, served
from tests.nights import pairs
from tests.runs.world import BASE_URL, World

TOKEN = "pat-eu1-5ec7e75e-c7e7-4111-8222-333344445555"
WRONG = "pat-eu1-0badbad0-0bad-4111-8222-333344445555"


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Laptop]:
    portal = Portal(1, records={"contacts": 5})
    portal.grant(TOKEN, None)
    with served(Sandbox(portal), tmp_path / "home") as laptop:
        yield Laptop(tmp_path / "home", HUBSPOT_BASE_URL=laptop.environment["HUBSPOT_BASE_URL"])


def _where(home: Path, words: str) -> list[Path]:
    """The files that hold ``words``."""
    files = [file for file in home.rglob("*") if file.is_file()]
    assert files
    return [file for file in files if words.encode() in file.read_bytes()]


def test_a_stored_token_is_in_the_secret_file_and_nowhere_else(laptop: Laptop) -> None:
    done = [
        laptop.sql(f"CALL set_token('{TOKEN}')"),
        laptop.sql("CALL ingest_hubspot('contacts')"),
    ]

    assert [process.status for process in done] == [0, 0]
    assert [process for process in done if TOKEN in process.out + process.err] == []
    [secret] = _where(laptop.home, TOKEN)
    assert secret.stat().st_mode & 0o777 == 0o600


def test_a_failing_statement_does_not_repeat_the_token(laptop: Laptop) -> None:
    done = laptop.sql(f"CALL set_tokn('{TOKEN}')")

    assert done.status == 1
    assert TOKEN not in done.out + done.err
    assert _where(laptop.home, TOKEN) == []


def test_no_table_of_state_and_no_log_holds_the_token(
    served: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    served.portal.grant(TOKEN, None)
    for token, code in ((WRONG, "CREDENTIAL_REJECTED"), (TOKEN, "OK")):
        served.rows("CALL HUBSPOT_INGEST.CORE.SET_TOKEN(?)", (token,))
        answer = served.call("CALL HUBSPOT_INGEST.CORE.INGEST_HUBSPOT('contacts')")
        assert answer["response_code"] == code
        served.call("CALL HUBSPOT_INGEST.CORE.TEST_CONNECTION()")

    stored = json.dumps(served.stored(), default=str)
    assert len(served.runs()) == 2
    assert TOKEN not in stored
    assert WRONG not in stored
    ours = [
        record
        for record in caplog.records
        if record.name.startswith(("hubspot", "httpx", "httpcore"))
    ]
    assert [
        record for record in ours if TOKEN in record.getMessage() or WRONG in record.getMessage()
    ] == []


@pytest.mark.parametrize(
    ("status", "shape"), pairs((400, 401, 403, 404, 503), ("json", "html", "text"))
)
def test_an_answer_that_repeats_the_token_is_told_without_it(
    world: World, status: int, shape: str
) -> None:
    said = f"Bearer {TOKEN} is not welcome, {TOKEN}!"
    body = {"json": json.dumps({"message": said}), "html": f"<p>{said}</p>", "text": said}[shape]

    def client(_settings: SyncSettings, deadline: int) -> Client:
        transport = httpx.MockTransport(lambda _: httpx.Response(status, text=body))
        governor = Governor(world.clock)
        access = Authenticator(Token(TOKEN), world.clock)
        return Client(
            BASE_URL, access, governor, world.clock, deadline=deadline, transport=transport
        )

    context = Context(world.database, world.clock, client, BASE_URL)
    answer = ingest("contacts", context)

    assert answer["response_code"] != "OK"
    assert TOKEN not in json.dumps(answer) + json.dumps(world.stored(), default=str)
