"""Splits SQL text into tokens and reads them, for statements that sqlglot does not know."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from snowflake_sandbox.errors import SqlError, unexpected


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    QUOTED = "quoted"
    STRING = "string"
    NUMBER = "number"
    BIND = "bind"
    PATH = "path"
    MARK = "mark"
    END = "end"


class Token(NamedTuple):
    """One token: its kind, its value (unescaped), and where it stands in the text."""

    kind: Kind
    value: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        """The value in upper case, for comparing keywords."""
        return self.value.upper()


_TOKEN = re.compile(
    r"""
    (?P<skip>\s+ | --[^\n]* | //[^\n]* | /\*.*?\*/)
  | (?P<dollar>\$\$(?P<dollar_body>.*?)\$\$)
  | (?P<string>'(?P<string_body>(?:[^'\\]|''|\\.)*)')
  | (?P<quoted>"(?P<quoted_body>(?:[^"]|"")*)")
  | (?P<number>\d+(?:\.\d+)?(?![A-Za-z0-9_$]))
  | (?P<path>@(?:[^\s,;()'"]|"(?:[^"]|"")*")*)
  | (?P<word>[A-Za-z_0-9][A-Za-z0-9_$]*)
  | (?P<bind>\? | :\d+ | %\([A-Za-z_]\w*\)s)
  | (?P<mark>=> | :: | <= | >= | <> | != | \|\| | .)
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = {kind.value: kind for kind in Kind}
_ESCAPE = re.compile(r"''|\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "f": "\f"}


def unescape(body: str) -> str:
    """Return the text a single-quoted literal stands for."""
    return _ESCAPE.sub(
        lambda match: "'" if match[1] is None else _ESCAPED.get(match[1], match[1]), body
    )


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a statement, ended by one of kind END; comments are left out."""
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:  # pragma: no cover - the last alternative takes any character
            raise unexpected(text[position], 1, position)
        start, position = match.span()
        group = match.lastgroup or ""
        if group == "skip":
            continue
        if match["dollar"] is not None:
            tokens.append(Token(Kind.STRING, match["dollar_body"], start, position))
        elif match["string"] is not None:
            tokens.append(Token(Kind.STRING, unescape(match["string_body"]), start, position))
        elif match["quoted"] is not None:
            name = match["quoted_body"].replace('""', '"')
            tokens.append(Token(Kind.QUOTED, name, start, position))
        else:
            tokens.append(Token(_KINDS[group], match[0], start, position))
    tokens.append(Token(Kind.END, "<EOF>", len(text), len(text)))
    return tokens


class Reader:
    """A cursor over the tokens of one statement."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.index = 0
        if len(self.tokens) > 1 and self.tokens[-2].value == ";":
            del self.tokens[-2]

    @property
    def current(self) -> Token:
        """The token to be read next."""
        return self.tokens[self.index]

    def ahead(self, distance: int) -> Token:
        """The token that many places further, or the END token."""
        return self.tokens[min(self.index + distance, len(self.tokens) - 1)]

    def at_end(self) -> bool:
        """Whether every token was read."""
        return self.current.kind is Kind.END

    def next(self) -> Token:
        """Read one token."""
        token = self.current
        if token.kind is not Kind.END:
            self.index += 1
        return token

    def looking_at(self, *words: str) -> bool:
        """Whether the next tokens are these keywords or marks."""
        # asked of each word of a long statement, which a generator would make twice as slow
        for distance, word in enumerate(words):
            token = self.ahead(distance)
            if token.kind is not Kind.WORD and token.kind is not Kind.MARK:
                return False
            if token.value.upper() != word:
                return False
        return True

    def accept(self, *words: str) -> bool:
        """Read these keywords or marks if they come next."""
        if not self.looking_at(*words):
            return False
        self.index += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Read these keywords or marks, one after the other.

        Raises:
            SqlError: 1003 when something else comes.
        """
        for word in words:
            if not self.accept(word):
                raise self.error()

    def if_exists(self) -> bool:
        """Read IF EXISTS."""
        return self.accept("IF", "EXISTS")

    def if_not_exists(self) -> bool:
        """Read IF NOT EXISTS."""
        return self.accept("IF", "NOT", "EXISTS")

    def end(self) -> None:
        """Assert that nothing follows."""
        if not self.at_end():
            raise self.error()

    def string(self) -> str:
        """Read a string literal."""
        if self.current.kind is not Kind.STRING:
            raise self.error()
        return self.next().value

    def number(self) -> int:
        """Read a whole number."""
        if self.current.kind is not Kind.NUMBER or not self.current.value.isdigit():
            raise self.error()
        return int(self.next().value)

    def identifier(self) -> str:
        """Read one identifier: upper-cased unless quoted."""
        token = self.current
        if token.kind is Kind.QUOTED:
            return self.next().value
        if token.kind is Kind.WORD:
            return self.next().upper
        raise self.error()

    def dotted(self) -> tuple[str, ...]:
        """Read a name of one to three parts."""
        parts = [self.identifier()]
        while len(parts) < 3 and self.accept("."):
            parts.append(self.identifier())
        return tuple(parts)

    def rest(self) -> str:
        """Return the text from the next token on, and read it all."""
        text = self.text[self.current.start :].strip().rstrip(";").rstrip()
        self.index = len(self.tokens) - 1
        return text

    def error(self) -> SqlError:
        """Return the syntax error that names the next token."""
        before = self.text[: self.current.start]
        line = before.count("\n") + 1
        position = self.current.start - (before.rfind("\n") + 1)
        return unexpected(self.current.value, line, position)
