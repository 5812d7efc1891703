"""`cost`: the bill of a design at one scale, or of all designs over all scales.

In: a session, or evaluations. Out: a CostView or a ScalesView, with the points where curves cross.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from tablewright.bill.savings import WithPlan, with_savings_plan
from tablewright.core.frozen import frozen
from tablewright.evaluation.values import Evaluation
from tablewright.review.assessment import Assessment, DesignAssessment
from tablewright.session import Session
from tablewright.verbs.assess import assess
from tablewright.verbs.bill_rows import CostRow, all_left_out, priced_rows, summed_rows


@frozen
class CostView:
    """The bill of one design at one scale, summed as asked."""

    app: str
    design: str
    engine: str
    region: str
    mode: str
    prices_as_of: str
    users: int
    by: str
    rows: tuple[CostRow, ...]
    usd_per_month: Decimal | None
    """None where nobody can say what it costs."""
    shortcoming: str
    """Why it has no figure, or one that is not that of the whole application; "" where it has."""
    standard_error: Decimal
    """Of the total, from sampling, in USD."""
    sample_items: int
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]
    left_out: tuple[str, ...]
    with_plan: WithPlan | None = None
    """What it comes to with a one-year plan; None where no rate of one is known."""

    @property
    def charged(self) -> Decimal:
        """USD a month of the rows, beside which shares and cents are shown."""
        return sum((row.usd_per_month for row in self.rows), Decimal(0))


@frozen
class CostCurve:
    """What a design costs at each scale."""

    design: str
    points: tuple[tuple[int, Decimal | None], ...]
    """Users, and USD a month; None where nobody can say."""
    shortcomings: tuple[tuple[int, str], ...] = ()
    """Users, and why there is no figure, or one that is not that of the whole application."""


@frozen
class Crossing:
    """Where one design becomes cheaper than another, between two scales."""

    cheaper_below: str
    cheaper_above: str
    users: int


@frozen
class ScalesView:
    """All designs at all scales."""

    app: str
    region: str
    prices_as_of: str
    curves: tuple[CostCurve, ...]
    crossings: tuple[Crossing, ...]
    left_out: tuple[str, ...]

    @property
    def has_figures(self) -> bool:
        """Whether every design has a figure at every scale."""
        return all(usd is not None for curve in self.curves for _, usd in curve.points)


def cost_view(evaluation: Evaluation, by: str = "resource", *, mode: str = "") -> CostView:
    """Return the bill of an evaluation with its lines added up.

    Args:
        evaluation: one design at one scale.
        by: "line" (resource, dimension and price), "resource", "pattern" or "dimension".
        mode: how throughput is billed, as the engine describes the design.
    """
    bill = evaluation.bill
    return CostView(
        app=evaluation.model.app,
        design=evaluation.design.name,
        engine=evaluation.design.engine,
        region=bill.region,
        mode=mode,
        prices_as_of=bill.prices_as_of,
        users=evaluation.users,
        by=by,
        rows=priced_rows(bill) if by == "line" else summed_rows(bill, by),
        usd_per_month=bill.figure,
        shortcoming=evaluation.shortcoming,
        standard_error=evaluation.bill_error,
        sample_items=evaluation.sample_items,
        assumptions=bill.assumptions,
        warnings=bill.warnings,
        left_out=bill.left_out,
    )


def scales_view(assessment: Assessment) -> ScalesView:
    """Return what every design costs at every scale, and where their curves cross."""
    curves = tuple(_curve(assessed) for assessed in assessment.designs)
    bills = [e.bill for assessed in assessment.designs for e in assessed.evaluations]
    return ScalesView(
        app=assessment.model.app,
        region=bills[0].region if bills else assessment.model.region,
        prices_as_of=bills[0].prices_as_of if bills else "",
        curves=curves,
        crossings=crossings(curves),
        left_out=all_left_out(bills),
    )


def crossings(curves: Sequence[CostCurve]) -> tuple[Crossing, ...]:
    """Return where each two curves cross, read off log-log between neighbouring scales.

    Example:
        >>> flat = CostCurve(design="flat", points=((100, Decimal(10)), (10_000, Decimal(10))))
        >>> steep = CostCurve(design="steep", points=((100, Decimal(1)), (10_000, Decimal(100))))
        >>> [(c.cheaper_below, c.cheaper_above, c.users) for c in crossings([flat, steep])]
        [('steep', 'flat', 1000)]
    """
    crossings_found = []
    for place, curve in enumerate(curves):
        for other_curve in curves[place + 1 :]:
            crossings_found += _crossings_of(curve, other_curve)
    return tuple(sorted(crossings_found, key=lambda c: (c.users, c.cheaper_below, c.cheaper_above)))


def _crossings_of(curve: CostCurve, second: CostCurve) -> list[Crossing]:
    theirs = _whole_figures(second)
    shared = [
        (users, usd, theirs[users])
        for users, usd in _whole_figures(curve).items()
        if users in theirs and usd > 0 and theirs[users] > 0
    ]
    results = []
    for (users, mine, yours), (next_users, next_mine, next_yours) in pairwise(shared):
        gap = math.log(mine / yours)
        next_gap = math.log(next_mine / next_yours)
        if gap * next_gap >= 0:
            continue
        part = gap / (gap - next_gap)
        users_at = math.exp(math.log(users) + part * (math.log(next_users) - math.log(users)))
        below, above = (curve, second) if gap < 0 else (second, curve)
        results.append(
            Crossing(cheaper_below=below.design, cheaper_above=above.design, users=round(users_at))
        )
    return results


def _whole_figures(curve: CostCurve) -> dict[int, Decimal]:
    """Return the figures of a curve that are those of the whole application."""
    short = dict(curve.shortcomings)
    return {users: usd for users, usd in curve.points if usd is not None and users not in short}


def _curve(assessed: DesignAssessment) -> CostCurve:
    return CostCurve(
        design=assessed.design.name,
        points=tuple((e.users, e.bill.figure) for e in assessed.evaluations),
        shortcomings=tuple((e.users, e.shortcoming) for e in assessed.evaluations if e.shortcoming),
    )


def cost(session: Session, design: str = "", *, by: str = "line") -> CostView:
    """Return the bill of a design at the reviewed scale.

    Args:
        session: the model file.
        design: its name; the first of the file unless given.
        by: what is added up: "line", "pattern", "resource" or "dimension".
    """
    evaluation = session.evaluate(design)
    view = cost_view(evaluation, by, mode=session.describe(evaluation.design).mode)
    return replace(view, with_plan=with_savings_plan(evaluation.bill, session.book()))


def cost_by_scale(session: Session, design: str = "") -> ScalesView:
    """Return what all designs (or one) cost at every scale of the model."""
    session.design(design)  # says what to do where there is none
    assessment = assess(
        session, designs=[design] if design else (), review=False, influences=False, claims=False
    )
    return scales_view(assessment)
