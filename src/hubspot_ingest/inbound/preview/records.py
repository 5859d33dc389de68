"""The plan of a run that reads CRM objects."""

from __future__ import annotations

from collections.abc import Sequence

from hubspot_ingest import times
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.stream import RecordStream
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.inbound.extract import page_readers
from hubspot_ingest.inbound.extract.portal_calendar import portal_calendar
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.load.table_spec import record_tables
from hubspot_ingest.inbound.load.table_views import TableViews
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.inbound.plan.plan import Plan, Strategy, list_plan, rotation_plan, without_links
from hubspot_ingest.inbound.preview import estimate
from hubspot_ingest.inbound.preview.estimate import Part
from hubspot_ingest.inbound.preview.probe import Survey, Surveyor
from hubspot_ingest.inbound.preview.report import Planned, Prospect
from hubspot_ingest.model import Property


def records_plan(prospect: Prospect, stream: RecordStream, sync_state: SyncState) -> Planned:
    """What a run would do. Raises ``ScopeMissing`` where it would be skipped."""
    properties = prospect.client.fetch(
        requests.properties(stream.object_type), responses.properties
    )
    first = sync_state.asks_properties(prospect.now)
    calendar = portal_calendar(prospect.client.fetch, prospect.settings, prospect.now)
    run_plan = sync_state.plan(stream, properties, prospect.now, calendar)
    surveyor = Surveyor(
        prospect.client.fetch, prospect.context.database, sync_state, run_plan, prospect.now
    )
    survey = surveyor.survey()
    if not (first or survey.counts.records):
        # the run finds nothing new, and so does not learn of new properties
        properties = sync_state.properties
        run_plan = sync_state.plan(stream, properties, prospect.now, calendar)
    # where they changed since, what was read by the old ones is read again
    again = not first and properties != sync_state.properties
    parts = prospect.beginning()
    if calendar is not None:
        parts.append(estimate.once(requests.account()))
    if lookup.standard(prospect.settings.stream) is None:
        parts.append(estimate.once(requests.schemas()))
    if first or survey.counts.records:
        parts.append(estimate.once(requests.properties(stream.object_type)))
    parts += _reading(prospect, sync_state, run_plan, survey, again=again)
    parts += prospect.end(parts)
    grows = survey.counts.records or survey.counts.rotation
    there = sync_state.existing_table.types
    labels = {prop.name: prop.label for prop in properties}
    scopes = [scope for missing in survey.refused.values() for scope in missing]
    searched = run_plan.strategy is Strategy.SEARCH
    return Planned(
        sync=prospect.name,
        stream=stream.name,
        strategy=str(run_plan.strategy),
        why=_why(run_plan),
        settings=prospect.settings,
        filter_groups=page_readers.range_filter_groups(run_plan, 0, None) if searched else (),
        parts=parts,
        rows=survey.counts.records,
        ddl=_ddl(prospect, sync_state, run_plan, survey, properties),
        columns=[
            (column, labels.get(column.property or "", ""))
            for column in run_plan.columns
            if grows and column.name not in there
        ],
        scopes_missing=list(dict.fromkeys(scopes)),
        plan_hash=run_plan.hash,
        limits=prospect.limits(),
        pace=prospect.pace(parts),
        usage=prospect.client.governor.usage,
        work=prospect.work(parts, survey.counts.records),
    )


def _reading(
    prospect: Prospect, sync_state: SyncState, run_plan: Plan, survey: Survey, *, again: bool
) -> list[Part]:
    kind, types = run_plan.stream.object_type, run_plan.linked_types
    linked = [
        linked_stream
        for linked_stream in sync_state.links_at_once(run_plan)
        if linked_stream not in survey.refused
    ]
    search = requests.search_page(kind, [], ())
    page = search if run_plan.strategy is Strategy.SEARCH else requests.list_page(kind)
    if survey.ranges is not None:
        parts = estimate.resumed_reading(run_plan, survey.ranges, linked)
    else:
        seconds = prospect.seconds_per_page(page.endpoint)
        parts = estimate.main_reading(run_plan, survey.counts.records, linked, seconds)
        if run_plan.incremental and survey.counts.records >= requests.SEARCH_LIMIT:
            # the page of the latest changes, which does not hold them all
            parts += [estimate.once(search)]
    if again:
        parts += [estimate.once(page)] * min(2, estimate.pages(run_plan, survey.counts.records))
    # one that may not be read is tried once
    parts += [
        estimate.once(requests.associations(kind, types[linked_stream], ()))
        for linked_stream in survey.refused
    ]
    rotating = without_links(rotation_plan(run_plan), survey.refused)
    return parts + estimate.sweeps(
        run_plan, list_plan(run_plan), rotating, survey.due, survey.counts
    )


def _ddl(
    prospect: Prospect,
    sync_state: SyncState,
    run_plan: Plan,
    survey: Survey,
    properties: Sequence[Property],
) -> list[str]:
    """Every statement once, in the order in which the run gets to it."""
    statements: list[str] = []
    existing = sync_state.existing_table
    database, beside = prospect.context.database, sync_state.tables.beside
    granted = sync_state.granted_tables
    fresh = TableViews(
        database,
        prospect.name,
        prospect.settings,
        run_plan.stream,
        sync_state.settled_through,
        properties,
        run_plan.column_names,
    )
    if survey.counts.records:
        tables = record_tables(run_plan, sync_state.links_at_once(run_plan))
        statements += destination.ddl(database, tables, existing, beside, granted)
        existing = existing.grown(tables)
        statements += fresh.statements(existing, loaded=True)
    elif existing.types:
        statements += fresh.statements(existing, loaded=False)
    if survey.counts.archived or survey.counts.rotation or survey.counts.gone:
        tables = record_tables(run_plan, run_plan.association_columns)
        statements += destination.ddl(database, tables, existing, beside, granted)
        statements += fresh.statements(existing.grown(tables), loaded=True)
    return list(dict.fromkeys(statements))


def _why(run_plan: Plan) -> str:
    """Why the records are read as they are, in a sentence."""
    if run_plan.strategy is Strategy.LIST:
        return (
            "everything is read, and HubSpot's list has all records as they are, 100 a page, "
            "without the delay of its search"
        )
    if run_plan.strategy is Strategy.WIDE:
        return (
            f"everything is read, and the names of {len(run_plan.properties)} properties fit into "
            "no address: ids come by list, values by batch, 100 at once"
        )
    filtered = " and the filters take" if run_plan.filter_groups else ""
    if run_plan.since is not None:
        return f"only what changed since {times.iso(run_plan.since)}{filtered} is read, 200 a page"
    return "only what the filters take is read, and filters are for HubSpot's search, 200 a page"
