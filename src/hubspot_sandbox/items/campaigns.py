"""The marketing campaigns of a portal."""

from __future__ import annotations

from collections.abc import Mapping

from hubspot_sandbox.items.collections import Collection
from hubspot_sandbox.seeds import guid, mix
from hubspot_sandbox.times import DAY_MS, Clock, iso_day

_STATES = ("planned", "in_progress", "active", "paused", "completed")


class Campaigns:
    """Marketing campaigns; ids are GUIDs, values text."""

    def __init__(self, clock: Clock, seed: int) -> None:
        """``seed`` makes the ids."""
        self.kept = Collection(clock, lambda n: guid(seed + 73, n))

    def add(self, name: str, at: int | None = None, **properties: str) -> str:
        """A new campaign; returns its id."""
        return self.kept.add({"hs_name": name, **properties}, at)

    def change(self, id: str, properties: Mapping[str, str], at: int | None = None) -> None:
        """Set properties."""
        self.kept.change(id, properties, at)

    def seed(self, campaigns: int, last: int) -> None:
        """A fresh portal's campaigns; everything happened before ``last``."""
        for n in range(campaigns):
            at = last - (campaigns - n) * DAY_MS
            id_ = self.add(
                f"Launch {n} 🚀",
                at,
                hs_start_date=iso_day(at),
                hs_end_date=iso_day(at + 30 * DAY_MS),
                hs_color_hex="#4fb06d",
                hs_notes="First line\nsecond line" if n % 2 else "",
                hs_audience="existing customers",
                hs_goal="50 demos",
                hs_owner=str(81_000_000),
                hs_currency_code="EUR",
                hs_created_by_user_id="5000000",
                hs_campaign_status=_STATES[n % len(_STATES)],
                hs_object_id=str(510_000_000 + n),
                hs_utm=f"launch-{n}",
                hs_budget_items_sum_amount="1000.50",
                hs_spend_items_sum_amount="17.25",
                campaign_code=f"C-{n:04d}",
            )
            self.change(id_, {}, at + mix(79, n) % DAY_MS)
