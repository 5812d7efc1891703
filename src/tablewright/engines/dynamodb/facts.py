"""What rules ask about one design at one scale: rates, units, sizes, shares, costs, heat.

In: an `Evaluation` (routes, sizes, bill), a tariff and thresholds. Out: numbers, each worked out
once. `between` gives the facts of a scale that lies between two evaluated ones. It knows no rule.

Rates are means per second unless the name says peak; the peak is the declared peak factor times
the busiest hour of the declared day. Units are as billed, so transactional writes count double.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from tablewright.capacity.items import string_bytes
from tablewright.core.quantities import GB, HOURS_PER_MONTH, ONE, SECONDS_PER_MONTH, ZERO
from tablewright.engines.dynamodb.buckets import DAYS, unit_of
from tablewright.engines.dynamodb.design import (
    DynamoDesign,
    Index,
    ItemShape,
    KeyTemplate,
    ModeKind,
    ProjectionKind,
    Table,
)
from tablewright.engines.dynamodb.tariff import Tariff
from tablewright.evaluation.values import Action, Evaluation, ResourceFacts, Route, ShapeFacts
from tablewright.model.statistics import Selectivity, busiest_hour
from tablewright.model.values import Attribute, Entity, Kind, Model, Pattern, Verb
from tablewright.sample.sample import Sample

Key = tuple[str, str]
"""Resource and dimension."""

_GENERATED = frozenset({Kind.UUID, Kind.ULID, Kind.ID})


@dataclass(frozen=True, slots=True)
class TableOrIndex:
    """A table, or one of its indexes."""

    table: Table
    index: Index | None = None

    @property
    def name(self) -> str:
        """The table's name, or "table/index"."""
        return self.table.name if self.index is None else f"{self.table.name}/{self.index.name}"

    @property
    def partition_keys(self) -> tuple[str, ...]:
        """The partition key attributes."""
        return (self.table.partition_key,) if self.index is None else self.index.partition_keys

    @property
    def sort_keys(self) -> tuple[str, ...]:
        """The sort key attributes."""
        if self.index is not None:
            return self.index.sort_keys
        return () if self.table.sort_key is None else (self.table.sort_key,)

    @property
    def is_gsi(self) -> bool:
        """Whether it is a global index."""
        return self.index is not None and not self.index.is_local


class DynamoFacts:
    """Facts of one design at one scale. Everything is computed when first asked for."""

    def __init__(
        self,
        evaluation: Evaluation,
        k: Mapping[str, Decimal],
        tariff: Tariff | None = None,
        *,
        default_skew: Decimal | None = None,
        only: frozenset[str] | None = None,
    ) -> None:
        """Take the facts from an evaluation.

        Args:
            evaluation: routes, sizes and bill.
            k: the thresholds of the rules.
            tariff: unit prices.
            default_skew: the exponent of a key's popularity where the model states none.
            only: the entities that rules are asked about; all unless given.
        """
        if not isinstance(evaluation.design, DynamoDesign):
            raise TypeError("facts are about DynamoDB designs")
        self.evaluation = evaluation
        self.model: Model = evaluation.model
        self.design: DynamoDesign = evaluation.design
        self.users = evaluation.users
        self.k = k
        self.tariff = tariff or Tariff()
        self.default_skew = k["skew"] if default_skew is None else default_skew
        self.selectivity = Selectivity(self.model, self.users)
        self._only = only
        self._units: dict[str, dict[Key, Decimal]] = {}
        self._shares: dict[tuple[str, str], tuple[Decimal, bool] | None] = {}
        self._peaks: dict[str, Decimal] = {}
        self._templates: dict[
            tuple[str, tuple[str, ...]], list[tuple[ItemShape, tuple[KeyTemplate, ...]]]
        ] = {}
        self._partition_maps: dict[
            str, dict[str, list[tuple[ItemShape, tuple[KeyTemplate, ...]]]]
        ] = {}

    # ------------------------------------------------------------------ names

    @cached_property
    def places(self) -> tuple[TableOrIndex, ...]:
        """All tables and indexes."""
        places: list[TableOrIndex] = []
        for table in self.design.tables:
            places.append(TableOrIndex(table))
            places.extend(TableOrIndex(table, index) for index in table.indexes)
        return tuple(places)

    @cached_property
    def _places_by_name(self) -> dict[str, TableOrIndex]:
        return {place.name: place for place in self.places}

    def place(self, name: str) -> TableOrIndex | None:
        """Return a table or index by name."""
        return self._places_by_name.get(name)

    @cached_property
    def _routes(self) -> dict[str, Route]:
        return {route.pattern: route for route in self.evaluation.routes}

    def route(self, pattern: Pattern) -> Route | None:
        """Return the route of a pattern, None if there is none at all."""
        return self._routes.get(pattern.name)

    @cached_property
    def _resources(self) -> dict[str, ResourceFacts]:
        return {resource.name: resource for resource in self.evaluation.resources}

    @cached_property
    def actions(self) -> tuple[Action, ...]:
        """The leaves of all patterns: what is read and written, transactions opened."""
        return tuple(
            Action(pattern, part)
            for pattern in self.model.patterns
            for part in (pattern.parts or (pattern,))
        )

    @cached_property
    def _actions_by_entity(self) -> dict[str, list[Action]]:
        actions: dict[str, list[Action]] = {}
        for action in self.actions:
            actions.setdefault(action.part.entity, []).append(action)
        return actions

    def actions_on(self, entity: str) -> list[Action]:
        """Return what is done to an entity."""
        return self._actions_by_entity.get(entity, [])

    @cached_property
    def _shapes_by_entity(self) -> dict[str, list[tuple[Table, ItemShape]]]:
        shapes: dict[str, list[tuple[Table, ItemShape]]] = {}
        for table in self.design.tables:
            for shape in table.shapes:
                shapes.setdefault(shape.entity, []).append((table, shape))
        return shapes

    def homes(self, entity: str) -> list[tuple[Table, ItemShape]]:
        """Return the tables and shapes that hold an entity, guards included."""
        return self._shapes_by_entity.get(entity, [])

    @cached_property
    def embedded(self) -> dict[str, list[tuple[Table, ItemShape, str]]]:
        """Entities kept inside others: by entity, the table, shape and attribute."""
        embedded: dict[str, list[tuple[Table, ItemShape, str]]] = {}
        for table in self.design.tables:
            for shape in table.shapes:
                for embed in shape.embeds:
                    embedded.setdefault(embed.entity, []).append((table, shape, embed.attribute))
        return embedded

    @cached_property
    def entities(self) -> tuple[Entity, ...]:
        """The entities that rules are asked about."""
        if self._only is None:
            return self.model.entities
        return tuple(e for e in self.model.entities if e.name in self._only)

    def subjects(self, kind: str) -> list[tuple[str, tuple[object, ...]]]:
        """Return what a rule about one kind of subject looks at: names, and what is passed on."""
        match kind:
            case "design":
                return [("design", (self.design,))]
            case "table":
                return [(p.name, (p,)) for p in self.places if p.index is None]
            case "index":
                return [(p.name, (p,)) for p in self.places if p.index is not None]
            case "resource":
                return [(p.name, (p,)) for p in self.places]
            case "pattern":
                return [(p.name, (p,)) for p in self.model.patterns]
            case "entity":
                return [(e.name, (e,)) for e in self.entities]
            case "attribute":
                return [(f"{e.name}.{a.name}", (e, a)) for e in self.entities for a in e.attributes]
            case "home":
                result: list[tuple[str, tuple[object, ...]]] = [
                    (e.name, (e,)) for e in self.entities
                ]
                return [*result, *((p.name, (p,)) for p in self.model.patterns)]
            case "group":
                return [(name, (group,)) for name, group in self.groups.items()]
            case "relation":
                return [(e.name, (e,)) for e in self.entities if e.parent is not None]
        return []

    @cached_property
    def groups(self) -> dict[str, tuple[Pattern, ...]]:
        """The patterns of each user operation."""
        result: dict[str, list[Pattern]] = {}
        for pattern in self.model.patterns:
            if pattern.group:
                result.setdefault(pattern.group, []).append(pattern)
        return {name: tuple(result[name]) for name in sorted(result)}

    @cached_property
    def _reads_by_table(self) -> dict[str, list[Pattern]]:
        reads: dict[str, list[Pattern]] = {}
        for pattern in self.model.patterns:
            route = self.route(pattern)
            if route is None or pattern.verb.is_write:
                continue
            for table in dict.fromkeys(target.split("/")[0] for target in route.targets if target):
                reads.setdefault(table, []).append(pattern)
        return reads

    def reads_of(self, table: str) -> list[Pattern]:
        """Return the reads whose answer comes from a table or one of its indexes."""
        return self._reads_by_table.get(table, [])

    def held(self, part: Pattern) -> frozenset[str]:
        """Return the attributes whose values the caller holds; of a new instance, all."""
        names = {c.attribute for c in part.where if c.operator == "eq"} | set(part.known)
        if part.verb is Verb.PUT:
            names |= set(self.model.entity(part.entity).names)
        return frozenset(names)

    def wanted(self, pattern: Pattern) -> frozenset[str]:
        """Return the attributes a read needs: what it gives back, selects and sorts by."""
        entity = self.model.entity(pattern.entity)
        names = set(entity.names if pattern.select is None else pattern.select)
        names |= {c.attribute for c in pattern.where} | {name for name, _ in pattern.sort}
        return frozenset(names)

    def tables_of(self, pattern: Pattern) -> frozenset[str]:
        """Return the tables a pattern's route touches."""
        return frozenset(name.split("/")[0] for name, _ in self.units_of(pattern))

    # ------------------------------------------------------------------ rates

    @cached_property
    def busiest_hour(self) -> Decimal:
        """The load of the busiest hour over the mean of the day."""
        return busiest_hour(self.model)

    def rate(self, pattern: Pattern) -> Decimal:
        """Return calls per second, the mean."""
        return self.model.calls_per_second(pattern, self.users)

    def peak(self, pattern: Pattern) -> Decimal:
        """Return calls per second at the peak."""
        peak = self._peaks.get(pattern.name)
        if peak is None:
            peak = self.rate(pattern) * max(ONE, pattern.peak) * self.busiest_hour
            self._peaks[pattern.name] = peak
        return peak

    @cached_property
    def total_rate(self) -> Decimal:
        """Calls per second of all patterns."""
        return sum((self.rate(p) for p in self.model.patterns), ZERO)

    def slo(self, pattern: Pattern) -> Decimal | None:
        """Return the latency a pattern must keep, in milliseconds, if it has to."""
        return self.model.latency_target_ms(pattern)

    def count(self, entity: str) -> Decimal:
        """Return how many instances of an entity there are."""
        return self.model.instances(entity, self.users)

    # ------------------------------------------------------------------ units

    def units_of(self, pattern: Pattern) -> Mapping[Key, Decimal]:
        """Return the units of one call, by resource and dimension."""
        unit = self._units.get(pattern.name)
        if unit is None:
            unit = self._units[pattern.name] = self._sum_units(pattern)
        return unit

    def _sum_units(self, pattern: Pattern) -> dict[Key, Decimal]:
        total: dict[Key, Decimal] = {}
        route = self.route(pattern)
        for request in route.requests if route is not None else ():
            for use in request.uses:
                key = (use.resource, use.dimension)
                total[key] = total.get(key, ZERO) + use.units.mean
        return total

    def units(self, pattern: Pattern, dimension: str, resource: str | None = None) -> Decimal:
        """Return "read" or "write" units of one call, of one resource or all."""
        return sum(
            (
                units
                for (name, dim), units in self.units_of(pattern).items()
                if dim == dimension and resource in (None, name)
            ),
            ZERO,
        )

    @cached_property
    def _users_of(self) -> dict[Key, list[Pattern]]:
        users: dict[Key, list[Pattern]] = {}
        for pattern in self.model.patterns:
            for key in self.units_of(pattern):
                users.setdefault(key, []).append(pattern)
        return users

    def writers(self, resource: str) -> list[Pattern]:
        """Return the patterns that take write units from a resource."""
        return self._users_of.get((resource, "write"), [])

    def readers(self, resource: str) -> list[Pattern]:
        """Return the patterns that take read units from a resource."""
        return self._users_of.get((resource, "read"), [])

    def mean_units(self, resource: str, dimension: str) -> Decimal:
        """Return units per second on a resource, the mean."""
        return sum(
            (
                self.rate(p) * self.units_of(p)[resource, dimension]
                for p in self._users_of.get((resource, dimension), [])
            ),
            ZERO,
        )

    def peak_units(self, resource: str, dimension: str) -> Decimal:
        """Return units per second on a resource at the peak of all its patterns at once."""
        return sum(
            (
                self.peak(p) * self.units_of(p)[resource, dimension]
                for p in self._users_of.get((resource, dimension), [])
            ),
            ZERO,
        )

    def amplification(self, table: Table) -> Decimal | None:
        """Return write units with indexes over write units without; None where nothing writes."""
        base = self.mean_units(table.name, "write")
        if not base:
            return None
        indexes = sum(
            (self.mean_units(f"{table.name}/{i.name}", "write") for i in table.indexes), ZERO
        )
        return (base + indexes) / base

    # ------------------------------------------------------------------ sizes

    def entries(self, resource: str) -> Decimal:
        """Return how many items or entries a resource holds."""
        result = self._resources.get(resource)
        return result.entries if result is not None else ZERO

    def item_bytes(self, resource: str) -> Decimal:
        """Return the bytes of all items or entries of a resource, without overhead."""
        result = self._resources.get(resource)
        return result.item_bytes if result is not None else ZERO

    def stored_bytes(self, resource: str) -> Decimal:
        """Return the bytes that are billed for storage."""
        return self.item_bytes(resource) + 100 * self.entries(resource)

    def mean_size(self, resource: str) -> Decimal:
        """Return the mean bytes of an item or entry."""
        entries = self.entries(resource)
        return self.item_bytes(resource) / entries if entries else ZERO

    @cached_property
    def total_bytes(self) -> Decimal:
        """Stored bytes of everything."""
        return sum((self.stored_bytes(place.name) for place in self.places), ZERO)

    def shape_facts(self, resource: str, shape: str) -> ShapeFacts | None:
        """Return the facts of one kind of item in a resource."""
        result = self._resources.get(resource)
        return next((s for s in result.shapes if s.name == shape), None) if result else None

    def matched(self, pattern: Pattern) -> Decimal:
        """Return the entries that meet the key condition of a pattern's route."""
        route = self.route(pattern)
        return route.matched if route is not None else ZERO

    def returned(self, pattern: Pattern) -> Decimal:
        """Return the entries a call gives back."""
        route = self.route(pattern)
        return route.returned if route is not None else ZERO

    @cached_property
    def _sample(self) -> Sample:
        return Sample(self.model)

    def attribute_bytes(self, entity: Entity, attribute: Attribute) -> Decimal:
        """Return the mean bytes of an attribute, name included, over the sampled instances."""
        return string_bytes(attribute.name) + self.value_bytes(entity, attribute)

    def value_bytes(self, entity: Entity, attribute: Attribute) -> Decimal:
        """Return the mean bytes of an attribute's value (or of an element) where it is present."""
        return self._sample.mean_bytes(entity.name, attribute)

    # ------------------------------------------------------------------ money

    @cached_property
    def cost(self) -> Decimal:
        """USD a month of the whole design."""
        return self.evaluation.bill.total

    @cached_property
    def _costs(self) -> dict[str, dict[str, Decimal]]:
        by: dict[str, dict[str, Decimal]] = {"resource": {}, "pattern": {}, "where": {}}
        for line in self.evaluation.bill.lines:
            resource = _resource_name(line.where, line.resource)
            for axis, name in (
                ("resource", resource),
                ("pattern", line.pattern),
                ("where", line.where),
            ):
                by[axis][name] = by[axis].get(name, ZERO) + line.amount
        return by

    def cost_of(self, resource: str) -> Decimal:
        """Return USD a month of one table without its indexes, or of one index."""
        return self._costs["resource"].get(resource, ZERO)

    def cost_of_table(self, table: str) -> Decimal:
        """Return USD a month of a table with its indexes."""
        return self._costs["where"].get(table, ZERO)

    def cost_around(self, subject: str, covers: tuple[str, ...]) -> Decimal:
        """Return the cost of the table a subject belongs to, or of the whole design."""
        for name in (subject, *covers):
            place = self.place(name)
            if place is not None:
                return self.cost_of_table(place.table.name)
        homes = self.homes(subject.split(".")[0])
        if homes:
            return sum((self.cost_of_table(n) for n in sorted({t.name for t, _ in homes})), ZERO)
        pattern = next((p for p in self.model.patterns if p.name == subject), None)
        tables = sorted(self.tables_of(pattern)) if pattern is not None else []
        return sum((self.cost_of_table(name) for name in tables), ZERO) if tables else self.cost

    def cost_of_pattern(self, pattern: str) -> Decimal:
        """Return USD a month of the units of an access pattern."""
        return self._costs["pattern"].get(pattern, ZERO)

    def price_of_writes(self, table: Table, units_per_second: Decimal) -> Decimal | None:
        """Return USD a month of so many mean write units, in the table's mode and class."""
        return self._price(table, units_per_second, self.tariff.wru, self.tariff.wcu_hour)

    def price_of_reads(self, table: Table, units_per_second: Decimal) -> Decimal | None:
        """Return USD a month of so many mean read units, in the table's mode and class."""
        return self._price(table, units_per_second, self.tariff.rru, self.tariff.rcu_hour)

    def _price(
        self, table: Table, rate: Decimal, request: Decimal | None, hour: Decimal | None
    ) -> Decimal | None:
        factor = self.tariff.ia_factor if table.infrequent_access else ONE
        if factor is None:
            return None
        if table.mode.kind is ModeKind.ON_DEMAND:
            return None if request is None else rate * SECONDS_PER_MONTH * request * factor
        if hour is None:
            return None
        return rate / self.k["autoscale_target"] * hour * HOURS_PER_MONTH * factor

    def price_of_storage(self, table: Table, stored_bytes: Decimal) -> Decimal | None:
        """Return USD a month of so many bytes in the table's class."""
        price = self.tariff.ia_storage_gb if table.infrequent_access else self.tariff.storage_gb
        return None if price is None else stored_bytes / GB * price

    # ------------------------------------------------------------------ keys

    def entity_of(self, shape: ItemShape) -> Entity:
        """Return the entity of a shape."""
        return self.model.entity(shape.entity)

    def attribute_of(self, entity: Entity, name: str) -> Attribute | None:
        """Return an attribute by name, None if the entity lacks it."""
        return self._attributes(entity.name).get(name)

    def _attributes(self, entity: str) -> dict[str, Attribute]:
        attribute_map = self._attribute_maps.get(entity)
        if attribute_map is None:
            attribute_map = {a.name: a for a in self.model.entity(entity).attributes}
            self._attribute_maps[entity] = attribute_map
        return attribute_map

    @cached_property
    def _attribute_maps(self) -> dict[str, dict[str, Attribute]]:
        return {}

    def templates(
        self, place: TableOrIndex, keys: tuple[str, ...]
    ) -> list[tuple[ItemShape, tuple[KeyTemplate, ...]]]:
        """Return, for each shape that has all of these key attributes, how they are made."""
        template = self._templates.get((place.name, keys))
        if template is None:
            template = []
            for shape in place.table.shapes:
                created = [shape.template(key) for key in keys]
                stored = tuple(t for t in created if t is not None)
                if len(stored) == len(created):
                    template.append((shape, stored))
            self._templates[place.name, keys] = template
        return template

    def _partition_templates(
        self, place: TableOrIndex, entity: str
    ) -> list[tuple[ItemShape, tuple[KeyTemplate, ...]]]:
        """Return how the partition key is made in the shapes of one entity."""
        by_entity = self._partition_maps.get(place.name)
        if by_entity is None:
            by_entity = self._partition_maps[place.name] = {}
            for shape, created in self.templates(place, place.partition_keys):
                by_entity.setdefault(shape.entity, []).append((shape, created))
        return by_entity.get(entity, [])

    def distinct_values(self, entity: Entity, name: str) -> Decimal | None:
        """Return how many values an attribute has at this scale; None where it is unknown.

        A stretch of time has as many as there are in the age of the data.
        """
        if unit := unit_of(name):
            return max(ONE, self.model.age_days(entity) / DAYS[unit])
        return self.selectivity.known_distinct(entity, name) if entity.has(name) else None

    def points_to(self, entity: Entity, attribute: Attribute) -> str | None:
        """Return the entity whose key an attribute holds: a reference, or the parent's key."""
        owner = self.selectivity.owner(entity, attribute.name)
        return None if owner is None else owner.name

    def ancestors(self, entity: Entity) -> tuple[str, ...]:
        """Return the names of an entity's parent, its parent and so on."""
        names: list[str] = []
        while entity.parent is not None:
            names.append(entity.parent)
            entity = self.model.entity(entity.parent)
        return tuple(names)

    def distinct(self, place: TableOrIndex) -> Decimal | None:
        """Return how many partition key values a table or index has; None where nobody knows."""
        total = ZERO
        for shape, templates in self.templates(place, place.partition_keys):
            combinations = self._combinations(self.entity_of(shape), templates)
            if combinations is None:
                return None
            total += combinations
        return total

    def _combinations(self, entity: Entity, templates: tuple[KeyTemplate, ...]) -> Decimal | None:
        product = ONE
        for template in templates:
            for name in template.attributes:
                fixed = dict(template.when).get(name)
                values = Decimal(len(fixed)) if fixed else self.distinct_values(entity, name)
                if values is None:
                    return None
                product *= values
        shards = math.prod(t.shards for t in templates)
        return max(ONE, min(product, self.count(entity.name))) * shards

    def top_share(self, entity: Entity, name: str) -> tuple[Decimal, bool] | None:
        """Return the share of the most common value, and whether the default skew made it.

        Whatever is written now belongs to the stretch of time that is now, and most is read there.
        """
        if unit_of(name):
            return ONE, False
        if not entity.has(name):
            return None
        top = self.selectivity.top_share(entity, name, self.default_skew)
        return None if top is None else (top.share, top.is_default)

    def hot_share(self, pattern: Pattern, place: TableOrIndex) -> tuple[Decimal, bool] | None:
        """Return the share of a pattern's calls on the hottest key of a resource.

        The second value says whether the default skew made it. None: it cannot be known.
        """
        key = (pattern.name, place.name)
        if key not in self._shares:
            self._shares[key] = self._hot_share(pattern, place)
        return self._shares[key]

    def _hot_share(self, pattern: Pattern, place: TableOrIndex) -> tuple[Decimal, bool] | None:
        worst: tuple[Decimal, bool] = (ZERO, False)
        for part in pattern.parts or (pattern,):
            for shape, templates in self._partition_templates(place, part.entity):
                share = self._share_of(part, shape, templates, place)
                if share is None:
                    return None
                worst = max(worst, share)
        if pattern.hot_share is not None and place.index is None:
            return pattern.hot_share, False
        return worst

    def _share_of(
        self,
        part: Pattern,
        shape: ItemShape,
        templates: tuple[KeyTemplate, ...],
        place: TableOrIndex,
    ) -> tuple[Decimal, bool] | None:
        entity = self.entity_of(shape)
        shards = Decimal(math.prod(t.shards for t in templates))
        names = [name for template in templates for name in template.attributes]
        fixed = {c.attribute for c in part.where if c.operator == "eq" and c.value is not None}
        if part.hot_share is not None and place.index is None:
            return part.hot_share / shards, False
        best: tuple[Decimal, bool] = (ONE, False)
        for name in names:
            if name in fixed:
                continue
            if part.verb is Verb.PUT and self.is_generated(entity, name):
                top_share: tuple[Decimal, bool] | None = (
                    ONE / max(ONE, self.count(entity.name)),
                    False,
                )
            else:
                top_share = self.top_share(entity, name)
            if top_share is None:
                return None
            best = min(best, top_share)
        return best[0] / shards, best[1]

    def is_generated(self, entity: Entity, name: str) -> bool:
        """Whether an attribute is the entity's own generated id."""
        attribute = self.attribute_of(entity, name)
        return (
            attribute is not None
            and attribute.kind in _GENERATED
            and name in entity.key
            and self.points_to(entity, attribute) is None
        )

    def hot_units(self, place: TableOrIndex, dimension: str) -> Heat | None:
        """Return the units per second on the hottest key value at the peak.

        Patterns whose keys are made alike meet on the same hottest value and add up; patterns of
        other kinds of key do not. None: some share cannot be known.
        """
        groups: dict[str, Decimal] = {}
        is_default = False
        worst_pattern: dict[str, tuple[Decimal, str]] = {}
        patterns = self._users_of.get((place.name, dimension), [])
        for pattern in patterns:
            hot_share = self.hot_share(pattern, place)
            if hot_share is None:
                return None
            share, default = hot_share
            units = self.peak(pattern) * self.units_of(pattern)[place.name, dimension] * share
            group = self._key_family(pattern, place)
            groups[group] = groups.get(group, ZERO) + units
            worst_pattern[group] = max(worst_pattern.get(group, (ZERO, "")), (units, pattern.name))
            is_default = is_default or (default and units > 0)
        if not groups:
            return Heat(ZERO, "", False)
        group = max(sorted(groups), key=lambda g: groups[g])
        return Heat(groups[group], worst_pattern[group][1], is_default)

    def _key_family(self, pattern: Pattern, place: TableOrIndex) -> str:
        for part in pattern.parts or (pattern,):
            for _, templates in self._partition_templates(place, part.entity):
                return "|".join(str(template) for template in templates)
        return ""

    def is_splittable(self, place: TableOrIndex) -> bool:
        """Whether the service can divide one key value over partitions by its sort key."""
        if not place.sort_keys or any(index.is_local for index in place.table.indexes):
            return False
        return not any(
            self.is_increasing(self.entity_of(shape), templates)
            for shape, templates in self.templates(place, place.sort_keys)
        )

    def is_increasing(self, entity: Entity, templates: tuple[KeyTemplate, ...]) -> bool:
        """Whether a key made so grows with time."""
        first = next((n for t in templates for n in t.attributes), None)
        attribute = self.attribute_of(entity, first) if first is not None else None
        return attribute is not None and (is_time(attribute) or attribute.kind is Kind.ULID)

    # ------------------------------------------------------------------ indexes

    def serves(self, place: TableOrIndex) -> list[Pattern]:
        """Return the patterns whose route reads a table or index."""
        return self._served.get(place.name, [])

    @cached_property
    def _served(self) -> dict[str, list[Pattern]]:
        served: dict[str, list[Pattern]] = {}
        for pattern in self.model.patterns:
            route = self.route(pattern)
            if route is None:
                continue
            targets = {r.target for r in route.requests if not _is_write(r.operation)}
            if not pattern.verb.is_write:
                targets |= {target for target in route.targets if target}
            for target in sorted(targets):
                served.setdefault(target, []).append(pattern)
        return served

    def projected(self, place: TableOrIndex, shape: ItemShape) -> frozenset[str]:
        """Return the model attributes an entry of an index holds, of one shape."""
        projected = set(shape.attributes) | {e.attribute for e in shape.embeds}
        if place.index is None:
            return frozenset(projected)
        keys = {
            name
            for key in (*place.index.keys, *place.table.keys)
            for template in (shape.template(key),)
            if template is not None
            for name in template.attributes
        }
        match place.index.projection.kind:
            case ProjectionKind.ALL:
                return frozenset(projected | keys)
            case ProjectionKind.INCLUDE:
                return frozenset(keys | (projected & set(place.index.projection.attributes)))
            case ProjectionKind.KEYS_ONLY:
                return frozenset(keys)

    # ------------------------------------------------------------------ shares of the system

    def exposure(self, kind: str, subject: str) -> Decimal:
        """Return how much of the system a subject touches, from 0.25 to 1."""
        if kind in ("design", "fix"):
            return ONE
        if kind == "pattern":
            return self._exposed(
                self._of_rate([subject]), self._of_cost(self.cost_of_pattern(subject)), ZERO
            )
        if kind in ("table", "index", "resource"):
            return self._exposure_of_resource(subject)
        entity = subject.split(".")[0]
        return self._exposure_of_entity(entity)

    def _exposure_of_resource(self, name: str) -> Decimal:
        place = self.place(name)
        if place is None:
            return ONE
        names = [name]
        if place.index is None:
            names += [f"{name}/{index.name}" for index in place.table.indexes]
        patterns = {p.name for n in names for p in (*self.readers(n), *self.writers(n))}
        cost = self.cost_of_table(name) if place.index is None else self.cost_of(name)
        stored = sum((self.stored_bytes(n) for n in names), ZERO)
        return self._exposed(self._of_rate(patterns), self._of_cost(cost), self._of_data(stored))

    def _exposure_of_entity(self, entity: str) -> Decimal:
        patterns = {action.root.name for action in self.actions_on(entity)}
        cost = sum((self.cost_of_pattern(name) for name in sorted(patterns)), ZERO)
        stored = ZERO
        for table, shape in self.homes(entity):
            facts = self.shape_facts(table.name, shape.name)
            if facts is not None:
                stored += facts.count * (facts.sizes.mean.mean + 100)
        return self._exposed(self._of_rate(patterns), self._of_cost(cost), self._of_data(stored))

    def _of_rate(self, names: Iterable[str]) -> Decimal:
        if not self.total_rate:
            return ZERO
        rates = (self.rate(self.model.pattern(n)) for n in sorted(names) if n in self._routes)
        return sum(rates, ZERO) / self.total_rate

    def _of_cost(self, usd: Decimal) -> Decimal:
        return usd / self.cost if self.cost else ZERO

    def _of_data(self, stored: Decimal) -> Decimal:
        return stored / self.total_bytes if self.total_bytes else ZERO

    @staticmethod
    def _exposed(*shares: Decimal) -> Decimal:
        return Decimal("0.25") + Decimal("0.75") * min(ONE, max(ZERO, *shares))


@dataclass(frozen=True, slots=True)
class Heat:
    """Units per second on the hottest key value, the pattern that adds most, and how sure it is."""

    units: Decimal
    pattern: str
    is_default_skew: bool

    @property
    def remark(self) -> str:
        """What a reader must know: that the default skew was taken."""
        return " (by the default skew)" if self.is_default_skew else ""


class FactsBetween(DynamoFacts):
    """Facts of a number of users that lies between two evaluated scales, or beyond the last.

    Rates and counts come from the model. Units, sizes and costs are interpolated on logarithmic
    axes, which is exact for what is constant and for what grows with a power of the users.
    """

    def __init__(self, low: DynamoFacts, high: DynamoFacts, users: int) -> None:
        super().__init__(low.evaluation, low.k, low.tariff, default_skew=low.default_skew)
        self.low, self.high, self.users = low, high, users
        span = math.log(high.users / low.users) if high.users != low.users else 0.0
        self.part = math.log(users / low.users) / span if span else 0.0

    @cached_property
    def _users_of(self) -> dict[Key, list[Pattern]]:
        return self.low._users_of

    def _mix(self, low: Decimal, high: Decimal) -> Decimal:
        if low == high or not self.part:
            return low
        if low <= 0 or high <= 0:
            return low if self.part < 1 else high
        power = (math.log(high) - math.log(low)) * self.part + math.log(low)
        return Decimal(repr(round(math.exp(power), 9)))

    def _sum_units(self, pattern: Pattern) -> dict[Key, Decimal]:
        low, high = self.low.units_of(pattern), self.high.units_of(pattern)
        return {key: self._mix(units, high.get(key, units)) for key, units in low.items()}

    def entries(self, resource: str) -> Decimal:
        """Return how many items or entries a resource holds."""
        return self._mix(self.low.entries(resource), self.high.entries(resource))

    def item_bytes(self, resource: str) -> Decimal:
        """Return the bytes of all items or entries of a resource."""
        return self._mix(self.low.item_bytes(resource), self.high.item_bytes(resource))

    def matched(self, pattern: Pattern) -> Decimal:
        """Return the entries that meet the key condition."""
        return self._mix(self.low.matched(pattern), self.high.matched(pattern))

    def returned(self, pattern: Pattern) -> Decimal:
        """Return the entries a call gives back."""
        return self._mix(self.low.returned(pattern), self.high.returned(pattern))

    @cached_property
    def cost(self) -> Decimal:
        """USD a month of the whole design."""
        return self._mix(self.low.cost, self.high.cost)

    def cost_of(self, resource: str) -> Decimal:
        """Return USD a month of a table without its indexes, or of an index."""
        return self._mix(self.low.cost_of(resource), self.high.cost_of(resource))

    def cost_of_table(self, table: str) -> Decimal:
        """Return USD a month of a table with its indexes."""
        return self._mix(self.low.cost_of_table(table), self.high.cost_of_table(table))

    def cost_of_pattern(self, pattern: str) -> Decimal:
        """Return USD a month of the units of an access pattern."""
        return self._mix(self.low.cost_of_pattern(pattern), self.high.cost_of_pattern(pattern))


def is_time(attribute: Attribute) -> bool:
    """Whether an attribute says when something happened."""
    return attribute.kind in (Kind.TIMESTAMP, Kind.DATE, Kind.EPOCH) or attribute.role == "time"


def _is_write(operation: str) -> bool:
    return operation.lower() in (
        "put",
        "update",
        "delete",
        "transact",
        "putitem",
        "updateitem",
        "deleteitem",
        "transactwriteitems",
        "batchwriteitem",
    )


def _resource_name(where: str, resource: str) -> str:
    if resource.startswith(f"{where}."):
        return f"{where}/{resource[len(where) + 1 :]}"
    return resource
