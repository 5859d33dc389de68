"""Builds the requests that read, make and remove associations, and parses what they need. Pure.

Sources: OpenAPI of 2026-09 ("CRM associations"); input limits are documented for reading and
creating alone, the others take as many as reading (INFERRED).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hubspot_ingest.hubspot import write_responses
from hubspot_ingest.hubspot.requests import ASSOCIATIONS, Bucket, Repeat, Request
from hubspot_ingest.hubspot.responses import lacking
from hubspot_ingest.hubspot.write_responses import InputRefusal
from hubspot_ingest.model import Json

LINK_LIMIT = 1_000
LABELLED_LIMIT = 2_000


@dataclass(frozen=True, slots=True, order=True)
class LinkKind:
    """A type of association in one direction; ``label`` None: the unlabelled one."""

    category: str
    type_id: str
    label: str | None = None

    @property
    def is_automatic(self) -> bool:
        """Whether HubSpot gives it by itself: the unlabelled type, and the primary one."""
        primary = self.category == "HUBSPOT_DEFINED" and (self.label or "").startswith("Primary")
        return self.label is None or primary


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records and the kinds of association that a request speaks of."""

    from_id: str
    to_id: str
    kinds: tuple[LinkKind, ...] = ()

    @property
    def place(self) -> tuple[str, str]:
        """The ids of both records."""
        return self.from_id, self.to_id


def _request(
    from_type: str, to_type: str, tail: str, body: Json = None, repeat: Repeat = Repeat.ALWAYS
) -> Request:
    path = f"{ASSOCIATIONS}/{quote(from_type, safe='')}/{quote(to_type, safe='')}/{tail}"
    method = "GET" if body is None else "POST"
    return Request(method, path, path, Bucket.ASSOCIATIONS, body=body, repeat=repeat)


def link_kinds(from_type: str, to_type: str) -> Request:
    """The types of association from one object type to another."""
    return _request(from_type, to_type, "labels")


def create_label(from_type: str, to_type: str, label: str) -> Request:
    """Makes a label; its internal name has no hyphen and begins with no digit ("Labels").

    A hash tells names apart that are the same but for replaced letters.
    """
    lower = label.lower()
    name = re.sub(r"[^a-z0-9_]", "_", lower)
    name = name if name[:1].isalpha() else f"label_{name}"
    if name != lower:
        name = f"{name}_{hashlib.sha256(lower.encode()).hexdigest()[:8]}"
    return _request(from_type, to_type, "labels", {"label": label, "name": name})


def _labelled(pairs: Iterable[Pair]) -> Json:
    return {
        "inputs": [
            {
                "from": {"id": pair.from_id},
                "to": {"id": pair.to_id},
                "types": [
                    {"associationCategory": kind.category, "associationTypeId": int(kind.type_id)}
                    for kind in pair.kinds
                ],
            }
            for pair in pairs
        ]
    }


def link(from_type: str, to_type: str, pairs: Iterable[Pair]) -> Request:
    """Associates records; the labels of a pair are those that are sent, and no others.

    Sent again as it was, it would take away what somebody put on a pair meanwhile.
    """
    return _request(from_type, to_type, "batch/create", _labelled(pairs), Repeat.NEVER)


def link_by_default(from_type: str, to_type: str, pairs: Iterable[Pair]) -> Request:
    """Associates records without a label; the labels that a pair has stay."""
    body: Json = {
        "inputs": [{"from": {"id": pair.from_id}, "to": {"id": pair.to_id}} for pair in pairs]
    }
    return _request(from_type, to_type, "batch/associate/default", body)


def unlabel(from_type: str, to_type: str, pairs: Iterable[Pair]) -> Request:
    """Removes labels; the records stay associated."""
    return _request(from_type, to_type, "batch/labels/archive", _labelled(pairs))


def unlink(from_type: str, to_type: str, pairs: Iterable[Pair]) -> Request:
    """Removes associations with all their labels, also those that somebody made meanwhile."""
    body: Json = {
        "inputs": [{"from": {"id": pair.from_id}, "to": [{"id": pair.to_id}]} for pair in pairs]
    }
    return _request(from_type, to_type, "batch/archive", body, Repeat.NEVER)


@lacking("HubSpot's list of association types lacks {}; nothing was changed, run again")
def parse_link_kinds(answer: Any) -> tuple[LinkKind, ...]:
    """The types of association there are, or those that were made for a label."""
    return tuple(
        LinkKind(str(kind["category"]), str(kind["typeId"]), kind.get("label"))
        for kind in answer["results"]
    )


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """The pairs that a batch acknowledged, by the ids of both records, and what it refused."""

    places: frozenset[tuple[str, str]]
    refusals: tuple[InputRefusal, ...]


@lacking("HubSpot's answer to a batch of associations lacks {}; what it did is read again")
def parse_links(answer: Any) -> LinkAnswer:
    """What a batch did, by either shape of a result; an archive's answer may be empty."""
    shape = answer if isinstance(answer, Mapping) else {}
    return LinkAnswer(
        frozenset(_place(result) for result in shape.get("results") or ()),
        tuple(write_responses.refusal(error) for error in shape.get("errors") or ()),
    )


def _place(result: Mapping[str, Any]) -> tuple[str, str]:
    if "fromObjectId" in result:
        return str(result["fromObjectId"]), str(result["toObjectId"])
    return str(result["from"]["id"]), str(result["to"]["id"])
