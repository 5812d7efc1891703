"""How fast items of one kilobyte move from one local database to another, verification included.

    python benchmarks/migrate.py [--items 40000] [--in-memory] [--profile] [--json FILE]
    python benchmarks/migrate.py --source mongodb --items 5000      from an embedded server
    python benchmarks/migrate.py --items 10000000 --body 100 --only     for its memory

The same items are copied by a loop as it is commonly written with boto3 (scan a page, write batches
of 25, no check and no verification), in the same process: the ratio says what checking, resuming
and verifying cost. The floor is what the scan of the source, the batch writes and the scan of the
target take alone, without any work on what they carry: no migration that verifies is faster than
that on one processor. The largest memory of the process is shown after each. Of a server, the
processor time is that of this process alone.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from tablewright import read_model
from tablewright.design.values import Design
from tablewright.engines.dynamodb.adapter import DynamoAdapter
from tablewright.engines.dynamodb.transport import LocalTransport
from tablewright.evaluation.doors import Adapter, Record
from tablewright.local.client import make_client
from tablewright.local.database import Database
from tablewright.migrate.transform import Transform
from tablewright.operate.migration import Migration
from tablewright.operate.seed import Position, apply_seed, plan_seed
from tablewright.operate.staging import Staging
from tablewright.sample.sample import Sample
from tablewright.session import Options, Session

MODEL = """
app: kilobyte
region: us-east-1
scales: [1000]
entities:
  Thing:
    key: thing_id
    attributes:
      thing_id: uuid
      status: {type: enum, values: [a, b, c]}
      made_at: timestamp
      body: {type: text, bytes: 920B}
patterns:
  thing: {get: Thing, by: thing_id, rate: 1/user/day}
designs:
  before:
    engine: dynamodb
    tables:
      things: {key: thing_id, items: Thing, mode: on-demand}
  after:
    engine: dynamodb
    tables:
      all:
        key: [PK, SK]
        items: {Thing: {keys: {PK: "T#{thing_id}", SK: "THING"}, attributes: all}}
        mode: on-demand
"""


def opened(session: Session, design_name: str, path: Path | None) -> DynamoAdapter:
    """Return an adapter on an empty database with the tables of a design."""
    design = session.design(design_name)
    transport = LocalTransport(Database(path))
    adapter = DynamoAdapter(session.model, design, transport)
    for step in adapter.plan_provision().steps:
        adapter.provision(step, lambda text: None)
    return adapter


def opened_source(session: Session, design: Design, path: Path | None) -> Adapter:
    """Return an adapter on an empty source, of whichever engine."""
    if design.engine == "dynamodb":
        return opened(session, design.name, path)
    connector = session.engine_of(design).connector
    adapter = connector.temporary(session.model, design, Decimal(0))
    for step in adapter.plan_provision().steps:
        adapter.provision(step, lambda text: None)
    return adapter


def seeded(session: Session, adapter: Adapter, design: Design, items: int) -> None:
    """Fill the source."""
    sample = Sample(session.model)
    connector = session.engine_of(design).connector
    evaluation = session.evaluate(design, items)
    plan = plan_seed(connector, adapter.codec, sample, evaluation, Decimal(0))
    position = Position(digest="", design=design.name, users=items, seed=1)
    apply_seed(plan, adapter, sample, position=position)


def scanned(adapter: Adapter) -> list[Sequence[Mapping[str, Any]]]:
    """Return the pages of everything that is stored, as they come."""
    containers = sorted({kind.container for kind in adapter.codec.kinds})
    return [page for container in containers for _, page in adapter.scan(container)]


def floor_of(source: Adapter, target: Adapter, other: Adapter) -> tuple[float, float, float]:
    """Return the processor seconds of the scan of both sides and of the batch writes, alone."""
    pages: list[Sequence[Mapping[str, Any]]] = []
    _, reading = timed(lambda: pages.extend(scanned(source)))
    pages.clear()
    _, comparing = timed(lambda: pages.extend(scanned(target)))
    records = [
        Record(container="all", kind="Thing", content=item) for page in pages for item in page
    ]
    _, writing = timed(lambda: other.bulk_write(records))
    return reading, writing, comparing


def loop(source: DynamoAdapter, target: DynamoAdapter) -> None:
    """Copy as people do: scan a page, put it in batches of 25."""
    reader = make_client(_database(source))
    writer = make_client(_database(target))
    start: dict[str, object] = {}
    while True:
        page = reader.scan(TableName="things", **start)
        items = page["Items"]
        for first in range(0, len(items), 25):
            puts = [
                {
                    "PutRequest": {
                        "Item": {
                            "PK": {"S": "T#" + item["thing_id"]["S"]},
                            "SK": {"S": "THING"},
                            **item,
                        }
                    }
                }
                for item in items[first : first + 25]
            ]
            writer.batch_write_item(RequestItems={"all": puts})
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _database(adapter: DynamoAdapter) -> Database:
    transport = adapter.transport.inner.inner
    assert isinstance(transport, LocalTransport)
    return transport.database


def timed(what: Callable[[], object]) -> tuple[float, float]:
    """Return seconds on the clock and of the processor."""
    begun, processor = time.perf_counter(), time.process_time()
    what()
    return time.perf_counter() - begun, time.process_time() - processor


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=40_000)
    parser.add_argument(
        "--source", choices=["dynamodb", "mongodb", "postgresql"], default="dynamodb"
    )
    parser.add_argument("--in-memory", action="store_true")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--body", type=int, default=920, help="bytes of each item's text")
    parser.add_argument("--only", action="store_true", help="neither floor nor loop")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    text = MODEL.replace("920B", f"{options.body}B")
    session = Session(read_model(text, "kilobyte.yaml"), Options())
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def path(file: str) -> Path | None:
            return None if options.in_memory else folder / file

        is_dynamodb = options.source == "dynamodb"
        design = session.design("before" if is_dynamodb else f"planned-{options.source}")
        source = opened_source(session, design, path("source.db"))
        seeded(session, source, design, options.items)
        figures["memory after seeding, MB"] = _memory()
        target = opened(session, "after", path("target.db"))
        transform = Transform(session.model, source.codec, target.codec)
        work = Migration(source, target, transform, Staging(folder / "staging.db"))
        profile = cProfile.Profile()
        if options.profile:
            profile.enable()
        steps = {"read and check": work.check, "write": work.write, "verify": work.verify}
        total = processor = 0.0
        processor_of = {}
        for step, run in steps.items():
            seconds, used = timed(run)
            print(f"{step}: {seconds:,.0f} s, {_memory():,.0f} MB", file=sys.stderr, flush=True)
            processor_of[step] = used
            figures[f"{step}, items/s"] = options.items / seconds
            figures[f"{step}, items/s of processor"] = options.items / used
            total, processor = total + seconds, processor + used
        if options.profile:
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(45)
        figures["migrate in all, items/s"] = options.items / total
        figures["migrate in all, items/s of processor"] = options.items / processor
        figures["memory after migrating, MB"] = _memory()
        adapters = [source, target]
        if not options.only:
            adapters += _compared(
                session, source, target, path, options.items, processor_of, figures
            )
        for adapter in adapters:
            adapter.close()
    print(f"{options.items:,} items with {options.body} bytes of text:")
    for label, figure in figures.items():
        print(f"  {label:50}{figure:>12,.2f}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


def _compared(
    session: Session,
    source: Adapter,
    target: DynamoAdapter,
    path: Callable[[str], Path | None],
    items: int,
    processor_of: Mapping[str, float],
    figures: dict[str, float],
) -> list[Adapter]:
    """Measure the floor, and the loop if the source is a local engine; return what to close."""
    alone = opened(session, "after", path("alone.db"))
    reading, writing, comparing = floor_of(source, target, alone)
    figures["scan of the source alone, items/s of processor"] = items / reading
    figures["batch writes alone, items/s of processor"] = items / writing
    figures["scan of the target alone, items/s of processor"] = items / comparing
    figures["floor, items/s of processor"] = items / (reading + writing + comparing)
    figures["share of the bulk-write limit, %"] = 100 * writing / processor_of["write"]
    if not isinstance(source, DynamoAdapter):
        return [alone]
    other = opened(session, "after", path("loop.db"))
    seconds, used = timed(partial(loop, source, other))
    figures["boto3 loop, items/s"] = items / seconds
    figures["boto3 loop, items/s of processor"] = items / used
    figures["migrate beside the loop"] = used / sum(processor_of.values())
    return [alone, other]


def _memory() -> float:
    """Return the largest memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
