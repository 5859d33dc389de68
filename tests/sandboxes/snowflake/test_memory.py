"""A statement that needs more memory than the engine allows itself gets it, and breaks nothing."""

from __future__ import annotations

from pathlib import Path

from snowflake_sandbox import Engine

COLUMNS = 300
ROWS = 2_000


def test_wide_rows_beyond_the_limit_land_and_the_database_stays_usable(tmp_path: Path) -> None:
    names = [f"C{n}" for n in range(COLUMNS)]
    with Engine(tmp_path, memory_limit="40MB") as engine:
        engine.sql("CREATE DATABASE LAB")
        engine.sql(f"CREATE TABLE LAB.PUBLIC.T ({', '.join(f'{name} VARCHAR' for name in names)})")
        values = ", ".join(f"'some text of row ' || SEQ4() AS {name}" for name in names)
        for _ in range(3):
            engine.sql(
                f"INSERT INTO LAB.PUBLIC.T SELECT {values} "
                f"FROM TABLE(GENERATOR(ROWCOUNT => {ROWS}))"
            )
        engine.sql("CREATE TABLE LAB.PUBLIC.U AS SELECT * FROM LAB.PUBLIC.T")
        engine.sql("TRUNCATE TABLE LAB.PUBLIC.T")
        (found,) = engine.sql("SELECT COUNT(*) FROM LAB.PUBLIC.U")
    assert found == (str(3 * ROWS),)

    with Engine(tmp_path) as engine:
        (found,) = engine.sql("SELECT COUNT(*) FROM LAB.PUBLIC.U")
    assert found == (str(3 * ROWS),)
