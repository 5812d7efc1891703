"""The requests that a write is made of, and what its units are made of, in words.

In: arms (a table's item with its index entries). Out: a `Request`, alone or as a transaction, and
the sentences of `explain`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from decimal import Decimal

from tablewright.capacity.limits import MAX_BATCH_WRITE_ITEMS, MAX_TRANSACTION_ITEMS
from tablewright.core.frozen import frozen
from tablewright.core.quantities import format_number, plain
from tablewright.design.values import Embed
from tablewright.engines.dynamodb.design import Index, ItemShape, Table
from tablewright.engines.dynamodb.metering import ColumnMeter, write_measure
from tablewright.engines.dynamodb.sizing import ShapeSizes, depends_on, measure
from tablewright.engines.dynamodb.steps import (
    KeyParts,
    ObjectStep,
    ReadStep,
    WriteStep,
)
from tablewright.evaluation.together import put_inside
from tablewright.evaluation.values import (
    VECTOR_WRITE,
    Measure,
    Request,
    UnitUse,
)
from tablewright.model.values import Entity, Kind, Pattern, Verb

TWICE = Decimal(2)


OPERATIONS = {
    "put": "PutItem",
    "update": "UpdateItem",
    "delete": "DeleteItem",
    "check": "ConditionCheck",
}


@frozen
class Arm:
    """One item written: the step, its units on the table and on each index."""

    step: WriteStep
    table: str
    base: Measure
    base_why: str
    indexes: tuple[tuple[str, Measure, str], ...] = ()
    vectors: tuple[tuple[str, Measure, str], ...] = ()
    """Bytes written to vector indexes."""
    bytes: Decimal = Decimal(0)
    read_first: Request | None = None
    read_step: ReadStep | None = None
    must_be_atomic: bool = False
    objects: tuple[tuple[ObjectStep, Request], ...] = ()
    """What of it is written to object storage before, or deleted there after it."""


@frozen
class SharedItem:
    """How a part of a transaction goes together with others in one item."""

    parts: tuple[int, ...] = ()
    """Of a put, the parts whose instances are put inside its item."""
    children: Mapping[str, int] = field(default_factory=dict)
    """How many instances of each entity that are."""
    parent: str = ""
    """Of a put, the entity inside whose item it goes: it has no request of its own there."""

    @property
    def words(self) -> str:
        """What is inside, as the explanation of the units goes on."""
        inside = ", ".join(f"{count} {name}" for name, count in self.children.items())
        return f", with {inside} inside" if inside else ""


class Unservable(Exception):
    """The design cannot carry out the write; the message says why."""


def parts_of(pattern: Pattern) -> tuple[Pattern, ...]:
    """Return the writes of a transaction, each failing as often as the whole; else the pattern."""
    if pattern.verb is not Verb.TRANSACT:
        return (pattern,)
    return tuple(replace(part, fails=max(part.fails, pattern.fails)) for part in pattern.parts)


def of_part(place: int, arms: list[Arm]) -> list[Arm]:
    """Return arms that know which part of a transaction they carry out."""
    return [replace(arm, step=replace(arm.step, part=place)) for arm in arms] if place else arms


def placed_parts(
    pattern: Pattern, embeds: Mapping[str, Sequence[tuple[Table, ItemShape, Embed]]]
) -> dict[int, SharedItem]:
    """Return which parts of a transaction put an instance and the children inside its item.

    Args:
        pattern: any writing pattern.
        embeds: the items that instances of an entity are inside of, by entity.
    """

    def inside(entity: str) -> set[str]:
        return {shape.entity for _, shape, _ in embeds.get(entity, ())}

    result: dict[int, SharedItem] = {}
    for child, parent in put_inside(pattern, inside).items():
        part = pattern.parts[child]
        mine, above = result.get(child, SharedItem()), result.get(parent, SharedItem())
        count = above.children.get(part.entity, 0) + part.batch
        result[parent] = replace(
            above,
            parts=(*above.parts, child),
            children={**above.children, part.entity: count},
        )
        result[child] = replace(mine, parent=pattern.parts[parent].entity)
    return result


def refuse_meeting(arms: Sequence[Arm]) -> None:
    """Refuse a transaction the service does not allow: too many items, or one item twice."""
    count = sum(arm.step.batch for arm in arms)
    if count > MAX_TRANSACTION_ITEMS:
        raise Unservable(
            f"a transaction writes {MAX_TRANSACTION_ITEMS} items at most, and this one {count}"
        )
    for arm in arms:
        embed = arm.step.embed
        if embed is None:
            continue
        place = (arm.step.table, arm.step.shape)
        if arm.step.batch > 1 or any(
            o is not arm and (o.step.table, o.step.shape) == place for o in arms
        ):
            raise Unservable(
                f"`{embed.attribute}` lies in an item of `{arm.table}` that the transaction "
                "touches already, and it may touch each item once"
            )


def cannot_embed(part: Pattern, child: Entity, keys: KeyParts, embed: Embed) -> str:
    """Say why a write of an embedded child cannot be carried out; "" where it can."""
    for _, template in keys:
        for name in template.attributes:
            if not (child.has(name) and child.attribute(name).generated):
                return f"the key of its parent's item needs `{name}`, which it does not tell"
    key = [name for name in child.key if not child.attribute(name).generated]
    if embed.as_map and len(key) != 1:
        return f"elements of the map `{embed.attribute}` are told apart by one attribute"
    if part.verb is Verb.PUT and part.condition == "absent" and not embed.as_map:
        made_up = any(child.attribute(n).kind in (Kind.UUID, Kind.ULID, Kind.ID) for n in key)
        if part.fails or not made_up:
            return (
                f"the list `{embed.attribute}` cannot refuse a second element with the same key: "
                "a map could"
            )
    return ""


def counter_arms(
    part: Pattern, table: Table, shape: ItemShape, sizes: ShapeSizes, step: WriteStep
) -> list[Arm]:
    """Write the shards of counters: one of them for an increment or a put, all for a delete.

    A put writes the first shard, which holds what was counted before; an increment makes the shard
    it goes to, if it is not there.
    """
    listed = ", ".join(f"`{name}`" for name in shape.counters)
    if part.verb is Verb.UPDATE:
        if set(shape.counters) & set(part.touched) - set(part.increments):
            raise Unservable(f"{listed} is a sum of shards: it can be incremented, not set")
        if part.condition:
            raise Unservable(f"{listed} lies in items apart from what the condition looks at")
    elif set(shape.counters) & set(part.condition_on):
        raise Unservable(f"{listed} is a sum of shards, at which no condition can look")
    base = write_measure(sizes.items(), None)
    mean = measure(sizes.items()).mean
    arm = Arm(
        step=step if part.verb is Verb.UPDATE else replace(step, shard=0),
        table=table.name,
        base=base,
        base_why=write_why(mean, base) + f", one of {shape.copies} shards",
        bytes=mean,
    )
    if part.verb is not Verb.DELETE:
        return [arm]
    rest = replace(step, condition="", condition_on=())
    return [
        arm,
        *(replace(arm, step=replace(rest, shard=shard)) for shard in range(1, shape.copies)),
    ]


def single_write(arm: Arm, batch: int) -> Request:
    """Return the request that writes one item, or `batch` of them together, with its units."""
    uses = [
        UnitUse(
            resource=arm.table,
            dimension="write",
            units=arm.base.times(Decimal(batch)),
            why=arm.base_why,
        )
    ]
    uses += [
        UnitUse(resource=name, dimension="write", units=units.times(Decimal(batch)), why=why)
        for name, units, why in arm.indexes
        if units.mean
    ]
    uses += _vector_uses(arm, batch)
    many = batch > 1 and arm.step.operation in ("PutItem", "DeleteItem")
    calls = Decimal(-(-batch // MAX_BATCH_WRITE_ITEMS) if many else batch)
    items = batch / calls
    return Request(
        operation="BatchWriteItem" if many else arm.step.operation,
        target=arm.table,
        calls=calls,
        items=items,
        bytes=arm.bytes * items,
        uses=tuple(uses),
        note=_condition_note(arm.step),
    )


def _vector_uses(arm: Arm, batch: int = 1) -> list[UnitUse]:
    """Return the bytes an arm writes to vector indexes, in a transaction and alone alike."""
    return [
        UnitUse(
            resource=name,
            dimension=VECTOR_WRITE,
            units=units.times(Decimal(batch)),
            why=why,
        )
        for name, units, why in arm.vectors
    ]


def transact_write(arms: Sequence[Arm], transactions: int = 1) -> Request:
    """Return the request of a transaction: the table's units are doubled, those of indexes not.

    Args:
        arms: what it writes.
        transactions: how many are sent, one for each instance of a batch.
    """
    uses: list[UnitUse] = []
    for arm in arms:
        batch = arm.step.batch
        times = f"{batch} x " if batch > 1 else ""
        uses.append(
            UnitUse(
                resource=arm.table,
                dimension="write",
                units=arm.base.times(TWICE * batch),
                why=f"{times}{arm.base_why}, x 2 in a transaction",
            )
        )
        uses += [
            UnitUse(
                resource=name,
                dimension="write",
                units=units.times(Decimal(batch)),
                why=f"{times}{why} (not doubled)",
            )
            for name, units, why in arm.indexes
            if units.mean
        ]
        uses += _vector_uses(arm, batch)
    count = sum(arm.step.batch for arm in arms) // transactions
    return Request(
        operation="TransactWriteItems",
        target=arms[0].table,
        calls=Decimal(transactions),
        items=Decimal(count),
        bytes=sum((arm.bytes * arm.step.batch for arm in arms), Decimal(0)) / transactions,
        uses=tuple(uses),
        note=f"{count} items, all or nothing",
    )


def _condition_note(step: WriteStep) -> str:
    if step.condition == "absent":
        return "on condition that the key does not exist"
    return f"on condition: {step.condition}" if step.condition else ""


def finds_one_item(entity: Entity, part: Pattern) -> bool:
    """Whether equalities name the whole key or a unique set, so that at most one item fits."""
    equal = set(part.equalities)
    return set(entity.key) <= equal or any(
        entity.has(name) and entity.attribute(name).unique for name in equal
    )


def is_in_keys(name: str, shape: ItemShape, table: Table) -> bool:
    """Whether an attribute is part of a key template of the shape."""
    return any(name in depends_on(template, key) for key, template in shape.keys)


def concerns_index(name: str, sizes: ShapeSizes, index: Index) -> bool:
    """Whether a change of the attribute writes to the index."""
    parts = sizes.entry_parts(index)
    return name in parts.key or name in parts.inside or name in parts.gates


def write_why(mean: Decimal, units: Measure) -> str:
    """Return how the write units of an item come about."""
    return f"{format_number(mean)} B in 1 KB blocks = {plain(units.mean.quantize(Decimal('0.01')))}"


def change_why(meter: ColumnMeter, entries: Sequence[int | None], *, moved: bool) -> str:
    """Return how the units of a changed index entry come about; bytes, or None where absent."""
    present = meter.present(entries)
    if not present:
        return "the item is not in it"
    mean = meter.size(present).mean
    share = Decimal(len(present)) / len(entries)
    among = "" if share == 1 else f", for {format_number(share * 100)} % of the items"
    what = "moves: old and new are written" if moved else "changes"
    return f"the entry of {format_number(mean)} B {what}{among}"


def entry_why(meter: ColumnMeter, entries: Sequence[int | None], verb: Verb) -> str:
    """Return how the write units of an index entry come about; bytes, or None where absent."""
    present = meter.present(entries)
    if not present:
        return "the item is not in it"
    mean = meter.size(present).mean
    share = Decimal(len(present)) / len(entries)
    word = "added" if verb is Verb.PUT else "removed"
    among = "" if share == 1 else f" for {format_number(share * 100)} % of the items"
    return f"entry of {format_number(mean)} B {word}{among}"
