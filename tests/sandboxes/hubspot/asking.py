"""What the tests of the local HubSpot ask with: a clock set by hand and an app with a token."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from hubspot_sandbox import Portal, Sandbox, WriteRules

NOW = 1_790_000_000_000
"""2026-09-21T14:13:20Z."""

CONTACTS = "/crm/objects/2026-09/contacts"
SECOND, MINUTE, DAY = 1_000, 60_000, 86_400_000


@dataclass
class SetClock:
    """A clock that stands still until a test moves it."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now

    def advance(self, ms: int) -> None:
        self.now += ms


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def ids(self) -> list[str]:
        return [record["id"] for record in self.json["results"]]


class App:
    """An app asking a sandbox."""

    def __init__(self, sandbox: Sandbox, token: str | None = None) -> None:
        self.sandbox = sandbox
        self.portal = sandbox.portal
        self.token = token if token is not None else sandbox.portal.token

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Reply:
        raw = b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.sandbox.handle(method, path, urlencode(query), headers, raw)
        return Reply(answer.status, answer.headers, answer.body)

    def get(self, path: str, **query: Any) -> Reply:
        return self.ask("GET", path, **query)

    def post(self, path: str, body: Any) -> Reply:
        return self.ask("POST", path, body)

    def batch(
        self,
        what: str,
        *inputs: dict[str, Any],
        object_type: str = "contacts",
        version: str = "2026-09",
    ) -> Reply:
        """A batch of writes at one of the versions."""
        place = "v3/objects" if version == "v3" else f"objects/{version}"
        return self.post(f"/crm/{place}/{object_type}/batch/{what}", {"inputs": list(inputs)})

    def search(self, *filters: dict[str, Any], object_type: str = "contacts", **more: Any) -> Reply:
        body: dict[str, Any] = {"limit": 200, "sorts": [BY_ID]}
        if filters:
            body["filterGroups"] = [{"filters": list(filters)}]
        return self.post(f"/crm/objects/2026-09/{object_type}/search", body | more)

    def seeded(self, object_type: str = "contacts") -> list[str]:
        return [record.id for record in self.portal.records(object_type)]


BY_ID = {"propertyName": "hs_object_id", "direction": "ASCENDING"}


def where(name: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    """A search filter."""
    given = {} if value is None else {"value": str(value)}
    return {"propertyName": name, "operator": operator, **given, **more}


def portal_with(clock: SetClock | None = None, **records: int) -> Portal:
    """A portal at NOW with these records."""
    return Portal(seed=7, clock=clock or SetClock(), records=records)


def app_with(clock: SetClock | None = None, **records: int) -> App:
    """An app on an unlimited sandbox of a portal with these records."""
    return App(Sandbox(portal_with(clock, **records)))


def app_writing(
    rules: WriteRules | None = None, clock: SetClock | None = None, **records: int
) -> App:
    """Like `app_with`, where writes are taken by these rules."""
    return App(Sandbox(portal_with(clock, **records), writes=rules))
