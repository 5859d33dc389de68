"""Queries and DML: checked, translated, planned and run."""
