"""Why the plan is what it is: runners-up with their price, what would flip a choice, the front.

In: a Plan. Out: values with names and figures, no sentences. Runners-up are solved for, not
guessed: the programme is solved again with what was chosen taken away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tablewright.core.quantities import ZERO
from tablewright.design.values import DynamoDesign
from tablewright.plan.modes import Evaluate
from tablewright.plan.pricing import Option
from tablewright.plan.programme import Choice, Solution, solve
from tablewright.plan.pruning import prune, without_useless_indexes
from tablewright.plan.search import Considered, Plan, assemble, families, plain_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A rate at which the runner-up would cost the same; `factor` times what the model says."""

    pattern: str
    factor: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityChoice:
    """How one entity is kept, what that costs, and the best other way to keep it."""

    entity: str
    chosen: str
    usd: Decimal
    placements: int
    runner_up: str = ""
    """Empty where there is no other way."""
    runner_up_usd: Decimal = ZERO
    flips: tuple[Flip, ...] = ()
    refused: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def dearer(self) -> Decimal:
        """What the runner-up costs more, in USD a month."""
        return self.runner_up_usd - self.usd


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexChoice:
    """One index: what it costs by itself, what it serves, and the best design without it."""

    resource: str
    projection: str
    keys: tuple[str, ...]
    usd: Decimal
    serves: tuple[str, ...]
    without_usd: Decimal | None
    """What the month costs more without it; None where something could not be answered."""
    instead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontPoint:
    """The cheapest design with at most this many tables and indexes, or round trips."""

    limit: int
    usd: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Everything that can be asked of a plan."""

    entities: tuple[EntityChoice, ...]
    indexes: tuple[IndexChoice, ...]
    by_structures: tuple[FrontPoint, ...]
    by_round_trips: tuple[FrontPoint, ...]


def explain(plan: Plan, evaluate: Evaluate | None = None) -> Explanation:
    """Return the runners-up, flips and fronts of a plan.

    Args:
        plan: what `search` returned.
        evaluate: prices a design at a number of users, for the flips; left out without it.
    """
    entities: list[EntityChoice] = []
    indexes: list[IndexChoice] = []
    for place, one in enumerate(plan.considered):
        choice = plan.solution.choices[place]
        entities.append(_entity(plan, one, choice, evaluate))
        indexes += _indexes(plan, one, choice)
    return Explanation(
        entities=tuple(entities),
        indexes=tuple(indexes),
        by_structures=front_by_structures(plan),
        by_round_trips=front_by_round_trips(plan),
    )


def _entity(plan: Plan, one: Considered, choice: Choice, evaluate: Evaluate | None) -> EntityChoice:
    chosen = one.options[choice.option]
    usd = chosen.total(frozenset(choice.indexes))
    assert usd is not None
    others = [o for o in one.all_options if o.placement != chosen.placement]
    found = EntityChoice(
        entity=one.entity,
        chosen=chosen.placement.label,
        usd=usd,
        placements=len(one.all_options),
        refused=one.refused,
    )
    if not others:
        return found
    kept, _ = prune(others)
    second = _instead(plan, one, kept)
    if second is None:
        return found
    taken = kept[second.choices[plan.considered.index(one)].option]
    return replace(
        found,
        runner_up=taken.placement.label,
        runner_up_usd=usd + second.usd - plan.solution.usd,
        flips=_flips(plan, one, kept, second, evaluate) if evaluate else (),
    )


def _instead(plan: Plan, one: Considered, options: Sequence[Option]) -> Solution | None:
    """Return the best plan with other options for one entity; None where there is none.

    Only its family is solved anew: what its parent or children do depends on it.
    """
    place = plan.considered.index(one)
    family = next(f for f in families(plan.considered) if place in f)
    lists = [options if at == place else plan.considered[at].options for at in family]
    part = solve(lists, seconds=plan.settings.seconds)
    if part is None:
        return None
    choices = list(plan.solution.choices)
    before = ZERO
    for at, choice in zip(family, part.choices, strict=True):
        before += _cost(plan.considered[at], choices[at])
        choices[at] = choice
    usd = plan.solution.usd - before + part.usd
    return replace(plan.solution, choices=tuple(choices), usd=usd)


def _cost(one: Considered, choice: Choice) -> Decimal:
    usd = one.options[choice.option].total(frozenset(choice.indexes))
    assert usd is not None, "what was chosen answers every question"
    return usd


def _flips(
    plan: Plan,
    one: Considered,
    options: Sequence[Option],
    second: Solution,
    evaluate: Evaluate,
) -> tuple[Flip, ...]:
    """Return the rates at which the runner-up would be as cheap: both bills are linear in them."""
    other = replace(one, options=tuple(options))
    rest = [other if each is one else each for each in plan.considered]
    design = assemble(plan.model, rest, second, None, "runner-up")
    users = plan.settings.scales[-1].users
    ours, theirs = (evaluate(d, users).bill for d in (on_demand(plan.design), design))
    gap = theirs.total - ours.total
    own, others = ours.sum_by("pattern"), theirs.sum_by("pattern")
    found = []
    for pattern in one.work.model.patterns:
        steeper = own.get(pattern.name, ZERO) - others.get(pattern.name, ZERO)
        if abs(steeper) <= Decimal("1E-9"):
            continue
        factor = 1 + gap / steeper
        if factor >= 0 and gap >= 0:
            found.append(Flip(pattern=pattern.name, factor=factor))
    found.sort(key=lambda f: (_distance(f.factor), f.pattern))
    return tuple(found[:3])


def _distance(factor: Decimal) -> Decimal:
    """Return how far a factor is from one, halving counted like doubling."""
    return max(factor, 1 / factor) if factor else Decimal("Infinity")


def on_demand(design: DynamoDesign) -> DynamoDesign:
    """Return a design with every table on demand and of the Standard class."""
    from tablewright.design.values import CapacityMode

    return replace(
        design,
        tables=tuple(
            replace(t, mode=CapacityMode(), infrequent_access=False) for t in design.tables
        ),
    )


def _indexes(plan: Plan, one: Considered, choice: Choice) -> list[IndexChoice]:
    option = one.options[choice.option]
    chosen = frozenset(choice.indexes)
    found: list[IndexChoice] = []
    for at in choice.indexes:
        candidate = option.indexes[at]
        without = _forbidding(one, option, at)
        best = _instead(plan, one, without) if without else None
        instead = ""
        if best is not None:
            other = best.choices[plan.considered.index(one)]
            taken = without[other.option]
            names = [
                f"{plain_name(taken.indexes[i].index.name)} {taken.indexes[i].index.projection}"
                for i in other.indexes
            ]
            same = taken.placement == option.placement
            instead = (", ".join(names) or "no index") + (
                "" if same else f"; {taken.placement.label}"
            )
        found.append(
            IndexChoice(
                resource=plain_name(candidate.resource),
                projection=str(candidate.index.projection),
                keys=candidate.index.keys,
                usd=option.index_usd[at],
                serves=_served(option, chosen, at),
                without_usd=None if best is None else best.usd - plan.solution.usd,
                instead=instead,
            )
        )
    return found


def _served(option: Option, chosen: frozenset[int], at: int) -> tuple[str, ...]:
    names = []
    for slot in option.slots:
        usable = [p for p in slot.paths if chosen.issuperset(p.needs)]
        best = min(usable, key=lambda p: (p.usd, p.depth, p.needs))
        if at in best.needs:
            names.append(slot.pattern)
    return tuple(dict.fromkeys(names))


def _forbidding(one: Considered, option: Option, at: int) -> list[Option]:
    """Return the options without one index; options that then answer too little are dropped."""
    index = option.indexes[at].index
    found: list[Option] = []
    for each in one.options:
        banned = {
            i
            for i, candidate in enumerate(each.indexes)
            if candidate.index.keys == index.keys and candidate.index.projection == index.projection
        }
        slots = tuple(
            replace(s, paths=tuple(p for p in s.paths if not banned.intersection(p.needs)))
            for s in each.slots
        )
        if all(s.paths for s in slots):
            found.append(replace(each, slots=slots))
    return found


# --------------------------------------------------------------------------- fronts


def front_by_structures(plan: Plan) -> tuple[FrontPoint, ...]:
    """Return the cheapest cost for each number of tables and indexes up to the plan's.

    Families do not meet, so the front of the whole is put together from theirs.
    """
    whole: dict[int, Decimal] = {0: ZERO}
    for family in families(plan.considered):
        small, used, usd = [], 0, ZERO
        for at in family:
            one, choice = plan.considered[at], plan.solution.choices[at]
            tables = one.options[choice.option].placement.tables
            used += len(tables) + len(choice.indexes)
            usd += _cost(one, choice)
            small.append([without_useless_indexes(o) for o in one.all_options])
        own: dict[int, Decimal] = {used: usd}
        for limit in range(used - 1, 0, -1):
            found = _cheapest_within(small, limit)
            if found is None:
                break
            own[limit] = found
        joined: dict[int, Decimal] = {}
        for count, cost in whole.items():
            for more, extra in own.items():
                total = cost + extra
                if count + more not in joined or total < joined[count + more]:
                    joined[count + more] = total
        whole = joined
    best: list[FrontPoint] = []
    for count in sorted(whole):
        if not best or (best[-1].usd is not None and whole[count] < best[-1].usd):
            best.append(FrontPoint(limit=count, usd=whole[count]))
    return tuple(best)


def _cheapest_within(family: Sequence[Sequence[Option]], limit: int) -> Decimal | None:
    possible = [[o for o in options if len(o.placement.tables) <= limit] for options in family]
    found = solve(possible, most_structures=limit) if all(possible) else None
    return None if found is None else found.usd


def front_by_round_trips(plan: Plan) -> tuple[FrontPoint, ...]:
    """Return the cheapest cost if no question may take more than one, two, … round trips."""
    deepest = max(
        (p.depth for one in plan.considered for o in one.options for s in o.slots for p in s.paths),
        default=1,
    )
    found: list[FrontPoint] = []
    for limit in range(1, deepest + 1):
        total: Decimal | None = ZERO
        for family in families(plan.considered):
            options = [plan.considered[at].all_options for at in family]
            best = _cheapest_at_depth(options, limit)
            total = None if best is None or total is None else total + best
        found.append(FrontPoint(limit=limit, usd=total))
        if total is not None and total <= plan.solution.usd:
            break
    return tuple(found)


def _cheapest_at_depth(family: Sequence[Sequence[Option]], limit: int) -> Decimal | None:
    lists: list[list[Option]] = []
    for options in family:
        able: list[Option] = []
        for option in options:
            slots = tuple(
                replace(s, paths=tuple(p for p in s.paths if p.depth <= limit))
                for s in option.slots
            )
            if all(s.paths for s in slots):
                able.append(replace(option, slots=slots))
        if not able:
            return None
        lists.append(prune(able)[0])
    found = solve(lists)
    return None if found is None else found.usd
