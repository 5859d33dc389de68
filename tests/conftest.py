"""Tests mean the same on a busy machine, and where a shell runs them in the background."""

from __future__ import annotations

import signal

from hypothesis import settings

# properties are searched without a clock
settings.register_profile("any machine", deadline=None, print_blob=True)
settings.load_profile("any machine")

# a shell lets what it starts in the background ignore Ctrl-C, and whatever that starts
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
