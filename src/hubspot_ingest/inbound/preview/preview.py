"""``PLAN_INGEST`` and ``COUNT_RECORDS``: what a run would do, told before it does it.

Nothing is written. The plan, the properties, the sweeps that are due and the DDL are made by the
code that the run goes by; HubSpot is asked for counts only.
"""

from __future__ import annotations

from dataclasses import replace

from hubspot_ingest import times
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.stream import RecordStream, ViewStream
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.errors import IngestError, Refusal, ScopeMissing
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.inbound import configure
from hubspot_ingest.inbound.extract import page_readers
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.plan import plan
from hubspot_ingest.inbound.preview import report
from hubspot_ingest.inbound.preview.items import items_plan, view_plan
from hubspot_ingest.inbound.preview.records import records_plan
from hubspot_ingest.inbound.preview.report import Planned, Prospect
from hubspot_ingest.inbound.run.sync_state import read_sync_state
from hubspot_ingest.model import Json, Property
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import Effect, change_effect, parse_settings, sync_name

# A person waits for the answer: no longer than this.
PATIENCE = 2 * times.MINUTE


def plan_ingest(context: Context, name: str, given: Json = None) -> dict[str, Json]:
    """What a run of a sync would do now; one that was never configured is planned with defaults.

    Args:
        context: HubSpot, Snowflake and the clock.
        name: The sync's.
        given: Settings to plan with in place of those that are stored; None plans with these.

    Raises ``Refusal`` and ``CredentialError``. That the credential lacks a scope is told.
    """
    return report.answer(_plan(context, sync_name(name), given))


def plan_ingest_all(context: Context) -> dict[str, Json]:
    """The plans of all enabled syncs, and what they take side by side."""
    planned: list[Planned] = []
    told: list[Json] = []
    for name in Syncs(context.database).names(enabled=True):
        try:
            one = _plan(context, name)
        except IngestError as error:
            told.append(
                {"sync": name, "response_code": error.response_code, "message": error.message}
            )
        else:
            planned.append(one)
            told.append({**report.answer(one)})
    return report.together(planned, told)


def count_records(context: Context, stream: str, given: Json) -> dict[str, Json]:
    """How many records match settings that are not stored; one search.

    Raises ``Refusal`` when the settings are wrong, or the stream has nothing that HubSpot counts.
    """
    name = sync_name(stream)
    settings = parse_settings(name, given, _defaults(context))
    now = context.clock.now()
    with context.client(settings, now + PATIENCE) as client:
        found = lookup.find(settings.stream, client.fetch)
        lookup.check_settings(found, settings)
        if not isinstance(found, RecordStream):
            raise Refusal(
                f"HubSpot counts records of CRM objects only, and {found.name} is read by "
                f"{found.reader}; CALL plan_ingest says what is known of it"
            )
        portal: tuple[Property, ...] = ()
        if settings.filter_groups:
            portal = client.fetch(requests.properties(found.object_type), responses.properties)
        made = plan.make_plan(
            name,
            settings,
            found,
            portal,
            settled_through=None,
            now=now,
            table=destination.destination_table(settings),
            known_columns={},
            existing={},
        )
        records = page_readers.count_matching(client.fetch, made)
        return {
            "response_code": "OK",
            "message": f"{records} {found.name} match",
            "records": records,
            "filter_groups": [*page_readers.range_filter_groups(made, 0, None)],
            "requests": client.tally.requests,
        }


def _defaults(context: Context) -> dict[str, Json]:
    return dict(AppState(context.database).settings().for_syncs)


def _plan(context: Context, name: str, given: Json = None) -> Planned:
    defaults = _defaults(context)
    sync = Syncs(context.database).find(name)
    settings = parse_settings(name, None if sync is None else sync.settings, defaults)
    if given is not None:
        stored, settings = settings, configure.checked(context, name, given, defaults)
        if sync is not None and change_effect(stored, settings) >= Effect.BACKFILL:
            # as they would be forgotten once these settings are stored
            sync = replace(sync, settled_through=None, checkpoint=None)
    now = context.clock.now()
    with context.client(settings, now + PATIENCE) as client:
        looking = Prospect(context, client, name, settings, now)
        stream = lookup.find(settings.stream, client.fetch)
        lookup.check_settings(stream, settings)
        try:
            if isinstance(stream, RecordStream):
                stands = read_sync_state(context.database, name, settings, sync)
                return records_plan(looking, stream, stands)
            if isinstance(stream, ViewStream):
                return view_plan(looking, stream)
            return items_plan(looking, stream, sync)
        except ScopeMissing as error:
            return looking.refused(stream, error)
