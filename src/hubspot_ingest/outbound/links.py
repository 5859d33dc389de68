"""The associations that a row asks for. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hubspot_ingest.outbound.mapping import LinkColumn
from hubspot_ingest.outbound.rows import LinkWish
from hubspot_ingest.outbound.values import RowFault


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
