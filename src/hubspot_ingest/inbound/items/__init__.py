"""Item streams: HubSpot data that is no CRM record, read from endpoints of their own."""
