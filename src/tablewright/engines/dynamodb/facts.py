"""What rules ask about one design at one scale: what it uses, its keys, heat, indexes, shares.

In: an `Evaluation` (routes, sizes, bill), a tariff and thresholds. Out: numbers, each worked out
once. `FactsBetween` has those of a scale between two evaluated ones. It knows no rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cached_property

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE, ZERO
from tablewright.engines.dynamodb.buckets import DAYS, busiest_share, unit_of
from tablewright.engines.dynamodb.design import (
    ItemShape,
    KeyTemplate,
    ProjectionKind,
)
from tablewright.engines.dynamodb.tariff import Tariff
from tablewright.engines.dynamodb.usage_facts import Key, TableOrIndex, UsageFacts
from tablewright.evaluation.values import Evaluation
from tablewright.model.statistics import DEFAULT_RANGE_SHARE
from tablewright.model.values import Attribute, Entity, Kind, Pattern, Verb

_GENERATED = frozenset({Kind.UUID, Kind.ULID, Kind.ID})


class DynamoFacts(UsageFacts):
    """Facts of one design at one scale: what it uses, and how its keys and indexes are used."""

    def __init__(
        self,
        evaluation: Evaluation,
        k: Mapping[str, Decimal],
        tariff: Tariff | None = None,
        *,
        default_skew: Decimal | None = None,
        only: frozenset[str] | None = None,
    ) -> None:
        super().__init__(evaluation, k, tariff, default_skew=default_skew, only=only)
        self._shares: dict[tuple[str, str], tuple[Decimal, bool] | None] = {}
        self._templates: dict[
            tuple[str, tuple[str, ...]], list[tuple[ItemShape, tuple[KeyTemplate, ...]]]
        ] = {}
        self._partition_maps: dict[
            str, dict[str, list[tuple[ItemShape, tuple[KeyTemplate, ...]]]]
        ] = {}

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

    def stored_share(self, entity: Entity, name: str) -> tuple[Decimal, bool] | None:
        """Return the share of an entity's instances that have its most common value.

        Where the attribute names the parent, that is as many as the model counts for each: the most
        that one may have, or as many as all others have where the count is one figure. Else, and
        where a spread has no end, as `top_share`.
        """
        if entity.parent is not None and self.selectivity.is_of_parent(entity, name):
            spread, count = entity.count.spread, self.count(entity.name)
            if spread is None or spread.shape == "fixed":
                return ONE / max(ONE, self.count(entity.parent)), False
            most = spread.high or spread.p99
            if most is not None and count:
                return min(ONE, most / count), False
        return self.top_share(entity, name)

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
            ranged = self._share_of_ranges(part, entity, name)
            if ranged is not None:
                top_share: tuple[Decimal, bool] | None = (ranged, False)
            elif part.verb is Verb.PUT and self.is_generated(entity, name):
                top_share = (ONE / max(ONE, self.count(entity.name)), False)
            elif part.verb is Verb.PUT:
                top_share = self.stored_share(entity, name)
            else:
                top_share = self.top_share(entity, name)
            if top_share is None:
                return None
            best = min(best, top_share)
        return best[0] / shards, best[1]

    def _share_of_ranges(self, part: Pattern, entity: Entity, name: str) -> Decimal | None:
        """Return the part of what ranges of time read that lies in the busiest stretch.

        None where no range is read by stretches, or one that ends now: that is read each time.
        """
        base, _, unit = name.partition(".")
        for condition in part.where:
            if unit_of(name) and condition.attribute == base and condition.operator == "between":
                share = DEFAULT_RANGE_SHARE if condition.share is None else condition.share
                return busiest_share(unit, self.model.age_days(entity), share)
        return None

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


@frozen(kw_only=False)
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
