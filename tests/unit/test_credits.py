"""What runs cost by Snowflake's published rates."""

from __future__ import annotations

import pytest

from hubspot_ingest.operations import credits
from hubspot_ingest.operations.credits import DailyWork

IDLE = DailyWork(1.5, 8, 0.0, measured=True)


def test_an_hour_of_a_serverless_task_costs_nine_tenths_of_a_credit() -> None:
    assert credits.serverless(3600) == pytest.approx(0.9)


def test_a_serverless_task_is_billed_by_whole_seconds() -> None:
    assert credits.serverless(0.2) == credits.serverless(1.0) < credits.serverless(1.1)


def test_a_warehouse_bills_until_it_suspends_itself() -> None:
    assert credits.warehouse(1) == pytest.approx(61 / 3600)
    assert credits.warehouse(3540) == pytest.approx(1.0)


def test_cloud_services_are_part_of_a_serverless_bill_and_only_an_excess_of_a_warehouse_s() -> None:
    an_hour = round(3600 / credits.CLOUD_STATEMENT)

    assert credits.serverless(0, an_hour) == pytest.approx(4.4)
    assert credits.warehouse(3540, 10) == credits.warehouse(3540)
    assert credits.warehouse(3540, an_hour) == pytest.approx(1.0 + 4.4 - 0.1)


def test_a_day_costs_less_the_more_seldom_a_sync_runs_but_for_its_work() -> None:
    work = DailyWork(1.5, 8, 3600.0, measured=True)
    idle = IDLE.on_serverless(5)

    assert idle == pytest.approx(288 * (2 * 0.9 + 8 * 0.01 * 4.4) / 3600)
    assert IDLE.on_serverless(60) == pytest.approx(idle / 12)
    assert work.on_serverless(60) == pytest.approx(idle / 12 + 0.9)


def test_a_warehouse_that_never_sleeps_costs_a_day_of_it() -> None:
    assert IDLE.on_warehouse(5) == pytest.approx(288 * 61.5 / 3600)
    assert IDLE.on_warehouse(0.5) == 24


def test_syncs_that_run_together_share_the_statements_of_a_pass() -> None:
    one = credits.assumed_work(1, 10.0)
    forty = credits.together([one] * 40)

    assert forty.idle_seconds == pytest.approx(8 * 0.15 + 40 * 0.3)
    assert forty.seconds_a_day == 400
    assert forty.on_serverless(5) < 40 * one.on_serverless(5) / 3
    assert credits.together([]).on_serverless(5) == 0
