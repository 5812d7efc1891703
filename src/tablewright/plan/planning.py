"""The planner as the façade sees it: search, way to pay, explanation, steps, in that order.

In: a model, an engine, prices, the designs to compare with. Out: a PlanResult. It holds no rule of
its own; each part is a module beside this one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tablewright.bill.prices import PriceBook
from tablewright.core.diagnostics import Severity
from tablewright.core.quantities import ZERO
from tablewright.engines.dynamodb.design import CapacityMode, DynamoDesign
from tablewright.engines.dynamodb.design_checker import check_design
from tablewright.engines.dynamodb.design_printer import design_section
from tablewright.engines.dynamodb.planning.explain import Explanation, explain
from tablewright.engines.dynamodb.planning.merging import Merge, merge_tables
from tablewright.engines.dynamodb.planning.modes import (
    ModeChoice,
    choose_modes,
    paid_as,
    without_idle_indexes,
)
from tablewright.engines.dynamodb.planning.queries import expiry_of, needs_recovery
from tablewright.evaluation.engine import EngineQuotes
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Model
from tablewright.plan.alternatives import on_demand
from tablewright.plan.breakevens import EvaluateModel
from tablewright.plan.by_scale import Requoting, best_by_scale
from tablewright.plan.pricing import Tariff
from tablewright.plan.result import Cost, PatternCost, PlanResult, SearchFacts
from tablewright.plan.roadmap import Findings, Step, steps
from tablewright.plan.search import Plan, Settings, search

SampledEvaluate = Callable[[DynamoDesign, int, int | None], Evaluation]


@dataclass(frozen=True, kw_only=True)
class Planner:
    """Plans one model; `evaluate` takes a design, users, and how many instances to draw."""

    model: Model
    engine: EngineQuotes
    evaluate: SampledEvaluate
    evaluate_model: EvaluateModel
    """The same for a part of the model, or one with other sizes."""
    book: PriceBook
    region: str
    others: tuple[DynamoDesign, ...] = ()
    mode: CapacityMode | None = None
    """How every table is paid for, where that is not to be chosen."""
    findings: Findings | None = None
    """What the report card of a design finds."""
    fires: Findings | None = None
    """The same before mends are weighed, which is quicker."""

    def plan(
        self,
        users: int,
        *,
        start: DynamoDesign | None = None,
        name: str = "planned",
        explained: bool = True,
    ) -> PlanResult:
        """Return the cheapest design at a scale, with everything there is to say about it."""
        settings = Settings.of(self.model, users)
        named_after = start or next((d for d in self.others if d.name == "current"), None)
        engine = self._quotes(settings)
        found = search(
            self.model,
            engine,
            self.book,
            self.region,
            settings,
            current=named_after,
            name=name,
        )
        scale = settings.scales[-1].users

        def sampled(design: DynamoDesign, at: int) -> Evaluation:
            return self.evaluate(design, at, settings.sample_items)

        merged, merges = merge_tables(
            self.model,
            found.design,
            sampled,
            scale,
            most=settings.most_tables,
            prefer_single=settings.single_table == "prefer",
        )
        modes: tuple[ModeChoice, ...] = ()
        idle: tuple[str, ...] = ()
        if self.mode is not None:
            design = paid_as(merged, self.mode)
        else:
            design, modes = choose_modes(merged, sampled, scale, self.model.scales, settings.modes)
            design, idle = without_idle_indexes(design, sampled, scale, self.model.scales)
        evaluated = sum(
            (
                sampled(on_demand(found.design), one.users).bill.total * one.weight
                for one in settings.scales
            ),
            ZERO,
        )
        full = self.evaluate(design, scale, None)
        depths = {route.pattern: route.depth for route in full.routes}
        why = explain(found, sampled, self.evaluate_model, depths) if explained else Explanation()
        scales = tuple(sorted({*self.model.scales, scale}))
        return PlanResult(
            app=self.model.app,
            users=scale,
            region=self.region,
            prices_as_of=full.bill.prices_as_of,
            design=design,
            section=design_section(design, self.model),
            costs=self._costs(design),
            patterns=self._patterns(full, scale),
            explanation=why,
            modes=modes,
            by_scale=best_by_scale(
                self.model,
                engine,
                self.book,
                self.region,
                settings,
                design,
                self.evaluate,
                scales,
                self.mode,
            )
            if explained
            else (),
            search=SearchFacts(
                pruned=found.pruned,
                quoted=found.quoted,
                predicted=found.solution.usd,
                evaluated=evaluated,
                gap=found.solution.gap,
            ),
            start=start.name if start else "",
            steps=self._steps(start, design, scale, settings) if start else (),
            merges=merges,
            notes=(*_not_served(full), *self._notes(found, idle, merges)),
        )

    def _quotes(self, settings: Settings) -> Requoting:
        """Return the engine's quotations, kept for the scales that are looked at afterwards."""
        wanted = {scale.users for scale in settings.scales}
        return Requoting(
            engine=self.engine,
            exact=frozenset({*wanted, min(self.model.scales), max(self.model.scales)}),
        )

    def _costs(self, design: DynamoDesign) -> tuple[Cost, ...]:
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
        self, start: DynamoDesign, design: DynamoDesign, users: int, settings: Settings
    ) -> tuple[Step, ...]:
        tariff = Tariff.of(self.book, self.region, recovery=needs_recovery(self.model))

        def price(each: DynamoDesign) -> Evaluation:
            return self.evaluate(each, users, settings.sample_items)

        def faults(each: DynamoDesign) -> frozenset[str]:
            found = check_design(each, self.model)
            return frozenset(f"{d.id} {d.message}" for d in found if d.severity is Severity.ERROR)

        return steps(
            start,
            design,
            price,
            tariff,
            known=self.findings(start) if self.findings else frozenset(),
            fires=self.fires,
            faults=faults,
        )

    def _notes(
        self, found: Plan, idle: tuple[str, ...], merges: tuple[Merge, ...]
    ) -> tuple[str, ...]:
        notes = list(found.warnings)
        if not all(merge.is_best for merge in merges):
            notes.append("tables were joined pair by pair: another way may cost less")
        if idle:
            listed = ", ".join(f"`{name}`" for name in idle)
            notes.append(f"left out, since provisioned capacity makes it dearer: {listed}")
        for entity in self.model.entities:
            if entity.retention_days is not None and not expiry_of(entity):
                notes.append(
                    f"`{entity.name}` is kept {entity.retention_days.normalize():f} days, but has "
                    "no epoch attribute that items could expire by"
                )
        if self.model.need("change_stream").lower().startswith("yes"):
            without = [t.name for t in found.design.tables if t.stream is None]
            if len(without) == len(found.design.tables):
                notes.append("the model needs a change stream, but does not say of which entity")
        return tuple(notes)


def _not_served(evaluation: Evaluation) -> Iterator[str]:
    """Yield a note for each pattern that no design can serve; the rest was planned without it."""
    for route in evaluation.routes:
        if not route.is_served:
            yield f"`{route.pattern}` cannot be served and is left out: {route.cannot}"
