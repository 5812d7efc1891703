"""The scale advisory: at how many users something becomes due, and how far each limit is.

In: the facts of a design at the model's stops. Out: an `Advisory` of triggers with exact user
numbers, headroom and costs. Nothing is attached to a stop by hand: it lists what arithmetic says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

from tablewright.bill.prices import PriceBook
from tablewright.core.quantities import ONE, ZERO, format_count, percent
from tablewright.design.changes import effort_of
from tablewright.engines.dynamodb.facts import DynamoFacts, FactsBetween
from tablewright.engines.dynamodb.headroom import LimitUsage, usages
from tablewright.engines.dynamodb.rules import dynamodb_rules
from tablewright.engines.dynamodb.tariff import Tariff
from tablewright.engines.dynamodb.usage_facts import TableOrIndex
from tablewright.evaluation.values import Evaluation
from tablewright.review.advisory import (
    Advisory,
    BusiestKey,
    Driver,
    Due,
    Headroom,
    Stop,
    Trigger,
)
from tablewright.review.catalogue import Catalogue, Rule
from tablewright.review.findings import Level
from tablewright.review.verdicts import Hit

LEAD_MONTHS: Mapping[int, Decimal] = {1: ZERO, 2: Decimal("0.25"), 5: ONE, 13: Decimal(6)}
"""How long before it is due a change should begin, by its effort."""
RESHARD_LEAD = Decimal(3)
BIG_DRIVER = Decimal("0.3")
REACH = 10
"""How far beyond a stop advice looks, and beyond the last stop triggers are sought."""


def advise(
    evaluations: Sequence[Evaluation],
    book: PriceBook,
    *,
    varied: Sequence[Sequence[Evaluation]] = (),
    rules: Catalogue | None = None,
) -> Advisory:
    """Return what becomes due at how many users, and how far the limits are.

    Args:
        evaluations: one design at the model's scales, in any order.
        book: the prices that rules compare with.
        varied: the same twice, with every assumed figure halved and doubled; for the triggers'
            ranges. Empty where nothing is assumed.
        rules: another catalogue than the packaged one.
    """
    first = evaluations[0]
    rules = rules or dynamodb_rules()
    tariff = Tariff.of(book, first.model.region)
    curve = FactsCurve(evaluations, rules, tariff)
    required = [rule for rule in rules.rules if rule.scale]
    triggers = sorted(
        (trigger for rule in required for trigger in curve.triggers(rule)),
        key=lambda t: (t.users, t.rule, t.subject, t.level),
    )
    if varied:
        halved, doubled = (FactsCurve(entry, rules, tariff) for entry in varied)
        triggers = [
            replace(t, if_halved=halved.users_of(t, rules), if_doubled=doubled.users_of(t, rules))
            for t in triggers
        ]
    stops = []
    seen: set[tuple[str, str, Level]] = set()
    for facts in curve.stops:
        stop = _stop(curve, facts, triggers, seen)
        seen |= {_id(d.trigger) for d in stop.due if d.when == "now"}
        stops.append(stop)
    return Advisory(stops=tuple(stops), triggers=tuple(triggers))


class FactsCurve:
    """The facts of one design at any number of users, from those at its stops."""

    def __init__(self, evaluations: Iterable[Evaluation], rules: Catalogue, tariff: Tariff) -> None:
        ordered = sorted(evaluations, key=lambda e: e.users)
        self.stops = [DynamoFacts(e, rules.k, tariff) for e in ordered]
        self._facts: dict[int, DynamoFacts] = {facts.users: facts for facts in self.stops}

    def at(self, users: int) -> DynamoFacts:
        """Return the facts at a number of users: those of a stop, or between two of them."""
        fact = self._facts.get(users)
        if fact is None:
            fact = self._facts[users] = self._between(users)
        return fact

    def _between(self, users: int) -> DynamoFacts:
        if len(self.stops) == 1:
            return FactsBetween(self.stops[0], self.stops[0], users)
        stop = next((i for i, f in enumerate(self.stops) if f.users > users), len(self.stops) - 1)
        stop = max(1, stop)
        return FactsBetween(self.stops[stop - 1], self.stops[stop], users)

    @property
    def grid(self) -> list[int]:
        """The numbers of users at which rules are asked: one, the stops, and beyond the last."""
        users = {1, *(f.users for f in self.stops), self.stops[-1].users * REACH}
        return sorted(users)

    def triggers(self, rule: Rule) -> list[Trigger]:
        """Return when a rule becomes true, and worse, for each of its subjects."""
        triggers: list[Trigger] = []
        names = {
            name: args
            for users in self.grid
            for name, args in self.at(users).subjects(rule.subject)
        }
        for name, args in names.items():
            levels = [self._level(rule, args, users)[0] for users in self.grid]
            if not any(level is not None for level in levels):
                continue
            worst = levels[0]
            for position in range(1, len(levels)):
                level = levels[position]
                if level is None or (worst is not None and level <= worst):
                    continue
                triggers += self._crossings(rule, name, args, position, worst, level)
                worst = level
        return triggers

    def _crossings(
        self,
        rule: Rule,
        name: str,
        args: tuple[object, ...],
        at: int,
        worst: Level | None,
        level: Level,
    ) -> list[Trigger]:
        """Return one trigger for each level that is reached between two points of the grid."""
        low, high = self.grid[at - 1], self.grid[at]
        triggers: list[Trigger] = []
        for step in Level:
            if step > level or (worst is not None and step <= worst):
                continue
            users = smallest(low, high, partial(self._reaches, rule, args, step))
            reached, hit = self._level(rule, args, users)
            if hit is None or reached is not step:
                continue  # a level that is stepped over
            triggers.append(_trigger(rule, name, step, users, hit))
            low = users
        return triggers

    def _reaches(self, rule: Rule, args: tuple[object, ...], level: Level, users: int) -> bool:
        result = self._level(rule, args, users)[0]
        return result is not None and result >= level

    def _level(
        self, rule: Rule, args: tuple[object, ...], users: int
    ) -> tuple[Level | None, Hit | None]:
        verdict = rule.predicate(self.at(users), *args)
        if not isinstance(verdict, Hit):
            return None, None
        names = {
            **verdict.values,
            "save": verdict.values.get("estimate"),
            "save_share": verdict.values.get("estimate_share"),
        }
        if rule.only_when is not None and not rule.only_when.holds(names):
            return None, None
        return verdict.level or rule.level_for(names), verdict

    def users_of(self, trigger: Trigger, rules: Catalogue) -> int | None:
        """Return the users at which the same trigger comes on this curve; None if it never does."""
        rule = rules.rule(trigger.rule)
        args = dict(self.at(self.grid[0]).subjects(rule.subject)).get(trigger.subject)
        if args is None:
            return None
        low = self.grid[0]
        for high in self.grid:
            if self._reaches(rule, args, trigger.level, high):
                if high == low:
                    return low
                return smallest(low, high, partial(self._reaches, rule, args, trigger.level))
            low = high
        return None


def smallest(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Return the smallest number for which it holds, given that it does at `high`, not at `low`.

    Example:
        >>> smallest(1, 1_000_000, lambda users: users >= 4321)
        4321
    """
    while high - low > 1:
        middle = round(math.sqrt(low * high)) if high > 2 * low else (low + high) // 2
        middle = min(max(middle, low + 1), high - 1)
        if holds(middle):
            high = middle
        else:
            low = middle
    return high


def _trigger(rule: Rule, subject: str, level: Level, users: int, hit: Hit) -> Trigger:
    return Trigger(
        rule=rule.id,
        title=rule.title,
        subject=subject,
        level=level,
        users=users,
        evidence=hit.evidence,
        fix=rule.fix,
        kind=rule.fix_kind,
        effort=effort_of(rule.fix_kind),
    )


def _id(trigger: Trigger) -> tuple[str, str, Level]:
    return (trigger.rule, trigger.subject, trigger.level)


# --------------------------------------------------------------------------- stops


def _stop(
    curve: FactsCurve,
    facts: DynamoFacts,
    triggers: Sequence[Trigger],
    seen: set[tuple[str, str, Level]],
) -> Stop:
    users, cost = facts.users, facts.cost
    due = _latest(triggers, facts, seen)
    head = _tightest_limits(curve, facts)
    more = curve.at(max(users + 1, users * 11 // 10))
    marginal = (more.cost - cost) / (more.users - users)
    return Stop(
        users=users,
        usd_per_month=cost,
        usd_per_user=cost / users,
        usd_marginal=marginal,
        drivers=_drivers(facts),
        due=due,
        headroom=head,
        busiest=tuple(_busiest_key(facts, place) for place in facts.places),
        due_now=_due_now(due),
        outlook=_outlook(triggers, head, users),
    )


def _busiest_key(facts: DynamoFacts, place: TableOrIndex) -> BusiestKey:
    heat = {name: facts.hot_units(place, name) for name in ("read", "write")}
    units = {name: None if h is None else h.units for name, h in heat.items()}
    shares: dict[str, Decimal | None] = {}
    for name, hottest in units.items():
        peak = facts.peak_units(place.name, name)
        shares[name] = hottest / peak if hottest is not None and peak else None
    return BusiestKey(
        resource=place.name,
        read_share=shares["read"],
        write_share=shares["write"],
        reads=units["read"],
        writes=units["write"],
        is_default_skew=any(h is not None and h.is_default_skew for h in heat.values()),
    )


def _latest(
    triggers: Sequence[Trigger], facts: DynamoFacts, seen: set[tuple[str, str, Level]]
) -> tuple[Due, ...]:
    """Return what is due now, soon and later; of one finding only the worst level passed."""
    growth = facts.model.growth_per_month
    passed: dict[tuple[str, str], Trigger] = {}
    coming: list[Due] = []
    for trigger in triggers:
        if trigger.users <= facts.users:
            passed[trigger.rule, trigger.subject] = trigger
            continue
        lead = RESHARD_LEAD if trigger.kind == "shard_key" else LEAD_MONTHS[trigger.effort]
        reach = facts.users * (ONE + growth) ** lead
        if trigger.users <= reach:
            when = "soon"
        else:
            when = "later" if trigger.users <= facts.users * REACH else "beyond"
        coming.append(Due(trigger=trigger, when=when, is_new=False))
    now = [
        Due(trigger=trigger, when="now", is_new=_id(trigger) not in seen)
        for trigger in passed.values()
    ]
    return (*now, *coming)


def _drivers(facts: DynamoFacts) -> tuple[Driver, ...]:
    sums: dict[str, Decimal] = {}
    for line in facts.evaluation.bill.lines:
        name = f"{line.resource}: {line.dimension}"
        sums[name] = sums.get(name, ZERO) + line.amount
    total = facts.evaluation.bill.total
    drivers = []
    for name in sorted(sums, key=lambda n: (-sums[n], n))[:3]:
        share = sums[name] / total if total else ZERO
        sentence = ""
        if share > BIG_DRIVER:
            sentence = (
                f"an error of 50 % in its item size moves the bill by up to {percent(share / 2)}"
            )
        drivers.append(Driver(name=name, usd_per_month=sums[name], share=share, sentence=sentence))
    return tuple(drivers)


def _tightest_limits(curve: FactsCurve, facts: DynamoFacts) -> tuple[Headroom, ...]:
    used = [u for u in usages(facts) if u.times is not None]
    used.sort(key=lambda u: (u.times or ZERO, u.limit, u.subject))
    tight = used[:3]
    more = curve.at(facts.users * 2)
    grown = {(u.limit, u.subject): u for u in usages(more)}
    return tuple(_headroom(u, grown.get((u.limit, u.subject)), facts) for u in tight)


def _headroom(now: LimitUsage, doubled: LimitUsage | None, facts: DynamoFacts) -> Headroom:
    """Return a limit's headroom; what is used is taken to grow with a power of the users."""
    users: int | None = None
    months: Decimal | None = None
    if doubled is not None and doubled.used > now.used and now.times is not None:
        power = math.log2(doubled.used / now.used)
        factor = float(now.times) ** (1 / power) if power > 0.01 else None
        if factor is not None and factor < 1e9:
            users = math.ceil(round(facts.users * factor, 6))
            growth = float(facts.model.growth_per_month)
            if growth > 0:
                months = Decimal(repr(round(math.log(factor) / math.log1p(growth), 1)))
    return Headroom(
        limit=now.limit,
        subject=now.subject,
        used=now.used,
        most=now.most,
        users=users,
        months=months,
    )


def _due_now(due: Sequence[Due]) -> str:
    new = [d.trigger for d in due if d.when == "now" and d.is_new and d.trigger.level > Level.LOW]
    if not new:
        return ""
    worst = max(new, key=lambda t: (t.level, -t.users))
    others = f", and {len(new) - 1} more" if len(new) > 1 else ""
    return (
        f"Due since {format_count(worst.users)} users: {worst.rule} ({worst.level}) on "
        f"{worst.subject}{others}."
    )


def _outlook(triggers: Sequence[Trigger], head: Sequence[Headroom], users: int) -> str:
    upcoming = [t for t in triggers if t.users > users and t.level > Level.LOW]
    if upcoming:
        first = upcoming[0]
        return (
            f"the next limit is {first.rule} on {first.subject} at about "
            f"{format_count(first.users)} users"
        )
    reached = [h for h in head if h.users is not None]
    if reached:
        nearest = min(reached, key=lambda h: h.users or 0)
        return (
            f"the next limit is {nearest.limit} of {nearest.subject} at about "
            f"{format_count(nearest.users or 0)} users"
        )
    return "no limit grows with the users"
