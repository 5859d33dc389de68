"""Associations of rows: what a row asks for, and what is done for one pair of records. Pure.

Labels that are written take the place of those that a pair has, so what others put there is sent
along. Only what the ledger says we made is removed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hubspot_ingest.hubspot.link_requests import LinkKind
from hubspot_ingest.outbound.mapping import LinkColumn
from hubspot_ingest.outbound.push_settings import LinkMapping
from hubspot_ingest.outbound.rows import LinkWish
from hubspot_ingest.outbound.values import RowFault

FOREIGN_KEPT = "FOREIGN_LABELS_KEPT"


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


@dataclass(frozen=True, slots=True)
class PairDecision:
    """What is done for one pair of records.

    ``kinds`` are sent as the pair's types (none: nothing is), ``unlabelled`` are taken from it,
    ``unlinks`` takes the whole pair apart; ``code`` says what was kept of somebody else's.
    """

    kinds: tuple[LinkKind, ...] = ()
    unlabelled: tuple[LinkKind, ...] = ()
    unlinks: bool = False
    code: str | None = None


def decide(
    present: Collection[LinkKind],
    wished: Collection[LinkKind],
    ours: Collection[LinkKind],
    mapping: LinkMapping,
    *,
    existed_before: bool,
) -> PairDecision:
    """What makes a pair as it is wished, and touches nothing of anybody else's.

    Args:
        present: the types that the pair has; none where it is not associated.
        wished: the types it is to have of ours; none where no row wishes for the pair any more.
        ours: the types that we made before.
        mapping: the settings of the column.
        existed_before: whether the pair was there before we touched it.
    """
    there = {(kind.category, kind.type_id): kind for kind in present}
    wish = {(kind.category, kind.type_id): kind for kind in wished}
    made = {(kind.category, kind.type_id): kind for kind in ours}
    gone = {id: kind for id, kind in there.items() if id in made and id not in wish}
    foreign = {
        id: kind
        for id, kind in there.items()
        if id not in made and id not in wish and not kind.is_automatic
    }
    labels_gone = tuple(sorted(kind for kind in gone.values() if kind.label is not None))
    if not wish:
        return _removal(there, labels_gone, bool(foreign), mapping, existed_before)
    drops_foreign = mapping.labels == "replace" and bool(foreign)
    if wish.keys() <= there.keys() and not drops_foreign:
        return PairDecision(unlabelled=labels_gone)
    kept = {id: kind for id, kind in there.items() if id not in gone}
    if mapping.labels == "replace":
        kept = {id: kind for id, kind in kept.items() if kind.is_automatic}
    target = {**kept, **wish}
    labelled = tuple(sorted(kind for kind in target.values() if kind.label is not None))
    return PairDecision(kinds=labelled or tuple(wish.values()))


def _removal(
    there: dict[tuple[str, str], LinkKind],
    labels_gone: tuple[LinkKind, ...],
    has_foreign: bool,
    mapping: LinkMapping,
    existed_before: bool,
) -> PairDecision:
    if not there:
        return PairDecision()
    cleans = mapping.cleanup == "always" or (mapping.cleanup == "ours" and not existed_before)
    if cleans and not has_foreign:
        return PairDecision(unlinks=True)
    return PairDecision(unlabelled=labels_gone, code=FOREIGN_KEPT if cleans else None)
