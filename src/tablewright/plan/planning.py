"""The planner as the session sees it: search, payment, explanation, steps, in that order.

In: an evaluator, the engine's planning, the designs to compare with. Out: a PlanResult. It holds no
rule of its own; each part is a module beside this one or in the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial

from tablewright.core.frozen import frozen
from tablewright.core.processes import all_of
from tablewright.core.quantities import ZERO, format_usd, percent
from tablewright.design.values import Design
from tablewright.evaluation.evaluator import Evaluator
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Model
from tablewright.plan.by_scale import ScaleBest, best_at
from tablewright.plan.explanation import Explanation
from tablewright.plan.protocol import Finished, Pairs, Planning
from tablewright.plan.result import Cost, PlannedPattern, PlanResult, SearchFacts
from tablewright.plan.roadmap import Step, steps
from tablewright.plan.search import search, without_scans
from tablewright.plan.settings import Settings
from tablewright.plan.settling import (
    with_lasting_keys,
    with_worthwhile_splits,
    within_rules,
)
from tablewright.plan.values import Plan, Rules, most_depth

LARGEST_SAMPLE_ITEMS = 2048
"""Instances of each entity that candidates are priced on at most."""


@frozen(slots=False)
class Planner:
    """Plans one model on one engine."""

    evaluator: Evaluator
    planning: Planning
    others: tuple[Design, ...] = ()
    """Designs of the same engine to compare with."""
    findings: Pairs | None = None
    """What the report card of a design finds."""
    fires: Pairs | None = None
    """The same before fixes are weighed, which is quicker."""
    severe: Pairs | None = None
    """Of these what is critical or high: a plan avoids it where it can."""

    @property
    def model(self) -> Model:
        """What is planned."""
        return self.evaluator.model

    def evaluate(self, design: Design, users: int, sample_items: int | None) -> Evaluation:
        """Return an evaluation on so many instances of each entity; in full if None."""
        if sample_items is None:
            return self.evaluator.full(design, users)
        return self.evaluator.sampled(design, users, sample_items)

    def plan(
        self,
        users: int,
        *,
        start: Design | None = None,
        name: str = "planned",
        explained: bool = True,
    ) -> PlanResult:
        """Return the cheapest design at a scale, with everything there is to say about it."""
        settings = Settings.of(self.model, users)
        named_after = start or next((d for d in self.others if d.name == "current"), None)
        planning = self._at_scales(settings)
        plan, finished, notes = self._cheapest(planning, settings, named_after, name)
        scale = settings.scales[-1].users
        design = finished.design
        full = self.evaluate(design, scale, None)
        explanation, by_scale = Explanation(), tuple[ScaleBest, ...]()
        if explained:
            explanation, by_scale = self._said_of(planning, plan, settings, full)
        return PlanResult(
            app=self.model.app,
            users=scale,
            region=self.evaluator.region,
            prices_as_of=full.bill.prices_as_of,
            design=design,
            section=planning.section(design),
            structures=planning.structures(design),
            costs=self._costs(design, settings),
            patterns=self._patterns(full, scale),
            explanation=explanation,
            modes=finished.modes,
            by_scale=by_scale,
            search=self._search_facts(planning, plan, settings),
            start=start.name if start else "",
            steps=self._steps(start, design, scale, settings) if start else (),
            merges=finished.merges,
            notes=(
                *_not_served(full),
                *plan.warnings,
                *notes,
                *finished.notes,
                *planning.notes(plan),
            ),
        )

    def _cheapest(
        self, planning: Planning, settings: Settings, current: Design | None, name: str
    ) -> tuple[Plan, Finished, tuple[str, ...]]:
        """Return the plan to take: no design of the file that keeps as many rules costs less.

        Candidates are priced on a small sample first. Where a design of the file turns out to be
        cheaper, they are priced again on more instances; if it still is, that design is the plan.
        """
        while True:
            plan, finished, notes = self._once(planning, settings, current, name)
            usd = self._weighed(finished.design, settings)
            cheaper = self._cheaper_existing(finished.design, usd, settings)
            if cheaper is None or settings.sample_items >= LARGEST_SAMPLE_ITEMS:
                break
            settings = replace(settings, sample_items=settings.sample_items * 4)
        if cheaper is None:
            return plan, finished, notes
        claimed = replace(cheaper, name=name, title=finished.design.title)
        note = f"the design `{cheaper.name}` of the file is the cheapest that was found"
        return plan, Finished(design=claimed), (*notes, note)

    def _once(
        self, planning: Planning, settings: Settings, current: Design | None, name: str
    ) -> tuple[Plan, Finished, tuple[str, ...]]:
        plan = search(self.model, planning, settings, current=current, name=name)
        best = self._settled(planning, settings, current, plan)
        plan, finished, _ = best
        if finished.merges:
            apart = without_scans(plan, current, name)
            if apart is not None:
                other = self._settled(planning, settings, current, apart)
                best = min(best, other, key=lambda each: self._weighed(each[1].design, settings))
        return best

    def _settled(
        self, planning: Planning, settings: Settings, current: Design | None, plan: Plan
    ) -> tuple[Plan, Finished, tuple[str, ...]]:
        """Return a plan that keeps the rules, and its design finished."""
        searched = plan.solution
        plan = with_worthwhile_splits(with_lasting_keys(plan, current), current)
        notes: tuple[str, ...] = ()
        if self.severe is not None:
            plan, notes = within_rules(plan, self.severe)
        plan = replace(plan, searched=searched)
        scale = settings.scales[-1].users

        def sampled(design: Design, users: int) -> Evaluation:
            return self.evaluate(design, users, settings.sample_items)

        finished = planning.finished(plan.design, sampled, scale, self.model.scales, settings)
        return plan, finished, notes

    def _weighed(self, design: Design, settings: Settings) -> Decimal:
        """Return what a design costs a month, weighed over the scales that are planned for."""
        return sum(
            (self.evaluate(design, s.users, None).bill.total * s.weight for s in settings.scales),
            ZERO,
        )

    def _cheaper_existing(self, design: Design, usd: Decimal, settings: Settings) -> Design | None:
        """Return the cheapest design of the file that costs less, serves and keeps as much."""
        result: list[tuple[Decimal, str, Design]] = []
        for existing in self.others:
            allowed = self.planning.paid_as_allowed(existing, settings)
            cost = self._weighed(allowed, settings)
            if cost < usd and not self._why_not(allowed, design, settings):
                result.append((cost, allowed.name, allowed))
        return min(result)[2] if result else None

    def _why_not(self, existing: Design, planned: Design, settings: Settings) -> str:
        """Return what a design of the file does not serve or keep as the planned one does."""
        if why := self.planning.why_not_allowed(existing, settings):
            return why
        scale = settings.scales[-1].users
        theirs, ours = (self.evaluate(each, scale, None) for each in (existing, planned))
        if missing := theirs.unserved - ours.unserved:
            patterns = "pattern" if len(missing) == 1 else "patterns"
            return f"it leaves {len(missing)} {patterns} unserved"
        if later := self._later(theirs, ours, settings):
            return later
        refused = theirs.bill.refused_share
        if refused > ours.bill.refused_share:  # too little capacity is no saving
            return f"its capacity refuses {percent(refused)} of the requests"
        if self.severe is not None:
            more = self.severe(existing)
            if len(more) > len(self.severe(planned)):
                rule, subject = min(more - self.severe(planned))
                return f"{rule} finds fault with {subject}"
        return ""

    def _later(self, theirs: Evaluation, ours: Evaluation, settings: Settings) -> str:
        """Return a pattern with more round trips than planned and than its target leaves."""
        rules = Rules(round_trip_ms=settings.round_trip_ms, latency_p99_ms=settings.latency_p99_ms)
        depths = {route.pattern: route.depth for route in ours.routes}
        for route in theirs.routes:
            most = most_depth(self.model.pattern(route.pattern), rules)
            if route.depth > max(most, depths[route.pattern]):
                return (
                    f"`{route.pattern}` takes {route.depth} round trips where its target "
                    f"leaves {most}"
                )
        return ""

    def _why_not_taken(self, existing: Design, planned: Design, settings: Settings) -> str:
        """Return why a design of the file that costs less is not the plan; "" if it does not."""
        if self._weighed(existing, settings) >= self._weighed(planned, settings):
            return ""
        allowed = self.planning.paid_as_allowed(existing, settings)
        if why := self._why_not(allowed, planned, settings):
            return why
        usd = format_usd(self._weighed(allowed, settings))
        return f"on demand, as the options have it, it costs {usd}"

    def _at_scales(self, settings: Settings) -> Planning:
        """Return the engine's planning with quotations kept for the scales looked at afterwards."""
        planned = {scale.users for scale in settings.scales}
        scales = self.model.scales
        return self.planning.at_scales(frozenset({*planned, min(scales), max(scales)}))

    def _search_facts(self, planning: Planning, plan: Plan, settings: Settings) -> SearchFacts:
        searched = planning.as_searched(plan.design)
        evaluated = sum(
            (
                self.evaluate(searched, scale.users, settings.sample_items).bill.total
                * scale.weight
                for scale in settings.scales
            ),
            ZERO,
        )
        return SearchFacts(
            pruned=plan.pruned,
            quoted=plan.quoted,
            predicted=plan.solution.usd,
            evaluated=evaluated,
            gap=plan.gap,
            kept_usd=plan.kept_usd,
        )

    def _said_of(
        self, planning: Planning, plan: Plan, settings: Settings, full: Evaluation
    ) -> tuple[Explanation, tuple[ScaleBest, ...]]:
        """Return why the plan is as it is, and what is cheapest at each scale."""
        jobs = [
            partial(best_at, users, self.model, planning, settings, full.design, self.evaluate)
            for users in sorted({*self.model.scales, full.users})
        ]
        explanation, *by_scale = all_of([partial(self._explained, planning, plan, full), *jobs])
        return explanation, tuple(by_scale)

    def _explained(self, planning: Planning, plan: Plan, full: Evaluation) -> Explanation:
        def sampled(design: Design, users: int) -> Evaluation:
            return self.evaluate(design, users, plan.settings.sample_items)

        def sampled_model(model: Model, design: Design, users: int, drawn: int) -> Evaluation:
            return self.evaluator.sampled(design, users, drawn, model)

        depths = {route.pattern: route.depth for route in full.routes}
        return planning.explain(plan, sampled, sampled_model, depths)

    def _costs(self, design: Design, settings: Settings) -> tuple[Cost, ...]:
        costs: list[Cost] = []
        for each in (design, *self.others):
            why_not = "" if each is design else self._why_not_taken(each, design, settings)
            for users in self.model.scales:
                evaluation = self.evaluate(each, users, None)
                costs.append(
                    Cost(
                        design=each.name,
                        users=users,
                        usd=evaluation.bill.total,
                        unserved=len(evaluation.unserved),
                        why_not=why_not,
                    )
                )
        return tuple(costs)

    def _patterns(self, evaluation: Evaluation, users: int) -> tuple[PlannedPattern, ...]:
        by = evaluation.bill.sum_by("pattern")
        other_designs = [
            (d.name, self.evaluate(d, users, None).bill.sum_by("pattern")) for d in self.others
        ]
        return tuple(
            PlannedPattern(
                pattern=route.pattern,
                operation=route.operation,
                target=route.target,
                round_trips=route.depth,
                usd=by.get(route.pattern, ZERO),
                others=tuple((name, sums.get(route.pattern, ZERO)) for name, sums in other_designs),
            )
            for route in evaluation.routes
        )

    def _steps(
        self, start: Design, design: Design, users: int, settings: Settings
    ) -> tuple[Step, ...]:
        def price(each: Design) -> Evaluation:
            return self.evaluate(each, users, settings.sample_items)

        return steps(
            start,
            design,
            price,
            self.planning.steps,
            known=self.findings(start) if self.findings else frozenset(),
            fires=self.fires,
        )


def _not_served(evaluation: Evaluation) -> Iterator[str]:
    """Yield a note for each pattern that no design can serve; the rest was planned without it."""
    for route in evaluation.routes:
        if not route.is_served:
            yield f"`{route.pattern}` cannot be served and is left out: {route.cannot}"
