"""HubSpot to Snowflake: catalog, plan, readers, rows and the run that joins them."""
