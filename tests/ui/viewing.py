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
        return self._after(self.test)

    @property
    def text(self) -> str:
        """Everything that can be read, dialogs included, without its markup."""
        said = []
        for element in self.test._tree:
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
        return self._after(found[0].click())

    def fill(self, label: str, text: str) -> Self:
        """Type into a field; the page is drawn when something is pressed."""
        [field] = [one for one in self.test.text_input if one.label == label]
        field.set_value(text)
        return self

    def choose(self, key: str, *values: Any) -> Self:
        """Choose in a row of buttons."""
        [group] = [one for one in self.test.button_group if one.key == key]
        return self._after(group.set_value([*values]))

    def press_last(self, label: str) -> Self:
        """Press the last of several buttons of one label: the one that confirms."""
        return self._after([one for one in self.test.button if one.label == label][-1].click())

    def box(self, label: str) -> Any:
        """The box of choices that bears this label."""
        return next(one for one in self.test.selectbox if one.label == label)

    def select(self, label: str, value: Any) -> Self:
        """Choose in a box, by the value behind the words."""
        return self._after(self.box(label).set_value(value))

    def pick(self, label: str, *values: Any) -> Self:
        """Choose several in a box, new ones among them."""
        found = next(one for one in self.test.multiselect if one.label == label)
        return self._after(found.set_value([*values]))

    def switch(self, label: str, *, on: bool) -> Self:
        """Turn a switch."""
        found = next(one for one in self.test.toggle if one.label == label)
        return self._after(found.set_value(on))

    def tick(self, label: str) -> Self:
        """Tick the box whose label begins so."""
        found = next(one for one in self.test.checkbox if one.label.startswith(label))
        return self._after(found.check())

    def count(self, label: str, value: float) -> Self:
        """Set a number."""
        found = next(one for one in self.test.number_input if one.label == label)
        return self._after(found.set_value(value))

    def area(self, label: str) -> Any:
        """The field of several lines that bears this label."""
        return next(one for one in self.test.text_area if one.label == label)

    def write(self, label: str, text: str) -> Self:
        """Write into a field of several lines and leave it."""
        return self._after(self.area(label).set_value(text))

    def written(self, label: str) -> str:
        """What stands in a field of several lines."""
        return str(self.area(label).value)

    def _after(self, changed: Any) -> Self:
        self.session.sent.clear()
        for group in self.test.button_group:
            # Streamlit's own test kit takes the value of a single choice for a list
            value: Any = group.value
            if not isinstance(value, list):
                group.set_value([] if value is None else [value])
        changed.run()
        assert not self.test.exception, self.test.exception
        return self


def _plain(body: str) -> str:
    body = re.sub(r"<style>.*?</style>", "", body, flags=re.S)
    body = re.sub(r"</(div|p|dt|dd|td|li|tr)>", " ", body)
    body = unescape(re.sub(r"<[^>]+>", "", body))
    return re.sub(r"[ \t]+", " ", body.replace("**", "")).strip()
