"""Finds what no search tells: archived, merged, purged, filtered-out records."""
