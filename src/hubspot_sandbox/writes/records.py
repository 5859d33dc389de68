"""Writes one record after every check has passed: created, updated, archived."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hubspot_sandbox.answers import Refusal, refusal
from hubspot_sandbox.call import Call
from hubspot_sandbox.records.columns import State
from hubspot_sandbox.records.table import Table
from hubspot_sandbox.schema.admin_rules import Missing
from hubspot_sandbox.shapes.records import APP_ID, envelope
from hubspot_sandbox.writes.keys import Claims
from hubspot_sandbox.writes.links import End, link, link_new, planned
from hubspot_sandbox.writes.values import Values, checked

SOURCE = "INTEGRATION"
"""What records made through the API name as their source (BEHAVIOR H185)."""


@dataclass(frozen=True, slots=True)
class Write:
    """A write that HubSpot accepts: ``state`` is the record before, None for a new one."""

    state: State | None
    values: Values
    sent: frozenset[str]
    associations: object = None


def prepare(
    call: Call, table: Table, item: Mapping[str, Any], state: State | None, claims: Claims
) -> Write:
    """A write with everything checked and nothing done.

    Raises:
        Refusal: what HubSpot says to it.
    """
    properties = item.get("properties")
    values = checked(call, table, properties, state, updates=state is not None)
    if state is None:
        _require(call, table, values)
        planned(call, table.object_type, item.get("associations"))
    if call.enforces_admin_rules:
        _keep_admin_rules(call, table, values, state)
    claims.claim(table, values, state)
    sent = frozenset(properties if isinstance(properties, Mapping) else ())
    return Write(state, values, sent, item.get("associations"))


def _require(call: Call, table: Table, values: Values) -> None:
    """Refuse a new record without what its object type needs (BEHAVIOR H180)."""
    groups = call.writes.required.get(table.object_type.name, ())
    lacking = [group for group in groups if not any(values.get(name) for name in group)]
    if lacking:
        raise refusal(
            400,
            f"Error creating {table.object_type.singular.upper()}. Some required properties were "
            "not set.",
            "VALIDATION_ERROR",
            context={"properties": [" or ".join(group) for group in lacking]},
        )


def _keep_admin_rules(call: Call, table: Table, values: Values, state: State | None) -> None:
    rules = call.portal.admin_rules
    name = table.object_type.name
    if name not in rules.form_fields and name not in rules.conditions:
        return
    before: Values = {}
    if state is not None:
        before = {name: column.value(state) for name, column in table.columns.items()}
    missing = rules.missing(name, before | values, values, new=state is None)
    if missing:
        raise refusal(
            400,
            missing[0].message,
            "VALIDATION_ERROR",
            [_as_error(item) for item in missing],
        )


def _as_error(item: Missing) -> dict[str, Any]:
    return {
        "code": item.code,
        "message": item.message,
        "context": {"propertyName": [item.name]},
    }


def commit(call: Call, table: Table, write: Write) -> State:
    """Do a write; returns the record as it is now."""
    name = table.object_type.name
    if write.state is None:
        source = {
            "hs_object_source": SOURCE,
            "hs_object_source_id": APP_ID,
            "hs_object_source_label": SOURCE,
        }
        id_ = call.portal.create(name, source | write.values, source=SOURCE)
        link_new(call, End(table.object_type, int(id_)), write.associations)
        _link_company_of(call, table, int(id_), write.values)
        return present(table, int(id_))
    changed = {
        key: text
        for key, text in write.values.items()
        if (table.columns[key].value(write.state) or "") != text
    }
    if changed or call.writes.equal_values_modify:
        call.portal.update(name, str(write.state.id), write.values, source=SOURCE)
    return present(table, write.state.id)


def present(table: Table, id_: int) -> State:
    """The present version of a record that is there."""
    state = table.find(id_)
    assert state is not None
    return state


def _link_company_of(call: Call, table: Table, id_: int, values: Values) -> None:
    """Give a new contact the company of its e-mail domain, where the portal says so (H196)."""
    portal = call.portal
    domain = (values.get("email") or "").rpartition("@")[2]
    if not portal.links_companies_by_domain or table.object_type.name != "contacts" or not domain:
        return
    companies = portal.table("companies")
    column = companies.columns["domain"]
    company = next((s.id for s in companies.states() if column.value(s) == domain), None)
    if company is None:
        company = int(portal.create("companies", {"domain": domain, "name": domain}))
    link(call, End(table.object_type, id_), End(companies.object_type, company), (), adds=True)


def archive(call: Call, table: Table, state: State | None) -> None:
    """Archive a record; a quote takes its line items along (BEHAVIOR H195)."""
    if state is None:
        return
    portal, kind = call.portal, table.object_type
    portal.archive(kind.name, str(state.id))
    if kind.name == "quotes":
        items = portal.table("line_items")
        for id_ in portal.associations.links(kind, items.object_type).get(state.id, {}):
            if items.find_live(id_) is not None:
                portal.archive("line_items", str(id_))


def shown(call: Call, table: Table, state: State, sent: Iterable[str] = (), *extra: bytes) -> bytes:
    """A record as the answer to a write shows it: what was sent and what was ever set."""
    selection = call.selection(table, {*sent, *state.changes})
    return envelope(table, selection, state, call.portal.id, *extra)


def batch_error(refused: Refusal, trace: object) -> dict[str, Any]:
    """A refusal of one input as an entry of a batch's ``errors`` (BEHAVIOR H175)."""
    shape = json.loads(refused.answer.body)
    kept = ("status", "category", "subCategory", "message", "errors")
    context = dict(shape.get("context") or {})
    if trace is not None:
        context["objectWriteTraceId"] = [trace]
    return {key: shape[key] for key in kept if key in shape} | {"context": context}
