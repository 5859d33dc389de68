"""PUSH_ALL, START_PUSH and STOP_PUSH: every push in an order that suits associations, or one."""

from __future__ import annotations

from hubspot_ingest.database.state.audit_log import Changed
from hubspot_ingest.database.state.push_plan_rows import PlanRows
from hubspot_ingest.database.state.push_store import Push, Pushes
from hubspot_ingest.errors import SyncBusy
from hubspot_ingest.model import Json
from hubspot_ingest.operations import stopping, task_schedules
from hubspot_ingest.operations.context import Context
from hubspot_ingest.operations.internal_errors import reportable_error
from hubspot_ingest.outbound import opening, push_runner, safety

Answer = dict[str, Json]
# What others are associated with goes first; what is not named here, custom objects, in between.
FIRST = ("companies", "contacts", "products")
LAST = ("deals", "tickets", "line_items", "quotes", "notes")
# The worst status comes first.
WORST_FIRST = ("FAILED", "HELD", "SKIPPED", "STOPPED", "SUCCEEDED")


def push_all(context: Context) -> Answer:
    """Run every enabled push, one after the other."""
    pushes = sorted((push for push in Pushes(context.database).all() if push.enabled), key=_turn)
    answers: dict[str, Answer] = {}
    for push in pushes:
        try:
            answers[push.name] = push_runner.push_to_hubspot(context, push.name)
        except Exception as raised:
            now = context.clock.now()
            error = reportable_error(context.database, raised, now, sync=push.name)
            answers[push.name] = error.as_answer
    bad = [answer for answer in answers.values() if answer["response_code"] != "OK"]
    bad.sort(key=lambda answer: WORST_FIRST.index(str(answer.get("status", "FAILED"))))
    message = f"{len(answers) - len(bad)} of {len(answers)} pushes ran well"
    if bad:
        names = [name for name, answer in answers.items() if answer["response_code"] != "OK"]
        message += f"; not so {', '.join(names)}: {bad[0]['message']}"
    return {
        "response_code": bad[0]["response_code"] if bad else "OK",
        "message": message if answers else "no push is enabled; configure one first",
        "runs": [{"push": name, **answer} for name, answer in answers.items()],
    }


def _turn(push: Push) -> tuple[int, str]:
    """When a push has its turn, among all."""
    order = (*FIRST, "", *LAST)
    place = push.object_type if push.object_type in order else ""
    return order.index(place), push.name


def start(context: Context, name: str | None, plan_hash: str | None = None) -> Answer:
    """Begin a run of a push in the background; with ``plan_hash`` it does that plan and no other.

    Raises ``UnknownPush``, ``SyncBusy``, ``GrantMissing``, and ``PlanChanged`` where another plan
    was made since.
    """
    database = context.database
    pushes = Pushes(database)
    push = opening.existing_push(pushes, name)
    if pushes.is_held(push.name, context.clock.now()):
        raise SyncBusy(f"a run of {push.name} is going on already; see the view RUNS")
    if plan_hash is not None:
        # where no plan is stored, as of a source without rows, the run tells whether it holds
        newest = PlanRows(database, push.name).newest_hash() or plan_hash
        safety.check_hash(plan_hash, newest)
    deadline_minutes = opening.stored_settings(push).deadline_minutes
    task = task_schedules.start_push(database, push.name, deadline_minutes, plan_hash)
    what = f"{push.name} runs" if plan_hash is None else f"the plan {plan_hash} is carried out"
    return {
        "response_code": "OK",
        "message": f"{what} in the background; the view RUNS tells how it went",
        "task": task,
    }


def stop(context: Context, name: str | None) -> Answer:
    """Ask what goes on with a push to stop: a run, a plan.

    Raises ``UnknownPush``, and ``Refusal`` (``NOTHING_RUNS``).
    """
    pushes = Pushes(context.database)
    push = opening.existing_push(pushes, name)
    return stopping.ask(context, Changed.PUSH, push.name, *pushes.lease(push.name))
