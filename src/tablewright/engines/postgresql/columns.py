"""Read the definition of a column as SQL writes it: its type and its constraints.

In: text such as `varchar(1) NOT NULL DEFAULT lower('S')`. Out: a `Definition`. The text is cut into
tokens by sqlglot, so that words inside of strings, quotes and brackets are never taken for
constraints; expressions are kept as they were written. It does not know tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from tablewright.core.frozen import frozen

CANONICAL = {
    "varchar": "varchar",
    "character varying": "varchar",
    "character": "char",
    "char": "char",
    "text": "text",
    "boolean": "boolean",
    "bool": "boolean",
    "smallint": "smallint",
    "int2": "smallint",
    "integer": "integer",
    "int": "integer",
    "int4": "integer",
    "serial": "integer",
    "bigint": "bigint",
    "int8": "bigint",
    "bigserial": "bigint",
    "numeric": "numeric",
    "decimal": "numeric",
    "real": "real",
    "double precision": "double precision",
    "date": "date",
    "timestamp": "timestamp",
    "timestamp without time zone": "timestamp",
    "timestamptz": "timestamptz",
    "timestamp with time zone": "timestamptz",
    "uuid": "uuid",
    "jsonb": "jsonb",
    "json": "json",
    "bytea": "bytea",
    "point": "point",
}
"""Names of types as PostgreSQL takes them, and the one name we use."""

_CLAUSES = frozenset(
    {
        "not",
        "null",
        "default",
        "check",
        "unique",
        "primary",
        "references",
        "generated",
        "collate",
        "constraint",
        "compression",
        "storage",
    }
)
_SERIAL = frozenset({"serial", "bigserial"})


@frozen
class Definition:
    """The parts of a column's definition."""

    type: str | None
    """The plain name of the type, None where it is not known."""
    sql: str
    """The type as it was written, in small letters."""
    not_null: bool = False
    unique: bool = False
    default: str = ""
    check: str = ""
    """The condition with its brackets."""
    generated: str = ""
    """`ALWAYS AS IDENTITY`, `ALWAYS AS (…) STORED`: what stands after GENERATED."""
    references: tuple[str, str] | None = None
    """The table and column that a value must be in."""

    @property
    def fills_itself(self) -> bool:
        """Whether the server has a value where none is written."""
        return bool(self.default or self.generated) or self.sql.split("(")[0] in _SERIAL


@frozen(kw_only=False)
class _Token:
    word: str
    """In small letters; empty for strings, quoted names and numbers."""
    text: str
    start: int
    end: int

    @property
    def clause(self) -> str:
        """The constraint it begins, "" if none: PRIMARY KEY is one token."""
        first = self.word.partition(" ")[0]
        return first if first in _CLAUSES else ""


@lru_cache(maxsize=1024)
def read_definition(text: str) -> Definition:
    """Return the parts of a column's definition.

    Example:
        >>> found = read_definition("VARCHAR(1) CHECK (size IN ('S', 'M')) DEFAULT lower('S')")
        >>> found.sql, found.check, found.default
        ('varchar(1)', "(size IN ('S', 'M'))", "lower('S')")
        >>> read_definition("text DEFAULT 'NOT NULL'").not_null
        False
    """
    tokens = _tokens(text)
    starts = [position for position, token in _at_top(tokens) if token.clause]
    starts = _without_values(tokens, starts)
    ends = [*starts[1:], len(tokens)][: len(starts)]
    head = tokens[: starts[0]] if starts else tokens
    clauses: dict[str, str] = {}
    for start, end in zip(starts, ends, strict=True):
        body = _text(text, tokens[start + 1 : end])
        clauses.setdefault(tokens[start].clause, body)
    sql = _text(text, head).lower()
    is_serial = sql.split("(")[0].strip() in _SERIAL
    return Definition(
        type=_canonical(head),
        sql=sql,
        not_null="not" in clauses or "primary" in clauses or is_serial or _is_identity(clauses),
        unique="unique" in clauses,
        default=clauses.get("default", ""),
        check=clauses.get("check", ""),
        generated=clauses.get("generated", ""),
        references=_reference(clauses.get("references")),
    )


def _tokens(text: str) -> list[_Token]:
    import sqlglot  # not at the top: importing it takes longer than reading a model
    from sqlglot.errors import SqlglotError

    try:
        tokenize: Sequence[Any] = sqlglot.tokenize(text, read="postgres")
    except SqlglotError:  # an open string or quote: no column is defined so
        return []
    out = []
    for token in tokenize:
        is_literal = token.token_type.name in ("STRING", "NUMBER", "IDENTIFIER")
        word = "" if is_literal else token.text.lower()
        out.append(_Token(word, token.text, token.start, token.end + 1))
    return out


def _at_top(tokens: Sequence[_Token]) -> list[tuple[int, _Token]]:
    """Return the tokens outside of brackets, with their positions."""
    depth, out = 0, []
    for position, token in enumerate(tokens):
        if token.word in (")", "]"):
            depth -= 1
        if depth == 0:
            out.append((position, token))
        if token.word in ("(", "["):
            depth += 1
    return out


def _without_values(tokens: Sequence[_Token], starts: Sequence[int]) -> list[int]:
    """Leave out what only continues another clause, such as NULL of NOT NULL."""
    before = {"null": ("not", "default", "set"), "default": ("set", "by")}
    return [
        start
        for start in starts
        if not (start and tokens[start - 1].word in before.get(tokens[start].clause, ()))
    ]


def _text(text: str, tokens: Sequence[_Token]) -> str:
    return text[tokens[0].start : tokens[-1].end].strip() if tokens else ""


def _canonical(head: Sequence[_Token]) -> str | None:
    named = (t.word for _, t in _at_top(head) if t.word.replace(" ", "").replace("_", "").isalnum())
    words = " ".join(named).split()
    is_array = any(token.word == "[" for token in head) or "array" in words
    while words:
        result = CANONICAL.get(" ".join(words))
        if result is not None:
            return "array" if is_array else result
        words.pop()
    return None


def _is_identity(clauses: dict[str, str]) -> bool:
    return "generated" in clauses and clauses["generated"].lower().split("(")[0].strip().endswith(
        "identity"
    )


def _reference(text: str | None) -> tuple[str, str] | None:
    """Return the table and column of `users (id) ON DELETE CASCADE`."""
    if text is None:
        return None
    names = [t.text for t in _tokens(text) if t.text not in ("(", ")", ".")]
    return (names[0], names[1]) if len(names) > 1 else None
