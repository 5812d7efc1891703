"""Rows of the catalogue beside the tables: backups, exports, imports, each under its ARN.

In: a kind, an ARN and a row that JSON can hold. Out: the same, in the order of the ARNs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from tablewright.local.engine import Engine

_CATALOGUE = 0

Row = dict[str, Any]


def keep(engine: Engine, kind: str, arn: str, row: Row) -> None:
    """Store a row, in place of the one with its ARN. Inside a write."""
    engine.store.put(_CATALOGUE, _key(kind, arn), 0, orjson.dumps(row))


def find(engine: Engine, kind: str, arn: str) -> Row | None:
    """Return a row by its ARN, None if there is none. Inside a read."""
    found = engine.store.get(_CATALOGUE, _key(kind, arn))
    row: Row | None = None if found is None else orjson.loads(found[1])
    return row


def forget(engine: Engine, kind: str, arn: str) -> None:
    """Remove a row. Inside a write."""
    engine.store.delete(_CATALOGUE, _key(kind, arn))


def rows(engine: Engine, kind: str) -> list[Row]:
    """Return all rows of a kind. Inside a read."""
    first = _key(kind, "")
    return [
        orjson.loads(raw) for _, _, raw in engine.store.range(_CATALOGUE, first, first + b"\xff")
    ]


def _key(kind: str, arn: str) -> bytes:
    return f"\x00{kind}\x00{arn}".encode()
