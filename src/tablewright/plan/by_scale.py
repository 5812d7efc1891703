"""How the best design changes with the number of users: the search again at every scale.

In: what the planner has, and the design it chose. Out: for each scale the cheapest design there,
what it does otherwise than the planned one, and what it would save. Quotations are reused: what a
path or a write takes is asked at the ends of the range, and in between only where the ends differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial

from tablewright.core.frozen import frozen
from tablewright.core.memo import Memo
from tablewright.core.processes import worked_ahead
from tablewright.design.values import Design
from tablewright.evaluation.engine import EngineQuotes
from tablewright.evaluation.quotation import Quotation
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Model
from tablewright.plan.protocol import Planning
from tablewright.plan.search import search
from tablewright.plan.settings import Settings
from tablewright.plan.settling import with_lasting_keys, with_worthwhile_splits
from tablewright.plan.values import Scale

SampledEvaluate = Callable[[Design, int, int | None], Evaluation]
"""Prices a design at a number of users, with so many instances drawn, or in full."""

Asked = tuple[Model, Design, int]
"""A model, a design and users, of which a quotation is asked."""
_Key = tuple[tuple[str, ...], int, int, int]
WORTH_TWO_PROCESSES = 16
"""Quotations, of some ten milliseconds each."""


@frozen
class ScaleBest:
    """The cheapest design at one scale, beside the planned one."""

    users: int
    usd: Decimal
    """USD a month of the cheapest design here."""
    planned_usd: Decimal
    differs: tuple[str, ...] = ()
    """What it does otherwise than the planned design, in words; nothing where it is the same."""
    tables: int = 0
    indexes: int = 0

    @property
    def saves(self) -> Decimal:
        """USD a month beside the planned design."""
        return self.planned_usd - self.usd


@dataclass(kw_only=True)
class Requoting:
    """Quotations at any scale, from those at a few; an engine to whoever asks.

    Items do not grow with the users, lists may. Counts only grow, so units that are equal at both
    ends are equal in between, and stored bytes lie on the line between the ends.
    """

    engine: EngineQuotes
    exact: frozenset[int]
    """Scales that are always asked for; the least and the largest are the ends."""
    asked: int = 0
    _held: dict[_Key, Quotation] = field(default_factory=dict)
    _designs: dict[Design, int] = field(default_factory=dict)
    """Each design by number: it is long, and looked up over and over."""
    _numbers: Memo[int] = field(default_factory=Memo)

    def quote(self, model: Model, design: Design, users: int, *, sample_items: int) -> Quotation:
        """Return what each path, write and resource of a design takes at one scale."""
        key = self._key(model, design, users, sample_items)
        quote = self._held.get(key)
        if quote is None:
            if users in self.exact or not min(self.exact) < users < max(self.exact):
                self.asked += 1
                quote = self.engine.quote(model, design, users, sample_items=sample_items)
            else:
                quote = self._between(model, design, users, sample_items)
            self._held[key] = quote
        return quote

    def quote_ahead(self, asked: Sequence[Asked], *, sample_items: int) -> None:
        """Quote what will be asked for, in two processes where that is possible and worth it."""
        keyed = {self._key(*one, sample_items): one for one in asked}
        missing = {key: one for key, one in keyed.items() if key not in self._held}
        if len(missing) < WORTH_TWO_PROCESSES:
            return
        keys = list(missing)
        jobs = [partial(self.quote, *one, sample_items=sample_items) for one in missing.values()]
        for number, quote in worked_ahead(jobs).items():
            self._held[keys[number]] = quote

    def _key(self, model: Model, design: Design, users: int, sample_items: int) -> _Key:
        names = tuple(pattern.name for pattern in model.patterns)
        number = self._numbers.get(
            (design,), (), lambda: self._designs.setdefault(design, len(self._designs))
        )
        return names, number, sample_items, users

    def _between(self, model: Model, design: Design, users: int, sample_items: int) -> Quotation:
        first, last = min(self.exact), max(self.exact)
        low = self.quote(model, design, first, sample_items=sample_items)
        high = self.quote(model, design, last, sample_items=sample_items)
        if not _are_alike(low, high):
            return self.engine.quote(model, design, users, sample_items=sample_items)
        growing = {
            slot.pattern
            for slot, other_slot in zip(low.slots, high.slots, strict=True)
            if slot != other_slot
        }
        slots = high.slots
        if growing:
            patterns = tuple(p for p in model.patterns if p.name in growing)
            part = self.engine.quote(
                replace(model, patterns=patterns), design, users, sample_items=sample_items
            )
            asked = iter(part.slots)
            slots = tuple(next(asked) if s.pattern in growing else s for s in high.slots)
        share = Decimal(users - first) / (last - first)
        return replace(
            high,
            slots=slots,
            stored=_on_the_line(low.stored, high.stored, share),
            objects=_on_the_line(low.objects, high.objects, share),
        )


def _are_alike(low: Quotation, high: Quotation) -> bool:
    """Whether two quotations of a design differ in nothing but what is read and what is stored."""
    return replace(low, slots=(), stored=(), objects=()) == replace(
        high, slots=(), stored=(), objects=()
    ) and len(low.slots) == len(high.slots)


def _on_the_line(
    low: Sequence[tuple[str, Decimal]], high: Sequence[tuple[str, Decimal]], share: Decimal
) -> tuple[tuple[str, Decimal], ...]:
    """Return bytes between those at both ends of a range."""
    last = dict(high)
    return tuple((name, size + (last.get(name, size) - size) * share) for name, size in low)


def best_at(
    users: int,
    model: Model,
    planning: Planning,
    settings: Settings,
    planned: Design,
    evaluate: SampledEvaluate,
) -> ScaleBest:
    """Return the cheapest design at a scale, in the capacity mode that is cheapest there.

    Args:
        users: the scale.
        model: what has to be served.
        planning: the engine's.
        settings: of the plan; its scales are replaced.
        planned: the design that was chosen; its names are kept.
        evaluate: a design, users, and how many instances to draw.
    """
    best = _best_at(users, model, planning, settings, planned, evaluate)
    total = evaluate(planned, users, None).bill.total
    usd = evaluate(best, users, None).bill.total
    differs = planning.differences(planned, best)
    if usd >= total or not differs:
        best, usd, differs = planned, total, ()
    structures = planning.structures(best)
    indexes = sum(structure.is_index for structure in structures)
    return ScaleBest(
        users=users,
        usd=usd,
        planned_usd=total,
        differs=differs,
        tables=len(structures) - indexes,
        indexes=indexes,
    )


def _best_at(
    users: int,
    model: Model,
    planning: Planning,
    settings: Settings,
    planned: Design,
    evaluate: SampledEvaluate,
) -> Design:
    at_scale = replace(settings, scales=(Scale(users=users),))
    plan = search(model, planning, at_scale, current=planned, name=planned.name)
    plan = with_worthwhile_splits(with_lasting_keys(plan, planned), planned)

    def sampled(design: Design, users: int) -> Evaluation:
        return evaluate(design, users, settings.sample_items)

    return planning.finished(plan.design, sampled, users, (users,), at_scale, cheapest=True).design
