"""Reading Snowflake SQL and translating it for DuckDB."""
