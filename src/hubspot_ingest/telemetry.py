"""Log records and trace events for the account's event table.

A record carries names, codes and numbers. Never a credential, a value of a record, or the text of
an error, which may quote one: that stands in the view ERRORS, which stays in the account.

Sources: Snowflake, "Logging messages in Python", "Emitting trace events in Python".
"""

from __future__ import annotations

import importlib
import logging
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import PurePath
from traceback import walk_tb
from types import FrameType

Fact = str | int | float | bool | None

_LOG = logging.getLogger("hubspot_ingest")
# Enough to see where a call came from and where it failed; a recursion has a thousand.
OUTER_FRAMES, INNER_FRAMES = 5, 25
MOST_CAUSES = 5

# where nobody listens, warnings are not to fall through to standard error
_LOG.addHandler(logging.NullHandler())
# one record for every request would cost more than the request
for _chatty in ("httpx", "httpcore"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)


def debug(message: str, **facts: Fact) -> None:
    """One step of many."""
    _LOG.debug(message, extra=facts)


def info(message: str, **facts: Fact) -> None:
    """What happens once in a run."""
    _LOG.info(message, extra=facts)


def warning(message: str, **facts: Fact) -> None:
    """What went wrong and mends itself."""
    _LOG.warning(message, extra=facts)


def error(message: str, **facts: Fact) -> None:
    """What went wrong and needs somebody."""
    _LOG.error(message, extra=facts)


def event(name: str, **facts: Fact) -> None:
    """An event on the span of the running procedure, where Snowflake's package is there."""
    # no run is to fail for what is only reported about it
    with suppress(Exception):
        module = importlib.import_module("snowflake.telemetry")
        module.add_event(name, {key: value for key, value in facts.items() if value is not None})


def internal_error(raised: BaseException, **facts: Fact) -> tuple[str, str]:
    """Log an exception that nobody foresaw; returns its new id, 8 hex digits, and its trace.

    The trace has the type of each exception of the chain and the file, line and function of each
    frame. Messages, arguments and local variables may hold a credential or a value of a record:
    they are left out.
    """
    error_id, trace = uuid.uuid4().hex[:8], _trace(raised)
    facts |= {"error_id": error_id, "trace": trace}
    error("unexpected internal error", **facts)
    event("internal_error", **facts)
    return error_id, trace


def _trace(raised: BaseException) -> str:
    """``ValueError at file:line function > …; caused by KeyError at …``, the innermost last."""
    return "; caused by ".join(
        f"{type(cause).__qualname__} at {' > '.join(_places(cause))}" for cause in _chain(raised)
    )


def _chain(raised: BaseException) -> list[BaseException]:
    """The exception and those it was raised from or while handling, the latest first."""
    chain: list[BaseException] = []
    cause: BaseException | None = raised
    while cause is not None and cause not in chain and len(chain) <= MOST_CAUSES:
        chain.append(cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return chain


def _places(raised: BaseException) -> Iterator[str]:
    frames = [*walk_tb(raised.__traceback__)]
    for number, (frame, line) in enumerate(frames):
        if number < OUTER_FRAMES or number >= len(frames) - INNER_FRAMES:
            yield f"{_file(frame)}:{line} {frame.f_code.co_qualname}"
        elif number == OUTER_FRAMES:
            yield "…"


def _file(frame: FrameType) -> str:
    """The file of a frame from its package on: the directory before it may name a person."""
    path = PurePath(frame.f_code.co_filename)
    depth = str(frame.f_globals.get("__name__", "")).count(".") + 1 + (path.stem == "__init__")
    return "/".join(path.parts[-depth:])
