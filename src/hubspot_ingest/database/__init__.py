"""The edge to Snowflake: columns, statements, the session, state and staging."""
