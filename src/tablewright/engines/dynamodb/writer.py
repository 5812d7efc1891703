"""How a design carries out the writes of a model: puts, updates, deletes and transactions.

In: a routing context and a pattern. Out: a Route whose units hold the table arm and every index
arm. A write may need more than its own request: a look-up of the key, a read of the list it
changes, the guard items of unique attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

from tablewright.capacity.units import write_blocks
from tablewright.core.quantities import ONE
from tablewright.design.values import Embed
from tablewright.engines.dynamodb import similar
from tablewright.engines.dynamodb.design import Index, ItemShape, Table
from tablewright.engines.dynamodb.global_tables import NO_TRANSACTIONS, STRONG_WRITE, noted
from tablewright.engines.dynamodb.known_values import SizesOfWrite
from tablewright.engines.dynamodb.metering import expected, get_units, index_measure, write_measure
from tablewright.engines.dynamodb.reading.completion import object_request
from tablewright.engines.dynamodb.reading.context import Context, touched_shapes
from tablewright.engines.dynamodb.reading.router import ReadRouter
from tablewright.engines.dynamodb.sizing import ShapeSizes, depends_on, element_bytes, measure
from tablewright.engines.dynamodb.steps import (
    KeyParts,
    ObjectStep,
    ReadStep,
    Step,
    TransactionStep,
    WriteStep,
)
from tablewright.engines.dynamodb.write_requests import (
    OPERATIONS,
    Arm,
    SharedItem,
    Unservable,
    cannot_embed,
    change_why,
    concerns_index,
    counter_arms,
    entry_why,
    finds_one_item,
    is_in_keys,
    of_part,
    parts_of,
    placed_parts,
    refuse_meeting,
    single_write,
    transact_write,
    write_why,
)
from tablewright.evaluation.known_values import known_after, known_before
from tablewright.evaluation.values import (
    Measure,
    Rejected,
    Request,
    Route,
    UnitUse,
)
from tablewright.model.values import Entity, Pattern, Verb


class WriteRouter:
    """Routes the writing patterns of one design at one scale."""

    def __init__(self, context: Context, reads: ReadRouter) -> None:
        self.context = context
        self.reads = reads
        self.model = context.model
        self.meter = context.meter

    def route(self, pattern: Pattern) -> Route:
        """Return the route of a writing pattern."""
        lookups: list[tuple[Request, ReadStep]] = []
        rejected: list[Rejected] = []
        arms: list[Arm] = []
        depth = 1
        together = placed_parts(pattern, self.context.embeds)
        try:
            for place, part in enumerate(parts_of(pattern)):
                lookup = self._lookup(part, pattern, rejected)
                if lookup is not None:
                    requests, steps, deeper = lookup
                    lookups += list(zip(requests, steps, strict=True))
                    depth = max(depth, 1 + deeper)
                placed = together.get(place, SharedItem())
                arms += of_part(place, self._arms(part, placed, looked_up=lookup is not None))
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
            verb=Verb.GET if finds_one_item(entity, part) else Verb.LIST,
            entity=part.entity,
            rate=whole.rate,
            where=part.where,
            select=tuple(sorted(needed)),
            batch=part.batch,
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
        arms: list[Arm] = []
        together = placed_parts(pattern, self.context.embeds)
        for place, (part, looked_up) in enumerate(zip(parts_of(pattern), searched, strict=True)):
            placed = together.get(place, SharedItem())
            arms += of_part(place, self._arms(part, placed, looked_up=looked_up))
        route = self._assemble(pattern, arms, [], [], 1)
        return route.requests, route.depth

    def _key_attributes(self, entity: Entity, part: Pattern) -> set[str]:
        needed: set[str] = set()
        for table, shape in self._written_shapes(entity, part):
            for _, template in self.context.key_parts(table, shape):
                needed.update(template.sources)
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

    def _arms(self, part: Pattern, placed: SharedItem, *, looked_up: bool) -> list[Arm]:
        entity = self.model.entity(part.entity)
        homes = self.context.shapes(entity.name)
        embeds = self.context.embeds.get(entity.name, [])
        if not homes and not embeds:
            raise Unservable(f"no table of the design holds `{entity.name}`")
        arms: list[Arm] = []
        for table, shape in self._written_shapes(entity, part):
            shape_arms = self._shape_arms(part, table, shape, placed, looked_up)
            if shape.offload:
                shape_arms[0] = replace(
                    shape_arms[0], objects=self._objects(part, entity, table, shape)
                )
            arms += shape_arms
        arms += self._guard_arms(part, entity)
        apart = [home for home in embeds if home[1].entity != placed.parent]
        arms += [self._embedded_arm(part, entity, *home) for home in apart]
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
        self, part: Pattern, table: Table, shape: ItemShape, placed: SharedItem, looked_up: bool
    ) -> list[Arm]:
        sizes = self._sizes_of(part, table, shape)
        keys = self.context.key_parts(table, shape)
        touched = frozenset(part.touched)
        step = WriteStep(
            operation=OPERATIONS[part.verb.value],
            table=table.name,
            shape=shape.name,
            entity=part.entity,
            keys=keys,
            sets=tuple(
                n for n in part.sets if n in shape.attributes or is_in_keys(n, shape, table)
            ),
            increments=tuple(n for n in part.increments if n in shape.attributes),
            appends=tuple(n for n in part.appends if n in shape.attributes),
            removes=tuple(n for n in part.removes if n in shape.attributes),
            condition=part.condition,
            condition_on=part.condition_on,
            from_previous=looked_up,
            batch=part.batch,
            shards=shape.copies,
            inside=placed.parts if shape.embeds else (),
        )
        if shape.counters:
            return counter_arms(part, table, shape, sizes, step)
        if part.verb is Verb.UPDATE:
            key_changes = any(touched & depends_on(template, key) for key, template in keys)
            if key_changes:
                return self._rekeyed(part, table, shape, sizes, step, touched)
            return [self._update_arm(part, table, sizes, step, touched)]
        is_new = part.verb is Verb.PUT
        items = sizes.new_items(placed.children) if is_new else sizes.items()
        column = similar.written_sizes(table, sizes, items)
        before, after = (None, column) if is_new else (column, None)
        if part.verb is Verb.CHECK:
            base = measure([write_blocks(size) for size in column])
            return [Arm(step=step, table=table.name, base=base, base_why="the item it looks at")]
        base = self.meter.write(before, after)
        mean = self.meter.size(items).mean
        indexes = []
        for index in table.indexes:
            entries = sizes.new_entries(index, placed.children) if is_new else sizes.entries(index)
            old, new = (sizes.absent, entries) if is_new else (entries, sizes.absent)
            units = self.meter.entry(old, new, moved=False, changed=True)
            units = units.times(ONE - part.fails)
            indexes.append(
                (f"{table.name}/{index.name}", units, entry_why(self.meter, entries, part.verb))
            )
        return [
            Arm(
                step=step,
                table=table.name,
                base=base,
                base_why=write_why(mean, base) + (placed.words if shape.embeds else ""),
                indexes=tuple(indexes),
                vectors=similar.put_or_delete_uses(table, sizes, ONE - part.fails),
                bytes=mean,
            )
        ]

    def _sizes_of(self, part: Pattern, table: Table, shape: ItemShape) -> ShapeSizes:
        """Return the sizes of the items that a write meets, as far as the pattern tells them."""
        sizes = self._met(part, table, shape)
        entity = self.model.entity(shape.entity)
        before, after = known_before(entity, part), known_after(entity, part)
        if shape.counters or not (before or after):
            return sizes
        return SizesOfWrite(sizes, before, after)

    def _met(self, part: Pattern, table: Table, shape: ItemShape) -> ShapeSizes:
        """Return the sizes of the items that a write meets, whatever it tells of them."""
        return self.context.size_of(table, shape)

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

        def sizes_after(names: frozenset[str]) -> list[int]:
            return similar.written_sizes(table, sizes, sizes.items(resized & names))

        if part.appends:
            after = sizes.grown(after, part.appends)
        before = similar.written_sizes(table, sizes, before)
        after = similar.written_sizes(table, sizes, after)
        base = self.meter.write(before, after)
        partly = [(n, share) for n, share in part.changes if n in resized and share < ONE]
        if partly and not part.appends:
            # what gets no other value is written as it is
            certain = [(n, ONE) for n in sorted(resized - {n for n, _ in partly})]
            mixed = expected(
                [*certain, *partly], lambda names: self.meter.write(before, sizes_after(names))
            )
            base = base if mixed.mean == base.mean else mixed
        if part.fails:
            failing = self.meter.write(None, before)
            base = base.times(ONE - part.fails) + failing.times(part.fails)
        shares = dict(part.changes)
        changing = [(name, shares.get(name, ONE)) for name in sorted(touched)]
        indexes: list[tuple[str, Measure, str]] = []
        for index in table.indexes:
            relevant = [
                (name, share) for name, share in changing if concerns_index(name, sizes, index)
            ]
            if not relevant:
                continue
            evaluate = partial(self._index_units, sizes, index, resized)
            units = expected(relevant, evaluate).times(ONE - part.fails)
            if units.mean:
                moved = any(name in sizes.entry_parts(index).key for name, _ in relevant)
                indexes.append(
                    (
                        f"{table.name}/{index.name}",
                        units,
                        change_why(self.meter, sizes.entries(index), moved=moved),
                    )
                )
        mean = self.meter.size(before).mean
        return Arm(
            step=step,
            table=table.name,
            base=base,
            base_why=write_why(mean, base),
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
        after = sizes.grown(after, sorted((names - resized) & set(sizes.projected(index))))
        parts = sizes.entry_parts(index)
        is_moved, is_inside = bool(names & parts.key), bool(names & parts.inside)
        stays = sizes.stays(index, names) if is_moved else None
        if stays is not None:
            moved = [not here for here in stays]
            return index_measure(before, after, moved=moved, changed=is_inside)
        return self.meter.entry(before, after, moved=is_moved, changed=is_moved or is_inside)

    def _rekeyed(
        self,
        part: Pattern,
        table: Table,
        shape: ItemShape,
        sizes: ShapeSizes,
        step: WriteStep,
        touched: frozenset[str],
    ) -> list[Arm]:
        """A key attribute changes: the item is deleted and written again, in one transaction."""
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
                batch=part.batch,
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
        refusal = cannot_embed(part, child, self.context.key_parts(table, shape), embed)
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
        indexes = self._embedding_indexes(part, child, table, sizes, embed, grown)
        keys = self.context.key_parts(table, shape)
        # A list has no key to refuse by; the ids of such children are generated and never collide.
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
            batch=part.batch,
        )
        mean = measure(before).mean
        read_first, read_step = None, None
        if part.verb is not Verb.PUT and not embed.as_map:
            read_first, read_step = _list_read(part, table, shape, embed, before, keys)
        return Arm(
            step=step,
            table=table.name,
            base=base,
            base_why=write_why(mean, base) + ", the whole parent item",
            indexes=tuple(indexes),
            bytes=mean,
            read_first=read_first,
            read_step=read_step,
        )

    def _embedding_indexes(
        self,
        part: Pattern,
        child: Entity,
        table: Table,
        sizes: ShapeSizes,
        embed: Embed,
        grown: Sequence[int],
    ) -> list[tuple[str, Measure, str]]:
        """Return the units of the index entries that hold the children."""
        indexes: list[tuple[str, Measure, str]] = []
        for index in table.indexes if part.verb is not Verb.CHECK else ():
            if embed.attribute not in sizes.projected(index):
                continue
            old = sizes.entries(index)
            if part.verb is not Verb.PUT:
                old = self.context.by_child(child.name, sizes, old)
            new = [
                None if entry is None else entry + more
                for entry, more in zip(old, grown, strict=True)
            ]
            units = index_measure(old, new, moved=False, changed=True).times(ONE - part.fails)
            indexes.append((f"{table.name}/{index.name}", units, "the entry changes"))
        return indexes

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
        is_one = len(arms) == 1 and bool(arms[0].step.inside)
        together = (pattern.verb is Verb.TRANSACT and not is_one) or (
            len(arms) > 1 and any(arm.must_be_atomic for arm in arms)
        )
        strong = {arm.table for arm in arms if self._is_strong(arm)}
        if together and strong:
            raise Unservable(f"{', '.join(sorted(strong))}: {NO_TRANSACTIONS}")
        objects = [each_object for arm in arms for each_object in arm.objects]
        puts = [each_object for each_object in objects if each_object[0].operation == "PutObject"]
        requests += [request for _, request in puts]
        steps += [step for step, _ in puts]
        depth += 1 if puts else 0
        if together:
            transactions = 1 if pattern.verb is Verb.TRANSACT else pattern.batch
            if transactions == 1:
                refuse_meeting(arms)
            requests.append(transact_write(arms, transactions))
            steps.append(TransactionStep(parts=tuple(arm.step for arm in arms)))
        else:
            for arm in arms:
                request = single_write(arm, pattern.batch)
                requests.append(noted(request, STRONG_WRITE) if arm.table in strong else request)
                steps.append(arm.step)
        requests += [request for step, request in objects if step.operation != "PutObject"]
        steps += [step for step, _ in objects if step.operation != "PutObject"]
        alone = "put" if is_one else pattern.verb.value
        operation = "transact" if together else alone
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

    def _is_strong(self, arm: Arm) -> bool:
        return self.context.design.table(arm.table).strong_replicas

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


def _list_read(
    part: Pattern,
    table: Table,
    shape: ItemShape,
    embed: Embed,
    parent_bytes: Sequence[int],
    keys: KeyParts,
) -> tuple[Request, ReadStep]:
    """Return the read that finds the place of an element of an embedded list."""
    request = Request(
        operation="GetItem",
        target=table.name,
        bytes=measure(parent_bytes).mean,
        uses=(
            UnitUse(
                resource=table.name,
                dimension="read",
                units=get_units(parent_bytes, part.consistency),
                why="the list is read to find the element's place",
            ),
        ),
        note="read-modify-write: a list element has no key",
    )
    step = ReadStep(
        operation="GetItem",
        table=table.name,
        shape=shape.name,
        entity=part.entity,
        keys=keys,
        embed=embed,
    )
    return request, step
