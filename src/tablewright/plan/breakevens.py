"""At which figure a choice would flip: a rate, a size, a target.

In: a plan, an alternative to it, ways to evaluate. Out: figures. Bills on demand are linear in each
rate, so that a rate is solved for; sizes are not, so that both designs are evaluated again and the
figure is closed in on; a target is a bound on what may be chosen, so the plan is solved with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.capacity.units import Consistency
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.design.values import Design
from tablewright.model.values import Attribute, Model, Pattern, Spread, Verb
from tablewright.plan.alternatives import alternative
from tablewright.plan.values import (
    Alternative,
    Considered,
    Evaluate,
    EvaluateModel,
    PathCost,
    PlacementOption,
    Plan,
    SlotCost,
)

FURTHEST = Decimal(100)
"""Figures are looked for from a hundredth of what the model says to a hundredfold."""
WITHIN = Decimal("1.02")
"""How close a size is closed in on."""
SIZE_SAMPLE = 32
"""Instances drawn for each size that is tried."""


@frozen
class Breakeven:
    """A figure at which an alternative costs the same; beyond it, it is cheaper."""

    kind: str
    """rate or size."""
    subject: str
    """The pattern, or the attribute."""
    factor: Decimal
    """Times what the model says."""
    figure: Decimal
    """Calls a day for each `per`, or mean bytes."""
    per: str = ""
    """Of a rate: user, total, or an entity."""

    @property
    def distance(self) -> Decimal:
        """How far the factor is from one, halving counted like doubling."""
        return _distance(self.factor)


@frozen
class TargetFlip:
    """A target with which something else would be chosen, and what that costs more."""

    kind: str
    """latency_p99_ms, consistency or max_tables."""
    subject: str
    """The pattern; empty for the whole plan."""
    below: Decimal | None = None
    """Milliseconds below which the choice flips, or tables allowed at most."""
    extra_usd: Decimal | None = None
    """USD a month; None where nothing can keep to the target."""
    instead: tuple[str, ...] = ()
    """What would be done otherwise; empty where the design stays, and is only read otherwise."""


def rate_flips(
    plan: Plan, considered: Considered, other_designs: Sequence[Design], evaluate: EvaluateModel
) -> tuple[Breakeven, ...]:
    """Return the rates at which one of some designs would be as cheap, the closest first.

    Args:
        plan: what was chosen.
        considered: the entity they keep otherwise.
        other_designs: designs that are no cheaper now.
        evaluate: prices the part of a design that is kept otherwise.
    """
    drawn = plan.settings.sample_items
    closest: dict[str, Breakeven] = {}
    for other_other in other_designs:
        model, both = _part(plan, considered, other_other)
        ours, theirs = (_weighed(plan, model, design, evaluate, drawn) for design in both)
        gap, own_key, by_pattern = theirs.total - ours.total, ours.by_pattern, theirs.by_pattern
        for pattern in model.patterns:
            steeper = own_key.get(pattern.name, ZERO) - by_pattern.get(pattern.name, ZERO)
            if abs(steeper) <= Decimal("1E-9") or gap < 0:
                continue
            factor = 1 + gap / steeper
            if not 1 / FURTHEST <= factor <= FURTHEST:
                continue
            flip = Breakeven(
                kind="rate",
                subject=pattern.name,
                factor=factor,
                figure=pattern.rate.per_day * factor,
                per=pattern.rate.per,
            )
            stored = closest.get(pattern.name)
            if stored is None or flip.distance < stored.distance:
                closest[pattern.name] = flip
    return tuple(sorted(closest.values(), key=lambda f: (f.distance, f.subject)))


@frozen
class _Weighed:
    """A bill of a month, weighed over the scales that are planned for."""

    total: Decimal
    by_pattern: dict[str, Decimal]


def _weighed(
    plan: Plan, model: Model, design: Design, evaluate: EvaluateModel, drawn: int
) -> _Weighed:
    total, by_pattern = ZERO, dict[str, Decimal]()
    for scale in plan.settings.scales:
        bill = evaluate(model, design, scale.users, drawn).bill
        total += bill.total * scale.weight
        for name, usd in bill.sum_by("pattern").items():
            by_pattern[name] = by_pattern.get(name, ZERO) + usd * scale.weight
    return _Weighed(total=total, by_pattern=by_pattern)


def _distance(factor: Decimal) -> Decimal:
    return max(factor, 1 / factor)


# --------------------------------------------------------------------------- sizes


def size_flip(
    plan: Plan,
    considered: Considered,
    attribute: str,
    other_design: Design,
    evaluate: EvaluateModel,
) -> Breakeven | None:
    """Return the mean size of an attribute at which another design would be as cheap.

    None where it is not between a hundredth and a hundredfold, or the attribute has no size of its
    own. Both designs are evaluated with every instance drawn again for each size that is tried.
    """
    result = considered.work.entity.attribute(attribute)
    if result.bytes is None:
        return None
    mean = result.bytes.mean
    maximum = min(FURTHEST, Decimal(plan.planning.largest_item_bytes) * Decimal("0.9") / mean)
    model, (ours, theirs) = _part(plan, considered, other_design)

    def gap(factor: Decimal) -> Decimal:
        scaled = _scaled(model, considered.entity, attribute, factor)
        before, after = (
            _weighed(plan, scaled, design, evaluate, SIZE_SAMPLE).total for design in (ours, theirs)
        )
        return after - before

    factor = crossing(gap, 1 / FURTHEST, maximum)
    if factor is None:
        return None
    return Breakeven(kind="size", subject=attribute, factor=factor, figure=mean * factor)


def crossing(gap: Callable[[Decimal], Decimal], least: Decimal, most: Decimal) -> Decimal | None:
    """Return the factor closest to one at which a gap that is not negative at one becomes so.

    Looked for at each tenfold on both sides, then closed in on by halving, within 2 per cent.

    Example:
        >>> round(crossing(lambda f: 3 - f, Decimal("0.01"), Decimal(100)))
        3
    """
    result: list[Decimal] = []
    for step, end in ((Decimal(10), most), (Decimal("0.1"), least)):
        inner = Decimal(1)
        while inner != end:
            outer = inner * step
            outer = min(outer, end) if step > 1 else max(outer, end)
            if gap(outer) < 0:
                result.append(_halved(gap, inner, outer))
                break
            inner = outer
    return min(result, key=_distance, default=None)


def _halved(gap: Callable[[Decimal], Decimal], inner: Decimal, outer: Decimal) -> Decimal:
    """Close in between a factor where the gap is not negative and one where it is."""
    while max(inner / outer, outer / inner) > WITHIN:
        middle = (inner * outer).sqrt()
        if gap(middle) < 0:
            outer = middle
        else:
            inner = middle
    return outer


def _part(
    plan: Plan, considered: Considered, other_design: Design
) -> tuple[Model, tuple[Design, ...]]:
    """Return the part of the model and of both designs that one entity's cost depends on."""
    planning = plan.planning
    return planning.part_about(
        plan.model, (planning.as_searched(plan.design), other_design), considered.entity
    )


def _scaled(model: Model, entity: str, attribute: str, factor: Decimal) -> Model:
    """Return a model in which one attribute is larger or smaller."""

    def grown(one: Attribute) -> Attribute:
        if one.name != attribute or one.bytes is None:
            return one
        return replace(one, bytes=_times(one.bytes, factor))

    entities = tuple(
        replace(e, attributes=tuple(grown(a) for a in e.attributes)) if e.name == entity else e
        for e in model.entities
    )
    return replace(model, entities=entities)


def _times(spread: Spread, factor: Decimal) -> Spread:
    def scaled(value: Decimal | None) -> Decimal | None:
        return None if value is None else max(Decimal(1), value * factor)

    return replace(
        spread,
        mean=max(Decimal(1), spread.mean * factor),
        low=scaled(spread.low),
        high=scaled(spread.high),
        p99=scaled(spread.p99),
        deviation=scaled(spread.deviation),
    )


# --------------------------------------------------------------------------- targets


def target_flips(plan: Plan, depths: dict[str, int], evaluate: Evaluate) -> tuple[TargetFlip, ...]:
    """Return what stricter targets would change: of latency, consistency, number of tables.

    Args:
        plan: what was chosen.
        depths: the round trips after one another of each pattern, as planned.
        evaluate: prices a design at a number of users.
    """
    # A `read` is planned part by part: each has a name of its own.
    patterns = {p.name: p for whole in plan.model.patterns for p in (whole, *whole.parts)}
    target_flips: list[TargetFlip] = []
    for place, entry in enumerate(plan.considered):
        choice = plan.solution.choices[place]
        option = entry.options[choice.option]
        for name in dict.fromkeys(slot.pattern for slot in option.slots):
            pattern = patterns[name]
            chosen = frozenset(choice.indexes)
            paths = [taken(s, chosen) for s in option.slots if s.pattern == name]
            deepest = max(path.depth for path in paths)
            if deepest > 1:
                target_flips.append(
                    _quicker(plan, entry, pattern, deepest, depths.get(name, deepest))
                )
            if _may_be_stale(pattern) and any(
                not option.indexes[need].is_local for path in paths for need in path.needs
            ):
                target_flips.append(_strong(plan, entry, pattern))
    return (*target_flips, *plan.planning.fewer_tables(plan, evaluate))


def _may_be_stale(pattern: Pattern) -> bool:
    reads = pattern.verb in (Verb.GET, Verb.LIST, Verb.AGGREGATE)
    return reads and pattern.consistency is Consistency.EVENTUAL


def _quicker(
    plan: Plan, considered: Considered, pattern: Pattern, deepest: int, depth: int
) -> TargetFlip:
    """Return what a round trip less for one pattern would cost."""

    def keep(option: PlacementOption, path: PathCost) -> PathCost | None:
        return path if path.depth < deepest else None

    paths = _with_paths(plan, considered, pattern.name, keep)
    return TargetFlip(
        kind="latency_p99_ms",
        subject=pattern.name,
        below=depth * plan.settings.round_trip_ms,
        extra_usd=None if paths is None else paths.extra_usd,
        instead=() if paths is None else paths.instead,
    )


def _strong(plan: Plan, considered: Considered, pattern: Pattern) -> TargetFlip:
    """Return what answers of the present would cost: not from global indexes, and twice the units.

    Local indexes are only made where a pattern asks for them, so this may be more than it takes.
    """

    def keep(option: PlacementOption, path: PathCost) -> PathCost | None:
        is_stale = any(not option.indexes[need].is_local for need in path.needs)
        return None if is_stale else replace(path, usd=path.usd * 2)

    paths = _with_paths(plan, considered, pattern.name, keep)
    return TargetFlip(
        kind="consistency",
        subject=pattern.name,
        extra_usd=None if paths is None else paths.extra_usd,
        instead=() if paths is None else paths.instead,
    )


def _with_paths(
    plan: Plan,
    considered: Considered,
    pattern: str,
    keep: Callable[[PlacementOption, PathCost], PathCost | None],
) -> Alternative | None:
    """Return the best plan in which one pattern may only be answered by some of the ways."""
    able = []
    for option in considered.all_options:
        slots = []
        for slot in option.slots:
            if slot.pattern == pattern:
                retained = (keep(option, path) for path in slot.paths)
                slot = replace(slot, paths=tuple(path for path in retained if path is not None))
            slots.append(slot)
        if all(slot.paths for slot in slots):
            able.append(replace(option, slots=tuple(slots)))
    return alternative(plan, considered, able)


def taken(slot: SlotCost, chosen: frozenset[int]) -> PathCost:
    """Return the way a question is answered with these indexes: the cheapest."""
    usable = [path for path in slot.paths if chosen.issuperset(path.needs)]
    return min(usable, key=lambda path: (path.usd, path.depth, path.needs))
