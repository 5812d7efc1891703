"""What WiredTiger, MongoDB's storage engine, keeps and writes: the constants of MongoDB's sizing.

    pip install wiredtiger        (GPL; needs a C compiler and SWIG)
    python benchmarks/wiredtiger_sizing.py [--documents 60000] [--updates 20000]

No MongoDB server is in a package index, but its storage engine is. The documents and the
index keys of the reference applications are written to it with the settings that mongod gives its
collections and indexes, a key as MongoDB writes it: type and content of each value in a form that
sorts, then the record id. Shown are the bytes of the files after a checkpoint beside those that
the model counts (how full pages are, what prefix compression leaves), and blocks and log flushes
of random updates. What the server itself takes to answer a command is not in it.
"""

from __future__ import annotations

import argparse
import random
import statistics
import struct
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
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

        self.stat = wiredtiger.stat.conn
        self.folder = folder
        config = f"create,cache_size={cache_bytes},statistics=(fast),log=(enabled=true)"
        self.connection = wiredtiger.wiredtiger_open(str(folder), config)
        self.session = self.connection.open_session()

    def written(self, name: str, config: str, pairs: Sequence[tuple[Any, bytes]]) -> int:
        """Write pairs into a new file in their order; return its bytes after a checkpoint."""
        self.session.create(f"file:{name}.wt", config)
        cursor = self.session.open_cursor(f"file:{name}.wt", None, None)
        for key, value in pairs:
            cursor[key] = value
        cursor.close()
        self.session.checkpoint(None)
        return (self.folder / f"{name}.wt").stat().st_size

    def counter(self, name: str) -> int:
        """Return a statistic of the connection."""
        cursor = self.session.open_cursor("statistics:", None, None)
        value = int(cursor[getattr(self.stat, name)][2])
        cursor.close()
        return value


def sizes(folder: Path, most: int) -> None:
    """Print how many bytes indexes and documents take beside what the model counts."""
    print(f"{'index':60}{'keys':>8}{'counted':>9}{'full':>7}{'prefix':>8}")
    fills: list[tuple[float, int]] = []
    prefixes: list[tuple[float, int]] = []
    kept: list[tuple[float, int]] = []
    for app in APPS:
        store = Store(_made(folder / app))
        for collection, documents in collections(session_on(apps.read(app)), most):
            if len(documents) < LEAST_KEYS:
                continue
            name = collection.name
            bodies = [bson.encode(document, codec_options=OPTIONS) for document in documents]
            disk = store.written(f"{name}-data", TABLE, list(enumerate(bodies, 1)))
            raw = sum(map(len, bodies))
            kept.append((disk / raw, raw))
            print(
                f"{app + ' ' + name:60}{len(bodies):8,}  documents, uncompressed: {disk / raw:.3f}"
            )
            ways = [("_id_", ("_id",))]
            ways += [(index.name, index.paths) for index in collection.indexes]
            for label, paths in ways:
                rows = [[at(document, path) for path in paths] for document in documents]
                if any(value is None for row in rows for value in row):
                    continue  # places, and attributes that many documents do not have
                keys = [(key_string(row, n), b"") for n, row in enumerate(rows, 1)]
                counted = sum(index_entry_bytes(_plain(row)) for row in rows)
                whole = sum(len(key) for key, _ in keys)
                plain = store.written(f"{name}-{label}-p", INDEX + "false", keys)
                short = store.written(f"{name}-{label}", INDEX + "true", keys)
                fills.append((counted / plain, plain))
                prefixes.append((short / plain, plain))
                print(
                    f"{app + ' ' + name + '/' + label:60}{len(keys):8,}{counted / whole:9.2f}"
                    f"{counted / plain:7.2f}{short / plain:8.2f}"
                )
        store.connection.close()
    print()
    for what, found in (
        ("page_fill", fills),
        ("index_compression", prefixes),
        ("documents", kept),
    ):
        ordered = sorted(share for share, _ in found)
        weight = sum(size for _, size in found)
        mean = sum(share * size for share, size in found) / weight
        print(
            f"{what:20} mean by bytes {mean:.3f}, median {statistics.median(ordered):.3f}, "
            f"{ordered[0]:.3f} to {ordered[-1]:.3f}, {len(found)} files"
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


def fill(folder: Path, entries: int) -> None:
    """Print how full the pages of a large index are, which was written with a small cache."""
    chance = random.Random(1)
    moments = sorted(chance.randrange(10**12, 2 * 10**12) for _ in range(entries))
    orders: dict[str, list[tuple[Any, ...]]] = {
        "at random": [(UUID(bytes=chance.randbytes(16)),) for _ in range(entries)],
        "by time": [(EPOCH + timedelta(milliseconds=moment),) for moment in moments],
        "by user, then time": [
            (f"user-{chance.randrange(entries // 20):08}", EPOCH + timedelta(milliseconds=moment))
            for moment in moments
        ],
    }
    print(f"{entries:,} entries, a cache of {SMALL_CACHE_BYTES // 2**20} MB")
    for label, rows in orders.items():
        store = Store(_made(folder / label), cache_bytes=SMALL_CACHE_BYTES)
        keys = [(key_string(row, n), b"") for n, row in enumerate(rows, 1)]
        counted = sum(index_entry_bytes(row) for row in rows)
        plain = store.written("plain", INDEX + "false", keys)
        short = store.written("short", INDEX + "true", keys)
        print(f"  {label:22} full {counted / plain:.3f}, prefix {short / plain:.3f}")
        store.connection.close()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def writes(folder: Path, updates: int) -> None:
    """Print blocks and log flushes of random updates with an index, one and eight callers."""
    store = Store(_made(folder / "writes"))
    rows = 200_000
    chance = random.Random(1)
    body = [bytes(chance.randrange(97, 123) for _ in range(300)) for _ in range(64)]
    store.written("rows", TABLE, [(n, body[n % 64]) for n in range(1, rows + 1)])
    store.written("by", INDEX + "true", [(chance.randbytes(16), b"") for _ in range(rows)])
    for callers in (1, 8):
        before = {name: store.counter(name) for name in ("block_write", "log_sync", "log_writes")}

        def run(number: int, share: int = updates // callers) -> None:
            draw = random.Random(number)
            session = store.connection.open_session()
            rows_cursor = session.open_cursor("file:rows.wt", None, None)
            index_cursor = session.open_cursor("file:by.wt", None, None)
            for _ in range(share):
                session.begin_transaction("isolation=snapshot")
                rows_cursor[draw.randrange(1, rows + 1)] = body[draw.randrange(64)]
                index_cursor[draw.randbytes(16)] = b""
                session.commit_transaction("sync=on")
            session.close()

        threads = [threading.Thread(target=run, args=(callers * 1000 + n,)) for n in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        store.session.checkpoint(None)
        after = {name: store.counter(name) - old for name, old in before.items()}
        print(
            f"{callers} callers: for each of {updates:,} updates of a document and an index entry "
            f"{after['log_sync'] / updates:.2f} flushes of the log, "
            f"{after['block_write'] / updates:.2f} blocks at the checkpoint"
        )
    store.connection.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=60_000, help="of each collection, at most")
    parser.add_argument("--updates", type=int, default=20_000)
    parser.add_argument("--entries", type=int, default=1_000_000, help="of a large index")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        sizes(Path(name), options.documents)
        fill(Path(name), options.entries)
        writes(Path(name), options.updates)


if __name__ == "__main__":
    main()
