"""Why a row is as it is, or absent, and where a run's time and requests went."""
