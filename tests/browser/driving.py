"""The page in a real browser: Chromium without a window, driven as a person would."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

from scripts.chromium import find
from tests.browser import barriers
from tests.laptop.process import Laptop

QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--no-first-run"),
)
ZONE = "Europe/Berlin"
PATIENCE = 60_000
"""Milliseconds for anything to appear: a run may be behind it, on a busy machine."""

FOCUSED = """() => {
    const here = document.activeElement
    const label = here.getAttribute("aria-label") || here.closest("label")?.innerText
        || here.innerText || ""
    const rings = [here, here.closest("label, [data-baseweb=select]")]
        .filter(Boolean).map(each => getComputedStyle(each))
    return {label: label.trim(), shown: rings.some(ring => ring.outlineStyle != "none")}
}"""
"""What has the focus, and whether a person sees that."""

NARROW = {"width": 390, "height": 844}

SCREENSHOTS = Path(os.environ.get("SCREENSHOTS") or "build/screenshots")


class Browser:
    """Somebody's browser, with the page open."""

    def __init__(self, page: Page) -> None:
        self.page = page

        self.barriers: list[str] = []
        """What axe found in the pictures that were taken."""

    def settle(self) -> None:
        """Wait until the page is drawn and stays so."""
        self.page.wait_for_timeout(200)
        self.page.wait_for_function(
            "() => document.querySelector('[data-testid=stApp]')"
            "?.getAttribute('data-test-script-state') === 'notRunning'",
            timeout=PATIENCE,
        )
        self.page.wait_for_timeout(250)

    def press(self, label: str) -> None:
        """Press a button."""
        self.button(label).click()
        self.settle()

    def button(self, label: str) -> Locator:
        """The button whose label begins so; the name of its icon may stand before it."""
        begins = re.compile(rf"^([a-z_]+ )?{re.escape(label)}")
        return self.page.get_by_role("button", name=begins).last

    def press_as_people_do(self, target: Locator) -> None:
        """Press where a thing is at this moment, for as long as a finger rests, and look on."""
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        assert box
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.mouse.down()
        self.page.wait_for_timeout(130)
        self.page.mouse.up()
        self.page.wait_for_timeout(350)

    def pick_by_keys(self, label: str, names: Sequence[str], pause: int) -> None:
        """Pick several in a box: type each and press Enter, with a pause in milliseconds."""
        self.press_as_people_do(self.page.get_by_role("combobox", name=re.compile(label)).first)
        for name in names:
            self.page.keyboard.type(name, delay=pause / 8)
            self.page.wait_for_timeout(max(pause, 60))
            self.page.keyboard.press("Enter", delay=pause / 4)
            self.page.wait_for_timeout(pause)
        self.page.keyboard.press("Escape")

    def type_into(self, field: Locator, text: str) -> None:
        """Type into a field in place of what is there, and stay in it."""
        self.press_as_people_do(field)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text, delay=60)

    def tick(self, label: str) -> None:
        """Tick a box."""
        box = self.page.get_by_test_id("stCheckbox").filter(has_text=re.compile(f"^{label}"))
        box.locator("label").first.click()
        self.settle()

    def go(self, part: str) -> None:
        """Open another part of the page."""
        navigation = self.page.locator(".st-key-nav")
        navigation.get_by_role("button", name=part, exact=True).click()
        self.settle()

    def switch(self, part: str) -> None:
        """Choose in a row of buttons."""
        row = self.page.get_by_test_id("stButtonGroup")
        row.get_by_text(part, exact=True).first.click()
        self.settle()

    def select(self, label: str, option: str) -> None:
        """Choose in a box: type what is looked for, take the first that is offered."""
        box = self.page.get_by_role("combobox", name=re.compile(label)).first
        box.click()
        box.fill(option)
        self.page.get_by_role("option").first.click()
        self.settle()

    def sees(self, text: str) -> None:
        """Wait until a text can be read."""
        self.page.get_by_text(text).first.wait_for(timeout=PATIENCE)

    def sees_all_healthy(self) -> None:
        """Wait until every sync of the list has run well."""
        healthy = re.compile(r"^(\d+)\s*of \1 syncs?$")
        self.page.locator("dd").filter(has_text=healthy).first.wait_for(timeout=PATIENCE)
        self.settle()

    def connect(self, token: str) -> None:
        """Give the credential in the second step of Set up."""
        self.page.get_by_label("Service key").first.fill(token)
        self.press("Store and test")

    def shows_no_trace(self) -> None:
        """Nothing of Python's is on the page."""
        body = self.page.locator("body").inner_text()
        assert "Traceback" not in body
        assert self.page.get_by_test_id("stException").count() == 0

    def focus(self, label: str) -> None:
        """Press Tab until what bears this label has the focus, and see that it shows."""
        passed: list[str] = []
        for _ in range(100):
            self.page.keyboard.press("Tab")
            focused = self.page.evaluate(FOCUSED)
            if re.search(rf"(^|^Selected .*\. ){re.escape(label)}", focused["label"]):
                assert focused["shown"], f"the focus on {label} cannot be seen"
                return
            passed.append(focused["label"][:40])
        raise AssertionError(f"Tab does not lead to {label}, but through {passed}")

    def strike(self, key: str) -> None:
        """Press a key, and wait until the page is drawn."""
        self.page.keyboard.press(key)
        self.settle()

    def look_for_barriers(self, name: str) -> None:
        """Note what axe finds on the page that keeps people out, and whether a phone shows it."""
        self.barriers += barriers.found(self.page, name)
        size = self.page.viewport_size or {"width": 1280, "height": 900}
        self.page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
        self.page.wait_for_timeout(150)
        self.barriers += barriers.too_wide(self.page, name)
        self.page.set_viewport_size(size)

    def shoot(self, name: str, height: int = 900) -> None:
        """Keep a picture of the page under a name, and look for barriers in it."""
        self.look_for_barriers(name)
        size = self.page.viewport_size or {"width": 1280, "height": 900}
        self.page.set_viewport_size({"width": size["width"], "height": height})
        self.settle()
        self.page.mouse.move(0, 0)
        self.page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")
        self.page.set_viewport_size(size)


@contextmanager
def browsing(
    address: str, *, dark: bool = False, width: int = 1280, height: int = 900
) -> Iterator[Browser]:
    """A browser with the page at ``address`` open."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(find()), args=[*QUIET])
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            timezone_id=ZONE,
        )
        context.set_default_timeout(PATIENCE / 3)
        browser = Browser(context.new_page())
        browser.page.goto(address)
        browser.page.locator(".st-key-nav").wait_for(timeout=PATIENCE)
        browser.settle()
        try:
            yield browser
            assert not browser.barriers, "\n".join(browser.barriers)
        except BaseException:
            browser.page.screenshot(path="build/failed.png")
            raise
        finally:
            context.close()
            chromium.close()


@contextmanager
def page_of(laptop: Laptop) -> Iterator[str]:
    """The address of ``hubspot-ingest ui`` on a laptop."""
    with laptop.running("ui") as running:
        printed = running.reads("the page is at", within=90)
        match = re.search(r"http://127\.0\.0\.1:\d+/[\w-]+", printed)
        assert match
        yield match[0]
