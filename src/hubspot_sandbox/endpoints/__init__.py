"""What HubSpot answers, endpoint by endpoint."""
