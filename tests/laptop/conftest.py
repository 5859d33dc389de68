from __future__ import annotations

from collections.abc import Iterator

import pytest

from hubspot_sandbox import Portal, Sandbox
from tests.laptop.process import Laptop, served


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    """A HubSpot with twelve contacts."""
    return Sandbox(Portal(1, records={"contacts": 12}))


@pytest.fixture(scope="module")
def laptop(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """A laptop for all tests of a module."""
    with served(sandbox, tmp_path_factory.mktemp("laptop") / "home") as laptop:
        yield laptop
