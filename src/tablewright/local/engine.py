"""The inside of a Database: storage, tables and settings that the operations share.

In: a path. Out: an object that operations read from and write to. It does not know requests.

Space 0 of the store is the catalogue: the definition of every table under its name, and a few facts
of the engine under keys that begin with a zero byte. Tables and indexes have a space each.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import orjson

from tablewright.core.errors import EngineError
from tablewright.local.background import Sweeper, resume_backfills
from tablewright.local.bulk import end_interrupted
from tablewright.local.changes import record_change
from tablewright.local.contributors import Contributors, Target
from tablewright.local.faults import ResourceNotFoundException
from tablewright.local.insights import load_contributors
from tablewright.local.metering import Meter
from tablewright.local.register import drop_left_snapshots
from tablewright.local.replication import load_outboxes
from tablewright.local.storage import KeyValueStore
from tablewright.local.tables import Held, Index, Table, TokenRecord
from tablewright.local.validation import layer_of
from tablewright.local.vectors.index import VectorIndex
from tablewright.local.vectors.updating import resume_filling
from tablewright.local.vectors.writing import written_bytes
from tablewright.local.writing import Image

REGION = "us-east-1"
ACCOUNT = "000000000000"

SAVE_EVERY = 1_000
"""Writes between two savings of the counters."""

MAX_RECOUNT = 200_000
"""Up to how many items a table is counted again after a crash."""

OnChange: TypeAlias = Callable[[Table, "Item | None", "Item | None", bool], None]
"""The table, the item before and after, and whether the service itself made the change."""
Item: TypeAlias = dict[str, Any]

CATALOGUE = 0
_NEXT_SPACE = b"\x00next space"
_COUNTERS = b"\x00counters"
_TOKEN = b"\x00token\x00"


class LocalEngine:
    """What the operations of one Database share.

    Attributes:
        region: the region whose words it speaks, and that ARNs name.
        write_layer: the validation layer of PutItem, UpdateItem and DeleteItem there.
        read_layer: the validation layer of GetItem, BatchGetItem and Query there.
        tables: every table by name.
        clock: seconds since the epoch.
        buckets: the folder whose folders stand for S3 buckets; None until one is needed in memory.
        deliver: takes the records for Kinesis destinations, with the ARN of the stream.
        on_change: called inside the write with each changed item of a table that is watched.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        durable: bool,
        clock: Callable[[], float],
        region: str = REGION,
    ) -> None:
        self.region = region
        self.write_layer = layer_of("PutItem", region)
        self.read_layer = layer_of("Query", region)
        self.account = ACCOUNT
        self.clock = clock
        self.store = KeyValueStore(path, durable=durable)
        self.buckets = path.with_name(f"{path.name}.buckets") if path is not None else None
        self.tables: dict[str, Table] = {}
        self.carries_policies = False
        """Whether any table or stream has a resource policy."""
        self.on_change: OnChange = partial(record_change, self)
        self.deliver: Callable[[str, dict[str, Any]], None] | None = None
        self.undelivered: list[tuple[str, dict[str, Any]]] = []
        """Records for Kinesis destinations of writes that are not done yet."""
        self.on_background: Callable[[Meter], None] | None = None
        """Told what work consumed that went on after its request was answered."""
        self.stopping = threading.Event()
        self.vector_recall: float | None = None
        """The recall an approximate vector search is to reach; None searches exactly."""
        self.vector_index_seconds = 0.0
        """How long the creation of a vector index takes at the least."""
        self.contributors: dict[Target, Contributors] = {}
        """What is counted by key, of each table and index with Contributor Insights."""
        self.peers: Mapping[str, LocalEngine] = {}
        """The engines of all regions by name, this one included; empty if there is only this."""
        self.replica_lag_seconds = 0.0
        """How long changes of global tables are under way to other regions."""
        self.is_applying = False
        """Whether the current write applies changes of another region."""
        self.outboxes: set[str] = set()
        """The regions that changes are under way to."""
        self._writes = 0
        self._temporary: TemporaryDirectory[str] | None = None
        self._tokens: dict[str, TokenRecord] = {}
        """What is kept of recent transactions by token, oldest first."""
        self.sweeper = Sweeper(self)
        try:
            self._open_catalogue()
            drop_left_snapshots(self)
            end_interrupted(self)
        except (sqlite3.DatabaseError, ValueError, KeyError) as problem:
            with contextlib.suppress(sqlite3.DatabaseError):
                self.store.close()
            raise EngineError(
                f"{path} is damaged: {problem}",
                remedy="restore it from a backup, or give another file",
            ) from problem
        with self.store.reading:
            self.outboxes = load_outboxes(self)
        self.contributors = load_contributors(self)
        resume_backfills(self)
        resume_filling(self)
        if any(table.expiry is not None for table in self.tables.values()):
            self.sweeper.start()

    # -- catalogue ------------------------------------------------------------------------------

    def table(self, name: str) -> Table:
        """Return a table by its name or ARN.

        Raises:
            ResourceNotFoundException: there is none of that name.
        """
        table = self.tables.get(name)
        if table is None:
            table = self.tables.get(table_name(name))
            if table is None:
                raise ResourceNotFoundException("Requested resource not found")
        return table

    def arn(self, table: str) -> str:
        """Return the ARN of a table."""
        return f"arn:aws:dynamodb:{self.region}:{self.account}:table/{table}"

    def new_space(self) -> int:
        """Create a space and return its number. Call it inside a write."""
        stored = self.store.get(CATALOGUE, _NEXT_SPACE)
        number = int(stored[1]) if stored else 1
        self.store.put(CATALOGUE, _NEXT_SPACE, 0, b"%d" % (number + 1))
        self.store.create(number)
        return number

    def save(self, definition: dict[str, Any]) -> Table:
        """Store a table's definition and return the table it describes. Inside a write."""
        table = Table.of(definition)
        self.store.put(CATALOGUE, table.name.encode(), 0, orjson.dumps(definition))
        old = self.tables.get(table.name)
        if old is not None and old.space == table.space:
            old.redefine(table)  # in place: a request that waits for the lock holds it already
            table = old
        self.tables[table.name] = table
        self._look_for_policies()
        return table

    def remove(self, table: Table) -> None:
        """Drop a table with its indexes and everything they hold. Inside a write."""
        for space in table.spaces:
            self.store.drop(space)
        self.store.delete(CATALOGUE, table.name.encode())
        del self.tables[table.name]
        self._look_for_policies()
        for target in [each for each in self.contributors if each[0] == table.name]:
            del self.contributors[target]

    def counts(self, counted: Table | Index | VectorIndex) -> tuple[int, int]:
        """Return how many items a table or an index holds and their bytes. Inside a read."""
        if counted.held.count is None:
            counted.held.count, counted.held.bytes = self.store.totals(counted.space)
            if (
                isinstance(counted, Table) and counted.vectors
            ):  # stored sizes count the digits of vectors
                counted.held.bytes = sum(
                    written_bytes(counted, Image(size, raw)) or 0
                    for _, size, raw in self.store.range(counted.space)
                )
        return counted.held.count, counted.held.bytes

    # -- tokens of transactions -----------------------------------------------------------------

    def token(self, token: str, since: float) -> TokenRecord | None:
        """Return what is kept under a token no older than `since`. Inside a write.

        Older tokens are forgotten on the way.
        """
        oldest = next(iter(self._tokens.items()), None)
        while oldest is not None and oldest[1].moment < since:
            del self._tokens[oldest[0]]
            self.store.delete(CATALOGUE, _TOKEN + oldest[0].encode())
            oldest = next(iter(self._tokens.items()), None)
        known = self._tokens.get(token)
        return known if known is not None and known.moment >= since else None

    def keep_token(self, token: str, record: TokenRecord) -> None:
        """Keep what a repetition of a transaction needs under its token. Inside a write."""
        self._tokens[token] = record
        self.store.put(CATALOGUE, _TOKEN + token.encode(), 0, orjson.dumps(list(record)))

    def _open_catalogue(self) -> None:
        store = self.store
        with store.writing:
            if CATALOGUE not in store.spaces():
                store.create(CATALOGUE)
            stored = store.get(CATALOGUE, _COUNTERS)
            counters = orjson.loads(stored[1]) if stored else {}
            is_exact = counters.pop("is_exact", True)
            self._read_tables()
            for table in self.tables.values():
                for counted in table.counted:
                    counted.held = Held(*counters.get(str(counted.space), (None, 0)))
                    if not is_exact and (counted.held.count or 0) <= MAX_RECOUNT:
                        counted.held.count = None
            if stored and is_exact:
                self._save_counters(is_exact=False)  # until the next clean end
        store.on_undo = self._read_tables

    def _read_tables(self) -> None:
        """Read tables and tokens as they are stored, when opening and after writes are undone."""
        records = [
            (key[len(_TOKEN) :].decode(), _token_record(orjson.loads(value)))
            for key, _, value in self.store.range(CATALOGUE, _TOKEN, b"\x00tokens")
        ]
        self._tokens = dict(sorted(records, key=lambda record: record[1].moment))
        stored = [orjson.loads(value) for _, _, value in self.store.range(CATALOGUE, b"\x01")]
        tables = {}
        for definition in stored:
            table = Table.of(definition)
            known = self.tables.get(table.name)
            if known is not None and known.space == table.space:
                known.redefine(table)
                table = known
                table.forget_vectors()
            for counted in table.counted:
                counted.held.count = None  # to be counted again
            tables[table.name] = table
        self.tables = tables
        self._look_for_policies()

    def _look_for_policies(self) -> None:
        self.carries_policies = any(
            "ResourcePolicy" in table.definition or "StreamPolicy" in table.definition
            for table in self.tables.values()
        )

    def hand_over(self) -> None:
        """Hand the records of writes that are done to whoever takes those for Kinesis."""
        records, self.undelivered = self.undelivered, []
        if self.deliver is not None:
            for arn, record in records:
                self.deliver(arn, record)

    def note_write(self) -> None:
        """Save the counters now and then, so that a crash does not lose them all. In a write."""
        self._writes += 1
        if self._writes % SAVE_EVERY == 0:
            self._save_counters(is_exact=False)

    def _save_counters(self, *, is_exact: bool) -> None:
        """Keep how much tables and indexes hold.

        After a crash small ones are counted again when asked, large ones go on from here.
        """
        counters: dict[str, Any] = {
            str(counted.space): (counted.held.count, counted.held.bytes)
            for table in self.tables.values()
            for counted in table.counted
            if counted.held.count is not None
        }
        counters["is_exact"] = is_exact
        self.store.put(CATALOGUE, _COUNTERS, 0, orjson.dumps(counters))

    def temporary_folder(self) -> Path:
        """Return a folder that is removed when the database is closed."""
        if self._temporary is None:
            self._temporary = TemporaryDirectory(prefix="tablewright-")
        return Path(self._temporary.name)

    def close(self) -> None:
        """Stop background work and close the file."""
        self.stopping.set()
        if self.store.is_open:
            with self.store.writing:
                self._save_counters(is_exact=True)
        self.store.close()
        if self._temporary is not None:
            self._temporary.cleanup()


def _token_record(stored: list[Any]) -> TokenRecord:
    """Return a stored token; files of version 0.1 keep no sizes, and are good for ten minutes."""
    digest, moment, *sizes = stored
    return TokenRecord(digest, moment, tuple(sizes[0]) if sizes else ())


def table_name(name_or_arn: str) -> str:
    """Return the name of a table given by name or ARN.

    Example:
        >>> table_name("arn:aws:dynamodb:us-east-1:000000000000:table/Orders")
        'Orders'
    """
    if name_or_arn.startswith("arn:") and ":table/" in name_or_arn:
        return name_or_arn.split(":table/", 1)[1].split("/", 1)[0]
    return name_or_arn
