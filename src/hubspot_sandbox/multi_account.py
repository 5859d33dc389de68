"""Several accounts behind one address, as HubSpot has them; the credential decides which one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from hubspot_sandbox.answers import Answer
from hubspot_sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from hubspot_sandbox.server.http_server import Server


class Several:
    """Hands each request to the sandbox whose portal knows its credential; else to the first."""

    def __init__(self, sandboxes: Sequence[Sandbox]) -> None:
        """One sandbox for each account."""
        self._sandboxes = tuple(sandboxes)

    def handle(
        self,
        method: str,
        url_path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """Answer one request; see `Sandbox.handle`."""
        lowered = {name.lower(): value for name, value in (headers or {}).items()}
        token = lowered.get("authorization", "").partition(" ")[2]
        app = dict(parse_qsl(body.decode("latin-1"))).get("client_id") if not token else None
        for sandbox in self._sandboxes:
            tokens = sandbox.portal.tokens
            if token in tokens.scopes or app in {grant.client_id for grant in tokens.grants}:
                return sandbox.handle(method, url_path, query, headers, body)
        return self._sandboxes[0].handle(method, url_path, query, headers, body)

    def serve(self, port: int = 0) -> Server:
        """A server on 127.0.0.1 in a thread of this process, to be used in a ``with`` block."""
        # Imported here because uvicorn takes a third of a second to import.
        from hubspot_sandbox.server.http_server import Server

        return Server(self, port)
