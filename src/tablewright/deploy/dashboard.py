"""A dashboard: what is consumed beside what the estimate expects, and what throttles.

In: a site, what the estimate expects of each table and index. Out: a resource.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tablewright.deploy.alarm_values import PERIOD_SECONDS, Expected
from tablewright.deploy.option import Site
from tablewright.deploy.resources import Ref, Resource, Text

THROTTLE_CAUSES = {
    "ProvisionedThroughputThrottleEvents": "capacity is set too low",
    "MaxOnDemandThroughputThrottleEvents": "the maximum that was set for on-demand is reached",
    "KeyRangeThroughputThrottleEvents": "one key or key range is hot",
    "AccountLimitThrottleEvents": "the account's quota is reached",
}
"""Amazon DynamoDB metrics by cause; each exists for reads and for writes."""


def causes_of(place: Expected) -> list[str]:
    """Return the causes that can throttle a table or index in its capacity mode."""
    never = "MaxOnDemand" if place.is_provisioned else "Provisioned"
    return [cause for cause in THROTTLE_CAUSES if not cause.startswith(never)]


def dashboard(site: Site, expected: Sequence[Expected]) -> Resource:
    """Return a dashboard with what is consumed beside what is expected, table by table."""
    parts: list[Any] = ['{"widgets":[']
    for position, place in enumerate(expected):
        if position:
            parts.append(",")
        parts.extend(_widget(site, place, position))
    parts.append("]}")
    return Resource(
        name="Dashboard",
        kind="AWS::CloudWatch::Dashboard",
        properties={"DashboardName": site.stack_name, "DashboardBody": Text(tuple(parts))},
        reason="units in five minutes; the lines are what the estimate expects at the peak",
        price_keys=("aws.cloudwatch.dashboard",),
    )


def _widget(site: Site, place: Expected, position: int) -> list[Any]:
    index = f',"GlobalSecondaryIndexName",{json.dumps(place.index)}' if place.index else ""
    title = json.dumps(
        place.table.removesuffix("Table") + (f" / {place.index}" if place.index else "")
    )
    lines = ",".join(
        json.dumps({"label": f"expected {word}", "value": float(round(rate * PERIOD_SECONDS, 1))})
        for word, rate in (
            ("reads", place.reads_per_second),
            ("writes", place.writes_per_second),
        )
    )
    throttled: list[Any] = []
    for word in ("Read", "Write"):
        for cause in causes_of(place):
            throttled += [
                f',["AWS/DynamoDB","{word}{cause}","TableName","',
                Ref(place.table),
                f'"{index},{{"yAxis":"right"}}]',
            ]
    x, y = 12 * (position % 2), 6 * (position // 2)
    return [
        f'{{"type":"metric","x":{x},"y":{y},"width":12,"height":6,"properties":{{"title":{title},'
        f'"region":"{site.region}","stat":"Sum","period":{PERIOD_SECONDS},"metrics":['
        '["AWS/DynamoDB","ConsumedReadCapacityUnits","TableName","',
        Ref(place.table),
        f'"{index}],["AWS/DynamoDB","ConsumedWriteCapacityUnits","TableName","',
        Ref(place.table),
        f'"{index}]',
        *throttled,
        f'],"annotations":{{"horizontal":[{lines}]}}}}}}',
    ]
