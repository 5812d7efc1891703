"""PutResourcePolicy: attach a policy to a table or a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.resource_policies import put_policy
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a PutResourcePolicy request."""
    request = check_request("put_resource_policy", request)
    with engine.store.writing:
        revision = put_policy(
            engine, request["ResourceArn"], request["Policy"], request.get("ExpectedRevisionId")
        )
    return {"RevisionId": revision}
