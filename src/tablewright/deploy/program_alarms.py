"""Alarms on what runs the program, and on database servers.

In: a site. Out: resources. Sources of names: AWS Lambda Developer Guide, "Types of metrics for
Lambda functions"; Amazon API Gateway Developer Guide, "Metrics and dimensions"; Elastic Load
Balancing, "CloudWatch metrics for your Application Load Balancer"; Amazon RDS User Guide, "Amazon
CloudWatch metrics for Amazon RDS"; Amazon EC2 User Guide, "Status check metrics".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tablewright.deploy.alarm_values import METRICS_OF_AN_ALARM, alarm, summed, watched
from tablewright.deploy.call_latency import LATENCY_PERIODS, call_latency
from tablewright.deploy.compute import FUNCTION, INSTANCES, TASKS, kind_of
from tablewright.deploy.functions import function_names
from tablewright.deploy.option import SERVER_PRICES, Site
from tablewright.deploy.resources import Ref, Resource

CONCURRENCY_QUOTA = 1000
"""Functions that run at once in an account: AWS Lambda Developer Guide, "Lambda quotas"."""
FAILED_CALLS = 5
BUSY_PERCENT = 80
LEAST_FREE_SHARE = 10
"""A disk with less than a tenth free."""
GB = 1024**3


def program_alarms(site: Site) -> Iterator[Resource]:
    """Yield the alarms on functions and their API, on a balancer's targets, or on an instance."""
    kind = kind_of(site)
    if kind == FUNCTION:
        yield from _of_functions(site)
    elif site.has("aws.elb"):
        yield from _of_balancer(site)
    elif kind == INSTANCES:
        instance = [{"Name": "InstanceId", "Value": Ref("Instance")}]
        failed = watched("AWS/EC2", "StatusCheckFailed", instance, statistic="Maximum")
        yield alarm(
            "InstanceFailed",
            "the instance or its host fails its status check",
            {**failed, "EvaluationPeriods": 2, "Threshold": 0},
        )


def _of_functions(site: Site) -> Iterator[Resource]:
    yield alarm(
        "FunctionErrors",
        "a function fails: read its log",
        {**_function_metric(site, "Errors"), "EvaluationPeriods": 2, "Threshold": FAILED_CALLS},
    )
    yield alarm(
        "FunctionThrottled",
        "the account's concurrency is used up: raise its quota, or find what holds functions",
        {**_function_metric(site, "Throttles"), "EvaluationPeriods": 2, "Threshold": 0},
    )
    running = watched("AWS/Lambda", "ConcurrentExecutions", (), statistic="Maximum")
    yield alarm(
        "Concurrency",
        "functions that run at once near the account's quota",
        {
            **running,
            "EvaluationPeriods": 2,
            "Threshold": CONCURRENCY_QUOTA * BUSY_PERCENT // 100,
        },
        reason=f"{BUSY_PERCENT} % of {CONCURRENCY_QUOTA:,}, the quota unless it was raised",
    )
    letters = [{"Name": "QueueName", "Value": Ref("DeadLetters", "QueueName")}]
    waiting = watched("AWS/SQS", "ApproximateNumberOfMessagesVisible", letters, statistic="Maximum")
    yield alarm(
        "DeadLetters",
        "asynchronous calls failed for good: their messages wait in the queue",
        {**waiting, "EvaluationPeriods": 1, "Threshold": 0},
    )
    yield from _of_api(site)


def _function_metric(site: Site, metric: str) -> dict[str, Any]:
    """Return the sum of a metric over the functions, or over the account's where they are too many.

    Lambda reports the sum over every function of the account and region where no name is given.
    """
    names = function_names(site)
    if len(names) > METRICS_OF_AN_ALARM:
        return watched("AWS/Lambda", metric, ())
    metrics = [(metric, [{"Name": "FunctionName", "Value": Ref(name)}]) for name in names]
    return summed("AWS/Lambda", metrics, f"{metric.lower()} of functions")


def _of_api(site: Site) -> Iterator[Resource]:
    """Yield alarms on 5xx and on latency; REST and HTTP APIs name metric and dimension apart."""
    rest = site.has("aws.api-gateway.rest")
    dimension: dict[str, Any] = {"Name": "ApiName", "Value": site.stack_name}
    if not rest:
        dimension = {"Name": "ApiId", "Value": Ref("Api")}
    failed = watched("AWS/ApiGateway", "5XXError" if rest else "5xx", [dimension])
    yield alarm(
        "ApiErrors",
        "the API answers with 5xx",
        {**failed, "EvaluationPeriods": 2, "Threshold": FAILED_CALLS},
    )
    longest = call_latency(site)
    if longest is not None:
        slow = watched("AWS/ApiGateway", "Latency", [dimension], statistic="p99")
        yield alarm(
            "ApiLatency",
            f"one call in a hundred takes over {longest.ms} ms",
            {**slow, "EvaluationPeriods": LATENCY_PERIODS, "Threshold": longest.ms},
            reason=longest.reason,
        )


def _of_balancer(site: Site) -> Iterator[Resource]:
    balancer = [{"Name": "LoadBalancer", "Value": Ref("Balancer", "LoadBalancerFullName")}]
    failed = watched("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", balancer)
    yield alarm(
        "BalancerErrors",
        "the application answers with 5xx",
        {**failed, "EvaluationPeriods": 2, "Threshold": FAILED_CALLS},
    )
    targets = [*balancer, {"Name": "TargetGroup", "Value": Ref("Targets", "TargetGroupFullName")}]
    unhealthy = watched(
        "AWS/ApplicationELB", "UnHealthyHostCount", targets, statistic="Maximum", period=60
    )
    yield alarm(
        "Unhealthy",
        f"{'a task' if kind_of(site) == TASKS else 'an instance'} is not healthy",
        {**unhealthy, "EvaluationPeriods": 5, "Threshold": 0},
    )
    longest = call_latency(site)
    if longest is not None:
        slow = watched("AWS/ApplicationELB", "TargetResponseTime", balancer, statistic="p99")
        yield alarm(
            "BalancerLatency",
            f"one call in a hundred takes over {longest.ms} ms",
            {**slow, "EvaluationPeriods": LATENCY_PERIODS, "Threshold": longest.ms / 1000},
            reason=longest.reason,
        )


def server_alarms(site: Site) -> Iterator[Resource]:
    """Yield alarms on the processor of a database server, and on its disk where it has its own."""
    if not site.has(*SERVER_PRICES):
        return
    is_cluster = site.has("aws.aurora")
    name = "DBClusterIdentifier" if is_cluster else "DBInstanceIdentifier"
    server = [{"Name": name, "Value": Ref("Database")}]
    busy = watched("AWS/RDS", "CPUUtilization", server, statistic="Average")
    yield alarm(
        "DatabaseBusy",
        f"the database server's processors are over {BUSY_PERCENT} % busy",
        {**busy, "EvaluationPeriods": 3, "Threshold": BUSY_PERCENT},
    )
    if not is_cluster:
        from tablewright.deploy.servers import disk_gb

        least = disk_gb(site) * GB * LEAST_FREE_SHARE // 100
        free = watched("AWS/RDS", "FreeStorageSpace", server, statistic="Minimum")
        yield alarm(
            "DatabaseDisk",
            "a tenth of the database's disk is left",
            {
                **free,
                "ComparisonOperator": "LessThanThreshold",
                "EvaluationPeriods": 1,
                "Threshold": least,
            },
        )
