"""GetResourcePolicy: the policy of a table or a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.resource_policies import find_policy
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a GetResourcePolicy request."""
    request = check_request("get_resource_policy", request)
    with engine.store.reading:
        return dict(find_policy(engine, request["ResourceArn"]))
