"""Every HubSpot stream the product knows: one row of data each."""
