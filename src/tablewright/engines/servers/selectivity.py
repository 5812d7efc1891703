"""What share of an entity's instances meets a condition: what routers of all engines estimate with.

In: a model and a number of users. Out: counts and shares. It does not know designs.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tablewright.core.quantities import ONE
from tablewright.model.values import Condition, Entity, Kind, Model

RANGE_OPERATORS = ("between", "lt", "le", "gt", "ge", "begins_with")
DEFAULT_RANGE_SHARE = Decimal("0.3")
"""Share of the entries a range holds where the model does not say; the route says so."""


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
