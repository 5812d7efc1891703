"""Predicates about heat on single keys; what each rule means is in `rules/hot_partitions.yaml`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal

from tablewright.capacity.units import Consistency
from tablewright.core.quantities import ZERO, decimals
from tablewright.design import changes as model_changes
from tablewright.engines.dynamodb.design import ModeKind
from tablewright.engines.dynamodb.facts import DynamoFacts, Heat
from tablewright.engines.dynamodb.key_changes import ShardKey
from tablewright.engines.dynamodb.usage_facts import TableOrIndex
from tablewright.model.values import Pattern
from tablewright.review.verdicts import CLEAR, Clear, FixOption, Hit, Missing, Verdict

COUNTERS = ("counter", "stock", "quota", "balance", "seat")


def ddb_hot_001(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """One key of a table is written more than its partition takes."""
    return _hot(f, place, "write", f.k["part_wcu"])


def ddb_hot_002(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """One key of a table or index is read more than its partition gives."""
    verdict = _hot(f, place, "read", f.k["part_rcu"])
    if not isinstance(verdict, Hit):
        return verdict
    return Hit(
        evidence=verdict.evidence,
        values=verdict.values,
        options=lambda: _eventual(f, place),
    )


def _eventual(f: DynamoFacts, place: TableOrIndex) -> Iterable[FixOption]:
    changes = tuple(
        model_changes.ChangeConsistency(pattern=p.name, consistency=Consistency.EVENTUAL)
        for p in f.readers(place.name)
        if p.consistency is Consistency.STRONG and (p.staleness_ms or ZERO) >= 1000
    )
    if changes:
        yield FixOption(changes=changes)


def ddb_hot_003(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """One value of a global index is written more than its partition takes."""
    if not place.is_gsi:
        return None
    return _hot(f, place, "write", f.k["part_wcu"])


def _hot(f: DynamoFacts, place: TableOrIndex, dimension: str, most: Decimal) -> Verdict:
    heat = f.hot_units(place, dimension)
    if heat is None:
        names = ", ".join(place.partition_keys)
        return Missing(f"how the values of {names} are spread (`distinct`, `top_share`)")
    if not heat.units:
        return None
    if heat.units <= f.k["hot_watch"] * most:
        return Clear(_heat_text(place, dimension, heat, most))
    shards = math.ceil(heat.units / (f.k["shard_target"] * most))
    return Hit(
        evidence=_heat_text(place, dimension, heat, most),
        values={"heat": heat.units, "splittable": f.is_splittable(place)},
        options=lambda: _spread(place, shards) if dimension == "write" else (),
    )


def _heat_text(place: TableOrIndex, dimension: str, heat: Heat, most: Decimal) -> str:
    return (
        f"{decimals(heat.units)} of {decimals(most)} {dimension} units a second on the hottest "
        "key of "
        f"{place.name}{heat.remark}, most of it by {heat.pattern}"
    )


def _spread(place: TableOrIndex, shards: int) -> Iterable[FixOption]:
    if shards >= 2 and place.sort_keys:  # a single item cannot be spread over keys
        index = place.index.name if place.index is not None else ""
        yield FixOption(changes=(ShardKey(table=place.table.name, index=index, shards=shards),))


def ddb_hot_004(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """A counter or balance that everybody updates."""
    for part in pattern.parts or (pattern,):
        entity = f.model.entity(part.entity)
        roles = [a for a in entity.attributes if a.name in part.touched and a.role in COUNTERS]
        homes = [t for t, s in f.homes(entity.name) if not s.guards]
        if not roles or not homes:
            continue
        place = TableOrIndex(homes[0])
        hot_share = f.hot_share(pattern, place)
        if hot_share is None:
            return Missing(f"how the keys of {entity.name} are spread (`distinct`, `skew`)")
        rate = f.peak(pattern) * hot_share[0]
        is_contended = bool(part.condition) or bool(pattern.parts)
        maximum = f.k["hot_item_wps"]
        if rate <= (maximum / 10 if is_contended else maximum):
            return CLEAR
        units = rate * f.units(pattern, "write", place.table.name)
        return Hit(
            evidence=(
                f"{roles[0].name} of one {entity.name} is updated {decimals(rate)} times a second "
                "by "
                f"{pattern.name} ({decimals(units)} write units)"
            ),
            values={"rate": rate, "units": units, "contended": is_contended},
            covers=(place.name,),
        )
    return None


def ddb_hot_005(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """The peak is higher than what a fresh table takes, or than the quota."""
    names = [place.name, *(f"{place.name}/{index.name}" for index in place.table.indexes)]
    total = {d: sum((f.peak_units(n, d) for n in names), ZERO) for d in ("write", "read")}
    if not any(total.values()):
        return None
    over = {d: units for d, units in total.items() if units > f.k["table_quota"]}
    if over:
        dimension, units = max(over.items(), key=lambda item: item[1])
        return Hit(
            evidence=(
                f"{decimals(units)} {dimension} units a second at the peak of {place.name} with "
                "its "
                f"indexes; the quota is {decimals(f.k['table_quota'])}"
            ),
            values={"over_quota": True},
        )
    if place.table.mode.kind is not ModeKind.ON_DEMAND:
        return CLEAR
    for dimension, key in (("write", "od_new_wru"), ("read", "od_new_rru")):
        for name in names:
            units = f.peak_units(name, dimension)
            if units > f.k[key]:
                return Hit(
                    evidence=(
                        f"{decimals(units)} {dimension} units a second at the peak of {name}; a "
                        "new "
                        f"on-demand table takes {decimals(f.k[key])} at once"
                    ),
                    values={"over_quota": False},
                )
    return CLEAR
