"""Talks to HubSpot: requests, responses, rate limits, and the client that sends them."""
