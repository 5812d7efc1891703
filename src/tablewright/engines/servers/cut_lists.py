"""How far a list with a limit goes, where parents have unequally many children.

In: what the model says of the children of a parent, a limit. Out: means over the parents. Of most
parents there are fewer than the mean: a mean cut at the limit would be too much.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from tablewright.core.quantities import ZERO
from tablewright.model.statistics import Selectivity
from tablewright.model.values import Condition, Entity, Spread
from tablewright.sample.spreads import QUANTILES, quantiles


def children_spread(
    selectivity: Selectivity, entity: Entity, conditions: Mapping[str, Condition]
) -> Spread | None:
    """Return how the numbers of children spread, where a list is of those of one parent; or None.

    Args:
        selectivity: of the model.
        entity: the children.
        conditions: what the list asks for, by attribute.
    """
    if entity.count.spread is None:
        return None
    for name, condition in conditions.items():
        is_given = condition.operator == "eq" and condition.value is None
        if is_given and selectivity.is_of_parent(entity, name):
            return entity.count.spread
    return None


def cut(whole: Decimal, limit: Decimal, spread: Spread | None) -> Decimal:
    """Return how many of a parent's children are gone through until a limit, at the mean.

    Args:
        whole: how many there are without a limit, at the mean over all parents.
        limit: after so many it is enough.
        spread: of the number of children; None where all have as many.

    Example:
        >>> one_or_nineteen = Spread(mean=Decimal(10), low=Decimal(1), high=Decimal(19), shape="uniform")
        >>> cut(Decimal(10), Decimal(10), None), round(cut(Decimal(10), Decimal(10), one_or_nineteen), 1)
        (Decimal('10'), Decimal('7.6'))
    """  # noqa: E501 - an example
    if spread is None or not spread.mean or not whole:
        return min(whole, limit)
    share = whole / spread.mean
    return min(whole, _mean_up_to(spread, limit / share) * share)


@lru_cache(maxsize=1024)
def _mean_up_to(spread: Spread, most: Decimal) -> Decimal:
    bound = float(most)
    total = sum(min(count, bound) for count in quantiles(spread)) / QUANTILES
    return Decimal(repr(round(total, 9))) if total else ZERO
