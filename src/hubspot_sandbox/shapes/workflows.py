"""The JSON of workflows in both versions of the API."""

from __future__ import annotations

from typing import Any

from hubspot_sandbox.items.collections import Item
from hubspot_sandbox.items.workflows import Workflows
from hubspot_sandbox.times import iso


def flow_summary_shape(workflows: Workflows, flow: Item) -> dict[str, Any]:
    """A workflow as the list of version 4 shows it."""
    fields = flow.fields
    return {
        "id": flow.id,
        "name": fields["name"],
        "flowType": "WORKFLOW",
        "isEnabled": fields["isEnabled"],
        "objectTypeId": fields["objectTypeId"],
        "revisionId": fields["revisionId"],
        "uuid": workflows.uuid(flow),
        "createdAt": iso(flow.created),
        "updatedAt": iso(flow.updated),
    }


def flow_shape(workflows: Workflows, flow: Item) -> dict[str, Any]:
    """A workflow as version 4 shows it on its own."""
    return {
        **flow_summary_shape(workflows, flow),
        "type": flow.fields["type"],
        "description": "",
        "startActionId": "1",
        "nextAvailableActionId": "2",
        "actions": [
            {
                "actionId": "1",
                "actionTypeId": "0-1",
                "type": "SINGLE_CONNECTION",
                "fields": {"delta": "1440", "time_unit": "MINUTES"},
            }
        ],
        "enrollmentCriteria": {"shouldReEnroll": False, "type": "LIST_BASED"},
        "timeWindows": [],
        "blockedDates": [],
        "customProperties": {},
        "crmObjectCreationStatus": "COMPLETE",
        "suppressionListIds": [],
        "canEnrollFromSalesforce": False,
    }


def workflow_shape(workflows: Workflows, flow: Item, portal_id: int) -> dict[str, Any]:
    """A workflow as version 3 shows it, times in milliseconds."""
    return {
        "id": workflows.number(flow),
        "portalId": portal_id,
        "name": flow.fields["name"],
        "description": "",
        "type": "DRIP_DELAY",
        "enabled": flow.fields["isEnabled"],
        "insertedAt": flow.created,
        "updatedAt": flow.updated,
        "contactListIds": {"enrolled": 1, "active": 2, "completed": 3, "succeeded": 4},
        "contactCounts": {"active": 2, "enrolled": 17},
        "personaTagIds": [],
        "lastUpdatedByUserId": 5_000_001,
        "migrationStatus": {"portalId": portal_id, "migrationStatus": "EXECUTION_MIGRATED"},
        "creationSource": {
            "sourceApplication": {"source": "WORKFLOWS_APP"},
            "createdByUser": {"userId": 5_000_000, "userEmail": "owner0@example.com"},
            "createdAt": flow.created,
        },
        "updateSource": {
            "sourceApplication": {"source": "WORKFLOWS_APP"},
            "updatedByUser": {"userId": 5_000_001, "userEmail": "owner1@example.com"},
            "updatedAt": flow.updated,
        },
    }
