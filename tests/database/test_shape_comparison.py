"""A table that Fivetran filled and our view of it are compared by key and value."""

from __future__ import annotations

import pytest

from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.inbound.load.shapes.comparison_sql import PATTERNS, Compared

ROWS = 100_000
TYPES = {
    "ID": "NUMBER",
    "_FIVETRAN_DELETED": "BOOLEAN",
    "_FIVETRAN_SYNCED": "TIMESTAMP_TZ",
    "PROPERTY_EMAIL": "TEXT",
    "PROPERTY_AMOUNT": "FLOAT",
    "PROPERTY_LASTMODIFIEDDATE": "TIMESTAMP_TZ",
}
OLD, OURS = Table("D", "S", "OLD"), Table("D", "S", "OURS")


@pytest.fixture(scope="module")
def database(bare: Database) -> Database:
    """The same 100,000 rows twice, then with some differences planted."""
    for table in (OLD, OURS):
        bare.rows(
            f"CREATE TABLE {table.quoted} AS SELECT SEQ AS ID, FALSE AS _FIVETRAN_DELETED, "
            "'2026-03-01 00:00:00 +0000'::TIMESTAMP_TZ AS _FIVETRAN_SYNCED, "
            "'p' || SEQ || '@example.com' AS PROPERTY_EMAIL, SEQ / 7::FLOAT AS PROPERTY_AMOUNT, "
            "'2026-02-01 00:00:00 +0000'::TIMESTAMP_TZ AS PROPERTY_LASTMODIFIEDDATE FROM "
            "(SELECT ROW_NUMBER() OVER (ORDER BY SEQ4()) AS SEQ "
            f"FROM TABLE(GENERATOR(ROWCOUNT => {ROWS})))"
        )
    changes = (
        f"DELETE FROM {OURS.quoted} WHERE ID = 10",
        f"DELETE FROM {OLD.quoted} WHERE ID = 20",
        f"UPDATE {OURS.quoted} SET PROPERTY_EMAIL = 'wrong' WHERE ID = 30",
        f"UPDATE {OURS.quoted} SET PROPERTY_EMAIL = 'new', PROPERTY_LASTMODIFIEDDATE = "
        "'2026-03-02 00:00:00 +0000'::TIMESTAMP_TZ WHERE ID = 40",
        f"UPDATE {OURS.quoted} SET _FIVETRAN_DELETED = TRUE WHERE ID = 50",
        f"UPDATE {OURS.quoted} SET PROPERTY_AMOUNT = PROPERTY_AMOUNT * 1.0000001 WHERE ID = 60",
        f"UPDATE {OURS.quoted} SET PROPERTY_AMOUNT = NULL WHERE ID = 70",
        f"UPDATE {OLD.quoted} SET PROPERTY_EMAIL = '' WHERE ID = 80",
        f"UPDATE {OURS.quoted} SET PROPERTY_EMAIL = NULL WHERE ID = 80",
        f"UPDATE {OLD.quoted} SET _FIVETRAN_DELETED = TRUE WHERE ID IN (90, 100)",
        f"DELETE FROM {OURS.quoted} WHERE ID IN (100, 110)",
        f"UPDATE {OLD.quoted} SET PROPERTY_LASTMODIFIEDDATE = "
        "'2026-03-02 00:00:00 +0000'::TIMESTAMP_TZ WHERE ID IN (110, 120)",
    )
    for change in changes:
        bare.rows(change)
    return bare


def test_each_planted_difference_is_found_among_100000_rows(database: Database) -> None:
    compared = Compared(OLD, OURS, TYPES, TYPES, ["ID"])

    rows = database.rows(compared.statement())

    assert {(row["KIND"], row["COLUMNS"].strip(), row["EXAMPLE"]) for row in rows} == {
        ("EQUAL", "", "1"),
        ("MISSING_HERE", "", "10"),
        ("MISSING_THERE", "", "20"),
        ("DIFFERENT", "PROPERTY_EMAIL", "30"),
        ("LATER", "PROPERTY_EMAIL PROPERTY_LASTMODIFIEDDATE", "40"),
        ("DELETED_HERE", "", "50"),
        ("DELETED_THERE", "", "90"),
        ("DELETED", "", "100"),
        ("EARLIER", "", "110"),
        ("EARLIER", "PROPERTY_LASTMODIFIEDDATE", "120"),
        ("ROUNDING", "PROPERTY_AMOUNT", "60"),
        ("DIFFERENT", "PROPERTY_AMOUNT", "70"),
    }
    assert {row["IN_ALL"] for row in rows if row["KIND"] == "EQUAL"} == {ROWS - 11}


def test_text_is_read_as_the_other_sides_type(database: Database) -> None:
    theirs = {**TYPES, "ID": "TEXT", "PROPERTY_AMOUNT": "TEXT"}
    texts = Table("D", "S", "TEXTS")
    database.rows(
        f"CREATE TABLE {texts.quoted} AS SELECT ID::VARCHAR AS ID, _FIVETRAN_DELETED, "
        "_FIVETRAN_SYNCED, PROPERTY_EMAIL, PROPERTY_AMOUNT::VARCHAR AS PROPERTY_AMOUNT, "
        f"PROPERTY_LASTMODIFIEDDATE FROM {OURS.quoted} WHERE ID < 100"
    )
    ours = Table("D", "S", "FEW")
    database.rows(f"CREATE TABLE {ours.quoted} AS SELECT * FROM {OURS.quoted} WHERE ID < 100")

    rows = database.rows(Compared(texts, ours, theirs, TYPES, ["ID"]).statement())

    assert {row["KIND"] for row in rows} == {"EQUAL"}


def test_text_that_cannot_be_read_as_the_other_sides_type_is_no_null(database: Database) -> None:
    _two_tables(
        database,
        "SELECT '7' AS ID, 'soon' AS AMOUNT UNION ALL SELECT 'x', ''",
        "SELECT 7 AS ID, NULL::FLOAT AS AMOUNT UNION ALL SELECT NULL, NULL",
    )
    types = {"ID": "NUMBER", "AMOUNT": "FLOAT"}

    rows = database.rows(
        Compared(
            OLD_FEW, OUR_FEW, {**types, "ID": "TEXT", "AMOUNT": "TEXT"}, types, ["ID"]
        ).statement()
    )

    assert {(row["KIND"], row["COLUMNS"].strip()) for row in rows} == {
        ("DIFFERENT", "AMOUNT"),
        ("MISSING_HERE", ""),
        ("MISSING_THERE", ""),
    }


def test_no_value_in_a_key_is_the_same_on_both_sides(database: Database) -> None:
    _two_tables(
        database,
        "SELECT 1 AS ID, NULL::VARCHAR AS CATEGORY UNION ALL SELECT NULL, 'a'",
        "SELECT 1 AS ID, '' AS CATEGORY UNION ALL SELECT NULL, 'a'",
    )
    types = {"ID": "NUMBER", "CATEGORY": "TEXT"}
    compared = Compared(OLD_FEW, OUR_FEW, types, types, ["ID", "CATEGORY"])

    rows = database.rows(compared.statement())

    assert [(row["KIND"], row["IN_ALL"]) for row in rows] == [("EQUAL", 2)]


def test_rows_that_share_a_key_are_counted_once_where_they_are_grouped(database: Database) -> None:
    _two_tables(
        database,
        "SELECT 1 AS DEAL_ID, 2 AS COMPANY_ID",
        "SELECT 1 AS DEAL_ID, 2 AS COMPANY_ID UNION ALL SELECT 1, 2 UNION ALL SELECT 1, 3",
    )
    types = {"DEAL_ID": "NUMBER", "COMPANY_ID": "NUMBER"}
    compared = Compared(OLD_FEW, OUR_FEW, types, types, [*types], grouped=True)

    rows = database.rows(compared.statement())

    assert {row["KIND"]: row["IN_ALL"] for row in rows} == {"EQUAL": 1, "MISSING_THERE": 1}


def test_a_change_is_known_by_its_cause_or_else_by_its_time(database: Database) -> None:
    at = "'2026-03-0{} 00:00:00 +0000'::TIMESTAMP_TZ"
    first, second, third = (at.format(n) for n in (1, 2, 3))
    _two_tables(
        database,
        "SELECT 'ada' AS RECIPIENT, 'c1' AS CAUSE, NULL::TIMESTAMP_TZ AS AT "
        f"UNION ALL SELECT 'ada', 'c2', NULL UNION ALL SELECT 'ada', NULL, {third}",
        f"SELECT 'ada' AS RECIPIENT, 'c1' AS CAUSE, {first} AS AT UNION ALL SELECT 'ada', 'c2', "
        f"{second} UNION ALL SELECT 'ada', '', {third} UNION ALL SELECT 'ada', NULL, {second}",
    )
    types = {"RECIPIENT": "TEXT", "CAUSE": "TEXT", "AT": "TIMESTAMP_TZ"}
    compared = Compared(OLD_FEW, OUR_FEW, types, types, ["RECIPIENT", "CAUSE|AT"])

    rows = database.rows(compared.statement())

    assert {row["KIND"]: row["IN_ALL"] for row in rows} == {"EQUAL": 3, "MISSING_THERE": 1}


def test_rows_that_share_a_key_on_one_side_alone_do_not_agree(database: Database) -> None:
    _two_tables(
        database,
        "SELECT 1 AS ID, 'a' AS NAME UNION ALL SELECT 2, 'b' UNION ALL SELECT 2, 'c'",
        "SELECT 1 AS ID, 'a' AS NAME UNION ALL SELECT 1, 'a' UNION ALL SELECT 2, 'c' "
        "UNION ALL SELECT 2, 'b'",
    )
    types = {"ID": "NUMBER", "NAME": "TEXT"}

    rows = database.rows(Compared(OLD_FEW, OUR_FEW, types, types, ["ID"]).statement())

    assert {row["KIND"]: row["IN_ALL"] for row in rows} == {"EQUAL": 3, "MISSING_THERE": 1}


@pytest.mark.parametrize(
    ("theirs", "ours", "kind"),
    [
        ("'{\"a\": [1, 2]}'", "PARSE_JSON('{\"a\":[1,2]}')", "EQUAL"),
        ("PARSE_JSON('{\"a\": [1, 2]}')", "PARSE_JSON('{\"a\":[1,2]}')", "EQUAL"),
        ("PARSE_JSON('[1, 2]')", "'[1,   2]'", "EQUAL"),
        ("'{\"a\": [1, 2]}'", "'{\"a\":[1,2]}'", "EQUAL"),
        ("NULL", "PARSE_JSON('{\"a\":1}')", "DIFFERENT"),
        ("'{\"a\": [1, 3]}'", "PARSE_JSON('{\"a\":[1,2]}')", "DIFFERENT"),
        ("'{\"a\": [1, 3]}'", "'{\"a\":[1,2]}'", "DIFFERENT"),
        ("'{a'", "'{ a'", "DIFFERENT"),
        # text that is no object and no list is text
        ("'1.0'", "'1'", "DIFFERENT"),
    ],
)
def test_json_is_the_same_however_it_is_spelled(
    database: Database, theirs: str, ours: str, kind: str
) -> None:
    _two_tables(database, f"SELECT 1 AS ID, {theirs} AS V", f"SELECT 1 AS ID, {ours} AS V")
    their_types, our_types = (
        {"ID": "NUMBER", "V": "VARIANT" if "PARSE" in value else "TEXT"} for value in (theirs, ours)
    )
    compared = Compared(OLD_FEW, OUR_FEW, their_types, our_types, ["ID"])

    assert [row["KIND"] for row in database.rows(compared.statement())] == [kind]


@pytest.mark.parametrize(
    ("type_", "theirs", "ours", "kind"),
    [
        ("NUMBER", "123456789", "123456790", "DIFFERENT"),
        ("NUMBER", "90071992547409931", "90071992547409932", "DIFFERENT"),
        ("FLOAT", "123456789", "123456790", "DIFFERENT"),
        ("FLOAT", "1234567.25", "1234567.26", "ROUNDING"),
        ("FLOAT", "1234567.25", "1234567", "ROUNDING"),
        ("FLOAT", "12345678901234567168", "12345678901234569216", "ROUNDING"),
    ],
)
def test_whole_numbers_that_differ_were_not_rounded(
    database: Database, type_: str, theirs: str, ours: str, kind: str
) -> None:
    cast = "NUMBER(38,0)" if type_ == "NUMBER" else type_
    _two_tables(
        database,
        f"SELECT 1 AS ID, {theirs}::{cast} AS OWNER_ID",
        f"SELECT 1 AS ID, {ours}::{cast} AS OWNER_ID",
    )
    types = {"ID": "NUMBER", "OWNER_ID": type_}

    rows = database.rows(Compared(OLD_FEW, OUR_FEW, types, types, ["ID"]).statement())

    assert [(row["KIND"], row["COLUMNS"].strip()) for row in rows] == [(kind, "OWNER_ID")]


def test_a_span_that_a_change_after_their_last_sync_ended_is_later(database: Database) -> None:
    synced = "'2026-03-01 00:00:00 +0000'::TIMESTAMP_TZ AS _FIVETRAN_SYNCED"
    start = "'2026-01-01 00:00:00 +0000'::TIMESTAMP_TZ AS TIMESTAMP"

    def span(id: int, end: str) -> str:
        return (
            f"SELECT {id} AS ID, {start}, {synced}, '{end} +0000'::TIMESTAMP_TZ AS _FIVETRAN_END, "
            f"{str(end.startswith('9999')).upper()} AS _FIVETRAN_ACTIVE"
        )

    forever, after, before = "9999-12-31 23:59:59.999", "2026-03-02 08:00:00", "2026-02-01 08:00:00"
    pairs = {1: (forever, after), 2: (after, forever), 3: (forever, before), 4: (forever, forever)}
    _two_tables(
        database,
        *(
            " UNION ALL ".join(span(id, ends[side]) for id, ends in pairs.items())
            for side in (0, 1)
        ),
    )
    types = {
        "ID": "NUMBER",
        "TIMESTAMP": "TIMESTAMP_TZ",
        "_FIVETRAN_SYNCED": "TIMESTAMP_TZ",
        "_FIVETRAN_END": "TIMESTAMP_TZ",
        "_FIVETRAN_ACTIVE": "BOOLEAN",
    }

    rows = database.rows(Compared(OLD_FEW, OUR_FEW, types, types, ["ID"]).statement())

    assert {(row["EXAMPLE"], row["KIND"]) for row in rows} == {
        ("1", "LATER"),
        ("2", "EARLIER"),
        ("3", "DIFFERENT"),
        ("4", "EQUAL"),
    }


def test_no_kind_takes_the_room_of_another(database: Database) -> None:
    # more combinations of columns that differ than are told, and a row that is missing
    columns = [f"C{number}" for number in range(6)]
    bits = ", ".join(f"TRUNC(SEQ / {2**bit}) % 2 AS {name}" for bit, name in enumerate(columns))
    numbers = (
        "(SELECT ROW_NUMBER() OVER (ORDER BY SEQ4()) AS SEQ FROM TABLE(GENERATOR(ROWCOUNT => 64)))"
    )
    _two_tables(
        database,
        f"SELECT SEQ AS ID, {bits} FROM {numbers}",
        f"SELECT SEQ AS ID, {', '.join(f'0 AS {name}' for name in columns)} FROM {numbers} "
        "WHERE SEQ < 64",
    )
    types = dict.fromkeys(("ID", *columns), "NUMBER")

    rows = database.rows(Compared(OLD_FEW, OUR_FEW, types, types, ["ID"]).statement())

    assert {row["KIND"]: row["IN_ALL"] for row in rows} == {"DIFFERENT": 63, "MISSING_HERE": 1}
    assert len(rows) == PATTERNS + 1


OLD_FEW, OUR_FEW = Table("D", "S", "OLD_FEW"), Table("D", "S", "OUR_FEW")


def _two_tables(database: Database, theirs: str, ours: str) -> None:
    for table, rows in ((OLD_FEW, theirs), (OUR_FEW, ours)):
        database.rows(f"CREATE OR REPLACE TABLE {table.quoted} AS {rows}")
