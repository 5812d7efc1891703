"""Which conditions a key can serve: a pattern's conditions matched with a table's or index's key.

In: a table, one of its indexes or none, a shape, and a pattern's conditions. Out: a KeyMatch, or
the reason why the key does not help. Pure logic; it does not know sizes or units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tablewright.core.frozen import frozen
from tablewright.engines.dynamodb.buckets import unit_of
from tablewright.engines.dynamodb.design import Index, ItemShape, KeyTemplate, Table, TemplatePart
from tablewright.engines.dynamodb.geohash import GEOHASH
from tablewright.evaluation.engine import Refused
from tablewright.model.statistics import (
    DEFAULT_RANGE_SHARE,
    RANGE_OPERATORS,
    Selectivity,
)
from tablewright.model.values import Condition, Entity, Kind, Model


@frozen
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


@frozen
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
    bucket: str = ""
    """A stretch of time in the partition key, `created_at.month`: each is a query of its own."""
    range: Condition | None = None
    conditions: tuple[Condition, ...] = ()
    """The conditions it serves."""

    @classmethod
    def of_all(cls, table: Table, index: Index | None, shape: ItemShape) -> KeyMatch:
        """Return what a scan goes by: no key at all."""
        return cls(
            table=table,
            index=index,
            shape=shape,
            partition=(),
            sort=(),
            served=frozenset(),
            order=(),
        )

    @property
    def resource(self) -> str:
        """Table, or "table/index"."""
        return self.table.name if self.index is None else f"{self.table.name}/{self.index.name}"

    @property
    def is_full(self) -> bool:
        """Whether it names exactly one key."""
        is_one = self.shards == 1 and self.cells == 1 and not self.bucket
        return is_one and all(bound.is_full for bound in self.sort)


@frozen(kw_only=False)
class _Spread:
    """Over how many partitions a call is spread, and which attributes the partition key binds."""

    shards: int
    cells: int
    bucket: str
    served: frozenset[str]


def _partition_spread(
    templates: Sequence[tuple[KeyTemplate, str]], equal: Mapping[str, Condition], near: str
) -> _Spread | Refused:
    shards = cells = 1
    bucket = ""
    served: set[str] = set()
    for template, key in templates:
        for part in template.parts:
            base, _, cell = part.attribute.partition(".")
            if part.shards:
                shards *= part.shards
            elif cell.startswith(GEOHASH) and base == near:
                cells = 9
            elif unit_of(part.attribute):
                bucket = "" if base in equal else part.attribute
            elif part.attribute and part.attribute not in equal:
                return Refused(
                    f"its partition key `{key}` needs `{part.attribute}`, which is not given"
                )
            elif part.attribute:
                served.add(part.attribute)
    return _Spread(shards, cells, bucket, frozenset(served))


def match_key(
    model: Model,
    table: Table,
    index: Index | None,
    shape: ItemShape,
    conditions: tuple[Condition, ...],
    near: str = "",
) -> KeyMatch | Refused:
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
    templates: list[tuple[KeyTemplate, str]] = []
    for key in (*partition_keys, *sort_keys):
        template = shape.template(key)
        if template is None:
            return Refused(f"`{shape.name}` items are not in it: they have no `{key}`")
        excluded = _excluded(template, equal, conditions)
        if excluded:
            return Refused(excluded)
        served.update(_implied(template, equal, conditions))
        templates.append((template, key))
    spread = _partition_spread(templates[: len(partition_keys)], equal, near)
    if isinstance(spread, Refused):
        return spread
    served |= spread.served
    bounds: list[SortBound] = []
    order: list[str] = []
    ranged: Condition | None = None
    open_end = False
    for template, key in templates[len(partition_keys) :]:
        usable = {} if open_end else _in_order(model.entity(shape.entity), template, ranges)
        bound, ranged_here, rest = _bind(template, key, equal, usable)
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
        partition=tuple((key, template) for template, key in templates[: len(partition_keys)]),
        sort=tuple(bounds),
        served=frozenset(served),
        order=tuple(order),
        shards=spread.shards,
        cells=spread.cells,
        bucket=spread.bucket,
        range=ranged,
        conditions=tuple(c for c in conditions if c.attribute in served),
    )


def _in_order(
    entity: Entity, template: KeyTemplate, ranges: Mapping[str, Condition]
) -> Mapping[str, Condition]:
    """Return the ranges that a key can be asked for: as text 10 comes before 9.

    Times in seconds have ten digits all, from 2001 to 2286.
    """
    if len(template.parts) == 1:
        return ranges
    return {
        name: condition
        for name, condition in ranges.items()
        if not entity.has(name)
        or not entity.attribute(name).kind.is_number
        or entity.attribute(name).kind is Kind.EPOCH
    }


def _bind(
    template: KeyTemplate,
    key: str,
    equal: Mapping[str, Condition],
    ranges: Mapping[str, Condition],
) -> tuple[SortBound, Condition | None, tuple[TemplatePart, ...]]:
    bound = 0
    for part in template.parts:
        name = part.attribute.partition(".")[0] if unit_of(part.attribute) else part.attribute
        if part.literal or (name in equal and not part.shards):
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
    order: list[str] = []
    for part in rest:
        if not part.attribute:
            continue
        if (
            not alone
            and entity.has(part.attribute)
            and entity.attribute(part.attribute).kind.is_number
        ):
            break
        order.append(part.attribute)
    return order


def why_left_out(shape: ItemShape, index: Index, conditions: tuple[Condition, ...]) -> str:
    """Say which instances that meet these conditions an index leaves out; "" where it has all."""
    equal = {c.attribute: c for c in conditions if c.operator == "eq"}
    for key in index.keys:
        template = shape.template(key)
        if template is not None and (reason := _excluded(template, equal, conditions)):
            return reason
    return ""


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


def _implied(
    template: KeyTemplate, equal: dict[str, Condition], conditions: tuple[Condition, ...]
) -> set[str]:
    """Return the conditions that every entry of a sparse index meets anyway."""
    among = {c.attribute: set(c.values) for c in conditions if c.operator == "in"}
    return {
        attribute
        for attribute, allowed in template.when
        if (len(allowed) == 1 and attribute in equal and equal[attribute].value == allowed[0])
        or among.get(attribute) == set(allowed)
    }


__all__ = [
    "DEFAULT_RANGE_SHARE",
    "RANGE_OPERATORS",
    "KeyMatch",
    "Selectivity",
    "SortBound",
    "match_key",
    "why_left_out",
]
