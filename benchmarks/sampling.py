"""How fast instances are drawn, and sized to the byte, beside writing the same ones as JSON.

Method: one entity of about one kilobyte with ten attributes, streamed in blocks; each figure is the
best of five runs in one process, on the CPU clock. The peer is `json.dumps` of the same instances,
already made: what any tool would at least do to learn how large they are.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from decimal import Decimal

from tablewright.model.values import Attribute, Count, Entity, Kind, Model, Spread
from tablewright.sample.sample import Sample


def _entity() -> Entity:
    def fixed(size: int) -> Spread:
        return Spread(mean=Decimal(size))

    return Entity(
        name="Customer",
        key=("id",),
        count=Count(mean=Decimal(1)),
        attributes=(
            Attribute(name="id", kind=Kind.UUID),
            Attribute(name="email", kind=Kind.EMAIL, bytes=fixed(30), unique=True),
            Attribute(name="name", kind=Kind.NAME),
            Attribute(
                name="status",
                kind=Kind.ENUM,
                values=(("active", Decimal("0.85")), ("gone", Decimal("0.15"))),
            ),
            Attribute(name="created_at", kind=Kind.TIMESTAMP, immutable=True),
            Attribute(name="points", kind=Kind.INT, high=Decimal(9999)),
            Attribute(name="phone", kind=Kind.PHONE),
            Attribute(name="vip", kind=Kind.BOOL),
            Attribute(name="picture", kind=Kind.URL, bytes=fixed(80)),
            Attribute(
                name="notes",
                kind=Kind.TEXT,
                bytes=Spread(mean=Decimal(740), p99=Decimal(2000), shape="lognormal"),
            ),
        ),
    )


def _best(work: Callable[[], object], times: int = 5) -> float:
    seconds = []
    for _ in range(times):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return min(seconds)


def main() -> None:
    """Print items a second for each kind of work, and their ratios to the peer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=51_200)
    n = parser.parse_args().items
    entity = _entity()
    model = Model(app="bench", region="x", scales=(n,), entities=(entity,), patterns=())
    names = sum(len(name) for name in entity.names)

    def sized() -> int:
        sample, total = Sample(model), 0
        for start in range(0, n, 512):
            stop = min(n, start + 512)
            columns = sample.size_columns("Customer", entity.names, start, stop)
            total += sum(names + sum(sizes) for sizes in zip(*columns, strict=True))
        return total

    def drawn() -> int:
        sample = Sample(model)
        return sum(1 for _ in sample.rows("Customer", 0, n))

    def both() -> tuple[int, int]:
        return drawn(), sized()

    rows = list(Sample(model).rows("Customer", 0, n))

    def peer() -> int:
        return sum(len(json.dumps(row)) for row in rows)

    mean = sized() / n
    seconds = {
        "sized to the byte": _best(sized),
        "drawn": _best(drawn),
        "drawn and sized": _best(both),
        "peer: json.dumps": _best(peer),
    }
    print(f"{n:,} items of {mean:,.0f} bytes on average, best of five, one core")
    for what, taken in seconds.items():
        ratio = seconds["peer: json.dumps"] / taken
        print(f"  {what:<20} {n / taken:>12,.0f} items/s   {ratio:5.2f} x the peer's speed")


if __name__ == "__main__":
    main()
