"""What somebody who comes from Fivetran has to configure, and how a comparison went. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from page.calls import Answer

RECORDS: Mapping[str, tuple[str, ...]] = {
    "contacts": ("companies",),
    "companies": (),
    "deals": ("contacts", "companies"),
    "tickets": ("contacts", "companies", "deals"),
}
"""Streams whose history Fivetran lands too, with the links that its tables have."""

OTHERS = (
    *("calls", "emails", "meetings", "notes", "tasks", "communications"),
    *("owners", "teams", "roles", "provisioned_users", "pipelines", "pipeline_stages"),
    *("properties", "property_options"),
    *("lists", "list_memberships", "forms", "form_submissions", "email_campaigns", "email_events"),
)


@dataclass(frozen=True)
class Proposal:
    """A sync as Fivetran's tables need it, and what that changes."""

    name: str
    settings: Mapping[str, Any]
    change: str


def proposals(syncs: Mapping[str, Mapping[str, Any]], readable: Sequence[str]) -> list[Proposal]:
    """The syncs that are to be added or changed; streams that cannot be read are left out.

    ``syncs`` are the settings by name, ``readable`` the streams of the credential.
    """
    by_stream = {
        str(settings.get("stream") or name): (name, settings)
        for name, settings in syncs.items()
        if not settings.get("filter_groups")
    }
    listed = []
    for stream in (*RECORDS, *OTHERS):
        if readable and stream not in readable:
            continue
        name, before = by_stream.get(stream, (stream, None))
        wanted: dict[str, Any] = {}
        if stream in RECORDS:
            linked = [*((before or {}).get("associations") or ())]
            linked += [other for other in RECORDS[stream] if other not in linked]
            wanted = {"history": ["*"], "associations": linked, "include_archived": True}
            if before is not None and before.get("history"):
                wanted["history"] = before["history"]
        after = {**(before or {}), **wanted}
        if before is None:
            listed.append(Proposal(name, after, "a new sync"))
        elif after != before:
            names = ", ".join(each for each in wanted if before.get(each) != after[each])
            listed.append(Proposal(name, after, f"set {names}"))
    return listed


def place_of_views(text: str) -> Mapping[str, str] | None:
    """The setting that says in which schema views are, named as ``SCHEMA`` or ``DATABASE.SCHEMA``.

    None where nothing is named: there is one such schema.
    """
    database, _, schema = text.strip().rpartition(".")
    if not schema:
        return None
    return {"schema": schema, **({"database": database} if database else {})}


_ON_ONE_SIDE = ("missing_here", "missing_there", "deleted_here", "deleted_there")
_EXPLAINED = ("deleted", "earlier", "later", "rounding")


def unlike(answer: Answer) -> list[tuple[str, ...]]:
    """The tables of a comparison, with rows equal, different, live on one side, and explained.

    The last of each names the columns that differ, or says why the table was not compared.
    """
    rows: list[tuple[str, ...]] = []
    for line in answer.get("tables") or []:
        if reason := line.get("error") or line.get("why"):
            rows.append((str(line["table"]), "", "", "", "", str(reason)))
            continue
        alone = sum(int(line[kind]) for kind in _ON_ONE_SIDE)
        explained = sum(int(line[kind]) for kind in _EXPLAINED)
        counts = (int(line["equal"]), int(line["different"]), alone, explained)
        rows.append(
            (str(line["table"]), *(f"{count:,}" for count in counts), ", ".join(line["columns"]))
        )
    return rows
