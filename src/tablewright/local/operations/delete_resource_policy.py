"""DeleteResourcePolicy: take the policy from a table or a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.resource_policies import delete_policy
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a DeleteResourcePolicy request."""
    request = check_request("delete_resource_policy", request)
    with engine.store.writing:
        revision = delete_policy(engine, request["ResourceArn"], request.get("ExpectedRevisionId"))
    return {} if revision is None else {"RevisionId": revision}
