"""DOCTOR finds what is wrong, says what cures it, and changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.database.staging import parquet
from hubspot_ingest.database.state.shapes import Shapes, StoredShape
from hubspot_ingest.diagnose import doctor, findings
from hubspot_ingest.diagnose.findings import Severity
from hubspot_ingest.errors import CredentialMissing, DatabaseError
from hubspot_ingest.hubspot import api_versions
from hubspot_ingest.inbound.reconcile.reconciliation import reconcile
from hubspot_ingest.model import Usage
from hubspot_ingest.times import DAY
from hubspot_sandbox import Limits
from tests.runs.conftest import MakeWorld
from tests.runs.world import CONTACTS, HOUR, NOW, Answer, World, on_an_empty_stack


class Failing(Database):
    """A connection that refuses the statements that have some text in them."""

    def __init__(self, alive: Database, text: str) -> None:
        self._alive = alive
        self.application = alive.application
        self._text = text

    def rows(self, statement: str, params: Sequence[object] = ()) -> list[Row]:
        if self._text in statement:
            raise DatabaseError("not for you")
        return self._alive.rows(statement, params)


def doctor_report(world: World) -> Answer:
    return on_an_empty_stack(lambda: dict(doctor.doctor_report(world.context)))


def _found(world: World, check: str) -> list[dict[str, str]]:
    """What one check found that is not well."""
    answer = doctor_report(world)
    assert answer["response_code"] == "OK"
    wrong = [finding for finding in answer["findings"] if finding["severity"] != "OK"]
    assert all(finding["cure"] for finding in wrong), wrong
    return [finding for finding in wrong if finding["check"] == check]


@pytest.fixture
def loaded(world: World) -> World:
    world.slim()
    world.run()
    return world


def test_the_call_finds_nothing_wrong_where_all_is_well(served: World) -> None:
    served.call("CALL ingest_hubspot('contacts')")
    answer = served.call("CALL doctor()")
    wrong = {finding["check"] for finding in answer["findings"] if finding["severity"] != "OK"}
    assert answer["response_code"] == "OK"
    # how long HubSpot supports a version depends on the day of the test; its key may write as well
    assert wrong <= {"API_VERSION", "SCOPES"}, answer
    checks = {finding["check"] for finding in answer["findings"]}
    assert checks >= {"EGRESS", "CLOCK", "LIMITS", "SCOPES", "SYNC", "TABLE", "API_VERSION"}


@pytest.mark.long
def test_a_schema_of_views_that_cannot_be_looked_at_hides_no_other_finding(loaded: World) -> None:
    for schema, database in (("FIRST", "FORBIDDEN_DATA"), ("SECOND", "HUBSPOT_DATA")):
        settings = {"database": database, "schema": schema}
        shape = StoredShape("FIVETRAN", database, schema, settings)
        Shapes(loaded.database).save(shape, loaded.clock.now())
    alive = loaded.database
    loaded.database = Failing(alive, '"FORBIDDEN_DATA".INFORMATION_SCHEMA')

    found = [finding["finding"] for finding in _found(loaded, "VIEW")]

    loaded.database = alive
    assert "this could not be checked: not for you" in found
    assert any("HUBSPOT_DATA.SECOND.CONTACT is not as it should be" in text for text in found)


def test_it_changes_nothing(loaded: World) -> None:
    before = loaded.stored(), loaded.table("*")
    doctor_report(loaded)
    assert (loaded.stored(), loaded.table("*")) == before


def test_the_worst_comes_first(loaded: World) -> None:
    loaded.closed = ["/crm/objects/2026-09/contacts"]
    order = [Severity(finding["severity"]) for finding in doctor_report(loaded)["findings"]]
    assert order == sorted(order, key=list(Severity).index)
    assert order[0] is Severity.ERROR


def test_a_scope_that_a_sync_lacks_is_named(loaded: World) -> None:
    loaded.portal.grant("pat-na1-other", ["crm.objects.deals.read"])
    loaded.token = "pat-na1-other"
    (finding,) = _found(loaded, "SCOPES")
    assert "crm.objects.contacts.read" in finding["cure"]


def test_a_credential_that_hubspot_does_not_know_is_told(loaded: World) -> None:
    loaded.token = "pat-na1-unknown"
    (finding,) = _found(loaded, "CREDENTIAL")
    assert finding["severity"] == "ERROR"
    assert "set_token" in finding["cure"]


def test_it_works_without_a_credential(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUBSPOT_TOKEN", raising=False)
    answer = world.call("CALL doctor()")
    codes = {finding["check"]: finding["severity"] for finding in answer["findings"]}
    assert codes["CREDENTIAL"] == "ERROR"
    assert CredentialMissing.code not in answer["response_code"]


def test_it_works_while_hubspot_gives_no_answer_of_use(loaded: World) -> None:
    loaded.paths = {"/": "/nowhere/"}
    answer = doctor_report(loaded)
    assert {finding["check"] for finding in answer["findings"]} >= {"SYNC", "TABLE", "API_VERSION"}
    assert answer["findings"][0]["severity"] == "ERROR"


def test_a_column_that_was_dropped_or_retyped_by_hand_is_named(loaded: World) -> None:
    loaded.rows(f"ALTER TABLE {CONTACTS} DROP COLUMN PROPERTIES_EMAIL")
    (finding,) = _found(loaded, "TABLE")
    assert "PROPERTIES_EMAIL" in finding["finding"]


@pytest.mark.long
def test_a_table_that_was_dropped_is_told(loaded: World) -> None:
    loaded.rows(f"DROP TABLE {CONTACTS}")
    (finding,) = _found(loaded, "TABLE")
    assert "the next run reads everything anew" in finding["cure"]
    loaded.clock.advance(HOUR)
    assert loaded.run()["rows_inserted"] == len(loaded.truth())


@pytest.mark.long
def test_a_comparison_of_what_the_sync_read_before_is_no_finding(loaded: World) -> None:
    loaded.rows(f"INSERT INTO {CONTACTS} SELECT * FROM {CONTACTS} LIMIT 1")
    loaded.clock.advance(HOUR)
    on_an_empty_stack(lambda: dict(reconcile(loaded.context, "contacts")))
    assert len(_found(loaded, "COMPLETENESS")) == 1
    loaded.configure("contacts", {"properties": ["email"]})
    assert _found(loaded, "COMPLETENESS") == []


@pytest.mark.long
def test_a_run_that_was_killed_is_told_once_its_lease_is_over(loaded: World) -> None:
    loaded.hold(run_id="killed")
    assert _found(loaded, "LEASE") == []
    loaded.clock.advance(HOUR)
    (finding,) = _found(loaded, "LEASE")
    assert "carries on" in finding["cure"]


@pytest.mark.long
def test_what_a_killed_run_left_in_staging_is_told_and_cleared_by_reconcile(
    loaded: World, tmp_path: Path
) -> None:
    loaded.rows('CREATE TRANSIENT TABLE HUBSPOT_INGEST.STAGING."LOAD_DEAD" (ID VARCHAR)')
    file = tmp_path / "000001.parquet"
    file.write_bytes(parquet({"ID": ["1", "2"]}))
    stage = "@HUBSPOT_INGEST.STAGING.LOADS"
    loaded.session.file.put(str(file), f"{stage}/dead/RECORDS/000000", auto_compress=False)
    texts = [finding["finding"] for finding in _found(loaded, "STAGING")]
    assert "LOAD_DEAD" in texts[0]
    assert texts[1].startswith("1 files of 1 runs that are over are left on the stage")
    assert on_an_empty_stack(lambda: dict(reconcile(loaded.context, "contacts")))["result"]
    assert _found(loaded, "STAGING") == []
    assert loaded.rows(f"LIST {stage}") == []


def test_a_connection_that_is_not_approved_is_told_with_the_statement(loaded: World) -> None:
    application = "ALTER APPLICATION HUBSPOT_INGEST"
    specification = "SPECIFICATION HUBSPOT_API SEQUENCE_NUMBER = 1"
    loaded.engine.sql(f"{application} DECLINE {specification}")
    try:
        (finding,) = _found(loaded, "EGRESS")
    finally:
        loaded.engine.sql(f"{application} APPROVE {specification}")
    assert (finding["severity"], "is DECLINED" in finding["finding"]) == ("ERROR", True)
    assert finding["cure"].endswith('APPROVE SPECIFICATION "HUBSPOT_API" SEQUENCE_NUMBER = 1')
    assert _found(loaded, "EGRESS") == []


def test_privileges_that_a_schedule_needs_are_told(loaded: World) -> None:
    account = "EXECUTE MANAGED TASK ON ACCOUNT {} APPLICATION HUBSPOT_INGEST"
    loaded.engine.sql(f"REVOKE {account.format('FROM')}")
    try:
        (finding,) = _found(loaded, "PRIVILEGES")
        assert finding["severity"] == "NOTICE"
        loaded.syncs.save("contacts", "contacts", {"schedule": "60 MINUTES"}, loaded.clock.now())
        (finding,) = _found(loaded, "PRIVILEGES")
    finally:
        loaded.engine.sql(f"GRANT {account.format('TO')}")
    assert finding["severity"] == "ERROR"
    assert finding["cure"].startswith("GRANT EXECUTE MANAGED TASK ON ACCOUNT")


@pytest.mark.long
def test_the_task_of_all_syncs_is_looked_at_too(loaded: World) -> None:
    loaded.call_with("CONFIGURE_APP", {"schedule": "60 MINUTES"})
    assert _found(loaded, "TASK") == []
    loaded.engine.sql('ALTER TASK HUBSPOT_INGEST.TASKS."ALL SYNCS" SUSPEND')
    (finding,) = _found(loaded, "TASK")
    assert "ALL SYNCS is suspended" in finding["finding"]


@pytest.mark.long
def test_a_comparison_that_came_to_no_end_is_told(loaded: World) -> None:
    assert _found(loaded, "COMPLETENESS") == []
    loaded.rows("UPDATE HUBSPOT_INGEST.STATE.COMPLETENESS SET RESULT = 'INCOMPLETE'")
    (finding,) = _found(loaded, "COMPLETENESS")
    assert "CALL reconcile('contacts')" in finding["cure"]
    assert [finding["finding"].split(":")[0] for finding in _found(loaded, "SYNC")] == [
        "contacts is INCOMPLETE"
    ]


@pytest.mark.long
def test_a_table_of_fixed_columns_that_was_altered_or_dropped_is_told(loaded: World) -> None:
    loaded.run("owners")
    assert _found(loaded, "TABLE") == []
    loaded.rows("ALTER TABLE HUBSPOT_DATA.CRM.OWNERS DROP COLUMN EMAIL")
    (finding,) = _found(loaded, "TABLE")
    assert finding["finding"].endswith("altered by hand: without EMAIL")
    loaded.rows("DROP TABLE HUBSPOT_DATA.CRM.OWNERS")
    (finding,) = _found(loaded, "TABLE")
    assert "CALL ingest_hubspot('owners')" in finding["cure"]


def test_a_failed_sync_is_told_with_its_message(loaded: World) -> None:
    loaded.token = "pat-na1-unknown"
    loaded.clock.advance(HOUR)
    loaded.ingest()
    (finding,) = _found(loaded, "SYNC")
    assert finding["finding"].startswith("contacts is FAILED: HubSpot does not accept")


@pytest.mark.long
def test_a_suspended_task_is_told(loaded: World) -> None:
    loaded.configure("contacts", {"schedule": "60 MINUTES"})
    assert _found(loaded, "TASK") == []
    loaded.engine.sql('ALTER TASK HUBSPOT_INGEST.TASKS."CONTACTS" SUSPEND')
    (finding,) = _found(loaded, "TASK")
    assert finding["cure"] == "CALL enable_sync('contacts')"


def test_a_day_whose_free_requests_are_used_is_told(make: MakeWorld) -> None:
    world = make({"contacts": 12}, limits=Limits(burst=190, daily=12)).slim(reserve_percent=50)
    world.ingest()
    for _ in range(3):
        doctor_report(world)
    assert {finding["severity"] for finding in _found(world, "LIMITS")} <= {"WARNING"}


@pytest.mark.parametrize(
    ("used", "severity"), [(10, "OK"), (90, "WARNING"), (81, "WARNING"), (79, "OK")]
)
def test_limits_are_judged_by_what_is_left_beside_the_reserve(used: int, severity: str) -> None:
    assert findings.usage_finding(Usage(100, used, None, NOW), 20).severity == severity


def test_an_old_key_is_to_be_changed() -> None:
    old = findings.age_finding("default", "TOKEN", NOW - 200 * DAY, NOW, "CALL set_token('…')")
    assert (old.severity, "200 days" in old.finding) == (Severity.NOTICE, True)
    grant = findings.age_finding("default", "OAUTH", NOW - 200 * DAY, NOW, "")
    assert grant.severity is Severity.OK


def test_clocks_that_differ_by_more_than_a_minute_are_told() -> None:
    assert findings.clock_finding(30_000).severity is Severity.OK
    assert findings.clock_finding(-90_000).severity is Severity.WARNING


def test_every_version_in_use_has_an_end_of_support() -> None:
    assert {*api_versions.versions_in_use()} <= {*api_versions.SUPPORTED_UNTIL}


def test_versions_are_told_before_their_support_ends() -> None:
    v4_severities = [
        finding.severity for finding in findings.version_findings(NOW) if " v4 " in finding.finding
    ]
    (v4_severity,) = v4_severities
    assert v4_severity is Severity.NOTICE
    later = [finding.severity for finding in findings.version_findings(NOW + 200 * DAY)]
    assert Severity.ERROR in later
