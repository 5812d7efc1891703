"""UpdateContributorInsights: switch the insights of a table or a global index on or off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local import insights
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out an UpdateContributorInsights request."""
    request = check_request("update_contributor_insights", request)
    with engine.store.writing:
        return insights.update(engine, request)
