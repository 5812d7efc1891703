"""What a PostgreSQL server takes for the work the sizing model counts, on this machine.

    python benchmarks/postgresql_sizing.py [--calls 2000] [--rounds 3]

Starts a server of its own (`pgserver`), and prints processor time of the server for each unit of
work (all its processes, on-CPU time of the kernel, so that other load changes little), log bytes
and disk operations for each write, memory of a connection, how full pages are, compression of long
values, and the hit rate of a cache that is smaller than the data. The figures stand, with their
range, in src/tablewright/engines/data/sizing.yaml. A vendor's processor is another one.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import tempfile
import threading
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pgserver
import psycopg

import tablewright
from tablewright import load
from tablewright.model.values import Kind
from tablewright.sample.sample import Sample

warnings.filterwarnings("ignore")
APPS = Path(tablewright.__file__).parent / "apps"
ROWS = 60_000
"""Rows of the table that is read; 300 for each owner."""
EACH = 300
NARROW, WIDE = 100, 1600
"""Bytes of the filler: both kept in the row, none compressed."""
PAGE = 8192


class Server:
    """A running server, its processes and their time."""

    def __init__(self, folder: Path, *settings: str) -> None:
        self.server = pgserver.get_server(folder, cleanup_mode="stop")
        self.uri = self.server.get_uri()
        if settings:
            with psycopg.connect(self.uri, autocommit=True) as connection:
                for one in settings:
                    connection.execute(f"ALTER SYSTEM SET {one}")
            self.server.cleanup()
            self.server = pgserver.get_server(folder, cleanup_mode="stop")
            self.uri = self.server.get_uri()

    def connect(self) -> Any:
        """Return a connection that commits each statement."""
        return psycopg.connect(self.uri, autocommit=True)

    def processes(self) -> Iterator[int]:
        """Return the process ids of the server and its children."""
        parent = self.server.get_pid()
        yield parent
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        yield from (int(one) for one in children)

    def busy_us(self) -> dict[int, float]:
        """Return the microseconds each process of the server was on a processor so far."""
        found = {}
        for one in self.processes():
            try:
                found[one] = int(Path(f"/proc/{one}/schedstat").read_text().split()[0]) / 1000
            except (FileNotFoundError, ProcessLookupError):
                continue
        return found


def timed(
    server: Server, each: dict[str, tuple[Callable[[], Any], int]], rounds: int
) -> dict[str, float]:
    """Return microseconds of the server for one call of each: medians of rounds in turn.

    A process that ended meanwhile is left out, and so is one that cleans up on its own account.
    """
    found: dict[str, list[float]] = {name: [] for name in each}
    for call, _ in each.values():
        for _ in range(30):
            call()
    for _ in range(rounds):
        for name, (call, calls) in each.items():
            before = server.busy_us()
            for _ in range(calls):
                call()
            after = server.busy_us()
            spent = sum(after[one] - before[one] for one in before if one in after)
            found[name].append(spent / calls)
    return {name: statistics.median(one) for name, one in found.items()}


def slope(low: float, high: float, units: float) -> float:
    """Return what one more unit takes."""
    return (high - low) / units


def reading(server: Server, calls: int, rounds: int) -> dict[str, float]:
    """Measure commands, index entries, rows, kilobytes and sorting."""
    with server.connect() as db:
        for table, size in (("narrow", NARROW), ("wide", WIDE)):
            last = (ROWS if table == "narrow" else ROWS // 3) - 1
            db.execute(
                f"CREATE TABLE {table} (id uuid PRIMARY KEY, owner int, at int, rank int, "
                "body text)"
            )
            db.execute(f"ALTER TABLE {table} ALTER body SET STORAGE PLAIN")
            db.execute(
                f"INSERT INTO {table} SELECT gen_random_uuid(), n / {EACH}, n % {EACH}, "
                f"(random() * 1e9)::int, repeat('x', {size}) FROM generate_series(0, {last}) n"
            )
            db.execute(f"CREATE INDEX ON {table} (owner, at)")
            db.execute(f"VACUUM ANALYZE {table}")
        ids = [row[0] for row in db.execute("SELECT id FROM narrow LIMIT 2000")]
        owners = ROWS // 3 // EACH

        def rows(table: str, n: int, order: str = "at") -> Callable[[], Any]:
            text = f"SELECT * FROM {table} WHERE owner = %s AND at < %s ORDER BY {order} LIMIT 1000"
            return lambda: db.execute(text, (random.randrange(owners), n), prepare=True).fetchall()

        def entries(n: int) -> Callable[[], Any]:
            text = "SELECT count(*) FROM narrow WHERE owner = %s AND at < %s"
            return lambda: db.execute(text, (random.randrange(owners), n), prepare=True).fetchall()

        by_id = "SELECT * FROM narrow WHERE id = %s"
        for table in ("narrow", "wide"):
            db.execute(f"SELECT sum(length(body)) FROM {table}")
        db.execute("SET enable_bitmapscan = off")
        few = max(100, calls // 4)

        def planned() -> None:
            db.execute(by_id, (random.choice(ids),), prepare=False).fetchall()

        db.execute("SET plan_cache_mode = force_generic_plan")
        took = timed(
            server,
            {
                "nothing": (lambda: db.execute("SELECT 1", prepare=True).fetchall(), calls),
                "point": (
                    lambda: db.execute(by_id, (random.choice(ids),), prepare=True).fetchall(),
                    calls,
                ),
                "point, planned each time": (planned, calls),
                "10 rows": (rows("narrow", 10), calls),
                "210 rows": (rows("narrow", 210), few),
                "10 wide": (rows("wide", 10), calls),
                "210 wide": (rows("wide", 210), few),
                "210 sorted": (rows("narrow", 210, "rank"), few),
                "10 entries": (entries(10), calls),
                "290 entries": (entries(290), few),
            },
            rounds,
        )
    entry = slope(took["10 entries"], took["290 entries"], 280)
    row = slope(took["10 rows"], took["210 rows"], 200)
    kb = (slope(took["10 wide"], took["210 wide"], 200) - row) / ((WIDE - NARROW) / 1024)
    return {
        **{f"{name}, us": value for name, value in took.items()},
        "cpu_us_command": took["point"] - row,
        "cpu_us_command, planned each time": took["point, planned each time"] - row,
        "cpu_us_entry": entry,
        "cpu_us_row": max(0.0, row - entry - kb * NARROW / 1024),
        "cpu_us_kb": kb,
        "cpu_us_sort": slope(took["210 rows"], took["210 sorted"], 210),
    }


def writing(server: Server, calls: int, rounds: int) -> dict[str, float]:
    """Measure inserts with no and with four indexes, updates, the log, and disk operations."""
    took: dict[str, float] = {}
    with server.connect() as db:
        each: dict[str, tuple[Callable[[], Any], int]] = {
            "nothing": (lambda: db.execute("SELECT 1", prepare=True).fetchall(), calls)
        }
        for name, indexes in (("bare", 0), ("indexed", 4)):
            db.execute(f"CREATE TABLE {name} (id uuid, a int, b int, c int, d int, body text)")
            db.execute(f"ALTER TABLE {name} SET (autovacuum_enabled = off)")
            for column in "abcd"[:indexes]:
                db.execute(f"CREATE INDEX ON {name} ({column})")
            db.execute(
                f"INSERT INTO {name} SELECT gen_random_uuid(), (random() * 1e9)::int, "
                f"(random() * 1e9)::int, (random() * 1e9)::int, (random() * 1e9)::int, "
                f"repeat('x', 200) FROM generate_series(1, 30000)"
            )
            text = f"INSERT INTO {name} VALUES (%s, %s, %s, %s, %s, %s)"

            def insert(text: str = text) -> None:
                values = [random.randrange(10**9) for _ in range(4)]
                db.execute(text, (uuid.uuid4(), *values, "x" * 200), prepare=True)

            each[f"insert, {indexes} indexes"] = (insert, calls)
        db.execute("CHECKPOINT")
        found = timed(server, each, rounds)
        took |= {f"{name}, us": value for name, value in found.items()}
        for name, (insert_one, n) in list(each.items())[1:]:
            start = db.execute("SELECT pg_current_wal_lsn()").fetchone()[0]
            for _ in range(n):
                insert_one()
            text = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), %s)"
            took[f"log bytes, {name}"] = float(db.execute(text, (start,)).fetchone()[0]) / n
    bare = found["insert, 0 indexes"]
    took["cpu_us_write"] = bare - found["nothing"]
    took["cpu_us_entry_write"] = slope(bare, found["insert, 4 indexes"], 4)
    for clients in (1, 8):
        took[f"iops_per_write, {clients} clients"] = disk_operations(server, clients, calls * 2)
    return took


def disk_operations(server: Server, clients: int, writes: int) -> float:
    """Return flushes of the log and pages written for each update of a row at random."""
    with server.connect() as db:
        db.execute("DROP TABLE IF EXISTS spread")
        db.execute("CREATE TABLE spread (id int PRIMARY KEY, n int, body text)")
        db.execute(
            "INSERT INTO spread SELECT n, 0, repeat('x', 400) FROM generate_series(1, 100000) n"
        )
        db.execute("VACUUM ANALYZE spread")
        db.execute("CHECKPOINT")
        log = "SELECT wal_sync FROM pg_stat_wal"

        def work() -> None:
            with server.connect() as mine:
                for _ in range(writes // clients):
                    mine.execute(
                        "UPDATE spread SET n = n + 1 WHERE id = %s",
                        (random.randint(1, 100_000),),
                        prepare=True,
                    )

        before = db.execute(log).fetchone()[0]
        threads = [threading.Thread(target=work) for _ in range(clients)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        time.sleep(2)  # statistics of a connection arrive within a second of its end
        db.execute("SELECT pg_stat_clear_snapshot()")
        flushed = (db.execute(log).fetchone()[0] - before) / writes
        db.execute("CHECKPOINT")
        explained = []
        for _ in range(300):
            (plan,) = db.execute(
                "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) UPDATE spread SET n = n + 1 "
                f"WHERE id = {random.randint(1, 100_000)}"
            ).fetchone()
            explained.append(plan[0]["Plan"]["Shared Dirtied Blocks"])
    return float(flushed + statistics.mean(explained))


def filling(server: Server) -> dict[str, float]:
    """Measure how full leaves are after random and ordered inserts, and a heap after updates."""
    found = {}
    n = 60_000
    with server.connect() as db:
        for name, expression in (("random", "gen_random_uuid()::text"), ("ordered", "n::text")):
            db.execute(f"CREATE TABLE filled_{name} (k text)")
            db.execute(f"CREATE INDEX filled_{name}_k ON filled_{name} (k)")
            for part in range(6):
                low, high = part * n // 6, (part + 1) * n // 6 - 1
                db.execute(
                    f"INSERT INTO filled_{name} SELECT lpad({expression}, 36, '0') "
                    f"FROM generate_series({low}, {high}) n"
                )
            used = db.execute(f"SELECT pg_relation_size('filled_{name}_k')").fetchone()[0]
            # an entry: 8 bytes of head and 37 of key, in steps of 8, and a line pointer of 4
            held = n * (48 + 4) / (PAGE - 24 - 16)
            found[f"index_fill, {name}"] = held / (used / PAGE)
        db.execute("CREATE TABLE worn (id int PRIMARY KEY, n int, body text)")
        db.execute(f"INSERT INTO worn SELECT n, 0, repeat('x', 300) FROM generate_series(1, {n}) n")
        compact = db.execute("SELECT pg_relation_size('worn')").fetchone()[0]
        for _ in range(6):
            db.execute("UPDATE worn SET n = n + 1 WHERE random() < 0.2")
            db.execute("VACUUM worn")
        grown = db.execute("SELECT pg_relation_size('worn')").fetchone()[0]
        found["heap_fill, a fifth updated between vacuums"] = compact / grown
    return found


def compressing(server: Server) -> dict[str, float]:
    """Measure the bytes kept for one of content, of long sampled values."""
    found = {}
    with server.connect() as db:
        db.execute("CREATE TABLE long (body jsonb)")
        for app in ("screen-time-journey", "poafix", "llm-proxy", "auxeira"):
            model = load(APPS / app).model
            sample = Sample(model)
            for entity in model.entities:
                for attribute in entity.attributes:
                    if attribute.kind not in (Kind.MAP, Kind.TEXT, Kind.LIST):
                        continue
                    texts = [
                        json.dumps(row[attribute.name], default=plain)
                        for row in sample.rows(entity.name, 0, 40)
                        if row.get(attribute.name) is not None
                    ]
                    long = [one for one in texts if len(one) > 2048]
                    if len(long) < 5:
                        continue
                    kept = content = 0
                    for one in long:
                        db.execute("TRUNCATE long")
                        db.execute("INSERT INTO long VALUES (%s)", (one,))
                        size = db.execute("SELECT pg_column_size(body) FROM long").fetchone()[0]
                        kept, content = kept + size, content + len(one)
                    name = f"compression, {app} {entity.name}.{attribute.name}"
                    found[name] = kept / content
    return found


def plain(value: Any) -> Any:
    """Return a value JSON can hold."""
    return float(value) if isinstance(value, Decimal) else sorted(value)


def memory(server: Server) -> dict[str, float]:
    """Return the private memory of a connection that has run some statements, in MB."""
    found = []
    with open_many(server, 10) as connections:
        for one in connections:
            for table in ("narrow", "wide"):
                for _ in range(10):
                    one.execute(
                        f"SELECT * FROM {table} WHERE owner = %s ORDER BY rank LIMIT 50",
                        (random.randrange(ROWS // EACH),),
                        prepare=True,
                    ).fetchall()
            status = Path(f"/proc/{one.info.backend_pid}/status").read_text()
            lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
            found.append((int(lines["RssAnon"].split()[0]) + int(lines["VmPTE"].split()[0])) / 1024)
    return {"connection_mb": statistics.median(found)}


@contextmanager
def open_many(server: Server, n: int) -> Iterator[list[Any]]:
    """Open so many connections and close them."""
    held = [server.connect() for _ in range(n)]
    try:
        yield held
    finally:
        for one in held:
            one.close()


def hits(folder: Path) -> dict[str, float]:
    """Return the share of page reads that a cache of a part of the data answers, reads at random.

    The model says: as much as the cache is of the data.
    """
    server = Server(folder, "shared_buffers = '16MB'")
    found = {}
    with server.connect() as db:
        for mb in (24, 48, 96):
            db.execute("DROP TABLE IF EXISTS wider")
            db.execute("CREATE TABLE wider (id int PRIMARY KEY, body text)")
            db.execute("ALTER TABLE wider ALTER body SET STORAGE PLAIN")
            db.execute(
                "INSERT INTO wider SELECT n, repeat('x', 1900) "
                f"FROM generate_series(1, {mb * 1024 // 2}) n"
            )
            db.execute("VACUUM ANALYZE wider")
            for measured in (False, True):
                if measured:
                    db.close()
                    time.sleep(2)
                    db = server.connect()
                    db.execute("SELECT pg_stat_reset()")
                for _ in range(6000):
                    db.execute(
                        "SELECT length(body) FROM wider WHERE id = %s",
                        (random.randint(1, mb * 512),),
                        prepare=True,
                    ).fetchall()
            db.close()
            time.sleep(2)
            db = server.connect()
            hit, missed = db.execute(
                "SELECT heap_blks_hit, heap_blks_read FROM pg_statio_user_tables "
                "WHERE relname = 'wider'"
            ).fetchone()
            found[f"hit share, 16 MB of {mb} MB, model {16 / mb:.2f}"] = hit / (hit + missed)
    server.server.cleanup()
    return found


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("--calls", type=int, default=2000)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    random.seed(1)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = Server(Path(folder) / "a")
        with server.connect() as db:
            version = db.execute("SHOW server_version").fetchone()[0]
        print(f"PostgreSQL {version}, {platform.machine()}, {os.cpu_count()} processors")
        parts = (
            lambda: reading(server, given.calls, given.rounds),
            lambda: writing(server, given.calls, given.rounds),
            lambda: filling(server),
            lambda: memory(server),
            lambda: compressing(server),
        )
        for part in parts:
            for name, value in part().items():
                print(f"{name:<60} {value:10.3f}", flush=True)
        server.server.cleanup()
        for name, value in hits(Path(folder) / "b").items():
            print(f"{name:<60} {value:10.3f}")


if __name__ == "__main__":
    main()
