"""Writes ``docs/STREAMS.md`` from the catalog: what every stream is, costs and holds.

Run as ``python -m scripts.streams_page``; a test fails while the page is not what this writes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from hubspot_ingest.catalog.registry import CRM, STREAMS
from hubspot_ingest.catalog.stream import (
    Every,
    ItemStream,
    ParentKeys,
    PerParent,
    RecordStream,
    Stream,
    ViewStream,
)
from hubspot_ingest.database.columns import KEY
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
        if isinstance(stream, ItemStream) and not _analytics(stream):
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
    for stream in STREAMS:
        yield (
            f"`{stream.name}`",
            f"`{stream.reader}`",
            endpoint(stream),
            " or ".join(f"`{scope}`" for scope in stream.scopes),
            stream.tier,
            ", ".join(f"`{name}`" for name in key(stream)),
            cursor(stream),
            mode(stream),
            cost(stream),
        )


def endpoint(stream: Stream) -> str:
    """Method and path, with names for ids; empty for a view."""
    match stream:
        case RecordStream():
            return f"`GET {OBJECTS}/{stream.object_type}, POST …/search`"
        case ItemStream():
            return f"`{'GET' if stream.body is None else 'POST'} {stream.path}`"
        case ViewStream():
            return ""


def key(stream: Stream) -> tuple[str, ...]:
    """The columns by which rows are told apart; none of a view."""
    match stream:
        case RecordStream():
            return (KEY,)
        case ItemStream():
            return stream.key
        case ViewStream():
            return ()


def cursor(stream: Stream) -> str:
    """The property, path or bounds that tell new items from those read before."""
    match stream:
        case RecordStream():
            return f"`{stream.updated}`"
        case ItemStream(newest_by=path) if path:
            return f"`{path}`"
        case ItemStream(parents=PerParent(updated=path)) if path:
            return f"`{path}`"
        case ItemStream(window=window) if window is not None:
            return f"`{window.begin} to {window.end}`"
        case _:
            return ""


def mode(stream: Stream) -> str:
    """What a run after the first one reads."""
    match stream:
        case ViewStream():
            return "nothing"
        case RecordStream():
            return "what is new"
        case ItemStream(window=window) if window is not None:
            return "what is new"
        case ItemStream(newest_by=path) if path:
            return "what is new" + (", once a day all" if stream.missing_kind else "")
        case ItemStream(dated=dated):
            return "children of what changed" if dated else "all, merging what changed"


def cost(stream: Stream) -> str:
    """Requests for 1,000 records."""
    match stream:
        case RecordStream():
            return f"{1_000 // LIST_LIMIT} to begin with, {1_000 // SEARCH_LIMIT} after"
        case ViewStream():
            return "0"
        case ItemStream(body=ParentKeys(limit=limit)):
            return f"{2 * math.ceil(1_000 / limit)} for 1,000 contacts"
        case ItemStream(parents=parents, paging=None) if parents is not None:
            return f"{len(stream.variants)} for each {_parent(parents)}"
        case ItemStream():
            pages = math.ceil(1_000 / stream.paging.size) if stream.paging else 1
            requests = str(pages * len(stream.variants))
            if stream.parents is not None:
                return f"{requests}, at least 1 for each {_parent(stream.parents)}"
            days = stream.window.days if stream.window else 0
            return f"{requests}, at least 1 for {days} days" if days else requests


def _parent(parents: PerParent) -> str:
    match parents.source:
        case Every.OBJECT_TYPES:
            return "object type"
        case Every.OBJECT_TYPE_PAIRS:
            return "pair of object types"
        case Every.EVENT_TYPES:
            return "event type"
        case ItemStream(name="email_campaign_ids"):
            return "campaign that changed"
        case ItemStream(name=name):
            return name.rstrip("s").replace("_", " ")


def _columns(stream: ItemStream) -> Iterator[tuple[str, ...]]:
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
    pairs: set[frozenset[str]] = set()
    for stream in CRM:
        for other in stream.associations:
            pair = frozenset((stream.name, other))
            if pair not in pairs:
                pairs.add(pair)
                yield f"{stream.name} }}o--o{{ {other} : associated"


def _references() -> Iterator[str]:
    for stream in STREAMS:
        if isinstance(stream, ViewStream):
            for source in stream.sources:
                yield f"{source.stream} ||--|| {stream.name} : shows"
        else:
            for column, other in stream.references:
                yield f"{other} ||--o{{ {stream.name} : {column}"


if __name__ == "__main__":
    PAGE.write_text(render())
