"""The page of one sync, which ran once, and the world around it."""

from __future__ import annotations

import json
from typing import Any

from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.viewing import View

PICKING = ("Filters", "Properties", "Related")
"""Parts in which one picks from what DISCOVER found; the others need no look at all streams."""


def opened(open_page: Open, part: str = "Overview", **settings: Any) -> tuple[View, World]:
    """The page of the sync of contacts, which ran once, and the world around it."""
    view, world = open_page()
    world.call(f"CALL set_token('{world.portal.token}')")
    if part in PICKING:
        world.call("CALL discover()")
    world.call(f"CALL configure_sync('contacts', PARSE_JSON('{json.dumps(settings)}'))")
    world.call("CALL ingest_hubspot('contacts')")
    view.draw().press("Contacts")
    if part != "Overview":
        view.choose("part-contacts", part)
    return view, world


def stored(world: World) -> dict[str, Any]:
    """The settings as they are stored."""
    return dict(json.loads(world.sync()["SETTINGS"]))
