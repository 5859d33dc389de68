"""An exception in the page that nobody foresaw: an id, places in its code, nobody's values."""

from __future__ import annotations

import logging
import re
from typing import NoReturn

import pytest

from page import drawing, place
from tests.ui.conftest import Open

SECRET = "pat-na1-ada@example.com"


class Unprintable(Exception):
    def __str__(self) -> NoReturn:
        raise RuntimeError(SECRET)


def _fail(*_: object) -> NoReturn:
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raise Unprintable(SECRET) from error


def test_the_page_names_an_id_and_shows_what_to_send(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    view, _ = open_page()
    monkeypatch.setitem(drawing.SHOWN, place.SET_UP, _fail)
    text = view.draw().text

    match = re.search(r"unexpected internal error ([0-9a-f]{8})", text)
    assert match is not None, text
    [record] = [line for line in caplog.records if line.levelno == logging.ERROR]
    assert vars(record)["error_id"] == match[1]
    assert vars(record)["trace"] in text
    assert re.search(r"Unprintable at .*drawing\.py:\d+ show > test_internal_errors\.py", text)
    assert re.search(r"; caused by KeyError at test_internal_errors\.py:\d+ _fail", text)
    assert SECRET not in text + repr(vars(record))
