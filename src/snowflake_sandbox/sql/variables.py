"""Replaces session variables ($name) in the text of a statement."""

from __future__ import annotations

import re
from collections.abc import Mapping

from snowflake_sandbox.errors import compilation

# strings, quoted names and comments are skipped; $1 is a column of a stage
_VARIABLE = re.compile(
    r"""
    '(?:[^'\\]|''|\\.)*' | "(?:[^"]|"")*" | \$\$.*?\$\$ | --[^\n]* | /\*.*?\*/
  | (?<![\w$]) \$ (?P<name>[A-Za-z_]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)


def with_variables(text: str, values: Mapping[str, str]) -> str:
    """Put the values of session variables where ``$name`` stands outside of literals.

    Args:
        text: a statement.
        values: SQL text of each variable's value, by name in any case.

    Raises:
        SqlError: 2211 for a variable that was not set.
    """
    if "$" not in text:
        return text
    values_by_name = {name.upper(): value for name, value in values.items()}

    def replacement(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return match[0]
        if name.upper() not in values_by_name:
            raise compilation(f"Session variable '${name.upper()}' does not exist", 2211, "02000")
        return values_by_name[name.upper()]

    return _VARIABLE.sub(replacement, text)
