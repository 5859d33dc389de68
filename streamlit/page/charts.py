"""Charts of runs by hour or day, in the viewer's zone."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from html import escape
from typing import Any

import streamlit as st

from page import look, words
from page.calls import Row

ROWS = {"INSERTED": "Inserted", "UPDATED": "Updated", "DELETED": "Marked deleted"}
Point = dict[str, Any]
WHOLE: Point = {"format": "~s", "tickCount": 4, "tickMinStep": 1}
"""How an axis of whole numbers is marked."""

COLOURS = {"Inserted": "#2f6fed", "Updated": "#7c9cf0", "Marked deleted": "#e0803a"}


def show_period(hours: list[Row], days: int, budget: list[Row]) -> None:
    """Draw rows, time and requests over a period, and the use of the daily limit."""
    if not hours:
        look.empty("No runs in this period", "Choose a longer one.")
        return
    total = {
        name: sum(hour[name] or 0 for hour in hours)
        for name in ("RUNS", "FAILED", "SECONDS", "REQUESTS")
    }
    rows = sum((hour[name] or 0) for hour in hours for name in ROWS)
    look.html(
        look.facts(
            [
                ("Runs", f"{words.number(total['RUNS'])}"),
                ("Failed", words.number(total["FAILED"])),
                ("Rows changed", words.number(rows)),
                ("Requests", words.number(total["REQUESTS"])),
                ("Time running", words.duration(total["SECONDS"])),
            ],
            big=True,
        )
    )
    points = _grouped(hours, days)
    left, right = st.columns(2, gap="medium")
    with left:
        key = "".join(
            f'<span style="--c:{colour}">{name}</span>' for name, colour in COLOURS.items()
        )
        look.html(f'<b>Rows changed</b><p class="key quiet">{key}</p>')
        _rows(points)
    with right:
        look.html('<b>Requests to HubSpot</b><p class="key quiet">by all syncs together</p>')
        _requests(points)
    left, right = st.columns(2, gap="medium")
    with left:
        look.html('<b>Minutes running</b><p class="key quiet">of all runs together</p>')
        minutes = [{**point, "Minutes": point["SECONDS"] / 60} for point in points]
        fine = {"format": ".2~f", "tickCount": 3}
        _bars(minutes, "Minutes", {"color": {"value": "#2f6fed"}}, [], 140, fine)
    with right:
        look.html('<b>Daily limit used</b><p class="key quiet">of all apps together</p>')
        _limits(budget)


def show_sync(runs: list[Row]) -> None:
    """Draw what the latest ``runs`` of a sync changed, and how far behind it was before each."""
    ended = [run for run in reversed(runs) if run["FINISHED_AT"] is not None]
    if len(ended) < 2:
        return
    points = [
        {"at": f"{at:%H:%M}" if at.date() == latest else f"{at:%d %b %H:%M}", "order": n, **run}
        for latest in [_there(ended[-1]["STARTED_AT"]).date()]
        for n, run in enumerate(ended)
        for at in [_there(run["STARTED_AT"])]
    ]
    left, right = st.columns(2, gap="medium")
    with left:
        look.html('<b>Rows changed</b><p class="key quiet">by its latest runs</p>')
        changes = [
            {**_place(point), "Rows": sum(int(point[f"ROWS_{name}"] or 0) for name in ROWS)}
            for point in points
        ]
        _bars(changes, "Rows", {"color": {"value": "#2f6fed"}}, [], 140)
    with right:
        look.html(
            '<b>Minutes behind HubSpot</b><p class="key quiet">just before each run brought what '
            "was new</p>"
        )
        # of two runs in a minute one is drawn: bars of one place are stacked
        behind = {
            points[n]["at"]: {**_place(points[n]), "Minutes": minutes}
            for n, minutes in minutes_behind(ended)
        }
        fine = {"format": ".2~f", "tickCount": 3}
        _bars([*behind.values()], "Minutes", {"color": {"value": "#2f6fed"}}, [], 140, fine)


def minutes_behind(runs: list[Row]) -> list[tuple[int, float]]:
    """How old the newest complete data were just before each run that moved them on.

    ``runs`` are those of one sync, the oldest first, and have ended; each run stands by its place.
    Before the first there were none, and a run that moved nothing on leaves them older.
    """
    behind: list[tuple[int, float]] = []
    before: datetime | None = None
    for n, run in enumerate(runs):
        settled, finished = words.utc(run["SETTLED_THROUGH"]), words.utc(run["FINISHED_AT"])
        if run["STATUS"] != "SUCCEEDED" or settled is None or finished is None:
            continue
        if before is not None and settled > before:
            behind.append((n, (finished - before).total_seconds() / 60))
        before = settled
    return behind


def _there(instant: datetime | str) -> datetime:
    """An instant in the viewer's zone."""
    at = words.utc(instant)
    assert at is not None
    return at.astimezone(words.zone())


def _place(point: Point) -> Point:
    """Where a point stands on the axis of time."""
    return {"at": point["at"], "order": point["order"]}


def _limits(budget: list[Row]) -> None:
    for portal in budget:
        limit, used = int(portal["DAILY_LIMIT"] or 0), int(portal["USED"] or 0)
        share = used / limit if limit else 0.0
        forecast = portal["FORECAST_USED"]
        whose = f"Portal {escape(str(portal['PORTAL_ID']))}: " if len(budget) > 1 else ""
        look.html(
            f'<div style="padding:1.4rem 0 .5rem">{look.meter(share, "Daily limit used")}</div>'
            f"<p>{whose}{words.number(used)} of {words.number(limit)}, "
            f"{words.percent(share * 100)}; "
            f"{words.number(portal['USED_BY_US'])} by runs of this app.</p>"
            f'<p class="quiet">{words.number(portal["REMAINING"])} left, the last '
            f"{words.number(portal['RESERVED'])} of them for other apps. "
            + (f"At this pace {words.number(forecast)} by the end of the day. " if forecast else "")
            + f"Starts anew {words.time(portal['RESETS_AT'])}.</p>"
        )
    if not budget:
        look.html('<p class="quiet">The first run learns it.</p>')


def _grouped(hours: list[Row], days: int) -> list[Point]:
    """Sums by hour or day in the viewer's zone, including those without runs."""
    by_hour = days == 1
    sums: dict[datetime, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    now = datetime.now(words.zone()).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    step = timedelta(hours=1) if by_hour else timedelta(days=1)
    last = now if by_hour else now.replace(hour=0)
    for n in range(24 if by_hour else days):
        sums[last - n * step].update(REQUESTS=0, SECONDS=0)
    for hour in hours:
        instant = words.utc(hour["HOUR"])
        if instant is None:
            continue
        there = instant.astimezone(words.zone()).replace(tzinfo=None, minute=0)
        at = there if by_hour else there.replace(hour=0)
        for name in (*ROWS, "REQUESTS", "SECONDS"):
            sums[at][name] += float(hour[name] or 0)
    spelled = "%H:%M" if by_hour else "%d %b"
    return [{"at": f"{at:{spelled}}", "order": at.isoformat(), **sums[at]} for at in sorted(sums)]


def _rows(points: list[Point]) -> None:
    values = [
        {"at": point["at"], "order": point["order"], "Kind": label, "Rows": point.get(name, 0)}
        for point in points
        for name, label in ROWS.items()
    ]
    colour = {
        "field": "Kind",
        "type": "nominal",
        "scale": {"domain": list(COLOURS), "range": list(COLOURS.values())},
        "legend": None,
    }
    _bars(values, "Rows", {"color": colour}, [{"field": "Kind"}])


def _requests(points: list[Point]) -> None:
    values = [
        {"at": point["at"], "order": point["order"], "Requests": point["REQUESTS"]}
        for point in points
    ]
    _bars(values, "Requests", {"color": {"value": "#2f6fed"}}, [])


def _bars(
    values: list[Point],
    name: str,
    colour: Point,
    tooltips: list[Point],
    height: int = 220,
    axis: Point = WHOLE,
) -> None:
    """Draw a bar for each point with Vega-Lite; text colours follow the theme."""
    st.vega_lite_chart(
        {
            "data": {"values": values},
            "height": height,
            "mark": {"type": "bar", "cornerRadius": 2, "width": {"band": 0.72}},
            "encoding": {
                "x": {
                    "field": "at",
                    "type": "nominal",
                    "title": None,
                    "sort": {"field": "order"},
                    "axis": {"labelAngle": 0, "labelOverlap": True, "ticks": False},
                },
                "y": {
                    "field": name,
                    "type": "quantitative",
                    "title": None,
                    "axis": axis,
                    "scale": {"nice": True, "domainMin": 0},
                },
                "tooltip": [
                    {"field": "at", "title": "Time"},
                    *tooltips,
                    {"field": name, "format": ",.4~f"},
                ],
                **colour,
            },
        }
    )
