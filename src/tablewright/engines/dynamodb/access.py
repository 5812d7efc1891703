"""Which conditions a key can serve: a pattern's conditions held against a table's or index's key.

In: a table, one of its indexes or none, a shape, and a pattern's conditions. Out: a KeyMatch, or
the reason why the key does not help. Pure logic; it does not know sizes or units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from tablewright.core.quantities import ONE
from tablewright.design.values import Index, ItemShape, KeyTemplate, Table, TemplatePart
from tablewright.engines.dynamodb.sizing import GEOHASH
from tablewright.model.values import Condition, Entity, Kind, Model

RANGE_OPERATORS = ("between", "lt", "le", "gt", "ge", "begins_with")


@dataclass(frozen=True, slots=True, kw_only=True)
class SortBound:
    """How one sort key attribute is bound: its leading parts, then perhaps a range on the next."""

    key: str
    template: KeyTemplate
    bound_parts: int
    """How many leading parts of the template have a value."""
    range: Condition | None = None

    @property
    def is_full(self) -> bool:
        """Whether the whole value is known."""
        return self.bound_parts == len(self.template.parts)

    @property
    def operator(self) -> str:
        """The operator of the key condition: "=", "begins_with", "between" …; "" for none."""
        if self.is_full:
            return "="
        if self.range is not None:
            return self.range.operator
        return "begins_with" if self.bound_parts else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMatch:
    """A key that serves some of a pattern's conditions."""

    table: Table
    index: Index | None
    shape: ItemShape
    partition: tuple[tuple[str, KeyTemplate], ...]
    sort: tuple[SortBound, ...]
    served: frozenset[str]
    """Attributes of the conditions the key (or membership in a sparse index) answers."""
    order: tuple[str, ...]
    """Attributes the entries come sorted by, within what is bound."""
    shards: int = 1
    cells: int = 1
    """Neighbouring cells that have to be read for a search by distance."""
    range: Condition | None = None
    conditions: tuple[Condition, ...] = ()
    """The conditions it serves."""

    @property
    def resource(self) -> str:
        """Table, or "table/index"."""
        return self.table.name if self.index is None else f"{self.table.name}/{self.index.name}"

    @property
    def is_full(self) -> bool:
        """Whether it names exactly one key."""
        return self.shards == 1 and self.cells == 1 and all(bound.is_full for bound in self.sort)


class Selectivity:
    """What share of an entity's instances meets a condition, at one scale.

    `counted` gives the share of a population that has a fixed value, where one is at hand; without
    it the shares of the model file are taken.
    """

    def __init__(
        self,
        model: Model,
        users: int,
        counted: Callable[[str, str, str], Decimal] | None = None,
    ) -> None:
        self.model = model
        self.users = users
        self._counted = counted
        self._instances: dict[str, Decimal] = {}

    def instances(self, entity: str) -> Decimal:
        """Return how many instances there are."""
        if entity not in self._instances:
            self._instances[entity] = self.model.instances(entity, self.users)
        return self._instances[entity]

    def distinct(self, entity: Entity, name: str) -> Decimal:
        """Return how many values an attribute takes."""
        attribute = entity.attribute(name)
        total = max(ONE, self.instances(entity.name))
        if attribute.distinct is not None:
            return max(ONE, min(attribute.distinct, total))
        if attribute.kind is Kind.ENUM:
            return Decimal(max(1, len(attribute.values)))
        if attribute.kind is Kind.BOOL:
            return Decimal(2)
        if attribute.kind is Kind.REF and attribute.to is not None:
            return max(ONE, self.instances(attribute.to))
        if attribute.generated:
            return max(ONE, self._ancestors(entity, name))
        if attribute.kind is Kind.COUNTRY:
            return min(Decimal(50), total)
        if attribute.kind is Kind.DATE:
            return max(ONE, min(total, self.model.age_days(entity)))
        if attribute.kind is Kind.INT and attribute.low is not None and attribute.high is not None:
            return max(ONE, min(total, attribute.high - attribute.low + 1))
        return total

    def _ancestors(self, entity: Entity, name: str) -> Decimal:
        """Return how many instances the ancestor has that an inherited key attribute names."""
        parent = entity.parent
        while parent is not None:
            ancestor = self.model.entity(parent)
            if name in ancestor.key and not ancestor.attribute(name).generated:
                return self.instances(parent)
            parent = ancestor.parent
        return self.instances(entity.name)

    def share(self, entity: Entity, condition: Condition) -> Decimal:
        """Return the share of instances that meet a condition, 0 to 1."""
        if condition.share is not None:
            return condition.share
        attribute = entity.attribute(condition.attribute.partition(".")[0])
        if condition.operator == "eq":
            if condition.value is not None:
                return self._share_of_value(entity, condition)
            return ONE / self.distinct(entity, attribute.name)
        if condition.operator == "in" and attribute.values:
            shares = dict(attribute.values)
            asked = set(condition.values)
            return min(ONE, sum((shares.get(value, Decimal(0)) for value in asked), Decimal(0)))
        if condition.operator == "in":
            return min(ONE, len(condition.values) / self.distinct(entity, attribute.name))
        return DEFAULT_RANGE_SHARE

    def _share_of_value(self, entity: Entity, condition: Condition) -> Decimal:
        attribute = entity.attribute(condition.attribute.partition(".")[0])
        shares = dict(attribute.values)
        if self._counted is not None and condition.value is not None:
            return self._counted(entity.name, attribute.name, condition.value)
        if condition.value in shares:
            return shares[condition.value]
        if attribute.kind is Kind.BOOL and attribute.top_share is not None:
            return attribute.top_share if condition.value == "true" else 1 - attribute.top_share
        return ONE / self.distinct(entity, attribute.name)

    def matching(self, entity: Entity, conditions: tuple[Condition, ...]) -> Decimal:
        """Return how many instances meet all conditions, taken as independent."""
        equal = {c.attribute for c in conditions if c.operator == "eq"}
        if set(entity.key) <= equal:
            return ONE
        if any(entity.has(name) and entity.attribute(name).unique for name in equal):
            return ONE
        count = self.instances(entity.name)
        for condition in conditions:
            count *= self.share(entity, condition)
        return count


DEFAULT_RANGE_SHARE = Decimal("0.3")
"""Share of the entries a range holds where the model does not say; the route says so."""


def match_key(
    model: Model,
    table: Table,
    index: Index | None,
    shape: ItemShape,
    conditions: tuple[Condition, ...],
    near: str = "",
) -> KeyMatch | str:
    """Return how a key serves these conditions, or the reason why it does not.

    Args:
        model: the model the design belongs to.
        table: the table.
        index: one of its indexes; None for the table's own key.
        shape: the kind of item looked for.
        conditions: what is asked; `eq` conditions bind, ranges may.
        near: the geo attribute of a search by distance.
    """
    equal = {c.attribute: c for c in conditions if c.operator == "eq"}
    ranges = {c.attribute: c for c in conditions if c.operator in RANGE_OPERATORS}
    partition_keys = (table.partition_key,) if index is None else index.partition_keys
    sort_keys = ((table.sort_key,) if table.sort_key else ()) if index is None else index.sort_keys
    served: set[str] = set()
    shards = cells = 1
    templates: list[tuple[KeyTemplate, str]] = []
    for key in (*partition_keys, *sort_keys):
        template = shape.template(key)
        if template is None:
            return f"`{shape.name}` items are not in it: they have no `{key}`"
        excluded = _excluded(template, equal, conditions)
        if excluded:
            return excluded
        served.update(_implied(template, equal))
        templates.append((template, key))
    partition: list[tuple[str, KeyTemplate]] = []
    for template, key in templates[: len(partition_keys)]:
        for part in template.parts:
            base, _, cell = part.attribute.partition(".")
            if part.shards:
                shards *= part.shards
            elif cell.startswith(GEOHASH) and base == near:
                cells = 9
            elif part.attribute and part.attribute not in equal:
                return f"its partition key `{key}` needs `{part.attribute}`, which is not given"
            elif part.attribute:
                served.add(part.attribute)
        partition.append((key, template))
    bounds: list[SortBound] = []
    order: list[str] = []
    ranged: Condition | None = None
    open_end = False
    for template, key in templates[len(partition_keys) :]:
        bound, ranged_here, rest = _bind(template, key, equal, ranges if not open_end else {})
        if open_end:
            bound, ranged_here, rest = (
                SortBound(key=key, template=template, bound_parts=0),
                None,
                (template.parts),
            )
        served.update(p.attribute for p in template.parts[: bound.bound_parts] if p.attribute)
        if ranged_here is not None:
            ranged = ranged_here
            served.add(ranged_here.attribute)
        bounds.append(bound)
        order += _order(model.entity(shape.entity), template, rest)
        open_end = open_end or not bound.is_full
    return KeyMatch(
        table=table,
        index=index,
        shape=shape,
        partition=tuple(partition),
        sort=tuple(bounds),
        served=frozenset(served),
        order=tuple(order),
        shards=shards,
        cells=cells,
        range=ranged,
        conditions=tuple(c for c in conditions if c.attribute in served),
    )


def _bind(
    template: KeyTemplate,
    key: str,
    equal: dict[str, Condition],
    ranges: dict[str, Condition],
) -> tuple[SortBound, Condition | None, tuple[TemplatePart, ...]]:
    bound = 0
    for part in template.parts:
        if part.literal or (part.attribute in equal and not part.shards):
            bound += 1
            continue
        break
    rest = template.parts[bound:]
    ranged = ranges.get(rest[0].attribute) if rest else None
    return (
        SortBound(key=key, template=template, bound_parts=bound, range=ranged),
        ranged,
        rest,
    )


def _order(entity: Entity, template: KeyTemplate, rest: tuple[TemplatePart, ...]) -> list[str]:
    """Return the attributes entries are sorted by: numbers inside a text do not sort as numbers."""
    alone = len(template.parts) == 1
    found: list[str] = []
    for part in rest:
        if not part.attribute:
            continue
        if (
            not alone
            and entity.has(part.attribute)
            and entity.attribute(part.attribute).kind.is_number
        ):
            break
        found.append(part.attribute)
    return found


def _excluded(
    template: KeyTemplate, equal: dict[str, Condition], conditions: tuple[Condition, ...]
) -> str:
    """Say why a sparse index misses instances the pattern asks for; "" when it does not."""
    for attribute, allowed in template.when:
        condition = equal.get(attribute)
        if condition is not None and condition.value in allowed:
            continue
        among = next(
            (c for c in conditions if c.attribute == attribute and c.operator == "in"), None
        )
        if among is not None and set(among.values) <= set(allowed):
            continue
        return f"it holds only items whose `{attribute}` is {' or '.join(allowed)}"
    return ""


def _implied(template: KeyTemplate, equal: dict[str, Condition]) -> set[str]:
    """Return the conditions that every entry of a sparse index meets anyway."""
    return {
        attribute
        for attribute, allowed in template.when
        if len(allowed) == 1 and attribute in equal and equal[attribute].value == allowed[0]
    }
