"""Fill the tables of a design with sampled items.

In: a design, a sample, a transport. Out: items written, and a position that is kept after each few
batches: an interrupted run goes on exactly there. Items are puts under their own keys, so that what
is sent twice around an interruption is held once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from tablewright.capacity.limits import MAX_BATCH_WRITE_ITEMS, WRITE_UNIT_BYTES
from tablewright.core.errors import EngineError
from tablewright.core.quantities import ZERO
from tablewright.engines.dynamodb.adapter import RequestFailedError, Transport
from tablewright.engines.dynamodb.design import DynamoDesign, ItemShape, Table
from tablewright.engines.dynamodb.items import Row, item_for
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Kind, Model
from tablewright.sample.sample import Sample

SAVE_EVERY_BATCHES = 40
RETRIES = 12

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The items of one shape in one table."""

    table: str
    shape: str
    entity: str
    count: int
    units: Decimal
    """Write units each item takes, indexes included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedPlan:
    """What would be written, and what that costs."""

    users: int
    parts: tuple[Part, ...]
    units: Decimal
    usd: Decimal

    @property
    def items(self) -> int:
        """Items in all."""
        return sum(part.count for part in self.parts)


@dataclass(kw_only=True)
class Position:
    """How far a seeding has come; kept in a file."""

    digest: str
    design: str
    users: int
    seed: int
    done: dict[str, int] = field(default_factory=dict)
    ttl_shift: int = 0
    """Seconds by which expiry is moved on, so that items do not expire as they are written."""
    spent: bool = False
    """A proof has changed the items since: they are no longer as they were seeded."""

    @classmethod
    def load(cls, path: Path, fresh: Position) -> Position:
        """Return the kept position if it belongs to the same seeding, else a fresh one."""
        found = cls.kept(path)
        if found is None:
            return fresh
        same = (found.digest, found.design, found.users, found.seed)
        return found if same == (fresh.digest, fresh.design, fresh.users, fresh.seed) else fresh

    @classmethod
    def kept(cls, path: Path) -> Position | None:
        """Return the position that a file keeps; None if there is none that can be read."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def save(self, path: Path) -> None:
        """Keep the position; the file is replaced as a whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(self)), encoding="utf-8")
        new.replace(path)


def plan_seed(
    model: Model, design: DynamoDesign, sample: Sample, evaluation: Evaluation
) -> SeedPlan:
    """Return what filling a design takes at the evaluation's number of users.

    Units are those of one put of each item with its index entries, at the mean sizes.
    """
    users = evaluation.users
    parts: list[Part] = []
    for name in by_dependence(model):
        for table in design.tables:
            for shape in table.shapes_of(name):
                parts.append(
                    Part(
                        table=table.name,
                        shape=shape.name,
                        entity=name,
                        count=sample.count(name, users) * shape.copies,
                        units=_units_of(table, shape, evaluation),
                    )
                )
    units = sum((part.units * part.count for part in parts), ZERO)
    return SeedPlan(
        users=users, parts=tuple(parts), units=units, usd=units * _write_price(evaluation)
    )


def _units_of(table: Table, shape: ItemShape, evaluation: Evaluation) -> Decimal:
    """Return the write units of one put: the item and its index entries, at their means."""
    total = ZERO
    names = [table.name, *(f"{table.name}/{index.name}" for index in table.indexes)]
    whole = ZERO
    for name in names:
        for facts in evaluation.resource(name).shapes:
            if facts.name != shape.name:
                continue
            blocks = max(
                Decimal(1),
                (facts.sizes.mean.mean / WRITE_UNIT_BYTES).to_integral_value("ROUND_CEILING"),
            )
            if name == table.name:
                whole = facts.count
            share = facts.count / whole if whole else Decimal(1)
            total += blocks * share
    return total


def _write_price(evaluation: Evaluation) -> Decimal:
    for line in evaluation.bill.lines:
        if ".ondemand.wru." in line.price_key:
            return line.unit_price / line.per
    return ZERO


def by_dependence(model: Model) -> tuple[str, ...]:
    """Return the entities with every parent, and every entity referred to, before its children."""
    ordered: dict[str, None] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in ordered or name in path:
            return
        entity = model.entity(name)
        needs = [entity.parent] + [a.to for a in entity.attributes if a.kind is Kind.REF]
        for need in needs:
            if need is not None:
                visit(need, (*path, name))
        ordered[name] = None

    for entity in model.entities:
        visit(entity.name, ())
    return tuple(ordered)


# ---------------------------------------------------------------- write


def apply_seed(
    plan: SeedPlan,
    model: Model,
    design: DynamoDesign,
    sample: Sample,
    transport: Transport,
    *,
    position: Position,
    keep: Path | None = None,
    units_per_second: Decimal | None = None,
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Write the items that are not written yet; return how many were written.

    Args:
        plan: what to write.
        model: the model.
        design: the design.
        sample: where items come from.
        transport: the database.
        position: how far an earlier run came; moved on as items are acknowledged.
        keep: the file that keeps the position.
        units_per_second: a limit on write units consumed.
        progress: told of items done, items in all, and the table.
        sleep: pauses.
        clock: seconds.
    """
    writer = Writer(transport, units_per_second, sleep, clock)
    written = 0
    try:
        for part in plan.parts:
            key = f"{part.table}/{part.shape}"
            start = position.done.get(key, 0)
            sampled = items_of(model, design, sample, part, start, plan.users)
            items = with_later_expiry(sampled, design.table(part.table).ttl, position.ttl_shift)
            for count in poured(writer, part.table, key, items, position, keep):
                written += count
                if progress is not None:
                    progress(sum(position.done.values()), plan.items, part.table)
    finally:
        if keep is not None:
            position.save(keep)
    return written


def poured(
    writer: Writer,
    table: str,
    home: str,
    items: Iterable[dict[str, Any] | None],
    position: Position,
    keep: Path | None,
) -> Iterator[int]:
    """Write items in batches; yield how many each held once it is acknowledged.

    Args:
        writer: writes them.
        table: where to.
        home: the name under which the position is moved on.
        items: the items, None for an instance without one.
        position: how far the work came; moved on as items are acknowledged.
        keep: the file that keeps the position now and then.
    """
    for batches, (size, batch) in enumerate(batched(items), 1):
        writer.put(table, batch)
        position.done[home] = position.done.get(home, 0) + size
        if keep is not None and batches % SAVE_EVERY_BATCHES == 0:
            position.save(keep)
        yield len(batch)


def items_of(
    model: Model, design: DynamoDesign, sample: Sample, part: Part, start: int, users: int
) -> Iterator[dict[str, Any] | None]:
    """Yield the items of a part from a position on; None for an instance without one."""
    table = design.table(part.table)
    shape = next(s for s in table.shapes if s.name == part.shape)
    number, shard = divmod(start, shape.copies)
    children = _Children(sample, users)
    for row in sample.rows(part.entity, number, part.count // shape.copies, users):
        inside = partial(children.of, number)
        for copy in range(shard, shape.copies):
            place = copy if shape.counters else None
            item = item_for(model, table, shape, row, inside, place)
            yield item if all(key in item for key in table.keys) else None
        number, shard = number + 1, 0


def with_later_expiry(
    items: Iterator[dict[str, Any] | None], ttl: str | None, seconds: int
) -> Iterator[dict[str, Any] | None]:
    """Yield items with their time of expiry moved on."""
    for item in items:
        if item is not None and ttl in item and seconds and "N" in item[ttl]:
            item[ttl] = {"N": str(int(item[ttl]["N"]) + seconds)}
        yield item


class _Children:
    """The children of parents that come in order: a stretch of them is drawn at a time."""

    STRETCH = 512

    def __init__(self, sample: Sample, users: int) -> None:
        self.sample = sample
        self.users = users
        self._drawn: dict[str, tuple[int, list[Row]]] = {}

    def of(self, parent: int, entity: str) -> list[Row]:
        """Return the children of one parent."""
        return [self._row(entity, n) for n in self.sample.children(entity, parent, self.users)]

    def _row(self, entity: str, number: int) -> Row:
        start, rows = self._drawn.get(entity, (0, []))
        if not start <= number < start + len(rows):
            start = number - number % self.STRETCH
            rows = list(self.sample.rows(entity, start, start + self.STRETCH, self.users))
            self._drawn[entity] = (start, rows)
        return rows[number - start]


def batched(
    items: Iterable[dict[str, Any] | None],
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield batches with the number of instances they account for."""
    size = 0
    batch: list[dict[str, Any]] = []
    for item in items:
        size += 1
        if item is not None:
            batch.append(item)
        if len(batch) == MAX_BATCH_WRITE_ITEMS:
            yield size, batch
            size, batch = 0, []
    if size:
        yield size, batch


class Writer:
    """Writes batches, repeats what was not processed, and keeps to a budget of units."""

    def __init__(
        self,
        transport: Transport,
        units_per_second: Decimal | None,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
    ) -> None:
        self.transport = transport
        self.budget = units_per_second
        self.sleep = sleep
        self.clock = clock
        self.started = clock()
        self.units = ZERO
        self.retries = 0

    def put(self, table: str, items: list[dict[str, Any]]) -> None:
        """Write up to 25 items; returns when the database has acknowledged all of them.

        Raises:
            EngineError: the database refused, or kept throttling.
        """
        left: dict[str, Any] = {table: [{"PutRequest": {"Item": item}} for item in items]}
        attempt = 0
        while left and left.get(table):
            try:
                reply = self.transport.send("BatchWriteItem", {"RequestItems": left})
                self.units += sum((c.units for c in reply.consumed), ZERO)
                unprocessed = reply.body.get("UnprocessedItems") or {}
                if len(unprocessed.get(table, ())) < len(left[table]):
                    attempt = 0
                left = unprocessed
            except RequestFailedError as failed:
                if not failed.is_retryable:
                    raise
            if left:
                attempt += 1
                self.retries += 1
                if attempt > RETRIES:
                    raise EngineError(
                        f"{table} keeps refusing writes for want of capacity",
                        remedy="raise its capacity or seed more slowly (--units-per-second), then "
                        "repeat: seeding goes on where it stopped",
                    )
                self.sleep(min(20.0, 0.05 * 2**attempt))
        self._keep_to_budget()

    def _keep_to_budget(self) -> None:
        if self.budget is None or self.budget <= 0:
            return
        due = float(self.units / self.budget) - (self.clock() - self.started)
        if due > 0:
            self.sleep(due)
