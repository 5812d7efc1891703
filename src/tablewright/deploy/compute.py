"""What runs the application: functions behind an API, containers behind a balancer, or instances.

In: a site, the policy statements of its patterns, the variables it is given. Out: resources. The
program itself is not part of it: functions come from a bucket and containers from a registry,
both named by parameters, so that the same template serves every release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tablewright.deploy.containers import tasks
from tablewright.deploy.functions import functions
from tablewright.deploy.grants import Statement
from tablewright.deploy.instances import instances
from tablewright.deploy.option import Site
from tablewright.deploy.resources import Resource

FUNCTION, TASKS, INSTANCES = "function", "tasks", "instances"


def kind_of(site: Site) -> str:
    """Return what runs the application: functions, tasks or instances; "" where nothing does."""
    if site.has("aws.lambda"):
        return FUNCTION
    if site.has("aws.fargate"):
        return TASKS
    if site.has("aws.ec2."):
        return INSTANCES
    return ""


def compute(
    site: Site, statements: Sequence[Statement], variables: Mapping[str, Any]
) -> Iterator[Resource]:
    """Yield what runs the application, with a role that may do what the patterns need."""
    kind = kind_of(site)
    if not kind:
        return
    yield Resource(
        name="Logs",
        kind="AWS::Logs::LogGroup",
        properties={
            "LogGroupName": f"/tablewright/{site.app}/{site.environment}",
            "RetentionInDays": log_days(site.retention_days),
        },
        price_keys=("aws.cloudwatch.logs",),
    )
    if kind == FUNCTION:
        yield from functions(site, statements, variables)
    elif kind == TASKS:
        yield from tasks(site, statements, variables)
    else:
        yield from instances(site, statements, variables)


def log_days(days: int) -> int:
    """Return the shortest retention that CloudWatch Logs offers and that keeps them long enough.

    Amazon CloudWatch Logs API Reference, PutRetentionPolicy.
    """
    offered = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653)
    return next((choice for choice in offered if choice >= days), offered[-1])
