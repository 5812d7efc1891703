"""What a route on a server is expected to consume: means of the estimate, shown beside the meter.

In: routes. Out: units of a call. Servers are not charged by the request, and what a planner reads
depends on its statistics: the meter need not agree to the unit, so nothing is judged by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tablewright.core.quantities import ZERO
from tablewright.evaluation.doors import Units
from tablewright.evaluation.values import Route
from tablewright.model.values import Pattern
from tablewright.sample.calls import Call


class ReportedPrediction:
    """Gives the means of the estimate for any calls."""

    is_exact = False

    def note(self, call: Call) -> None:
        """Keep nothing: the estimate does not depend on the call."""

    def units(self, route: Route, calls: Sequence[Any]) -> Units:
        """Return the rows and index entries the estimate gives for a call."""
        means: Units = {}
        for request in route.requests:
            for use in request.uses:
                key = (use.resource, use.dimension)
                means[key] = means.get(key, ZERO) + use.units.mean
        return means

    def lists(self, pattern: Pattern) -> int | None:
        """Return None: nothing is judged by it."""
        return None
