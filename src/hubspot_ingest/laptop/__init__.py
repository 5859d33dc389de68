"""What exists on a laptop only: the local engine, the local HubSpot, printing. Never shipped."""
