"""hubspot-ingest: keeps HubSpot data in Snowflake, complete, current and provably so."""

__version__ = "0.2.0"
