"""Random lives of labels: several a pair, two columns on a pair, paired ones, and those of others.

Between any two requests a person puts labels on pairs, takes off labels, and calls one otherwise;
but a run that has read the pairs of a record has them to itself, as HubSpot replaces what is there
when it writes, and a pair may be written twice: what comes to it, then what goes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import httpx

from tests.push.push_world import CUSTOMERS
from tests.push.scenarios import Life, email_of
from tests.push.test_link_labels import label

CODES = ("A0", "A1", "A2")
OURS = ("Decision maker", "Sponsor", "Buyer")
THEIRS = ("Skipper", "Cook")
RENAMED = "Sponsor of old"
MANAGER, EMPLOYEE = "Manager", "Employee"
# What is asked for, or put there by a person, of two contacts.
BETWEEN_US = ("Friend", MANAGER, EMPLOYEE)
BETWEEN_THEM = ("Neighbour",)

Pair = tuple[str, str]


class LabelLife(Life):
    """Labels of contacts and companies, by two columns."""

    ours: tuple[str, ...] = OURS
    theirs: tuple[str, ...] = THEIRS
    target = "companies"
    # a label and what it is called from the other record
    inverses: ClassVar[Mapping[str, str]] = {}

    def _configure(self, **more: str) -> None:
        world = self.world
        # by pair: labels that only a person wanted, and those that both may have made
        self.strangers: dict[Pair, set[str]] = {}
        self.doubtful: dict[Pair, set[str]] = {}
        self.touched: set[Pair] = set()
        self.ever_asked: set[tuple[Pair, str]] = set()
        self.is_renamed = False
        # the records whose pairs the run has read
        self.being_written: set[str] = set()
        self._make_labels()
        columns = {
            column: {"to": self.target, "match": match, "cleanup": "ours"}
            for column, match in self._columns().items()
        }
        world.configure_push(associations=columns, **more)

    def _columns(self) -> dict[str, str]:
        return {"COMPANIES": "erp_code", "FRIENDS": "hs_object_id"}

    def _make_labels(self) -> None:
        for text in (*self.ours[1:], *self.theirs):
            label(self.world, text, "contacts", "companies")
        self.targets = {
            code: self.world.portal.create("companies", {"name": code, "erp_code": code})
            for code in CODES
        }

    def _more(self, key: int) -> dict[str, Any]:
        """Wishes of both columns, drawn anew."""
        random = self.random
        row: dict[str, Any] = {}
        for column in self._columns():
            wishes: dict[str, Any] = {}
            targets = self._possible(key)
            for target in random.sample(targets, random.randint(0, len(targets))):
                texts = random.sample(self.ours, random.randint(0, 2))
                wishes[self._written(column, target)] = texts or None
                self.ever_asked |= {((email_of(key), target), text) for text in texts}
            row[column] = wishes
        return row

    def _possible(self, key: int) -> list[str]:
        del key
        return list(CODES)

    def _written(self, column: str, target: str) -> str:
        """How a column names a target."""
        return self.targets[target] if column == "FRIENDS" else target

    def _ids(self) -> dict[str, str]:
        """The ids of what may be linked to, by name."""
        return self.targets

    # -- a person ----------------------------------------------------------------------------

    def _meanwhile(self, *arguments: Any) -> httpx.Response | None:
        """After HubSpot did what was asked, and before the app hears of it."""
        super()._meanwhile(*arguments)
        request, answer = arguments
        path = request.url.path
        if "/associations/" in path and path.endswith("/batch/read") and answer.is_success:
            inputs = json.loads(request.content)["inputs"]
            self.being_written |= {str(each["id"]) for each in inputs}
        self._edit()
        return None

    def _run(self) -> None:
        super()._run()
        self.being_written.clear()

    def _edit(self) -> None:
        random, contacts = self.random, self._contacts()
        if not contacts or random.random() > 0.5:
            return
        email = random.choice(sorted(contacts))
        names = sorted(name for name in self._ids() if name != email)
        if not names:
            return
        pair = (email, random.choice(names))
        if {contacts[email], self._ids()[pair[1]]} & self.being_written:
            return
        held = self._held(pair)
        choice = random.random()
        self.touched |= {pair, pair[::-1]}
        if choice < 0.5:
            self._put_on(pair, random.choice((*self.theirs, *self.ours)), held)
        elif choice < 0.8 and self.strangers.get(pair):
            self._take_off(pair, random.choice(sorted(self.strangers[pair])))
        elif choice < 0.9 and held:
            self._take_off(pair, random.choice(sorted(held)))
        elif choice < 0.95:
            self._rename()

    def _put_on(self, pair: Pair, text: str, held: set[str]) -> None:
        if text in held:
            return
        asked = (pair, text) in self.ever_asked
        back = self.inverses.get(text, text)
        asked |= (pair[::-1], back) in self.ever_asked
        self._note(self.doubtful if asked else self.strangers, pair, text)
        portal = self.world.portal
        ends = (portal.object_type("contacts"), portal.object_type(self.target))
        ids = (int(self._contacts()[pair[0]]), int(self._ids()[pair[1]]))
        kinds = portal.associations.links(*ends).get(ids[0], {}).get(ids[1], ())
        portal.associations.add(ends[0], ids[0], ends[1], ids[1], (*kinds, self._kind(text)))

    def _take_off(self, pair: Pair, text: str) -> None:
        portal = self.world.portal
        ends = (portal.object_type("contacts"), portal.object_type(self.target))
        ids = (int(self._contacts()[pair[0]]), int(self._ids()[pair[1]]))
        kinds = portal.associations.links(*ends).get(ids[0], {}).get(ids[1], ())
        if self._kind(text) in kinds:
            portal.associations.remove(ends[0], ids[0], ends[1], ids[1], [self._kind(text)])
        for place, name in ((pair, text), (pair[::-1], self.inverses.get(text, text))):
            self.strangers.get(place, set()).discard(name)
            self.doubtful.setdefault(place, set()).add(name)

    def _note(self, where: dict[Pair, set[str]], pair: Pair, text: str) -> None:
        where.setdefault(pair, set()).add(text)
        if self.target == "contacts":
            where.setdefault(pair[::-1], set()).add(self.inverses.get(text, text))

    def _rename(self) -> None:
        """Somebody calls one of the labels otherwise, or as before."""
        before, after = (OURS[1], RENAMED) if not self.is_renamed else (RENAMED, OURS[1])
        portal = self.world.portal
        ends = (portal.object_type("contacts"), portal.object_type(self.target))
        for kind in portal.associations.types(*ends):
            if kind.label == before:
                portal.associations.rename(*ends, kind, after)
                self.is_renamed = not self.is_renamed
                return

    def _kind(self, text: str) -> Any:
        portal = self.world.portal
        ends = (portal.object_type("contacts"), portal.object_type(self.target))
        text = RENAMED if self.is_renamed and text == OURS[1] else text
        [kind] = [kind for kind in portal.associations.types(*ends) if kind.label == text]
        return kind

    def _end(self) -> None:
        if self.is_renamed:
            self._rename()

    # -- what is there -----------------------------------------------------------------------

    def _contacts(self) -> dict[str, str]:
        records = self.world.portal.records("contacts")
        return {str(record.properties["email"]): record.id for record in records}

    def _held(self, pair: Pair) -> set[str]:
        return self._there().get(pair, set())

    def _there(self) -> dict[Pair, set[str]]:
        """The labels of each pair that is there, by what they are called at first."""
        portal = self.world.portal
        ends = (portal.object_type("contacts"), portal.object_type(self.target))
        names = {int(id): name for name, id in self._ids().items()}
        links = portal.associations.links(*ends)
        called = {RENAMED: OURS[1]}
        return {
            (email, names[to_id]): {
                called.get(kind.label, kind.label)
                for kind in kinds
                if kind.label and kind.label != "Primary"
            }
            for email, id in self._contacts().items()
            for to_id, kinds in links.get(int(id), {}).items()
            if to_id in names
        }

    def _asked(self) -> dict[Pair, set[str]]:
        """What the source asks for of each pair."""
        asked: dict[Pair, set[str]] = {}
        names = {id: name for name, id in self._ids().items()}
        for row in self.world.rows(f"SELECT * FROM {CUSTOMERS}"):
            for column in self._columns():
                for target, texts in json.loads(row[column] or "{}").items():
                    pair = (row["EMAIL"], names.get(target, target))
                    asked.setdefault(pair, set()).update(texts or [])
        return asked

    def _check(self) -> None:
        super()._check()
        asked, there = self._asked(), self._there()
        for pair in asked.keys() | there.keys() | self.strangers.keys():
            self._check_pair(pair, asked.get(pair), there.get(pair))
        states = {link["STATE"] for link in self.world.push_rows("PUSH_LINKS")}
        assert states <= {"MADE", "EXISTED"}, self.world.push_rows("PUSH_LINKS")

    def _check_pair(self, pair: Pair, asked: set[str] | None, there: set[str] | None) -> None:
        doubtful, strangers = self.doubtful.get(pair, set()), self.strangers.get(pair, set())
        seen = (pair, asked, there, strangers, doubtful)
        assert strangers <= (there or set()), ("lost labels of others", seen)
        assert (asked or set()) - doubtful <= (there or set()), ("labels not made", seen)
        left = (there or set()) - (asked or set()) - strangers - doubtful
        may_stay = self._may_stay(pair)
        assert left <= may_stay, ("labels left behind", seen)
        if asked is not None:
            assert there is not None, ("a pair is not there", seen)
        elif pair not in self.touched and not left & may_stay:
            assert there is None, ("a pair is left behind", seen)

    def _may_stay(self, pair: Pair) -> set[str]:
        """The labels that may stay though nobody asks for them."""
        del pair
        return set()


class PairedLabelLife(LabelLife):
    """Labels of contacts among each other, of which two are the ends of one."""

    ours = BETWEEN_US
    theirs = BETWEEN_THEM
    target = "contacts"
    inverses: ClassVar[Mapping[str, str]] = {MANAGER: EMPLOYEE, EMPLOYEE: MANAGER}

    def _columns(self) -> dict[str, str]:
        return {"FRIENDS": "email"}

    def _make_labels(self) -> None:
        for text in ("Friend", *self.theirs):
            label(self.world, text)
        contacts = self.world.portal.object_type("contacts")
        self.world.portal.associations.add_label(contacts, contacts, MANAGER, EMPLOYEE)

    def _possible(self, key: int) -> list[str]:
        return [email_of(other) for other in self.keys if other != key]

    def _written(self, column: str, target: str) -> str:
        del column
        return target

    def _ids(self) -> dict[str, str]:
        return self._contacts()

    def _rename(self) -> None:
        """These are called as they are."""

    def _may_stay(self, pair: Pair) -> set[str]:
        """Of paired labels, what may be the other end of one that the other row asked for."""
        asked = {text for place, text in self.ever_asked if place == pair[::-1]}
        return {MANAGER, EMPLOYEE} if asked & {MANAGER, EMPLOYEE} else set()

    def _asked(self) -> dict[Pair, set[str]]:
        asked = super()._asked()
        both: dict[Pair, set[str]] = {}
        for (email, other), texts in asked.items():
            both.setdefault((email, other), set()).update(texts)
            inverses = {self.inverses.get(text, text) for text in texts}
            both.setdefault((other, email), set()).update(inverses)
        return both
