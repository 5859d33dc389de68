"""Writes ``docs/STREAMS.md`` from the catalog: what every stream is, costs and holds.

Run as ``python -m scripts.streams_page``; a test fails while the page is not what this writes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from hubspot_ingest.catalog.registry import CRM, STREAMS, Reader, Stream
from hubspot_ingest.catalog.stream import Every
from hubspot_ingest.hubspot.requests import LIST_LIMIT, OBJECTS, SEARCH_LIMIT
from hubspot_ingest.inbound.items.rows import table_columns

PAGE = Path(__file__).parents[1] / "docs" / "STREAMS.md"

INTRODUCTION = """# Streams

Written by `make streams` from the catalog; what is wrong here is wrong there.

`INGEST_HUBSPOT` reads each of these by its name. A scope is one that the service key needs (any
one, where there are several); a subscription is the HubSpot subscription that has it. What your own
portal has, `CALL discover()` finds out: it fills the view `STREAMS`, custom objects included, and
`STREAM_PROPERTIES`. A stream that cannot be read is `SKIPPED`, and its message names the scope.

How they are read:

| reader | how |
|---|---|
| `RECORDS` | CRM objects: a list for a backfill, a search by modification time after it |
| `SINGLE` | one answer holds everything; only what changed is merged |
| `PAGES` | page after page, every time; only what changed is merged |
| `NEWEST` | newest first, stopping at what is known; once a day whole, to see what is gone |
| `WINDOWS` | spans of time, from where the last run ended |
| `CHILDREN` | for each parent: each object type, each form, each list |
| `VIEW` | a view over other streams' tables; a run makes it, or makes it anew |

Cost is requests to HubSpot for 1,000 records. Every table but a view also has `RAW` (the whole of
it as HubSpot sent it; of CRM objects `PROPERTIES`), `_PORTAL_ID`, `_RUN_ID` and `_SYNCED_AT`
([TABLES.md](TABLES.md)).

"""

EVENT_TYPES = """## Events

The name of an event type is a stream too: `CALL ingest_hubspot('e_visited_page')` fills
`E_VISITED_PAGE`. The stream `events` puts several types into one table, those of its setting
`event_types` or all that the portal knows. Each property becomes a column when an event first has
it; one that holds lists becomes an ARRAY.

"""


def render() -> str:
    """The whole page."""
    parts = [
        INTRODUCTION,
        "## All streams\n\n",
        *_lines(_overview()),
        "\n",
        EVENT_TYPES,
        "## How they hang together\n\n",
        "CRM objects and the associations read by default:\n\n",
        *_diagram(_associations()),
        "\nThe others, by the columns that name them:\n\n",
        *_diagram(_references()),
        "\n## Columns\n\nCRM objects have the columns of [TABLES.md](TABLES.md).\n",
    ]
    for stream in STREAMS:
        if stream.reader not in (Reader.RECORDS, Reader.VIEW) and not _analytics(stream):
            parts += [f"\n### {stream.name}\n\n", *_lines(_columns(stream))]
    return "".join(parts)


def _lines(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for n, row in enumerate(rows):
        yield f"| {' | '.join(row)} |\n"
        if n == 0:
            yield f"|{'---|' * len(row)}\n"


def _overview() -> Iterator[tuple[str, ...]]:
    heads = ("stream", "reader", "endpoint", "scope", "subscription", "key", "cursor", "mode")
    yield (*heads, "requests for 1,000")
    for one in STREAMS:
        yield (
            f"`{one.name}`",
            f"`{one.reader}`",
            f"`{endpoint(one)}`" if one.path or one.object_type else "",
            " or ".join(f"`{scope}`" for scope in one.scopes),
            one.tier,
            "" if one.reader is Reader.VIEW else ", ".join(f"`{name}`" for name in one.key),
            cursor(one),
            mode(one),
            cost(one),
        )


def endpoint(stream: Stream) -> str:
    """Method and path, with names for ids."""
    if stream.reader is Reader.RECORDS:
        return f"GET {OBJECTS}/{stream.object_type}, POST …/search"
    return f"{'POST' if stream.asks_name else 'GET'} {stream.path}"


def cursor(stream: Stream) -> str:
    """What tells new from known."""
    if stream.reader is Reader.RECORDS:
        return f"`{stream.updated}`"
    told = stream.newest or stream.parent_updated or " to ".join(filter(None, stream.window))
    return f"`{told}`" if told else ""


def mode(stream: Stream) -> str:
    """What a run after the first one reads."""
    if stream.reader is Reader.VIEW:
        return "nothing"
    if stream.reader in (Reader.RECORDS, Reader.WINDOWS):
        return "what is new"
    if stream.newest:
        return "what is new" + (", once a day all" if stream.gone else "")
    return "children of what changed" if stream.parent_updated else "all, merging what changed"


def cost(stream: Stream) -> str:
    """Requests for 1,000 records."""
    if stream.reader is Reader.RECORDS:
        return f"{1_000 // LIST_LIMIT} to begin with, {1_000 // SEARCH_LIMIT} after"
    if stream.reader is Reader.VIEW:
        return "0"
    if stream.batch:
        return f"{2 * math.ceil(1_000 / stream.batch)} for 1,000 contacts"
    if stream.parents is not None and not stream.page_size:
        return f"{len(stream.variants)} for each {_parent(stream)}"
    pages = math.ceil(1_000 / stream.page_size) if stream.page_size else 1
    told = str(pages * len(stream.variants))
    if stream.parents is not None:
        return f"{told}, at least 1 for each {_parent(stream)}"
    return f"{told}, at least 1 for {stream.window_days} days" if stream.window_days else told


def _parent(stream: Stream) -> str:
    match stream.parents:
        case Every.OBJECT_TYPES:
            return "object type"
        case Every.OBJECT_TYPE_PAIRS:
            return "pair of object types"
        case Every.EVENT_TYPES:
            return "event type"
        case Stream(name="email_campaign_ids"):
            return "campaign that changed"
        case Stream(name=name):
            return name.rstrip("s").replace("_", " ")
    return "parent"


def _columns(stream: Stream) -> Iterator[tuple[str, ...]]:
    yield ("column", "type", "what it is")
    for column in table_columns(stream):
        if column.property is not None:
            yield (f"`{column.name}`", str(column.type), column.comment)
    if stream.flattened:
        yield ("`PROPERTIES_<NAME>`", "VARCHAR or ARRAY", "Each property that any event had")


def _analytics(stream: Stream) -> bool:
    """Whether the stream only repeats the columns of another."""
    return stream.name.endswith("_web_analytics")


def _diagram(edges: Iterable[str]) -> Iterator[str]:
    yield "```mermaid\nerDiagram\n"
    for edge in edges:
        yield f"  {edge}\n"
    yield "```\n"


def _associations() -> Iterator[str]:
    told: set[frozenset[str]] = set()
    for one in CRM:
        for other in one.associations:
            pair = frozenset((one.name, other))
            if pair not in told:
                told.add(pair)
                yield f"{one.name} }}o--o{{ {other} : associated"


def _references() -> Iterator[str]:
    for one in STREAMS:
        for column, other in one.refers:
            yield f"{other} ||--o{{ {one.name} : {column}"
        for source in one.sources:
            yield f"{source} ||--|| {one.name} : shows"


if __name__ == "__main__":
    PAGE.write_text(render())
