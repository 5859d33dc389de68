"""Gives an exception that nobody foresaw an id, and logs the places in the code it came from."""

from __future__ import annotations

import logging
import uuid
from pathlib import PurePath
from traceback import walk_tb

_LOG = logging.getLogger("hubspot_ingest")
# what is shown is to be sent: the places nearest to the fault are enough
MOST_PLACES, MOST_CAUSES = 12, 4


def internal_error(raised: BaseException) -> tuple[str, str]:
    """Log an exception; returns its new id, 8 hex digits, and its trace.

    As in the procedures, the trace has types, files, lines and functions, the first cause last,
    and nothing of messages and values.
    """
    error_id, causes = uuid.uuid4().hex[:8], list[str]()
    cause: BaseException | None = raised
    while cause is not None and len(causes) < MOST_CAUSES:
        places = [
            f"{PurePath(frame.f_code.co_filename).name}:{line} {frame.f_code.co_name}"
            for frame, line in walk_tb(cause.__traceback__)
        ]
        causes.append(f"{type(cause).__qualname__} at {' > '.join(places[-MOST_PLACES:])}")
        context = None if cause.__suppress_context__ else cause.__context__
        cause = context if cause.__cause__ is None else cause.__cause__
    trace = "; caused by ".join(causes)
    _LOG.error("unexpected internal error", extra={"error_id": error_id, "trace": trace})
    return error_id, trace
