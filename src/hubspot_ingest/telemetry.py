"""Log records and trace events for the account's event table.

A record carries names, codes and numbers. Never a credential, a value of a record, or the text of
an error, which may quote one: that stands in the view ERRORS, which stays in the account.

Sources: Snowflake, "Logging messages in Python", "Emitting trace events in Python".
"""

from __future__ import annotations

import importlib
import logging
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import PurePath
from traceback import walk_tb
from types import FrameType

Fact = str | int | float | bool | None

_LOG = logging.getLogger("hubspot_ingest")
# Enough to see where a call came from and where it failed; a recursion has a thousand frames.
OUTER_FRAMES, INNER_FRAMES = 5, 25
LATEST_CAUSES, FIRST_CAUSES = 3, 3

# where nobody listens, warnings are not to fall through to standard error
_LOG.addHandler(logging.NullHandler())
# one record for every request would cost more than the request
for _chatty in ("httpx", "httpcore"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)


def debug(message: str, **facts: Fact) -> None:
    """One step of many."""
    _log(logging.DEBUG, message, facts)


def info(message: str, **facts: Fact) -> None:
    """What happens once in a run."""
    _log(logging.INFO, message, facts)


def warning(message: str, **facts: Fact) -> None:
    """What went wrong and mends itself."""
    _log(logging.WARNING, message, facts)


def error(message: str, **facts: Fact) -> None:
    """What went wrong and needs somebody."""
    _log(logging.ERROR, message, facts)


def _log(level: int, message: str, facts: dict[str, Fact]) -> None:
    # no run is to fail for what is only reported about it
    with suppress(Exception):
        _LOG.log(level, message, extra=facts)


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
    """``ValueError at file:line function > …; caused by KeyError at …``, the first cause last."""
    causes = [f"{type(cause).__qualname__} at {_places(cause)}" for cause in _chain(raised)]
    return "; caused by ".join(_ends(causes, LATEST_CAUSES, FIRST_CAUSES))


def _chain(raised: BaseException) -> list[BaseException]:
    """The exception, its members where it is a group, and those it came of; the latest first."""
    chain: list[BaseException] = []
    waiting: list[BaseException | None] = [raised]
    while waiting:
        cause = waiting.pop(0)
        # an exception may have an __eq__ or a __bool__ of its own
        if cause is None or any(cause is seen for seen in chain):
            continue
        chain.append(cause)
        if isinstance(cause, BaseExceptionGroup):
            waiting += cause.exceptions
        waiting.append(cause.__cause__)
        if not cause.__suppress_context__:
            waiting.append(cause.__context__)
    return chain


def _places(raised: BaseException) -> str:
    places = [
        f"{_file(frame)}:{line} {frame.f_code.co_qualname}"
        for frame, line in walk_tb(raised.__traceback__)
    ]
    return " > ".join(_ends(places, OUTER_FRAMES, INNER_FRAMES))


def _ends(parts: Sequence[str], first: int, last: int) -> Sequence[str]:
    """The ``first`` and the ``last`` of many parts, with … for those between."""
    return parts if len(parts) <= first + last else [*parts[:first], "…", *parts[-last:]]


def _file(frame: FrameType) -> str:
    """The file of a frame from its package on: the directory before it may name a person."""
    path = PurePath(frame.f_code.co_filename)
    packages = str(frame.f_globals.get("__name__", "")).split(".")
    if path.stem != "__init__":
        packages.pop()
    return "/".join([*packages, path.name])
