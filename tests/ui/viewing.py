"""The page as somebody sees it: drawn by Streamlit itself, over the local engine."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from pathlib import Path
from typing import Any, Self

from streamlit.testing.v1 import AppTest

from tests.runs.world import World

APP = Path(__file__).parents[2] / "streamlit" / "app.py"
TEXTS = (
    *("markdown", "html", "caption", "subheader", "heading", "code", "json", "success", "error"),
    *("warning", "info", "text"),
)


class Recorded:
    """A Snowpark session that remembers what it was sent."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.sent: Counter[tuple[str, str]] = Counter()

    def sql(self, text: str, params: Any = None) -> Any:
        self.sent[text, repr(params)] += 1
        return self._session.sql(text, params=params)


class View:
    """The page in somebody's browser, and what they do with it."""

    def __init__(self, world: World) -> None:
        self.session = Recorded(world.session)
        self.test = AppTest.from_file(str(APP), default_timeout=60)
        self.test.session_state["session"] = self.session

    def draw(self) -> Self:
        """Draw the page anew; nothing of Python's is ever shown."""
        self.session.sent.clear()
        self.test.run()
        assert not self.test.exception, self.test.exception
        return self

    @property
    def text(self) -> str:
        """Everything that can be read, in order, without its markup."""
        said = []
        for element in [*self.test.main, *self.test.sidebar]:
            if element.type in TEXTS:
                proto: Any = element.proto
                body = getattr(proto, "body", "") or getattr(element, "value", "") or ""
                said.append(_plain(str(body)))
        return "\n".join(said)

    @property
    def labels(self) -> list[str]:
        """What stands on the buttons."""
        return [_plain(one.label) for one in self.test.button]

    def press(self, label: str) -> Self:
        """Press the button that bears this label."""
        found = [one for one in self.test.button if _plain(one.label) == label]
        assert found, (label, self.labels)
        self.session.sent.clear()
        found[0].click().run()
        assert not self.test.exception, self.test.exception
        return self

    def fill(self, label: str, text: str) -> Self:
        """Type into a field; the page is drawn when something is pressed."""
        [field] = [one for one in self.test.text_input if one.label == label]
        field.set_value(text)
        return self

    def choose(self, key: str, *values: Any) -> Self:
        """Choose in a row of buttons."""
        [group] = [one for one in self.test.button_group if one.key == key]
        group.set_value([*values]).run()
        assert not self.test.exception, self.test.exception
        return self


def _plain(body: str) -> str:
    body = re.sub(r"<style>.*?</style>", "", body, flags=re.S)
    body = re.sub(r"</(div|p|dt|dd|td|li|tr)>", " ", body)
    body = unescape(re.sub(r"<[^>]+>", "", body))
    return re.sub(r"[ \t]+", " ", body.replace("**", "")).strip()
