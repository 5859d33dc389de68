"""Readings that stop at the deadline carry on, and end in the table of an undisturbed run."""

from __future__ import annotations

import pytest

from hubspot_ingest.times import iso
from hubspot_sandbox import Faults
from hubspot_sandbox.items.seed_data import DEMO
from tests.runs.conftest import MakeWorld
from tests.runs.dying import killed
from tests.runs.world import HOUR, MINUTE, NOW, Answer, World

DAY = 24 * HOUR
EVENTFUL = {"contacts": 20, **DEMO, "email_events": 3_000, "form_submissions": 600}
YEAR = {"updated_after": iso(NOW - 365 * DAY)}


def _whole(world: World, sync: str) -> list[Answer]:
    answers = [world.ingest(sync)]
    while answers[-1]["status"] == "STOPPED":
        world.clock.advance(MINUTE)
        answers.append(world.ingest(sync))
        assert len(answers) < 20
    assert answers[-1]["status"] == "SUCCEEDED", answers[-1]
    return answers


@pytest.mark.parametrize(
    ("sync", "settings"),
    [
        ("email_events", {**YEAR, "deadline_minutes": 0.7}),
        ("form_submissions", {"deadline_minutes": 0.7}),
        ("events", {"deadline_minutes": 0.4}),
        # read with statistics first and without them then: begun anew unless it is read whole
        ("marketing_emails", {"deadline_minutes": 0.7}),
    ],
)
def test_stopped_runs_resume_until_all_is_read(
    make: MakeWorld, sync: str, settings: Answer
) -> None:
    world = make(EVENTFUL)
    undisturbed = {**settings, "stream": sync, "destination": {"table": "UNDISTURBED"}}
    world.configure("undisturbed", undisturbed)
    world.configure(sync, settings)
    truth = world.run("undisturbed")["rows_inserted"]
    world.sandbox.latency_ms = 5_000

    answers = _whole(world, sync)

    assert sync == "marketing_emails" or len(answers) > 1
    assert sum(answer["rows_inserted"] for answer in answers) == truth
    key = "ID" if sync != "form_submissions" else "FORM_ID, ID"
    stopped_rows, undisturbed_rows = (
        world.rows(f"SELECT {key}, RAW FROM HUBSPOT_DATA.CRM.{table} ORDER BY {key}")
        for table in (sync.upper(), "UNDISTURBED")
    )
    assert stopped_rows == undisturbed_rows


@pytest.mark.long
def test_what_was_read_before_the_stop_is_not_asked_for_again(make: MakeWorld) -> None:
    world = make(EVENTFUL)
    world.configure("email_events", {**YEAR, "deadline_minutes": 0.7})
    world.sandbox.latency_ms = 5_000

    _whole(world, "email_events")

    asked = [request.query for request in world.asked() if request.path.endswith("/events")]
    # what was under way or waiting to be merged when a run stopped is read again
    assert len(set(asked)) <= len(asked) < 2 * len(set(asked))


@pytest.mark.long
def test_a_run_through_every_fault_lands_the_same(make: MakeWorld) -> None:
    world = make(EVENTFUL, faults=Faults(rate=0.2))

    for sync in ("form_submissions", "email_events", "list_memberships", "pipelines"):
        if sync == "email_events":
            world.configure(sync, YEAR)
        world.run(sync)
        world.clock.advance(HOUR)
        assert world.run(sync)["rows_inserted"] == 0

    forms = [form.id for form in world.portal.forms.kept.all()]
    # of a blog's comment form HubSpot shows no submissions
    sent = sum(
        len(world.portal.forms.submissions(form_id))
        for form_id in forms
        if (form := world.portal.forms.kept.find(form_id))
        and form.fields["formType"] != "blog_comment"
    )
    landed = world.rows("SELECT COUNT(*) AS N FROM HUBSPOT_DATA.CRM.FORM_SUBMISSIONS")
    assert landed[0]["N"] == sent


@pytest.mark.long
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("dies_at", range(9, 30, 7))
def test_a_run_killed_at_any_statement_is_made_good_by_the_next(
    world: World, dies_at: int, after: bool
) -> None:
    gone = world.portal.owners.add({"email": "gone@example.com"})
    world.run("owners")
    kept = world.portal.owners.add({"email": "new@example.com"})
    world.portal.owners.remove(gone)
    world.clock.advance(HOUR)
    killed(world, dies_at, after=after, sync="owners")
    world.clock.advance(HOUR)

    world.run("owners")

    rows = world.rows("SELECT ID, _DELETE_KIND AS KIND FROM HUBSPOT_DATA.CRM.OWNERS")
    kinds = {row["ID"]: row["KIND"] for row in rows}
    assert len(rows) == len(kinds)
    assert (kinds[gone], kinds[kept]) == ("PURGED", None)
    staged = "SELECT COUNT(*) AS N FROM HUBSPOT_INGEST.INFORMATION_SCHEMA.TABLES WHERE "
    assert world.rows(f"{staged}TABLE_SCHEMA = 'STAGING'")[0]["N"] == 0


def test_a_long_reading_with_little_in_it_is_saved_on_the_way(make: MakeWorld) -> None:
    world = make({"contacts": 5})
    for n in range(100):
        world.portal.lists.add(f"Empty {n}")
    world.sandbox.latency_ms = 5_000
    saved = "SELECT CHECKPOINT FROM HUBSPOT_INGEST.INTERNAL.SYNC_STATES"

    run = world.begin("list_memberships")
    places = {str(world.rows(saved)[0]["CHECKPOINT"]) for _ in run.steps}
    world.end(run)

    assert len(places - {"None"}) >= 2
    assert world.runs()[0]["STATUS"] == "SUCCEEDED"


def test_the_real_procedure_runs_a_stream(served: World) -> None:
    answer = served.call("CALL ingest_hubspot('owners')")

    assert (answer["status"], answer["rows_inserted"]) == ("SUCCEEDED", 12)
    assert served.call("CALL ingest_hubspot('owners')")["rows_updated"] == 0
