"""The product's promises from end to end, the same against the local pair and the real one.

The tests of one account run in order; each sync is called ``end_to_end…`` and is dropped at the
end, with the database it filled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.real import accounts
from tests.real.accounts import Account

DATABASE = "HUBSPOT_END_TO_END"
TABLE = f"{DATABASE}.CRM.PEOPLE"
SETTINGS = {
    "stream": "contacts",
    "properties": ["email", "firstname", "lifecyclestage", "lastmodifieddate"],
    "associations": ["companies"],
    "destination": {"database": DATABASE, "table": "PEOPLE"},
}
VIEWS = ("SYNCS", "RUNS", "REQUESTS", "ERRORS", "PROPERTIES", "STREAMS")


@pytest.fixture(scope="module", params=["local", pytest.param("real", marks=pytest.mark.real)])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    """An account whose app has its credential; what a test makes there is gone afterwards."""
    with getattr(accounts, request.param)() as account:
        account.call("SET_TOKEN(?)", account.token)
        yield account
        for name in ("end_to_end", "end_to_end_filtered"):
            account.rows("CALL {app}.CORE.DROP_SYNC(?)", name)
        if account.rows(f"SHOW DATABASES LIKE '{DATABASE}'"):
            # the app made the database; whoever may pass on its ownership may drop it
            account.rows(
                f"GRANT OWNERSHIP ON DATABASE {DATABASE} TO ROLE SYSADMIN COPY CURRENT GRANTS"
            )
            account.rows(f"DROP DATABASE {DATABASE}")


def configure(account: Account, name: str, **settings: object) -> None:
    account.call("CONFIGURE_SYNC(?, PARSE_JSON(?))", name, json.dumps({**SETTINGS, **settings}))


@pytest.fixture(scope="module")
def landed(account: Account) -> Account:
    """An account in which one backfill is done."""
    configure(account, "end_to_end")
    answer = account.call("INGEST_HUBSPOT(?)", "end_to_end")
    assert (answer["status"], answer["destination"]) == ("SUCCEEDED", TABLE)
    assert answer["rows_read"] > 0
    return account


def test_the_connection_tells_what_can_be_read(account: Account) -> None:
    answer = account.call("TEST_CONNECTION()")

    assert [one for one in answer["streams"] if one["stream"] == "contacts" and one["readable"]]


def test_a_backfill_lands_every_record_once(landed: Account) -> None:
    (found,) = landed.rows(
        f"SELECT COUNT(*) AS ALL_ROWS, COUNT(DISTINCT ID) AS IDS, COUNT(PROPERTIES) AS WHOLE,"
        f" COUNT(COMPANIES_IDS) AS LINKED FROM {TABLE}"
    )
    (run,) = landed.rows(
        "SELECT ROWS_INSERTED FROM {app}.CORE.RUNS WHERE SYNC = 'end_to_end'"
        " ORDER BY STARTED_AT LIMIT 1"
    )

    assert len({*found.values(), run["ROWS_INSERTED"]}) == 1


def test_the_next_run_reads_only_what_changed(landed: Account) -> None:
    (before,) = landed.rows(f"SELECT COUNT(*) AS FOUND FROM {TABLE}")
    answer = landed.call("INGEST_HUBSPOT(?)", "end_to_end")

    assert answer["status"] == "SUCCEEDED"
    assert answer["since"] is not None
    assert answer["rows_read"] < before["FOUND"]


def test_columns_have_the_types_and_comments_of_their_properties(landed: Account) -> None:
    columns = {
        row["COLUMN_NAME"]: row
        for row in landed.rows(
            f"SELECT COLUMN_NAME, DATA_TYPE, COMMENT FROM {DATABASE}.INFORMATION_SCHEMA.COLUMNS"
            " WHERE TABLE_SCHEMA = 'CRM' AND TABLE_NAME = 'PEOPLE'"
        )
    }

    assert columns["ID"]["DATA_TYPE"] == "TEXT"
    assert columns["PROPERTIES"]["DATA_TYPE"] == "VARIANT"
    assert columns["PROPERTIES_LASTMODIFIEDDATE"]["DATA_TYPE"] == "TIMESTAMP_NTZ"
    assert "Email" in columns["PROPERTIES_EMAIL"]["COMMENT"]


def test_a_filter_is_applied_by_hubspot(landed: Account) -> None:
    configure(
        landed,
        "end_to_end_filtered",
        filter_groups=[{"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}]}],
        destination={"database": DATABASE, "table": "WITH_EMAIL"},
    )
    answer = landed.call("INGEST_HUBSPOT(?)", "end_to_end_filtered")
    (found,) = landed.rows(
        "SELECT COUNT(*) AS ALL_ROWS, COUNT(PROPERTIES_EMAIL) AS WITH_EMAIL"
        f" FROM {DATABASE}.CRM.WITH_EMAIL"
    )

    assert answer["status"] == "SUCCEEDED"
    assert found["ALL_ROWS"] == found["WITH_EMAIL"] == answer["rows_inserted"]


def test_a_schedule_makes_a_task_that_runs_the_sync(landed: Account) -> None:
    configure(landed, "end_to_end", schedule="USING CRON 0 4 1 1 * UTC")

    def runs() -> int:
        (found,) = landed.rows(
            "SELECT COUNT(*) AS FOUND FROM {app}.CORE.RUNS"
            " WHERE SYNC = 'end_to_end' AND STATUS = 'SUCCEEDED'"
        )
        return int(found["FOUND"])

    before = runs()
    landed.rows('EXECUTE TASK {app}.TASKS."END_TO_END"')
    landed.wait(lambda: runs() > before)


def test_what_the_app_made_needs_no_grant(landed: Account) -> None:
    answer = landed.call("CHECK_DESTINATION(PARSE_JSON(?))", json.dumps(SETTINGS["destination"]))

    assert (answer["exists"], answer["grants"]) == (True, [])


def test_every_view_can_be_read_and_none_shows_the_credential(landed: Account) -> None:
    for view in VIEWS:
        shown = landed.rows(f"SELECT * FROM {{app}}.CORE.{view}")
        assert landed.token not in json.dumps(shown, default=str)
    (sync,) = landed.rows("SELECT HEALTH FROM {app}.CORE.SYNCS WHERE NAME = 'end_to_end'")
    assert sync["HEALTH"] == "HEALTHY"
