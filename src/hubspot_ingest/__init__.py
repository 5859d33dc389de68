"""hubspot-ingest: keeps HubSpot data in Snowflake, complete, current and provably so."""

__version__ = "0.1.0"
