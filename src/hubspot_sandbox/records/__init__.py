"""CRM records: their values, versions, merges and associations."""
