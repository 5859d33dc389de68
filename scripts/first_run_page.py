"""Writes the list of all statements in ``docs/FIRST-RUN.md``, with evidence and a way out.

Run as ``python -m scripts.first_run_page``; a test fails while the page is not what this writes.
The statements come from the tests, which add new ones to ``RECORDED`` with ``RECORD_STATEMENTS=1``.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "FIRST-RUN.md"
RECORDED = ROOT / "scripts" / "statements.txt"
BEGIN = "## Every statement\n"

_INTRODUCTION = f"""{BEGIN}
Written by `make statements` from what the tests send: every shape of statement of the app, the
newest first. `N` stands for a name, `'x'` and `1` for values, `…` for the rest of a list, `?` for a
bound value. Each is run by the local engine and read by a second grammar of Snowflake's SQL, of
other authors; what that cannot read is listed in `tests/statement_reading.py`. *Above* means that
the table above says more.

| statement | evidence | if the account refuses it |
|---|---|---|
"""

_ABOVE = "above"
_PLAIN = "documented, plain SQL"
_NOTHING = "nothing known to refuse it: tell us the message"
_BY_HAND = "run it by hand as the application's owner allows, or leave out what the message names"

# the first whose words begin a statement
RULES: tuple[tuple[str, str, str], ...] = (
    (r"SELECT q\.\*, … FROM", "documented (window functions)", "count by a second statement"),
    (
        r"SELECT CURRENT_TRANSACTION",
        "documented",
        "leave it out: a caller's transaction goes unseen",
    ),
    (
        r"SELECT SYSTEM\$HOLD_PRIVILEGE_ON_ACCOUNT",
        "documented for apps; Snowflake's permission SDK sends it",
        "nothing: DOCTOR says that it could not look",
    ),
    (
        r"(?i)SELECT SYSTEM\$",
        "documented; sent by Snowpark",
        "nothing: an open session ends by itself",
    ),
    (r"SELECT .*INFORMATION_SCHEMA|SELECT TABLE_NAME|SELECT SCHEMA_NAME", "documented", _ABOVE),
    (
        r"(SELECT|INSERT|DELETE|MERGE|UPDATE) .*FLATTEN \(INPUT => PARSE_JSON \(\?",
        "documented; a bound text in PARSE_JSON is used by others, in procedures too",
        "a literal by the quoting function",
    ),
    (r"MERGE .*TO_JSON", "documented (TO_JSON, IS DISTINCT FROM)", "compare the column as it is"),
    (r"MERGE", "documented", "UPDATE, then INSERT … WHERE NOT EXISTS"),
    (r"SELECT", _PLAIN, _NOTHING),
    (r"INSERT", f"{_PLAIN}; INSERT … SELECT, never VALUES with functions", _NOTHING),
    (r"(UPDATE|DELETE|TRUNCATE)", _PLAIN, _NOTHING),
    (
        r"(BEGIN|COMMIT|ROLLBACK)",
        "documented for procedures",
        "leave it out: each statement commits",
    ),
    (r"COPY INTO", "documented", _ABOVE),
    (r"PUT ", "documented for procedures, as put_stream", _ABOVE),
    (r"(LIST|LS) ", "documented for procedures in Python", _ABOVE),
    (r"REMOVE", "documented", "leave the files: paths are unique to a run"),
    (r"ALTER PROCEDURE", "used", _ABOVE),
    (r"ALTER TABLE N ADD COLUMN", "documented", _ABOVE),
    (r"ALTER TABLE N ALTER|ALTER TABLE N MODIFY|COMMENT ON", "documented", "leave the comment out"),
    (
        r"ALTER TABLE N RENAME|ALTER TABLE N SWAP",
        "documented",
        "copy the rows and drop the old table",
    ),
    (r"ALTER TABLE", "documented", _BY_HAND),
    (r"ALTER TASK .* MODIFY AS", "documented", _ABOVE),
    (r"ALTER TASK", "documented", _ABOVE),
    (r"(CREATE|EXECUTE|DROP) TASK", "documented, used", _ABOVE),
    (r"ALTER SCHEMA", "inferred", _ABOVE),
    (r"ALTER SECRET", "used", _ABOVE),
    (r"ALTER APPLICATION", "documented", _ABOVE),
    (r"(CREATE OR REPLACE|CREATE|ALTER) EXTERNAL ACCESS INTEGRATION", "documented", _ABOVE),
    (r"CREATE OR ALTER NETWORK RULE", "documented", _ABOVE),
    (r"CREATE OR ALTER VERSIONED SCHEMA", "documented", _NOTHING),
    (r"CREATE SECRET", "used", _ABOVE),
    (r"CREATE DATABASE", "used", _ABOVE),
    (r"CREATE SCHEMA", "documented", "make it by hand and grant as in [INSTALL.md](INSTALL.md)"),
    (r"CREATE STAGE", "documented", _NOTHING),
    (r"CREATE OR REPLACE STREAMLIT", "documented", "the procedures do all that the page does"),
    (r"CREATE APPLICATION ROLE", "documented", _NOTHING),
    (r"CREATE OR REPLACE PROCEDURE", "documented", _ABOVE),
    (r"CREATE OR REPLACE VIEW N \(.*COPY GRANTS", "documented, inferred for an app", _ABOVE),
    (
        r"CREATE OR REPLACE VIEW|CREATE VIEW",
        "documented",
        "leave the view out; its table has the rows",
    ),
    (r"CREATE TRANSIENT TABLE", "documented", "CREATE TABLE"),
    (r"CREATE TABLE .*COLLATE", "documented", _ABOVE),
    (r"CREATE TABLE", "documented", _NOTHING),
    (r"DROP (TABLE|VIEW|SCHEMA|DATABASE|STAGE|PROCEDURE)", "documented", "drop it by hand"),
    (r"EXECUTE IMMEDIATE FROM", "documented: paths relative to the file, five deep", "one file"),
    (r"EXECUTE IMMEDIATE", "documented, a block of Snowflake Scripting", _ABOVE),
    (
        r"GRANT USAGE ON SCHEMA TASKS",
        "documented: what acts on a task needs its schema too",
        _BY_HAND,
    ),
    (r"GRANT MONITOR", "documented", _ABOVE),
    (r"(GRANT|REVOKE) .*APPLICATION ROLE", "documented, used", "grant by hand to a role"),
    (r"SHOW GRANTS", "documented for owner's procedures and apps", _ABOVE),
    (r"SHOW (\w+ )?SPECIFICATIONS", "documented for apps", _ABOVE),
    (r"SHOW NOTIFICATION INTEGRATIONS", "inferred", _ABOVE),
    (r"(SHOW|DESCRIBE|DESC) ", "documented for owner's procedures", "nothing: it only looks"),
    (r"CALL SYSTEM\$", "documented for procedures, inferred for apps", _ABOVE),
    (r"CALL ", "documented", _NOTHING),
)


def rule(statement: str) -> tuple[str, str]:
    """The evidence for a statement, and what to do where it is refused.

    Raises ``LookupError`` for a statement that no rule is about.
    """
    for words, evidence, way_out in RULES:
        if re.match(words, statement):
            return evidence, way_out
    raise LookupError(f"no rule of scripts/first_run_page.py is about: {statement}")


def recorded() -> list[str]:
    """The recorded statements, newest first."""
    return RECORDED.read_text(encoding="utf-8").splitlines()


def record(statements: list[str]) -> None:
    """Put the statements that are not recorded yet before those that are."""
    before = recorded()
    new = [statement for statement in sorted(statements) if statement not in before]
    RECORDED.write_text("\n".join([*new, *before]) + "\n", encoding="utf-8")


def render() -> str:
    """The whole page with its list written anew; what comes before the list stays."""
    kept = PAGE.read_text(encoding="utf-8").partition(BEGIN)[0]
    rows = []
    for statement in recorded():
        evidence, way_out = rule(statement)
        shown = statement.replace("|", "\\|")
        rows.append(f"| `{shown}` | {evidence} | {way_out} |\n")
    return kept.rstrip() + "\n\n" + _INTRODUCTION + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
