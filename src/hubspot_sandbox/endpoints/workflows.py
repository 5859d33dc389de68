"""The endpoints of workflows."""

from __future__ import annotations

from typing import Any

from hubspot_sandbox.answers import Answer, json_answer, not_found, refusal
from hubspot_sandbox.call import Call
from hubspot_sandbox.endpoints.paging import page
from hubspot_sandbox.items.collections import Item
from hubspot_sandbox.shapes.workflows import flow_shape, flow_summary_shape, workflow_shape
from hubspot_sandbox.times import iso
from hubspot_sandbox.tokens import require

SCOPES = ("automation",)
MOST = 100


def list_flows(call: Call) -> Answer:
    """Workflows of every object type, without their actions (BEHAVIOR H140)."""
    require(call.granted, SCOPES)
    workflows = call.portal.workflows

    def shape(flow: Item) -> dict[str, Any]:
        return flow_summary_shape(workflows, flow)

    return page(call, workflows.kept.all(), shape, limit=100, most=MOST)


def get_flow(call: Call) -> Answer:
    """One workflow with its actions."""
    require(call.granted, SCOPES)
    flow = call.portal.workflows.kept.find(call.parameters["id"])
    if flow is None:
        raise not_found("Flow not found")
    return json_answer(flow_shape(call.portal.workflows, flow))


def batch_read_flows(call: Call) -> Answer:
    """Workflows with their actions; unknown ids are in ``errors``."""
    require(call.granted, SCOPES)
    workflows = call.portal.workflows
    ids = [str(item.get("flowId")) for item in call.inputs(MOST)]
    flows = [flow for id_ in ids if (flow := workflows.kept.find(id_)) is not None]
    missing = sorted({*ids} - {flow.id for flow in flows})
    shape: dict[str, Any] = {
        "status": "COMPLETE",
        "results": [flow_shape(workflows, flow) for flow in flows],
        "startedAt": iso(call.now),
        "completedAt": iso(call.now),
    }
    if missing:
        error = {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": "Could not find some flows",
            "context": {"ids": missing},
            "links": {},
            "errors": [],
        }
        shape |= {"numErrors": 1, "errors": [error]}
    return json_answer(shape, 207 if missing else 200)


def list_workflows(call: Call) -> Answer:
    """Workflows of contacts, all at once; its refusal names no scope (BEHAVIOR H141)."""
    if call.granted is not None and call.granted.isdisjoint(SCOPES):
        raise refusal(
            403,
            "EXTERNAL auth request is missing required 'workflows-access-public-api' scope.",
            "MISSING_SCOPES",
        )
    workflows = call.portal.workflows
    rows = [workflow_shape(workflows, flow, call.portal.id) for flow in workflows.of_contacts()]
    return json_answer({"workflows": rows})
