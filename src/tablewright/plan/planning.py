"""The planner as the session sees it: search, payment, explanation, steps, in that order.

In: an evaluator, the engine's planning, the designs to compare with. Out: a PlanResult. It holds no
rule of its own; each part is a module beside this one or in the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tablewright.core.quantities import ZERO
from tablewright.design.values import Design
from tablewright.evaluation.evaluator import Evaluator
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Model
from tablewright.plan.by_scale import best_by_scale
from tablewright.plan.explanation import Explanation
from tablewright.plan.protocol import Pairs, Planning
from tablewright.plan.result import Cost, PatternCost, PlanResult, SearchFacts
from tablewright.plan.roadmap import Step, steps
from tablewright.plan.search import search
from tablewright.plan.settings import Settings
from tablewright.plan.values import Plan


@dataclass(frozen=True, kw_only=True)
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
        plan = search(self.model, planning, settings, current=named_after, name=name)
        scale = settings.scales[-1].users

        def sampled(design: Design, at: int) -> Evaluation:
            return self.evaluate(design, at, settings.sample_items)

        finished = planning.finished(plan.design, sampled, scale, self.model.scales, settings)
        design = finished.design
        full = self.evaluate(design, scale, None)
        scales = tuple(sorted({*self.model.scales, scale}))
        return PlanResult(
            app=self.model.app,
            users=scale,
            region=self.evaluator.region,
            prices_as_of=full.bill.prices_as_of,
            design=design,
            section=planning.section(design),
            structures=planning.structures(design),
            costs=self._costs(design),
            patterns=self._patterns(full, scale),
            explanation=self._explained(planning, plan, full) if explained else Explanation(),
            modes=finished.modes,
            by_scale=best_by_scale(self.model, planning, settings, design, self.evaluate, scales)
            if explained
            else (),
            search=self._search_facts(planning, plan, settings),
            start=start.name if start else "",
            steps=self._steps(start, design, scale, settings) if start else (),
            merges=finished.merges,
            notes=(
                *_not_served(full),
                *plan.warnings,
                *finished.notes,
                *planning.notes(plan),
            ),
        )

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
            gap=plan.solution.gap,
        )

    def _explained(self, planning: Planning, plan: Plan, full: Evaluation) -> Explanation:
        def sampled(design: Design, users: int) -> Evaluation:
            return self.evaluate(design, users, plan.settings.sample_items)

        def sampled_model(model: Model, design: Design, users: int, drawn: int) -> Evaluation:
            return self.evaluator.sampled(design, users, drawn, model)

        depths = {route.pattern: route.depth for route in full.routes}
        return planning.explain(plan, sampled, sampled_model, depths)

    def _costs(self, design: Design) -> tuple[Cost, ...]:
        found: list[Cost] = []
        for one in (design, *self.others):
            for users in self.model.scales:
                evaluation = self.evaluate(one, users, None)
                unserved = sum(1 for route in evaluation.routes if not route.is_served)
                found.append(
                    Cost(
                        design=one.name,
                        users=users,
                        usd=evaluation.bill.total,
                        unserved=unserved,
                    )
                )
        return tuple(found)

    def _patterns(self, evaluation: Evaluation, users: int) -> tuple[PatternCost, ...]:
        by = evaluation.bill.sum_by("pattern")
        others = [
            (d.name, self.evaluate(d, users, None).bill.sum_by("pattern")) for d in self.others
        ]
        return tuple(
            PatternCost(
                pattern=route.pattern,
                operation=route.operation,
                target=route.target,
                round_trips=route.depth,
                usd=by.get(route.pattern, ZERO),
                others=tuple((name, sums.get(route.pattern, ZERO)) for name, sums in others),
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
