"""How fast items of one kilobyte are seeded through the local engine in process.

    python benchmarks/seeding.py [--items 40000] [--json FILE]

Three figures: items that are there already, written as `seed` writes them (batches of 25); the
same with sampling, as `seed` does all of it; and sampling alone. In memory and in a file.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from tablewright import read_model
from tablewright.engines.dynamodb.adapter import DynamoAdapter
from tablewright.engines.dynamodb.codec import DynamoCodec
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.provisioning import apply_up, plan_up
from tablewright.engines.dynamodb.transport import LocalTransport
from tablewright.local.database import Database
from tablewright.operate.seed import Position, apply_seed, records_of
from tablewright.sample.sample import Sample
from tablewright.session import Options, Session
from tablewright.verbs.population import population, seed_plan

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
  one:
    engine: dynamodb
    tables:
      things: {key: thing_id, items: Thing, mode: on-demand}
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=40_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    session = Session(read_model(MODEL, "kilobyte.yaml"), Options())
    design = session.design()
    assert isinstance(design, DynamoDesign)
    sample = Sample(session.model)
    plan = seed_plan(session, design, population(session, design, options.items))
    (part,) = plan.parts
    rates: dict[str, float] = {}
    begun = time.process_time()
    codec = DynamoCodec(session.model, design)
    records = [
        record
        for instance in records_of(codec, sample, part, 0, options.items)
        for record in instance
    ]
    rates["sampling alone"] = options.items / (time.process_time() - begun)
    with tempfile.TemporaryDirectory() as folder:
        for where, path in (("memory", None), ("a file", Path(folder) / "seed.db")):
            with Database(path) as database:
                transport = LocalTransport(database)
                apply_up(plan_up(session.model, design, {}), transport, lambda text: None)
                adapter = DynamoAdapter(session.model, design, transport)
                begun = time.process_time()
                adapter.bulk_write(records)
                rates[f"items at hand, {where}"] = options.items / (time.process_time() - begun)
        with Database(Path(folder) / "all.db") as database:
            transport = LocalTransport(database)
            apply_up(plan_up(session.model, design, {}), transport, lambda text: None)
            begun = time.process_time()
            position = Position(digest="", design="one", users=options.items, seed=1)
            adapter = DynamoAdapter(session.model, design, transport)
            apply_seed(plan, adapter, Sample(session.model), position=position)
            rates["seed in full, a file"] = options.items / (time.process_time() - begun)
    print(f"{options.items:,} items of 1 KB, items per second of processor time:")
    for name, rate in rates.items():
        print(f"  {name:28}{rate:>12,.0f}")
    if options.json:
        options.json.write_text(json.dumps(rates, indent=2))


if __name__ == "__main__":
    main()
