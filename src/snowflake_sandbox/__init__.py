"""A local Snowflake: real clients talk to it, DuckDB stores the rows, procedures run in Python.

Used on a laptop and in tests; never shipped into Snowflake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowflake_sandbox.engine import Engine
    from snowflake_sandbox.errors import EngineBusy, SqlError

__all__ = ["Engine", "EngineBusy", "SqlError"]


def __getattr__(name: str) -> object:
    """Import the engine, and Snowflake's connector with it, when it is first asked for."""
    if name == "Engine":
        from snowflake_sandbox.engine import Engine

        return Engine
    if name in __all__:
        from snowflake_sandbox import errors

        return getattr(errors, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
