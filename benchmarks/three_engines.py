"""One application on three databases of this machine, beside what they cost.

    python benchmarks/three_engines.py mongocollectibles [--users 300] [--calls 3000]

The same sampled instances are written to a design for DynamoDB (the local engine as a server, on
disk), PostgreSQL and MongoDB (embedded servers); then the same calls come, one after another, each
pattern as often as the model says. Shown are the mean and the 99th percentile of a call, and the
processor time of the server and of the client for it; beside them the price of a month at the
scales of the model. The local engine and the embedded MongoDB are other programs than the databases
they stand for: their time says what the design asks of such a program, not how fast the other is.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).parent),
    str(Path(__file__).parent.parent),
    str(Path(__file__).parent.parent / "scripts"),
]

import peers
from simulated_day import NOON, remember, session_on
from tests.store.arguments import arguments_of

from tablewright import apps
from tablewright.model.values import Verb
from tablewright.proof.workload import Workload
from tablewright.sample.sample import Sample
from tablewright.sample.world import World
from tablewright.session import Session
from tablewright.store.failures import ConditionFailed, Conflict, NotFound
from tablewright.store.opening import fill_store, open_store, store_design
from tablewright.store.store import Store

TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure each engine and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("app", choices=apps.NAMES)
    parser.add_argument("--designs", default="dynamodb,postgresql,mongodb")
    parser.add_argument("--users", type=int, default=300)
    parser.add_argument("--calls", type=int, default=3000)
    options = parser.parse_args()
    session = session_on(apps.read(options.app))
    print(
        f"{'design':22}{'written':>9}{'server':>9}{'calls':>8}{'failed':>8}{'mean':>8}"
        f"{'p99':>8}{'server':>9}{'client':>9}  a month at"
    )
    units = f"{'':31}{'us each':>9}{'':16}{'ms':>8}{'ms':>8}{'us/call':>9}{'us/call':>9}  "
    print(units + ", ".join(f"{scale:,}" for scale in session.model.scales))
    for name in options.designs.split(","):
        with opened(session, name, options.users) as (store, server):
            print(measured(session, store, server, options), flush=True)


@contextlib.contextmanager
def opened(session: Session, name: str, users: int) -> Iterator[tuple[Store, Server]]:
    """Open an empty store of a design on a server, and tell how to read the server's time."""
    before = servers()
    if store_design(session, name).engine == "dynamodb":
        with (
            peers.running(peers.OURS, on_disk=True) as running,
            open_store(
                session,
                name,
                f"http://127.0.0.1:{running.port}",
                create=True,
                users=users,
                clock=lambda: NOON,
            ) as store,
        ):
            yield store, Server({running.process.pid})
        return
    with open_store(session, name, "memory", users=users, clock=lambda: NOON) as store:
        yield store, Server(servers() - before)


class Server:
    """The processes of a server, and those they start."""

    def __init__(self, roots: set[int]) -> None:
        if not roots:
            raise SystemExit("the server is no child of this process; its time cannot be read")
        self._roots = roots

    def seconds(self) -> float:
        """Return the processor seconds used so far, those of ended children included."""
        pids = set(self._roots).union(*(descendants(pid) for pid in self._roots))
        total = 0
        for pid in pids:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += sum(int(text) for text in fields[11:15])
        return total / TICKS


def servers() -> set[int]:
    """Return the children of this process, and all of PostgreSQL's, which leave their parent."""
    postgres = {pid for pid, (_, program) in processes().items() if program == "postgres"}
    return descendants(os.getpid()) | postgres


def descendants(root: int) -> set[int]:
    """Return the processes that a process, or one of its descendants, has started."""
    parents = {pid: parent for pid, (parent, _) in processes().items()}
    found: set[int] = set()
    fresh = {root}
    while fresh:
        fresh = {pid for pid, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def processes() -> dict[int, tuple[int, str]]:
    """Return parent and program of each process."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                head, _, tail = (folder / "stat").read_text().rpartition(")")
                found[int(folder.name)] = (int(tail.split()[1]), head.partition("(")[2])
    return found


def measured(session: Session, store: Store, server: Server, options: argparse.Namespace) -> str:
    """Fill the store, call its patterns, and return a line of figures."""
    spent = server.seconds()
    records = fill_store(store, session, options.users)
    filling = server.seconds() - spent
    model = session.model
    chance = random.Random(1)
    workload = Workload(model, World(model, Sample(model), options.users), 1)
    patterns = [
        pattern
        for pattern in model.patterns
        if pattern.verb is not Verb.SEARCH and not store.refusal(pattern.name)
    ]
    weights = [float(model.calls_per_day(pattern, options.users)) for pattern in patterns]
    latencies: list[float] = []
    failed = 0
    spent = server.seconds()
    in_calls = 0.0
    for pattern in chance.choices(patterns, weights, k=options.calls):
        call = workload.call(model.pattern(pattern.name))
        arguments = arguments_of(store.signature(pattern.name), call)
        begun, own = time.perf_counter(), time.process_time()
        try:
            store.call(pattern.name, arguments)
        except (ConditionFailed, NotFound, Conflict):
            failed += 1
        else:
            remember(workload.world, model, call)
        in_calls += time.process_time() - own
        latencies.append(time.perf_counter() - begun)
    serving = server.seconds() - spent
    latencies.sort()
    calls = len(latencies)
    prices = []
    for scale in model.scales:
        bill = session.evaluate(store.design.name, scale).bill
        prices.append("no figure" if bill.total is None else f"{bill.total:,.2f}")
    return (
        f"{store.design.name:22}{records:9,}{filling / records * 1e6:9,.0f}{calls:8,}{failed:8,}"
        f"{sum(latencies) / calls * 1e3:8.2f}{latencies[calls * 99 // 100] * 1e3:8.2f}"
        f"{serving / calls * 1e6:9,.0f}{in_calls / calls * 1e6:9,.0f}  {', '.join(prices)}"
    )


if __name__ == "__main__":
    main()
