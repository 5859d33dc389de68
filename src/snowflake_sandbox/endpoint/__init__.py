"""Snowflake's client protocol, in process and over HTTP."""
