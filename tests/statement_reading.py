"""Collects every statement the app sends while tests run, and has another reader parse each shape.

sqlfluff's grammar of Snowflake's SQL is written by other people than the local engine. What it does
not know is listed in ``GAPS`` with the reason; a shape that it cannot read and that is not listed
fails the tests. In parallel runs the workers hand over their shapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.statement_shapes import outline, shape
from snowflake_sandbox.session import LocalSession

if TYPE_CHECKING:
    from sqlfluff.core import Linter

APPLICATION = "HUBSPOT_INGEST"
# So many shapes are read sooner by this process than by one that has yet to begin.
FEW = 20

GAPS: tuple[tuple[str, str], ...] = (
    (r"ALTER APPLICATION SET SPECIFICATION \w+ TYPE =", "no specifications of applications"),
    (r"SHOW (\w+ )?SPECIFICATIONS", "no specifications of applications"),
    (r"(CREATE OR REPLACE|CREATE|ALTER) EXTERNAL ACCESS INTEGRATION", "none of these integrations"),
    (r"ALTER SCHEMA (STATE|STAGING) SET DEFAULT_DDL_COLLATION", "not this parameter"),
    (r"ALTER SCHEMA TASKS SET SERVERLESS_TASK_MAX_STATEMENT_SIZE", "not this parameter"),
    (r"ALTER TASK \S+ SET .*ROWS_PER_RESULTSET", "no session parameters of tasks"),
    (r"CREATE OR ALTER VERSIONED SCHEMA", "no versioned schemas"),
    (r"COPY INTO .* FROM 'x'\) FILE", "no quotes around a stage that a query reads"),
    (r"PUT 'x' 'x' ", "Snowpark writes this statement, and quotes the location"),
    (r"CREATE OR ALTER NETWORK RULE", "CREATE OR REPLACE alone"),
    (r"CREATE OR REPLACE STREAMLIT \S+ FROM ", "pages at a ROOT_LOCATION alone"),
    (r"ALTER TABLE \S+ ADD COLUMN .* COLLATE 'x'", "no collation of an added column"),
    (r"(GRANT|REVOKE) .* ON STREAMLIT", "no privileges on pages"),
)
"""Beginnings of shapes that sqlfluff 4.5 cannot read, and what its grammar lacks.

Bound values and application roles are missing there too: they are read as texts and as roles.
"""

_SHAPES: set[str] = set()
_HEARD: set[int] = set()
"""Hashes of the texts whose shapes are known: most tests send what another one has sent."""


def collect() -> None:
    """Let every session of the application hand over the shape of each statement."""
    LocalSession.listeners.append(_hear)


def _hear(session: LocalSession, text: str) -> None:
    script = session.script
    is_setup = script is not None and (script.root / "sql" / "egress.sql").exists()
    if is_setup or (session.owner is not None and session.owner.database.startswith(APPLICATION)):
        heard = hash(text)
        if heard not in _HEARD:
            _HEARD.add(heard)
            _SHAPES.add(shape(text))


def collected() -> list[str]:
    """The shapes that were collected in this process."""
    return sorted(_SHAPES)


def outlines(shapes: Iterable[str]) -> list[str]:
    """The outlines of the shapes that are the app's own statements."""
    # the local engine evaluates the expressions of a script by SELECTs of its own
    return sorted({outline(each) for each in shapes if not re.match(r"SELECT \(?'x'", each)})


def gap(statement: str) -> str | None:
    """Why sqlfluff cannot read a shape; None when it should."""
    return next((reason for words, reason in GAPS if re.match(words, statement)), None)


def unreadable(shapes: Iterable[str], known: Path | None = None) -> dict[str, str]:
    """The shapes that sqlfluff cannot read and that are not listed, with its complaint.

    ``known`` is a file of shapes that were read before, which it is left to add to.
    """
    read = set(known.read_text().splitlines()) if known is not None and known.exists() else set()
    lines = dict.fromkeys(" ".join(statement.split()) for statement in shapes)
    new = [line for line in lines if line not in read and gap(line) is None]
    if len(new) < FEW:
        found = {line: complaint(line) for line in new}
    else:
        # of all tests there are thousands, and nothing else is left to do
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as readers:
            found = dict(zip(new, readers.map(complaint, new, chunksize=FEW), strict=True))
    if known is not None:
        known.parent.mkdir(parents=True, exist_ok=True)
        read |= {line for line, complained in found.items() if complained is None}
        known.write_text("\n".join(sorted(read)) + "\n")
    return {line: complained for line, complained in found.items() if complained is not None}


def complaint(line: str) -> str | None:
    """What sqlfluff says of a shape that it cannot read."""
    written = line.replace(" APPLICATION ROLE ", " ROLE ").replace("?", "'?'")
    violations = _linter().parse_string(written).violations
    return str(violations[0]) if violations else None


@cache
def _linter() -> Linter:
    from sqlfluff.core import FluffConfig, Linter

    return Linter(config=FluffConfig(overrides={"dialect": "snowflake"}))
