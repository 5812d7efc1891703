"""The fetches that bring what the first read of a route does not hold.

In: an option that reads entries. Out: the same with the gets by key, and out of object storage,
that complete it, or the reason why nothing leads to what is missing.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tablewright.capacity.limits import MAX_BATCH_GET_KEYS
from tablewright.capacity.units import Consistency, read_blocks
from tablewright.core.quantities import ONE, ZERO, format_number, plain
from tablewright.engines.dynamodb.access import KeyMatch
from tablewright.engines.dynamodb.design import ItemShape, Table
from tablewright.engines.dynamodb.reading.context import OBJECTS, Context, ReadOption, key_is_known
from tablewright.engines.dynamodb.sizing import measure
from tablewright.engines.dynamodb.steps import ObjectStep, ReadStep, Step
from tablewright.evaluation.engine import Refused
from tablewright.evaluation.values import Measure, Request, UnitUse
from tablewright.model.values import Entity, Kind, Pattern, Verb


class Completion:
    """The fetches that bring what a first read does not hold."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.model = context.model

    def complete(
        self,
        pattern: Pattern,
        option: ReadOption,
        match: KeyMatch,
        wanted: frozenset[str],
        count: Decimal,
    ) -> ReadOption | Refused:
        """Add the fetches that bring the attributes the first read does not hold."""
        entity = self.model.entity(pattern.entity)
        bound = frozenset(pattern.equalities)
        needed = set(wanted)
        unseen = self._unseen(entity, pattern, option, match)
        if unseen:
            return Refused(
                f"it does not hold `{unseen}`, by which entries have to be chosen or sorted"
            )
        sources = self._fetch_sources(entity, match)
        for table, shape in sources:
            missing = needed - option.held - bound
            if not missing:
                break
            gives = self.context.held(table, shape)
            if not missing & gives:
                continue
            if not key_is_known(self.context, table, shape, option.held | bound):
                continue
            option = self._fetch(pattern, option, table, shape, count, gives)
        missing = needed - option.held - bound
        if missing:
            shown = ", ".join(f"`{name}`" for name in sorted(missing))
            return Refused(f"it lacks {shown}, and no key leads from it to where they are")
        return self._with_objects(option, entity, needed - bound, count)

    def _with_objects(
        self, option: ReadOption, entity: Entity, needed: set[str], count: Decimal
    ) -> ReadOption:
        """Add what has to be got from object storage, all of it at once."""
        steps: list[Step] = []
        requests: list[Request] = []
        for table, shape in self.context.shapes(entity.name):
            for name in shape.offload:
                done = {s.attribute for s in steps if isinstance(s, ObjectStep)}
                if name not in needed or name in done:
                    continue
                stored = count * entity.attribute(name).presence
                step, request = object_request(
                    self.context, table, shape, name, "GetObject", stored
                )
                steps.append(step)
                requests.append(request)
        if not steps:
            return option
        return replace(
            option,
            steps=(*option.steps, *steps),
            requests=(*option.requests, *requests),
            depth=option.depth + 1,
        )

    def _unseen(self, entity: Entity, pattern: Pattern, option: ReadOption, match: KeyMatch) -> str:
        """Return what is looked at before anything is fetched, but is not there; "" if all is.

        A filter on what an entry lacks would drop every entry, and an order cannot be made of it.
        Part of a longer key does not count: no filter looks inside, and no program should have to.
        """
        looked_at = [*option.filtered]
        if option.sorts_in_code:
            looked_at += [name for name, _ in pattern.sort]
        if near := geo_attribute(entity, pattern):
            looked_at.append(near)
        if not looked_at:
            return ""
        plainly = self.context.plainly_held(match.table, match.shape, match.index)
        for name in looked_at:
            base = name.partition(".")[0]
            if entity.has(base) and base not in plainly:
                return base
        return ""

    def _fetch_sources(self, entity: Entity, match: KeyMatch) -> list[tuple[Table, ItemShape]]:
        own_key = [] if match.index is None else [(match.table, match.shape)]
        others = [
            (table, shape)
            for table, shape in self.context.shapes(entity.name)
            if (table, shape) != (match.table, match.shape)
        ]
        return own_key + others

    def _fetch(
        self,
        pattern: Pattern,
        option: ReadOption,
        table: Table,
        shape: ItemShape,
        count: Decimal,
        gives: frozenset[str],
    ) -> ReadOption:
        column = self.context.size_of(table, shape).items()
        known = self.context.sizes.fetching
        count = count if known is None else known.each
        items = count * shape.copies
        units = self.context.meter.get(column, pattern.consistency).times(items)
        single = count <= 1 and shape.copies == 1
        if known is not None:
            single = known.is_single
        calls = min(ONE, count) if single else _requests_for_mean(items)
        size = self.context.meter.size(column).mean
        operation = "GetItem" if single else "BatchGetItem"
        use = UnitUse(
            resource=table.name,
            dimension="read",
            units=units,
            why=f"{format_number(items, 1)} items fetched, each {read_why(size, pattern, 1)}",
        )
        request = Request(
            operation=operation,
            target=table.name,
            calls=calls,
            items=items / calls if calls else ZERO,
            bytes=size * items / calls if calls else ZERO,
            uses=(use,),
            note="keys from the request before" + (", added up in code" if shape.counters else ""),
        )
        step = ReadStep(
            operation=operation,
            table=table.name,
            shape=shape.name,
            entity=pattern.entity,
            keys=self.context.key_parts(table, shape),
            consistency=pattern.consistency,
            select=pattern.select if shape.copies == 1 else None,
            shards=shape.copies,
            from_previous=True,
        )
        return replace(
            option,
            steps=(*option.steps, step),
            requests=(*option.requests, request),
            held=option.held | gives,
            fetches=True,
            depth=option.depth + 1,
        )


def geo_attribute(entity: Entity, pattern: Pattern) -> str:
    """Return the place a search by distance looks at; "" for every other pattern."""
    if pattern.verb is not Verb.NEAR:
        return ""
    for condition in pattern.where:
        if (
            entity.has(condition.attribute)
            and entity.attribute(condition.attribute).kind is Kind.GEO
        ):
            return condition.attribute
    return next((a.name for a in entity.attributes if a.kind is Kind.GEO), "")


def object_request(
    context: Context, table: Table, shape: ItemShape, name: str, operation: str, calls: Decimal
) -> tuple[ObjectStep, Request]:
    """Return the step and the request for objects of an attribute, sent so many times."""
    sizes = [size for size in context.size_of(table, shape).object_bytes(name) if size]
    dimension = {"GetObject": "get", "PutObject": "put", "DeleteObject": "delete"}[operation]
    resource = f"{table.name}/{OBJECTS}"
    step = ObjectStep(
        operation=operation,
        table=table.name,
        shape=shape.name,
        entity=shape.entity,
        attribute=name,
    )
    use = UnitUse(
        resource=resource,
        dimension=dimension,
        units=Measure(mean=calls),
        why=f"{format_number(calls, 1)} objects of `{name}`",
    )
    request = Request(
        operation=operation,
        target=resource,
        calls=calls,
        bytes=measure(sizes).mean,
        uses=(use,),
        note="in object storage",
    )
    return step, request


def _requests_for_mean(count: Decimal) -> Decimal:
    return (count / MAX_BATCH_GET_KEYS).to_integral_value(rounding="ROUND_CEILING")


def read_why(size: Decimal, pattern: Pattern, batch: int) -> str:
    """Say how the units of a read come about, at the mean size."""
    factor = plain(pattern.consistency.factor)
    article = "an" if pattern.consistency is Consistency.EVENTUAL else "a"
    blocks = read_blocks(int(size))
    times = f"{batch} x " if batch > 1 else ""
    return (
        f"{times}{format_number(size)} B in 4 KB blocks ({blocks} at the mean size) "
        f"x {factor} for {article} {pattern.consistency.value} read"
    )
