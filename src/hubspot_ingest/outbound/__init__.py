"""The way from Snowflake to HubSpot: pushes, their plans, waves and outcomes."""
