"""Makes views in another product's shape, keeps them up to date, and drops them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from hubspot_ingest.database import privileges, sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.audit_log import Changed
from hubspot_ingest.database.state.runs import Runs
from hubspot_ingest.database.state.shapes import Shapes, StoredShape
from hubspot_ingest.database.state.stored_state import StoredState, read_stored_state
from hubspot_ingest.database.statements.views import fingerprint_of
from hubspot_ingest.errors import DatabaseError, GrantMissing, IngestError, Refusal
from hubspot_ingest.inbound.load.destination import check_place, home_ddl, run_ddl
from hubspot_ingest.inbound.load.shapes.airbyte_views import AIRBYTE_VIEWS
from hubspot_ingest.inbound.load.shapes.fivetran_views import FIVETRAN_VIEWS
from hubspot_ingest.inbound.load.shapes.landed import (
    LandedSync,
    Landscape,
    SeenObject,
    candidates_of_streams,
    landscape,
    not_read,
    seen_objects,
    syncs_of_streams,
)
from hubspot_ingest.inbound.load.shapes.rendering import ExistingView, RenderedView, rendered
from hubspot_ingest.inbound.load.shapes.shape_settings import ShapeSettings, parse_shape_settings
from hubspot_ingest.inbound.load.shapes.view_spec import ViewSpec
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import DATABASE

_OTHER_STREAM = re.compile(r"\{(?:property:)?([a-z_]+)(?::[a-z0-9_]+)?\}")

NAME_TAKEN = "something else has that name; rename it, and call again"


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape: the views it has, and the schema they are in unless another one is named."""

    name: str
    title: str
    schema: str
    views: Sequence[ViewSpec]
    procedure: str


FIVETRAN = Shape("FIVETRAN", "Fivetran's", "HUBSPOT", FIVETRAN_VIEWS, "make_fivetran_views")
AIRBYTE = Shape("AIRBYTE", "Airbyte's", "AIRBYTE", AIRBYTE_VIEWS, "make_airbyte_views")
SHAPES: Mapping[str, Shape] = {shape.name: shape for shape in (FIVETRAN, AIRBYTE)}


@dataclass(frozen=True, slots=True)
class ViewPlan:
    """What is to be done about a view: ``ddl`` makes it.

    ``status`` is MADE (or to be made), UNCHANGED, NOT_MADE or FAILED; ``why`` says why, or what is
    not in it, and ``statement`` is the CALL that would bring that. ``is_outdated``: the view is not
    there, or has other columns than it should.
    """

    view: Table
    status: str
    why: str = ""
    statement: str = ""
    ddl: str = ""
    is_outdated: bool = False

    def line(self) -> Json:
        """As the procedure answers it."""
        line: dict[str, Json] = {"view": self.view.table, "status": self.status}
        if self.why:
            line |= {"why": self.why}
        if self.statement:
            line |= {"statement": self.statement}
        return line


def make(context: Context, shape: Shape, given: Json) -> dict[str, Json]:
    """Make the views of a shape, or bring them up to date; runs keep them so from then on.

    Raises ``Refusal`` for settings that are wrong; then nothing was changed.
    """
    database, now = context.database, context.clock.now()
    settings = parse_shape_settings(given)
    stored = read_stored_state(database, now)
    place = _place(shape, settings, _syncs(stored, settings))
    check_place(database, place)
    shapes = Shapes(database)
    others = shapes.all()
    for other in others:
        connection = parse_shape_settings(dict(other.settings)).connection
        is_same = (other.shape, connection) == (shape.name, settings.connection)
        if (other.database, other.schema) == (place.database, place.schema) and not is_same:
            raise Refusal(
                f"{place.database}.{place.schema} has views in {SHAPES[other.shape].title} "
                f"shape of the connection {connection}; name another schema"
            )
    plans = plan_views(database, stored, shape, settings)
    try:
        run_ddl(database, home_ddl(database, place))
    except GrantMissing as error:
        raise privileges.with_grants(database, place, error) from error
    dumped = settings.model_dump(mode="json", by_alias=True, exclude_none=True)
    kept: dict[str, Json] = {**dumped, "database": place.database, "schema": place.schema}
    stored_shape = StoredShape(shape.name, place.database, place.schema, kept, now)
    shapes.save(stored_shape, now)
    before = [{**other.settings} for other in others if _is_same_place(other, stored_shape)]
    context.note_change(Changed.VIEWS, shape.name, before[0] if before else None, kept)
    made = [*make_views(database, plans, granting=True)]
    shapes.settle(stored_shape)
    return _answer(shape, place, made)


def _is_same_place(shape: StoredShape, other: StoredShape) -> bool:
    return (shape.shape, shape.database, shape.schema) == (
        other.shape,
        other.database,
        other.schema,
    )


def drop(context: Context, shape: Shape, given: Json) -> dict[str, Json]:
    """Drop the views of a shape that the app made, and keep them up to date no longer.

    Raises ``Refusal`` where they are in several schemas and the settings do not say which is meant.
    """
    database = context.database
    settings = parse_shape_settings(given)
    places = kept_places(Shapes(database).all(), shape, settings)
    if len(places) > 1:
        raise Refusal(
            f"there are views in {shape.title} shape in {', '.join(map(str, places))}; say which "
            f"are to go: {{'database': '{places[0].database}', 'schema': '{places[0].schema}'}}"
        )
    if places:
        [place] = places
    else:
        stored = read_stored_state(database, context.clock.now())
        candidates = candidates_of_streams(stored, settings.connection)
        place = _place(shape, settings, {of: syncs[0] for of, syncs in candidates.items()})
    views = [_view(place, spec) for spec in shape.views]
    ours = [view for view, seen in seen_objects(database, views).items() if _is_ours(seen)]
    for view in ours:
        database.rows(f"DROP VIEW IF EXISTS {view.quoted}")
    Shapes(database).delete(StoredShape(shape.name, place.database, place.schema, {}))
    if ours or places:
        dropped: Json = {"database": place.database, "schema": place.schema}
        context.note_change(Changed.VIEWS, shape.name, dropped, None)
    return {
        "response_code": "OK",
        "message": f"{len(ours)} views of {place} were dropped; the schema stays",
        "views": [view.table for view in ours],
    }


def expire_shapes(context: Context, stored: StoredState) -> None:
    """Before a call ends that brought tables or columns, note that views lack them.

    Should it be killed before ``after_changes``, the next run brings them up to date. ``stored`` is
    as before the call.
    """
    if stored.shapes_made_at is not None:
        with _failure_in_errors(context, "views in other shapes were not noted as outdated"):
            Shapes(context.database).expire(context.clock.now())


def after_changes(context: Context, stored: StoredState) -> None:
    """Bring all views in other shapes up to date, after a call that brought tables or columns.

    ``stored`` is as before the call. A failure fails no run: the view ERRORS has it, and DOCTOR.
    """
    if stored.shapes_made_at is None:
        return
    shapes = Shapes(context.database)
    # one that was killed may have made a view and let nobody read it
    granting = stored.shapes_outdated_at is not None
    with _failure_in_errors(context, "views in other shapes were not updated"):
        for stored_shape in shapes.all():
            where = f"{stored_shape.database}.{stored_shape.schema}"
            with _failure_in_errors(context, f"the views of {where} were not updated"):
                _update(context, stored_shape, granting=granting)
            if stored_shape.outdated_at is not None:
                shapes.settle(stored_shape)


@contextmanager
def _failure_in_errors(context: Context, what: str) -> Iterator[None]:
    """What fails goes into ERRORS, with ``what`` in front."""
    try:
        yield
    except IngestError as error:
        message, now = f"{what}: {error.message}", context.clock.now()
        with suppress(IngestError):
            Runs(context.database).log_error(None, "", error.response_code, message, now)


def _update(context: Context, stored_shape: StoredShape, *, granting: bool) -> None:
    database, now = context.database, context.clock.now()
    shape, settings = SHAPES[stored_shape.shape], dict(stored_shape.settings)
    stored = read_stored_state(database, now)
    plans = plan_views(database, stored, shape, parse_shape_settings(settings))
    if any(plan.ddl for plan in plans):
        check_schema(database, stored_shape)
    for plan in make_views(database, plans, granting=granting):
        if plan.status == "FAILED":
            message = f"the view {plan.view} is not up to date: {plan.why}"
            Runs(database).log_error(None, "", DatabaseError.code, message, now)


def check_schema(database: Database, stored_shape: StoredShape) -> None:
    """Raises ``DatabaseError`` where somebody dropped the schema of views, with what to do."""
    shape, settings = SHAPES[stored_shape.shape], json.dumps(dict(stored_shape.settings))
    place = Table(stored_shape.database, stored_shape.schema, "")
    try:
        is_there = bool(database.rows(*sql.schema_named(place)))
    except GrantMissing as error:
        raise privileges.with_grants(database, place, error) from error
    if not is_there:
        raise DatabaseError(
            f"the schema is not there any more; CALL {shape.procedure}(PARSE_JSON("
            f"{sql.text(settings)})) makes it again, "
            f"CALL {shape.procedure.replace('make', 'drop')}() ends them"
        )


def kept_places(kept: Sequence[StoredShape], shape: Shape, settings: ShapeSettings) -> list[Table]:
    """The schemas with views of a shape that settings mean, as far as they name any. Pure."""
    connection = settings.connection if "connection" in settings.model_fields_set else None
    return [
        Table(stored_shape.database, stored_shape.schema, "")
        for stored_shape in kept
        if stored_shape.shape == shape.name
        and settings.database in (None, stored_shape.database)
        and settings.schema_name in (None, stored_shape.schema)
        and connection in (None, parse_shape_settings(dict(stored_shape.settings)).connection)
    ]


def outdated_views(
    database: Database, stored: StoredState, stored_shape: StoredShape
) -> Iterator[ViewPlan]:
    """The views of a schema that runs should have made, or made anew, or whose names are taken."""
    settings = parse_shape_settings(dict(stored_shape.settings))
    for plan in plan_views(database, stored, SHAPES[stored_shape.shape], settings):
        if plan.is_outdated or plan.why == NAME_TAKEN:
            yield plan


def plan_views(
    database: Database, stored: StoredState, shape: Shape, settings: ShapeSettings
) -> list[ViewPlan]:
    """What is to be done about each view of a shape; changes nothing."""
    syncs = _syncs(stored, settings)
    place = _place(shape, settings, syncs)
    places = {(source.stream, source.part) for spec in shape.views for source in spec.sources}
    others = {stream for spec in shape.views for stream in _other_streams(spec)}
    land = landscape(database, syncs, places, others)
    existing = seen_objects(database, [_view(place, spec) for spec in shape.views])
    return [
        _plan(shape, spec, _view(place, spec), land, existing.get(_view(place, spec)))
        for spec in shape.views
    ]


def _plan(
    shape: Shape, spec: ViewSpec, view: Table, land: Landscape, seen: SeenObject | None
) -> ViewPlan:
    places = [(source.stream, source.part) for source in spec.sources]
    missing = [land.missing[place] for place in places if place in land.missing]
    before = _streams(seen.comment) if seen is not None and _is_ours(seen) else ()
    lost = [
        (stream, land.missing[stream, part])
        for stream, part in [*places, *((stream, "") for stream in _other_streams(spec))]
        if (stream, part) in land.missing and stream in before
    ]
    if lost:
        stream, reason = lost[0]
        why = f"left as it is, with the rows of {stream}: {reason.why}"
        return ViewPlan(view, "UNCHANGED", why, reason.statement)
    if all(place in land.missing for place in places):
        return ViewPlan(view, "NOT_MADE", missing[0].why, missing[0].statement)
    if seen is not None and not _is_ours(seen):
        return ViewPlan(view, "NOT_MADE", NAME_TAKEN)
    existing = ExistingView() if seen is None else seen.view
    new_view: RenderedView = rendered(spec, land.tables, land.others, existing)
    notes = [f"without the rows of some sources: {missing[0].why}"] if missing else []
    partial = {stream: land.partial[stream] for stream, _ in places if stream in land.partial}
    notes += [
        f"only the {stream} that the sync {sync} reads: it has filters"
        for stream, sync in partial.items()
    ]
    unread = [
        unread_part
        for source in spec.sources
        if (source.stream, source.part) in land.tables
        and (unread_part := not_read(land.syncs[source.stream], source.part, source.history_of))
    ]
    notes += [f"as it was read last: {unread_part.why}" for unread_part in unread]
    about = "; ".join(notes)
    statement = next((each.statement for each in (*missing, *unread)), "")
    if seen is not None and fingerprint_of(seen.comment) == new_view.fingerprint:
        return ViewPlan(view, "UNCHANGED", about, statement)
    shown = [*places, *((stream, "") for stream in _other_streams(spec))]
    streams = dict.fromkeys(stream for stream, part in shown if (stream, part) in land.tables)
    ddl = new_view.create(view, f"HubSpot {', '.join(streams)} in {shape.title} shape")
    is_outdated = {*existing.types} != {column.name for column in new_view.columns}
    return ViewPlan(view, "MADE", about, statement, ddl, is_outdated)


def make_views(
    database: Database, plans: Sequence[ViewPlan], *, granting: bool
) -> Iterator[ViewPlan]:
    """Make the views that are planned as MADE, and yield what became of each plan.

    One that cannot be made comes back as FAILED, or NOT_MADE where its name is taken.
    ``granting``: grant SELECT to readers on the unchanged views too.
    """
    for plan in plans:
        statements = [plan.ddl] if plan.ddl else []
        if plan.ddl or (granting and plan.status == "UNCHANGED"):
            statements.append(sql.grant_select(plan.view, "VIEW"))
        try:
            run_ddl(database, statements)
        except DatabaseError as error:
            if "already exists" in error.snowflake_message:
                # the app sees nothing of what belongs to others
                yield ViewPlan(plan.view, "NOT_MADE", NAME_TAKEN)
                continue
            if isinstance(error, GrantMissing):
                error = privileges.with_grants(database, plan.view, error)
            yield ViewPlan(plan.view, "FAILED", error.message)
        else:
            yield plan


def _answer(shape: Shape, place: Table, listed: Sequence[ViewPlan]) -> dict[str, Json]:
    counts = {
        status: sum(plan.status == status for plan in listed)
        for status in ("MADE", "UNCHANGED", "NOT_MADE", "FAILED")
    }
    words = ", ".join(
        f"{count} {status.lower().replace('_', ' ')}" for status, count in counts.items() if count
    )
    if counts["FAILED"]:
        first = next(plan for plan in listed if plan.status == "FAILED")
        words += f" ({first.view.table}: {first.why})"
    return {
        "response_code": DatabaseError.code if counts["FAILED"] else "OK",
        "message": f"views in {shape.title} shape in {place}: {words}; runs keep them up to date",
        "views": [plan.line() for plan in listed],
    }


def _syncs(stored: StoredState, settings: ShapeSettings) -> Mapping[str, LandedSync]:
    return syncs_of_streams(stored, settings.connection, settings.streams)


def _place(shape: Shape, settings: ShapeSettings, syncs: Mapping[str, LandedSync]) -> Table:
    """The schema of the views: in the database in which the syncs land, unless one is named."""
    first = syncs.get("contacts") or next(iter(syncs.values()), None)
    database = settings.database or (DATABASE if first is None else first.table.database)
    return Table(database, settings.schema_name or shape.schema, "")


def _view(place: Table, spec: ViewSpec) -> Table:
    return Table(place.database, place.schema, spec.name)


def _other_streams(spec: ViewSpec) -> Iterator[str]:
    """The streams whose tables the joins of a view name."""
    for source in spec.sources:
        for match in _OTHER_STREAM.finditer(source.join):
            if not match[0].startswith("{property:") or match[0].count(":") > 1:
                yield match[1]


def _streams(comment: str) -> Collection[str]:
    """The streams that a view shows, by its comment."""
    return comment.removeprefix("HubSpot ").partition(" in ")[0].split(", ")


def _is_ours(seen: SeenObject) -> bool:
    return seen.is_view and fingerprint_of(seen.comment) is not None
