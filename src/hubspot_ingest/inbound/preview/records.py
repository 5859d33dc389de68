"""The plan of a run that reads CRM objects."""

from __future__ import annotations

from collections.abc import Sequence

from hubspot_ingest import times
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.stream import RecordStream
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.inbound.extract import page_readers
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.load.destination import SchemaPresence
from hubspot_ingest.inbound.plan.plan import Plan, Strategy, list_plan, rotation_plan, without_links
from hubspot_ingest.inbound.preview import estimate
from hubspot_ingest.inbound.preview.estimate import Part
from hubspot_ingest.inbound.preview.probe import Survey, Surveyor
from hubspot_ingest.inbound.preview.report import Planned, Prospect
from hubspot_ingest.inbound.run.sync_state import SyncState
from hubspot_ingest.model import Property


def records_plan(looking: Prospect, stream: RecordStream, stands: SyncState) -> Planned:
    """What a run would do. Raises ``ScopeMissing`` where it would be skipped."""
    properties = looking.client.fetch(requests.properties(stream.object_type), responses.properties)
    first = stands.asks_properties(looking.now)
    made = stands.plan(stream, properties, looking.now)
    surveyor = Surveyor(looking.client.fetch, looking.context.database, stands, made, looking.now)
    survey = surveyor.survey()
    if not (first or survey.counts.records):
        # the run finds nothing new, and so does not learn of new properties
        properties = stands.properties
        made = stands.plan(stream, properties, looking.now)
    # where they changed since, what was read by the old ones is read again
    again = not first and properties != stands.properties
    parts = looking.beginning()
    if lookup.standard(looking.settings.stream) is None:
        parts.append(estimate.once(requests.schemas()))
    if first or survey.counts.records:
        parts.append(estimate.once(requests.properties(stream.object_type)))
    parts += _reading(looking, stands, made, survey, again=again)
    parts += looking.end(parts)
    grows = survey.counts.records or survey.counts.rotation
    there = stands.existing_table.types
    labels = {one.name: one.label for one in properties}
    scopes = [scope for missing in survey.refused.values() for scope in missing]
    searched = made.strategy is Strategy.SEARCH
    return Planned(
        sync=looking.name,
        stream=stream.name,
        strategy=str(made.strategy),
        why=_why(made),
        settings=looking.settings,
        filter_groups=page_readers.range_filter_groups(made, 0, None) if searched else (),
        parts=parts,
        rows=survey.counts.records,
        ddl=_ddl(looking, stands, made, survey, properties),
        columns=[
            (one, labels.get(one.property or "", ""))
            for one in made.columns
            if grows and one.name not in there
        ],
        scopes_missing=list(dict.fromkeys(scopes)),
        plan_hash=made.hash,
        limits=looking.limits(),
        pace=looking.pace(parts),
        usage=looking.client.governor.usage,
    )


def _reading(
    looking: Prospect, stands: SyncState, made: Plan, survey: Survey, *, again: bool
) -> list[Part]:
    kind, types = made.stream.object_type, made.linked_types
    linked = [one for one in stands.links_at_once(made) if one not in survey.refused]
    search = requests.search_page(kind, [], ())
    page = search if made.strategy is Strategy.SEARCH else requests.list_page(kind)
    if survey.ranges is not None:
        parts = estimate.resumed_reading(made, survey.ranges, linked)
    else:
        seconds = looking.seconds_per_page(page.endpoint)
        parts = estimate.main_reading(made, survey.counts.records, linked, seconds)
    if again:
        parts += [estimate.once(page)] * min(2, estimate.pages(made, survey.counts.records))
    # one that may not be read is tried once
    parts += [estimate.once(requests.associations(kind, types[one], ())) for one in survey.refused]
    rotating = without_links(rotation_plan(made), survey.refused)
    return parts + estimate.sweeps(made, list_plan(made), rotating, survey.due, survey.counts)


def _ddl(
    looking: Prospect,
    stands: SyncState,
    made: Plan,
    survey: Survey,
    properties: Sequence[Property],
) -> list[str]:
    """Every statement once, in the order in which the run gets to it."""
    found: list[str] = []
    existing = stands.existing_table
    fresh = stands.table_views(looking.context.database, made, properties, [])
    home = SchemaPresence(True, True)
    if not existing.types:
        home = destination.schema_presence(looking.context.database, made.table)
    if survey.counts.records:
        found += destination.tables_ddl(made, existing, home, stands.links_at_once(made))
        existing, home = existing.grown(made.columns), SchemaPresence(True, True)
        found += fresh.statements(existing, loaded=True)
    elif existing.types:
        found += fresh.statements(existing, loaded=False)
    if survey.counts.archived or survey.counts.rotation:
        found += destination.tables_ddl(made, existing, home, made.association_columns)
        found += fresh.statements(existing.grown(made.columns), loaded=True)
    return list(dict.fromkeys(found))


def _why(made: Plan) -> str:
    """Why the records are read as they are, in a sentence."""
    if made.strategy is Strategy.LIST:
        return (
            "everything is read, and HubSpot's list has all records as they are, 100 a page, "
            "without the delay of its search"
        )
    if made.strategy is Strategy.WIDE:
        return (
            f"everything is read, and the names of {len(made.properties)} properties fit into no "
            "address: ids come by list, values by batch, 100 at once"
        )
    filtered = " and the filters take" if made.filter_groups else ""
    if made.since is not None:
        return f"only what changed since {times.iso(made.since)}{filtered} is read, 200 a page"
    return "only what the filters take is read, and filters are for HubSpot's search, 200 a page"
