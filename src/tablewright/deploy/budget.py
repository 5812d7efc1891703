"""What watches the charges: a budget at the priced bill, and charges unlike those before.

In: a site. Out: resources; both are free of charge.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

from tablewright.deploy.option import Site
from tablewright.deploy.resources import ParameterRef, Ref, Resource


def budget(site: Site) -> Iterator[Resource]:
    """Yield a budget that tells at four fifths of the priced bill, and where it will go over."""
    amount = max(Decimal(1), site.usd_per_month.quantize(Decimal("0.01")))
    yield Resource(
        name="MonthlyBudget",
        kind="AWS::Budgets::Budget",
        properties={
            "Budget": {
                "BudgetName": site.stack_name,
                "BudgetType": "COST",
                "TimeUnit": "MONTHLY",
                "BudgetLimit": {"Amount": float(amount), "Unit": "USD"},
                "CostFilters": {"TagKeyValue": [f"user:app${site.app}"]},
            },
            "NotificationsWithSubscribers": [
                {
                    "Notification": {
                        "NotificationType": kind,
                        "ComparisonOperator": "GREATER_THAN",
                        "Threshold": threshold,
                        "ThresholdType": "PERCENTAGE",
                    },
                    "Subscribers": [
                        {"SubscriptionType": "EMAIL", "Address": ParameterRef("AlarmEmail")}
                    ],
                }
                for kind, threshold in (("ACTUAL", 80), ("FORECASTED", 120))
            ],
        },
        reason=f"the priced bill of this option at {site.users:,} users: {amount} USD a month",
    )


def anomalies(site: Site) -> Iterator[Resource]:
    """Yield a watch over charges that are unlike those of the days before; free of charge."""
    if not site.tags:
        return
    tag = {"Tags": {"Key": "app", "Values": [site.app]}}
    yield Resource(
        name="CostMonitor",
        kind="AWS::CE::AnomalyMonitor",
        properties={
            "MonitorName": site.stack_name,
            "MonitorType": "CUSTOM",
            "MonitorSpecification": json.dumps(tag),
        },
        reason="charges of what carries the application's tag",
    )
    least = max(Decimal(1), (site.usd_per_month / 10).quantize(Decimal(1)))
    threshold = {
        "Dimensions": {
            "Key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
            "MatchOptions": ["GREATER_THAN_OR_EQUAL"],
            "Values": [str(least)],
        }
    }
    yield Resource(
        name="CostAnomalies",
        kind="AWS::CE::AnomalySubscription",
        properties={
            "SubscriptionName": site.stack_name,
            "Frequency": "DAILY",
            "MonitorArnList": [Ref("CostMonitor")],
            "Subscribers": [{"Type": "EMAIL", "Address": ParameterRef("AlarmEmail")}],
            "ThresholdExpression": json.dumps(threshold),
        },
        reason=f"from a tenth of the priced bill: {least} USD",
    )
