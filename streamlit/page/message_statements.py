"""Takes the statements of Snowflake's SQL out of a message, to be shown beside it. Pure.

They are what the page cannot do: grants, and what only the owner of something may change.
"""

from __future__ import annotations

import re

_NAME = r'(?:"[^"]*"|[\w$]+)'
_STATEMENT = (
    rf"(?:GRANT [^;]+? TO APPLICATION {_NAME}"
    rf"|ALTER APPLICATION {_NAME} APPROVE SPECIFICATION {_NAME} SEQUENCE_NUMBER = \d+"
    rf"|ALTER NOTIFICATION INTEGRATION {_NAME} SET ENABLED = TRUE)"
)
_STATEMENTS = rf"(?P<sql>{_STATEMENT}(?:; {_STATEMENT})*)"
_INTEGRATION = """\
CREATE NOTIFICATION INTEGRATION {name}
  TYPE = EMAIL
  ENABLED = TRUE
  ALLOWED_RECIPIENTS = ('{recipient}')"""
RECIPIENT = "<e-mail address of a recipient>"
# What leads to statements in a message, and the words in place of both; the first that fits wins.
_WORDS: tuple[tuple[str, str], ...] = (
    (
        r"make it with CREATE NOTIFICATION INTEGRATION, then let its owner run: ",
        "somebody who may make integrations makes it and lets the app use it, with SQL",
    ),
    (r"let an administrator run: ", "an account administrator grants that with SQL"),
    (r"let its owner run: ", "its owner enables it with SQL"),
    (r"let a role that owns it run: ", "its owner grants that with SQL"),
    (r"if they are there: ", "if they are there, their owner lets the app read them, with SQL"),
    (
        r"approve it on the app's page under Settings » Connections, or as an administrator: ",
        "approve it in Snowsight, where this page has a button for it, or let an account "
        "administrator do that with SQL",
    ),
    (r"^", "an account administrator grants that with SQL"),
)
# Statements of which the message needs one, with the words in place of them.
_ALONE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        r"run COMMIT or ROLLBACK, and ALTER SESSION SET AUTOCOMMIT = TRUE, then call again",
        "end the transaction there with SQL, then call again",
        ("COMMIT", "ALTER SESSION SET AUTOCOMMIT = TRUE"),
    ),
    (
        r"ALTER SESSION SET ROWS_PER_RESULTSET = 0 \(or for the user, or the account\)",
        "an account administrator takes that limit away with SQL",
        ("ALTER ACCOUNT SET ROWS_PER_RESULTSET = 0",),
    ),
    (
        r"with what SELECT\b.*? shows: places",
        "and what Runs has of it under What went wrong: places",
        (),
    ),
)


def apart(message: str) -> tuple[str, list[str]]:
    """A message without its statements, and those statements in their order."""
    for pattern, words, alone in _ALONE:
        if re.search(pattern, message):
            return re.sub(pattern, words, message), [*alone]
    for lead, words in _WORDS:
        found = re.search(lead + _STATEMENTS, message)
        if found is not None:
            statements = found["sql"].split("; ")
            if "CREATE NOTIFICATION INTEGRATION" in found[0]:
                statements.insert(0, new_integration(_integration(found["sql"])))
            return message[: found.start()] + words + message[found.end() :], statements
    return message, []


def new_integration(name: str, recipient: str = RECIPIENT) -> str:
    """The statement that makes a notification integration for e-mail."""
    return _INTEGRATION.format(name=name, recipient=recipient.replace("'", "''"))


def use_of_integration(name: str, application: str) -> str:
    """The statement that lets the app use an integration."""
    return f"GRANT USAGE ON INTEGRATION {name} TO APPLICATION {application}"


def _integration(grant: str) -> str:
    return grant.partition("ON INTEGRATION ")[2].partition(" TO APPLICATION")[0]


def as_code(statements: list[str]) -> str:
    """Statements as they are pasted into a worksheet."""
    return "".join(f"{statement};\n" for statement in statements).rstrip()
