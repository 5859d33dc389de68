"""Properties are searched without a clock: a busy machine makes no test fail."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("any machine", deadline=None, print_blob=True)
settings.load_profile("any machine")
