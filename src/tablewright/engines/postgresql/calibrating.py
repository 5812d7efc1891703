"""Measure on a PostgreSQL what the sizing of servers counts: processor time, log, pages, memory.

In: a server, models whose long values are compressed. Out: a Calibration. Tables are made in a
schema of its own and dropped at the end. Processor time and memory are those of the server's
processes as the kernel of this machine counts them, so that they can be measured only where the
server runs on this machine, under Linux; of another server the rest is measured.
"""

from __future__ import annotations

import json
import math
import random
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tablewright.core.errors import EngineError
from tablewright.core.machine import this_machine, today
from tablewright.engines.postgresql.targets import ReachedPostgres, connect, version_text
from tablewright.evaluation.calibration import Calibration, MeasuredConstant
from tablewright.model.values import Kind, Model
from tablewright.sample.sample import Sample

if TYPE_CHECKING:
    import psycopg

SCHEMA = "tablewright_calibration"
ROWS = 60_000
"""Rows of the table that is read; 300 for each owner."""
EACH = 300
NARROW, WIDE = 100, 1600
"""Bytes of the filler: both kept in the row, none compressed."""
PAGE = 8192
LONG = 2048
"""Characters from which on PostgreSQL compresses a value: about the TOAST threshold."""
FEWEST_LONG = 5
SPREAD = 100_000
FILLED = 60_000
WARM_UP = 30

Figures = dict[str, float]
Say = Callable[[str], None]


class MeasuredServer:
    """A server with a schema for measuring, its processes and their time."""

    def __init__(self, reached: ReachedPostgres) -> None:
        self._address = reached.address
        self.postmaster = _postmaster(reached.connection)

    def connect(self) -> psycopg.Connection[Any]:
        """Return a connection that commits each statement and works in the schema."""
        connection = connect(self._address)
        connection.execute(f"SET search_path = {SCHEMA}")
        return connection

    def busy_us(self) -> dict[int, float]:
        """Return the microseconds each process of the server was on a processor so far."""
        times = {}
        for pid in self._processes():
            try:
                times[pid] = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1000
            except (FileNotFoundError, ProcessLookupError):
                continue
        return times

    def _processes(self) -> Iterator[int]:
        parent = self.postmaster
        assert parent is not None
        yield parent
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        yield from (int(pid) for pid in children)


def _postmaster(connection: psycopg.Connection[Any]) -> int | None:
    """Return the process whose children serve connections, if it is on this machine."""
    pid = connection.info.backend_pid
    try:
        if Path(f"/proc/{pid}/comm").read_text().strip() != "postgres":
            return None
        fields = dict(
            line.split(":", 1)
            for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            if ":" in line
        )
        parent = int(fields["PPid"])
        Path(f"/proc/{parent}/schedstat").read_text()
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    except (OSError, KeyError, ValueError):
        return None
    return parent if str(pid) in children else None


def calibrate(
    reached: ReachedPostgres, models: Sequence[Model], *, calls: int, rounds: int, say: Say
) -> Calibration:
    """Run the micro-workloads and return what they took.

    Args:
        reached: the server; it may serve others, which makes the figures worse.
        models: whose long sampled values are compressed.
        calls: of each statement in a round.
        rounds: of which the median is taken.
        say: told what is being measured.

    Raises:
        EngineError: a schema cannot be made, or the server went away.
    """
    from psycopg import Error

    chance = random.Random(1)
    found: list[MeasuredConstant] = []
    missing: dict[str, str] = {}
    version = f"PostgreSQL {version_text(reached.connection.info.server_version)}"
    with _schema(reached.connection):
        server = MeasuredServer(reached)
        parts: list[tuple[str, Callable[[], list[MeasuredConstant]], tuple[str, ...], bool]] = [
            ("reads", lambda: reads(server, chance, calls, rounds), READS, True),
            ("writes", lambda: writes(server, chance, calls, rounds), WRITES, True),
            ("disk operations", lambda: disk(server, chance, calls), ("iops_per_write",), False),
            ("pages", lambda: filling(server), ("index_fill", "heap_fill"), False),
            ("memory", lambda: memory(server, chance), ("connection_mb",), True),
            ("compression", lambda: compressing(server, models), ("compression",), False),
        ]
        for what, measure, names, needs_processes in parts:
            if needs_processes and server.postmaster is None:
                why = "the server's processes are not on this machine, or it is not Linux"
                missing.update(dict.fromkeys(names, why))
                continue
            say(f"measure {what}")
            try:
                found += measure()
            except Error as problem:
                reason = str(problem).strip().splitlines()[0]
                missing.update(dict.fromkeys(names, f"PostgreSQL refused: {reason}"))
    known = {constant.name for constant in found}
    if "compression" not in known:
        missing.setdefault("compression", "the model has no long texts, lists or maps")
    machine = this_machine() if server.postmaster is not None else "a machine of its own"
    return Calibration(
        engine="postgresql",
        version=version,
        machine=machine,
        date=today(),
        constants=tuple(found),
        not_measured=tuple(missing.items()),
    )


@contextmanager
def _schema(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Make a schema for the tables, and drop it whatever happens."""
    from psycopg import Error, errors

    try:
        connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")  # left by a killed run
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
    except errors.InsufficientPrivilege as problem:
        raise EngineError(
            f"a right is missing: {str(problem).strip()}",
            remedy="have CREATE on the database granted to this user, or connect as another one",
        ) from problem
    except Error as problem:
        raise EngineError(f"PostgreSQL refused: {str(problem).strip()}") from problem
    try:
        yield
    finally:
        connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def timed(
    server: MeasuredServer, each: Mapping[str, tuple[Callable[[], Any], int]], rounds: int
) -> Figures:
    """Return microseconds of the server for one call of each: medians of rounds in turn.

    A process that ended meanwhile is left out, and so is one that cleans up on its own account.
    """
    times: dict[str, list[float]] = {name: [] for name in each}
    for call, _ in each.values():
        for _ in range(WARM_UP):
            call()
    for _ in range(rounds):
        for name, (call, calls) in each.items():
            before = server.busy_us()
            for _ in range(calls):
                call()
            after = server.busy_us()
            spent = sum(after[pid] - before[pid] for pid in before if pid in after)
            times[name].append(spent / calls)
    return {name: statistics.median(figures) for name, figures in times.items()}


def slope(low: float, high: float, units: float) -> float:
    """Return what one more unit takes; measured noise may not make it negative.

    Example:
        >>> slope(10.0, 30.0, 200)
        0.1
    """
    return max(0.0, (high - low) / units)


READS = ("cpu_us_command", "cpu_us_entry", "cpu_us_row", "cpu_us_kb", "cpu_us_sort")


def reads(
    server: MeasuredServer, chance: random.Random, calls: int, rounds: int
) -> list[MeasuredConstant]:
    """Measure statements, index entries, rows, kilobytes and sorting."""
    with closing(server.connect()) as db:
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
            db.execute(f"SELECT sum(length(body)) FROM {table}")  # into memory
        ids = [row[0] for row in db.execute("SELECT id FROM narrow LIMIT 2000")]
        owners = ROWS // 3 // EACH

        def rows(table: str, n: int, order: str = "at") -> Callable[[], Any]:
            text = f"SELECT * FROM {table} WHERE owner = %s AND at < %s ORDER BY {order} LIMIT 1000"
            return lambda: db.execute(text, (chance.randrange(owners), n), prepare=True).fetchall()

        def entries(n: int) -> Callable[[], Any]:
            text = "SELECT count(*) FROM narrow WHERE owner = %s AND at < %s"
            return lambda: db.execute(text, (chance.randrange(owners), n), prepare=True).fetchall()

        by_id = "SELECT * FROM narrow WHERE id = %s"

        def point(is_prepared: bool) -> Callable[[], Any]:
            return lambda: db.execute(by_id, (chance.choice(ids),), prepare=is_prepared).fetchall()

        db.execute("SET enable_bitmapscan = off")
        db.execute("SET plan_cache_mode = force_generic_plan")
        few = max(50, calls // 4)
        took = timed(
            server,
            {
                "point": (point(True), calls),
                "planned": (point(False), calls),
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
    return of_reads(took)


def of_reads(took: Figures) -> list[MeasuredConstant]:
    """Return the constants of reads from the microseconds of each statement."""
    entry = slope(took["10 entries"], took["290 entries"], 280)
    whole_row = slope(took["10 rows"], took["210 rows"], 200)
    wide_row = slope(took["10 wide"], took["210 wide"], 200)
    kb = max(0.0, wide_row - whole_row) / ((WIDE - NARROW) / 1024)
    row = max(0.0, whole_row - entry - kb * NARROW / 1024)
    prepared, planned = took["point"] - whole_row, took["planned"] - whole_row
    return [
        MeasuredConstant(
            name="cpu_us_command",
            value=_rounded(planned),
            light=_rounded(min(prepared, planned)),
            heavy=_rounded(planned * 2),
            how=f"planned each time {planned:.1f}, prepared {prepared:.1f} microseconds",
        ),
        _twice("cpu_us_entry", entry, "of index-only scans"),
        _twice("cpu_us_row", row, "the entry and its bytes apart"),
        _twice("cpu_us_kb", kb, f"rows of {WIDE} bytes against {NARROW}"),
        _twice("cpu_us_sort", slope(took["210 rows"], took["210 sorted"], 210), "210 rows sorted"),
    ]


WRITES = ("cpu_us_write", "cpu_us_entry_write")


def writes(
    server: MeasuredServer, chance: random.Random, calls: int, rounds: int
) -> list[MeasuredConstant]:
    """Measure inserts with no and with four indexes."""
    with closing(server.connect()) as db:
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
                values = [chance.randrange(10**9) for _ in range(4)]
                db.execute(text, (uuid.uuid4(), *values, "x" * 200), prepare=True)

            each[name] = (insert, calls)
        return of_writes(timed(server, each, rounds))


def of_writes(took: Figures) -> list[MeasuredConstant]:
    """Return the constants of writes from the microseconds of each statement."""
    return [
        _twice(
            "cpu_us_write",
            max(0.0, took["bare"] - took["nothing"]),
            "one row and one commit with its flush, the statement apart",
        ),
        _twice(
            "cpu_us_entry_write",
            slope(took["bare"], took["indexed"], 4),
            "keys at random, the index in memory",
        ),
    ]


def disk(server: MeasuredServer, chance: random.Random, calls: int) -> list[MeasuredConstant]:
    """Measure flushes of the log and pages written for each update of a row at random."""
    with closing(server.connect()) as db:
        db.execute("CREATE TABLE spread (id int PRIMARY KEY, n int, body text)")
        db.execute(
            f"INSERT INTO spread SELECT n, 0, repeat('x', 400) FROM generate_series(1, {SPREAD}) n"
        )
        db.execute("VACUUM ANALYZE spread")
        alone = _operations_of(server, db, chance, 1, calls)
        together = _operations_of(server, db, chance, 8, calls)
    low, high = sorted((alone, together))
    return [
        MeasuredConstant(
            name="iops_per_write",
            value=_rounded(together),
            light=_rounded(low / 2),
            heavy=_rounded(high),
            how=f"{alone:.2f} with one client, {together:.2f} with eight; less where a page is "
            "written to again before a checkpoint",
        )
    ]


def _operations_of(
    server: MeasuredServer,
    db: psycopg.Connection[Any],
    chance: random.Random,
    clients: int,
    writes: int,
) -> float:
    """Return disk operations for each update, so many clients at once."""
    db.execute("CHECKPOINT")

    def work(ids: Sequence[int]) -> None:
        with closing(server.connect()) as mine:
            for number in ids:
                mine.execute("UPDATE spread SET n = n + 1 WHERE id = %s", (number,), prepare=True)

    share = writes // clients
    parts = [[chance.randint(1, SPREAD) for _ in range(share)] for _ in range(clients)]
    before = _flushes(db)
    threads = [threading.Thread(target=work, args=(ids,)) for ids in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(2)  # statistics of a connection arrive within a second of its end
    flushed = (_flushes(db) - before) / (share * clients)
    db.execute("CHECKPOINT")
    dirtied = []
    for _ in range(300):
        row = db.execute(
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) UPDATE spread SET n = n + 1 "
            f"WHERE id = {chance.randint(1, SPREAD)}"
        ).fetchone()
        assert row is not None
        dirtied.append(row[0][0]["Plan"]["Shared Dirtied Blocks"])
    return float(flushed + statistics.mean(dirtied))


def _flushes(db: psycopg.Connection[Any]) -> int:
    """Return how often the log was flushed; version 18 counts it elsewhere than those before."""
    is_new = db.info.server_version >= 180000
    query = (
        "SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal'"
        if is_new
        else "SELECT wal_sync FROM pg_stat_wal"
    )
    db.execute("SELECT pg_stat_clear_snapshot()")
    row = db.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def filling(server: MeasuredServer) -> list[MeasuredConstant]:
    """Measure how full leaves are after random and ordered inserts, and a heap after updates."""
    full: Figures = {}
    with closing(server.connect()) as db:

        def size(name: str) -> int:
            row = db.execute("SELECT pg_relation_size(%s::regclass)", (name,)).fetchone()
            assert row is not None
            return int(row[0])

        for name, expression in (("at_random", "gen_random_uuid()::text"), ("ordered", "n::text")):
            db.execute(f"CREATE TABLE {name} (k text)")
            db.execute(f"CREATE INDEX {name}_k ON {name} (k)")
            for part in range(6):
                low, high = part * FILLED // 6, (part + 1) * FILLED // 6 - 1
                db.execute(
                    f"INSERT INTO {name} SELECT lpad({expression}, 36, '0') "
                    f"FROM generate_series({low}, {high}) n"
                )
            # an entry: 8 bytes of head and 37 of key, in steps of 8, and a line pointer of 4
            pages = FILLED * (48 + 4) / (PAGE - 24 - 16)
            full[name] = pages / (size(f"{name}_k") / PAGE)
        db.execute("CREATE TABLE worn (id int PRIMARY KEY, n int, body text)")
        db.execute("ALTER TABLE worn SET (autovacuum_enabled = off)")
        db.execute(
            f"INSERT INTO worn SELECT n, 0, repeat('x', 300) FROM generate_series(1, {FILLED}) n"
        )
        compact = size("worn")
        for _ in range(6):
            db.execute("UPDATE worn SET n = n + 1 WHERE random() < 0.2")
            db.execute("VACUUM worn")
        heap = compact / size("worn")
    at_random, ordered = full["at_random"], full["ordered"]
    return [
        MeasuredConstant(
            name="index_fill",
            value=_rounded(at_random),
            light=_rounded(max(at_random, ordered)),
            heavy=_rounded(at_random * 0.95),
            how=f"{at_random:.3f} after random inserts, {ordered:.3f} after ordered ones",
        ),
        MeasuredConstant(
            name="heap_fill",
            value=_rounded(heap),
            light=_rounded(max(heap, 0.95)),
            heavy=_rounded(heap * 0.9),
            how=f"{heap:.3f} with a fifth of the rows updated between vacuums, the default of "
            "autovacuum",
        ),
    ]


def memory(server: MeasuredServer, chance: random.Random) -> list[MeasuredConstant]:
    """Measure the private memory of a connection that has run some statements, in MB."""
    sizes = []
    with ExitStack() as stack:
        connections = [stack.enter_context(closing(server.connect())) for _ in range(10)]
        for connection in connections:
            for table in ("narrow", "wide"):
                for _ in range(10):
                    connection.execute(
                        f"SELECT * FROM {table} WHERE owner = %s ORDER BY rank LIMIT 50",
                        (chance.randrange(ROWS // EACH),),
                        prepare=True,
                    ).fetchall()
            status = Path(f"/proc/{connection.info.backend_pid}/status").read_text()
            lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
            kilobytes = int(lines["RssAnon"].split()[0]) + int(lines["VmPTE"].split()[0])
            sizes.append(kilobytes / 1024)
    size = statistics.median(sizes)
    return [
        MeasuredConstant(
            name="connection_mb",
            value=_rounded(size),
            light=_rounded(size),
            heavy=_rounded(size * 2.5),
            how=f"{size:.1f} after some statements on two tables; more with many tables or large "
            "sorts",
        )
    ]


def compressing(server: MeasuredServer, models: Sequence[Model]) -> list[MeasuredConstant]:
    """Measure the bytes kept for one of content, of long sampled values; nothing where none are."""
    shares = []
    with closing(server.connect()) as db:
        db.execute("CREATE TABLE long (body jsonb)")
        for model in models:
            for texts in long_values(model):
                kept = 0
                for text in texts:
                    db.execute("TRUNCATE long")
                    db.execute("INSERT INTO long VALUES (%s)", (text,))
                    row = db.execute("SELECT pg_column_size(body) FROM long").fetchone()
                    assert row is not None
                    kept += int(row[0])
                shares.append(kept / sum(map(len, texts)))
    if not shares:
        return []
    middle = statistics.median_low(shares)
    count = len(shares)
    return [
        MeasuredConstant(
            name="compression",
            value=_rounded(middle),
            light=_rounded(min(shares)),
            heavy=_rounded(max(shares)),
            how=f"long sampled values of {count} attribute{'s' * (count > 1)}, "
            f"{min(shares):.3f} to {max(shares):.3f}",
        )
    ]


def long_values(model: Model) -> Iterator[list[str]]:
    """Yield the long values of each attribute that has some, as JSON."""
    sample = Sample(model)
    for entity in model.entities:
        for attribute in entity.attributes:
            if attribute.kind not in (Kind.MAP, Kind.TEXT, Kind.LIST):
                continue
            texts = [
                json.dumps(row[attribute.name], default=_plain)
                for row in sample.rows(entity.name, 0, 40)
                if row.get(attribute.name) is not None
            ]
            long = [text for text in texts if len(text) > LONG]
            if len(long) >= FEWEST_LONG:
                yield long


def _plain(value: Any) -> Any:
    """Return a value JSON can hold."""
    return float(value) if isinstance(value, Decimal) else sorted(value)


def _twice(name: str, value: float, how: str) -> MeasuredConstant:
    """Return a constant of the processor: another one may take half or twice as long."""
    return MeasuredConstant(
        name=name,
        value=_rounded(value),
        light=_rounded(value / 2),
        heavy=_rounded(value * 2),
        how=f"{value:.3g}, {how}",
    )


def _rounded(value: float) -> Decimal:
    """Return a figure with three digits that count.

    Example:
        >>> _rounded(122.83), _rounded(0.05634), _rounded(0.0)
        (Decimal('123'), Decimal('0.0563'), Decimal('0'))
    """
    if value <= 0:
        return Decimal(0)
    places = max(0, 2 - math.floor(math.log10(value)))
    return Decimal(str(round(value, places) if places else round(value)))
