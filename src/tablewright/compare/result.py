"""Everything that a comparison found, in one value.

In: nothing. Out: the type; `comparison` fills it, reports render it. Money is USD a month.
"""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal

from tablewright.compare.decision import DeploymentDecision
from tablewright.compare.fit import PatternFit
from tablewright.compare.needs import NeedCheck
from tablewright.compare.sensitivity import AssumedFigure, GivenUp, PeakChoice
from tablewright.compare.stated_path import PathPhase
from tablewright.compare.values import (
    ArchitectureResult,
    Check,
    EngineCost,
    EngineTiers,
    Flip,
    OfferingResult,
    Phase,
    WeakPrices,
)
from tablewright.compare.variants import VariantResult
from tablewright.core.frozen import frozen
from tablewright.model.values import BudgetScope


@frozen
class Comparison:
    """Everything `compare` found for one model."""

    app: str
    title: str
    region: str
    users: int
    """The scale the recommendation is made for."""
    scales: tuple[int, ...]
    workload: tuple[tuple[str, Decimal, str], ...]
    """Name, figure at `users`, and where it comes from."""
    engines: tuple[EngineCost, ...]
    offerings: tuple[OfferingResult, ...]
    architectures: tuple[ArchitectureResult, ...]
    weights: tuple[tuple[str, Decimal], ...]
    budgets: tuple[tuple[int, Decimal], ...] = ()
    """Users and USD a month, of the model."""
    budget_of: BudgetScope = BudgetScope.DATABASE
    """What the budgets are for."""
    decisions: tuple[DeploymentDecision, ...] = ()
    """The option for who starts at a scale, at every scale."""
    needs: tuple[tuple[str, tuple[NeedCheck, ...]], ...] = ()
    """The needs compared with each option, at `users`."""
    not_needed: tuple[tuple[str, str], ...] = ()
    """Needs that the model says it does not have, and why."""
    phases: tuple[Phase, ...] = ()
    """The growth path."""
    sensitivity: tuple[AssumedFigure, ...] = ()
    fits: tuple[PatternFit, ...] = ()
    """How each engine serves each access pattern."""
    mean_fits: tuple[tuple[str, Decimal], ...] = ()
    """Of each engine, 0 to 10, weighted by calls."""
    latencies: tuple[tuple[str, str], ...] = ()
    """Of each engine whose design was proved: latency in words, and where it was measured."""
    given_up: tuple[GivenUp, ...] = ()
    weak: tuple[WeakPrices, ...] = ()
    """Of each option, what of its bill is at prices that are old or a third party's."""
    variants: tuple[VariantResult, ...] = ()
    flips: tuple[Flip, ...] = ()
    stated: tuple[PathPhase, ...] = ()
    """The path that the model states, priced beside the computed one."""
    by_peak: tuple[PeakChoice, ...] = ()
    """The option for who stays at `users`, by how much the busiest hour has over the mean."""
    tiers: tuple[EngineTiers, ...] = ()
    """Every tier of each engine on servers beside the load of its best design at `users`."""
    checks: tuple[Check, ...] = ()
    advice: tuple[str, ...] = ()
    """The answer: which rule decided, then three sentences."""
    left_out: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = field(default_factory=tuple)

    @property
    def decision(self) -> DeploymentDecision | None:
        """The decision at the reviewed scale."""
        return next((d for d in self.decisions if d.users == self.users), None)

    @property
    def has_prices(self) -> bool:
        """Whether a deployment option has a price at the reviewed scale."""
        return any(option.at(self.users).is_priced for option in self.architectures)

    def budget(self, users: int) -> Decimal | None:
        """Return the budget for a number of users: that of the next scale with one."""
        return next((usd for scale, usd in self.budgets if scale >= users), None)
