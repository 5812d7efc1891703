"""How far a design is from each limit of the service at one scale.

In: facts. Out: limits with what is used of them. It does not know at how many users they are
reached; `scale` asks again at other scales.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.engines.dynamodb.design import ModeKind
from tablewright.engines.dynamodb.facts import DynamoFacts
from tablewright.engines.dynamodb.usage_facts import TableOrIndex


@frozen
class LimitUsage:
    """What is used of one limit by one subject."""

    limit: str
    subject: str
    used: Decimal
    most: Decimal

    @property
    def times(self) -> Decimal | None:
        """Limit over usage; None where nothing is used."""
        return self.most / self.used if self.used > 0 else None


def usages(facts: DynamoFacts) -> list[LimitUsage]:
    """Return all limits of a design with what is used of them, where it can be computed."""
    usages: list[LimitUsage] = []
    for place in facts.places:
        for measure in (_hot_writes, _hot_reads, _peak):
            usages.extend(measure(facts, place))
    for table in facts.design.tables:
        usages.extend(_quota(facts, TableOrIndex(table)))
        usages.extend(_items(facts, TableOrIndex(table)))
    return usages


def tightest(facts: DynamoFacts) -> Decimal | None:
    """Return the smallest headroom: limit over usage; None where no limit is used at all."""
    times = [u.times for u in usages(facts) if u.times is not None]
    return min(times, default=None)


def _hot_writes(facts: DynamoFacts, place: TableOrIndex) -> list[LimitUsage]:
    return _hot(facts, place, "write", facts.k["part_wcu"], "write units a second on one key")


def _hot_reads(facts: DynamoFacts, place: TableOrIndex) -> list[LimitUsage]:
    return _hot(facts, place, "read", facts.k["part_rcu"], "read units a second on one key")


def _hot(
    facts: DynamoFacts, place: TableOrIndex, dimension: str, most: Decimal, what: str
) -> list[LimitUsage]:
    heat = facts.hot_units(place, dimension)
    if heat is None or not heat.units:
        return []
    return [LimitUsage(limit=what, subject=place.name, used=heat.units, most=most)]


def _peak(facts: DynamoFacts, place: TableOrIndex) -> list[LimitUsage]:
    if place.table.mode.kind is not ModeKind.ON_DEMAND:
        return []
    peak = []
    for dimension, name in (("write", "od_new_wru"), ("read", "od_new_rru")):
        used = facts.peak_units(place.name, dimension)
        if used:
            what = f"{dimension} units a second before warm-up"
            peak.append(LimitUsage(limit=what, subject=place.name, used=used, most=facts.k[name]))
    return peak


def _quota(facts: DynamoFacts, place: TableOrIndex) -> list[LimitUsage]:
    quota = []
    names = [place.name, *(f"{place.name}/{index.name}" for index in place.table.indexes)]
    for dimension in ("write", "read"):
        used = sum((facts.peak_units(name, dimension) for name in names), Decimal(0))
        if used:
            what = f"{dimension} units a second, the quota of a table with its indexes"
            maximum = facts.k["table_quota"]
            quota.append(LimitUsage(limit=what, subject=place.name, used=used, most=maximum))
    return quota


def _items(facts: DynamoFacts, place: TableOrIndex) -> list[LimitUsage]:
    items = []
    for shape in place.table.shapes:
        sizes = facts.shape_facts(place.name, shape.name)
        if sizes is not None:
            items.append(
                LimitUsage(
                    limit="bytes of an item, 99th percentile",
                    subject=f"{place.name}: {shape.name}",
                    used=Decimal(sizes.sizes.p99),
                    most=facts.k["item_max"],
                )
            )
    return items
