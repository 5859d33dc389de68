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


def test_a_number_is_the_same_key_and_value_whatever_its_scale(bare: Database) -> None:
    """An expression of a view gets another scale easily, and new keys would be made again."""
    numbers = "1::NUMBER(38, 0), 20::NUMBER(12, 2), 0.50::NUMBER(12, 2), 3::FLOAT, 2.5e20::FLOAT"
    names = [f"N{n}" for n in range(5)]
    bare.rows(
        f'CREATE TABLE "D"."S"."NUMBERS" AS SELECT * FROM (SELECT {numbers}) t ({", ".join(names)})'
    )
    texts = ", ".join(f"{push_diff.column_text(name, 'NUMBER')} AS {name}" for name in names)

    [row] = bare.rows(f'SELECT {texts} FROM "D"."S"."NUMBERS"')

    assert [row[name] for name in names[:4]] == ["1", "20", "0.5", "3"]
    assert float(row["N4"]) == 2.5e20
