"""The forms of a portal and their submissions."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hubspot_sandbox.items.collections import Collection
from hubspot_sandbox.records.table import UnknownRecord
from hubspot_sandbox.seeds import FIRST_NAMES, NASTY_TEXT, guid, mix
from hubspot_sandbox.times import DAY_MS, Clock

FORM_TYPES = ("hubspot", "captured", "flow", "blog_comment")
_NAMES = ("Contact us", "Newsletter ✉️", "Demo request", "Pop-up", "Comments", "Event; sign-up")


@dataclass(slots=True, order=True)
class Submission:
    """What somebody sent. The time is epoch milliseconds."""

    at: int
    number: int
    values: list[dict[str, str]] = field(compare=False)
    page: str | None = field(compare=False)


class Forms:
    """Forms and their submissions."""

    def __init__(self, clock: Clock, seed: int) -> None:
        """``seed`` makes the ids."""
        self._clock = clock
        self._seed = seed
        self._sent = 0
        self.kept = Collection(clock, lambda n: guid(seed + 41, n))
        self._submissions: dict[str, list[Submission]] = {}

    def add(
        self, name: str, form_type: str = "hubspot", at: int | None = None, **fields: Any
    ) -> str:
        """A new form; returns its id. Kinds: hubspot, captured, flow, blog_comment."""
        key = self.kept.add({"name": name, "formType": form_type, **fields}, at)
        self._submissions[key] = []
        return key

    def change(self, id: str, at: int | None = None, **fields: Any) -> None:
        """Set fields of a form, such as ``name``."""
        self.kept.change(id, fields, at)

    def submit(
        self,
        id: str,
        values: Mapping[str, str],
        at: int | None = None,
        page: str | None = "https://www.example.com/contact",
    ) -> str:
        """Somebody sends a form; returns the submission's id. The form is not modified by it."""
        if id not in self._submissions:
            raise UnknownRecord(f"no form {id!r}")
        moment = self._clock() if at is None else at
        sent = [{"name": n, "value": v, "objectTypeId": "0-1"} for n, v in values.items()]
        self._sent += 1
        insort(self._submissions[id], Submission(moment, self._sent, sent, page))
        return self.submission_id(self._sent)

    def submission_id(self, number: int) -> str:
        """The id of the n-th submission."""
        return guid(self._seed + 43, number)

    def submissions(self, id: str) -> list[Submission]:
        """Everything sent through a form, the latest first."""
        return self._submissions.get(id, [])[::-1]

    def seed(self, forms: int, submissions: int, last: int) -> None:
        """A fresh portal's forms; everything happened before ``last``."""
        ids = []
        for n in range(forms):
            at = last - (forms - n) * DAY_MS
            key = self.add(_NAMES[n % len(_NAMES)], FORM_TYPES[n % len(FORM_TYPES)], at)
            self.change(key, at + n)
            ids.append(key)
        for n in range(submissions if forms else 0):
            name = FIRST_NAMES[n % len(FIRST_NAMES)]
            values = {"email": f"person{n}@example{n % 97}.com", "firstname": name}
            values["message"] = NASTY_TEXT[n % len(NASTY_TEXT)] or ""
            self.submit(ids[n % forms], values, last - mix(47, n) % (300 * DAY_MS))
