"""What is shipped runs on its declared packages: on the newest here, on the oldest elsewhere.

``make test-oldest`` runs this, and the unit tests, on the oldest releases that Snowflake offers.
"""

from __future__ import annotations

import inspect
import io
from pathlib import Path

import pyarrow.parquet as pq
from snowflake.snowpark import FileOperation, Session

from hubspot_ingest.database.staging import parquet
from scripts.build_zip import build_zip
from scripts.bundle_imports import handlers_run, imports_are_declared
from scripts.bundle_tree import read_sources

ROOT = Path(__file__).parents[2]


def test_every_module_imports_from_the_archive_and_every_handler_fits_its_procedure(
    tmp_path: Path,
) -> None:
    archive = tmp_path / "product.zip"
    build_zip(ROOT / "src/hubspot_ingest", archive)
    tree = read_sources(ROOT, archive.read_bytes())
    assert len(list(tree.python_procedures)) > 10
    assert [str(each) for each in (*imports_are_declared(tree), *handlers_run(tree))] == []


def test_rows_make_a_file_of_text_columns_that_reads_as_it_was_written() -> None:
    columns: dict[str, list[str | bytes | None]] = {
        "ID": ["1", "2", "3"],
        "NAME": ["Zoë", None, ""],
        "PROPERTIES": [b'{"a": "b"}', b"{}", None],
    }
    read = pq.read_table(io.BytesIO(parquet(columns)))
    assert {str(kind) for kind in read.schema.types} == {"string"}
    assert read.to_pydict() == {
        **columns,
        "PROPERTIES": ['{"a": "b"}', "{}", None],
    }


def test_snowpark_takes_what_the_product_gives_it() -> None:
    assert "params" in inspect.signature(Session.sql).parameters
    takes = inspect.signature(FileOperation.put_stream).parameters
    assert {"auto_compress", "overwrite"} <= takes.keys()
