"""The page's style sheet touches what the page itself draws, and nothing of Streamlit's."""

from __future__ import annotations

import re

from page import style_sheet


def test_every_class_is_the_pages_own_or_named_after_its_place() -> None:
    css = re.sub(r"/\*.*?\*/|<[^>]*>", "", style_sheet._STYLE, flags=re.S)
    selectors = [
        selector.strip()
        for rule in re.findall(r"([^{}]+)\{", css)
        for selector in rule.split(",")
        if not selector.strip().startswith("@")
    ]

    # a highlighter of code has classes such as "key" and "table" too
    outside = [
        selector
        for selector in selectors
        if re.match(r"\.|[a-z]+\.", selector)
        and not re.match(r"\.(hi|st[A-Z]|st-key-|brand)", selector)
    ]
    assert ".hi .key" in selectors
    assert outside == []
