"""What a plan does with the rows of a push, in the page's words. Pure."""

from __future__ import annotations

ACTIONS = {
    "CREATE": ("Create", "good"),
    "UPDATE": ("Update", "busy"),
    "CLEAR": ("Clear", "warn"),
    "ARCHIVE": ("Archive", "bad"),
    "LINK": ("Change links", "busy"),
    "INVALID": ("Not sent", "bad"),
    "KEPT": ("Kept", "calm"),
    "SKIPPED": ("Left out", "calm"),
    "WAITING": ("Waits", "warn"),
}
"""The label and the tone of each action."""

UNSENT = ("INVALID", "KEPT", "SKIPPED", "WAITING")
SENT = ("CREATE", "UPDATE", "CLEAR", "ARCHIVE", "LINK")
