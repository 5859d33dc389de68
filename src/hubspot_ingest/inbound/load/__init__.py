"""Brings rows into their tables: files, staging, MERGE, the views beside."""
