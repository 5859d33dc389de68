"""Reads an application's setup script: its statements in the order Snowflake runs them.

Enough SQL is understood to know what a statement creates, grants and names; nothing is executed.
Linters cannot help here: sqlfluff's Snowflake dialect stops at ``CREATE APPLICATION ROLE``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|//[^\n]*|/\*.*?\*/)
      | (?P<body>\$\$.*?\$\$)
      | (?P<string>'(?:[^'\\]|''|\\.)*')
      | (?P<name>"(?:[^"]|"")*")
      | (?P<word>[A-Za-z_][\w$]*)
      | (?P<mark>\d+|.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """One word, name, string, body or punctuation mark of SQL.

    Attributes:
        kind: ``word``, ``name`` (quoted identifier), ``string``, ``body`` (``$$…$$``) or ``mark``,
            which a number is too.
        text: Words in upper case, strings and bodies without their quotes, names and marks as
            written.
    """

    kind: str
    text: str


@dataclass(frozen=True)
class Statement:
    """One statement of a setup script.

    Attributes:
        path: The file it stands in, relative to the bundle.
        line: The line of its first token, from 1.
        tokens: Its tokens, comments and the closing semicolon left out.
    """

    path: str
    line: int
    tokens: tuple[Token, ...]

    @property
    def text(self) -> str:
        """The words and marks with single blanks between them; strings and bodies stand in quotes.

        This is what patterns are matched against: one spelling, whatever the layout.
        """
        quoted = {"string": "'{}'", "body": "$${}$$"}
        return " ".join(quoted.get(t.kind, "{}").format(t.text) for t in self.tokens)

    @property
    def outline(self) -> str:
        """As ``text``, with strings and bodies emptied: for rules about statements, not values."""
        emptied = {"string": "''", "body": "$$"}
        return " ".join(emptied.get(t.kind, t.text) for t in self.tokens)

    @property
    def where(self) -> str:
        """``file:line``."""
        return f"{self.path}:{self.line}"

    def setting(self, clause: str) -> str | None:
        """The string of ``CLAUSE = 'text'``; None when the statement has no such clause."""
        match = re.search(rf"\b{clause} = '([^']*)'", self.text)
        return match[1] if match else None

    def listed(self, clause: str) -> list[str]:
        """The strings of ``CLAUSE = ('a', 'b')``; none when the statement has no such clause."""
        match = re.search(rf"\b{clause} = \( ([^()]*) \)", self.text)
        return re.findall(r"'([^']*)'", match[1]) if match else []


def statements(sql: str, path: str) -> Iterator[Statement]:
    """Splits a file of SQL into its statements.

    Args:
        sql: The file's text.
        path: The file's name, for what is reported about it.

    Yields:
        The statements, in order; empty ones are left out.
    """
    line, begun, tokens = 1, 1, list[Token]()
    for match in TOKEN.finditer(sql):
        kind, text = str(match.lastgroup), match.group()
        if kind == "mark" and text == ";":
            if tokens:
                yield Statement(path, begun, tuple(tokens))
            tokens = []
        elif kind != "space":
            begun = begun if tokens else line
            tokens.append(Token(kind, _value(kind, text)))
        line += text.count("\n")
    if tokens:
        yield Statement(path, begun, tuple(tokens))


def _value(kind: str, text: str) -> str:
    if kind == "word":
        return text.upper()
    if kind == "string":
        return text[1:-1].replace("''", "'")
    return text[2:-2] if kind == "body" else text


def target_of(statement: Statement) -> str | None:
    """The file an ``EXECUTE IMMEDIATE FROM`` names, relative to the bundle; None for others.

    A leading slash means the bundle's root, anything else is relative to the statement's own file
    (Snowflake's "Setup script" page).
    """
    match = re.match(r"EXECUTE IMMEDIATE FROM '(.*)'$", statement.text)
    if match is None:
        return None
    named = PurePosixPath(match[1])
    if named.is_absolute():
        return str(named.relative_to("/"))
    return str(PurePosixPath(statement.path).parent / named)


def run_order(files: Mapping[str, bytes], path: str) -> Iterator[Statement]:
    """The statements of a setup script in the order they run, its parts followed.

    Args:
        files: The bundle: contents by path.
        path: The file to start from.

    Yields:
        Every statement, ``EXECUTE IMMEDIATE FROM`` included, each before the statements of its
        part. A part that does not exist has none.
    """
    sql = files.get(path, b"").decode()
    for statement in statements(sql, path):
        yield statement
        target = target_of(statement)
        if target is not None:
            yield from run_order(files, target)
