"""``PLAN_INGEST`` and ``COUNT_RECORDS``: what a run would do, told before it does it.

Nothing is written. The plan, the properties, the sweeps that are due and the DDL are made by the
code that the run goes by; HubSpot is asked for counts only.
"""

from __future__ import annotations

from dataclasses import replace

from hubspot_ingest import times
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.lookup import naming_scopes
from hubspot_ingest.catalog.stream import RecordStream, ViewStream
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.stored_state import read_stored_state
from hubspot_ingest.database.state.syncs import SweepsState, Syncs
from hubspot_ingest.errors import IngestError, Refusal, ScopeMissing
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.inbound import configure
from hubspot_ingest.inbound.extract import page_readers
from hubspot_ingest.inbound.extract.portal_calendar import portal_calendar
from hubspot_ingest.inbound.opening.portal_check import check_known_portal
from hubspot_ingest.inbound.opening.sync_state import read_sync_states
from hubspot_ingest.inbound.plan import plan
from hubspot_ingest.inbound.preview import report
from hubspot_ingest.inbound.preview.items import items_plan, view_plan
from hubspot_ingest.inbound.preview.records import records_plan
from hubspot_ingest.inbound.preview.report import Planned, Prospect
from hubspot_ingest.model import Json, Property
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import Effect, change_effect, inherited, parse_settings, sync_name

# A person waits for the answer: no longer than this.
PATIENCE = 2 * times.MINUTE


def plan_ingest(context: Context, name: str, settings: Json = None) -> dict[str, Json]:
    """What a run of a sync would do now; one that was never configured is planned with defaults.

    Args:
        context: HubSpot, Snowflake and the clock.
        name: The sync's.
        settings: Settings to plan with in place of those that are stored; None plans with these.

    Raises ``Refusal`` and ``CredentialError``. That the credential lacks a scope is told.
    """
    return report.answer(_plan(context, sync_name(name), settings))


def plan_ingest_all(context: Context) -> dict[str, Json]:
    """The plans of all enabled syncs, and what they take side by side."""
    planned_runs: list[Planned] = []
    answers: list[Json] = []
    for name in Syncs(context.database).names(enabled=True):
        try:
            planned_run = _plan(context, name)
        except IngestError as error:
            answers.append({"sync": name, **error.as_answer})
        else:
            planned_runs.append(planned_run)
            answers.append({**report.answer(planned_run)})
    return report.combined_answer(planned_runs, answers)


def count_records(context: Context, stream: str, new_settings: Json) -> dict[str, Json]:
    """How many records match settings that are not stored; one search.

    Raises ``Refusal`` when the settings are wrong, or the stream has nothing that HubSpot counts.
    """
    name = sync_name(stream)
    settings = parse_settings(name, new_settings, _defaults(context))
    now = context.clock.now()
    with context.client(settings, now + PATIENCE) as client:
        catalog_stream = lookup.find(settings.stream, client.fetch)
        lookup.check_settings(catalog_stream, settings)
        if not isinstance(catalog_stream, RecordStream):
            raise Refusal(
                f"HubSpot counts records of CRM objects only, and {catalog_stream.name} is read by "
                f"{catalog_stream.reader}; CALL plan_ingest says what is known of it"
            )
        portal: tuple[Property, ...] = ()
        if settings.filter_groups:
            portal = client.fetch(
                requests.properties(catalog_stream.object_type), responses.properties
            )
        reading = plan.make_reading(
            name,
            settings,
            catalog_stream,
            portal,
            settled_through=None,
            now=now,
            table=Table(*settings.place),
            calendar=portal_calendar(client.fetch, settings, now),
        )
        records = page_readers.count_matching(client.fetch, reading)
        return {
            "response_code": "OK",
            "message": f"{records} {catalog_stream.name} match",
            "records": records,
            "filter_groups": [*page_readers.range_filter_groups(reading, 0, None)],
            "requests": client.tally.requests,
        }


def _defaults(context: Context) -> dict[str, Json]:
    return inherited(AppState(context.database).settings())


def _plan(context: Context, name: str, new_settings: Json = None) -> Planned:
    now = context.clock.now()
    stored = read_stored_state(context.database, now, name)
    app, sync = stored.app, stored.syncs.get(name)
    settings = parse_settings(name, None if sync is None else sync.settings, inherited(app))
    if new_settings is not None:
        before = settings
        settings = configure.checked_settings(context, name, new_settings, inherited(app))
        if sync is not None and change_effect(before, settings) >= Effect.BACKFILL:
            # as they would be forgotten once these settings are stored
            sync = replace(sync, settled_through=None, checkpoint=None, sweeps=SweepsState())
    [state] = read_sync_states(context.database, stored, [(name, settings, sync)])
    with context.client(settings, now + PATIENCE) as client:
        prospect = Prospect(context, client, name, settings, now)
        stream = lookup.find(settings.stream, client.fetch)
        lookup.check_settings(stream, settings)
        if isinstance(stream, ViewStream):
            return view_plan(prospect, stream)
        check_known_portal(context, state, client)
        try:
            with naming_scopes(stream):
                if isinstance(stream, RecordStream):
                    return records_plan(prospect, stream, state)
                return items_plan(prospect, stream, state)
        except ScopeMissing as error:
            return prospect.refused(stream, error)
