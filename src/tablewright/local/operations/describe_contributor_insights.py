"""DescribeContributorInsights: whether a table or an index has insights, and by which rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local import insights
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a DescribeContributorInsights request."""
    request = check_request("describe_contributor_insights", request)
    with engine.store.reading:
        return insights.describe(engine, request)
