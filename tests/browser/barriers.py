"""What axe-core finds on a page that keeps people from using it."""

from __future__ import annotations

from importlib import resources

from playwright.sync_api import Page

GRAVE = ("serious", "critical")

ALLOWED = {
    # Streamlit hangs the menu of a table's columns on a plain element; nothing of ours names it
    ("aria-allowed-attr", '<div aria-haspopup="true" aria-expanded="false">'),
}
"""What is Streamlit's own and cannot be mended from a script: the rule, and how the element begins.

Of less than grave things one is known: Streamlit puts the page into no landmark (`region`).
"""


def found(page: Page, name: str) -> list[str]:
    """One line for each grave violation on the page, which is called ``name`` in it."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate((resources.files("axe_playwright_python") / "axe.min.js").read_text())
    results = page.evaluate("() => axe.run({resultTypes: ['violations']})")
    return [
        f"{name}: {violation['id']} ({violation['impact']}): {node['html'][:160]}"
        for violation in results["violations"]
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
        if not any(
            violation["id"] == rule and node["html"].startswith(begins) for rule, begins in ALLOWED
        )
    ]


def too_wide(page: Page, name: str) -> list[str]:
    """A line when the page scrolls sideways."""
    wide = page.get_by_test_id("stMain").evaluate("main => main.scrollWidth > main.clientWidth")
    return [f"{name}: it is wider than the window"] if wide else []
