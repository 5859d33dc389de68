"""Random lives of a push: sources that change, faults, kills, and a person who edits records."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from random import Random
from threading import RLock
from typing import Any

import httpx

from hubspot_sandbox import Faults
from hubspot_sandbox.write_rules import WriteRules
from tests.push.push_world import CUSTOMERS, PushWorld
from tests.runs.dying import Dying, Killed
from tests.runs.world import MINUTE

# What strikes writes on their way and back; each of them may come in the midst of a batch.
KINDS = ("dropped", "truncated", "500", "502", "503", "not-json", "423", "429", "html")
STEPS = 4
RATE = 0.15


class Life:
    """One push, and what happened to its source and to HubSpot."""

    pushes: tuple[str, ...] = ("customers_out",)

    def __init__(self, make_push: Callable[..., PushWorld], seed: int) -> None:
        self.random = Random(seed)
        self.faults = Faults(rate=RATE, seed=seed, kinds=KINDS, most_in_a_row=2)
        self.world = make_push(faults=self.faults)
        self.world.sandbox.writes = WriteRules(
            partial=self.random.choice(("trace-ids", "always", "never")),
            keeps_before_refusal=self.random.random() < 0.5,
            partial_status=self.random.choice((None, 200)),
            echoes_trace_ids=self.random.random() < 0.7,
        )
        self.keys: list[int] = []
        self.next_key = 1
        # what a person wrote: by e-mail address
        self.titles: dict[str, str] = {}
        self.named: dict[str, str] = {}
        self.world.instead = self._meanwhile
        # what the person did stands as it was noted: nobody else does anything in between
        self.world.turn = RLock()

    def live(self) -> None:
        """Let everything happen, then run undisturbed, and check."""
        random, world = self.random, self.world
        for key in range(1, random.randint(2, 9)):
            if random.random() < 0.3:
                world.portal.create("contacts", {"email": email_of(key), "jobtitle": "theirs"})
                self.titles[email_of(key)] = "theirs"
        external_id = random.choice((None, "customer_number"))
        self.faults.rate = 0.0
        more = {"external_id": external_id} if external_id else {}
        self._configure(**more)
        self.faults.rate = RATE
        for _ in range(STEPS):
            self._change_source()
            self._run()
        self.faults.rate = 0.0
        world.instead = None
        world.clock.advance(16 * MINUTE)
        self._end()
        for name in self.pushes * 2:
            answer = world.push(name)
            assert answer["status"] == "SUCCEEDED", answer
        self._check()
        world.asked()
        for name in self.pushes:
            assert world.push(name)["rows_changed"] == 0
        assert not [seen for seen in world.asked() if "/batch/" in seen.path]

    def _configure(self, **more: str) -> None:
        self.world.configure_push(**more)

    def _end(self) -> None:
        """What a person does before the last, undisturbed runs."""

    def _more(self, key: int) -> dict[str, Any]:
        """Further columns of a row, drawn anew."""
        del key
        return {}

    def _change_source(self) -> None:
        random, world = self.random, self.world
        for _ in range(random.randint(1, 4)):
            key = self.next_key
            self.next_key += 1
            self.keys.append(key)
            world.insert(
                {
                    "CUSTOMER_ID": key,
                    "EMAIL": email_of(key),
                    "FIRST_NAME": f"Name {key}",
                    "SCORE": random.randint(1, 99),
                    **self._more(key),
                }
            )
        for key in random.sample(self.keys, min(len(self.keys), random.randint(0, 3))):
            name, score = f"N{random.randint(0, 999)}", random.randint(1, 99)
            world.update(key, FIRST_NAME=name, SCORE=score, **self._more(key))
            self.named.pop(email_of(key), None)

    def _run(self) -> None:
        """Push; sometimes the process is killed at a statement."""
        world, alive = self.world, self.world.database
        if self.random.random() < 0.5:
            at = self.random.randint(3, 45)
            world.database = Dying(world, at, after=self.random.random() < 0.5)
        try:
            world.push(self.random.choice(self.pushes))
        except Killed:
            world.clock.advance(16 * MINUTE)
        finally:
            world.database = alive

    def _meanwhile(self, *_: object) -> httpx.Response | None:
        """Between two requests a person edits a record: a title, which is theirs, or a name."""
        if self.random.random() < 0.2:
            records = list(self.world.portal.records("contacts"))
            if records:
                record = self.random.choice(records)
                email = str(record.properties.get("email"))
                title = f"T{self.random.randint(0, 999)}"
                values: dict[str, str | None] = {"jobtitle": title}
                self.titles[email] = title
                if self.random.random() < 0.3:
                    values["firstname"] = self.named[email] = f"Hand {title}"
                self.world.portal.update("contacts", record.id, values)
        return None

    def _check(self) -> None:
        world = self.world
        rows = world.rows(f"SELECT CUSTOMER_ID, EMAIL, FIRST_NAME, SCORE FROM {CUSTOMERS}")
        ledger = {row["ROW_KEY"]: row for row in world.push_rows() if row["PUSH"] == self.pushes[0]}
        by_email: dict[str, list[dict[str, str | None]]] = {}
        for properties in world.truth().values():
            by_email.setdefault(str(properties.get("email")), []).append(properties)
        assert all(len(records) == 1 for records in by_email.values()), by_email
        for row in rows:
            [record] = by_email[row["EMAIL"]]
            allowed = {row["FIRST_NAME"], self.named.get(row["EMAIL"], row["FIRST_NAME"])}
            assert record["firstname"] in allowed, (row, record["firstname"], allowed)
            assert Decimal(record["loyalty_points"] or "NaN") == row["SCORE"], row
            settled = ledger[str(row["CUSTOMER_ID"])]
            assert (settled["STATE"], settled["RECORD_ID"]) == ("SYNCED", record["hs_object_id"])
            assert json.loads(settled["SENT"])["loyalty_points"] == record["loyalty_points"]
        for email, title in self.titles.items():
            if email in by_email:
                assert by_email[email][0].get("jobtitle") == title
        assert world.push_rows("PUSH_INTENTS") == []


def email_of(key: int) -> str:
    return f"c{key}@example.com"
