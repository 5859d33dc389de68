"""What a change of a setting means for a sync that has run before."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest.settings import (
    Effect,
    SyncSettings,
    change_effect,
    field_effect,
    parse_settings,
)

BACKFILL = {
    "properties": ["email"],
    "hash": ["email"],
    "associations": ["deals"],
    "history": ["email"],
    "destination": {"table": "OTHERS"},
    "column_prefix": "P_",
}
OTHER_ROWS = {
    "stream": "deals",
    "connection": "emea",
    "filter_groups": [{"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}]}],
    "updated_after": "2026-01-31",
    "event_types": ["e_visited_page"],
}
NO_EFFECT = {
    "new_properties": "ignore",
    "sync_mode": "full_refresh",
    "lookback_minutes": 5,
    "settle_minutes": 5,
    "include_archived": False,
    "schedule": "60 MINUTES",
    "fresh_within": "1 HOUR",
    "reserve_percent": 50,
    "priority": "high",
    "deadline_minutes": 5,
}


def test_every_setting_says_what_a_change_of_it_means_for_a_stored_sync() -> None:
    effects = {name: field_effect(field) for name, field in SyncSettings.model_fields.items()}

    assert effects == {
        **dict.fromkeys(OTHER_ROWS, Effect.TAKES_OTHER_ROWS),
        **dict.fromkeys(BACKFILL, Effect.BACKFILL),
        **dict.fromkeys(NO_EFFECT, Effect.NONE),
    }


@pytest.mark.parametrize(
    ("changes", "effect"),
    [
        *(({name: value}, Effect.TAKES_OTHER_ROWS) for name, value in OTHER_ROWS.items()),
        *(({name: value}, Effect.BACKFILL) for name, value in BACKFILL.items()),
        *(({name: value}, Effect.NONE) for name, value in NO_EFFECT.items()),
        ({}, Effect.NONE),
        ({"schedule": "5 MINUTES", "history": ["email"]}, Effect.BACKFILL),
        ({"history": ["email"], "updated_after": "2026-01-31"}, Effect.TAKES_OTHER_ROWS),
    ],
)
def test_the_greatest_effect_of_what_changed_counts(
    changes: dict[str, Any], effect: Effect
) -> None:
    before, after = parse_settings("contacts", {}), parse_settings("contacts", changes)

    assert change_effect(before, after) is effect
    assert change_effect(after, before) is effect
