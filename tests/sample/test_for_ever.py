"""A seed draws the same instances in every version: whoever seeded a database can prove it later.

`drawn.txt` shows, for each attribute of `models.py`, values of three blocks, what an update writes
to the first of them, and their bytes. It proves that nothing moved; that values are right is the
matter of the other tests. It is the program's own output.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from tablewright import load
from tablewright.model.values import Model, Spread
from tablewright.sample.sample import Sample
from tablewright.sample.spreads import QUANTILES, quantiles
from value_lines import expect_lines

from .models import model

EVERYTHING = Path(__file__).parents[1] / "data" / "everything.yaml"
USERS = 2000


def short(value: Any) -> str:
    """Return a value on one line: a long one by its beginning, its length and a checksum."""
    if value is None:
        return "-"
    if isinstance(value, set):
        return short(sorted(value))
    text = str(value)
    if len(text) <= 60:
        return text
    return f"{text[:40]}… ({len(text)} characters, {zlib.crc32(text.encode()):08x})"


def drawn(model: Model, users: int) -> Iterator[str]:
    """Yield what is drawn for each attribute of each entity."""
    sample = Sample(model)
    for entity in model.entities:
        yield f"{entity.name}: {sample.count(entity.name, users)} at {users} users"
        if entity.parent is not None:
            yield f"  children {sample.group_sizes(entity.name, 24, users)}"
            last = sample.count(entity.parent, users) - 1
            numbers = sample.children(entity.name, last, users)
            yield f"  of parent {last}: {numbers.start} to {numbers.stop}"
        for attribute in entity.attributes:
            name = attribute.name
            yield f"  {name}"
            for start in (0, 700):
                (column,) = sample.columns(entity.name, (name,), start, start + 3, users)
                again = sample.redrawn(entity.name, name, start, start + 1, users)
                for number, value in enumerate(column, start):
                    yield f"    {number}: {short(value)}"
                yield f"    then: {short(again[0])}"
            yield f"    bytes {sample.sizes(entity.name, name, 12)}"
            yield f"    mean {sample.mean_bytes(entity.name, attribute):.3f}"


def test_instances_of_every_kind_are_the_same_for_ever() -> None:
    expect_lines(Path(__file__).with_name("drawn.txt"), list(drawn(model(), USERS)))


def test_instances_of_every_field_of_the_grammar_are_the_same_for_ever() -> None:
    everything = load(EVERYTHING).model
    expect_lines(Path(__file__).with_name("drawn_of_everything.txt"), list(drawn(everything, 100)))


def spread(mean: str, shape: str, **limits: str) -> Spread:
    return Spread(mean=Decimal(mean), shape=shape, **{k: Decimal(v) for k, v in limits.items()})


SPREADS = (
    spread("2.25", "fixed"),
    spread("25", "uniform", low="10", high="40"),
    spread("25", "uniform"),
    spread("100", "normal", deviation="10"),
    spread("100", "normal", p99="150"),
    spread("100", "normal", high="130"),
    spread("100", "normal", low="90"),
    spread("100", "normal"),
    spread("2000", "lognormal", p99="8000"),
    spread("2000", "lognormal", deviation="1000"),
    spread("2000", "lognormal", high="8000"),
    spread("2000", "lognormal", p99="100000"),
    spread("2000", "lognormal", low="1500"),
    spread("2000", "lognormal"),
    spread("1", "geometric"),
    spread("4", "geometric", low="2"),
    spread("3", "poisson"),
    spread("3", "poisson", low="1", high="6"),
    spread("900", "poisson"),
)


def test_spreads_have_the_same_quantiles_for_ever() -> None:
    lines = []
    for each in SPREADS:
        table = quantiles(each)
        steps = (0, 20, 204, 682, 1024, 1365, 1843, 2027, QUANTILES - 1)
        limits = {
            name: str(value)
            for name in ("low", "high", "p99", "deviation")
            if (value := getattr(each, name)) is not None
        }
        checksum = zlib.crc32(str(table).encode())
        lines.append(
            f"{each.shape} {each.mean} {limits}: {[table[step] for step in steps]} {checksum:08x}"
        )
    expect_lines(Path(__file__).with_name("quantiles.txt"), lines)
