"""The types of attributes as the file writes them: `string(24)`, `enum(a, b)`, `vector(1024)`.

In: the text of a type. Out: a `TypeText`. It does not know what an entity is.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from tablewright.core.diagnostics import nearest
from tablewright.core.frozen import frozen
from tablewright.model import scalars
from tablewright.model.scalars import Bad
from tablewright.model.shapes import (
    Scalar,
)
from tablewright.model.values import Kind, Spread


@frozen(kw_only=False, slots=False)
class TypeText:
    """A type as written, with what its argument says."""

    kind: Kind
    bytes: Spread | None = None
    values: tuple[tuple[str, Decimal], ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    to: str = ""
    dimensions: int | None = None


MAX_DIMENSIONS = 16_000
"""More than any engine here takes: each checks its own limit."""


METRICS = ("cosine", "euclidean", "dot_product")

CONTENTS = (
    "person", "sentences", "product", "company", "place", "town", "address", "title", "device",
    "task", "client",
)  # fmt: skip
"""What texts and names may be about."""

COUNTRIES = ("KE", "NG", "PH", "SE", "GB", "US", "DE", "IN")
"""Countries whose telephone numbers, towns and streets samples know."""


_TYPE = re.compile(r"([A-Za-z_]+)\s*(?:\((.*)\))?", re.DOTALL)


SIZED = frozenset(
    {
        Kind.ID,
        Kind.EMAIL,
        Kind.USERNAME,
        Kind.PHONE,
        Kind.NAME,
        Kind.URL,
        Kind.COUNTRY,
        Kind.TEXT,
        Kind.TOKEN,
        Kind.DIGITS,
        Kind.BINARY,
        Kind.MAP,
        Kind.LIST,
        Kind.SET,
    }
)


RANGED = frozenset({Kind.INT, Kind.DECIMAL, Kind.MONEY, Kind.COUNTER})


def parse_type(text: str) -> TypeText:
    """Read a type in its short form.

    Example:
        >>> parse_type("text(2KB)").bytes.mean
        Decimal('2048')
        >>> [value for value, share in parse_type("enum(ios, android)").values]
        ['ios', 'android']
    """
    match = _TYPE.fullmatch(text)
    if match is None:
        if "(" in text and not text.endswith(")"):
            raise Bad(help=f"close the parenthesis, as in `{text})`")
        raise Bad
    kind = _kind(match[1])
    argument = match[2]
    if argument is None:
        return TypeText(kind=kind)
    argument = argument.strip()
    if kind in SIZED:
        try:
            return TypeText(kind=kind, bytes=Spread(mean=scalars.byte_count(argument)))
        except Bad as bad:
            raise Bad(
                bad.reason or "has no size in its brackets",
                id=bad.id,
                help=f"write {kind.value}(24) or {kind.value}(2KB)",
            ) from bad
    if kind is Kind.ENUM:
        return TypeText(kind=kind, values=even(_enum_words(argument)))
    if kind in RANGED:
        low, dots, high = argument.partition("..")
        try:
            if not dots:
                raise Bad
            return TypeText(
                kind=kind, low=scalars.signed(low.strip()), high=scalars.signed(high.strip())
            )
        except Bad as bad:
            raise Bad("has no range in its brackets", help=f"write {kind.value}(0..100)") from bad
    if kind is Kind.REF:
        return TypeText(kind=kind, to=argument)
    if kind is Kind.VECTOR:
        return TypeText(kind=kind, dimensions=_dimensions(argument))
    raise Bad(f"takes nothing in brackets: `{kind.value}` stands alone", help=f"write {kind.value}")


def _dimensions(argument: str) -> int:
    try:
        dimensions = scalars.whole(argument)
    except Bad as bad:
        raise Bad("has no number of dimensions in its brackets", help="write vector(1024)") from bad
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise Bad(
            f"has {dimensions} dimensions",
            id="impossible-value",
            help=f"a vector has 1 to {MAX_DIMENSIONS:,} dimensions",
        )
    return dimensions


def _kind(word: str) -> Kind:
    try:
        return Kind(word)
    except ValueError:
        known = [kind.value for kind in Kind]
        close = nearest(word.lower(), known) or _OTHER_NAMES.get(word.lower())
        raise Bad(
            "is not a type",
            id="unknown-type",
            help=f"did you mean `{close}`?" if close else f"types: {', '.join(known)}",
        ) from None


_OTHER_NAMES = {
    "string": "text",
    "str": "text",
    "varchar": "text",
    "char": "text",
    "number": "decimal",
    "numeric": "decimal",
    "float": "decimal",
    "double": "decimal",
    "long": "int",
    "bigint": "int",
    "datetime": "timestamp",
    "time": "timestamp",
    "object": "map",
    "json": "map",
    "document": "map",
    "dict": "map",
    "array": "list",
    "embedding": "vector",
    "blob": "binary",
    "bytes": "binary",
    "guid": "uuid",
    "objectid": "id",
    "password": "token",
    "hash": "token",
    "s": "text",
    "n": "int",
    "m": "map",
    "l": "list",
    "b": "binary",
}


def _enum_words(argument: str) -> list[str]:
    words = [word.strip() for word in argument.split(",")]
    if not all(words):
        raise Bad("has an empty value", help="write enum(active, paused)")
    twice = next((word for position, word in enumerate(words) if word in words[:position]), None)
    if twice is not None:
        raise Bad(f"names `{twice}` twice", help="keep one of the two")
    return words


def even(words: list[str]) -> tuple[tuple[str, Decimal], ...]:
    """Return values with equal shares that add up to exactly one."""
    each = (Decimal(1) / len(words)).quantize(Decimal("1e-12"))
    rest = 1 - each * (len(words) - 1)
    return tuple((word, each if position else rest) for position, word in enumerate(words))


def _type_times(value: TypeText, factor: Decimal) -> TypeText:
    if value.bytes is None:
        return value
    return replace(value, bytes=replace(value.bytes, mean=value.bytes.mean * factor))


TYPE = Scalar(
    parse_type,
    "a type such as uuid, text(24), enum(a, b) or map(38KB)",
    rf"({'|'.join(kind.value for kind in Kind)})\s*(\(.*\))?",
    scaled=_type_times,
)
