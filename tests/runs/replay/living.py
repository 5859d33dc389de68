"""A portal that lives between the runs of a sync that keeps its pages."""

from __future__ import annotations

from typing import Any

from hubspot_ingest.inbound.replay.rollback import rollback
from hubspot_ingest.inbound.replay.table_replay import replay
from tests.runs.world import Answer, World, on_an_empty_stack

SCHEMA = "HUBSPOT_DATA.CRM"
Rows = list[tuple[Any, ...]]


def keep(world: World, days: int = 30) -> None:
    """Let runs keep their pages."""
    world.call_with("CONFIGURE_APP", {"keep_pages_days": days})


def replayed(world: World, sync: str = "contacts", since: str | None = None) -> Answer:
    """Replay a sync."""
    return on_an_empty_stack(lambda: dict(replay(world.context, sync, since)))


def rolled_back(world: World, run_id: str) -> Answer:
    """Roll a run back."""
    return on_an_empty_stack(lambda: dict(rollback(world.context, run_id)))


def tables(world: World) -> dict[str, Rows]:
    """Every row of every table of ours, columns by name."""
    names = world.rows(
        "SELECT TABLE_NAME FROM HUBSPOT_DATA.INFORMATION_SCHEMA.TABLES "
        "WHERE TABLE_SCHEMA = 'CRM' AND TABLE_TYPE = 'BASE TABLE' AND TABLE_NAME <> '_FRESHNESS'"
    )
    return {str(row["TABLE_NAME"]): rows(world, str(row["TABLE_NAME"])) for row in names}


def rows(world: World, table: str) -> Rows:
    """Every row of a table, sorted; columns in the order of their names."""
    found = world.rows(f'SELECT * FROM {SCHEMA}."{table}"')
    return sorted((tuple(sorted(row.items())) for row in found), key=repr)


def columns(world: World) -> dict[str, dict[str, tuple[str, str]]]:
    """Every table's columns with types and comments."""
    return {
        table: dict(sorted(world.columns(f"{SCHEMA}.{table}").items())) for table in tables(world)
    }


def drop_tables(world: World) -> None:
    """Lose every table of ours."""
    for table in tables(world):
        world.engine.sql(f'DROP TABLE {SCHEMA}."{table}"')
