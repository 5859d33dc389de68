"""Drives the page through Streamlit's AppTest, over the local engine."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from pathlib import Path
from typing import Any, Protocol, Self

from streamlit.testing.v1 import AppTest

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


class WithSession(Protocol):
    """What has a Snowpark session in the app's database."""

    @property
    def session(self) -> Any: ...


class View:
    """The page in somebody's browser, and what they do with it."""

    def __init__(self, world: WithSession) -> None:
        self.session = Recorded(world.session)
        self.test = AppTest.from_file(str(APP), default_timeout=60)
        self.test.session_state["session"] = self.session

    def draw(self) -> Self:
        """Draw the page again; fails on an uncaught exception."""
        return self._after(self.test)

    @property
    def text(self) -> str:
        """Everything that can be read, dialogs included, without its markup."""
        texts = []
        for element in self.test._tree:
            if element.type in TEXTS:
                proto: Any = element.proto
                body = getattr(proto, "body", "") or getattr(element, "value", "") or ""
                texts.append(_plain(str(body)))
        return "\n".join(texts)

    @property
    def elements(self) -> int:
        """How many elements the page has."""
        return sum(1 for _ in self.test._tree)

    @property
    def labels(self) -> list[str]:
        """The labels of the buttons."""
        return [_plain(button.label) for button in self.test.button]

    def press(self, label: str) -> Self:
        """Press the button that bears this label."""
        buttons = [button for button in self.test.button if _plain(button.label) == label]
        assert buttons, (label, self.labels)
        return self._after(buttons[0].click())

    def fill(self, label: str, text: str) -> Self:
        """Type into a field; the page is drawn when something is pressed."""
        [field] = [field for field in self.test.text_input if field.label == label]
        field.set_value(text)
        return self

    def choose(self, key: str, *values: Any) -> Self:
        """Choose in a row of buttons."""
        [group] = [group for group in self.test.button_group if group.key == key]
        return self._after(group.set_value([*values]))

    def press_last(self, label: str) -> Self:
        """Press the last of several buttons of one label: the one that confirms."""
        return self._after(
            [button for button in self.test.button if button.label == label][-1].click()
        )

    def box(self, label: str) -> Any:
        """The box of choices that bears this label."""
        return next(box for box in self.test.selectbox if box.label == label)

    def select(self, label: str, value: Any) -> Self:
        """Choose in a box, by the value behind the words."""
        return self._after(self.box(label).set_value(value))

    def pick(self, label: str, *values: Any) -> Self:
        """Choose several in a box, new ones among them."""
        box = next(box for box in self.test.multiselect if box.label == label)
        return self._after(box.set_value([*values]))

    def switch(self, label: str, *, on: bool) -> Self:
        """Turn a switch."""
        toggle = next(toggle for toggle in self.test.toggle if toggle.label == label)
        return self._after(toggle.set_value(on))

    def tick(self, label: str) -> Self:
        """Tick the box whose label begins so."""
        box = next(box for box in self.test.checkbox if box.label.startswith(label))
        return self._after(box.check())

    def count(self, label: str, value: float) -> Self:
        """Set a number."""
        field = next(field for field in self.test.number_input if field.label == label)
        return self._after(field.set_value(value))

    def area(self, label: str) -> Any:
        """The field of several lines that bears this label."""
        return next(area for area in self.test.text_area if area.label == label)

    def write(self, label: str, text: str) -> Self:
        """Write into a field of several lines and leave it."""
        return self._after(self.area(label).set_value(text))

    def use_json(self, text: str) -> Self:
        """Write filters as JSON and use them."""
        return self.write("As HubSpot takes it (JSON)", text).press("Use this JSON")

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
        opened, before = self._opened, self._places()
        changed.run()
        assert not self.test.exception, self.test.exception
        if self._opened == opened:
            after = self._places()
            moved = [id_ for id_, at in before.items() if after.get(id_, at) != at]
            assert not moved, f"what is typed into these at that moment is lost: {moved}"
        return self

    @property
    def _opened(self) -> tuple[Any, ...]:
        state = self.test.session_state.filtered_state
        return tuple(state.get(name) for name in ("part", "inside", "step"))

    def _places(self) -> dict[str, tuple[int, ...]]:
        """The numbers of the containers in which each widget is, from the outermost.

        A browser makes a container, with all that is in it, anew where its number changes: the
        focus goes, and with it what is being typed or pressed (RenderNodeVisitor of Streamlit's
        frontend takes the number for React's key). The buttons in the rows of a list move with
        the list.
        """
        places: dict[str, tuple[int, ...]] = {}

        def walk(block: Any, path: tuple[int, ...], *, in_row: bool) -> None:
            for number, child in block.children.items():
                id_ = str(getattr(child.proto, "id", ""))
                if hasattr(child, "children"):
                    walk(child, (*path, number), in_row=in_row or "-row-" in id_)
                elif id_ and not (in_row and child.type == "button"):
                    places[id_] = path

        walk(self.test._tree, (), in_row=False)
        return places


def _plain(body: str) -> str:
    body = re.sub(r"<style>.*?</style>", "", body, flags=re.S)
    body = re.sub(r"</(div|p|dt|dd|td|li|tr)>", " ", body)
    body = unescape(re.sub(r"<[^>]+>", "", body))
    return re.sub(r"[ \t]+", " ", body.replace("**", "")).strip()
