"""The endpoints of pipelines and their stages."""

from __future__ import annotations

from typing import Any

from hubspot_sandbox.answers import Answer, Refusal, json_answer
from hubspot_sandbox.call import Call


def list_pipelines(call: Call) -> Answer:
    """The pipelines of an object type with their stages, all at once (BEHAVIOR H68)."""
    kind = call.readable().object_type
    return json_answer({"results": call.portal.pipelines.of(kind.name)})


def get_pipeline(call: Call) -> Answer:
    """One pipeline."""
    return json_answer(_pipeline(call))


def list_stages(call: Call) -> Answer:
    """The stages of one pipeline."""
    return json_answer({"results": _pipeline(call)["stages"]})


def _pipeline(call: Call) -> dict[str, Any]:
    kind = call.readable().object_type
    for pipeline in call.portal.pipelines.of(kind.name):
        if pipeline["id"] == call.parameters["id"]:
            return pipeline
    raise Refusal(Answer(404, {}))  # with no body at all (BEHAVIOR H68)
