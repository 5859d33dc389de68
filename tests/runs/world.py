"""What the tests of runs share: a portal, its sandbox, an engine with the app, one clock."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any, Self

import httpx
from snowflake.snowpark import Session

from hubspot_ingest.credentials import Authenticator, Token
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.progress import LeaseRequest, Leases, StateWriter
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.hubspot.rate_limits import Governor
from hubspot_ingest.inbound import configure
from hubspot_ingest.inbound.opening.closing import close_runs
from hubspot_ingest.inbound.opening.opening import open_sync
from hubspot_ingest.inbound.run.runner import GoingRun, begin, ingest
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import SyncSettings
from hubspot_ingest.stopwatch import RunCost
from hubspot_sandbox import Faults, Limits, Portal, Sandbox, Seen
from snowflake_sandbox import Engine
from snowflake_sandbox.names import Name
from tests.runs import versions

NOW = 1_790_000_000_000
"""2026-09-21T14:13:20Z."""

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
DAY_AND_MORE = 25 * HOUR
BASE_URL = "http://hubspot.test"
CONTACTS = "HUBSPOT_DATA.CRM.CONTACTS"
Answer = dict[str, Any]

SENSITIVE = ("passport_number", "bank_account")
"""Properties that HubSpot's list of properties leaves out."""

FEW = ("email", "firstname", "lifecyclestage", "loyalty_points", "double_points", "jobtitle")
SLIM: Answer = {
    "properties": [*FEW[:3], "loyalty*", "double*", "[Jj][Oo][Bb]*", "shoe*"],
    "associations": [],
}
"""Settings for a narrow table of contacts, which is quicker to make than one of 80 columns."""

HANDLERS = Name("HUBSPOT_INGEST", "CORE", "INGEST_HUBSPOT")
"""Whose rights the handlers' work has: those of the application, not of the person who calls."""

STATE_TABLES = (
    *(
        "SYNCS",
        "PROGRESS",
        "RUNS",
        "REQUESTS",
        "ERRORS",
        "PROPERTIES",
        "STREAMS",
        "STREAM_PROPERTIES",
    ),
    *("PORTALS", "BUDGETS", "SETTINGS", "ALERTS", "COMPLETENESS", "PAGES", "IMAGES", "TABLES"),
    *("SHAPES", "STOP_REQUESTS", "AUDIT_LOG"),
    *("PUSHES", "PUSH_ROWS", "PUSH_LINKS", "PUSH_PLAN_ROWS", "PUSH_INTENTS", "PUSH_OUTCOMES"),
    *("PUSH_IMAGES", "LINK_LEASES"),
)


def empty(engine: Engine) -> None:
    """Forget all that the app remembers, and the destination."""
    rows = " UNION ALL ".join(
        f"SELECT '{table}', COUNT(*) FROM HUBSPOT_INGEST.STATE.{table}" for table in STATE_TABLES
    )
    for table, count in engine.sql(rows):
        if count != "0":
            engine.sql(f"DELETE FROM HUBSPOT_INGEST.STATE.{table}")
    engine.sql("INSERT INTO HUBSPOT_INGEST.STATE.SETTINGS (SETTINGS) SELECT PARSE_JSON('{}')")
    if engine.store.has_database("HUBSPOT_DATA"):
        engine.sql("DROP DATABASE HUBSPOT_DATA")


def on_an_empty_stack(work: Callable[[], Answer]) -> Answer:
    """Do ``work`` in a thread of its own, as the engine does.

    CPython 3.11 asks the system for stack memory whenever calls cross 16 KiB and gives it back
    when they return: deep under pytest a run can take four times as long as it should.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


class HandClock:
    """Stands still until a test moves it; whoever sleeps moves it and does not wait."""

    def __init__(self, start: int = NOW) -> None:
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> int:
        return self._now

    __call__ = now

    def sleep(self, seconds: float) -> None:
        self.advance(round(seconds * 1000))

    def advance(self, ms: int) -> None:
        with self._lock:
            self._now += ms


class World:
    """A portal and an engine, and a person who calls procedures.

    ``ingest`` and ``configure`` run on the world's own clock, through the handlers' own work and
    with the application's rights; ``call`` sends the real CALL, on the machine's clock.
    """

    def __init__(
        self,
        engine: Engine,
        records: Mapping[str, int] | None = None,
        *,
        clock: HandClock | None = None,
        portal: Portal | None = None,
        limits: Limits | None = None,
        faults: Faults | None = None,
        token: str | None = None,
    ) -> None:
        self.engine = engine
        self.clock = clock or HandClock()
        self.portal = portal or Portal(1, self.clock.now, records or {})
        self.sandbox = Sandbox(self.portal, limits, faults=faults, sleep=self.clock.sleep)
        self.token = token or self.portal.token
        self.session: Session = engine.session("HUBSPOT_INGEST", "CORE")
        self._person = Database(self.session)
        self.handlers = engine.session("HUBSPOT_INGEST", "CORE", owner=HANDLERS)
        self.database = Database(self.handlers)
        self.syncs, self.leases = Syncs(self.database), Leases(self.database)
        self.only: Collection[str] | None = None
        # what stands in the way to HubSpot: path begins → path begins with instead
        self.paths: Mapping[str, str] = versions.asked_for()
        # and what is refused there for want of a scope
        self.closed: Collection[str] = ()
        # records that HubSpot's lists leave out, as if they were lost on the way
        self.lost: Collection[str] = ()
        # what answers instead of HubSpot, given what was asked and HubSpot's own answer
        self.instead: Callable[[httpx.Request, httpx.Response], httpx.Response | None] | None = None
        # held while HubSpot answers and ``instead`` looks at it; nothing as a rule
        self.turn: AbstractContextManager[object] = nullcontext()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.handlers.close()
        self.session.close()

    # -- calling -----------------------------------------------------------------------------

    @property
    def context(self) -> Context:
        def client(settings: SyncSettings, deadline: int) -> Client:
            governor = Governor(self.clock)
            governor.reserve(settings.reserve_percent)
            return Client(
                BASE_URL,
                Authenticator(Token(self.token), self.clock),
                governor,
                self.clock,
                deadline=deadline,
                transport=httpx.MockTransport(self._respond),
            )

        return Context(self.database, self.clock, client, BASE_URL)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        with self.turn:
            response = self._hubspot(request)
            return (self.instead and self.instead(request, response)) or response

    def _hubspot(self, request: httpx.Request) -> httpx.Response:
        told = request.url.raw_path.decode()
        if request.url.path in self.closed:
            return httpx.Response(403, json={"status": "error", "message": "no"})
        sent = versions.renamed(told, self.paths)
        request.url = request.url.copy_with(raw_path=sent.encode())
        answer = self.sandbox.respond(request)
        if self.lost and request.method == "GET" and answer.status_code == httpx.codes.OK:
            page = answer.json()
            if "results" in page:
                page["results"] = [one for one in page["results"] if one.get("id") not in self.lost]
                return httpx.Response(answer.status_code, json=page)
        return answer

    def ingest(self, sync: str = "contacts") -> Answer:
        """Run a sync, whatever comes of it."""
        return on_an_empty_stack(lambda: dict(ingest(sync, self.context)))

    def run(self, sync: str = "contacts") -> Answer:
        """Run a sync that must succeed."""
        answer = self.ingest(sync)
        assert answer["status"] == "SUCCEEDED", answer
        return answer

    def configure(self, sync: str, settings: Any) -> Answer:
        return on_an_empty_stack(lambda: dict(configure.configure(self.context, sync, settings)))

    def call(self, statement: str) -> Answer:
        """Send a CALL as any client does; the answer is the procedure's."""
        found = self.rows(statement)
        assert len(found) == 1
        answer: Answer = json.loads(next(iter(found[0].values())))
        return answer

    def call_with(self, procedure: str, settings: Any, *names: str) -> Answer:
        """Call a procedure that takes an object, after names."""
        places = "".join("?, " for _ in names)
        (row,) = self.rows(
            f"CALL HUBSPOT_INGEST.CORE.{procedure}({places}PARSE_JSON(?))",
            (*names, json.dumps(settings)),
        )
        answer: Answer = json.loads(next(iter(row.values())))
        return answer

    @contextmanager
    def state_of(self, sync: str = "contacts") -> Iterator[StateWriter]:
        """Change a sync's state as a run of it could."""
        with open_sync(self.context, sync, "by-hand").lease as lease:
            yield lease

    def hold(
        self,
        sync: str = "contacts",
        run_id: str = "elsewhere",
        *,
        at: int | None = None,
        process: str = "",
        weight: int | None = None,
    ) -> None:
        """Let a run go on elsewhere that holds the lease of a sync."""
        stored = self.syncs.find(sync)
        assert stored is not None
        now = self.clock.now() if at is None else at
        request = LeaseRequest(stored, run_id, str(stored.version), now, process, weight)
        assert self.leases.take([request], now) == [True]

    def is_held(self, sync: str = "contacts") -> bool:
        """Whether a run of the sync is going on."""
        stored = self.syncs.find(sync)
        return stored is not None and stored.is_held(self.clock.now())

    def begin(self, sync: str = "contacts") -> GoingRun:
        """Begin a run, whose steps a test goes through."""
        context = self.context
        opened = open_sync(context, sync, f"run-{self.clock.now()}", is_run=True)
        return begin(context, opened, RunCost(context.clock))

    def end(self, run: GoingRun) -> None:
        """Go through what is left of a run, and close it."""
        for _ in run.steps:
            pass
        close_runs(self.context, [run.ending])

    # -- looking -----------------------------------------------------------------------------

    def rows(self, statement: str, params: Sequence[object] = ()) -> list[dict[str, Any]]:
        return self._person.rows(statement, params)

    def table(
        self, columns: str, table: str = CONTACTS, *, where: str = "TRUE"
    ) -> list[tuple[Any, ...]]:
        """Columns of a table, by the records' ids."""
        found = self.rows(f"SELECT {columns} FROM {table} WHERE {where} ORDER BY TRY_TO_NUMBER(ID)")
        return [tuple(row.values()) for row in found]

    def ids(self, table: str = CONTACTS, *, where: str = "TRUE") -> list[str]:
        return [one[0] for one in self.table("ID", table, where=where)]

    def exists(self, table: str = CONTACTS) -> bool:
        database, schema, name = table.split(".")
        if database not in self.databases():
            return False
        return bool(
            self.rows(
                f"SELECT 1 AS ONE FROM {database}.INFORMATION_SCHEMA.TABLES "
                "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?",
                (schema, name),
            )
        )

    def databases(self) -> set[str]:
        return {str(one["name"]) for one in self.rows("SHOW DATABASES")}

    def columns(self, table: str = CONTACTS) -> dict[str, tuple[str, str]]:
        """Type and comment of each column."""
        database, schema, name = table.split(".")
        found = self.rows(
            f"SELECT COLUMN_NAME, DATA_TYPE, COMMENT FROM {database}.INFORMATION_SCHEMA.COLUMNS "
            "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION",
            (schema, name),
        )
        return {one["COLUMN_NAME"]: (one["DATA_TYPE"], one["COMMENT"] or "") for one in found}

    def runs(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM HUBSPOT_INGEST.CORE.RUNS ORDER BY STARTED_AT, RUN_ID")

    def errors(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM HUBSPOT_INGEST.CORE.ERRORS ORDER BY CREATED_AT")

    def sync(self, name: str = "contacts") -> dict[str, Any]:
        return self.rows("SELECT * FROM HUBSPOT_INGEST.CORE.SYNCS WHERE NAME = ?", (name,))[0]

    def limit(self, task: str) -> int:
        """How long Snowflake lets a task run, in milliseconds."""
        found = self.engine.catalog.task(Name("HUBSPOT_INGEST", "TASKS", task))
        return int(found.options["USER_TASK_TIMEOUT_MS"])

    def slim(self, **settings: Any) -> Self:
        """Give the contacts a narrow table, and look at its properties alone."""
        self.only = FEW
        self.syncs.save("contacts", "contacts", {**SLIM, **settings}, self.clock.now())
        return self

    def stored(self) -> dict[str, list[dict[str, Any]]]:
        """Everything the app remembers."""
        return {
            table: self.rows(f"SELECT * FROM HUBSPOT_INGEST.STATE.{table}")
            for table in (*STATE_TABLES, "CONNECTIONS")
        }

    def asked(self) -> list[Seen]:
        """The requests since this was last asked, with the paths as they were asked for."""
        ours = {instead: begins for begins, instead in versions.asked_for().items()}
        seen = [
            replace(
                one,
                path=versions.renamed(one.path, ours),
                endpoint=versions.renamed(one.endpoint, ours),
            )
            for one in self.sandbox.requests
        ]
        self.sandbox.requests.clear()
        return seen

    def truth(self, object_type: str = "contacts") -> dict[str, dict[str, str | None]]:
        """What the portal shows an app: each living record's properties, by id."""
        return {
            one.id: {name: value for name, value in one.properties.items() if self._shown(name)}
            for one in self.portal.records(object_type)
        }

    def _shown(self, name: str) -> bool:
        return name not in SENSITIVE if self.only is None else name in self.only

    def landed(self, table: str = CONTACTS) -> dict[str, dict[str, str | None]]:
        """What the table holds: the column PROPERTIES, by id."""
        return {
            one: {name: value for name, value in json.loads(values).items() if self._shown(name)}
            for one, values in self.table("ID, PROPERTIES", table)
        }


def bodies(seen: Sequence[Seen]) -> list[Any]:
    """The bodies of the searches among ``seen``."""
    return [json.loads(one.body) for one in seen if one.path.endswith("/search")]


def paths(seen: Sequence[Seen]) -> list[str]:
    """The last part of each request's path."""
    return [one.path.rsplit("/", 1)[-1] for one in seen]
