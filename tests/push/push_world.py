"""A portal, an engine and a table of customers from which pushes are fed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Self

from hubspot_ingest.credentials import Token
from hubspot_ingest.database.state.connections import Connections
from hubspot_ingest.outbound import external_ids, push_configuration
from hubspot_ingest.outbound.push_plan import plan_push
from hubspot_ingest.outbound.push_runner import push_to_hubspot
from tests.runs.world import Answer, World, on_an_empty_stack

SOURCE = {"database": "MARTS", "schema": "CRM", "table": "CUSTOMERS"}
CUSTOMERS = "MARTS.CRM.CUSTOMERS"
# Settings of a push that makes notes, which nothing unique tells apart.
KEYLESS_NOTES: Mapping[str, Any] = {
    "object": "notes",
    "strategy": "create",
    "match": ...,
    "external_id": None,
    "duplicates_possible": True,
    "properties": {"hs_note_body": "FIRST_NAME", "hs_timestamp": "SEEN_AT"},
}
COLUMNS: Mapping[str, str] = {
    "CUSTOMER_ID": "NUMBER(38, 0)",
    "EMAIL": "VARCHAR",
    "FIRST_NAME": "VARCHAR",
    "SCORE": "NUMBER(12, 2)",
    "SINCE": "DATE",
    "SEEN_AT": "TIMESTAMP_NTZ",
    "ACTIVE": "BOOLEAN",
    "STAGE": "VARCHAR",
    "TAGS": "ARRAY",
    "COMPANIES": "OBJECT",
    "FRIENDS": "OBJECT",
}
Row = Mapping[str, Any]

SETTINGS: Answer = {
    "source": SOURCE,
    "key": "CUSTOMER_ID",
    "object": "contacts",
    "match": {"email": "EMAIL"},
    "connection": "writer",
    "properties": {"firstname": "FIRST_NAME", "loyalty_points": "SCORE"},
}


class PushWorld(World):
    """As ``World``, with a connection that may write and a source to fill."""

    def prepare(self, rows: Sequence[Row] = ()) -> Self:
        """Make the source and the connection."""
        self.database.rows("CREATE DATABASE IF NOT EXISTS MARTS")
        self.database.rows("CREATE SCHEMA IF NOT EXISTS MARTS.CRM")
        self.database.rows(f"DROP TABLE IF EXISTS {CUSTOMERS}")
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        self.database.rows(f"CREATE TABLE {CUSTOMERS} ({columns})")
        self.connect("writer", writes=True)
        for row in rows:
            self.insert(row)
        return self

    def connect(self, name: str, *, writes: bool) -> None:
        """Store a connection; only its runs reach this HubSpot, which is in this process."""
        token = Token(self.token)
        Connections(self.database).save(name, token, self.clock.now(), writes=writes)

    def insert(self, row: Row) -> None:
        """Add a row to the source."""
        names = ", ".join(row)
        values = ", ".join(_literal(COLUMNS[name]) for name in row)
        self.database.rows(
            f"INSERT INTO {CUSTOMERS} ({names}) SELECT {values}", [_bound(v) for v in row.values()]
        )

    def update(self, key: int, **values: Any) -> None:
        """Change a row of the source."""
        sets = ", ".join(f"{name} = {_literal(COLUMNS[name])}" for name in values)
        self.database.rows(
            f"UPDATE {CUSTOMERS} SET {sets} WHERE CUSTOMER_ID = ?",
            [*(_bound(value) for value in values.values()), key],
        )

    def delete(self, key: int) -> None:
        """Remove a row from the source."""
        self.database.rows(f"DELETE FROM {CUSTOMERS} WHERE CUSTOMER_ID = ?", [key])

    def configure_push(self, name: str = "customers_out", **changes: Any) -> Answer:
        """Configure a push with the usual settings, some of them changed or left out (None)."""
        settings = {key: value for key, value in {**SETTINGS, **changes}.items() if value != ...}
        return on_an_empty_stack(
            lambda: dict(push_configuration.configure(self.context, name, settings))
        )

    def plan(self, name: str = "customers_out", settings: Any = None) -> Answer:
        """Plan a push."""
        return on_an_empty_stack(lambda: dict(plan_push(self.context, name, settings)))

    def push(self, name: str = "customers_out", plan_hash: str | None = None) -> Answer:
        """Run a push, whatever comes of it."""
        return on_an_empty_stack(lambda: dict(push_to_hubspot(self.context, name, plan_hash)))

    def pushed(self, name: str = "customers_out") -> Answer:
        """Run a push that must succeed."""
        answer = self.push(name)
        assert answer["status"] == "SUCCEEDED", answer
        return answer

    def record_of(self, email: str, object_type: str = "contacts") -> dict[str, str | None]:
        """The properties of the one record with an e-mail address."""
        [record] = [
            record
            for record in self.portal.records(object_type)
            if record.properties.get("email") == email
        ]
        return dict(record.properties)

    def create_external_id(self, *arguments: str | None) -> Answer:
        """Make a unique property."""
        given = (*arguments, *(None,) * (3 - len(arguments)))
        return on_an_empty_stack(
            lambda: dict(external_ids.create_external_id(self.context, *given))
        )

    def push_rows(self, view: str = "PUSH_ROWS") -> list[Answer]:
        """What a view tells of the rows of pushes."""
        return self.rows(f"SELECT * FROM HUBSPOT_INGEST.CORE.{view}")


def _literal(kind: str) -> str:
    return f"PARSE_JSON(?)::{kind}" if kind in ("ARRAY", "OBJECT") else f"CAST(? AS {kind})"


def _bound(value: object) -> object:
    return json.dumps(value) if isinstance(value, list | dict) else value
