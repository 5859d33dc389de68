"""Adds to planned rows which associations are made and removed, by the ledger of links."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace

from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.push_links import PushLinks
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.outbound.link_costs import LinkCosts
from hubspot_ingest.outbound.link_decisions import EXISTED, MADE
from hubspot_ingest.outbound.link_ledger import is_mapped
from hubspot_ingest.outbound.link_targets import TargetLookup
from hubspot_ingest.outbound.mapping import LinkColumn
from hubspot_ingest.outbound.opening import OpenPush
from hubspot_ingest.outbound.rows import Action, LinkWish, PlannedRow, SourceRow
from hubspot_ingest.outbound.values import RowFault

# Actions whose rows have, or get, a record that associations can be made from.
_LINKED = (Action.CREATE, Action.UPDATE, Action.CLEAR, Action.UNCHANGED, Action.KEPT)


class LinkPlans:
    """Plans the associations of one push's rows."""

    def __init__(self, opened: OpenPush, database: Database, fetch: Fetch, pool: Executor) -> None:
        """Nothing is asked before there are rows with associations."""
        self._mapping = opened.mapping
        self._links = PushLinks(database, opened.name)
        self._targets = TargetLookup(opened, fetch, pool)
        self.costs = LinkCosts(
            {link.name: link.mapping for link in opened.mapping.links}, opened.link_types
        )
        self._types = opened.link_types
        self._rejecting = {
            link.name for link in opened.mapping.links if link.mapping.unresolved == "reject"
        }

    def add_links(self, rows: Sequence[SourceRow], planned: dict[int, PlannedRow]) -> None:
        """Replace planned rows whose associations change."""
        keys = [str(row.key) for row in rows if row.key is not None]
        records = {str(row.key): planned[row.n].record_id for row in rows}
        made: dict[str, set[LinkWish]] = {}
        known: dict[str, set[LinkWish]] = {}
        for link in self._links.of_rows(keys):
            if not is_mapped(link, self._types):
                continue
            wish = LinkWish(link["COLUMN_NAME"], link["TO_KEY"], link["LABEL"])
            known.setdefault(link["ROW_KEY"], set()).add(wish)
            # what another record had that one has not
            same_record = link["FROM_ID"] == records.get(link["ROW_KEY"])
            if link["STATE"] in (MADE, EXISTED) and same_record:
                made.setdefault(link["ROW_KEY"], set()).add(wish)
        asked: dict[int, tuple[LinkWish, ...]] = {}
        for row in rows:
            plan = planned[row.n]
            leaves = row.is_gone and plan.action in (Action.ARCHIVE, Action.SKIPPED)
            if plan.action not in _LINKED and not leaves:
                continue
            try:
                asked[row.n] = () if row.is_gone else link_wishes(self._mapping.links, row.values)
            except RowFault as fault:
                planned[row.n] = replace(
                    plan, action=Action.INVALID, code=fault.code, message=fault.message, payload={}
                )
        waiting = self._unresolved(asked)
        for row in rows:
            if row.n not in asked:
                continue
            plan, wishes = planned[row.n], set(asked[row.n])
            if row.n in waiting:
                planned[row.n] = _waiting(plan, waiting[row.n])
                continue
            before = known.get(str(row.key), set())
            changed = replace(
                plan,
                links=asked[row.n],
                links_added=tuple(sorted(wishes - made.get(str(row.key), set()), key=_order)),
                links_removed=tuple(sorted(before - wishes, key=_order)),
                retries_links=wishes == before,
            )
            if changed.changes_links and plan.action is Action.UNCHANGED and not row.is_gone:
                changed = replace(changed, action=Action.LINK)
            planned[row.n] = changed
            if plan.action is not Action.SKIPPED:
                self.costs.add(changed)

    def _unresolved(self, asked: Mapping[int, Sequence[LinkWish]]) -> dict[int, LinkWish]:
        """The rows that wait as a whole for a target that is not there."""
        if not self._rejecting:
            return {}
        wishes = [
            (n, wish)
            for n, listed in asked.items()
            for wish in listed
            if wish.column in self._rejecting
        ]
        found = self._targets.record_ids(wish for _, wish in wishes)
        return {n: wish for n, wish in wishes if (wish.column, wish.to_key) not in found}


TARGET_NOT_FOUND = "TARGET_NOT_FOUND"


def _order(wish: LinkWish) -> tuple[str, str, str]:
    return wish.column, wish.to_key, wish.label or ""


def _waiting(plan: PlannedRow, wish: LinkWish) -> PlannedRow:
    return replace(
        plan,
        action=Action.WAITING,
        payload={},
        code=TARGET_NOT_FOUND,
        message=f"{wish.column}: there is no record {wish.to_key!r} yet; the row waits for it",
    )


def link_wishes(
    columns: Sequence[LinkColumn], values: Sequence[str | None]
) -> tuple[LinkWish, ...]:
    """The links that a row asks for; ``label`` is None for an unlabelled one.

    Raises ``RowFault`` for a column that holds no object.
    """
    wishes: list[LinkWish] = []
    for column in columns:
        text = values[column.place]
        targets = None if text is None else json.loads(text)
        if targets is None:
            continue
        if not isinstance(targets, dict):
            raise RowFault("REFUSED", f"{column.name} is no OBJECT of keys and labels")
        for key, labels in targets.items():
            listed = labels if isinstance(labels, list) else [labels]
            for label in listed or [None]:
                text_label = "" if label is None else str(label).strip()
                to_key = key.strip().lower() if column.mapping.match == "email" else key.strip()
                wishes.append(LinkWish(column.name, to_key, text_label or None))
    return tuple(dict.fromkeys(wishes))
