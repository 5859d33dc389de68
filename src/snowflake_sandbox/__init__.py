"""A local Snowflake: real clients, DuckDB underneath, procedures run by their real handlers.

Used on a laptop and in tests; never shipped into Snowflake.
"""

from snowflake_sandbox.engine import Engine
from snowflake_sandbox.errors import EngineBusy, SqlError

__all__ = ["Engine", "EngineBusy", "SqlError"]
