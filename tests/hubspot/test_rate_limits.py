from __future__ import annotations

import itertools
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from random import Random
from threading import Thread

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_ingest.errors import DailyLimitReached, DeadlineReached
from hubspot_ingest.hubspot.rate_limits import ExchangeTrace, Governor
from hubspot_ingest.hubspot.requests import Bucket
from hubspot_ingest.hubspot.rolling_windows import JITTER
from hubspot_ingest.times import SystemClock
from tests.builders import NOW, FakeClock
from tests.hubspot.counting_server import (
    LATE,
    SECOND,
    TEN_SECONDS,
    BusyClock,
    Server,
    admitted_at_once,
    answer_with,
    drive,
    headers,
)

# -- never more than allowed ----------------------------------------------------------------------


@given(
    st.sampled_from([100, 110, 150, 190, 250]),
    st.integers(0, 400),
    st.integers(0, 3_000),
    st.randoms(use_true_random=False),
)
@settings(max_examples=20)
def test_no_window_at_the_server_ever_holds_more_than_its_limit(
    limit: int, least: int, jitter: int, random: Random
) -> None:
    clock, server = FakeClock(), Server(limit, TEN_SECONDS)

    def latency() -> tuple[int, int]:
        return least + random.randint(0, jitter), least + random.randint(0, jitter)

    drive(Governor(clock), clock, server, Bucket.BURST, 700, latency)
    assert server.refused == 0
    assert server.most_in_any_window() <= limit


@given(st.integers(0, 5_000), st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_no_second_at_the_server_ever_holds_more_than_five_searches(
    least: int, random: Random
) -> None:
    clock, server = FakeClock(), Server(5, SECOND)

    def latency() -> tuple[int, int]:
        return least + random.randint(0, JITTER), random.randint(0, 2_000)

    drive(Governor(clock), clock, server, Bucket.SEARCH, 60, latency)
    assert server.refused == 0


@given(st.integers(0, 1_500), st.randoms(use_true_random=False))
@settings(max_examples=10)
def test_however_late_a_thread_wakes_no_second_holds_more_than_five_searches(
    longest: int, random: Random
) -> None:
    clock, server = FakeClock(), Server(5, SECOND)
    drive(
        Governor(clock), clock, server, Bucket.SEARCH, 60, lambda: (150, 150),
        lambda: random.randint(0, longest),
    )  # fmt: skip
    assert server.refused == 0


@given(st.integers(100, 900), st.integers(3, 11))
@settings(max_examples=10)
def test_a_search_that_is_late_on_its_way_counts_for_longer(late: int, every: int) -> None:
    clock, server = FakeClock(), Server(5, SECOND)
    numbers = itertools.count()
    drive(
        Governor(clock), clock, server, Bucket.SEARCH, 60,
        lambda: (150 + late * (next(numbers) % every == 0), 150),
    )  # fmt: skip
    assert server.refused == 0


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("late", [50, 200, 400])
def test_on_a_busy_machine_any_search_may_be_late_on_its_way(late: int, seed: int) -> None:
    clock, server, random = BusyClock(), Server(5, SECOND), Random(seed)
    drive(
        Governor(clock), clock, server, Bucket.SEARCH, 100,
        lambda: (150 + random.randint(0, late), 150),
    )  # fmt: skip
    assert server.refused == 0


def test_searches_are_spread_over_the_second() -> None:
    clock, server = FakeClock(), Server(5, SECOND)
    drive(Governor(clock), clock, server, Bucket.SEARCH, 60, lambda: (150, 150))
    assert all(later - at >= 100 for at, later in pairwise(server.arrivals[1:]))


def test_association_reads_have_a_limit_of_their_own() -> None:
    clock, server = FakeClock(), Server(100, TEN_SECONDS)
    drive(Governor(clock), clock, server, Bucket.ASSOCIATIONS, 400, lambda: (50, 50))
    assert server.refused == 0


# -- no less than allowed -------------------------------------------------------------------------


@pytest.mark.parametrize(("limit", "count"), [(100, 2_000), (190, 4_000), (250, 5_000)])
def test_nine_tenths_of_the_burst_are_used_while_there_is_work(limit: int, count: int) -> None:
    clock, server = FakeClock(), Server(limit, TEN_SECONDS)
    drive(Governor(clock), clock, server, Bucket.BURST, count, lambda: (150, 150))
    seconds = (server.arrivals[-1] - server.arrivals[0]) / SECOND
    assert count / (seconds + 10) >= 0.9 * limit / 10


def test_nine_tenths_of_the_searches_are_used_while_there_is_work() -> None:
    clock, server = FakeClock(), Server(5, SECOND)
    drive(Governor(clock), clock, server, Bucket.SEARCH, 300, lambda: (150, 150))
    seconds = (server.arrivals[-1] - server.arrivals[0]) / SECOND
    assert 300 / (seconds + 1) >= 0.9 * 5


def test_nine_tenths_of_the_searches_are_used_though_answers_take_their_time() -> None:
    clock, server, random = FakeClock(), Server(5, SECOND), Random(1)
    drive(
        Governor(clock), clock, server, Bucket.SEARCH, 300,
        lambda: (50, 150 + round(random.gammavariate(2, 60))),
    )  # fmt: skip
    seconds = (server.arrivals[-1] - server.arrivals[0]) / SECOND
    assert 300 / (seconds + 1) >= 0.9 * 5


def test_a_request_counts_from_when_its_answer_began_however_long_the_body_takes() -> None:
    clock = FakeClock()
    governor = Governor(clock)
    requests = [governor.admit(Bucket.BURST, LATE) for _ in range(100)]
    for admitted in requests:
        governor.mark_sent(Bucket.BURST, admitted)
    clock.advance(150)
    governor.answered(Bucket.BURST, requests[0], {}, True)
    clock.advance(5_000)
    for admitted in requests[1:]:
        governor.answered(Bucket.BURST, admitted, {}, True, began=NOW + 150)

    clock.advance(NOW + TEN_SECONDS + 150 - clock.now())

    assert admitted_at_once(governor, clock) == 100


def test_the_transport_tells_when_a_request_left_and_when_its_answer_began() -> None:
    left: list[int | None] = []
    trace = ExchangeTrace(SystemClock(), lambda: left.append(trace.answer_began))
    began = SystemClock().now()
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        with (
            httpx.Client(trust_env=False) as client,
            client.stream("GET", url, extensions={"trace": trace.trace}),
        ):
            pass
        thread.join()

    assert left == [None]
    assert trace.answer_began is not None
    assert began <= trace.answer_began <= SystemClock().now()


def test_the_limits_are_counted_apart() -> None:
    clock = FakeClock()
    governor = Governor(clock)
    for bucket, count in ((Bucket.BURST, 100), (Bucket.SEARCH, 2), (Bucket.ASSOCIATIONS, 100)):
        for _ in range(count):
            governor.admit(bucket, LATE)
    assert clock.now() == NOW


# -- what headers tell ----------------------------------------------------------------------------


def test_before_the_first_answer_the_smallest_subscription_is_assumed() -> None:
    clock = FakeClock()
    assert admitted_at_once(Governor(clock), clock) == 100


def test_a_larger_limit_is_learnt_from_the_first_answer() -> None:
    clock = FakeClock()
    governor = Governor(clock)
    answer_with(governor, headers(190, 189))
    assert 180 <= admitted_at_once(governor, clock) + 1 <= 190


def test_a_shorter_interval_is_learnt_as_well() -> None:
    clock = FakeClock()
    governor = Governor(clock)
    answer_with(governor, {**headers(100, 99), "x-hubspot-ratelimit-interval-milliseconds": "1000"})
    before = admitted_at_once(governor, clock)
    clock.advance(1_001)
    answer_with(governor, headers(100, 99))
    assert before <= 100


def test_a_first_answer_that_tells_no_limit_lifts_none() -> None:
    clock = FakeClock()
    governor = Governor(clock)
    answer_with(governor, {})
    assert admitted_at_once(governor, clock) <= 100


@pytest.mark.parametrize(
    ("burst", "reads"), [(100, 100), (110, 100), (150, 150), (190, 150), (250, 200)]
)
def test_association_reads_go_at_the_rate_of_the_subscription_that_the_burst_shows(
    burst: int, reads: int
) -> None:
    clock = FakeClock()
    governor = Governor(clock)
    answer_with(governor, headers(burst, burst - 1))
    assert admitted_at_once(governor, clock, Bucket.ASSOCIATIONS) == reads


def test_association_reads_go_at_the_rate_that_their_own_answers_tell() -> None:
    clock = FakeClock()
    governor = Governor(clock)
    answer_with(governor, headers(190, 189))
    sent = governor.admit(Bucket.ASSOCIATIONS, LATE)
    governor.answered(Bucket.ASSOCIATIONS, sent, headers(200, 199), True)
    assert admitted_at_once(governor, clock, Bucket.ASSOCIATIONS) == 199


def test_what_association_answers_tell_of_the_burst_is_no_limit_of_theirs() -> None:
    clock = FakeClock()
    governor = Governor(clock)
    answer_with(governor, headers(190, 189))
    sent = governor.admit(Bucket.ASSOCIATIONS, LATE)
    governor.answered(Bucket.ASSOCIATIONS, sent, headers(190, 189), True)
    assert admitted_at_once(governor, clock, Bucket.ASSOCIATIONS) == 149


@pytest.mark.parametrize("limit", [100, 102, 110, 190])
def test_a_limit_once_learnt_is_not_forgotten_when_an_answer_does_not_tell(limit: int) -> None:
    clock = FakeClock()
    governor = Governor(clock)
    answer_with(governor, headers(limit, limit - 1))
    answer_with(governor, {})
    assert admitted_at_once(governor, clock) <= limit


@pytest.mark.parametrize(("limit", "remaining"), [("many", ""), ("-1", "-5"), ("0", "0")])
def test_headers_nobody_understands_are_ignored(limit: str, remaining: str) -> None:
    clock = FakeClock()
    governor = Governor(clock)
    answer_with(governor, headers(190, 189))
    odd = {"x-hubspot-ratelimit-max": limit, "x-hubspot-ratelimit-remaining": remaining}
    answer_with(governor, odd)
    assert admitted_at_once(governor, clock) <= 190


def test_a_refusal_that_tells_nothing_lifts_no_limit() -> None:
    clock = FakeClock()
    governor = Governor(clock)
    answer_with(governor, {}, ok=False)
    assert admitted_at_once(governor, clock) <= 100


# -- another app ----------------------------------------------------------------------------------


def test_a_second_app_that_takes_half_is_yielded_to() -> None:
    clock, server = FakeClock(), Server(190, TEN_SECONDS)
    for at in range(NOW + 20_000, NOW + 80_000, 105):
        clock.at(at, partial(server.others.append, at))
    drive(Governor(clock), clock, server, Bucket.BURST, 1_000, lambda: (150, 150))
    shared = [arrival for arrival in server.arrivals if NOW + 40_000 <= arrival < NOW + 70_000]
    assert server.refused <= 10
    assert 0.75 * 95 <= len(shared) / 3 <= 100


# -- after a refusal ------------------------------------------------------------------------------


def test_after_a_429_nothing_of_that_bucket_goes_out_for_as_long_as_was_asked() -> None:
    clock = FakeClock()
    governor = Governor(clock)
    governor.throttled(Bucket.SEARCH, 3)
    assert governor.admit(Bucket.BURST, LATE) == NOW
    assert governor.admit(Bucket.SEARCH, LATE) >= NOW + 3 * SECOND


def test_a_shorter_wait_does_not_cut_a_longer_one() -> None:
    clock = FakeClock()
    governor = Governor(clock)
    governor.throttled(Bucket.BURST, 30)
    governor.throttled(Bucket.BURST, 1)
    assert governor.admit(Bucket.BURST, LATE) >= NOW + 30 * SECOND


def after_a_429(answers: int) -> int:
    """What goes out at once, a while after a 429 and so many answers later; it was 190."""
    clock = FakeClock()
    governor = Governor(clock)
    answer_with(governor, headers(190, 189))
    governor.throttled(Bucket.BURST, 1)
    for _ in range(answers):
        clock.advance(SECOND)
        answer_with(governor, headers(190, 189))
    clock.advance(20 * SECOND)
    return admitted_at_once(governor, clock)


def test_after_a_429_less_goes_out_and_with_every_answer_more_again() -> None:
    assert after_a_429(0) <= 95
    assert after_a_429(0) < after_a_429(5) < after_a_429(30)
    assert after_a_429(30) >= 180


# -- the day --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("left", "stops"), [(2_001, False), (2_000, True), (0, True)])
def test_the_reserve_of_the_daily_limit_is_left_to_other_apps(left: int, stops: bool) -> None:
    governor = Governor(FakeClock())
    governor.reserve(20)
    answer_with(governor, headers(190, 189, daily=10_000, daily_remaining=left))
    if stops:
        with pytest.raises(DailyLimitReached, match=f"{left} of HubSpot's 10000 requests"):
            governor.admit(Bucket.SEARCH, LATE)
    else:
        governor.admit(Bucket.SEARCH, LATE)


def test_without_a_reserve_the_day_is_used_to_its_end() -> None:
    governor = Governor(FakeClock())
    answer_with(governor, headers(190, 189, daily=10_000, daily_remaining=1))
    governor.admit(Bucket.BURST, LATE)


# -- the deadline ---------------------------------------------------------------------------------


def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    clock = FakeClock()
    governor = Governor(clock)
    governor.throttled(Bucket.BURST, 60)
    with pytest.raises(DeadlineReached, match="carries on where this one stopped"):
        governor.admit(Bucket.BURST, NOW + 59 * SECOND)
    assert clock.now() == NOW


def test_nothing_is_sent_after_the_deadline_though_no_limit_is_near() -> None:
    clock = FakeClock()
    governor = Governor(clock)
    clock.advance(SECOND + 1)
    with pytest.raises(DeadlineReached):
        governor.admit(Bucket.BURST, NOW + SECOND)
