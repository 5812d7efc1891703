"""DescribeTableReplicaAutoScaling: how the replicas of a table scale: there are none here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.operations.describe_table import existing
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a DescribeTableReplicaAutoScaling request."""
    request = check_request("describe_table_replica_auto_scaling", request)
    with engine.store.reading:
        table = existing(engine, request["TableName"])
    regions = (engine.region, *table.replicas) if table.replicas else ()
    replicas = [{"RegionName": region, "ReplicaStatus": "ACTIVE"} for region in regions]
    description = {"TableName": table.name, "TableStatus": table.status, "Replicas": replicas}
    return {"TableAutoScalingDescription": description}
