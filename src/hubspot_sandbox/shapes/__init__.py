"""What a portal holds as the JSON that HubSpot sends."""
