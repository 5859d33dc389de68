"""DOCTOR: what is wrong, or will be, and its cure."""
