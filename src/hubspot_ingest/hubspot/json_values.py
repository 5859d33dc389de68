"""Decodes HubSpot's JSON, half surrogates and deep nesting included. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic_core import from_json

# A value that lies deeper in lists and objects stays text. The parser follows 200 levels, Python's
# own fewer than 1,000; HubSpot's answers have some ten.
DEEPEST = 150
_JSON_MARK = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def decode(body: bytes) -> Any:
    """The JSON of a body. Raises ValueError when it is cut off or not JSON.

    Half a surrogate pair, which JSON can spell and UTF-8 cannot, becomes a question mark; what is
    nested deeper than ``DEEPEST`` becomes the text of its JSON.
    """
    try:
        return from_json(body, cache_strings="keys")
    except ValueError:
        whole = json.dumps(json.loads(_shallow(body)), ensure_ascii=False)
        return from_json(whole.encode("utf-8", "replace"))


def _shallow(body: bytes) -> bytes:
    """The JSON of ``body`` with what is nested too deeply as text."""
    parts, end, depth, began = [], 0, 0, 0
    for mark in _JSON_MARK.finditer(body):
        if mark[0] in b"[{":
            depth += 1
            if depth == DEEPEST + 1:
                began = mark.start()
        elif mark[0] in b"]}":
            depth -= 1
            if depth == DEEPEST:
                deep = body[began : mark.end()].decode("utf-8", "replace")
                parts += [body[end:began], json.dumps(deep).encode()]
                end = mark.end()
    if depth > DEEPEST:
        raise ValueError("cut off")
    return b"".join([*parts, body[end:]])
