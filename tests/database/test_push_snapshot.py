"""What a push takes of its source before it compares."""

from __future__ import annotations

from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.statements import push_diff


def test_keys_of_a_source_that_ignores_case_are_compared_as_they_are(bare: Database) -> None:
    bare.rows('CREATE TABLE "D"."S"."PEOPLE" ("EMAIL" VARCHAR COLLATE \'en-ci\')')
    bare.rows('INSERT INTO "D"."S"."PEOPLE" SELECT \'ada\' UNION ALL SELECT \'ADA\'')
    tables = push_diff.DiffTables('"D"."S"."PEOPLE"', '"D"."S"."SNAPSHOT"', "", "", "")
    column = ("EMAIL", "TEXT")

    bare.rows(push_diff.snapshot(tables, [column], [column], "f", match=None, lower=False))

    snapshot = bare.rows(f"SELECT ROW_KEY, COPIES FROM {tables.snapshot} ORDER BY ROW_KEY")
    assert snapshot == [{"ROW_KEY": "ADA", "COPIES": 1}, {"ROW_KEY": "ada", "COPIES": 1}]
