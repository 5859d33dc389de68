"""The text of the views: names, labels, and when it changes."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from hubspot_ingest.catalog.registry import ITEM_STREAMS, RECORD_STREAMS
from hubspot_ingest.database.columns import NAME_LIMIT
from hubspot_ingest.database.statements import views
from hubspot_ingest.database.statements.views import LABELS_LIMIT, View, ViewContent
from hubspot_ingest.inbound.load.table_views import modified_column
from hubspot_ingest.model import Property
from tests.builders import TABLE

STAGE = Property(
    "stage", "enumeration", options=(("a", "First"), ("b", "It's")), field_type="select"
)


def shown(*labelled: Property, extra: tuple[str, ...] = ()) -> ViewContent:
    columns = ["ID", *(prop.name.upper() for prop in labelled), *extra, "UPDATED_AT"]
    return ViewContent(
        table=TABLE,
        what="contacts",
        columns=dict.fromkeys(columns, ""),
        labels={prop.name.upper(): prop for prop in labelled},
        moment="UPDATED_AT",
    )


def created(what: ViewContent, view: View = View.CURRENT) -> str:
    return views.create(what, view, "0f0f")


def columns(what: ViewContent) -> list[str]:
    """The names in the list of a view's columns."""
    listed = created(what).partition("(\n  ")[2].partition("\n) COPY GRANTS")[0]
    return [line.split('"')[1] for line in listed.split("\n")]


def test_a_label_is_right_after_its_value() -> None:
    assert columns(shown(STAGE)) == ["ID", "STAGE", "STAGE__LABEL", "UPDATED_AT"]


def test_a_label_is_chosen_by_the_value_which_stands_for_itself_where_unknown() -> None:
    case = """CASE t."STAGE" WHEN 'a' THEN 'First' WHEN 'b' THEN 'It''s' ELSE t."STAGE" END"""

    assert f'{case} AS "STAGE__LABEL"' in created(shown(STAGE))


def test_where_several_values_can_be_chosen_each_is_labelled() -> None:
    for field_type in ("checkbox", ""):
        text = created(shown(replace(STAGE, field_type=field_type)))

        assert """TRANSFORM(SPLIT(t."STAGE", ';'), one VARCHAR -> CASE one WHEN 'a'""" in text


def test_a_label_whose_name_is_taken_or_too_long_has_a_suffix() -> None:
    taken = columns(shown(STAGE, extra=("STAGE__LABEL",)))
    long = columns(shown(replace(STAGE, name="s" * NAME_LIMIT)))[2]

    assert taken[2].startswith("STAGE__LABEL_")
    assert taken[3] == "STAGE__LABEL"
    assert (len(long), long[:9]) == (NAME_LIMIT, "S" * 9)


def test_a_view_whose_name_would_be_too_long_is_cut_and_keeps_apart_from_others() -> None:
    first, second = (replace(TABLE, table="T" * (NAME_LIMIT - 1) + end) for end in "AB")

    names = {views.view_of(table, view).table for table in (first, second) for view in View}
    assert (len(names), {len(name) for name in names}) == (4, {NAME_LIMIT})


def test_a_view_stays_within_what_a_statement_may_hold() -> None:
    many = tuple((f"value {n}", "label " * 10 + str(n)) for n in range(10_000))
    text = created(shown(replace(STAGE, name="huge", options=many), STAGE))

    assert len(text) < LABELS_LIMIT
    assert 't."HUGE" AS "HUGE__LABEL"' in text
    assert "too many options for a view" in text
    assert "WHEN 'a' THEN 'First'" in text


def test_the_fingerprint_is_that_of_what_the_views_show() -> None:
    first = shown(STAGE)
    renamed = replace(STAGE, options=(("a", "Other"),))

    assert first.fingerprint == shown(STAGE).fingerprint
    assert len({content.fingerprint for content in (first, shown(renamed), shown())}) == 3
    assert replace(first, former={"ID"}).fingerprint != first.fingerprint


def test_views_that_are_made_otherwise_are_of_another_rendering() -> None:
    content = shown(STAGE, extra=("_DELETE_KIND",))
    statements = "\n".join(views.create(content, view, "0f0f") for view in View)

    # raise RENDERING with the hash: else the views of every installation stay as they are
    digest = hashlib.sha256(statements.encode()).hexdigest()[:16]
    assert (views.RENDERING, digest) == (1, "0edd168a8a9c24f5")


def test_a_view_is_known_by_its_comment() -> None:
    (line,) = [line for line in created(shown()).split("\n") if "COMMENT = " in line]
    comment = line.partition("COMMENT = '")[2].partition("'")[0]

    assert views.fingerprint_of(comment) == "0f0f"
    assert views.fingerprint_of("Contacts of our own") is None
    assert views.fingerprint_of(None) is None


def test_only_enumerations_in_columns_of_text_are_labelled() -> None:
    types = {"P_STAGE": "TEXT", "P_SIZE": "NUMBER", "P_NAME": "VARCHAR", "P_OLD": "TEXT"}
    properties = [
        STAGE,
        replace(STAGE, name="size"),
        Property("name", "string"),
        replace(STAGE, name="absent"),
        replace(STAGE, name="old"),
    ]

    labels = views.labels(types, properties, {"stage": "P_STAGE", "other": "P_OLD"}, "P_")
    assert {*labels} == {"P_STAGE"}


def test_every_stream_that_says_when_is_settled_by_that() -> None:
    modified = {
        name: modified_column(stream)
        for streams in (RECORD_STREAMS, ITEM_STREAMS)
        for name, stream in streams.items()
    }

    assert (modified["contacts"], modified["owners"]) == ("UPDATED_AT", "UPDATED_AT")
    assert (modified["events"], modified["list_memberships"]) == ("OCCURRED_AT", "JOINED_AT")
    assert modified["teams"] is None
    dated = [stream.name for stream in ITEM_STREAMS.values() if stream.dated]
    assert [name for name in dated if modified[name] is None] == []
