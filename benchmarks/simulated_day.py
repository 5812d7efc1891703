"""A simulated day of an application's patterns through the store, beside what `cost` predicts.

    python benchmarks/simulated_day.py auxeira [--design recommended] [--users 1000] [--days 40]

A database in memory is filled with the sampled instances of so many users; then every pattern is
called as often as its rate says for one day, in random order. Shown are metered units and dollars
by pattern beside the prediction: reads and writes only, since storage is not charged by request.
With `--days` no instance is older, so that less has to be filled in; the prediction beside it is
for that model, and what it is for the model as it stands is shown too. Ends with 1 where the
dollars (of a design that is not charged by request, the units) differ by more than 3 per cent.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import re
import sys
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.store.arguments import arguments_of

from tablewright import apps
from tablewright.bill.dimensions import Dimension
from tablewright.core.quantities import ZERO
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Model, Verb
from tablewright.proof.workload import Workload
from tablewright.sample.calls import Call
from tablewright.sample.conditions import fixed_value
from tablewright.sample.sample import Sample
from tablewright.sample.world import World
from tablewright.session import Options, Session, read_model
from tablewright.store.failures import ConditionFailed, Conflict, NotFound
from tablewright.store.opening import fill_store, open_store
from tablewright.store.store import Store

NOON = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
"""What the store's clock shows all day."""
DAYS_OF_A_MONTH = Decimal(730) / 24
MOST_DIFFERENCE = Decimal("0.03")
REQUESTS = {Dimension.READS: "read", Dimension.WRITES: "write"}


def main() -> int:
    """Run the day and print; return 1 where the bill is not as predicted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("app", choices=apps.NAMES)
    parser.add_argument("--design", default="recommended")
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--days", type=int, default=0, help="age of the oldest instances")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    text = apps.read(options.app)
    whole_model = session_on(text)
    session = session_on(with_horizon(text, options.days)) if options.days else whole_model
    with open_store(
        session, options.design, "memory", users=options.users, clock=lambda: NOON
    ) as store:
        begun = time.perf_counter()
        records = fill_store(store, session, options.users)
        seconds = time.perf_counter() - begun
        print(f"{records:,} records of {options.users:,} users in {seconds:,.0f} s", flush=True)
        calls = simulate(session, store, options)
        outcome = show(session, store, options.users, calls)
    if options.days:
        evaluation = whole_model.evaluate(options.design, options.users)
        usd = sum(predicted_dollars(evaluation).values(), ZERO)
        print(f"US dollars of the day, with instances of any age: {usd:.6f} predicted")
    return outcome


def session_on(text: str) -> Session:
    """Return a session on the text of a model file."""
    return Session(file=read_model(text, "tablewright.yaml"), options=Options())


def with_horizon(text: str, days: int) -> str:
    """Return a model file none of whose instances is older than so many days."""
    text, changes = re.subn(r"(?m)^horizon: .*$", f"horizon: {days}d", text)
    return text if changes else re.sub(r"(?m)^scales:", f"horizon: {days}d\nscales:", text)


def simulate(session: Session, store: Store, options: argparse.Namespace) -> Counter[str]:
    """Call the patterns of one day; return how often each was called."""
    model = session.model
    chance = random.Random(options.seed)
    workload = Workload(model, World(model, Sample(model), options.users), options.seed)
    names: list[str] = []
    for pattern in model.patterns:
        if store.refusal(pattern.name) or pattern.verb is Verb.SEARCH:
            continue
        expected = model.calls_per_day(pattern, options.users)
        names += [pattern.name] * (int(expected) + (chance.random() < expected % 1))
    chance.shuffle(names)
    begun, refused = time.perf_counter(), Counter[str]()
    for name in names:
        call = workload.call(model.pattern(name))
        try:
            store.call(name, arguments_of(store.signature(name), call))
        except (ConditionFailed, NotFound, Conflict):
            refused[name] += 1
        else:
            remember(workload.world, model, call)
    seconds = time.perf_counter() - begun
    print(f"{len(names):,} calls in {seconds:,.0f} s; conditions that failed: {dict(refused)}")
    return Counter(names)


def remember(world: World, model: Model, call: Call) -> None:
    """Change what is known of the instances that a write has written."""
    for each in call.instances if call.pattern.verb.is_write else ():
        verb, entity = each.pattern.verb, model.entity(each.pattern.entity)
        if verb is Verb.PUT:
            world.add(entity, dict(each.row), each.like, each.fresh or 0)
        elif verb is not Verb.CHECK and each.number is not None:
            computed = {n: fixed_value(entity, n, text, NOON) for n, text in each.pattern.computed}
            after = None if verb is Verb.DELETE else {**each.after, **computed}
            world.change(entity.name, each.number, after)


def show(session: Session, store: Store, users: int, calls: Counter[str]) -> int:
    """Print what was metered beside what was predicted; return 1 where that differs too much."""
    evaluation = session.evaluate(store.design.name, users)
    predicted_usd = predicted_dollars(evaluation)
    print(f"\n{'pattern':26}{'calls':>8}{'read units':>24}{'write units':>24}{'US dollars':>24}")
    print(f"{'':26}{'':8}{'predicted    metered':>24}{'predicted    metered':>24}", end="")
    print(f"{'predicted    metered':>24}")
    totals = {name: [ZERO, ZERO] for name in ("read", "write")}
    for name, count in sorted(calls.items(), key=lambda each: -predicted_usd.get(each[0], ZERO)):
        use = store.bill.patterns[name]
        line = f"{name:26}{count:8,}"
        for dimension, total in totals.items():
            units = evaluation.route(name).units(dimension).mean * count
            total[0] += units
            total[1] += use.of(dimension)
            line += f"{units:12,.1f}{use.of(dimension):12,.1f}"
        line += f"{predicted_usd.get(name, ZERO):12.6f}{store.bill.usd_of(name) or ZERO:12.6f}"
        print(line)
    whole = sum(predicted_usd.values(), ZERO)
    differences = []
    for dimension, (expected, metered) in totals.items():
        print(f"{dimension} units: {expected:,.1f} predicted, {metered:,.1f} metered", end="")
        differences.append(metered / expected - 1 if expected else ZERO)
        print(f" ({differences[-1]:+.2%})")
    if store.bill.usd is not None and whole:
        difference = store.bill.usd / whole - 1
        print(f"US dollars of the day: {whole:.6f} predicted, {store.bill.usd:.6f} metered", end="")
        print(f" ({difference:+.2%})")
        differences = [difference]
    return int(any(abs(each) > MOST_DIFFERENCE for each in differences))


def predicted_dollars(evaluation: Evaluation) -> dict[str, Decimal]:
    """Return what the reads and writes of each pattern cost on one day, as `cost` bills a month."""
    dollars: dict[str, Decimal] = {}
    for line in evaluation.bill.lines:
        if line.dimension in REQUESTS and line.pattern:
            amount = line.amount / DAYS_OF_A_MONTH
            dollars[line.pattern] = dollars.get(line.pattern, ZERO) + amount
    return dollars


if __name__ == "__main__":
    raise SystemExit(main())
