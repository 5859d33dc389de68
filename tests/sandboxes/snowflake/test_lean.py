"""A process that only runs statements does without pandas."""

from __future__ import annotations

import subprocess
import sys

PROCESS = """
import io, sys
from snowflake_sandbox.lean import without_pandas
without_pandas()
from snowflake_sandbox import Engine
with Engine(None) as engine:
    engine.sql("CREATE DATABASE LAB")
    session = engine.session("LAB", "PUBLIC")
    session.sql("CREATE STAGE S").collect()
    session.file.put_stream(io.BytesIO(b"x"), "@S/x.bin", auto_compress=False)
    rows = session.sql("SELECT ? AS A, 1.5 AS B, CURRENT_DATE() AS C", params=["x"]).collect()
    assert rows[0]["A"] == "x"
    session.close()
print(sorted({"pandas", "boto3"} & set(sys.modules)))
import pyarrow
pyarrow.array(["x"])
print(sorted({"pandas"} & set(sys.modules)))
import pandas
print(pandas.DataFrame({"a": [1]}).shape)
"""


def test_statements_and_files_need_no_pandas() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROCESS], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n[]\n(1, 1)\n"


def test_a_connector_that_is_imported_already_keeps_its_pandas() -> None:
    text = (
        "import snowflake.connector.options as o\n"
        "from snowflake_sandbox.lean import without_pandas\n"
        "without_pandas()\nprint(o.installed_pandas)"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
