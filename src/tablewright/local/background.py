"""Work that goes on while requests are served: filling new indexes, removing expired items.

In: an engine. Out: its storage, changed in small atomic steps between the requests. It does not
know requests, and meters nothing: the service does not charge the table for either.

Sources: Developer Guide, "Managing Global Secondary Indexes" (backfilling) and "Using time to live"
(expired items are deleted in the background, never those expired for more than five years).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import orjson

from tablewright.capacity.values import number_key
from tablewright.core.errors import EngineError
from tablewright.local.writing import Image, stored_image, write

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Index, Table

CHUNK = 200
INLINE_ITEMS = 2_000
"""Tables up to this many items fill a new index before UpdateTable replies."""

SWEEP_SECONDS = 30.0
OLDEST_EXPIRY_SECONDS = 5 * 365 * 24 * 3600


def _unless_closed(engine: LocalEngine, work: Callable[[], object]) -> None:
    """Do a piece of work in a thread; the database may be closed in the middle of it."""
    try:
        work()
    except EngineError:
        if engine.store.is_open:
            raise


# -- filling indexes ----------------------------------------------------------------------------


def start_backfill(engine: LocalEngine, table: Table, index: Index) -> None:
    """Fill a new global index: at once if the table is small, else beside the requests."""
    name, space, index_name = table.name, table.space, index.name
    if table.held.count is not None and table.held.count <= INLINE_ITEMS:
        backfill(engine, name, space, index_name)
        return
    threading.Thread(
        target=_unless_closed,
        args=(engine, lambda: backfill(engine, name, space, index_name)),
        name=f"backfill {name}.{index_name}",
        daemon=True,
    ).start()


def resume_backfills(engine: LocalEngine) -> None:
    """Fill the indexes that were being filled when the database was closed or killed."""
    for table in list(engine.tables.values()):
        for index in list(table.indexes.values()):
            if index.status == "CREATING":
                start_backfill(engine, table, index)


def backfill(engine: LocalEngine, table_name: str, space: int, index_name: str) -> None:
    """Give every item of a table its entry in a new index, then make the index ACTIVE.

    Writes that come in between keep the index themselves, so that no item is missed or stale.
    """
    low = b""
    while not engine.stopping.is_set():
        with engine.store.writing:
            table = engine.tables.get(table_name)
            index = table.indexes.get(index_name) if table is not None else None
            if table is None or table.space != space or index is None:
                return  # the table or the index was deleted meanwhile
            rows = list(engine.store.range(space, low, None, limit=CHUNK))
            for _, size, raw in rows:
                _put_entry(engine, index, Image(size, raw))
            if len(rows) < CHUNK:
                index.definition["IndexStatus"] = "ACTIVE"
                index.definition.pop("Backfilling", None)
                index.held.count = None
                engine.save(table.definition)
                return
            low = rows[-1][0] + b"\x00"


def _put_entry(engine: LocalEngine, index: Index, image: Image) -> None:
    if index.keys.has(image.item):
        entry = image if index.projected is None else Image.of(index.entry(image.item))
        engine.store.put(index.space, index.entry_key(image.item), entry.size, entry.raw)


def fill_expiry(engine: LocalEngine, table: Table) -> None:
    """Order the items a table holds by expiry. Inside a write."""
    expiry = table.expiry
    assert expiry is not None
    low = b""
    while True:
        rows = list(engine.store.range(table.space, low, None, limit=CHUNK))
        for key, _, raw in rows:
            expiry.change(engine.store, key, None, orjson.loads(raw))
        if len(rows) < CHUNK:
            return
        low = rows[-1][0] + b"\x00"


# -- expired items ------------------------------------------------------------------------------


class Sweeper:
    """Removes expired items from time to time, in a thread that runs once a table has expiry."""

    def __init__(self, engine: LocalEngine, every_seconds: float = SWEEP_SECONDS) -> None:
        self._engine = engine
        self._every = every_seconds
        self._thread: threading.Thread | None = None
        self.after: Callable[[], None] | None = None
        """Called after items were removed."""

    def start(self) -> None:
        """Start sweeping, if it has not started yet."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="expiry", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._engine.stopping.wait(self._every):
            _unless_closed(self._engine, self._sweep)

    def _sweep(self) -> None:
        if sweep(self._engine) and self.after is not None:
            self.after()


def sweep(engine: LocalEngine) -> int:
    """Remove all items expired by now; return how many."""
    removed = 0
    for name in list(engine.tables):
        while not engine.stopping.is_set():
            count = _sweep_some(engine, name)
            removed += count
            if count < CHUNK:
                break
    return removed


def _sweep_some(engine: LocalEngine, name: str) -> int:
    now = int(engine.clock())
    oldest = max(0, now - OLDEST_EXPIRY_SECONDS)
    with engine.store.writing:
        table = engine.tables.get(name)
        if table is None or table.expiry is None:
            return 0
        low, high = number_key(str(oldest)), number_key(str(now))
        rows = list(engine.store.range(table.expiry.space, low, high, limit=CHUNK))
        for _, _, key in rows:
            old = stored_image(engine, table, key)
            write(engine, table, key, old, None, None, by_service=True)
    if engine.undelivered:
        engine.hand_over()
    return len(rows)
