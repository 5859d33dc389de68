"""A refusal for want of a scope names one that a key can be given."""

from __future__ import annotations

import httpx
import pytest

from hubspot_ingest.inbound.preview import preview
from tests.runs.world import World, on_an_empty_stack

# as recorded: in the errors (2026-10), at the top (2025-11), an internal one, none at all
SHAPES: dict[str, dict[str, object]] = {
    "in the errors": {
        "errors": [{"context": {"requiredGranularScopes": ["crm.objects.contacts.read"]}}]
    },
    "at the top": {"context": {"requiredGranularScopes": ["crm.objects.contacts.read"]}},
    "internal": {"context": {"requiredGranularScopes": ["contacts-read-internal"]}},
    "none": {},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_sync_of_records_says_which_scope_it_lacks(
    world: World, shape: dict[str, object]
) -> None:
    def refuse(request: httpx.Request, _answer: httpx.Response) -> httpx.Response | None:
        if "/crm/" not in request.url.path:
            return None
        message = {"status": "error", "category": "MISSING_SCOPES", "message": "no"}
        return httpx.Response(403, json={**message, **shape})

    world.instead = refuse
    answer = world.ingest("contacts")
    assert answer["response_code"] == "SCOPE_MISSING"
    assert "crm.objects.contacts.read" in answer["message"]
    plan = on_an_empty_stack(lambda: preview.plan_ingest(world.context, "contacts"))
    assert "crm.objects.contacts.read" in str(plan)
