"""The endpoints that write one record: create, update, archive, merge, GDPR delete."""

from __future__ import annotations

from hubspot_sandbox.answers import Answer, invalid, not_found
from hubspot_sandbox.call import Call, record_id
from hubspot_sandbox.endpoints.record_reads import find
from hubspot_sandbox.writes.keys import Claims
from hubspot_sandbox.writes.records import archive, commit, prepare, present, shown


def create_record(call: Call) -> Answer:
    """A new record."""
    table = call.writable()
    call.write_lock.admit(1, call.writes, call.now)
    write = prepare(call, table, call.body(), None, Claims())
    return Answer(201, body=shown(call, table, commit(call, table, write), write.sent))


def update_record(call: Call) -> Answer:
    """Set properties of one record; the id of a merged-away one reaches the survivor."""
    table = call.writable()
    call.write_lock.admit(1, call.writes, call.now)
    number = record_id(call.parameters["id"])
    state = find(table, call.parameters["id"], call.query_value("idProperty"), archived=False)
    while state is None and number in table.merged_into:
        number = table.merged_into[number]
        state = table.find_live(number)
    if state is None:
        raise not_found("resource not found")
    write = prepare(call, table, call.body(), state, Claims())
    return Answer(200, body=shown(call, table, commit(call, table, write), write.sent))


def archive_record(call: Call) -> Answer:
    """Delete one record; one that is not there is no error (BEHAVIOR H186)."""
    table = call.writable()
    call.write_lock.admit(1, call.writes, call.now)
    archive(call, table, find(table, call.parameters["id"], None, archived=False))
    return Answer(204)


def merge_records(call: Call) -> Answer:
    """Merge two records; the answer is the survivor under its new id (BEHAVIOR H57)."""
    table = call.writable()
    body = call.body()
    ids = [str(body.get(key)) for key in ("primaryObjectId", "objectIdToMerge")]
    if any(find(table, id_, None, archived=False) is None for id_ in ids) or ids[0] == ids[1]:
        raise invalid(f"Unable to merge {ids[0]} and {ids[1]}", "INVALID_OBJECT_IDS")
    survivor = call.portal.merge(table.object_type.name, ids[0], ids[1])
    return Answer(200, body=shown(call, table, present(table, int(survivor))))


def gdpr_delete(call: Call) -> Answer:
    """Delete a contact for good (BEHAVIOR H58)."""
    table = call.writable()
    body = call.body()
    state = find(table, body.get("objectId"), body.get("idProperty"), archived=False)
    if state is not None:
        call.portal.gdpr_delete(table.object_type.name, str(state.id))
    return Answer(204)
