"""Everything that talks to Snowflake: the session, SQL texts, staging and the app's own state."""
