"""Point-in-time recovery: what each change replaced, so that it can be undone.

In: changes of a table that has recovery switched on, as they are written. Out: the items of the
table as of any moment since, within its recovery period.

The table's history is a space of its own: moment and counter → the key and the item that was there
before. Going back means to copy the table and undo, latest first, what came after the moment.

Sources: Developer Guide, "Point-in-time backups for DynamoDB" (1 to 35 days, to the second). The
service offers the last five minutes only later; here the latest restorable moment is now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from tablewright.capacity.items import item_bytes

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Table

DEFAULT_DAYS = 35
DAY_SECONDS = 24 * 3600
_TRIM_EVERY = 256

Item = dict[str, Any]


def record(engine: LocalEngine, table: Table, old: Item | None, new: Item | None) -> None:
    """Keep what a change replaced. Inside the write of the change."""
    assert table.history is not None
    image = new if new is not None else old
    assert image is not None
    number = 1
    for last, _, _ in engine.store.range(table.history, is_reverse=True, limit=1):
        number = int.from_bytes(last[8:], "big") + 1
    position = _position(engine.clock()) + number.to_bytes(8, "big")
    row = orjson.dumps([table.keys.encode(image).hex(), old])
    engine.store.put(table.history, position, len(row), row)
    if number % _TRIM_EVERY == 0:
        _trim(engine, table)


def window(engine: LocalEngine, table: Table) -> tuple[float, float]:
    """Return the earliest and the latest moment a table with recovery can be restored to."""
    recovery = table.definition["Recovery"]
    now = engine.clock()
    return max(recovery["Since"], now - recovery["Days"] * DAY_SECONDS), now


def undo_into(engine: LocalEngine, table: Table, moment: float, space: int) -> None:
    """Fill an empty space with the items a table had at a moment. Inside a write."""
    assert table.history is not None
    store = engine.store
    store.copy(table.space, space)
    # What happened within the moment itself is part of it.
    later = store.range(table.history, _position(moment, after=1), is_reverse=True)
    for _, _, raw in later:
        text, old = orjson.loads(raw)
        key = bytes.fromhex(text)
        if old is None:
            store.delete(space, key)
        else:
            store.put(space, key, item_bytes(old), orjson.dumps(old))


def changed_between(
    engine: LocalEngine, table: Table, start: float, end: float
) -> dict[bytes, tuple[Item | None, float]]:
    """Return, for each item changed after `start` and up to `end`, what it was at `start`.

    Inside a read. By key; with the moment of the last of these changes.
    """
    assert table.history is not None
    changes: dict[bytes, tuple[Item | None, float]] = {}
    low, high = _position(start, after=1), _position(end, after=1)
    for position, _, raw in engine.store.range(table.history, low, high):
        key, old = orjson.loads(raw)
        first = changes.get(bytes.fromhex(key), (old, 0.0))[0]
        changes[bytes.fromhex(key)] = (first, int.from_bytes(position[:8], "big") / 1000)
    return changes


def _position(moment: float, *, after: int = 0) -> bytes:
    return (round(moment * 1000) + after).to_bytes(8, "big")


def _trim(engine: LocalEngine, table: Table) -> None:
    """Forget what lies before the recovery window, except the last row: it has the counter."""
    assert table.history is not None
    earliest, _ = window(engine, table)
    rows = engine.store.range(table.history, b"", _position(earliest), limit=4 * _TRIM_EVERY)
    for key, _, _ in list(rows)[:-1]:
        engine.store.delete(table.history, key)
