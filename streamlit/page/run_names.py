"""Names runs by when they began, in place of their ids."""

from __future__ import annotations

import re

from page import words
from page.calls import Calls

_RUN_ID = re.compile(r"(?:\b(?:the )?(later )?run )?'?\b(\d{4}-\d\d-\d\d-[0-9a-f]{12})\b'?")


def named(text: str, calls: Calls) -> str:
    """A text in which the run of each id is called ``the run of 10:42``."""

    def name(found: re.Match[str]) -> str:
        run = calls.run(found[2])
        if run is None:
            return found[0]
        return f"the {found[1] or ''}run of {words.clock(run['STARTED_AT'])}"

    return _RUN_ID.sub(name, text)
