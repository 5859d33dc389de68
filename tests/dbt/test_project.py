"""The dbt project has the portal's figures, after a first build and after an incremental one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from snowflake.connector import SnowflakeConnection
from sqlfluff.core import Linter

from hubspot_sandbox import Sandbox
from tests.dbt.dbt_command import SCHEMA, Dbt
from tests.dbt.story import NEW, QUALIFIED, SYNCS, WON, Story
from tests.laptop.process import served

pytestmark = pytest.mark.dbt

Figures = dict[Any, tuple[Any, ...]]


@dataclass
class Builds:
    """What two builds made, with the story going on between them."""

    story: Story
    dbt: Dbt
    connection: SnowflakeConnection
    printed: str
    pipeline: list[Figures]
    funnel: list[Figures]
    attribution: list[Figures]
    engagement: list[Figures]
    statuses: list[dict[str, str]]


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builds]:
    story = Story()
    directory = tmp_path_factory.mktemp("dbt")
    home = directory / "home"
    with served(Sandbox(story.portal), home) as laptop, laptop.running("serve") as serving:
        serving.reads("snowflake.connector.connect(")
        file = tomllib.loads((home / "connection.toml").read_text())
        parameters = file["connections"]["local"]
        with closing(snowflake.connector.connect(**parameters)) as connection:
            dbt = Dbt(directory, parameters)
            builds = Builds(story, dbt, connection, "", [], [], [], [], [])
            for sync, settings in SYNCS.items():
                _rows(connection, f"CALL configure_sync('{sync}', PARSE_JSON('{settings}'))")
            for tell in (story.begin, story.go_on):
                tell()
                _ingest(connection)
                _build(builds)
            printed = laptop.run("sources")
            assert printed.status == 0, printed.err
            builds.printed = printed.out
            yield builds


def _rows(connection: SnowflakeConnection, statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [tuple(row) for row in cursor.fetchall()]


def _ingest(connection: SnowflakeConnection) -> None:
    for sync in SYNCS:
        [[answer]] = _rows(connection, f"CALL ingest_hubspot('{sync}')")
        assert '"SUCCEEDED"' in answer, answer


def _build(builds: Builds) -> None:
    builds.statuses.append(builds.dbt.run("build"))
    place = f"HUBSPOT_DATA.{SCHEMA}"

    def figures(keys: int, columns: str, mart: str) -> Figures:
        rows = _rows(builds.connection, f"SELECT {columns} FROM {place}.{mart}")
        return {row[:keys] if keys > 1 else row[0]: row[keys:] for row in rows}

    amount = "ROUND(AMOUNT::FLOAT, 2)"
    builds.pipeline.append(
        figures(2, f"DAY, STAGE_ID, DEALS, {amount}", "PIPELINE_BY_DAY WHERE DEALS > 0")
    )
    builds.funnel.append(
        figures(
            1,
            "STAGE_ID, DEALS_ENTERED, DEALS_LEFT, DEALS_WON, ROUND(AVERAGE_DAYS::FLOAT, 1),"
            " DEALS_NOW, AMOUNT_NOW::FLOAT",
            "DEAL_FUNNEL WHERE DEALS_ENTERED > 0",
        )
    )
    builds.attribution.append(
        figures(
            1,
            f"SOURCE, DEALS, {amount}, DEALS_WON, AMOUNT_WON::FLOAT",
            "FIRST_TOUCH_ATTRIBUTION",
        )
    )
    builds.engagement.append(
        figures(
            1,
            "COMPANY_ID, CONTACTS, ENGAGEMENTS, CALLS, EMAILS, MEETINGS, LAST_ENGAGED_AT::DATE",
            "COMPANY_ENGAGEMENT",
        )
    )


def _of_day(pipeline: Figures, day: date) -> Figures:
    return {stage: figures for (of, stage), figures in pipeline.items() if of == day}


def test_every_model_and_test_passes_twice(builds: Builds) -> None:
    for statuses in builds.statuses:
        assert set(statuses.values()) == {"success", "pass"}
    assert len(builds.statuses[0]) > 60


def test_the_pipeline_of_a_day_is_what_it_was_then(builds: Builds) -> None:
    story, [pipeline, _] = builds.story, builds.pipeline
    assert min(day for day, _ in pipeline) == story.day(10)
    assert _of_day(pipeline, story.day(10)) == {NEW: (1, 100.0)}
    assert _of_day(pipeline, story.day(8)) == {NEW: (3, 1300.0)}
    assert _of_day(pipeline, story.day(7)) == {NEW: (3, 1350.5)}
    assert _of_day(pipeline, story.day(6)) == {NEW: (2, 1200.0), QUALIFIED: (1, 150.5)}
    assert _of_day(pipeline, story.day(1)) == {NEW: (2, 1200.0), QUALIFIED: (2, 150.5)}


def test_the_incremental_build_counts_the_last_days_again(builds: Builds) -> None:
    story, [_, pipeline] = builds.story, builds.pipeline
    # counted before the deal was deleted, and not again
    assert _of_day(pipeline, story.day(9)) == {NEW: (2, 1100.0)}
    assert _of_day(pipeline, story.day(6)) == {NEW: (1, 200.0), QUALIFIED: (1, 150.5)}
    last = max(day for day, _ in pipeline)
    assert last >= story.day(0)
    assert _of_day(pipeline, last) == {NEW: (1, 5.0), QUALIFIED: (2, 150.5), WON: (1, 250.0)}


def test_the_funnel_counts_who_came_left_and_won(builds: Builds) -> None:
    first, second = builds.funnel
    assert first == {
        NEW: (3, 1, 0, 4.0, 2, 1200.0),
        QUALIFIED: (2, 0, 0, None, 2, 150.5),
    }
    [entered, left, won, _, now, amount] = second[NEW]
    assert (entered, left, won, now, amount) == (3, 2, 1, 1, 5.0)
    assert second[WON] == (1, 0, 1, None, 1, 250.0)


def test_the_stay_that_ended_today_counts_in_the_average(builds: Builds) -> None:
    # four days of one deal; the other came at noon eight days ago and left within today
    average = builds.funnel[1][NEW][3]
    assert (4 + 7.5) / 2 - 0.1 <= average <= (4 + 9) / 2


def test_a_deal_is_credited_to_the_contact_touched_first(builds: Builds) -> None:
    first, second = builds.attribution
    assert first == {
        "EMAIL_MARKETING": (1, 150.5, 0, 0.0),
        "PAID_SEARCH": (1, 1000.0, 0, 0.0),
        "UNKNOWN": (1, 200.0, 0, 0.0),
        "NO_CONTACT": (1, 0.0, 0, 0.0),
    }
    assert second == {
        "EMAIL_MARKETING": (2, 155.5, 0, 0.0),
        "UNKNOWN": (1, 250.0, 1, 250.0),
        "NO_CONTACT": (1, 0.0, 0, 0.0),
    }


def test_an_engagement_counts_once_for_a_company(builds: Builds) -> None:
    story, (first, second) = builds.story, builds.engagement
    acme, idle = story.ids["acme"], story.ids["idle"]
    assert first == {
        acme: (2, 1, 1, 0, 0, story.day(4)),
        idle: (0, 0, 0, 0, 0, None),
    }
    assert second[acme] == (2, 2, 1, 0, 1, story.day(3))


def test_sources_are_fresh(builds: Builds) -> None:
    statuses = builds.dbt.run("source", "freshness")
    assert len(statuses) == 9
    assert set(statuses.values()) == {"pass"}


def test_every_column_of_every_model_is_described(builds: Builds) -> None:
    nodes = builds.dbt.manifest()["nodes"].values()
    models = {node["name"].upper(): node for node in nodes if node["resource_type"] == "model"}
    columns = _rows(
        builds.connection,
        "SELECT TABLE_NAME, COLUMN_NAME FROM HUBSPOT_DATA.INFORMATION_SCHEMA.COLUMNS"
        f" WHERE TABLE_SCHEMA = '{SCHEMA}'",
    )
    assert {table for table, _ in columns} == set(models)
    for table, column in columns:
        assert models[table]["description"], table
        assert models[table]["columns"][column.lower()]["description"], (table, column)


def test_every_model_is_sql_of_snowflake_to_another_reader(builds: Builds) -> None:
    linter = Linter(dialect="snowflake")
    compiled = builds.dbt.target / "compiled" / "hubspot_ingest"
    # generic tests are dbt's own SQL, in directories called like the file that asks for them
    files = [file for file in compiled.rglob("*.sql") if not file.parent.suffix]
    assert len(files) > 15
    for file in files:
        complaints = linter.parse_string(file.read_text()).violations
        assert not complaints, (file.name, [each.desc() for each in complaints])


def test_what_the_command_prints_is_a_source_file_of_dbt(builds: Builds, tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: mine\nprofile: hubspot_ingest\n")
    models = tmp_path / "models"
    models.mkdir()
    (models / "sources.yml").write_text(builds.printed)
    statuses = builds.dbt.run("source", "freshness", project=tmp_path)
    assert set(statuses.values()) == {"pass"}
    assert "source.mine.hubspot.DEALS_HISTORY" in statuses
