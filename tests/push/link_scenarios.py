"""Random lives of two pushes on one object, with links whose labels a person edits too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tests.push.push_world import CUSTOMERS
from tests.push.scenarios import Life, email_of
from tests.push.test_link_labels import by_hand, label, linked

CODES = ("A0", "A1", "A2", "A3")
BILLING = 'Billing "A/P" & más 💶'
Columns = Mapping[str, tuple[str, str, str, str]]
# By column: the object, the label that rows ask for, and the one that a person puts there.
LINKS: Columns = {
    "COMPANIES": ("companies", "erp_code", "Decision maker", BILLING),
    "FRIENDS": ("contacts", "email", "Friend", "Neighbour"),
}


class LinkedLife(Life):
    """The first push has links; the second writes another property of the same contacts."""

    pushes = ("customers_out", "second")
    columns: Columns = LINKS

    def _configure(self, **more: str) -> None:
        world = self.world
        # what a person put on a pair: by column, contact and target's key
        self.foreign: set[tuple[str, str, str]] = set()
        self.companies: dict[str, str] = {}
        for text in ("Friend", "Neighbour"):
            label(world, text)
        associations = {
            column: {"to": to, "match": match, "labels": "merge"}
            for column, (to, match, _, _) in self.columns.items()
        }
        world.configure_push(associations=associations, **more)
        world.configure_push("second", properties={"lastname": "STAGE"})

    def _more(self, key: int) -> dict[str, Any]:
        random = self.random
        companies = {
            code: random.choice((None, "Decision maker"))
            for code in random.sample(CODES, random.randint(0, 2))
        }
        others = [other for other in self.keys if other != key]
        friends = {
            email_of(other): random.choice((None, "Friend"))
            for other in random.sample(others, min(len(others), random.randint(0, 2)))
        }
        return {"STAGE": f"L{random.randint(0, 99)}", "COMPANIES": companies, "FRIENDS": friends}

    def _change_source(self) -> None:
        super()._change_source()
        for code in CODES:
            if code not in self.companies and self.random.random() < 0.3:
                self._found(code)
        contacts = self._contacts()
        for email in self.random.sample(sorted(contacts), min(len(contacts), 2)):
            column = self.random.choice(sorted(self.columns))
            targets = self.companies if column == "COMPANIES" else contacts
            keys = sorted(key for key in targets if key != email)
            if keys and self.random.random() < 0.5:
                self._label(column, email, self.random.choice(keys))

    def _end(self) -> None:
        for code in CODES:
            if code not in self.companies:
                self._found(code)

    def _found(self, code: str) -> None:
        values: dict[str, str | None] = {"name": code, "erp_code": code}
        self.companies[code] = self.world.portal.create("companies", values)

    def _contacts(self) -> dict[str, str]:
        records = self.world.portal.records("contacts")
        return {str(record.properties["email"]): record.id for record in records}

    def _label(self, column: str, email: str, key: str) -> None:
        """A person puts a label on a pair, which is made where it is not there."""
        to, _, _, text = LINKS[column]
        targets = self.companies if to == "companies" else self._contacts()
        portal = self.world.portal
        ends = (portal.object_type("contacts"), portal.object_type(to))
        [kind] = [kind for kind in portal.associations.types(*ends) if kind.label == text]
        by_hand(self.world, self._contacts()[email], targets[key], kind, to_type=to)
        self.foreign.add((column, email, key))

    def _check(self) -> None:
        super()._check()
        world, contacts = self.world, self._contacts()
        rows = world.rows(f"SELECT * FROM {CUSTOMERS}")
        second = [row for row in world.push_rows() if row["PUSH"] == "second"]
        assert {row["RECORD_ID"] for row in second} == {contacts[row["EMAIL"]] for row in rows}
        lastnames = {row.get("email"): row.get("lastname") for row in world.truth().values()}
        assert {row["EMAIL"]: row["STAGE"] for row in rows}.items() <= lastnames.items()
        entries: set[tuple[str, str, str, str | None]] = set()
        for column, (to, _, ours, theirs) in self.columns.items():
            keys = {id: key for key, id in (self.companies | contacts).items()}
            wishes: dict[tuple[str, str], set[str | None]] = {}
            marks = {(email, key) for name, email, key in self.foreign if name == column}
            for row in rows:
                for key, text in json.loads(row[column] or "{}").items():
                    entries.add((str(row["CUSTOMER_ID"]), column, key, text))
                    wishes.setdefault((row["EMAIL"], key), set()).add(text)
                    if to == "contacts":
                        wishes.setdefault((key, row["EMAIL"]), set()).add(text)
            if to == "contacts":
                marks |= {(key, email) for email, key in marks}
            there = {
                (email, keys[to_id]): set(labels)
                for email, id in contacts.items()
                for to_id, labels in linked(world, id, to).items()
            }
            expected = {
                pair: (wishes.get(pair, set()) - {None}) | ({theirs} if pair in marks else set())
                for pair in wishes.keys() | marks
            }
            assert there == expected, (column, ours)
        links = world.push_rows("PUSH_LINKS")
        assert {
            (link["ROW_KEY"], link["COLUMN_NAME"], link["TO_KEY"], link["LABEL"]) for link in links
        } == entries
        assert {link["STATE"] for link in links} <= {"MADE", "EXISTED"}


class BesideLife(LinkedLife):
    """As ``LinkedLife``, of companies alone: their links are made while records are sent."""

    columns: Columns = MappingProxyType({"COMPANIES": LINKS["COMPANIES"]})
