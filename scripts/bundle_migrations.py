"""Checks the migrations: numbered, in order, recorded, and only adding."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from scripts.bundle_tree import Finding, Tree
from scripts.setup_script import statements, target_of

FOLDER = "sql/migrations/"
NUMBERED = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")

ADDS = (
    r"CREATE TABLE IF NOT EXISTS STATE \. ",
    r"ALTER TABLE (IF EXISTS )?STATE \. \w+ ADD COLUMN IF NOT EXISTS ",
    r"UPDATE STATE \. .* WHERE ",
    r"INSERT INTO STATE \. .* WHERE NOT EXISTS ",
)
"""The statements a step may have: repeatable, and harmless to the version before."""

LEAVES_OUT = re.compile(r"ADD COLUMN .*\bNOT NULL\b")


def migrations_only_add(tree: Tree) -> list[Finding]:
    """Steps are numbered from 1 without a gap, run in that order, only add, and record themselves.

    An upgrade runs every step again, while the version before still works on the same tables.
    """
    ran = [
        target
        for each in tree.statements
        if (target := target_of(each)) is not None and target.startswith(FOLDER)
    ]
    findings = []
    for place, path in enumerate(ran, start=1):
        name = NUMBERED.fullmatch(PurePosixPath(path).name)
        if name is None or int(name[1]) != place:
            findings.append(Finding(path, f"is step {place} in order: name it {place:04d}_….sql"))
        findings += _step(path, tree.files.get(path, b"").decode(), place)
    return findings


def _step(path: str, sql: str, number: int) -> list[Finding]:
    findings, recorded = [], False
    for statement in statements(sql, path):
        text = statement.outline
        recorded = recorded or (
            text.startswith("INSERT INTO STATE . MIGRATIONS ")
            and f"SELECT {number} ," in statement.text
            and f"NUMBER = {number} )" in statement.text
        )
        if not any(re.match(pattern, text) for pattern in ADDS):
            findings.append(Finding(statement.where, "a step only adds, and may run again"))
        if LEAVES_OUT.search(text):
            says = "the version before inserts without the new column: it must allow NULL"
            findings.append(Finding(statement.where, says))
    if not recorded:
        findings.append(Finding(path, f"never records step {number} in STATE.MIGRATIONS"))
    return findings
