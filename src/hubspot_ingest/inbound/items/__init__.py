"""Streams whose items are no CRM records: fixed columns, read by their own endpoints."""
