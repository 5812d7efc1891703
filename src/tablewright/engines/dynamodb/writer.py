"""How a design carries out the writes of a model: puts, updates, deletes and transactions.

In: a routing context and a pattern. Out: a Route whose units hold the table arm and every index
arm. A write may need more than its own request: a look-up of the key, a read of the list it
changes, the guard items of unique attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from tablewright.capacity.units import write_blocks
from tablewright.core.quantities import ONE, format_number, plain
from tablewright.design.values import Embed
from tablewright.engines.dynamodb import similar
from tablewright.engines.dynamodb.design import Index, ItemShape, Table
from tablewright.engines.dynamodb.metering import expected, get_units, index_measure, write_measure
from tablewright.engines.dynamodb.router import (
    Context,
    ReadRouter,
    object_request,
    touched_shapes,
)
from tablewright.engines.dynamodb.sizing import ShapeSizes, depends_on, element_bytes, measure
from tablewright.engines.dynamodb.steps import (
    KeyParts,
    ObjectStep,
    ReadStep,
    Step,
    TransactionStep,
    WriteStep,
)
from tablewright.evaluation.values import (
    VECTOR_WRITE,
    Measure,
    Rejected,
    Request,
    Route,
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


@dataclass(frozen=True, slots=True, kw_only=True)
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


class Unservable(Exception):
    """The design cannot carry out the write; the message says why."""


class WriteRouter:
    """Routes the writing patterns of one design at one scale."""

    def __init__(self, context: Context, reads: ReadRouter) -> None:
        self.context = context
        self.reads = reads
        self.model = context.model

    def route(self, pattern: Pattern) -> Route:
        """Return the route of a writing pattern."""
        parts = pattern.parts if pattern.verb is Verb.TRANSACT else (pattern,)
        lookups: list[tuple[Request, ReadStep]] = []
        rejected: list[Rejected] = []
        arms: list[Arm] = []
        depth = 1
        try:
            for part in parts:
                lookup = self._lookup(part, pattern, rejected)
                if lookup is not None:
                    requests, steps, deeper = lookup
                    lookups += list(zip(requests, steps, strict=True))
                    depth = max(depth, 1 + deeper)
                arms += self._arms(part, looked_up=lookup is not None)
            return self._assemble(pattern, arms, lookups, rejected, depth)
        except Unservable as problem:
            return Route(
                pattern=pattern.name,
                design=self.context.design.name,
                cannot=str(problem),
                rejected=tuple(rejected),
            )

    # ------------------------------------------------------------ the key of what is written

    def search(self, part: Pattern, whole: Pattern) -> Pattern | None:
        """Return the reading pattern that finds the primary key, None if the caller holds it."""
        if part.verb is Verb.PUT:
            return None
        entity = self.model.entity(part.entity)
        needed = self._key_attributes(entity, part)
        if needed <= set(part.equalities) | set(part.known):
            return None
        if not part.where:
            raise Unservable(f"nothing says which `{part.entity}` is meant")
        return Pattern(
            name=part.name,
            verb=Verb.GET if _finds_one(entity, part) else Verb.LIST,
            entity=part.entity,
            rate=whole.rate,
            where=part.where,
            select=tuple(sorted(needed)),
        )

    def _lookup(
        self, part: Pattern, whole: Pattern, rejected: list[Rejected]
    ) -> tuple[list[Request], list[ReadStep], int] | None:
        """Return the reads that find the primary key, None if the caller holds it."""
        search = self.search(part, whole)
        if search is None:
            return None
        stored = set(part.equalities) | set(part.known)
        missing = ", ".join(f"`{name}`" for name in search.select or () if name not in stored)
        rejected.append(
            Rejected(
                route=f"{part.verb.value} {part.entity} directly",
                reason=f"the primary key needs {missing}, which the caller does not hold",
            )
        )
        route = self.reads.route(search)
        if not route.is_served:
            raise Unservable(f"its key cannot be found: {route.cannot}")
        rejected += list(route.rejected)
        steps = [step for step in route.steps if isinstance(step, ReadStep)]
        return list(route.requests), steps, route.depth

    def write_requests(
        self, pattern: Pattern, searched: Sequence[bool]
    ) -> tuple[tuple[Request, ...], int]:
        """Return the requests of a write without those that search keys, and its round trips.

        Args:
            pattern: a writing pattern.
            searched: for each of its parts, whether its key is looked up first.

        Raises:
            Unservable: the design cannot carry it out.
        """
        parts = pattern.parts if pattern.verb is Verb.TRANSACT else (pattern,)
        arms: list[Arm] = []
        for part, looked_up in zip(parts, searched, strict=True):
            arms += self._arms(part, looked_up=looked_up)
        route = self._assemble(pattern, arms, [], [], 1)
        return route.requests, route.depth

    def _key_attributes(self, entity: Entity, part: Pattern) -> set[str]:
        needed: set[str] = set()
        for table, shape in self._written_shapes(entity, part):
            for _, template in self.context.key_parts(table, shape):
                needed.update(template.attributes)
        for table, shape, _ in self.context.embeds.get(entity.name, ()):
            if not self.context.shapes(entity.name):
                for _, template in self.context.key_parts(table, shape):
                    needed.update(a for a in template.attributes if entity.has(a))
        return needed

    def _written_shapes(self, entity: Entity, part: Pattern) -> list[tuple[Table, ItemShape]]:
        shapes = self.context.shapes(entity.name)
        if part.verb is Verb.UPDATE:
            touched = touched_shapes(self.context, entity.name, frozenset(part.touched))
            return [home for home in touched if not home[1].guards]
        if part.verb is Verb.CHECK:
            return [home for home in shapes if not home[1].counters][:1]
        return shapes

    # ------------------------------------------------------------ arms

    def _arms(self, part: Pattern, *, looked_up: bool) -> list[Arm]:
        entity = self.model.entity(part.entity)
        homes = self.context.shapes(entity.name)
        embeds = self.context.embeds.get(entity.name, [])
        if not homes and not embeds:
            raise Unservable(f"no table of the design holds `{entity.name}`")
        arms: list[Arm] = []
        for table, shape in self._written_shapes(entity, part):
            shape_arms = self._shape_arms(part, table, shape, looked_up)
            if shape.offload:
                shape_arms[0] = replace(
                    shape_arms[0], objects=self._objects(part, entity, table, shape)
                )
            arms += shape_arms
        arms += self._guard_arms(part, entity)
        arms += [self._embedded_arm(part, entity, *home) for home in embeds]
        if part.verb is Verb.UPDATE and not arms:
            shown = ", ".join(f"`{name}`" for name in part.touched)
            raise Unservable(f"no item of the design holds {shown or 'what is written'}")
        return arms

    def _objects(
        self, part: Pattern, entity: Entity, table: Table, shape: ItemShape
    ) -> tuple[tuple[ObjectStep, Request], ...]:
        """Return what a write does to the attributes that an item keeps in object storage."""
        outside = set(shape.offload)
        for name in (*part.condition_on, *part.increments, *part.appends):
            if name in outside:
                raise Unservable(f"`{name}` is kept in object storage: it can be read or replaced")
        batch = Decimal(part.batch)
        objects = []
        for name in shape.offload:
            calls = batch * entity.attribute(name).presence
            if part.verb is Verb.PUT:
                operation = "PutObject"
            elif part.verb is Verb.DELETE:
                operation = "DeleteObject"
            elif name in part.sets:
                operation, calls = "PutObject", batch
            elif name in part.removes:
                operation = "DeleteObject"
            else:
                continue
            objects.append(object_request(self.context, table, shape, name, operation, calls))
        return tuple(objects)

    def _shape_arms(
        self, part: Pattern, table: Table, shape: ItemShape, looked_up: bool
    ) -> list[Arm]:
        sizes = self.context.size_of(table, shape)
        keys = self.context.key_parts(table, shape)
        touched = frozenset(part.touched)
        step = WriteStep(
            operation=OPERATIONS[part.verb.value],
            table=table.name,
            shape=shape.name,
            entity=part.entity,
            keys=keys,
            sets=tuple(n for n in part.sets if n in shape.attributes or _in_keys(n, shape, table)),
            increments=tuple(n for n in part.increments if n in shape.attributes),
            appends=tuple(n for n in part.appends if n in shape.attributes),
            removes=tuple(n for n in part.removes if n in shape.attributes),
            condition=part.condition,
            condition_on=part.condition_on,
            from_previous=looked_up,
            batch=part.batch,
            shards=shape.copies,
        )
        if shape.counters:
            return _counter_arms(part, table, shape, sizes, step)
        if part.verb is Verb.UPDATE:
            key_changes = any(touched & depends_on(template, key) for key, template in keys)
            if key_changes:
                return self._rekeyed(part, table, shape, sizes, step, touched)
            return [self._update_arm(part, table, sizes, step, touched)]
        column = similar.written_sizes(table, sizes, sizes.items())
        before, after = (None, column) if part.verb is Verb.PUT else (column, None)
        if part.verb is Verb.CHECK:
            base = measure([write_blocks(size) for size in column])
            return [Arm(step=step, table=table.name, base=base, base_why="the item it looks at")]
        base = write_measure(before, after)
        mean = measure(sizes.items()).mean
        indexes = []
        for index in table.indexes:
            entries = sizes.entries(index)
            absent: list[int | None] = [None] * len(entries)
            old, new = (absent, entries) if part.verb is Verb.PUT else (entries, absent)
            units = index_measure(old, new, moved=False, changed=True)
            units = units.times(ONE - part.fails)
            indexes.append((f"{table.name}/{index.name}", units, _entry_why(entries, part.verb)))
        return [
            Arm(
                step=step,
                table=table.name,
                base=base,
                base_why=_write_why(mean, base),
                indexes=tuple(indexes),
                vectors=similar.put_or_delete_uses(table, sizes, ONE - part.fails),
                bytes=mean,
            )
        ]

    def _update_arm(
        self,
        part: Pattern,
        table: Table,
        sizes: ShapeSizes,
        step: WriteStep,
        touched: frozenset[str],
    ) -> Arm:
        resized = touched - set(part.appends)
        before, after = sizes.items(), sizes.items(resized)
        if part.appends:
            grown = sizes.appended(part.appends)
            after = [size + more for size, more in zip(after, grown, strict=True)]
        before = similar.written_sizes(table, sizes, before)
        after = similar.written_sizes(table, sizes, after)
        base = write_measure(before, after)
        if part.fails:
            failing = write_measure(None, before)
            base = base.times(ONE - part.fails) + failing.times(part.fails)
        shares = dict(part.changes)
        changing = [(name, shares.get(name, ONE)) for name in sorted(touched)]
        indexes: list[tuple[str, Measure, str]] = []
        for index in table.indexes:
            relevant = [(name, share) for name, share in changing if _concerns(name, sizes, index)]
            if not relevant:
                continue
            units = expected(relevant, partial(self._index_units, sizes, index, resized)).times(
                ONE - part.fails
            )
            if units.mean:
                moved = any(_moves(name, sizes, index) for name, _ in relevant)
                indexes.append(
                    (
                        f"{table.name}/{index.name}",
                        units,
                        _change_why(sizes.entries(index), moved=moved),
                    )
                )
        mean = measure(before).mean
        return Arm(
            step=step,
            table=table.name,
            base=base,
            base_why=_write_why(mean, base),
            indexes=tuple(indexes),
            vectors=similar.update_uses(table, sizes, changing, ONE - part.fails),
            bytes=mean,
        )

    def _index_units(
        self, sizes: ShapeSizes, index: Index, resized: frozenset[str], names: frozenset[str]
    ) -> Measure:
        if not names:
            return Measure()
        before = sizes.entries(index)
        after = sizes.entries(index, names & resized)
        moved: bool | list[bool] = any(_moves(name, sizes, index) for name in names)
        changed = moved or any(_projects(name, sizes, index) for name in names)
        if moved:
            stays = sizes.stays(index, names)
            if stays is not None:
                moved = [not here for here in stays]
                changed = any(_projects(name, sizes, index) for name in names)
        return index_measure(before, after, moved=moved, changed=bool(changed))

    def _rekeyed(
        self,
        part: Pattern,
        table: Table,
        shape: ItemShape,
        sizes: ShapeSizes,
        step: WriteStep,
        touched: frozenset[str],
    ) -> list[Arm]:
        """A key attribute changes: the item is deleted and written anew, in one transaction."""
        before, after = sizes.items(), sizes.items(touched)
        removed, added = [], []
        for index in table.indexes:
            name = f"{table.name}/{index.name}"
            old, new = sizes.entries(index), sizes.entries(index, touched)
            none: list[int | None] = [None] * len(old)
            removed.append((name, index_measure(old, none, moved=False, changed=True), "removed"))
            added.append((name, index_measure(none, new, moved=False, changed=True), "added"))
        delete = replace(step, operation="DeleteItem", sets=(), old_value=True)
        put = replace(step, operation="PutItem")
        mean = measure(before).mean
        return [
            Arm(
                step=delete,
                table=table.name,
                base=write_measure(before, None),
                bytes=mean,
                base_why="deleted under the old key",
                indexes=tuple(removed),
                must_be_atomic=True,
            ),
            Arm(
                step=put,
                table=table.name,
                base=write_measure(None, after),
                bytes=mean,
                base_why="written under the new key",
                indexes=tuple(added),
                must_be_atomic=True,
            ),
        ]

    def _guard_arms(self, part: Pattern, entity: Entity) -> list[Arm]:
        arms: list[Arm] = []
        if part.verb is Verb.CHECK:
            return arms
        for table, shape in self.context.guards(entity.name):
            sizes = self.context.size_of(table, shape)
            unit = write_measure(None, sizes.items())
            step = WriteStep(
                operation="PutItem",
                table=table.name,
                shape=shape.name,
                entity=entity.name,
                keys=self.context.key_parts(table, shape),
                condition="absent",
            )
            give_up = replace(step, operation="DeleteItem", condition="", old_value=True)
            changed = bool(set(shape.guards) & set(part.touched))
            what = " and ".join(shape.guards)
            if part.verb is Verb.PUT or changed:
                arms.append(
                    Arm(
                        step=step,
                        table=table.name,
                        base=unit,
                        must_be_atomic=True,
                        base_why=f"guard of the new {what}",
                        bytes=measure(sizes.items()).mean,
                    )
                )
            if part.verb is Verb.DELETE or changed:
                arms.append(
                    Arm(
                        step=give_up,
                        table=table.name,
                        base=unit,
                        must_be_atomic=True,
                        base_why=f"guard of the old {what}",
                        bytes=measure(sizes.items()).mean,
                    )
                )
        return arms

    def _embedded_arm(
        self, part: Pattern, child: Entity, table: Table, shape: ItemShape, embed: Embed
    ) -> Arm:
        """A child inside its parent's item: the whole parent is written again."""
        refusal = _cannot_embed(part, child, self.context.key_parts(table, shape), embed)
        if refusal:
            raise Unservable(refusal)
        sizes = self.context.size_of(table, shape)
        retained = partial(self.context.by_child, child.name, sizes)
        grown = self._grown(part, child, sizes, embed)
        before = sizes.items() if part.verb is Verb.PUT else retained(sizes.items())
        after = [size + more for size, more in zip(before, grown, strict=True)]
        base = write_measure(before, after)
        if part.verb is Verb.CHECK:
            base = measure([write_blocks(size) for size in before])
        if part.fails:
            failing = write_measure(None, before)
            base = base.times(ONE - part.fails) + failing.times(part.fails)
        indexes = []
        for index in table.indexes if part.verb is not Verb.CHECK else ():
            if embed.attribute not in sizes.projected(index):
                continue
            old = sizes.entries(index)
            if part.verb is not Verb.PUT:
                old = retained(old)
            new = [
                None if entry is None else entry + more
                for entry, more in zip(old, grown, strict=True)
            ]
            units = index_measure(old, new, moved=False, changed=True).times(ONE - part.fails)
            indexes.append((f"{table.name}/{index.name}", units, "the entry changes"))
        keys = self.context.key_parts(table, shape)
        # A list has no key to refuse by; the ids of such children are made up and never meet.
        is_moot = part.condition == "absent" and not embed.as_map
        step = WriteStep(
            operation="ConditionCheck" if part.verb is Verb.CHECK else "UpdateItem",
            table=table.name,
            shape=shape.name,
            entity=part.entity,
            keys=keys,
            sets=part.sets,
            increments=part.increments,
            appends=part.appends,
            removes=part.removes,
            condition="" if is_moot else part.condition,
            condition_on=part.condition_on,
            embed=embed,
            child=part.verb.value,
        )
        mean = measure(before).mean
        read_first, read_step = None, None
        if part.verb is not Verb.PUT and not embed.as_map:
            read_first = Request(
                operation="GetItem",
                target=table.name,
                bytes=mean,
                uses=(
                    UnitUse(
                        resource=table.name,
                        dimension="read",
                        units=get_units(before, part.consistency),
                        why="the list is read to find the element's place",
                    ),
                ),
                note="read-modify-write: a list element has no key",
            )
            read_step = ReadStep(
                operation="GetItem",
                table=table.name,
                shape=shape.name,
                entity=part.entity,
                keys=keys,
                embed=embed,
            )
        return Arm(
            step=step,
            table=table.name,
            base=base,
            base_why=_write_why(mean, base) + ", the whole parent item",
            indexes=tuple(indexes),
            bytes=mean,
            read_first=read_first,
            read_step=read_step,
        )

    def _grown(self, part: Pattern, child: Entity, sizes: ShapeSizes, embed: Embed) -> list[int]:
        """Return by how many bytes each write of a child lets its parent's item grow.

        Of a put for each parent; of any other write for each child.
        """
        sample = self.context.sizes.sample
        names = [a.name for a in child.attributes if not a.generated]
        if part.verb is Verb.PUT:
            return element_bytes(sample, child, names, sizes.n, as_map=embed.as_map)
        total = sum(sample.group_sizes(child.name, sizes.n))
        grown = [0] * (total or sizes.n)
        if part.verb is not Verb.UPDATE or not total:
            return grown
        for name in part.sets:
            if name not in names:
                continue
            old = sample.sizes(child.name, name, total)
            new = sample.resampled_sizes(child.name, name, total)
            grown = [g + (b or 0) - (a or 0) for g, a, b in zip(grown, old, new, strict=True)]
        return grown

    # ------------------------------------------------------------ requests

    def _assemble(
        self,
        pattern: Pattern,
        arms: list[Arm],
        lookups: list[tuple[Request, ReadStep]],
        rejected: list[Rejected],
        depth: int,
    ) -> Route:
        requests = [request for request, _ in lookups]
        steps: list[Step] = [step for _, step in lookups]
        reads_first = False
        for arm in arms:
            if arm.read_first is not None and arm.read_step is not None:
                requests.append(arm.read_first)
                steps.append(arm.read_step)
                reads_first = True
                depth += 1
        if not pattern.atomic and pattern.verb is Verb.UPDATE and not reads_first:
            own_key = arms[0]
            read, step = self._plain_read(pattern, own_key)
            requests.append(read)
            steps.append(step)
            reads_first = True
            depth += 1
        together = pattern.verb is Verb.TRANSACT or (
            len(arms) > 1 and any(arm.must_be_atomic for arm in arms)
        )
        objects = [each_object for arm in arms for each_object in arm.objects]
        puts = [each_object for each_object in objects if each_object[0].operation == "PutObject"]
        requests += [request for _, request in puts]
        steps += [step for step, _ in puts]
        depth += 1 if puts else 0
        if together:
            _refuse_meeting(arms)
            requests.append(_transaction(arms))
            steps.append(TransactionStep(parts=tuple(arm.step for arm in arms)))
        else:
            for arm in arms:
                requests.append(_single(arm, pattern.batch))
                steps.append(arm.step)
        requests += [request for step, request in objects if step.operation != "PutObject"]
        steps += [step for step, _ in objects if step.operation != "PutObject"]
        operation = "transact" if together else pattern.verb.value
        return Route(
            pattern=pattern.name,
            design=self.context.design.name,
            requests=tuple(requests),
            steps=tuple(steps),
            rejected=tuple(rejected),
            target=arms[0].table,
            operation=operation,
            depth=depth,
            matched=Decimal(pattern.batch),
            returned=Decimal(0),
            reads_first=reads_first,
        )

    def _plain_read(self, pattern: Pattern, arm: Arm) -> tuple[Request, ReadStep]:
        table = self.context.design.table(arm.table)
        shape = next(s for s in table.shapes if s.name == arm.step.shape)
        column = self.context.size_of(table, shape).items()
        use = UnitUse(
            resource=table.name,
            dimension="read",
            units=get_units(column, pattern.consistency),
            why="read before it is written back",
        )
        request = Request(
            operation="GetItem",
            target=table.name,
            bytes=measure(column).mean,
            uses=(use,),
            note="the application reads, changes and writes back",
        )
        step = ReadStep(
            operation="GetItem",
            table=table.name,
            shape=shape.name,
            entity=pattern.entity,
            keys=arm.step.keys,
            consistency=pattern.consistency,
        )
        return request, step


def _refuse_meeting(arms: Sequence[Arm]) -> None:
    """Refuse a transaction that would touch one item twice, which the service does not allow."""
    for arm in arms:
        embed = arm.step.embed
        if embed is None:
            continue
        place = (arm.step.table, arm.step.shape)
        if any(o is not arm and (o.step.table, o.step.shape) == place for o in arms):
            raise Unservable(
                f"`{embed.attribute}` lies in an item of `{arm.table}` that the transaction "
                "touches already, and it may touch each item once"
            )


def _cannot_embed(part: Pattern, child: Entity, keys: KeyParts, embed: Embed) -> str:
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


def _counter_arms(
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
        base_why=_write_why(mean, base) + f", one of {shape.copies} shards",
        bytes=mean,
    )
    if part.verb is not Verb.DELETE:
        return [arm]
    rest = replace(step, condition="", condition_on=())
    return [
        arm,
        *(replace(arm, step=replace(rest, shard=shard)) for shard in range(1, shape.copies)),
    ]


def _single(arm: Arm, batch: int) -> Request:
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
    return Request(
        operation="BatchWriteItem" if many else arm.step.operation,
        target=arm.table,
        calls=Decimal(-(-batch // 25)) if many else Decimal(batch),
        items=Decimal(min(batch, 25)) if many else ONE,
        bytes=arm.bytes,
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


def _transaction(arms: Sequence[Arm]) -> Request:
    uses: list[UnitUse] = []
    for arm in arms:
        doubled = arm.base.times(TWICE)
        uses.append(
            UnitUse(
                resource=arm.table,
                dimension="write",
                units=doubled,
                why=f"{arm.base_why}, x 2 in a transaction",
            )
        )
        uses += [
            UnitUse(resource=name, dimension="write", units=units, why=f"{why} (not doubled)")
            for name, units, why in arm.indexes
            if units.mean
        ]
        uses += _vector_uses(arm)
    return Request(
        operation="TransactWriteItems",
        target=arms[0].table,
        items=Decimal(len(arms)),
        bytes=sum((arm.bytes for arm in arms), Decimal(0)),
        uses=tuple(uses),
        note=f"{len(arms)} items, all or nothing",
    )


def _condition_note(step: WriteStep) -> str:
    if step.condition == "absent":
        return "on condition that the key does not exist"
    return f"on condition: {step.condition}" if step.condition else ""


def _finds_one(entity: Entity, part: Pattern) -> bool:
    equal = set(part.equalities)
    return set(entity.key) <= equal or any(
        entity.has(name) and entity.attribute(name).unique for name in equal
    )


def _in_keys(name: str, shape: ItemShape, table: Table) -> bool:
    """Whether an attribute is part of a key template of the shape."""
    return any(name in depends_on(template, key) for key, template in shape.keys)


def _concerns(name: str, sizes: ShapeSizes, index: Index) -> bool:
    return _moves(name, sizes, index) or _projects(name, sizes, index) or _gates(name, sizes, index)


def _moves(name: str, sizes: ShapeSizes, index: Index) -> bool:
    """Whether a change of this attribute gives the entry another key."""
    for key in index.keys:
        template = sizes.shape.template(key)
        if template is None:
            continue
        bases = {attribute.partition(".")[0] for attribute in template.attributes} or {key}
        if name in bases:
            return True
    return False


def _gates(name: str, sizes: ShapeSizes, index: Index) -> bool:
    """Whether the attribute decides if the item is in the index at all."""
    for key in index.keys:
        template = sizes.shape.template(key)
        if template is not None and name in dict(template.when):
            return True
    return False


def _projects(name: str, sizes: ShapeSizes, index: Index) -> bool:
    """Whether entries hold the attribute, or something made of it."""
    for physical in sizes.projected(index):
        template = sizes.shape.template(physical)
        if template is not None and name in depends_on(template, physical):
            return True
    return False


def _write_why(mean: Decimal, units: Measure) -> str:
    return f"{format_number(mean)} B in 1 KB blocks = {plain(units.mean.quantize(Decimal('0.01')))}"


def _change_why(entries: Sequence[int | None], *, moved: bool) -> str:
    present = [entry for entry in entries if entry is not None]
    if not present:
        return "the item is not in it"
    mean = measure(present).mean
    share = Decimal(len(present)) / len(entries)
    among = "" if share == 1 else f", for {format_number(share * 100)} % of the items"
    what = "moves: old and new are written" if moved else "changes"
    return f"the entry of {format_number(mean)} B {what}{among}"


def _entry_why(entries: Sequence[int | None], verb: Verb) -> str:
    present = [entry for entry in entries if entry is not None]
    if not present:
        return "the item is not in it"
    mean = measure(present).mean
    share = Decimal(len(present)) / len(entries)
    word = "added" if verb is Verb.PUT else "removed"
    among = "" if share == 1 else f" for {format_number(share * 100)} % of the items"
    return f"entry of {format_number(mean)} B {word}{among}"
