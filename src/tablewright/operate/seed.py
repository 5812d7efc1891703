"""Fill a database with the sampled instances of a design.

In: a codec, a sample, an adapter. Out: records written, and a position that is kept after each few
writes: an interrupted run goes on exactly there. Records are written under their own keys, so that
what is sent twice around an interruption is stored once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.evaluation.connector import Connector
from tablewright.evaluation.doors import Adapter, Codec, Record, RecordKind
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Kind, Model
from tablewright.sample.calls import Row
from tablewright.sample.sample import Sample

SAVE_EVERY_CHUNKS = 40

Progress = Callable[[int, int, str], None]
"""Told how many instances are done, of how many, and where."""


@frozen
class RecordsToSeed:
    """The records of one kind."""

    kind: RecordKind
    instances: int
    units: Decimal | None
    """Write units each record takes, indexes included; None where writes are not charged."""

    @property
    def table(self) -> str:
        """The table or collection."""
        return self.kind.container

    @property
    def entity(self) -> str:
        """The entity."""
        return self.kind.entity

    @property
    def count(self) -> int:
        """Records of all instances."""
        return self.instances * self.kind.copies

    @property
    def key(self) -> str:
        """The name under which the position is kept."""
        return f"{self.kind.container}/{self.kind.name}"


@frozen
class SeedPlan:
    """What would be written, and what that costs."""

    users: int
    parts: tuple[RecordsToSeed, ...]
    units: Decimal | None
    """Write units in all; None where writes are not charged."""
    usd: Decimal | None

    @property
    def items(self) -> int:
        """Records in all."""
        return sum(part.count for part in self.parts)


@dataclass(kw_only=True)
class Position:
    """How far a seeding has come; kept in a file."""

    digest: str
    design: str
    users: int
    seed: int
    done: dict[str, int] = field(default_factory=dict)
    """Instances written, by table or collection and kind of record."""
    ttl_shift: int = 0
    """Seconds by which expiry is moved on, so that items do not expire as they are written."""
    spent: bool = False
    """A proof has changed the items since: they are no longer as they were seeded."""

    @classmethod
    def load(cls, path: Path, fresh: Position) -> Position:
        """Return the kept position if it belongs to the same seeding, else a fresh one."""
        retained = cls.kept(path)
        if retained is None:
            return fresh
        same = (retained.digest, retained.design, retained.users, retained.seed)
        return retained if same == (fresh.digest, fresh.design, fresh.users, fresh.seed) else fresh

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
    connector: Connector,
    codec: Codec,
    sample: Sample,
    evaluation: Evaluation,
    usd_per_unit: Decimal,
) -> SeedPlan:
    """Return what filling a design takes at the evaluation's number of users.

    Args:
        connector: of the engine.
        codec: of the design.
        sample: where instances come from.
        evaluation: of the population.
        usd_per_unit: the price of one write unit, where writes are charged by the unit.
    """
    users = evaluation.users
    parts = [
        RecordsToSeed(
            kind=kind,
            instances=sample.count(name, users),
            units=connector.write_units(evaluation, kind),
        )
        for name in by_dependence(evaluation.model)
        for kind in codec.kinds
        if kind.entity == name
    ]
    known = [part.units * part.count for part in parts if part.units is not None]
    units = sum(known, ZERO) if len(known) == len(parts) else None
    usd = None if units is None else units * usd_per_unit
    return SeedPlan(users=users, parts=tuple(parts), units=units, usd=usd)


def by_dependence(model: Model) -> tuple[str, ...]:
    """Return the entities with every parent, and every entity referred to, before its children."""
    ordered: dict[str, None] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in ordered or name in path:
            return
        entity = model.entity(name)
        needs = [entity.parent]
        needs += [a.to.partition(".")[0] for a in entity.attributes if a.kind is Kind.REF and a.to]
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
    adapter: Adapter,
    sample: Sample,
    *,
    position: Position,
    keep: Path | None = None,
    progress: Progress | None = None,
) -> int:
    """Write the instances that are not written yet; return how many records were written.

    Args:
        plan: what to write.
        adapter: the database, with a codec of the same design.
        sample: where instances come from.
        position: how far an earlier run came; moved on as records are acknowledged.
        keep: the file that keeps the position.
        progress: told of instances done, instances in all, and the table.
    """
    written = 0
    total = sum(part.instances for part in plan.parts)
    try:
        for part in plan.parts:
            start = position.done.get(part.key, 0)
            instances = records_of(adapter.codec, sample, part, start, plan.users)
            for count in written_chunks(adapter, part.key, instances, position, keep):
                written += count
                if progress is not None:
                    progress(sum(position.done.values()), total, part.table)
    finally:
        if keep is not None:
            position.save(keep)
    return written


def written_chunks(
    adapter: Adapter,
    key: str,
    instances: Iterable[Sequence[Record]],
    position: Position,
    keep: Path | None,
) -> Iterator[int]:
    """Write instances in chunks; yield how many records each had once it is acknowledged.

    Args:
        adapter: writes them.
        key: the name under which the position is moved on.
        instances: the records of each instance, none for one that is not stored there.
        position: how far the work came; moved on as records are acknowledged.
        keep: the file that keeps the position now and then.
    """
    remaining = iter(instances)
    number = 0
    while chunk := list(islice(remaining, adapter.chunk)):
        count = adapter.bulk_write(record for records in chunk for record in records)
        position.done[key] = position.done.get(key, 0) + len(chunk)
        number += 1
        if keep is not None and number % SAVE_EVERY_CHUNKS == 0:
            position.save(keep)
        yield count


def records_of(
    codec: Codec, sample: Sample, part: RecordsToSeed, start: int, users: int
) -> Iterator[tuple[Record, ...]]:
    """Yield the records of each instance of a part, from an instance on."""
    family = _Children(sample, users)
    kind, entity = part.kind, part.entity
    for number, row in enumerate(sample.rows(entity, start, part.instances, users), start):
        yield tuple(codec.encode(entity, row, partial(family.of, number), kind))


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
