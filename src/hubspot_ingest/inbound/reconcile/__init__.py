"""Compares a table with HubSpot, repairs it and certifies the result."""
