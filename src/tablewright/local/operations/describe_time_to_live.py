"""DescribeTimeToLive: which attribute tells when an item expires."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.operations.describe_table import existing
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a DescribeTimeToLive request."""
    request = check_request("describe_time_to_live", request)
    expiry = existing(engine, request["TableName"]).expiry
    if expiry is None:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    return {
        "TimeToLiveDescription": {
            "TimeToLiveStatus": "ENABLED",
            "AttributeName": expiry.attribute,
        }
    }
