"""What the estimate expects of each table and index a day: units, and requests by operation.

In: an evaluation. Out: sums over its routes. `doctor` holds what was observed beside them.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.core.quantities import ZERO
from tablewright.evaluation.values import Evaluation


def expected_units(evaluation: Evaluation) -> dict[tuple[str, str], Decimal]:
    """Return units a day by resource (table or "table/index") and dimension ("read", "write")."""
    units: dict[tuple[str, str], Decimal] = {}
    for route in evaluation.routes:
        calls = _calls(evaluation, route.pattern)
        for request in route.requests:
            for use in request.uses:
                place = (use.resource, use.dimension)
                units[place] = units.get(place, ZERO) + calls * use.units.mean
    return units


def expected_requests(
    evaluation: Evaluation,
) -> dict[tuple[str, str], dict[str, Decimal]]:
    """Return requests a day by target (table or "table/index") and operation, by pattern."""
    requests: dict[tuple[str, str], dict[str, Decimal]] = {}
    for route in evaluation.routes:
        calls = _calls(evaluation, route.pattern)
        for request in route.requests:
            by_pattern = requests.setdefault((request.target, request.operation), {})
            by_pattern[route.pattern] = (
                by_pattern.get(route.pattern, ZERO) + calls * request.calls * request.pages
            )
    return requests


def _calls(evaluation: Evaluation, name: str) -> Decimal:
    pattern = evaluation.model.pattern(name)
    return evaluation.model.calls_per_day(pattern, evaluation.users)
