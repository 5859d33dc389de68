"""Builders for what is decided about the rows of pushes: mappings, rows, records and answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, TypeVar, cast

from hubspot_ingest.database.connection import Database
from hubspot_ingest.errors import HubSpotRefused
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.hubspot.write_responses import WrittenRecord
from hubspot_ingest.model import Json, Property
from hubspot_ingest.outbound.mapping import PushMapping
from hubspot_ingest.outbound.mapping_resolution import resolve
from hubspot_ingest.outbound.opening import OpenPush
from hubspot_ingest.outbound.push_settings import PushSettings, parse_push_settings
from hubspot_ingest.outbound.rows import LedgerRow, SourceRow

Answer = TypeVar("Answer")
STAGES = (("lead", "Lead"), ("customer", "Customer"))
PROPERTIES = (
    Property("email", "string", unique=True),
    Property("firstname", "string"),
    Property("score", "number"),
    Property("lifecyclestage", "enumeration", options=STAGES),
    Property("interests", "enumeration", options=(("golf", "Golf"), ("tennis", "Tennis"))),
    Property("snowflake_key", "string", unique=True),
    Property("customer_number", "number", unique=True),
)
DEFINITIONS = {prop.name: prop for prop in PROPERTIES}
COLUMNS = {
    "ID": "NUMBER",
    "EMAIL": "VARCHAR",
    "OTHER_EMAIL": "VARCHAR",
    "NAME": "VARCHAR",
    "STAGE": "VARCHAR",
    "TAGS": "VARCHAR",
    "LINKS": "OBJECT",
}
SETTINGS: Mapping[str, Json] = {
    "source": {"database": "MARTS", "schema": "CRM", "table": "CUSTOMERS"},
    "key": "ID",
    "object": "contacts",
    "match": {"email": "EMAIL"},
    "properties": {"firstname": "NAME", "lifecyclestage": "STAGE"},
}


def some_settings(**changes: Json) -> PushSettings:
    """The usual settings, some of them changed."""
    return parse_push_settings("customers", {**SETTINGS, **changes})


def a_mapping(**changes: Json) -> PushMapping:
    """What the usual settings, some of them changed, mean in the usual portal."""
    settings = some_settings(**changes)
    return resolve("customers", settings, "contacts", "lastmodifieddate", COLUMNS, PROPERTIES)


def an_open_push(**changes: Json) -> OpenPush:
    """A push with the usual settings, some of them changed."""
    mapping = a_mapping(**changes)
    link_types = {link.name: link.mapping.to for link in mapping.links}
    return cast(
        "OpenPush",
        SimpleNamespace(
            name="customers",
            settings=mapping.settings,
            mapping=mapping,
            properties=PROPERTIES,
            link_types=link_types,
        ),
    )


def a_row(n: int, ledger: LedgerRow | None = None, **more: Any) -> SourceRow:
    """A changed row of the source; its key is its number."""
    row = SourceRow(n, False, str(n), f"hash {n}", (), 1, 1, ledger)
    return SourceRow(**{**{name: getattr(row, name) for name in row.__slots__}, **more})


def a_found_record(id: str, **properties: str | None) -> WrittenRecord:
    """A record as HubSpot answers it."""
    return WrittenRecord(id, properties, None)


class Answers:
    """HubSpot as a function of the last part of a path and the inputs; requests are kept."""

    def __init__(self, answer: Callable[[str, list[dict[str, Any]]], Any]) -> None:
        """``answer`` gives the body, or raises."""
        self._answer = answer
        self.sent: list[tuple[str, list[dict[str, Any]]]] = []

    def __call__(self, request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        """As ``Fetch``. A record that is asked for alone is not there."""
        kind = request.path.rsplit("/", 1)[-1]
        if request.body is None:
            self.sent.append((kind, []))
            raise HubSpotRefused("not found", 404)
        inputs = cast("dict[str, Any]", request.body)["inputs"]
        self.sent.append((kind, inputs))
        return parse(self._answer(kind, inputs))


class Statements:
    """A database that keeps the statements it gets and answers each with the same rows."""

    def __init__(self, rows: Callable[[str], list[dict[str, Any]]] = lambda _: []) -> None:
        """``rows`` are the answer to a statement."""
        self._rows = rows
        self.application = "HUBSPOT_INGEST"
        self.sent: list[tuple[str, tuple[Any, ...]]] = []

    in_application = Database.in_application
    change = Database.change

    def rows(self, statement: str, params: Any = ()) -> list[dict[str, Any]]:
        """As ``Database``."""
        self.sent.append((statement, tuple(params)))
        return self._rows(statement)

    @property
    def database(self) -> Database:
        """The same, as the product sees it."""
        return cast("Database", self)


def a_pool() -> ThreadPoolExecutor:
    """Threads for requests."""
    return ThreadPoolExecutor(1)
