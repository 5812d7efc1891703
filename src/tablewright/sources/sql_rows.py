"""The rows of INSERT statements, as text, like those of COPY data.

In: one statement `INSERT INTO t (a, b) VALUES (…), (…)`. Out: a `CopiedRow` for each tuple.
Literals are read; an expression, such as a call, is a value that is not known and is left out as
null is. An INSERT of a query has no rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tablewright.sources.sql_text import CopiedRow, ParsedStatement

_INTO = re.compile(
    r"(?:INSERT|REPLACE)\s+(?:OR\s+\w+\s+|IGNORE\s+|LOW_PRIORITY\s+|DELAYED\s+)*INTO\s+"
    r"(?:ONLY\s+)?([\w.\"`\[\]]+)\s*(?:\(([^)]*)\))?\s*(?:OVERRIDING\s+\w+\s+VALUE\s*)?VALUES\s*",
    re.IGNORECASE,
)
_PLAIN = r"'(?:[^']|'')*'"
_ESCAPED = r"'(?:[^'\\]|''|\\.)*'"
_REST = (
    r"|[xX]'(?P<hex>[0-9A-Fa-f]*)'|0x(?P<zero>[0-9A-Fa-f]+)"
    r"|(?P<number>[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|(?P<word>NULL|TRUE|FALSE|DEFAULT)\b"
    r")\s*(?:::\s*[\w .]+(?:\(\d+(?:,\s*\d+)?\))?(?:\[\])?)?\s*(?=[,)])"
)
_LITERAL = re.compile(
    rf"\s*(?:(?P<escaped>[eE]{_ESCAPED})|[nN]?(?P<text>{_PLAIN}){_REST}", re.IGNORECASE | re.DOTALL
)
_MYSQL_LITERAL = re.compile(
    rf"\s*(?:(?:_binary\s*|_utf8mb4\s*)?(?P<escaped>{_ESCAPED})|(?P<text>\x00){_REST}",
    re.IGNORECASE | re.DOTALL,
)
_EXPRESSION = re.compile(r"'(?:[^']|'')*'|[(),]|[^'(),]+", re.DOTALL)
_SPECIAL = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "b": "\b", "Z": "\x1a"}


def inserted(statement: ParsedStatement, *, is_mysql: bool = False) -> Iterator[CopiedRow]:
    """Yield the rows of a statement; nothing where it is no INSERT of values.

    Example:
        >>> text = "INSERT INTO shop.t (a, b) VALUES (1, 'it''s'), (NULL, now());"
        >>> [row.values for row in inserted(ParsedStatement(1, text))]
        [('1', "it's"), (None, None)]
    """
    head = _INTO.match(statement.text)
    if head is None:
        return
    table = re.sub(r"[\"`\[\]]", "", head[1]).split(".")[-1]
    columns = tuple(re.sub(r"[\"`\[\]]", "", c).strip() for c in (head[2] or "").split(",") if c)
    literal = _MYSQL_LITERAL if is_mysql else _LITERAL
    text, place = statement.text, head.end()
    while place < len(text) and text[place] == "(":
        values: list[str | None] = []
        place += 1
        while True:
            match = literal.match(text, place)
            if match is not None:
                values.append(_value(match))
                place = match.end()
            else:
                values.append(None)
                place = _behind_expression(text, place)
            if place >= len(text):
                return
            place += 1
            if text[place - 1] == ")":
                break
        yield CopiedRow(statement.line, table, columns, tuple(values))
        separator = re.compile(r"\s*,\s*").match(text, place)
        if separator is None:
            return
        place = separator.end()


def _value(match: re.Match[str]) -> str | None:
    if match["number"] is not None:
        return match["number"]
    if match["word"] is not None:
        word = match["word"].lower()
        return word if word in ("true", "false") else None
    digits = match["hex"] if match["hex"] is not None else match["zero"]
    if digits is not None:
        return f"\\x{digits}"
    if match["escaped"] is not None:
        inside = match["escaped"][match["escaped"].index("'") + 1 : -1].replace("''", "'")
        return re.sub(r"\\(.)", lambda m: _SPECIAL.get(m[1], m[1]), inside, flags=re.DOTALL)
    return match["text"][1:-1].replace("''", "'")


def _behind_expression(text: str, place: int) -> int:
    """Return where an expression ends: at the comma or bracket that is not inside of it."""
    depth = 0
    for match in _EXPRESSION.finditer(text, place):
        token = match[0]
        if token == "(":
            depth += 1
        elif token == ")":
            if not depth:
                return match.start()
            depth -= 1
        elif token == "," and not depth:
            return match.start()
    return len(text)
