"""Checks that exactly the procedures that call HubSpot are bound to the integration.

A procedure that was forgotten would find neither network nor credential; one that needs neither
should have neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scripts.bundle_tree import Finding, Tree
from scripts.python_reach import Reach
from scripts.setup_objects import NAME, plain_types

OUTSIDE = {"credential", "client"}
"""What a handler takes of its ``Context`` to talk to HubSpot."""

BINDS = re.compile(rf"ALTER PROCEDURE (?P<name>{NAME}) (?P<types>\(.*?\))")


def egress_is_bound(tree: Tree) -> list[Finding]:
    """The procedures bound to the integration are those whose handlers talk to HubSpot."""
    bound = dict(_bound(tree))
    shipped = {path.partition(".zip/")[2]: source for path, source in tree.python_sources}
    reach = Reach(shipped)
    findings = []
    for procedure in tree.python_procedures:
        uses = reach.attributes(procedure.statement.setting("HANDLER") or "")
        through = next((where for name, where in uses.items() if name in OUTSIDE), None)
        where = bound.pop(procedure.label, None)
        if through is not None and where is None:
            says = f"{procedure.label} talks to HubSpot ({through}) but is not bound to the egress"
            findings.append(Finding(procedure.statement.where, says))
        if through is None and where is not None:
            says = f"{procedure.label} is bound to the egress but never talks to HubSpot"
            findings.append(Finding(where, says))
    return findings + [
        Finding(at, f"{label} is bound but not created") for label, at in bound.items()
    ]


def _bound(tree: Tree) -> Iterator[tuple[str, str]]:
    """The procedures that are given an integration, each with where."""
    for statement in tree.inner_statements:
        match = BINDS.match(statement.outline)
        if match is not None:
            types = ", ".join(plain_types(match["types"]))
            yield f"PROCEDURE {match['name'].replace(' ', '')}({types})", statement.where
