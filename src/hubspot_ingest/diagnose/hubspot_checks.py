"""DOCTOR's checks that ask HubSpot: the connection, the clock, the day's requests, scopes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hubspot_ingest import times
from hubspot_ingest.catalog import lookup
from hubspot_ingest.database.state.connections import cure
from hubspot_ingest.diagnose import findings
from hubspot_ingest.diagnose.findings import Finding, Severity
from hubspot_ingest.errors import CredentialError, HubSpotError, IngestError
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.inbound import discovery
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import SyncSettings

# A person waits for the answer: no longer than this.
PATIENCE = times.MINUTE


def check_portal(context: Context, syncs: Sequence[tuple[str, SyncSettings]]) -> Iterator[Finding]:
    """The findings about the portal of some syncs of one connection; HubSpot's errors are some."""
    connection = syncs[0][1].connection
    store = cure(connection)
    try:
        now = context.clock.now()
        with context.client(syncs[0][1], now + PATIENCE) as client:
            portal = client.fetch(requests.account(), responses.portal)
            text = f"HubSpot answers, and the connection {connection} leads to portal {portal}"
            yield Finding("EGRESS", Severity.OK, text)
            yield findings.clock_finding(client.skew)
            yield _usage(client, syncs)
            for name, settings in syncs:
                yield _readable(client, name, settings, now)
    except CredentialError as error:
        yield Finding("CREDENTIAL", Severity.ERROR, error.message, f"store another with {store}")
    except HubSpotError as error:
        yield Finding(
            "EGRESS",
            Severity.ERROR,
            error.message,
            "where the connection is not approved, approve it; else HubSpot is down: see "
            "status.hubspot.com",
        )
    except IngestError as error:
        yield Finding("HUBSPOT", Severity.WARNING, error.message, "run this again later")


def _usage(client: Client, syncs: Sequence[tuple[str, SyncSettings]]) -> Finding:
    client.learn_usage()
    reserve = max(settings.reserve_percent for _, settings in syncs)
    return findings.usage_finding(client.governor.usage, reserve)


def _readable(client: Client, name: str, settings: SyncSettings, now: int) -> Finding:
    """Whether the credential may read the sync's stream."""
    stream = lookup.find(settings.stream, client.fetch)
    scopes, refused = discovery.refusal(client.fetch, stream, now)
    if not refused:
        return Finding("SCOPES", Severity.OK, f"the credential may read what {name} wants")
    scope_names = " or ".join(scopes or stream.scopes)
    return Finding(
        "SCOPES",
        Severity.ERROR,
        f"the credential may not read {stream.name}, which {name} wants",
        f"add {scope_names or 'the scope of it'} to the service key in HubSpot",
    )
