"""Say in one paragraph what to deploy, what it costs now and later, and what would change that.

In: the results of a comparison, best first. Out: sentences; every figure in them is one of the
tables. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from tablewright.compare.values import (
    ArchitectureResult,
    EngineCost,
    Flip,
    Phase,
)
from tablewright.core.quantities import ZERO
from tablewright.model.values import Targets

MOST_PARTS = 2
"""Parts of the cost that are named."""


def advise(
    *,
    users: int,
    scales: Sequence[int],
    region: str,
    ranked: Sequence[ArchitectureResult],
    lacks: Mapping[str, tuple[str, ...]],
    results: Sequence[ArchitectureResult],
    phases: Sequence[Phase],
    flips: Sequence[Flip],
    costs: Sequence[EngineCost],
    targets: Targets,
    weights: Mapping[str, Decimal],
    without: Mapping[str, tuple[str, ...]],
    titles: Mapping[str, str],
) -> str:
    """Return the answer as one paragraph.

    Args:
        users: the scale the choice is made for.
        scales: every scale, in order.
        region: where prices are taken from.
        ranked: what may be chosen, the best first.
        lacks: hard needs that an option has only in part, by its name.
        results: every option, in the order of the tables.
        phases: the cheapest option from each number of users on.
        flips: where the chosen option and another cross.
        costs: the databases alone.
        targets: of the model.
        weights: of the scores.
        without: hard needs that an engine does not have, by its name.
        titles: of the engines, by their names.
    """
    if not ranked:
        return (
            f"No deployment option is priced and allowed at {users:,} users; the table says what "
            "is missing for each."
        )
    best, rest = ranked[0], ranked[1:]
    said = [
        _choice(best, users, scales, titles),
        _parts(best, users),
        _elsewhere(best, users, region),
        _next(best, rest, users, lacks, weights, titles),
        _cheapest(ranked, users, lacks),
        _later(best, phases, scales),
        _turning(best, rest, flips, users),
        _limit(best),
        _availability(best, targets.availability),
        _budgets(best, scales, targets.monthly_cost),
        *_out(best, results, users),
        _databases(costs, users, without, titles),
        _fragile(best),
    ]
    return " ".join(entry for entry in said if entry)


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f} USD"


def _choice(
    best: ArchitectureResult, users: int, scales: Sequence[int], titles: Mapping[str, str]
) -> str:
    architecture = best.architecture
    priced = [n for n in scales if best.at(n).is_priced]
    curve = ", ".join(f"{_money(best.at(n).total)} at {n:,} users" for n in priced)
    title = titles.get(architecture.engine)
    take = f"take {title} and run" if title else "run"
    return (
        f"At {users:,} users {take} `{architecture.name}`: {architecture.title}. "
        f"It costs {curve} a month."
    )


def _parts(best: ArchitectureResult, users: int) -> str:
    """Return the parts that cost most."""
    price = best.at(users)
    claimed: dict[str, Decimal] = {}
    titles = {part.title for part in best.architecture.components}
    for line in price.lines:
        name = line.what if line.what in titles else "the database"
        claimed[name] = claimed.get(name, ZERO) + line.amount
    first = sorted(claimed.items(), key=lambda part: (-part[1], part[0]))[:MOST_PARTS]
    if not first or price.list_total <= 0:
        return ""
    listed = " and ".join(f"{name} ({_money(amount)})" for name, amount in first)
    return f"Before free allowances most of it is {listed}."


def _elsewhere(best: ArchitectureResult, users: int, region: str) -> str:
    lines = best.at(users).elsewhere
    if not lines:
        return ""
    amount = sum((line.amount for line in lines), ZERO)
    places = " and ".join(sorted({line.region for line in lines}))
    return f"Of that {_money(amount)} is at prices of {places}: the book lacks those of {region}."


def _next(
    best: ArchitectureResult,
    rest: Sequence[ArchitectureResult],
    users: int,
    lacks: Mapping[str, tuple[str, ...]],
    weights: Mapping[str, Decimal],
    titles: Mapping[str, str],
) -> str:
    if not rest:
        return ""
    second = rest[0]
    architecture = second.architecture
    mine, yours = best.at(users).total, second.at(users)
    times = f", {yours.total / mine:.1f} times as much" if mine and yours.total > mine else ""
    spread = ""
    if yours.light is not None and yours.heavy is not None and yours.light < yours.heavy:
        spread = f" ({yours.light:,.0f} to {yours.heavy:,.0f} with the range of its sizing)"
    short = lacks.get(architecture.name, ())
    why = (
        f"it has only in part what it must have ({_listed(short)})"
        + ("; if that part is enough, it is the cheaper one." if yours.total < mine else ".")
        if short
        else _tie(best, second, weights)
    )
    on = f" on {titles[architecture.engine]}" if architecture.engine in titles else ""
    return f"Next comes `{architecture.name}`{on} at {_money(yours.total)}{times}{spread}; {why}"


def _listed(needs: Sequence[str]) -> str:
    return ", ".join(need.replace("_", " ") for need in needs)


def _tie(
    best: ArchitectureResult, second: ArchitectureResult, weights: Mapping[str, Decimal]
) -> str:
    """Return the weight of cost at which two options score alike, in words."""
    mine, yours = dict(best.scores), dict(second.scores)
    others = sum(
        (weights[name] * (mine[name] - yours[name]) for name in weights if name != "cost"), ZERO
    )
    gap = mine["cost"] - yours["cost"]
    tie = -others / gap if gap else None
    if tie is None or tie < 0:
        return "no weight of cost puts it first."
    return f"the two tie when cost weighs {tie:.0f} instead of {weights['cost']:.0f}."


def _cheapest(
    ranked: Sequence[ArchitectureResult], users: int, lacks: Mapping[str, tuple[str, ...]]
) -> str:
    cheapest = min(ranked, key=lambda one: one.at(users).total)
    if cheapest in ranked[:2]:
        return ""
    short = lacks.get(cheapest.architecture.name, ())
    why = (
        f"has only in part what it must have ({_listed(short)})."
        if short
        else "scores less on the rest."
    )
    return (
        f"The cheapest is `{cheapest.architecture.name}` at "
        f"{_money(cheapest.at(users).total)}, which {why}"
    )


def _later(best: ArchitectureResult, phases: Sequence[Phase], scales: Sequence[int]) -> str:
    """Return the growth path, with what the switches cost."""
    if len(phases) == 1:
        return (
            f"`{phases[0].name}` is the cheapest that fits at every number of users from "
            f"{scales[0]:,} to {scales[-1]:,}."
        )
    if not phases:
        return ""
    steps = [f"`{phases[0].name}` from {phases[0].users:,} users"]
    steps += [
        f"`{phase.name}` from {phase.users:,} users (a switch of {_money(phase.switch_usd)})"
        for phase in phases[1:]
    ]
    path = ", then ".join(steps)
    return f"By cost, among those that have what is needed, the growth path is {path}."


def _turning(
    best: ArchitectureResult,
    rest: Sequence[ArchitectureResult],
    flips: Sequence[Flip],
    users: int,
) -> str:
    """Return what would flip the answer: a number of users, or how far costs would have to go."""
    name = best.architecture.name
    allowed = {entry.architecture.name for entry in rest}
    near = sorted(
        (flip for flip in flips if {flip.above, flip.below} - {name} <= allowed),
        key=lambda flip: abs(flip.users - users),
    )
    if near:
        one = near[0]
        side = "Below" if one.users <= users and one.above == name else "Beyond"
        other = one.below if one.above == name else one.above
        return f"{side} {one.users:,} users `{other}` is the cheaper one."
    mine = best.at(users).total
    more_expensive = [entry for entry in rest if entry.at(users).total > mine]
    if not more_expensive or not mine:
        return ""
    least = min(more_expensive, key=lambda one: one.at(users).total)
    return (
        f"No number of users in that range changes this; at a cost "
        f"{least.at(users).total / mine:.1f} times as high `{least.architecture.name}` would be "
        "the cheaper one."
    )


def _limit(best: ArchitectureResult) -> str:
    if not best.reaches:
        return ""
    first = best.reaches[0]
    return f"Its first limit is met at {first.users:,} users: {first.what}."


def _availability(best: ArchitectureResult, wanted: Decimal | None) -> str:
    known = best.availability
    if known.unpromised:
        have = "has" if len(known.unpromised) == 1 else "have"
        return f"Its {' and '.join(known.unpromised)} {have} no SLA."
    if known.percent == 100:
        return ""
    maximum = "at most " if known.unknown else ""
    text = f"Together its parts promise {maximum}{known.percent.quantize(Decimal('0.001'))} %"
    if wanted is None or known.percent >= wanted:
        return f"{text}."
    return f"{text}, below the {wanted} % that are wanted of the whole."


def _budgets(
    best: ArchitectureResult, scales: Sequence[int], budgets: Sequence[tuple[int, Decimal]]
) -> str:
    """Return at which scales an option meets the budgets of the model."""
    listed = [
        f"{'met' if best.at(n).total <= maximum else 'missed'} at {n:,} users "
        f"({best.at(n).total:,.2f} of {maximum:,.2f})"
        for n, maximum in budgets
        if n in scales
    ]
    return f"The budget is {', '.join(listed)}." if listed else ""


def _out(best: ArchitectureResult, results: Sequence[ArchitectureResult], users: int) -> list[str]:
    out = []
    for result in results:
        if not result.excluded:
            continue
        text = f"`{result.architecture.name}` is out: {'; '.join(result.excluded)}"
        price = result.at(users)
        if price.is_priced and price.total < best.at(users).total:
            text += f"; without that it would cost {_money(price.total)}"
        out.append(f"{text}.")
    return out


def _databases(
    costs: Sequence[EngineCost],
    users: int,
    without: Mapping[str, tuple[str, ...]],
    titles: Mapping[str, str],
) -> str:
    """Return what the database alone costs on each engine, the cheapest first."""
    mine = sorted(
        (cost for cost in costs if cost.users == users),
        key=lambda cost: (len(cost.unserved), cost.usd is None, cost.usd or ZERO),
    )
    if not mine:
        return ""
    listed = ", ".join(
        (_money(entry.usd) if entry.usd is not None else f"nobody can say what ({entry.why})")
        + f" on {titles.get(entry.engine, entry.engine)} (`{entry.design}`"
        + (f" on {entry.offer}" if entry.offer else "")
        + (f", {entry.light:,.0f} to {entry.heavy:,.0f}" if _has_range(entry) else "")
        + ")"
        + (f", without {_listed(entry.misses)}" if entry.misses else "")
        + (f", which cannot serve {len(entry.unserved)} of the patterns" if entry.unserved else "")
        + (f", which lacks {_listed(lack)}" if (lack := without.get(entry.engine, ())) else "")
        for entry in mine
    )
    return f"The database alone costs {listed}."


def _has_range(one: EngineCost) -> bool:
    return bool(one.light and one.heavy and round(one.light) < round(one.heavy))


def _fragile(best: ArchitectureResult) -> str:
    points = best.availability.single_points
    if not points:
        return ""
    return (
        f"Before money depends on it, remove the single point of failure: {' and '.join(points)}."
    )
