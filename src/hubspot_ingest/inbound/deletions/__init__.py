"""Finds what no search shows: archived, merged, purged and filtered-out records."""
