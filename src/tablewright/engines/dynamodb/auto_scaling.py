"""Auto-scaling of provisioned tables: what Amazon's Application Auto Scaling is asked for.

In: a design. Out: parameters of its two operations for each table and index that scales, and a
function that sends them. Other servers of the DynamoDB API have no such service: their tables keep
the least capacity, and that is said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tablewright.core.errors import EngineError
from tablewright.core.frozen import frozen
from tablewright.engines.dynamodb.design import CapacityMode, DynamoDesign, ModeKind

NAMESPACE = "dynamodb"
ONLY_AMAZON = "only Amazon scales by itself: capacity stays at the minimum"


@frozen
class ScalingTarget:
    """One kind of capacity of a table or index, between two bounds."""

    resource_id: str
    """Such as "table/orders" or "table/orders/index/by-status"."""
    dimension: str
    least: int
    most: int
    target_percent: float

    @property
    def unit(self) -> str:
        """Units of capacity as people say them."""
        return "read units" if "ReadCapacity" in self.dimension else "write units"

    def __str__(self) -> str:
        return f"{self.resource_id} ({self.least} to {self.most} {self.unit})"

    @property
    def registration(self) -> dict[str, Any]:
        """Parameters of RegisterScalableTarget."""
        return {
            "ServiceNamespace": NAMESPACE,
            "ResourceId": self.resource_id,
            "ScalableDimension": self.dimension,
            "MinCapacity": self.least,
            "MaxCapacity": self.most,
        }

    @property
    def policy(self) -> dict[str, Any]:
        """Parameters of PutScalingPolicy."""
        kind = "Read" if self.dimension.endswith("ReadCapacityUnits") else "Write"
        return {
            "PolicyName": f"tablewright-{kind.lower()}",
            "ServiceNamespace": NAMESPACE,
            "ResourceId": self.resource_id,
            "ScalableDimension": self.dimension,
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": self.target_percent,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": f"DynamoDB{kind}CapacityUtilization"
                },
            },
        }


def scaling_targets(design: DynamoDesign) -> tuple[ScalingTarget, ...]:
    """Return everything in a design that scales."""
    scaling_targets: list[ScalingTarget] = []
    for table in design.tables:
        scaling_targets += _targets(f"table/{table.name}", "table", table.mode)
        for index in table.indexes:
            if not index.is_local:
                mode = index.mode or table.mode
                scaling_targets += _targets(f"table/{table.name}/index/{index.name}", "index", mode)
    return tuple(scaling_targets)


def _targets(resource_id: str, kind: str, mode: CapacityMode) -> list[ScalingTarget]:
    if mode.kind is not ModeKind.AUTO_SCALING:
        return []
    bounds = (("Read", mode.rcu, mode.max_rcu), ("Write", mode.wcu, mode.max_wcu))
    return [
        ScalingTarget(
            resource_id=resource_id,
            dimension=f"dynamodb:{kind}:{name}CapacityUnits",
            least=max(1, int(least or 1)),
            most=max(1, int(maximum or least or 1)),
            target_percent=float(mode.target * 100),
        )
        for name, least, maximum in bounds
    ]


def apply_scaling(
    targets: tuple[ScalingTarget, ...], client: Any, progress: Callable[[str], None]
) -> None:
    """Register every target and its policy; repeating it changes nothing.

    Args:
        targets: what scales.
        client: boto3's client of `application-autoscaling`.
        progress: told of each.

    Raises:
        EngineError: the service refused.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    for target in targets:
        progress(
            f"scale {target.resource_id} {target.dimension.rpartition(':')[2]} between "
            f"{target.least} and {target.most}"
        )
        try:
            client.register_scalable_target(**target.registration)
            client.put_scaling_policy(**target.policy)
        except (BotoCoreError, ClientError) as problem:
            raise EngineError(
                f"auto-scaling of {target.resource_id} could not be set: {problem}",
                remedy="the tables exist; give the caller the right to "
                "application-autoscaling:*, then repeat `tablewright up`",
            ) from problem
