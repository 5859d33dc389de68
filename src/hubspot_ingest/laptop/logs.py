"""Logs on a laptop: nowhere, or as lines of JSON on standard error when they are asked for."""

from __future__ import annotations

import json
import logging
import os

VARIABLE = "HUBSPOT_INGEST_LOG"
_OURS = "hubspot_ingest"
_USUAL = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


class _Json(logging.Formatter):
    """A record with its facts on one line."""

    def format(self, record: logging.LogRecord) -> str:
        facts = {name: value for name, value in vars(record).items() if name not in _USUAL}
        line = {"at": self.formatTime(record), "level": record.levelname}
        return json.dumps({**line, "said": record.getMessage(), **facts}, default=str)


def begin() -> None:
    """Write logs of the level that ``$HUBSPOT_INGEST_LOG`` names, if it names one."""
    level = logging.getLevelNamesMapping().get(os.environ.get(VARIABLE, "").upper())
    if level is None:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(_Json())
    logger = logging.getLogger(_OURS)
    logger.addHandler(handler)
    logger.setLevel(level)
