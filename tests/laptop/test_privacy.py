"""What other users of the machine can read of a laptop's files, and reach of its page."""

from __future__ import annotations

import os
import re
import stat
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubspot_ingest.errors import LaptopError
from hubspot_ingest.laptop import home
from hubspot_sandbox import Portal, Sandbox
from tests.laptop.process import Laptop, served


def _open_to_others(directory: Path) -> list[str]:
    """The directory and what is in it, as far as their modes let other users in."""
    paths = [directory, *directory.rglob("*")]
    return [f"{stat.filemode(path.stat().st_mode)} {path}" for path in paths if _shared(path)]


def _shared(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o077)


@pytest.mark.long
def test_whatever_a_laptop_writes_is_for_its_user_alone(tmp_path: Path) -> None:
    portal = Portal(1, records={"contacts": 3})
    with served(Sandbox(portal), tmp_path / "home") as laptop:
        for statement in (
            f"CALL set_token('{portal.token}')",
            "CALL ingest_hubspot('contacts')",
        ):
            assert laptop.sql(statement).status == 0

    assert _open_to_others(tmp_path / "home") == []


def test_a_home_that_was_open_to_others_is_shut(tmp_path: Path) -> None:
    directory = tmp_path / "home"
    directory.mkdir()
    directory.chmod(0o755)
    Laptop(directory).sql("SELECT 1")

    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_a_home_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = tmp_path.stat().st_uid
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)

    with pytest.raises(LaptopError, match="belongs to another user"):
        home.open_engine(tmp_path)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The printed address of ``hubspot-ingest ui``."""
    with Laptop(tmp_path_factory.mktemp("page") / "home").running("ui") as process:
        printed = re.search(r"http://\S+(?=;)", process.reads("the page is at", within=90))
        assert printed is not None
        yield printed[0]


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/_stcore/host-config", "/index.html"])
def test_the_page_answers_under_its_own_address_alone(page: str, path: str) -> None:
    address = re.fullmatch(r"(http://127\.0\.0\.1:\d+)/[\w-]{32,}", page)
    assert address is not None

    with urllib.request.urlopen(f"{page}/_stcore/health", timeout=10) as answer:
        assert answer.status == 200
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(address[1] + path, timeout=10)
    refused.value.close()
    assert refused.value.code == 404
