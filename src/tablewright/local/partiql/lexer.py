"""PartiQL text to tokens.

In: the text of a statement. Out: tokens with their places. What cannot be a token (a hash mark, a
comment that does not end, an exponent of more than 32 bits) makes the statement unreadable.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tablewright.local.faults import ValidationException

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
      | (?P<text>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*")
      | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<word>[A-Za-z_][A-Za-z0-9_$]*)
      | (?P<unknown>/\*)
      | (?P<mark><<|>>|<>|<=|>=|!=|[=<>()\[\]{},.:;?*+/%-])
      | (?P<rest>.)""",
    re.VERBOSE | re.DOTALL,
)

MAX_EXPONENT_BITS = 32


class Token(NamedTuple):
    """A piece of a statement: its kind, its text, and where it begins (counted from 0)."""

    kind: str
    text: str
    start: int


def malformed(problem: str = "") -> ValidationException:
    """Return the refusal of a statement that cannot be read; the statement is not repeated."""
    return ValidationException(f"Statement wasn't well formed, can't be processed: {problem}")


def tokens(text: str) -> list[Token]:
    """Return the tokens of a statement, and one of kind `end`.

    Raises:
        ValidationException: a piece of the text cannot be a token.

    Example:
        >>> [token.text for token in tokens("SELECT a /* all */ FROM t")]
        ['SELECT', 'a', 'FROM', 't', '']
    """
    out = []
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if kind == "space":
            continue
        if kind in ("unknown", "rest") or (kind == "number" and _has_long_exponent(match[0])):
            raise malformed()
        out.append(Token(kind, match[0], match.start()))
    out.append(Token("end", "", len(text)))
    return out


def _has_long_exponent(number: str) -> bool:
    exponent = number.lower().partition("e")[2].lstrip("+-").lstrip("0")
    limit = 1 << (MAX_EXPONENT_BITS - 1)
    return len(exponent) > len(str(limit)) or (exponent != "" and int(exponent) >= limit)


def position(text: str, start: int, length: int) -> str:
    """Return a place in a statement as messages tell it: line, column and length, from 1.

    Example:
        >>> position("SELECT a", 7, 1)
        '1:8:1'
    """
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    return f"{line}:{column}:{length}"
