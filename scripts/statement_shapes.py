"""Reduces statements to shapes: one for all that differ in values and numbers of columns only."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from snowflake_sandbox.sql.tokens import Kind, Token, tokenize

_OPENING, _CLOSING = {"(": ")", "[": "]"}, {")", "]"}
# what ends a list that is not in brackets
_CLAUSES = ("FROM", "WHERE", "QUALIFY", "GROUP", "ORDER", "WHEN", "ON", "UNION")
_DOTTED = re.compile(r'(?:"N"|\b[A-Za-z_]\w*)(?:\.(?:"N"|[A-Za-z_]\w*))+')
_NAMED = re.compile(r"(PROCEDURE N \(|TABLE IF NOT EXISTS N \(|ADD COLUMN IF NOT EXISTS )\w+ ")
_CASES = re.compile(r"( WHEN \S+ THEN \S+)(?: WHEN \S+ THEN \S+)+")


LONGEST = 240
"""How much of an outline is shown, in characters."""


@dataclass
class _List:
    """Items between commas; an item is texts and lists in brackets."""

    items: list[list[str | _List]] = field(default_factory=lambda: [[]])
    bracket: str = ""

    def text(self, *, first_only: bool) -> str:
        """The list with each different item once, or with its first item and an ellipsis."""
        texts = [_joined(item, first_only=first_only) for item in self.items]
        inside = ", ".join(self._different(texts))
        if first_only and len(self.items) > 1:
            last = self.items[-1]
            clauses = [place for place, part in enumerate(last) if part in _CLAUSES]
            tail = _joined(last[clauses[0] :], first_only=True) if clauses else ""
            inside = f"{texts[0]}, … {tail}".strip()
        return f"{self.bracket}{inside}{_OPENING[self.bracket]}" if self.bracket else inside

    def _different(self, texts: list[str]) -> list[str]:
        """The texts of the items, each once in every query of a union."""
        different: list[str] = []
        seen: set[str] = set()
        for item, text in zip(self.items, texts, strict=True):
            if text not in seen:
                different.append(text)
            seen = set() if "UNION" in item else seen | {text}
        return different


def _joined(item: list[str | _List], *, first_only: bool) -> str:
    parts = [part if isinstance(part, str) else part.text(first_only=first_only) for part in item]
    text = " ".join(parts)
    for mark in (".", "::", ":"):
        text = text.replace(f" {mark} ", mark)
    return text.replace("- >", "->").replace("$ 1", "$1")


def shape(statement: str) -> str:
    """The statement with stand-ins for names and values, and each item of a list once."""
    return _parsed(statement).text(first_only=False)


def outline(statement: str) -> str:
    """The shape for people to read: the first item of each list, no names, the beginning alone."""
    text = _DOTTED.sub("N", _parsed(statement).text(first_only=True)).replace('"N"', "N")
    text = _CASES.sub(r"\1 …", _NAMED.sub(r"\1N ", text))
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rpartition(' ')[0]} …"


def _parsed(statement: str) -> _List:
    stack = [_List()]
    for token in tokenize(statement):
        is_mark = token.kind is Kind.MARK
        if token.kind is Kind.END or (is_mark and token.value == ";"):
            continue
        if is_mark and token.value in _OPENING:
            inner = _List(bracket=token.value)
            stack[-1].items[-1].append(inner)
            stack.append(inner)
        elif is_mark and token.value in _CLOSING and len(stack) > 1:
            stack.pop()
        elif is_mark and token.value == ",":
            stack[-1].items.append([])
        else:
            stack[-1].items[-1].append(_stand_in(token, statement))
    return stack[0]


def _stand_in(token: Token, statement: str) -> str:
    if token.kind is Kind.STRING:
        return "'x'"
    if token.kind is Kind.QUOTED:
        return '"N"'
    if token.kind is Kind.NUMBER:
        return "1"
    return statement[token.start : token.end]
