"""Tells what a run could not read, in its message and in the view ERRORS."""

from __future__ import annotations

from dataclasses import dataclass

from hubspot_ingest.errors import HubSpotRefused, IngestError, UnexpectedAnswer
from hubspot_ingest.inbound.deletions.context import SweepContext
from hubspot_ingest.inbound.load.loader import Loader
from hubspot_ingest.inbound.opening.closing import EndingRun

# What each sweep looks for.
SWEEPS = {
    "archived": "archived records were",
    "filtered": "records that left the filter were",
    "rotation": "calculated values and purged records were",
    "count": "records that HubSpot counts and the table lacks were",
}


@dataclass(frozen=True, slots=True)
class Shortfalls:
    """Adds to the notes and the errors of a run."""

    run: EndingRun

    def log_links(self, loader: Loader) -> None:
        """Associations that could not be read are an error on record, never an empty array."""
        for stream, error in loader.refused.items():
            self._log_error(error, f"associations with {stream} were not read: {error.message}")
        if loader.refused:
            self.run.notes.append(f"associations with {', '.join(loader.refused)} were not read")

    def log_sweeps(self, context: SweepContext) -> None:
        """Sweeps that HubSpot refused are told; that it lists no archived ones is no error."""
        for sweep, error in context.refused.items():
            message = f"{SWEEPS[sweep]} not looked for: {error.message}"
            self.run.notes.append(message)
            if sweep != "archived" or not isinstance(error, HubSpotRefused):
                self._log_error(error, message)

    def log_unread(self, loader: Loader) -> None:
        """Records that HubSpot did not read are an error on record."""
        if not loader.unread:
            return
        shown = ", ".join(f"{id} ({reason})" for id, reason in [*loader.unread.items()][:5])
        count = len(loader.unread)
        message = (
            f"HubSpot did not read {count} record{'s' if count > 1 else ''}: {shown}; nothing was "
            "taken for deleted, a later run asks for them again"
        )
        self._log_error(UnexpectedAnswer(message), message)
        self.run.notes.append(message)

    def _log_error(self, error: IngestError, message: str) -> None:
        self.run.errors.append((error.response_code, message))
