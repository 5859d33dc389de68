"""History in Fivetran's shape over a million rows: what a query makes the database do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.inbound.extract import property_history
from hubspot_ingest.inbound.load.shapes.fivetran_views import FIVETRAN_VIEWS
from hubspot_ingest.inbound.load.shapes.rendering import ExistingView, LandedTable, rendered
from snowflake_sandbox import Engine

HISTORY, VIEW = Table("D", "S", "CONTACTS_HISTORY"), Table("D", "S", "CONTACT_PROPERTY_HISTORY")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """A million changes of seven properties, and the view."""
    with Engine(None) as engine, engine.session() as session:
        database = Database(session)
        database.rows('CREATE DATABASE "D"')
        database.rows('CREATE SCHEMA "D"."S"')
        database.rows(sql.create_table(HISTORY, property_history.COLUMNS, "Changes"))
        database.rows(
            f'INSERT INTO {HISTORY.quoted} ("ID", "PROPERTY", "CHANGED_AT") '
            "SELECT (SEQ % 100000)::VARCHAR, 'p' || (SEQ % 7), TO_TIMESTAMP_NTZ(SEQ * 1000, 3) "
            "FROM (SELECT SEQ4() AS SEQ FROM TABLE(GENERATOR(ROWCOUNT => 1000000)))"
        )
        types = {column.name: str(column.type) for column in property_history.COLUMNS}
        [spec] = [spec for spec in FIVETRAN_VIEWS if spec.name == VIEW.table]
        landed = {("contacts", "HISTORY"): LandedTable(HISTORY.quoted, types)}
        database.rows(rendered(spec, landed, {}, ExistingView()).create(VIEW, "History"))
        yield engine


def plan(engine: Engine, query: str) -> str:
    """How the database runs a query over the view."""
    rows = engine.store.duck.execute(f"EXPLAIN {query.format(view=VIEW.quoted)}").fetchall()
    return "\n".join(str(text) for _, text in rows)


def test_counting_computes_no_span(engine: Engine) -> None:
    assert "Window" not in plan(engine, "SELECT COUNT(*) FROM {view}").title()


def test_a_filter_of_the_propertys_name_reaches_the_table(engine: Engine) -> None:
    steps = plan(engine, "SELECT * FROM {view} WHERE NAME = 'p3'").title()

    # from the result, which comes first, down to the table
    assert steps.index("Window") < steps.index("Filters:")


def test_all_columns_of_a_span_come_of_one_pass(engine: Engine) -> None:
    steps = plan(engine, "SELECT * FROM {view}").title()

    assert steps.count("Window") == 1
    assert "Join" not in steps
