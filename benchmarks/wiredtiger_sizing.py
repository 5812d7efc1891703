"""What WiredTiger, MongoDB's storage engine, keeps and writes: the constants of MongoDB's sizing.

    pip install wiredtiger        (GPL; needs a C compiler and SWIG)
    python benchmarks/wiredtiger_sizing.py [--documents 60000] [--updates 20000]

No MongoDB server is in a package index, but its storage engine is. The documents and the index keys
of the reference applications are written to it with the settings that mongod gives its collections
and indexes, a key as MongoDB writes it: type and content of each value in a form that sorts, then
the record id. Shown are, for each byte that the model counts, the bytes of the files and, opened
again and read whole, of the cache: of what was written once, and of a collection that grows and is
updated between checkpoints, as a running application's is; then blocks and log flushes of random
updates. What the server itself takes to answer a command is not in it.
"""

from __future__ import annotations

import argparse
import random
import statistics
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import bson
from simulated_day import session_on

from tablewright import apps
from tablewright.capacity.documents import ObjectKey, index_entry_bytes
from tablewright.engines.mongodb.codec import MongoCodec
from tablewright.engines.mongodb.design import Collection, MongoDesign
from tablewright.operate.seed import plan_seed, records_of
from tablewright.sample.sample import Sample
from tablewright.session import Session

APPS = ("auxeira", "llm-proxy", "mongocollectibles", "poafix", "screen-time-journey")
LEAST_KEYS = 5_000
"""A smaller index is a handful of pages, of which one is as full as it happens to be."""
CACHE_BYTES = 2**30
SMALL_CACHE_BYTES = 10 * 2**20
CHECKPOINTS = 30
TABLE = (
    "key_format=q,value_format=u,allocation_size=4KB,internal_page_max=4KB,leaf_page_max=32KB,"
    "leaf_value_max=64MB,split_pct=90,memory_page_max=10MB,prefix_compression=false"
)
INDEX = (
    "key_format=u,value_format=u,allocation_size=4KB,internal_page_max=16KB,leaf_page_max=16KB,"
    "prefix_compression="
)
OPTIONS: bson.CodecOptions[Any] = bson.CodecOptions(
    uuid_representation=bson.binary.UuidRepresentation.STANDARD
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def key_string(values: Sequence[Any], record: int) -> bytes:
    """Return an index key as MongoDB writes it, near enough for its size and its beginnings."""
    return b"".join(_sortable(value) for value in values) + b"\x04" + record_id(record)


def _sortable(value: Any) -> bytes:
    if value is None:
        return b"\x14"
    if isinstance(value, bool):
        return b"\x6f" if value else b"\x6e"
    if isinstance(value, str):
        return b"\x3c" + value.encode() + b"\x00"
    if isinstance(value, int):
        content = abs(2 * value).to_bytes(8).lstrip(b"\x00")
        return bytes([0x2A + len(content)]) + content
    if isinstance(value, float):
        return b"\x32" + struct.pack(">d", value)
    if isinstance(value, bson.Decimal128 | Decimal):
        return b"\x32" + struct.pack(">d", float(str(value)))
    if isinstance(value, bson.ObjectId):
        return b"\x64" + value.binary
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return b"\x78" + int((moment - EPOCH).total_seconds() * 1000 + 2**63).to_bytes(8)
    content = value.bytes if isinstance(value, UUID) else bytes(value)
    return b"\x5a" + bytes([min(255, len(content)), 4]) + content


def record_id(number: int) -> bytes:
    """Return a record id as it ends a key: its length in three bits at both ends."""
    more = max(0, -(-(number.bit_length() - 10) // 8))
    middle = ((number >> 5) & ((1 << 8 * more) - 1)).to_bytes(more)
    first = more << 5 | number >> (5 + 8 * more)
    return bytes([first]) + middle + bytes([(number & 31) << 3 | more])


def collections(session: Session, most: int) -> Iterator[tuple[Collection, list[dict[str, Any]]]]:
    """Yield each collection of an application's usual design with so many documents at most."""
    model = session.model
    design = session.engines["mongodb"].usual_design(model)
    assert isinstance(design, MongoDesign)
    codec = MongoCodec(model, design)
    connector = session.engines["mongodb"].connector
    users = max(10, min(100_000, most))
    book = session.book()
    evaluation = connector.population(model, design, users, book, region=session.region)
    sample = Sample(model)
    plan = plan_seed(connector, codec, sample, evaluation, Decimal(0))
    for part in plan.parts:
        documents: list[dict[str, Any]] = []
        for records in records_of(codec, sample, part, 0, users):
            documents += [native(record.content) for record in records]
            if len(documents) >= most:
                break
        yield design.collection(part.kind.container), documents


def native(value: Any) -> Any:
    """Return a value in pymongo's types."""
    if isinstance(value, Mapping):
        return {name: native(each) for name, each in value.items()}
    if isinstance(value, list):
        return [native(each) for each in value]
    if isinstance(value, Decimal):
        return bson.Decimal128(value)
    return bson.ObjectId(value.hexadecimal) if isinstance(value, ObjectKey) else value


def at(document: Any, path: str) -> Any:
    """Return the value at a path, the first of a list."""
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    if isinstance(document, list):
        return document[0] if document and not isinstance(document[0], dict) else None
    return None if isinstance(document, dict) else document


class Store:
    """A WiredTiger database in a folder."""

    def __init__(self, folder: Path, *, cache_bytes: int = CACHE_BYTES) -> None:
        import wiredtiger

        self.stat, self.file_stat = wiredtiger.stat.conn, wiredtiger.stat.dsrc
        self.conflict = wiredtiger.WiredTigerRollbackError
        self.folder = folder
        config = f"create,cache_size={cache_bytes},statistics=(fast),log=(enabled=true)"
        self.connection = wiredtiger.wiredtiger_open(str(folder), config)
        self.session = self.connection.open_session()

    def close(self) -> None:
        """Close the database."""
        self.connection.close()

    def written(self, name: str, config: str, pairs: Sequence[tuple[Any, bytes]]) -> int:
        """Write pairs into a new file in their order; return its bytes after a checkpoint."""
        self.session.create(f"file:{name}.wt", config)
        cursor = self.session.open_cursor(f"file:{name}.wt", None, None)
        for key, value in pairs:
            cursor[key] = value
        cursor.close()
        self.session.checkpoint(None)
        return self.file_bytes(name)

    def file_bytes(self, name: str) -> int:
        """Return the bytes of a file, its free blocks among them."""
        return (self.folder / f"{name}.wt").stat().st_size

    def free_bytes(self, name: str) -> int:
        """Return the bytes of a file's blocks that hold nothing any more."""
        return self._of_file(name, "block_reuse_bytes")

    def cached_bytes(self, name: str) -> int:
        """Read a file whole; return the bytes that its pages take in the cache."""
        cursor = self.session.open_cursor(f"file:{name}.wt", None, None)
        while cursor.next() == 0:
            pass
        cursor.close()
        return self._of_file(name, "cache_bytes_inuse")

    def _of_file(self, name: str, statistic: str) -> int:
        cursor = self.session.open_cursor(f"statistics:file:{name}.wt", None, "statistics=(fast)")
        value = int(cursor[getattr(self.file_stat, statistic)][2])
        cursor.close()
        return value

    def counter(self, name: str) -> int:
        """Return a statistic of the connection."""
        cursor = self.session.open_cursor("statistics:", None, None)
        value = int(cursor[getattr(self.stat, name)][2])
        cursor.close()
        return value


def sizes(folder: Path, most: int) -> None:
    """Print the bytes of indexes and documents in files and in the cache for one counted."""
    print(f"{'written once':60}{'keys':>8}{'prefix':>8}{'file':>8}{'cache':>8}")
    figures: dict[str, list[tuple[float, int]]] = {}
    for app in APPS:
        counted: dict[str, int] = {}
        in_files: dict[str, tuple[int, int, int]] = {}
        place = _made(folder / app)
        store = Store(place)
        for collection, documents in collections(session_on(apps.read(app)), most):
            if len(documents) < LEAST_KEYS:
                continue
            name = collection.name
            bodies = [bson.encode(document, codec_options=OPTIONS) for document in documents]
            disk = store.written(f"{name}-data", TABLE, list(enumerate(bodies, 1)))
            counted[f"{name}-data"] = sum(map(len, bodies))
            in_files[f"{name}-data"] = (len(bodies), disk, disk)
            ways = [("_id_", ("_id",))]
            ways += [(index.name, index.paths) for index in collection.indexes]
            for label, paths in ways:
                rows = [[at(document, path) for path in paths] for document in documents]
                if any(value is None for row in rows for value in row):
                    continue  # places, and attributes that many documents do not have
                keys = [(key_string(row, n), b"") for n, row in enumerate(rows, 1)]
                plain = store.written(f"{name}-{label}-p", INDEX + "false", keys)
                short = store.written(f"{name}-{label}", INDEX + "true", keys)
                counted[f"{name}-{label}"] = sum(index_entry_bytes(_plain(row)) for row in rows)
                in_files[f"{name}-{label}"] = (len(keys), plain, short)
        store.close()
        store = Store(place)
        for name, (keys_there, plain, disk) in in_files.items():
            cached, whole = store.cached_bytes(name), counted[name]
            kind = "documents" if name.endswith("-data") else "indexes"
            for what, share in (
                ("prefix compression", disk / plain),
                ("file", disk / whole),
                ("cache", cached / whole),
            ):
                figures.setdefault(f"{kind}, {what}", []).append((share, whole))
            print(
                f"{app + ' ' + name:60}{keys_there:8,}{disk / plain:8.2f}{disk / whole:8.2f}"
                f"{cached / whole:8.2f}"
            )
        store.close()
    print()
    for label, shares in figures.items():
        ordered = sorted(share for share, _ in shares)
        weight = sum(size for _, size in shares)
        mean = sum(share * size for share, size in shares) / weight
        tenth = len(ordered) // 10
        print(
            f"{label:30} mean by bytes {mean:.2f}, median {statistics.median(ordered):.2f}, eight "
            f"of ten {ordered[tenth]:.2f} to {ordered[-1 - tenth]:.2f}, {len(shares)} files"
        )


def _plain(row: Sequence[Any]) -> list[Any]:
    """Return values as the model counts them."""
    return [
        ObjectKey(str(value))
        if isinstance(value, bson.ObjectId)
        else value.to_decimal()
        if isinstance(value, bson.Decimal128)
        else value
        for value in row
    ]


def running(folder: Path, entries: int) -> None:
    """Print what a collection takes that grows and is updated between checkpoints.

    Half of the documents are there at first. Of the others a thirtieth is inserted before each
    checkpoint, and two hundred documents or as many as are inserted are written again.
    """
    orders: dict[str, Callable[[random.Random, int], tuple[Any, ...]]] = {
        "at random": lambda chance, n: (UUID(bytes=chance.randbytes(16)),),
        "by user, then time": lambda chance, n: (
            f"user-{chance.randrange(entries // 20):08}",
            EPOCH + timedelta(seconds=10**9 + n),
        ),
        "by time": lambda chance, n: (EPOCH + timedelta(seconds=10**9 + n),),
    }
    each = entries // 2 // CHECKPOINTS
    print(
        f"{entries:,} documents; for each byte counted: file, of that live, cache when read whole"
    )
    for document_bytes, updates in ((400, 200), (400, 1000), (400, each), (100, 200), (2000, 200)):
        for label, order in orders.items():
            place = _made(folder / f"{label}-{document_bytes}-{updates}")
            counted = _grown(
                Store(place, cache_bytes=SMALL_CACHE_BYTES), order, entries, document_bytes, updates
            )
            store = Store(place)
            print(
                f"  {label}, documents of {document_bytes} bytes, "
                f"{updates:,} updates and {each:,} inserts a checkpoint"
            )
            for name, whole in counted.items():
                size = store.file_bytes(name)
                live = size - store.free_bytes(name)
                print(
                    f"    {name:8}{size / whole:6.2f}{live / whole:6.2f}"
                    f"{store.cached_bytes(name) / whole:6.2f}"
                )
            store.close()


def _grown(
    store: Store,
    order: Callable[[random.Random, int], tuple[Any, ...]],
    entries: int,
    document_bytes: int,
    updates: int,
) -> dict[str, int]:
    """Fill a collection and its index; return the bytes counted of either."""
    chance = random.Random(1)
    bodies = [
        bytes(chance.randrange(97, 123) for _ in range(document_bytes * (32 + n) // 64))
        for n in range(64)
    ]
    lengths: dict[int, int] = {}
    index_bytes = 0
    store.written("data", TABLE, ())
    store.written("index", INDEX + "true", ())
    data = store.session.open_cursor("file:data.wt", None, None)
    index = store.session.open_cursor("file:index.wt", None, None)

    def write(number: int) -> None:
        body = bodies[chance.randrange(64)]
        data[number] = body
        lengths[number] = len(body)

    for number in range(1, entries + 1):
        write(number)
        row = order(chance, number)
        index[key_string(row, number)] = b""
        index_bytes += index_entry_bytes(row)
        since = number - entries // 2
        if since >= 0 and since % (entries // 2 // CHECKPOINTS) == 0:
            for _ in range(updates if since else 0):
                write(chance.randrange(1, number + 1))
            store.session.checkpoint(None)
    store.close()
    return {"data": sum(lengths.values()), "index": index_bytes}


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def writes(folder: Path, updates: int) -> None:
    """Print blocks and log flushes of random updates with an index, one and eight callers."""
    for rows in (200_000, 2_000_000):
        store = Store(_made(folder / f"writes-{rows}"))
        chance = random.Random(1)
        body = [bytes(chance.randrange(97, 123) for _ in range(300)) for _ in range(64)]
        store.written("rows", TABLE, [(n, body[n % 64]) for n in range(1, rows + 1)])
        store.written("by", INDEX + "true", [(chance.randbytes(16), b"") for _ in range(rows)])
        for callers in (1, 8):
            flushes, blocks = _updated(store, body, rows, callers, updates)
            print(
                f"{callers} callers, {rows:,} documents: for each of {updates:,} updates of a "
                f"document and an index entry {flushes / updates:.2f} flushes of the log, "
                f"{blocks / updates:.2f} blocks at the checkpoint"
            )
        store.close()


def _updated(
    store: Store, body: Sequence[bytes], rows: int, callers: int, updates: int
) -> tuple[int, int]:
    """Update documents and index entries at random; return flushes of the log and blocks."""
    before = {name: store.counter(name) for name in ("log_sync", "block_write")}

    def run(number: int) -> None:
        draw = random.Random(number)
        session = store.connection.open_session()
        rows_cursor = session.open_cursor("file:rows.wt", None, None)
        index_cursor = session.open_cursor("file:by.wt", None, None)
        done = 0
        while done < updates // callers:
            session.begin_transaction("isolation=snapshot")
            try:
                rows_cursor[draw.randrange(1, rows + 1)] = body[draw.randrange(64)]
            except store.conflict:  # another caller writes the same document
                session.rollback_transaction()
                continue
            index_cursor[draw.randbytes(16)] = b""
            session.commit_transaction("sync=on")
            done += 1
        session.close()

    threads = [threading.Thread(target=run, args=(callers * 1000 + n,)) for n in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.session.checkpoint(None)
    flushes, blocks = (store.counter(name) - old for name, old in before.items())
    return flushes, blocks


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=60_000, help="of each collection, at most")
    parser.add_argument("--updates", type=int, default=20_000)
    parser.add_argument("--entries", type=int, default=300_000, help="of a collection that grows")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        sizes(Path(name), options.documents)
        running(Path(name), options.entries)
        writes(Path(name), options.updates)


if __name__ == "__main__":
    main()
