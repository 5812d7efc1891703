"""What metered units would cost in a month, and each pattern's share of the bill.

In: an evaluation, the proofs of its patterns. Out: USD and shares. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.bill.dimensions import Dimension
from tablewright.core.quantities import DAYS_PER_MONTH, ZERO
from tablewright.evaluation.values import Evaluation
from tablewright.proof.values import PatternProof


def with_shares(
    evaluation: Evaluation, patterns: tuple[PatternProof, ...]
) -> tuple[PatternProof, ...]:
    """Return the proofs of patterns with their shares of the requests' cost and of the bill."""
    costs = evaluation.bill.sum_by("pattern")
    total = sum((costs.get(p.pattern, ZERO) for p in patterns), ZERO)
    if not total:
        return patterns
    bill_total = evaluation.bill.total or total
    return tuple(
        replace(
            p,
            bill_share=costs.get(p.pattern, ZERO) / total,
            of_bill=costs.get(p.pattern, ZERO) / bill_total,
        )
        for p in patterns
    )


def metered_usd(evaluation: Evaluation, patterns: Sequence[PatternProof]) -> Decimal:
    """Return the monthly bill if a month used the metered units instead of the predicted ones.

    A unit is worth what the bill charges for the units of its table or index divided by how many
    are predicted: the request price on-demand, and its part of the capacity where that is
    provisioned.
    """
    kinds = {Dimension.READS: "read", Dimension.WRITES: "write"}
    usd: dict[tuple[str, str], Decimal] = {}
    for line in evaluation.bill.lines:
        if (kind := kinds.get(line.dimension)) is not None:
            key = (line.resource, kind)
            usd[key] = usd.get(key, ZERO) + line.amount
    predicted: dict[tuple[str, str], Decimal] = {}
    for route in evaluation.routes:
        for request in route.requests:
            for use in request.uses:
                key = (use.resource, use.dimension)
                units = use.units.mean * _monthly_calls(evaluation, route.pattern)
                predicted[key] = predicted.get(key, ZERO) + units
    total = evaluation.bill.total
    for proof in patterns:
        calls = _monthly_calls(evaluation, proof.pattern)
        for compared in proof.resources:
            key = (compared.resource, compared.dimension)
            if predicted.get(key):
                unit_usd = usd.get(key, ZERO) / predicted[key]
                total += (compared.metered.mean - compared.predicted.mean) * calls * unit_usd
    return total


def _monthly_calls(evaluation: Evaluation, pattern: str) -> Decimal:
    model = evaluation.model
    return model.calls_per_day(model.pattern(pattern), evaluation.users) * DAYS_PER_MONTH
