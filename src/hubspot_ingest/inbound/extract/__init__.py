"""Reads CRM records from HubSpot, page by page, by id."""
