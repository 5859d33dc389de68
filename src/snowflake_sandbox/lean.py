"""Imports Snowflake's clients without pandas and boto3, for a smaller and quicker start."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

# optional dependencies that Snowflake's connector and Snowpark import whenever they are installed
_OPTIONAL = ("pandas", "boto3", "botocore")


class _Absent(MetaPathFinder):
    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Find no module; refuse the optional ones."""
        del path, target
        if fullname.partition(".")[0] in _OPTIONAL:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None


def without_pandas() -> None:
    """Import Snowflake's clients as if pandas and boto3 were not installed.

    Saves a fifth of a second and 50 MB. ``to_pandas`` and ``write_pandas`` say from then on that
    pandas is missing; everything else works. Does nothing once the connector is imported.
    """
    if "snowflake.connector" in sys.modules:
        return
    finder = _Absent()
    sys.meta_path.insert(0, finder)
    try:
        for name in ("snowflake.connector", "snowflake.snowpark", "fakesnow"):
            importlib.import_module(name)
        # the first array makes pyarrow look for pandas, once and for all
        importlib.import_module("pyarrow").array([""])
    finally:
        sys.meta_path.remove(finder)
