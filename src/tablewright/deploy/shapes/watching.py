"""Alarms, topics and budgets as the provider hashicorp/aws writes them.

In: a resource. Out: blocks. Sources: the provider's documentation of each resource, version 6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tablewright.deploy.resources import Resource
from tablewright.deploy.shapes.values import Block, plainly, snake_case, tags_of


def _alarm(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {
        "alarm_name": f"{snake_case(resource.name).replace('_', '-')}",
        "alarm_description": p["AlarmDescription"],
        "alarm_actions": p["AlarmActions"],
        "ok_actions": p["OKActions"],
        "comparison_operator": p["ComparisonOperator"],
        "treat_missing_data": p["TreatMissingData"],
        "evaluation_periods": p["EvaluationPeriods"],
        "threshold": p["Threshold"],
    }
    if "DatapointsToAlarm" in p:
        body["datapoints_to_alarm"] = p["DatapointsToAlarm"]
    if "Metrics" in p:
        body["metric_query"] = [_metric(metric) for metric in p["Metrics"]]
    else:
        body["namespace"] = p["Namespace"]
        body["metric_name"] = p["MetricName"]
        if "ExtendedStatistic" in p:
            body["extended_statistic"] = p["ExtendedStatistic"]
        else:
            body["statistic"] = p["Statistic"]
        body["period"] = p["Period"]
        body["dimensions"] = {d["Name"]: d["Value"] for d in p["Dimensions"]}
    return [Block("aws_cloudwatch_metric_alarm", body)]


def _metric(metric: Mapping[str, Any]) -> Block:
    body: dict[str, Any] = {"id": metric["Id"]}
    if "Expression" in metric:
        body["expression"] = metric["Expression"]
        body["label"] = metric["Label"]
        body["return_data"] = True
        return Block.inner(body)
    stat = metric["MetricStat"]
    body["metric"] = [
        Block.inner(
            {
                "namespace": stat["Metric"]["Namespace"],
                "metric_name": stat["Metric"]["MetricName"],
                "dimensions": {d["Name"]: d["Value"] for d in stat["Metric"]["Dimensions"]},
                "period": stat["Period"],
                "stat": stat["Stat"],
            }
        )
    ]
    return Block.inner(body)


def _topic(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {"name": p["TopicName"]}
    if tags_of(p):
        body["tags"] = tags_of(p)
    return [Block("aws_sns_topic", body)]


def _budget(resource: Resource) -> list[Block]:
    budget = resource.properties["Budget"]
    notices = [
        Block.inner(
            {
                "notification_type": n["Notification"]["NotificationType"],
                "comparison_operator": n["Notification"]["ComparisonOperator"],
                "threshold": n["Notification"]["Threshold"],
                "threshold_type": n["Notification"]["ThresholdType"],
                "subscriber_email_addresses": [s["Address"] for s in n["Subscribers"]],
            }
        )
        for n in resource.properties["NotificationsWithSubscribers"]
    ]
    filters = [
        Block.inner({"name": name, "values": values})
        for name, values in budget["CostFilters"].items()
    ]
    return [
        Block(
            "aws_budgets_budget",
            {
                "name": budget["BudgetName"],
                "budget_type": budget["BudgetType"],
                "time_unit": budget["TimeUnit"],
                "limit_amount": str(budget["BudgetLimit"]["Amount"]),
                "limit_unit": budget["BudgetLimit"]["Unit"],
                "cost_filter": filters,
                "notification": notices,
            },
        )
    ]


SHAPES: dict[str, Callable[[Resource], list[Block]]] = {
    "AWS::Budgets::Budget": _budget,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::Dashboard": plainly("aws_cloudwatch_dashboard"),
    "AWS::SNS::Subscription": plainly("aws_sns_topic_subscription"),
    "AWS::SNS::Topic": _topic,
}
