"""Predicates about time and the life of data; the rules are in `rules/time_series.yaml`."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tablewright.capacity.limits import WRITE_UNIT_BYTES
from tablewright.core.quantities import (
    DAYS_PER_MONTH,
    GB,
    ONE,
    SECONDS_PER_DAY,
    ZERO,
    decimals,
    format_bytes,
    format_usd,
)
from tablewright.engines.dynamodb.design import ItemShape, Table
from tablewright.engines.dynamodb.facts import DynamoFacts
from tablewright.engines.dynamodb.setting_changes import SetTtl
from tablewright.engines.dynamodb.usage_facts import TableOrIndex
from tablewright.model.values import Entity, Kind, Pattern, Verb
from tablewright.review.verdicts import CLEAR, FixOption, Hit, Missing, Verdict


def _home(f: DynamoFacts, entity: Entity) -> tuple[Table, ItemShape] | None:
    homes = [(t, s) for t, s in f.homes(entity.name) if not s.guards]
    return max(homes, key=lambda home: len(home[1].attributes), default=None)


def _inflow_per_day(f: DynamoFacts, entity: Entity) -> Decimal:
    """Return new instances a day: as the model states, else the rate of puts."""
    age = f.model.age_days(entity)
    if entity.count.inflow_per_day is not None and age:
        return f.count(entity.name) / age
    return sum(
        (
            f.rate(a.root) * a.part.batch * SECONDS_PER_DAY
            for a in f.actions_on(entity.name)
            if a.part.verb is Verb.PUT
        ),
        ZERO,
    )


def _bytes_of_one(f: DynamoFacts, table: Table, shape: ItemShape) -> Decimal:
    """Return stored bytes of one instance, its index entries included."""
    total = ZERO
    for name in (table.name, *(f"{table.name}/{index.name}" for index in table.indexes)):
        facts = f.shape_facts(name, shape.name)
        shape_facts = f.shape_facts(table.name, shape.name)
        if facts is not None and shape_facts is not None and shape_facts.count:
            total += (facts.sizes.mean.mean + 100) * facts.count / shape_facts.count
    return total


def ddb_tsr_001(f: DynamoFacts, entity: Entity) -> Verdict:
    """Data that expires, and nothing that removes it."""
    if entity.retention_days is None:
        return None
    home = _home(f, entity)
    if home is None:
        return None
    table, shape = home
    if table.ttl is not None:
        return CLEAR
    if any(a.part.verb is Verb.DELETE for a in f.actions_on(entity.name)):
        deletes = "explicit deletes, each a billed write, are all that removes it"
    else:
        deletes = "nothing removes it"
    daily = _inflow_per_day(f, entity) * _bytes_of_one(f, table, shape)
    beyond = max(ZERO, f.k["horizon_months"] * DAYS_PER_MONTH - entity.retention_days)
    unneeded = f.price_of_storage(table, daily * beyond)
    growth = daily * DAYS_PER_MONTH
    name = _expiry(entity)
    return Hit(
        evidence=(
            f"{entity.name} is wanted for {decimals(entity.retention_days)} days, {table.name} "
            "has no "
            f"TTL and {deletes}: {format_bytes(growth)} a month"
            + (f", {format_usd(unneeded)} USD a month in a year" if unneeded else "")
        ),
        values={"growth_gb": growth / GB, "unneeded": unneeded},
        options=lambda: _expiring(table, name),
        covers=(table.name,),
    )


def _expiry(entity: Entity) -> str:
    """Return the attribute to expire by: an epoch called so, or else a new one."""
    epochs = [a.name for a in entity.attributes if a.kind is Kind.EPOCH]
    named = [n for n in epochs if "expire" in n.lower() or "ttl" in n.lower()]
    return (named or ["expires_at"])[0]


def _expiring(table: Table, name: str) -> Iterable[FixOption]:
    change = SetTtl(table=table.name, attribute=name)
    yield FixOption(changes=(change,), has_saving=False)


def ddb_tsr_002(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """A TTL that does not work, or is trusted to the hour."""
    table = place.table
    if table.ttl is None:
        return None
    holders = []
    for shape in table.shapes:
        attribute = f.attribute_of(f.entity_of(shape), table.ttl)
        if attribute is None:
            continue
        if not attribute.kind.is_number:
            return Hit(
                evidence=(
                    f"{table.ttl} of {shape.name} is {attribute.kind.value}, not a number of "
                    "seconds: "
                    f"nothing in {table.name} ever expires"
                )
            )
        holders.append(shape)
    for shape in holders:
        entity = f.entity_of(shape)
        soon = entity.retention_days is not None and (
            entity.retention_days * 24 <= f.k["ttl_slack_h"]
        )
        if not soon:
            continue
        for action in f.actions_on(entity.name):
            part = action.part
            looks = {w.attribute for w in part.where} | set(part.condition_on)
            if not part.verb.is_write and table.ttl not in looks:
                return Hit(
                    evidence=(
                        f"{action.root.name} trusts that {entity.name} is gone after "
                        ""
                        f"{decimals((entity.retention_days or ZERO) * 24)} hours, but "
                        f"deletion lags by up to {decimals(f.k['ttl_slack_h'])} hours"
                    )
                )
    return CLEAR


def ddb_tsr_003(f: DynamoFacts, entity: Entity) -> Verdict:
    """One key collects a series for ever."""
    home = _home(f, entity)
    if home is None or not entity.append_only:
        return None
    table, shape = home
    place = TableOrIndex(table)
    created = [shape.template(key) for key in table.keys]
    if table.sort_key is None or created[0] is None or created[1] is None:
        return None
    if not f.is_increasing(entity, (created[1],)):
        return None
    if f.is_increasing(entity, (created[0],)) or any(
        a is not None and a.kind in (Kind.DATE, Kind.TIMESTAMP, Kind.EPOCH)
        for name in created[0].attributes
        for a in (f.attribute_of(entity, name),)
    ):
        return CLEAR
    top = (
        f.stored_share(entity, created[0].attributes[0]) if created[0].attributes else (ONE, False)
    )
    heat = f.hot_units(place, "write")
    if top is None or heat is None:
        return Missing(f"how the keys of {table.name} are spread (`distinct`, `skew`)")
    largest = top[0] * f.count(entity.name) * _bytes_of_one(f, table, shape)
    months = _months_to_limit(f, entity, top[0], table, shape, largest)
    is_local = any(index.is_local for index in table.indexes)
    fast = heat.units > f.k["hot_watch"] * f.k["part_wcu"]
    big = largest > f.k["part_bytes"]
    if not fast and not big and entity.retention_days is not None:
        return CLEAR
    return Hit(
        evidence=(
            f"the largest key of {table.name} holds {format_bytes(largest)} of {entity.name} and "
            "takes "
            f"{decimals(heat.units)} write units a second{heat.remark}; its period is not in the "
            "key"
        ),
        values={
            "blocked": is_local and months is not None and months <= f.k["horizon_months"],
            "fast": fast,
            "big": big,
        },
        covers=(table.name,),
    )


def _months_to_limit(
    f: DynamoFacts, entity: Entity, share: Decimal, table: Table, shape: ItemShape, now: Decimal
) -> Decimal | None:
    growth = share * _inflow_per_day(f, entity) * _bytes_of_one(f, table, shape) * DAYS_PER_MONTH
    return max(ZERO, f.k["part_bytes"] - now) / growth if growth else None


def ddb_tsr_004(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """History is read to show the latest."""
    entity = f.model.entity(pattern.entity)
    if pattern.verb is not Verb.LIST or pattern.limit is None or not entity.append_only:
        return None
    newest = [name for name, down in pattern.sort if down]
    attribute = f.attribute_of(entity, newest[0]) if newest else None
    if attribute is None or attribute.kind not in (
        Kind.TIMESTAMP,
        Kind.EPOCH,
        Kind.DATE,
        Kind.ULID,
    ):
        return None
    route = f.route(pattern)
    if route is None or not route.is_served:
        return None
    read = sum((r.calls * r.items for r in route.requests), ZERO)
    returned = max(ONE, f.returned(pattern))
    if read <= 2 * returned:
        return CLEAR
    return Hit(
        evidence=(
            f"{pattern.name} reads {decimals(read)} {entity.name} to show the newest "
            f"{pattern.limit}"
        ),
        values={"cost_share": _share_of_table(f, pattern, route.target)},
    )


def _share_of_table(f: DynamoFacts, pattern: Pattern, target: str) -> Decimal | None:
    cost = f.cost_of_table(target.split("/")[0])
    return f.cost_of_pattern(pattern.name) / cost if cost else None


def ddb_tsr_005(f: DynamoFacts, entity: Entity) -> Verdict:
    """Tiny events, each an item of its own."""
    home = _home(f, entity)
    puts = [a for a in f.actions_on(entity.name) if a.part.verb is Verb.PUT]
    if home is None or not entity.append_only or not puts:
        return None
    table, shape = home
    facts = f.shape_facts(table.name, shape.name)
    if facts is None:
        return None
    size = facts.sizes.mean.mean
    rate = sum((f.rate(a.root) * a.part.batch for a in puts), ZERO)
    if size > f.k["tiny_bytes"] or rate < f.k["tiny_wps"]:
        return CLEAR
    if any(
        a.part.verb is Verb.GET and set(entity.key) <= set(a.part.equalities)
        for a in f.actions_on(entity.name)
    ):
        return CLEAR  # somebody gets single events
    fits = max(2, int(WRITE_UNIT_BYTES / size))
    cost = f.price_of_writes(table, rate * max(ONE, f.units(puts[0].root, "write", table.name)))
    saves = cost * (1 - ONE / fits) if cost is not None else None
    return Hit(
        evidence=(
            f"{decimals(rate)} {entity.name} of {format_bytes(size)} a second are written one by "
            "one; "
            f"{fits} together fill one write unit"
        ),
        values={"estimate": saves, "estimate_share": saves / f.cost if saves and f.cost else None},
        covers=(table.name,),
    )
