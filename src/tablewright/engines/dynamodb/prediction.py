"""The prediction of the very calls that were made: the estimate's arithmetic over their arguments.

In: an evaluated design, the world, the calls of one pattern: who was asked for, what was given, how
often a condition failed. Out: the units the estimate gives for them. It never sees what the
database metered: sizes are drawn from the model, units worked out by the routing of the bill.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.core.quantities import ONE, ZERO
from tablewright.engines.dynamodb.access import KeyMatch
from tablewright.engines.dynamodb.buckets import buckets_between
from tablewright.engines.dynamodb.design import DynamoDesign, ItemShape, KeyTemplate, Table
from tablewright.engines.dynamodb.populations import (
    CallGroups,
    Collected,
    DesignSizes,
    Fetching,
    FilteredCall,
    Walk,
    walk,
)
from tablewright.engines.dynamodb.predicted_instances import PredictedInstance, number_of
from tablewright.engines.dynamodb.reading.context import Context
from tablewright.engines.dynamodb.reading.router import ReadRouter
from tablewright.engines.dynamodb.sizing import ShapeSizes, depends_on
from tablewright.engines.dynamodb.steps import ReadStep
from tablewright.engines.dynamodb.writer import WriteRouter
from tablewright.evaluation.values import Evaluation, Route
from tablewright.model.values import Condition, Entity, Model, Pattern, Verb
from tablewright.sample.calls import Call, typed
from tablewright.sample.chosen import Blocks, Chosen, Drawn
from tablewright.sample.parameters import ValueSource, domains
from tablewright.sample.world import Test, World, in_order

Units = dict[tuple[str, str], Decimal]
"""Mean units of a call by resource and dimension."""


class Prediction:
    """Predicts the units of calls of one design's patterns."""

    is_exact = True

    def __init__(self, evaluation: Evaluation, world: World) -> None:
        assert isinstance(evaluation.design, DynamoDesign)
        self.evaluation = evaluation
        self.model: Model = evaluation.model
        self.design: DynamoDesign = evaluation.design
        self.world = world
        self.embedded = frozenset(
            embed.entity
            for table in self.design.tables
            for shape in table.shapes
            for embed in shape.embeds
        )
        self.in_keys = _in_keys(self.design)
        self.blocks = Blocks(world.sample, world.users)
        self.all = DesignSizes(
            self.model,
            self.design,
            world.sample,
            evaluation.sample_items,
            population=world.counts,
            users=world.users,
        )

    def note(self, call: Call) -> tuple[PredictedInstance, ...]:
        """Keep what the prediction needs of a call that is about to be made."""
        return PredictedInstance.of(call, self.world, self.embedded, self.in_keys)

    def units(self, route: Route, calls: Sequence[tuple[PredictedInstance, ...]]) -> Units:
        """Return the units the estimate gives for these calls of a route, the mean of a call."""
        pattern = self.model.pattern(route.pattern)
        items = [entry for call in calls for entry in call]
        if pattern.verb is Verb.READ:
            return self._of_several_kinds(pattern, route, items)
        return self._of_one(pattern, route, items)

    def lists(self, pattern: Pattern) -> int | None:
        """Return of how many lists the estimate for all is the mean; None where of no lists."""
        if pattern.verb.is_write or pattern.parts or pattern.known or pattern.verb is Verb.NEAR:
            return None
        groups = self.all.groups(self.model.entity(pattern.entity), pattern.where)
        return None if groups is None else groups.of_calls

    def _of_several_kinds(
        self, pattern: Pattern, route: Route, items: Sequence[PredictedInstance]
    ) -> Units:
        """Return the units of calls of a `read`: of its parts, or of the query with them all."""
        if not route.parts:
            sizes = CalledCollections(self, items)
            context = Context(self.model, self.design, sizes, self.evaluation.users)
            options, _ = ReadRouter(context).together.options(pattern)
            same = next((o for o in options if o.target == route.target), None)
            return _by_resource(route if same is None else replace(route, requests=same.requests))
        units: Units = {}
        for place, (part, own) in enumerate(zip(pattern.parts, route.parts, strict=True)):
            for key, figure in self._of_one(part, own, [i.parts[place] for i in items]).items():
                units[key] = units.get(key, ZERO) + figure
        return units

    def _of_one(self, pattern: Pattern, route: Route, items: Sequence[PredictedInstance]) -> Units:
        """Return the mean units of calls; of writes those that do the same are taken together.

        Which items are refused, or get another value, may be those that are in an index.
        """
        alike: dict[Hashable, list[PredictedInstance]] = {}
        open_ones = {name for name, share in pattern.changes if share < ONE}
        for item in items:
            what = (item.must_fail, item.changed & open_ones) if pattern.verb.is_write else ()
            alike.setdefault(what, []).append(item)
        units: Units = {}
        for same in alike.values():
            share = Decimal(len(same)) / len(items)
            for key, figure in self._of_alike(pattern, route, same).items():
                units[key] = units.get(key, ZERO) + figure * share
        return units

    def _of_alike(
        self, pattern: Pattern, route: Route, items: Sequence[PredictedInstance]
    ) -> Units:
        sizes = CalledSizes(self, pattern, route, items)
        realised = _realised(pattern, items, one_each=not sizes.has_groups)
        result = self._route(realised, route, sizes) if sizes.has_any else None
        return _by_resource(result or route)

    def _route(self, pattern: Pattern, route: Route, sizes: CalledSizes) -> Route | None:
        """Return the same route over the instances of these calls; None if it cannot be found."""
        context = Context(self.model, self.design, sizes, self.evaluation.users)
        if not pattern.verb.is_write:
            options, _ = ReadRouter(context).options(pattern)
            same = next((o for o in options if o.steps == route.steps), None)
            return None if same is None else replace(route, requests=same.requests)
        result = _CalledWrites(context, ReadRouter(context), sizes).route(pattern)
        return result if result.is_served and result.steps == route.steps else None


def _by_resource(route: Route) -> Units:
    units: Units = {}
    for request in route.requests:
        for use in request.uses:
            key = (use.resource, use.dimension)
            units[key] = units.get(key, ZERO) + use.units.mean
    return units


def _realised(pattern: Pattern, items: Sequence[PredictedInstance], *, one_each: bool) -> Pattern:
    """Return the pattern with the shares of hits, failures and changes that these calls had.

    Of a list that found nothing it is known that its group is empty: there is no share of hits.
    """
    count = max(1, len(items))
    if pattern.verb is Verb.TRANSACT:
        return replace(pattern, fails=Decimal(sum(item.must_fail for item in items)) / count)
    done = [item for item in items if not item.must_fail]
    shares = tuple(
        (name, Decimal(sum(1 for entry in done if name in entry.changed)) / max(1, len(done)))
        for name, _ in pattern.changes
    )
    return replace(
        pattern,
        hit=Decimal(sum(not item.is_missed for item in items)) / count if one_each else ONE,
        fails=Decimal(sum(1 for item in items if item.must_fail)) / count,
        changes=shares,
    )


class CalledSizes(DesignSizes):
    """The sizes of a design's shapes over the instances that calls asked for, call by call."""

    def __init__(
        self,
        prediction: Prediction,
        pattern: Pattern,
        route: Route,
        items: Sequence[PredictedInstance],
    ) -> None:
        self.prediction = prediction
        self.world = prediction.world
        self.pattern = pattern
        self.route = route
        self.items = items
        self._places: dict[int, int] = {}
        self._met: dict[tuple[Any, ...], tuple[int, ...]] = {}
        self._families: dict[str, tuple[list[int], Drawn]] = {}
        self.has_groups = self._is_list()
        if self._is_of_owners():
            self.has_groups = False
            drawn = self._owners(prediction.model.entity(pattern.entity), items)
        else:
            drawn = self._lists() if self.has_groups else self._instances()
        super().__init__(
            prediction.model,
            prediction.design,
            Chosen(prediction.blocks, drawn, self._families),
            prediction.evaluation.sample_items,
            population=self.world.counts,
            users=self.world.users,
        )
        self.drawn = drawn
        self.fetched = None
        if self.has_groups and route.fetches:
            returned = tuple(n for item in items for n in self._returned(item))
            self.fetched = Chosen(prediction.blocks, {pattern.entity: Drawn(returned)})
            self.fetched_count = len(returned)

    @property
    def has_any(self) -> bool:
        """Whether any instance was asked for whose size is known."""
        if not self.has_groups and not self.drawn:
            return False
        return all(entry.numbers for entry in self.drawn.values())

    @property
    def fetching(self) -> Fetching | None:
        """How these calls have fetched instances by keys that a query returned."""
        fetches = [
            step.operation == "GetItem"
            for step in self.route.steps
            if isinstance(step, ReadStep) and step.from_previous
        ]
        if self.fetched is None or not self.items or not fetches:
            return None
        return Fetching(each=Decimal(self.fetched_count) / len(self.items), is_single=fetches[0])

    def in_order(
        self, entity: Entity, group: list[int], sort: tuple[tuple[str, bool], ...]
    ) -> list[int]:
        """Return the instances of a call as they are: in the order in which they came back."""
        return group

    # ------------------------------------------------------------ which instances

    def _is_list(self) -> bool:
        """Whether calls ask for all instances with some values, not for one each."""
        if self.pattern.verb.is_write:
            return False
        entity = self.prediction.model.entity(self.pattern.entity)
        attributes = [
            c.attribute for c in self.pattern.where if c.operator == "eq" and c.value is None
        ]
        key_domains = domains(self.prediction.model, entity, attributes)
        return not any(domain.source is ValueSource.INSTANCE for domain in key_domains)

    def _instances(self) -> dict[str, Drawn]:
        parts = [part for item in self.items for part in (item.parts or (item,))]
        found_some = [part for part in parts if not part.is_missed]
        by_entity: dict[str, list[PredictedInstance]] = {}
        for part in found_some or parts:
            if part.number is None and part.fresh is None:
                continue  # nobody in particular
            by_entity.setdefault(part.pattern.entity, []).append(part)
        drawns = {
            name: self._drawn(self.prediction.model.entity(name), listed)
            for name, listed in by_entity.items()
        }
        for name, listed in by_entity.items():
            if any(entry.owner is not None for entry in listed):
                drawns |= self._owners(self.prediction.model.entity(name), listed)
            else:
                self._add_families(listed)
        return drawns

    def _is_of_owners(self) -> bool:
        """Whether calls read all children in the item of their parent."""
        step = self.route.steps[0]
        return self.has_groups and step.embed is not None and step.operation == "GetItem"

    def _owners(self, child: Entity, listed: Sequence[PredictedInstance]) -> dict[str, Drawn]:
        """Return the parents in whose items the children are that calls asked for or wrote."""
        there = [entry for entry in listed if entry.owner is not None]
        self._add_families(there)
        numbers = [entry.owner for entry in there if entry.owner is not None]
        drawn = _drawn_as_made(self.world, child.parent or "", numbers)
        return {
            child.parent or "": replace(drawn, written=_since(there), values=_values_since(there))
        }

    def _add_families(self, listed: Sequence[PredictedInstance]) -> None:
        """Keep which children were in the items of the parents, call by call."""
        for name in dict.fromkeys(name for entry in listed for name in entry.families):
            groups = [entry.families.get(name, ()) for entry in listed]
            numbers = [number for group in groups for number in group]
            drawn = _drawn_as_made(self.world, name, numbers)
            self._families[name] = ([len(group) for group in groups], drawn)

    def _drawn(self, entity: Entity, listed: Sequence[PredictedInstance]) -> Drawn:
        pairs = [self._values_of(entity, entry) for entry in listed]
        numbers = tuple(like for like, _ in pairs)
        created = tuple(fresh for _, fresh in pairs)
        own_key: dict[str, tuple[int, ...]] = {}
        after: dict[str, tuple[int, ...]] = {}
        if numbers != created:
            names = [a.name for a in entity.attributes if self.world.is_own(entity, a)]
            own_key = dict.fromkeys(names, created)
        updated = [entry.fresh if entry.pattern.verb is Verb.UPDATE else None for entry in listed]
        if any(fresh is not None for fresh in updated):
            given = zip(created, updated, strict=True)
            next_ones = tuple(old if fresh is None else fresh for old, fresh in given)
            after = dict.fromkeys((a.name for a in entity.attributes if a.unique), next_ones)
        longer = {
            name: tuple(entry.appended.get(name, 0) for entry in listed)
            for name in dict.fromkeys(name for entry in listed for name in entry.appended)
        }
        own = [
            entry if entry.owner is None else replace(entry, written={}, values={})
            for entry in listed
        ]
        return Drawn(numbers, own_key, after, longer, _since(own), _values_since(own))

    def _values_of(self, entity: Entity, entry: PredictedInstance) -> tuple[int, int]:
        """Return of which instance the values are, and of which those that none else has."""
        number = number_of(entry)
        if entry.pattern.verb is Verb.PUT:
            return number, number if entry.fresh is None else entry.fresh
        return self.world.made.get((entity.name, number), (number, number))

    def _lists(self) -> dict[str, Drawn]:
        """Return every instance that the keys of these calls lead to, each once."""
        step = self.route.steps[0]
        if self.pattern.verb is Verb.NEAR or step.operation != "Query":
            return {}
        served = tuple(c for c in self.pattern.where if c not in step.filters)
        numbers: dict[int, None] = {}
        for item in self.items:
            numbers.update(dict.fromkeys(self._meeting(item, served)))
        self._places = {number: place for place, number in enumerate(numbers)}
        # Where nothing was met some instance stands for the sizes that nobody asks for.
        return {self.pattern.entity: Drawn(tuple(numbers) or (0,))}

    def _meeting(
        self, instance: PredictedInstance, conditions: Sequence[Condition]
    ) -> tuple[int, ...]:
        """Return the instances that meet conditions with the values of a call, as far as read."""
        entity = self.world.model.entity(self.pattern.entity)
        tests = tuple(_test(entity, condition, instance) for condition in conditions)
        key = tuple((test.attribute, test.operator, test.operands) for test in tests)
        if key not in self._met:
            result = in_order(self.world, self.pattern, self.world.find(entity.name, tests))
            step = self.route.steps[0]
            is_cut = step.limit is not None and not step.all_pages and not step.filters
            maximum = step.limit if is_cut else None
            self._met[key] = tuple(result[:maximum])
        return self._met[key]

    def _returned(self, instance: PredictedInstance) -> tuple[int, ...]:
        return self._meeting(instance, self.pattern.where)[: self.pattern.limit]

    # ------------------------------------------------------------ as the estimate asks

    def of(self, table: Table, shape: ItemShape) -> ShapeSizes:
        """Return the sizes of one shape over the instances asked for."""
        drawn = self.drawn.get(shape.entity)
        if drawn is None:
            return self.prediction.all.of(table, shape)
        key = (shape, table.keys, table.indexes)
        shape_sizes = self.shared.kept.get(key)
        if shape_sizes is None:
            n = len(drawn.numbers)
            shape_sizes = ShapeSizes(self.model, table, shape, self.sample, n, self.shared)
            if self.fetched is not None:
                shape_sizes = _Fetched(shape_sizes, self.fetched, self.fetched_count)
            self.shared.kept[key] = shape_sizes
        return shape_sizes

    def of_part(self, part: Pattern, table: Table, shape: ItemShape) -> ShapeSizes:
        """Return the sizes over the instances that one part of a transaction wrote."""
        parts = [each for each in self.pattern.parts if each.entity == part.entity]
        own = [p for item in self.items for p in item.parts if p.pattern.name == part.name]
        if len(parts) < 2 or shape.entity != part.entity or any(p.owner is not None for p in own):
            return self.of(table, shape)
        entity = self.model.entity(part.entity)
        chosen = Chosen(
            self.prediction.blocks, {entity.name: self._drawn(entity, own)}, self._families
        )
        return ShapeSizes(self.model, table, shape, chosen, len(own))

    def whole(self, table: Table, shape: ItemShape) -> ShapeSizes:
        """Return the sizes of one shape over the population: whoever is asked for, all is read."""
        return self.prediction.all.of(table, shape)

    def groups(self, entity: Entity, conditions: tuple[Condition, ...]) -> CallGroups | None:
        """Return the instances each call meets."""
        if not self.has_groups or not self.drawn or entity.name != self.pattern.entity:
            return self.prediction.all.groups(entity, conditions)
        met: list[list[int]] = []
        for item in self.items:
            numbers = [n for n in self._meeting(item, conditions) if n in self._places]
            if numbers:
                met.append([self._places[n] for n in numbers])
        return CallGroups(met=tuple(met), of_calls=max(1, len(self.items)))

    def filtered(
        self, pattern: Pattern, filters: Sequence[Condition], of_key: CallGroups, of_all: CallGroups
    ) -> list[FilteredCall] | None:
        """Return what each call met by its key, and what of it passed the filter it gave."""
        if not self.has_groups or not self.drawn:
            return self.prediction.all.filtered(pattern, filters, of_key, of_all)
        served = tuple(c for c in pattern.where if c not in filters)
        result: list[FilteredCall] = []
        for item in self.items:
            met = [self._places[n] for n in self._meeting(item, served) if n in self._places]
            passing = (self._places.get(n, -1) for n in self._meeting(item, pattern.where))
            if met:
                result.append(FilteredCall(met=met, passing=frozenset(passing)))
        return result

    def walked(
        self, entity: Entity, pattern: Pattern, match: KeyMatch, drains: bool
    ) -> list[Walk] | None:
        """Return what each call found, stretch by stretch."""
        if not self.has_groups or not self.drawn or match.shards > 1:
            return None
        base, _, unit = match.bucket.partition(".")
        first, last = self.open_ends(entity)
        step = self.route.steps[0]
        walks: list[Walk] = []
        for item in self.items:
            matching = self._meeting(item, tuple(c for c in pattern.where if c not in step.filters))
            low, high = first, last
            condition = next((c for c in pattern.where if c.attribute == base), None)
            if condition is not None:
                operands = item.bounds[base]
                low = operands[0] if condition.operator in ("between", "gt", "ge") else low
                high = operands[-1] if condition.operator in ("between", "lt", "le") else high
            stretches = buckets_between(low, high, unit)
            times = [
                (self._places[n], self.world.value(entity.name, n, base))
                for n in matching
                if n in self._places
            ]
            limit = None if drains else pattern.limit
            walks.append(walk(times, stretches if step.forward else stretches[::-1], unit, limit))
        return walks

    def around(
        self,
        entity: Entity,
        keys: tuple[tuple[str, KeyTemplate], ...],
        column: Sequence[int | None],
    ) -> list[int]:
        """Return the bytes in each of the nine cells around each place that was searched."""
        cells = self.prediction.all.cells(entity, keys, column)
        centres = [
            (
                self.world.value(entity.name, number_of(item), cells.attribute),
                tuple(item.given.get(name) for name in cells.others),
            )
            for item in self.items
        ]
        return cells.around(centres)

    def share_of_value(self, entity: str, attribute: str, value: str) -> Decimal:
        """Return the share of the population that has a value of an attribute."""
        return self.prediction.all.share_of_value(entity, attribute, value)


class _CalledWrites(WriteRouter):
    """Routes writes over the instances that calls wrote, of a transaction part by part."""

    def __init__(self, context: Context, reads: ReadRouter, sizes: CalledSizes) -> None:
        super().__init__(context, reads)
        self._called = sizes

    def _met(self, part: Pattern, table: Table, shape: ItemShape) -> ShapeSizes:
        return self._called.of_part(part, table, shape)


class CalledCollections(DesignSizes):
    """The sizes of a design's shapes over the item collections that calls of a `read` asked for."""

    def __init__(self, prediction: Prediction, items: Sequence[PredictedInstance]) -> None:
        evaluation, world = prediction.evaluation, prediction.world
        super().__init__(
            prediction.model,
            prediction.design,
            world.sample,
            evaluation.sample_items,
            prediction.all.shared,
            world.counts,
            world.users,
        )
        self.world, self.items = world, items

    def collected(
        self,
        pattern: Pattern,
        entity: Entity,
        names: tuple[str, ...],
        condition: Condition | None,
        sort: tuple[tuple[str, bool], ...],
    ) -> Collected:
        """Return the instances of one entity that each call meets."""
        met: list[list[int]] = []
        for item in self.items:
            arguments: dict[str, Any] = {}
            bounds: dict[str, tuple[Any, ...]] = {}
            for part in item.parts:
                arguments |= {name: v for name, v in part.given.items() if name in names}
                bounds |= part.bounds
            tests = [Test(name, "eq", (arguments.get(name),)) for name in names]
            if condition is not None:
                operands = bounds[condition.attribute]
                tests.append(Test(condition.attribute, condition.operator, operands))
            instances = self.world.find(entity.name, tests)
            part_of_entity = next((p for p in pattern.parts if p.entity == entity.name), None)
            if part_of_entity is not None:
                instances = in_order(self.world, replace(part_of_entity, sort=sort), instances)
            met.append(instances)
        return Collected(met=tuple(met))


class _Fetched(ShapeSizes):
    """Sizes where a query leads to gets: entries of all that were met, items of those returned."""

    def __init__(self, met: ShapeSizes, sample: Chosen, count: int) -> None:
        super().__init__(met.model, met.table, met.shape, met.sample, met.n, met.shared)
        self._fetched = ShapeSizes(met.model, met.table, met.shape, sample, count)

    def items(self, touched: Iterable[str] = ()) -> list[int]:
        """Return the bytes of each item that is fetched."""
        return self._fetched.items(touched)


def _since(listed: Sequence[PredictedInstance]) -> dict[str, tuple[int | None, ...]]:
    """Return the bytes of attributes that were set since they were drawn, call by call."""
    names = dict.fromkeys(name for entry in listed for name in entry.written)
    return {name: tuple(entry.written.get(name) for entry in listed) for name in names}


def _values_since(
    listed: Sequence[PredictedInstance],
) -> dict[str, tuple[tuple[Any, ...], ...]]:
    """Return the values in keys that were set since they were drawn, call by call."""
    names = dict.fromkeys(name for entry in listed for name in entry.values)
    return {
        name: tuple((entry.values[name],) if name in entry.values else () for entry in listed)
        for name in names
    }


def _in_keys(design: DynamoDesign) -> dict[str, frozenset[str]]:
    """Return of each entity the attributes that keys of its items are made of or hang on."""
    names: dict[str, set[str]] = {}
    for table in design.tables:
        keys = dict.fromkeys((*table.keys, *(key for index in table.indexes for key in index.keys)))
        for shape in table.shapes:
            own = names.setdefault(shape.entity, set())
            for key in keys:
                template = shape.template(key)
                if template is not None:
                    own |= depends_on(template, key)
    return {entity: frozenset(own) for entity, own in names.items()}


def _drawn_as_made(world: World, entity: str, numbers: Sequence[int]) -> Drawn:
    """Return instances as they were drawn; one that was put has the values of two others."""
    pairs = [world.made.get((entity, number), (number, number)) for number in numbers]
    like = tuple(entry for entry, _ in pairs)
    fresh = tuple(instance for _, instance in pairs)
    if like == fresh:
        return Drawn(like)
    result = world.model.entity(entity)
    names = [a.name for a in result.attributes if world.is_own(result, a)]
    return Drawn(like, dict.fromkeys(names, fresh))


def _test(entity: Entity, condition: Condition, instance: PredictedInstance) -> Test:
    if condition.operator == "eq" and condition.value is not None:
        return Test(
            condition.attribute, "eq", (typed(entity, condition.attribute, condition.value),)
        )
    if condition.operator == "eq":
        return Test(condition.attribute, "eq", (instance.given.get(condition.attribute),))
    return Test(condition.attribute, condition.operator, instance.bounds[condition.attribute])
