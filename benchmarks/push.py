"""Measures how much of HubSpot's limits a push uses, and what rows cost that did not change."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.backfill import fresh_home
from benchmarks.figures import Figure
from benchmarks.limits import ASSOCIATION_READS, BURST, LATENCY_MS
from benchmarks.local_hubspot import LocalHubSpot
from benchmarks.open_session import OpenSession
from benchmarks.programs import Conversation

RECORDS = 20_000
LARGE = 100_000
UNCHANGED = 1_000_000
COMPANIES = 500
BATCH = 100
# Pairs that one request reads, and that one makes with labels.
PAIRS_READ, PAIRS_MADE = 1_000, 2_000
# 100 rows are read by one request and written by another.
RATE = BURST / 10 * BATCH / 2
USED = 0.9
# Beyond so many written records in a second the local HubSpot locks itself.
WRITES = 4_000
# A statement's text may have a megabyte.
ROWS_A_STATEMENT = 20_000
# What a run may ask besides: definitions, labels, limits, scopes.
FURTHER = 15
SETTINGS = {
    "source": {"database": "MARTS", "schema": "CRM", "table": "SCORES"},
    "key": "ID",
    "object": "contacts",
    "connection": "writer",
    "properties": {"loyalty_points": "SCORE"},
}
PUSH = "CALL HUBSPOT_INGEST.CORE.push_to_hubspot('scores')"


def measure(records: int | None, large: bool) -> list[Figure]:
    """The figures of one run."""
    count = records or RECORDS
    figures = [
        *_changed(
            Kind("update by id", {"strategy": "update", "match": {"hs_object_id": "ID"}}), count
        ),
        *_changed(Kind("upsert by e-mail", {"match": {"email": "EMAIL"}}, new_share=2), count),
        *_changed(
            Kind(
                "update with links",
                {
                    "strategy": "update",
                    "match": {"hs_object_id": "ID"},
                    "associations": {"COMPANIES": {"to": "companies"}},
                },
                linked=True,
            ),
            count,
        ),
        *_unchanged(UNCHANGED if records is None else records),
    ]
    if large:
        kind = Kind("update by id", {"strategy": "update", "match": {"hs_object_id": "ID"}})
        figures += _changed(kind, LARGE)
    return figures


@dataclass(frozen=True, slots=True)
class Kind:
    """A push; one row of ``new_share`` is to be created, none where that is 0."""

    name: str
    settings: dict[str, Any]
    new_share: int = 0
    linked: bool = False


@contextmanager
def _source(kind: Kind, count: int) -> Iterator[tuple[LocalHubSpot, OpenSession]]:
    """A HubSpot with limits, and a source whose rows all differ from it."""
    hubspot = LocalHubSpot(
        count,
        companies=COMPANIES if kind.linked else 0,
        light=1,
        burst=BURST,
        latency_ms=LATENCY_MS,
        writes=WRITES,
    )
    with hubspot, fresh_home(hubspot) as environment, OpenSession(environment) as session:
        ids = hubspot.ask(do="keys", object="contacts", property="hs_object_id")["keys"]
        emails = hubspot.ask(do="keys", object="contacts", property="email")["keys"]
        companies = hubspot.ask(do="keys", object="companies", property="hs_object_id")["keys"]
        rows: list[dict[str, Any]] = []
        for n, id_ in enumerate(ids):
            is_new = kind.new_share and n % kind.new_share == 0
            email = f"new{n}@example.com" if is_new else emails[n % len(emails)]
            linked = {companies[n % len(companies)]: "Decision maker"} if kind.linked else None
            rows.append({"id": id_, "email": email, "score": n + 0.25, "companies": linked})
        if kind.new_share:
            # contacts that share an address with none of the others
            rows = list({row["email"]: row for row in rows}.values())
        for statement in _statements(rows):
            session.rows(statement)
        token = json.dumps({"token": hubspot.environment["HUBSPOT_TOKEN"], "writes": True})
        session.call(
            f"CALL HUBSPOT_INGEST.CORE.configure_connection('writer', PARSE_JSON('{token}'))"
        )
        if kind.new_share:
            session.call("CALL HUBSPOT_INGEST.CORE.create_external_id('contacts')")
        settings = json.dumps({**SETTINGS, **kind.settings})
        session.call(f"CALL HUBSPOT_INGEST.CORE.configure_push('scores', PARSE_JSON('{settings}'))")
        yield hubspot, session


def _statements(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield "CREATE DATABASE IF NOT EXISTS MARTS"
    yield "CREATE SCHEMA IF NOT EXISTS MARTS.CRM"
    yield (
        "CREATE TABLE MARTS.CRM.SCORES (ID VARCHAR, EMAIL VARCHAR, SCORE NUMBER(12, 2), "
        "COMPANIES OBJECT)"
    )
    for part in range(0, len(rows), ROWS_A_STATEMENT):
        listed = json.dumps(rows[part : part + ROWS_A_STATEMENT])
        yield (
            "INSERT INTO MARTS.CRM.SCORES SELECT f.VALUE:id::VARCHAR, f.VALUE:email::VARCHAR, "
            "f.VALUE:score::NUMBER(12, 2), IFF(IS_NULL_VALUE(f.VALUE:companies), NULL, "
            f"f.VALUE:companies::OBJECT) FROM TABLE(FLATTEN(INPUT => PARSE_JSON('{listed}'))) f"
        )
    yield "GRANT USAGE ON DATABASE MARTS TO APPLICATION HUBSPOT_INGEST"
    yield "GRANT USAGE ON SCHEMA MARTS.CRM TO APPLICATION HUBSPOT_INGEST"
    yield "GRANT SELECT ON TABLE MARTS.CRM.SCORES TO APPLICATION HUBSPOT_INGEST"


def _changed(kind: Kind, count: int) -> list[Figure]:
    """Every row of the source differs from HubSpot."""
    with _source(kind, count) as (hubspot, session):
        [[rows]] = [
            row.values() for row in session.rows("SELECT COUNT(*) AS N FROM MARTS.CRM.SCORES")
        ]
        # the limits of setting up are over when the run begins
        hubspot.ask(do="rest")
        hubspot.ask(do="count")
        _, answer, reply = session.call(PUSH)
        counted = hubspot.ask(do="count")
        _, idle, _ = session.call(PUSH)
        idle_requests = hubspot.ask(do="count")["endpoints"]
    floor = 2 * math.ceil(rows / BATCH)
    if kind.linked:
        floor += math.ceil(rows / PAIRS_READ) + math.ceil(rows / PAIRS_MADE)
    name = f"{kind.name}, {rows:,}"
    rate = rows / answer["duration_seconds"]
    done = answer["rows_created"] + answer["rows_updated"]
    batches = sum(n for endpoint, n in idle_requests.items() if "/batch/" in endpoint)
    return [
        Figure(f"push: {name}", answer["duration_seconds"], "s"),
        Figure(f"  processor, ours, {name}", reply["processor_seconds"], "s"),
        Figure(f"  rows written, {name}", done, "rows", at_least=rows),
        Figure(f"  of the write ceiling, {name}", 100 * rate / RATE, "%", at_least=100 * USED),
        Figure(
            f"  requests above the floor, {name}", counted["requests"] - floor, "requests",
            at_most=max(FURTHER, 0.02 * floor),
        ),
        Figure(f"  most in any 10 s, {name}", counted["most_in_10_s"], "requests", at_most=BURST),
        Figure(
            f"  most of associations in any 10 s, {name}",
            counted["most_association_reads_in_10_s"], "requests", at_most=ASSOCIATION_READS,
        ),
        Figure(
            f"  refused with 429 or 423, {name}", counted["refused"] + counted["locked"],
            "requests", at_most=0,
        ),
        Figure(f"  run again: rows changed, {name}", idle["rows_changed"], "rows", at_most=0),
        Figure(f"  run again: batches, {name}", batches, "requests", at_most=0),
    ]  # fmt: skip


def _unchanged(count: int) -> list[Figure]:
    """A source whose rows the ledger all knows."""
    with Conversation("benchmarks.unchanged_rows") as program:
        few = program.ask(rows=count // 10)
        many = program.ask(rows=count)
    return [
        Figure(f"diff of {count:,} unchanged rows", many["seconds"], "s", at_most=20),
        Figure("  rows changed", many["changed"], "rows", at_most=0),
        Figure("  memory that the run took more", many["grown_mb"], "MB", at_most=256),
        Figure(f"  that of {count // 10:,} rows", few["grown_mb"], "MB"),
    ]
