"""The house keeps its floors, its modules their size, the catalog its plainness."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.floors import broken_floors, circles, logic_in

ROOT = Path(__file__).parents[2]
LONGEST_MODULE = 400
CATALOG = ("registry", "columns", "crm", "metadata", "marketing", "email", "events", "views")


def sources_below(directory: Path) -> dict[str, str]:
    return {
        path.relative_to(directory).as_posix(): path.read_text()
        for path in sorted(directory.rglob("*.py"))
    }


def parts_of(package: Path) -> list[str]:
    return [
        path.stem
        for path in sorted(package.iterdir())
        if path.name != "__init__.py" and (path.suffix == ".py" or (path / "__init__.py").exists())
    ]


def test_every_module_imports_from_its_own_floor_or_a_lower_one() -> None:
    assert broken_floors(sources_below(ROOT / "src")) == []


def test_no_package_has_parts_that_import_each_other_in_a_circle() -> None:
    assert circles(sources_below(ROOT / "src")) == []


def test_a_package_shows_at_most_twenty_parts_and_inbound_twelve() -> None:
    package = ROOT / "src/hubspot_ingest"
    assert len(parts_of(package)) <= 20
    assert len(parts_of(package / "inbound")) <= 12


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    lengths = {
        f"{directory}/{path}": len(source.splitlines())
        for directory in ("src", "scripts", "tests", "benchmarks")
        for path, source in sources_below(ROOT / directory).items()
    }
    assert {path: length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_the_catalog_holds_no_logic() -> None:
    files = [ROOT / f"src/hubspot_ingest/catalog/{name}.py" for name in CATALOG]
    assert {path.name: lines for path in files if (lines := logic_in(path.read_text()))} == {}


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("hubspot_ingest/times.py", "from hubspot_ingest.database.sql import quoted"),
        ("hubspot_ingest/times.py", "def now():\n    import hubspot_ingest.inbound.run.records"),
        ("hubspot_ingest/inbound/plan/plan.py", "from hubspot_ingest.inbound.run import runner"),
        ("hubspot_ingest/inbound/plan/plan.py", "from ..run.runner import begin"),
        ("hubspot_ingest/inbound/extract/page.py", "import hubspot_ingest.inbound.load.loader"),
        ("hubspot_ingest/database/sql.py", "import hubspot_ingest.database.state.syncs"),
        ("hubspot_ingest/catalog/crm.py", "from hubspot_ingest.inbound.plan.plan import Plan"),
        ("hubspot_ingest/operations/alerts.py", "from hubspot_ingest.outbound import plan"),
        ("hubspot_ingest/inbound/run/runner.py", "from hubspot_ingest import procedures"),
        ("hubspot_ingest/procedures.py", "from hubspot_ingest import cli"),
        ("hubspot_ingest/procedures.py", "from hubspot_ingest.laptop import home"),
    ],
)
def test_an_import_from_a_higher_floor_is_found(path: str, source: str) -> None:
    modules = {
        "hubspot_ingest/procedures.py": "",
        "hubspot_ingest/cli.py": "",
        "hubspot_ingest/inbound/run/runner.py": "",
        path: source,
    }
    (found,) = broken_floors(modules)
    assert "is above" in found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (
            "hubspot_ingest/database/state/syncs.py",
            "from hubspot_ingest.hubspot.responses import Page",
        ),
        ("hubspot_ingest/hubspot/client.py", "import hubspot_ingest.database.sql"),
        ("hubspot_ingest/inbound/run/records.py", "from hubspot_ingest.outbound.plan import Plan"),
    ],
)
def test_an_import_between_strangers_is_found(path: str, source: str) -> None:
    (found,) = broken_floors({path: source})
    assert "know nothing of each other" in found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("hubspot_ingest/hubspot/responses.py", "import httpx"),
        ("hubspot_ingest/database/state/syncs.py", "import snowflake.connector"),
        ("hubspot_ingest/inbound/load/rows.py", "from pyarrow import parquet"),
        ("hubspot_ingest/procedures.py", "from snowflake.snowpark import Session"),
    ],
)
def test_a_library_outside_its_home_is_found(path: str, source: str) -> None:
    (found,) = broken_floors({path: source})
    assert "may import" in found


def test_procedures_may_name_a_session_as_a_type() -> None:
    source = "if TYPE_CHECKING:\n    from snowflake.snowpark import Session"
    assert broken_floors({"hubspot_ingest/procedures.py": source}) == []


def test_a_sandbox_that_knows_the_product_is_found() -> None:
    (found,) = broken_floors({"hubspot_sandbox/portal.py": "import hubspot_ingest.times"})
    assert "knows nothing of the product" in found


def test_a_shipped_module_that_needs_a_sandbox_is_found() -> None:
    (found,) = broken_floors({"hubspot_ingest/inbound/run/records.py": "import hubspot_sandbox"})
    assert "never leave the laptop" in found


def test_the_laptop_may_use_the_sandboxes_and_connect_to_them() -> None:
    source = "from snowflake_sandbox import Engine\nimport snowflake.connector"
    assert broken_floors({"hubspot_ingest/laptop/demo.py": source}) == []


def test_a_package_that_imports_what_is_in_it_is_found() -> None:
    source = "from hubspot_ingest.database.sql import quoted"
    (found,) = broken_floors({"hubspot_ingest/database/__init__.py": source})
    assert "a package's own module" in found


def test_a_module_without_a_floor_is_found() -> None:
    (found,) = broken_floors({"hubspot_ingest/surprise.py": ""})
    assert "has no floor" in found


@pytest.mark.parametrize(
    "sources",
    [
        {"p/a.py": "from p import b", "p/b.py": "from p.a import name"},
        {"p/a.py": "from p import b", "p/b.py": "def late():\n    from p import a"},
        {"p/a.py": "import p.b", "p/b.py": "if TYPE_CHECKING:\n    from p.a import Kind"},
        {"p/x/a.py": "import p.y.b", "p/y/b.py": "", "p/y/c.py": "import p.x.d", "p/x/d.py": ""},
    ],
)
def test_parts_of_a_package_that_import_each_other_are_found(sources: dict[str, str]) -> None:
    (circle,) = circles(sources)
    assert circle.startswith("p: ")


def test_imports_that_lead_downwards_are_no_circle() -> None:
    sources = {"p/a.py": "from p import b, c", "p/b.py": "from p.c import name", "p/c.py": ""}
    assert circles(sources) == []


def test_logic_in_a_catalog_is_found() -> None:
    assert (
        logic_in("class Stream:\n    name: str\n\nSTREAMS = [Stream(name) for name in NAMES]") == []
    )
    assert logic_in("def streams():\n    return []") == [1]
