"""What was chosen of a new push so far, in the page's address: a refresh keeps it.

Values that are set for rows that are gone are left out: an address stays in histories and logs.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

from page import push_draft

NAME = "new"
"""The parameter of the address."""

LONGEST = 6_000
"""Characters of an address that every browser and proxy takes."""

_MOST = 200_000
_CHOICES: Mapping[str, Mapping[str, str]] = {
    "strategy": push_draft.STRATEGIES,
    "conflicts": push_draft.CONFLICTS,
    "nulls": push_draft.NULLS,
    "retry_rejected": push_draft.RETRIES,
    "lifecycle_backward": push_draft.BACKWARD,
}


def packed(settings: Mapping[str, Any]) -> str:
    """The settings as a parameter of an address; empty where there are none, or too many."""
    kept = {name: value for name, value in settings.items() if value not in (None, {}, [])}
    if isinstance(kept.get("removed_rows"), Mapping):
        del kept["removed_rows"]
    if "source" not in kept:
        return ""
    text = base64.urlsafe_b64encode(zlib.compress(json.dumps(kept).encode(), 9)).decode()
    return text if len(text) <= LONGEST else ""


def unpacked(text: str) -> push_draft.Settings:
    """The settings of such a parameter; none of one that nothing packed."""
    try:
        packed_bytes = base64.urlsafe_b64decode(text.encode())
        settings = json.loads(zlib.decompressobj().decompress(packed_bytes, _MOST))
    except (ValueError, zlib.error):
        return {}
    if not isinstance(settings, dict) or not isinstance(settings.get("source"), dict):
        return {}
    return {
        name: value
        for name, value in settings.items()
        if name not in _CHOICES or value in _CHOICES[name]
    }
