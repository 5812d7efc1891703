"""What a design uses at one scale: rates, units, bytes, money, by pattern, table and index.

In: an `Evaluation` (routes, sizes, bill), a tariff and thresholds. Out: numbers, each worked out
once. It knows no rule, and nothing of keys: that is `facts`.

Rates are means per second unless the name says peak; the peak is the declared peak factor times
the busiest hour of the declared day. Units are as billed, so transactional writes count double.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property

from tablewright.capacity.items import string_bytes
from tablewright.core.frozen import frozen
from tablewright.core.quantities import GB, HOURS_PER_MONTH, ONE, SECONDS_PER_MONTH, ZERO
from tablewright.engines.dynamodb.design import DynamoDesign, Index, ItemShape, ModeKind, Table
from tablewright.engines.dynamodb.tariff import Tariff
from tablewright.evaluation.values import Action, Evaluation, ResourceFacts, Route, ShapeFacts
from tablewright.model.statistics import Selectivity, busiest_hour
from tablewright.model.values import Attribute, Entity, Model, Pattern, Verb
from tablewright.sample.sample import Sample, sample_of

Key = tuple[str, str]
"""Resource and dimension."""


@frozen(kw_only=False)
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


class UsageFacts:
    """Rates, units, bytes and costs of one design at one scale, computed when first asked for."""

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
        self._peaks: dict[str, Decimal] = {}

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
        return sample_of(self.model)

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


def _resource_name(where: str, resource: str) -> str:
    if resource.startswith(f"{where}."):
        return f"{where}/{resource[len(where) + 1 :]}"
    return resource
