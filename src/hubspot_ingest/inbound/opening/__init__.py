"""Opening a sync: the one door to its settings, its state, its table and its lease."""
