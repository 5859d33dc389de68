"""When a request left, as the transport traces it."""

from __future__ import annotations

from collections.abc import Callable


class SentNotice:
    """Calls ``on_sent`` once: when the transport traces that the request left, or when it ended."""

    def __init__(self, on_sent: Callable[[], None]) -> None:
        self._on_sent = on_sent
        self._notified = False

    def trace(self, event: str, _about: object) -> None:
        """Called by httpcore, whose event names begin with the protocol's."""
        if event.endswith("send_request_body.complete"):
            self.notify()

    def notify(self) -> None:
        """Call ``on_sent`` unless that was done."""
        if not self._notified:
            self._notified = True
            self._on_sent()
