"""What a model's figures say of its data: how many instances and values, which shares, which load.

In: a model and a number of users. Out: counts, numbers of distinct values, the share of the most
common value, the share of the instances that meet a condition, the load over a day. Every estimate
(router, rules, planner, servers) asks here; the sampler draws by the same figures. It does not know
designs, engines or prices.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import TypeVar

from tablewright.core.data import read_text
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE, ZERO, plain
from tablewright.model.values import Attribute, Condition, Entity, Kind, Model

DEFAULT_SKEW = Decimal("0.8")
"""Zipf exponent of how often a reference points to the same instance, where none is stated."""

RANGE_OPERATORS = ("between", "lt", "le", "gt", "ge", "begins_with")
EXACT_OPERATORS = ("eq", "ne", "in", "exists", "absent")
"""Operators whose share follows from values and presence."""
DEFAULT_RANGE_SHARE = Decimal("0.3")
"""Share of the entries a range holds where the model does not say; the route says so."""

MINUTES_PER_DAY = 1440
_EXACT_TERMS = 1000

_ONE_PER_INSTANCE = frozenset(
    {
        Kind.UUID,
        Kind.ULID,
        Kind.ID,
        Kind.EMAIL,
        Kind.USERNAME,
        Kind.PHONE,
        Kind.TOKEN,
        Kind.TIMESTAMP,
        Kind.EPOCH,
        Kind.NAME,
        Kind.TEXT,
        Kind.URL,
    }
)
_T = TypeVar("_T")


# Distributions


@cache
def pool(kind: Kind) -> tuple[str, ...]:
    """Return the values of a kind that has a fixed list of them; empty for all other kinds.

    The sampler takes its values from here, so that both count the same.

    Example:
        >>> len(pool(Kind.COUNTRY)), pool(Kind.UUID)
        (51, ())
    """
    if kind is Kind.COUNTRY:
        return tuple(read_text("tablewright.model", "data/countries.txt").split())
    return ()


@cache
def harmonic(count: int, exponent: float) -> float:
    """Return the sum of k^-exponent for k = 1..count (by an integral beyond the first thousand).

    Example:
        >>> round(harmonic(3, 1.0), 4)
        1.8333
    """
    exact = min(count, _EXACT_TERMS)
    total = math.fsum(k**-exponent for k in range(1, exact + 1))
    if count > exact:  # midpoint rule: the sum of f(k) is close to the integral between the halves
        low, high = exact + 0.5, count + 0.5
        if abs(exponent - 1) < 1e-9:
            total += math.log(high / low)
        else:
            power = 1 - exponent
            total += (high**power - low**power) / power
    return total


def percentile(ordered: Sequence[_T], percent: int) -> _T:
    """Return the value below which this percentage of the sorted values lies.

    Example:
        >>> percentile([10, 20, 30, 40], 50), percentile([10], 99)
        (30, 10)
    """
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


# The day


@frozen(kw_only=False)
class LoadCurve:
    """The shape of a day: 24 hourly or 1,440 minute weights; only their ratio counts.

    `assumed` says in words what was assumed of a day that nobody has described.
    """

    weights: tuple[Decimal, ...] = (ONE,)
    assumed: str = "the load is the same in every minute of the day"

    def __post_init__(self) -> None:
        if len(self.weights) not in (1, 24, MINUTES_PER_DAY):
            raise ValueError(f"a load curve has 24 or 1440 weights, not {len(self.weights)}")
        if min(self.weights) < 0 or not any(self.weights):
            raise ValueError("the weights of a load curve are not negative and not all zero")

    @classmethod
    def of(cls, weights: Sequence[Decimal | int]) -> LoadCurve:
        """Return the curve of 24 hourly or 1,440 minute weights."""
        return cls(tuple(Decimal(weight) for weight in weights), assumed="")

    @classmethod
    def peaked(cls, peak: Decimal) -> LoadCurve:
        """Return a day that rises and falls in straight lines, with this ratio of peak to mean.

        Up to a ratio of 2 the load never stops; above, it is a triangle narrower than the day.

        Example:
            >>> round(LoadCurve.peaked(Decimal(3)).peak, 2), LoadCurve.peaked(Decimal(1)).is_flat
            (Decimal('3.00'), True)
        """
        return _peaked(peak)

    @property
    def is_flat(self) -> bool:
        """Whether every minute of the day is alike."""
        return min(self.weights) == max(self.weights)

    @property
    def peak(self) -> Decimal:
        """The highest weight over the mean."""
        return max(self.weights) * len(self.weights) / sum(self.weights, ZERO)

    def minutes(self) -> tuple[Decimal, ...]:
        """Return the load of each minute over the mean of the day."""
        mean = sum(self.weights, ZERO) / len(self.weights)
        each = MINUTES_PER_DAY // len(self.weights)
        return tuple(weight / mean for weight in self.weights for _ in range(each))


@cache
def _peaked(peak: Decimal) -> LoadCurve:
    if peak < 1:
        raise ValueError("the peak of a day is at least its mean")
    if peak == 1:
        return LoadCurve()
    half = Decimal(MINUTES_PER_DAY) / 2
    width = half if peak <= 2 else half * 2 / peak
    floor = 2 - peak if peak <= 2 else ZERO
    rise = peak - floor
    return LoadCurve(
        tuple(
            floor + rise * max(ZERO, ONE - abs(Decimal(minute) - half) / width)
            for minute in range(MINUTES_PER_DAY)
        ),
        assumed=f"the load rises and falls in straight lines to {plain(peak)} times its mean",
    )


def load_curve(model: Model, busiest: Decimal = ONE) -> LoadCurve:
    """Return the shape of the day: declared, or a triangle as high as the highest peak factor.

    Args:
        model: the model.
        busiest: multiplies the peak factor of a day that is not declared.
    """
    if model.daily_load:
        return LoadCurve.of(model.daily_load)
    peak = max((p.peak for p in model.patterns if p.purpose == "online"), default=ONE)
    return LoadCurve.peaked(peak * busiest)


def has_peak(model: Model) -> bool:
    """Whether the model says anything of busier and quieter hours."""
    online = (pattern for pattern in model.patterns if pattern.purpose == "online")
    return bool(model.daily_load) or any(pattern.peak > 1 for pattern in online)


def busiest_hour(model: Model) -> Decimal:
    """Return the load of the busiest hour over the mean of the day; 1 where none is declared."""
    return LoadCurve.of(model.daily_load).peak if model.daily_load else ONE


# Copies


def copied_from(
    entities: Mapping[str, Entity], entity: Entity, path: str
) -> tuple[Entity, Attribute] | None:
    """Return the entity and attribute that a path such as `author_id.name` leads to.

    Args:
        entities: all entities by name.
        entity: whose attribute is a copy.
        path: a ref, a key attribute of an ancestor, or an ancestor's name; a dot; an attribute.
    """
    base, _, name = path.partition(".")
    target = base
    if entity.has(base):
        target = (entity.attribute(base).to or "").partition(".")[0]
        if not target and entity.parent is not None and base in entities[entity.parent].key:
            target = entity.parent
    else:
        above = entity.parent
        while above is not None and above != base:
            above = entities[above].parent
        if above is None:
            return None
    source = entities.get(target)
    if source is None or not source.has(name):
        return None
    return source, source.attribute(name)


# Values and shares


@frozen(kw_only=False)
class TopShare:
    """The share of the most common value, and whether a default skew decided it."""

    share: Decimal
    is_default: bool = False


class Selectivity:
    """How many instances and values there are, and what share meets a condition, at one scale.

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

    def owner(self, entity: Entity, name: str) -> Entity | None:
        """Return the entity whose key, or whose unique attribute, an attribute repeats.

        That is what a reference points to, an ancestor whose key the attribute is, or a parent of
        which it copies a unique attribute (of the same name and kind). None: the values are its
        own.
        """
        attribute = entity.attribute(name)
        if attribute.to is not None:
            return self._owner_beyond(self.model.entity(attribute.to.partition(".")[0]), name)
        if entity.parent is None or attribute.unique:
            return None
        parent = self.model.entity(entity.parent)
        if not parent.has(name):
            return None
        above = parent.attribute(name)
        if name not in parent.key and not (above.unique and above.kind is attribute.kind):
            return self.owner(parent, name) if above.kind is attribute.kind else None
        return self.owner(parent, name) or parent

    def is_of_parent(self, entity: Entity, name: str) -> bool:
        """Whether an attribute tells of which parent an instance is, of those counted for each."""
        if entity.parent is None or entity.count.per != "parent" or not entity.has(name):
            return False
        owner = self.owner(entity, name)
        return owner is not None and owner.name == entity.parent

    def _owner_beyond(self, target: Entity, name: str) -> Entity:
        """Follow a part of a key: the customer in a device's key is the customer's own."""
        seen = {target.name}
        while len(target.key) > 1 and name in target.key:
            further = (target.attribute(name).to or "").partition(".")[0]
            if not further or further in seen:
                break
            seen.add(further)
            target = self.model.entity(further)
        return target

    def source(self, entity: Entity, attribute: Attribute) -> tuple[Entity, Attribute] | None:
        """Return what an attribute is a copy of, None where it is none."""
        entities = {entity.name: entity for entity in self.model.entities}
        return copied_from(entities, entity, attribute.copy_of) if attribute.copy_of else None

    def domain(self, entity: Entity, name: str) -> Decimal | None:
        """Return how many values a caller may ask for; None where the model does not say.

        A user's orders are asked for by any user, also by those who have none.
        """
        attribute = entity.attribute(name)
        if (stated := attribute.values_at(self.users)) is not None:
            return stated
        if attribute.values or attribute.examples:
            return Decimal(len(attribute.values or attribute.examples))
        if attribute.copy_of and (source := self.source(entity, attribute)) is not None:
            return self.known_distinct(source[0], source[1].name)
        if (owner := self.owner(entity, name)) is not None:
            return max(ONE, self.instances(owner.name))
        if attribute.kind is Kind.BOOL:
            return Decimal(2)
        if values := pool(attribute.kind):
            return Decimal(len(values))
        is_alone = entity.key == (name,) or attribute.unique
        if is_alone or attribute.kind in _ONE_PER_INSTANCE:
            return max(ONE, self.instances(entity.name))
        if attribute.kind is Kind.DATE:
            return max(ONE, self.model.age_days(entity))
        return _span(attribute)

    def possible(self, entity: Entity, name: str) -> Decimal | None:
        """Return how many different values an attribute can have, None where there is no bound."""
        attribute = entity.attribute(name)
        if (stated := attribute.values_at(self.users)) is not None:
            return stated
        if attribute.like:
            return None
        if attribute.values or attribute.examples:
            return Decimal(len(attribute.values or attribute.examples))
        if attribute.kind is Kind.REF and (owner := self.owner(entity, name)) is not None:
            return self.instances(owner.name)
        if values := pool(attribute.kind):
            return Decimal(len(values))
        if attribute.kind is Kind.DATE:
            return max(ONE, self.model.age_days(entity))
        return _span(attribute)

    def known_distinct(self, entity: Entity, name: str) -> Decimal | None:
        """Return how many values the instances have; None where the model does not say."""
        values = self.domain(entity, name)
        if values is None:
            return None
        return max(ONE, min(values, self.instances(entity.name)))

    def distinct(self, entity: Entity, name: str) -> Decimal:
        """Return how many values the instances have; as many as instances where nothing is said."""
        known = self.known_distinct(entity, name)
        return max(ONE, self.instances(entity.name)) if known is None else known

    def top_share(
        self, entity: Entity, name: str, default_skew: Decimal | None = None
    ) -> TopShare | None:
        """Return the share of the most common value; None where the number of values is unknown.

        Args:
            entity: the entity.
            name: its attribute.
            default_skew: the exponent where the model states none. Unless given: 0.8 for
                references, as the sampler draws them, and 0 (all values alike) for the rest.
        """
        attribute = entity.attribute(name)
        if attribute.kind is Kind.BOOL:
            share = Decimal("0.5") if attribute.top_share is None else attribute.top_share
            shares = [share for _, share in attribute.values] or [share, ONE - share]
            return TopShare(max(shares))
        if attribute.top_share is not None:
            return TopShare(attribute.top_share)
        if attribute.values:
            return TopShare(max(share for _, share in attribute.values))
        values = self.known_distinct(entity, name)
        if values is None:
            return None
        skew = attribute.skew
        if skew is None:
            is_reference = attribute.kind is Kind.REF
            skew = (
                (DEFAULT_SKEW if is_reference else ZERO) if default_skew is None else default_skew
            )
        if not skew:
            return TopShare(ONE / values, attribute.skew is None and default_skew is not None)
        total = harmonic(max(1, int(values)), float(skew))
        return TopShare(Decimal(repr(round(1 / total, 12))), attribute.skew is None)

    def share(self, entity: Entity, condition: Condition) -> Decimal:
        """Return the share of instances that meet a condition, 0 to 1."""
        if condition.share is not None:
            return condition.share
        attribute = entity.attribute(condition.attribute.partition(".")[0])
        if condition.operator == "eq":
            if condition.value is not None:
                return self._share_of_value(entity, condition)
            return ONE / self._asked(entity, attribute.name)
        if condition.operator in ("exists", "absent"):
            present = min(ONE, attribute.presence)
            return present if condition.operator == "exists" else ONE - present
        if condition.operator == "ne":
            return attribute.presence - self.share(entity, replace(condition, operator="eq"))
        if condition.operator == "in" and attribute.values:
            shares = dict(attribute.values)
            listed = set(condition.values)
            return min(ONE, sum((shares.get(value, ZERO) for value in listed), ZERO))
        if condition.operator == "in":
            return min(ONE, len(condition.values) / self._asked(entity, attribute.name))
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
        return ONE / self._asked(entity, attribute.name)

    def _asked(self, entity: Entity, name: str) -> Decimal:
        """Return how many values callers ask for: all owners' where there is an owner."""
        if entity.attribute(name).distinct is None and self.owner(entity, name) is not None:
            return self.domain(entity, name) or ONE
        return self.distinct(entity, name)

    def matching(self, entity: Entity, conditions: tuple[Condition, ...]) -> Decimal:
        """Return how many instances meet all conditions, taken as independent."""
        equal = {c.attribute for c in conditions if c.operator == "eq"}
        if set(entity.key) <= equal:
            return ONE
        if any(entity.has(name) and entity.attribute(name).unique for name in equal):
            return ONE
        count = self.instances(entity.name)
        for condition in conditions:
            if condition.share is not None or condition.operator not in ("exists", "absent"):
                count *= self.share(entity, condition)
        return count * _share_present(entity, conditions)


def _share_present(entity: Entity, conditions: Iterable[Condition]) -> Decimal:
    """Return the share of instances that have, and lack, what conditions say they do.

    Of those that meet the other conditions: an attribute present with one of theirs is there.
    """
    by_group: dict[str, dict[str, Decimal]] = {}
    for condition in conditions:
        name = condition.attribute.partition(".")[0]
        is_met = condition.share is not None or condition.operator not in ("exists", "absent")
        how = "met" if is_met else condition.operator
        group = by_group.setdefault(entity.comes_with(name), {})
        group[how] = min(ONE, entity.attribute(name).presence)
    share = ONE
    for group in by_group.values():
        if "absent" in group:
            is_there = "exists" in group or "met" in group
            share *= ZERO if is_there else ONE - group["absent"]
        elif "exists" in group and "met" not in group:
            share *= group["exists"]
    return share


def _span(attribute: Attribute) -> Decimal | None:
    """Return how many values a stated range or number of digits holds."""
    if attribute.kind is Kind.DIGITS and attribute.bytes is not None:
        return Decimal(10) ** int(attribute.bytes.mean)
    if attribute.low is None or attribute.high is None:
        return None
    if attribute.kind is Kind.INT:
        return attribute.high - attribute.low + 1
    if attribute.kind in (Kind.DECIMAL, Kind.MONEY):
        return (attribute.high - attribute.low).scaleb(attribute.places) + 1
    return None
