"""One run of one sync, from its settings to its last MERGE and its cursor."""
