"""Ordered spaces of bytes → (size, bytes), in memory or in one file, with atomic writes.

In: space numbers, keys, DynamoDB sizes and stored bytes. Out: the same, in key order. Each space is
one map ordered by key bytes; a table, each of its indexes and every system list is one space. It
does not know items, schemas or DynamoDB.

SQLite keeps the file: an ordered, crash-safe, inspectable format. Every acknowledged write has been
handed to the operating system, so it survives a killed process; with `durable` it is on the disk,
so it survives a power cut. Writes of several threads that wait together are committed together.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol

from tablewright.core.errors import EngineError

FORMAT_VERSION = 1
APPLICATION_ID = 0x54626C77  # "Tblw": marks the file as ours in SQLite's header
PAGE_BYTES = 4096
CACHE_KB = 24 * 1024
CHECKPOINT_PAGES = 2000  # 8 MB: larger ones are rarer, but stall one write for longer
MAX_GROUP = 64

Row = tuple[bytes, int, bytes]


class Rows(Protocol):
    """Rows of a space, in order: to iterate over, or to take some at a time."""

    def __iter__(self) -> Iterator[Row]: ...

    def __next__(self) -> Row: ...

    def fetchmany(self, size: int) -> list[Row]:
        """Return the next rows, at most `size`; none at the end."""


class KeyValueStore:
    """Ordered maps in one SQLite database. All methods may be called from any thread.

    Reads happen inside `with store.reading:`, writes inside `with store.writing:`. A writing block
    that ends without an exception is committed before it returns; one that raises is undone.

    Raises:
        EngineError: the file is in use, damaged, of another version, or not ours.
    """

    def __init__(self, path: Path | None = None, *, durable: bool = False) -> None:
        self.path = path
        self._groups = durable and path is not None
        self._lock = threading.RLock()
        self._turn = threading.Condition(threading.Lock())
        self._waiting = 0  # threads on their way into a writing block
        self._pending = 0  # finished blocks that the next commit will acknowledge
        self._round = 0  # counts commits
        self._failures: dict[int, Exception] = {}  # of commits, by round
        self._held = 0  # blocks of any kind that the thread with the lock is in
        self._depth = 0  # of these, writing ones
        self._deferring = False  # inside `group`
        self._wrote = False  # the current block has written
        self._savepoint = False  # the current block shares its transaction with finished ones
        self._in_transaction = False
        self.is_open = True
        self.on_undo: Callable[[], None] = _nothing
        """Called when written blocks are taken back: what was derived from them is stale."""
        self._statements: dict[int, _Statements] = {}
        self.reading = _Reading(self)
        self.writing = _Writing(self)
        self._db = _connect(path, durable=durable)
        self._execute = self._db.execute

    # -- spaces ---------------------------------------------------------------------------------

    def create(self, space: int) -> None:
        """Add an empty space."""
        self._begin()
        self._execute(
            f"CREATE TABLE s{space} (k BLOB NOT NULL UNIQUE, z INTEGER NOT NULL, v BLOB NOT NULL)"
        )

    def drop(self, space: int) -> None:
        """Remove a space and all it holds."""
        self._begin()
        self._execute(f"DROP TABLE s{space}")

    def copy(self, source: int, target: int) -> None:
        """Put every row of one space into another, in place of what has the same key."""
        self._begin()
        self._execute(f"INSERT OR REPLACE INTO s{target} SELECT k, z, v FROM s{source} ORDER BY k")

    def spaces(self) -> set[int]:
        """Return the numbers of all spaces."""
        rows = self._execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {int(name[1:]) for (name,) in rows if name[0] == "s" and name[1:].isdigit()}

    def get(self, space: int, key: bytes) -> tuple[int, bytes] | None:
        """Return the size and bytes stored under a key."""
        row: tuple[int, bytes] | None = self._execute(self._sql(space).get, (key,)).fetchone()
        return row

    def put(self, space: int, key: bytes, size: int, value: bytes) -> None:
        """Store bytes under a key, in place of what was there."""
        if not self._wrote:
            self._begin()
        self._execute(self._sql(space).put, (key, size, value))

    def delete(self, space: int, key: bytes) -> None:
        """Remove a key, if it is there."""
        if not self._wrote:
            self._begin()
        self._execute(self._sql(space).delete, (key,))

    def range(
        self,
        space: int,
        low: bytes = b"",
        high: bytes | None = None,
        *,
        is_reverse: bool = False,
        limit: int = -1,
    ) -> Rows:
        """Return the rows with low <= key < high in key order, or backwards.

        Use the rows inside the block they were asked for in.
        """
        sql = self._sql(space)
        if high is None:
            return self._execute(
                sql.backward_to_end if is_reverse else sql.forward_to_end, (low, limit)
            )
        return self._execute(sql.backward if is_reverse else sql.forward, (low, high, limit))

    def totals(self, space: int) -> tuple[int, int]:
        """Return how many keys a space has and the sum of their sizes, by reading all of it."""
        count, size = self._execute(f"SELECT count(*), total(z) FROM s{space}").fetchone()
        return count, int(size)

    def range_bytes(self, space: int, low: bytes, high: bytes | None) -> int:
        """Return the sum of the sizes in a range of keys."""
        sql = f"SELECT total(z) FROM s{space} WHERE k >= ? AND (? IS NULL OR k < ?)"
        return int(self._execute(sql, (low, high, high)).fetchone()[0])

    def _sql(self, space: int) -> _Statements:
        statements = self._statements.get(space)
        if statements is None:
            statements = self._statements[space] = _Statements(space)
        return statements

    # -- transactions ---------------------------------------------------------------------------

    @contextlib.contextmanager
    def group(self) -> Iterator[None]:
        """Commit all writes of the block together at its end: none is acknowledged before."""
        with self._lock:
            self._check_open()
            self._deferring = True
            self._held += 1
            try:
                yield
            finally:
                self._held -= 1
                self._deferring = False
                if self._in_transaction:
                    self._commit()

    @property
    def is_grouping(self) -> bool:
        """Whether writes are held back until the end of a group."""
        return self._deferring

    def close(self) -> None:
        """Write out what is left and close the file. Closing twice does no harm."""
        with self._lock:
            if not self.is_open:
                return
            self.is_open = False
            if self._in_transaction:
                self._commit()
            self._db.close()

    def copy_to(self, path: Path) -> None:
        """Write everything there is to a new file, as of one moment."""
        with self.reading, contextlib.closing(sqlite3.connect(path)) as target:
            self._db.backup(target)

    def _check_open(self) -> None:
        if not self.is_open:
            raise EngineError("the database is closed")

    def _begin(self) -> None:
        """Open the transaction, or a savepoint in it, before the first write of a block."""
        if self._wrote:
            return
        assert self._depth, "writes belong inside `with store.writing`"
        if self._in_transaction:
            self._execute("SAVEPOINT block")
            self._savepoint = True
        else:
            self._execute("BEGIN IMMEDIATE")
            self._in_transaction = True
        self._wrote = True

    def _undo(self, problem: BaseException | None) -> None:
        """Take back what the current block wrote."""
        if not self._db.in_transaction:
            # SQLite has taken back the whole transaction (the disk is full): others' blocks too.
            self._end_round(problem if isinstance(problem, Exception) else RuntimeError("undone"))
        elif self._savepoint:
            self._execute("ROLLBACK TO block")
            self._execute("RELEASE block")
        else:
            self._execute("ROLLBACK")
            self._in_transaction = False
        self.on_undo()

    def _commit(self) -> None:
        """Commit, and wake the blocks that wait for it; a failure is theirs too."""
        round_ = self._round
        try:
            self._execute("COMMIT")
        except sqlite3.Error as problem:
            if self._db.in_transaction:
                self._execute("ROLLBACK")
            self._end_round(problem)
            self.on_undo()
            self._raise_failure(round_)
        self._end_round(None)

    def _end_round(self, problem: Exception | None) -> None:
        """Tell the blocks that wait for the commit how it went."""
        if problem is not None:
            self._failures[self._round] = problem
        self._in_transaction = False
        if self._groups:
            with self._turn:
                self._pending = 0
                self._round += 1
                self._turn.notify_all()
        else:
            self._round += 1

    def _raise_failure(self, round_: int) -> None:
        if round_ in self._failures:
            problem = self._failures[round_]
            raise EngineError(f"the write could not be stored: {problem}") from problem

    def _wait_for_commit(self, round_: int) -> None:
        with self._turn:
            while self._round == round_:
                self._turn.wait()
        self._raise_failure(round_)


def _nothing() -> None:
    pass


class _Reading:
    """The block in which a thread reads."""

    __slots__ = ("_store",)

    def __init__(self, store: KeyValueStore) -> None:
        self._store = store

    def __enter__(self) -> None:
        store = self._store
        store._lock.acquire()
        if not store.is_open:
            store._lock.release()
            store._check_open()
        store._held += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        store = self._store
        store._held -= 1
        # What was read may be part of a write that is not on the disk yet: wait for it. Whoever
        # still holds the lock must not wait: nobody else could commit.
        is_ahead = store._pending > 0 and store._held == 0
        round_ = store._round
        store._lock.release()
        if is_ahead:
            store._wait_for_commit(round_)


class _Writing:
    """The block in which a thread writes. Blocks nest; the outermost one is the atomic write."""

    __slots__ = ("_store",)

    def __init__(self, store: KeyValueStore) -> None:
        self._store = store

    def __enter__(self) -> None:
        store = self._store
        if store._groups:
            with store._turn:
                store._waiting += 1
            store._lock.acquire()
            with store._turn:
                store._waiting -= 1
        else:
            store._lock.acquire()
        if not store.is_open:
            store._lock.release()
            store._check_open()
        store._held += 1
        store._depth += 1
        if store._depth == 1:
            store._wrote = store._savepoint = False

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        store = self._store
        store._held -= 1
        store._depth -= 1
        if store._depth:
            store._lock.release()
            return
        waits = False
        round_ = store._round
        try:
            if store._wrote:
                if kind is not None:
                    store._undo(problem)
                elif store._savepoint:
                    store._execute("RELEASE block")
                waits = store._groups and kind is None
                store._wrote = False
            if store._in_transaction and not store._deferring:
                if waits:
                    store._pending += 1
                can_wait = store._groups and store._waiting > 0 and store._held == 0
                if not can_wait or store._pending >= MAX_GROUP:
                    store._commit()
                    waits = False
            else:
                waits = False
        except sqlite3.Error as trouble:
            raise EngineError(f"the write could not be stored: {trouble}") from trouble
        finally:
            store._lock.release()
        if waits:
            store._wait_for_commit(round_)


class _Statements:
    """The SQL of one space, as text that SQLite's statement cache recognises."""

    __slots__ = (
        "backward", "backward_to_end", "delete", "forward", "forward_to_end", "get", "put"
    )  # fmt: skip

    def __init__(self, space: int) -> None:
        table = f"s{space}"
        self.get = f"SELECT z, v FROM {table} WHERE k = ?"
        self.put = (
            f"INSERT INTO {table} VALUES (?, ?, ?) "
            "ON CONFLICT (k) DO UPDATE SET z = excluded.z, v = excluded.v"
        )
        self.delete = f"DELETE FROM {table} WHERE k = ?"
        rows = f"SELECT k, z, v FROM {table} WHERE k >= ?"
        self.forward = f"{rows} AND k < ? ORDER BY k LIMIT ?"
        self.backward = f"{rows} AND k < ? ORDER BY k DESC LIMIT ?"
        self.forward_to_end = f"{rows} ORDER BY k LIMIT ?"
        self.backward_to_end = f"{rows} ORDER BY k DESC LIMIT ?"


def _connect(path: Path | None, *, durable: bool) -> sqlite3.Connection:
    if path is None:
        db = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False, cached_statements=1024
        )
        db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        db.execute("PRAGMA journal_mode = MEMORY")
        return db
    if not path.parent.is_dir():
        raise EngineError(f"cannot create {path}: the folder {path.parent} does not exist")
    try:
        # Readable by its owner alone; SQLite gives the files beside it the same mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as problem:
        raise EngineError(f"cannot open {path}: {problem.strerror}") from problem
    try:
        db = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=1024, timeout=0
        )
    except sqlite3.Error as problem:
        raise EngineError(f"cannot open {path}: {problem}") from problem
    try:
        _prepare(db, path, durable=durable)
    except sqlite3.OperationalError as problem:
        db.close()
        if "locked" in str(problem):
            raise EngineError(
                f"{path} is in use by another process, or open already in this one",
                remedy="close the other one, or give another file",
            ) from problem
        raise EngineError(f"cannot open {path}: {problem}") from problem
    except sqlite3.DatabaseError as problem:
        db.close()
        raise EngineError(
            f"{path} is damaged, or is not a Tablewright database: {problem}",
            remedy="restore it from a backup, or give another file",
        ) from problem
    except EngineError:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, path: Path, *, durable: bool) -> None:
    db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and (tables or application):
        raise EngineError(
            f"{path} is an SQLite file of another program", remedy="give another file"
        )
    if application == APPLICATION_ID and version != FORMAT_VERSION:
        raise EngineError(
            f"{path} has format {version}, this Tablewright reads format {FORMAT_VERSION}",
            remedy="export it with the version that wrote it, and import it here",
        )
    db.execute("PRAGMA journal_mode = WAL")
    db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    db.execute(f"PRAGMA cache_size = -{CACHE_KB}")
    db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    db.execute("BEGIN EXCLUSIVE")  # takes the lock that says the file is in use
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
    db.execute("COMMIT")
