"""What `plan` shows: the design, what it costs beside the others, and why. Values only."""

from __future__ import annotations

from decimal import Decimal

from tablewright.bill.savings import WithPlan
from tablewright.core.frozen import frozen
from tablewright.design.values import Design
from tablewright.evaluation.values import Request
from tablewright.plan.by_scale import ScaleBest
from tablewright.plan.explanation import Explanation
from tablewright.plan.pruning import Pruned
from tablewright.plan.roadmap import Step
from tablewright.plan.values import Merge, ModeChoice, Structure


@frozen
class Cost:
    """What a design costs a month at one scale."""

    design: str
    users: int
    usd: Decimal
    unserved: int = 0
    """Patterns it cannot serve."""
    why_not: str = ""
    """Why it is not what was planned, though it costs less at the scales that are planned for."""


@frozen
class PlannedPattern:
    """How the planned design answers one pattern."""

    pattern: str
    operation: str
    target: str
    round_trips: int
    usd: Decimal
    others: tuple[tuple[str, Decimal], ...] = ()
    """What the pattern costs on the other designs."""


@frozen
class PatternRequests:
    """The requests of one call of a pattern, as boto3 takes them, with values of the sample."""

    pattern: str
    requests: tuple[Request, ...]


@frozen
class SearchFacts:
    """How the design was found and how sure it is."""

    pruned: Pruned
    quoted: int
    predicted: Decimal
    """What the programme says the month costs, on demand."""
    evaluated: Decimal
    """What the engine says of the same design with the same sample."""
    gap: Decimal
    """Share of the cost by which a better choice among the candidates could be cheaper, before
    lasting keys and severe rules restrict it."""
    kept_usd: Decimal
    """USD a month more than the cheapest that was searched, for lasting keys and severe rules."""


@frozen(slots=False)
class PlanResult:
    """The answer to `plan`."""

    app: str
    users: int
    region: str
    prices_as_of: str
    design: Design
    section: str
    """The design as a section of the model file."""
    structures: tuple[Structure, ...]
    """Its tables, each followed by its indexes."""
    costs: tuple[Cost, ...]
    """Every design at every scale, the planned one first."""
    patterns: tuple[PlannedPattern, ...]
    explanation: Explanation
    modes: tuple[ModeChoice, ...]
    search: SearchFacts
    by_scale: tuple[ScaleBest, ...] = ()
    """The cheapest design at every scale, beside the planned one."""
    start: str = ""
    """The design the steps lead away from."""
    steps: tuple[Step, ...] = ()
    merges: tuple[Merge, ...] = ()
    """Tables joined because the team limits or does not want many of them."""
    notes: tuple[str, ...] = ()
    requests: tuple[PatternRequests, ...] = ()
    """Of every pattern, where they were asked for."""
    with_plan: WithPlan | None = None
    """What it comes to with a one-year savings plan; None where no rate of one is known."""

    def usd(self, design: str, users: int) -> Decimal | None:
        """Return what a design costs at a scale, None if it was not priced there."""
        for cost in self.costs:
            if (cost.design, cost.users) == (design, users):
                return cost.usd
        return None
