"""One design at the reviewed scale: bill, routes, indexes, sizes, card, targets.

In: the assessment of a design. Out: a DesignView, which `check` and `report` share.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.evaluation.description import EngineTerms
from tablewright.evaluation.values import ResourceFacts
from tablewright.review.assessment import DesignAssessment, Influence, TargetResult
from tablewright.review.grade import PathStep, ReportCard
from tablewright.verbs.bill_rows import (
    CostRow,
    IndexCost,
    PatternCost,
    index_costs,
    pattern_costs,
    shown_resource,
    stacks,
    summed_rows,
)
from tablewright.verbs.cost import CostView, cost_view
from tablewright.verbs.pictures import PictureView, picture_view


@frozen
class SizeView:
    """How big the items of one shape are, against the limit."""

    resource: str
    shape: str
    count: Decimal
    mean_bytes: Decimal
    p50: int
    p99: int
    largest: int
    histogram: tuple[tuple[int, int], ...]


@frozen
class DesignView:
    """All that is known of one design at the reviewed scale."""

    name: str
    title: str
    note: str
    """What the file says of it beside its title, such as where its tables are declared."""
    engine: str
    cost: CostView
    patterns: tuple[PatternCost, ...]
    resources: tuple[CostRow, ...]
    """The bill by resource."""
    stacks: tuple[tuple[str, tuple[tuple[str, Decimal], ...]], ...]
    """Of each resource: USD by dimension."""
    indexes: tuple[IndexCost, ...]
    sizes: tuple[SizeView, ...]
    picture: PictureView | None
    card: ReportCard | None
    targets: tuple[TargetResult, ...]
    influences: tuple[Influence, ...]

    @property
    def terms(self) -> EngineTerms:
        """What things are called in its engine."""
        return self.picture.terms if self.picture is not None else EngineTerms()

    @property
    def charged_patterns(self) -> tuple[tuple[PatternCost, Decimal], ...]:
        """The patterns that cost something, with USD a month, the most expensive first."""
        return tuple((cost, cost.usd_per_month) for cost in self.patterns if cost.usd_per_month)

    @property
    def path(self) -> tuple[PathStep, ...]:
        """The improvement path of its card; empty where there is none."""
        return self.card.path if self.card is not None else ()

    @property
    def saving(self) -> Decimal:
        """USD a month that the improvement path saves; 0 where there is none."""
        if self.card is None or not self.card.path or self.cost.usd_per_month is None:
            return ZERO
        return self.cost.usd_per_month - self.card.path[-1].usd_per_month


def design_view(assessed: DesignAssessment, users: int) -> DesignView:
    """Return all that is known of one design at the reviewed scale."""
    evaluation = assessed.at(users)
    mode = assessed.description.mode if assessed.description else ""
    cost = cost_view(evaluation, by="line", mode=mode)
    return DesignView(
        name=assessed.design.name,
        title=assessed.design.title,
        note=assessed.design.note,
        engine=assessed.design.engine,
        cost=cost,
        patterns=pattern_costs(evaluation),
        resources=summed_rows(evaluation.bill, "resource"),
        stacks=stacks(evaluation.bill),
        indexes=index_costs(evaluation),
        sizes=_sizes(evaluation.resources),
        picture=picture_view(assessed.description, evaluation.routes)
        if assessed.description
        else None,
        card=assessed.card,
        targets=assessed.targets,
        influences=assessed.influences,
    )


def _sizes(resources: Iterable[ResourceFacts]) -> tuple[SizeView, ...]:
    return tuple(
        SizeView(
            resource=shown_resource(resource.name),
            shape=shape.name,
            count=shape.count,
            mean_bytes=shape.sizes.mean.mean,
            p50=shape.sizes.p50,
            p99=shape.sizes.p99,
            largest=shape.sizes.largest,
            histogram=shape.sizes.histogram,
        )
        for resource in resources
        if resource.kind == "table"
        for shape in resource.shapes
    )
