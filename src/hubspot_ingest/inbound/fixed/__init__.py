"""Streams that are no CRM objects: fixed columns, read by what their catalog row says."""
