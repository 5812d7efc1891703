"""Expression text to tokens.

In: the text of an expression. Out: its tokens, each with its place, ending with one of kind `end`.
It does not know grammar: a character that no expression contains is a token of kind `unknown`, and
the parser words the error.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<name>[A-Za-z][A-Za-z0-9_]*)
      | (?P<alias>\#[A-Za-z0-9_]+)
      | (?P<value>:[A-Za-z0-9_]+)
      | (?P<index>0|[1-9][0-9]*)
      | (?P<mark><>|<=|>=|[=<>()\[\],.+-])
      | (?P<unknown>.)""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A piece of an expression. `kind`: name, alias, value, index, mark, unknown, end."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """Return the tokens of an expression, without white space.

    Example:
        >>> [token.text for token in tokens("#a.b[0] >= :v")]
        ['#a', '.', 'b', '[', '0', ']', '>=', ':v', '<EOF>']
    """
    pieces = [
        Token(str(match.lastgroup), match[0], match.start(), match.end())
        for match in _TOKEN.finditer(text)
        if match.lastgroup != "space"
    ]
    pieces.append(Token("end", "<EOF>", len(text), len(text)))
    return pieces
