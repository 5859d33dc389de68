"""The edge to HubSpot: what is asked, what is answered, how fast, and who sends it."""
