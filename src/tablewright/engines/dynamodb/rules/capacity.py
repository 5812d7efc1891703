"""Predicates about capacity modes; what each rule means is in `rules/capacity.yaml`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from tablewright.core.quantities import (
    HOURS_PER_MONTH,
    ONE,
    SECONDS_PER_MONTH,
    ZERO,
    decimals,
    format_usd,
    percent,
)
from tablewright.engines.dynamodb.design import CapacityMode, ModeKind, Table
from tablewright.engines.dynamodb.facts import DynamoFacts
from tablewright.engines.dynamodb.reserving import LOT
from tablewright.engines.dynamodb.setting_changes import SetCapacity
from tablewright.engines.dynamodb.usage_facts import TableOrIndex
from tablewright.review.verdicts import CLEAR, Clear, FixOption, Hit, Missing, Verdict

_A_YEAR = 365


def _names(table: Table) -> list[str]:
    return [table.name, *(f"{table.name}/{index.name}" for index in table.indexes)]


def _total(f: DynamoFacts, table: Table, dimension: str, peak: bool) -> Decimal:
    measure = f.peak_units if peak else f.mean_units
    return sum((measure(name, dimension) for name in _names(table)), ZERO)


def ddb_cap_003(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """Units that are always provisioned are not reserved."""
    table = place.table
    mode = table.mode
    if mode.kind is ModeKind.ON_DEMAND or table.infrequent_access:
        return None
    if f.model.horizon_days < _A_YEAR:
        return CLEAR
    floors = {"write": mode.wcu or ZERO, "read": mode.rcu or ZERO}
    lots = {name: units // LOT * LOT for name, units in floors.items()}
    if mode.reserved_years or not any(lots.values()):
        return CLEAR
    told = " and ".join(
        f"{decimals(units, 0)} {name} units" for name, units in lots.items() if units
    )
    reserved = replace(mode, reserved_years=1)
    return Hit(
        evidence=f"{table.name} always has at least {told} a second, paid by the hour",
        options=lambda: [
            FixOption(
                changes=(SetCapacity(table=table.name, mode=reserved),),
                text=f"reserve them for a year, as part of the account's {LOT} at a time",
            )
        ],
    )


def ddb_cap_001(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """The other capacity mode would be cheaper."""
    table = place.table
    crossover, target = f.tariff.crossover, f.k["autoscale_target"]
    means = {d: _total(f, table, d, peak=False) for d in ("read", "write")}
    if not any(means.values()):
        return None
    if crossover is None:
        return Missing("prices of on-demand and provisioned capacity")
    if table.mode.kind is ModeKind.ON_DEMAND and f.model.need("unpredictable_load").is_wanted:
        return Clear(
            f"{table.name} is paid by request, as a load asks for that cannot be predicted"
        )
    if not f.model.daily_load and all(p.peak <= 1 for p in f.model.patterns):
        return Missing("how the load moves over the day (`daily_load`, or `peak` of the patterns)")
    peaks = {d: _total(f, table, d, peak=True) for d in ("read", "write")}
    used = {d: target * means[d] / peaks[d] if peaks[d] else ZERO for d in means}
    demand, provisioned = _costs(f, table, means, used)
    if demand is None or provisioned is None:
        return Missing("prices of on-demand and provisioned capacity")
    best = max(used.values())
    if table.mode.kind is ModeKind.ON_DEMAND:
        estimate = demand - provisioned
        if best <= crossover * (ONE + f.k["mode_margin"]) or estimate < f.k["min_save"]:
            return CLEAR
        mode = table.mode.carried_to(scaling(f, table))
    else:
        estimate = provisioned - demand
        if best >= crossover * (ONE - f.k["mode_margin"]):
            return CLEAR
        mode = table.mode.carried_to(CapacityMode())
    return Hit(
        evidence=(
            f"{table.name} would use {percent(best)} of provisioned capacity at a target of "
            f"{percent(target)}; provisioned is cheaper from {percent(crossover)} "
            f"(on-demand {format_usd(demand)}, provisioned {format_usd(provisioned)} USD a month)"
        ),
        values={
            "estimate": estimate,
            "estimate_share": estimate / f.cost_of_table(table.name)
            if f.cost_of_table(table.name)
            else None,
        },
        options=lambda: [FixOption(changes=(SetCapacity(table=table.name, mode=mode),))],
    )


def _costs(
    f: DynamoFacts, table: Table, means: dict[str, Decimal], used: dict[str, Decimal]
) -> tuple[Decimal | None, Decimal | None]:
    """Return USD a month of the requests in either mode, by means and utilisation."""
    tariff = f.tariff
    factor = tariff.ia_factor if table.infrequent_access else ONE
    prices = (tariff.wru, tariff.rru, tariff.wcu_hour, tariff.rcu_hour)
    if factor is None or any(price is None for price in prices):
        return None, None
    assert tariff.wru is not None
    assert tariff.rru is not None
    assert tariff.wcu_hour is not None
    assert tariff.rcu_hour is not None
    demand = (means["write"] * tariff.wru + means["read"] * tariff.rru) * SECONDS_PER_MONTH
    provisioned = ZERO
    for dimension, hour in (("write", tariff.wcu_hour), ("read", tariff.rcu_hour)):
        if means[dimension]:
            provisioned += means[dimension] / used[dimension] * hour * HOURS_PER_MONTH
    return demand * factor, provisioned * factor


def scaling(f: DynamoFacts, table: Table) -> CapacityMode:
    """Return auto scaling from the quietest hour to one and a half times the peak."""
    target = f.k["autoscale_target"]
    load = f.model.daily_load
    quiet = min(load) * len(load) / sum(load) if load and sum(load) else ONE
    place = table.name
    floor = {
        d: max(ONE, (f.mean_units(place, d) * quiet / target).to_integral_value(ROUND_FLOOR))
        for d in ("read", "write")
    }
    ceiling = {
        d: max(
            floor[d],
            (f.peak_units(place, d) * Decimal("1.5") / target).to_integral_value(ROUND_CEILING),
        )
        for d in ("read", "write")
    }
    return CapacityMode(
        kind=ModeKind.AUTO_SCALING,
        rcu=floor["read"],
        wcu=floor["write"],
        max_rcu=ceiling["read"],
        max_wcu=ceiling["write"],
        target=target,
    )


def ddb_cap_004(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """Provisioned units that the load does not use."""
    table = place.table
    paid = {d: _provisioned(table, name) for d, name in (("read", "rcu"), ("write", "wcu"))}
    if not any(paid.values()):
        return None
    crossover = f.tariff.crossover
    if crossover is None:
        return Missing("prices of on-demand and provisioned capacity")
    means = {d: _total(f, table, d, peak=False) for d in paid}
    used = max(means[d] / paid[d] for d in paid if paid[d])
    if used >= crossover * (ONE - f.k["mode_margin"]):
        return CLEAR
    change = SetCapacity(table=table.name, mode=table.mode.carried_to(CapacityMode()))
    return Hit(
        evidence=(
            f"{table.name} pays for {decimals(paid['read'])} read and {decimals(paid['write'])} "
            f"write units a second and uses at most {percent(used)} of either on average; "
            f"on-demand is cheaper below {percent(crossover)}"
        ),
        values={"used": used},
        options=lambda: [FixOption(changes=(change,))],
    )


def _provisioned(table: Table, name: str) -> Decimal:
    """Return the units paid for whatever the load is: fixed ones, or the floor of scaling."""
    modes = [
        table.mode,
        *(index.mode or table.mode for index in table.indexes if not index.is_local),
    ]
    return sum((getattr(mode, name) for mode in modes if mode.kind is not ModeKind.ON_DEMAND), ZERO)


def ddb_cap_002(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """Provisioned capacity that cannot carry its peak."""
    table = place.table
    mode = place.index.mode if place.index is not None and place.index.mode else table.mode
    if mode.kind is ModeKind.ON_DEMAND:
        return None
    for dimension, units in (("write", _limit(mode, "wcu")), ("read", _limit(mode, "rcu"))):
        if units is None:
            continue
        mean = f.mean_units(place.name, dimension)
        peak = f.peak_units(place.name, dimension)
        if peak <= units:
            continue
        return Hit(
            evidence=(
                f"{place.name} needs {decimals(peak)} {dimension} units a second at its peak and "
                f"{decimals(mean)} on average; {decimals(units)} are provisioned"
            ),
            values={
                "below_mean": units < mean,
                "fixed": mode.kind is ModeKind.PROVISIONED,
            },
            options=lambda: _scaled(f, place),
        )
    return CLEAR


def _scaled(f: DynamoFacts, place: TableOrIndex) -> Iterable[FixOption]:
    index = place.index.name if place.index is not None else ""
    mode = scaling(f, place.table)
    yield FixOption(changes=(SetCapacity(table=place.table.name, mode=mode, index=index),))


def _limit(mode: CapacityMode, name: str) -> Decimal | None:
    """Return the most units a mode gives: the fixed ones, or the ceiling of auto scaling."""
    if mode.kind is ModeKind.PROVISIONED:
        limit: Decimal | None = getattr(mode, name)
        return limit
    ceiling: Decimal | None = getattr(mode, f"max_{name}")
    return ceiling
