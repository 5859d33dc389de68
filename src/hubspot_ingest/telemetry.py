"""What an event table gets of a run: log records with their facts, and events on the span.

A record carries names, codes and numbers. Never a credential, a value of a record, or the text of
an error, which may quote one: that stands in the view ERRORS, which stays in the account.

Sources: Snowflake, "Logging messages in Python", "Emitting trace events in Python".
"""

from __future__ import annotations

import importlib
import logging
from contextlib import suppress

Fact = str | int | float | bool | None

_LOG = logging.getLogger("hubspot_ingest")
# where nobody listens, warnings are not to fall through to standard error
_LOG.addHandler(logging.NullHandler())
# one record for every request would cost more than the request
for _chatty in ("httpx", "httpcore"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)


def debug(said: str, **facts: Fact) -> None:
    """One step of many."""
    _LOG.debug(said, extra=facts)


def info(said: str, **facts: Fact) -> None:
    """What happens once in a run."""
    _LOG.info(said, extra=facts)


def warning(said: str, **facts: Fact) -> None:
    """What went wrong and is made good without anybody."""
    _LOG.warning(said, extra=facts)


def error(said: str, **facts: Fact) -> None:
    """What went wrong and needs somebody."""
    _LOG.error(said, extra=facts)


def event(name: str, **facts: Fact) -> None:
    """An event on the span of the running procedure, where Snowflake's package is there."""
    # no run is to fail for what is only told about it
    with suppress(Exception):
        module = importlib.import_module("snowflake.telemetry")
        module.add_event(name, {key: value for key, value in facts.items() if value is not None})
