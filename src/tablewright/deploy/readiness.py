"""What a stack has, and lacks, of what a system needs before people depend on it.

In: a stack, its site. Out: a list: alarms, rights, recovery, protection, budget, firewall, each
with what in the stack stands for it, or the command that adds it. Whether a restore works is not
known before it was tried: that is said too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.deploy.option import Site
from tablewright.deploy.resources import Resource, Stack

PRESENT, MISSING, UNKNOWN = "present", "missing", "not known"
DATABASES = ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance")
CLUSTER = "MongoDB::Atlas::Cluster"


@frozen
class ReadinessRow:
    """One thing that a system needs."""

    what: str
    state: str
    """present, missing or "not known"."""
    evidence: str
    fix: str = ""
    """What adds it, where it is missing or not known."""


def readiness(stack: Stack, site: Site) -> Iterator[ReadinessRow]:
    """Yield what is there and what is missing."""
    alarms = len(stack.of_kind("AWS::CloudWatch::Alarm"))
    yield ReadinessRow(
        what="alarms",
        state=PRESENT if alarms else MISSING,
        evidence=f"{alarms} alarms, told to AlarmTopic",
    )
    yield _rights(stack)
    yield _recovery(stack)
    yield _plan(site)
    yield _protection(stack)
    budgets = len(stack.of_kind("AWS::Budgets::Budget"))
    yield ReadinessRow(
        what="budget",
        state=PRESENT if budgets else MISSING,
        evidence=f"{budgets} budget at the priced bill, anomalies watched",
    )
    yield ReadinessRow(
        what="restore",
        state=UNKNOWN,
        evidence="no stack says how long a recovery takes",
        fix="tablewright backup, then tablewright restore --drill",
    )


def _rights(stack: Stack) -> ReadinessRow:
    roles = stack.of_kind("AWS::IAM::Role")
    wide = sorted(
        role.name
        for role in roles
        for policy in role.properties.get("Policies", ())
        for statement in policy["PolicyDocument"]["Statement"]
        if any(action.endswith("*") for action in statement["Action"])
    )
    return ReadinessRow(
        what="IAM",
        state=MISSING if wide else PRESENT,
        evidence=f"{', '.join(wide)} may do everything of a service"
        if wide
        else f"{len(roles)} roles, every action named",
        fix="name the actions" if wide else "",
    )


def _recovery(stack: Stack) -> ReadinessRow:
    stores = [resource for resource in stack.resources if _is_store(resource)]
    without = [resource.name for resource in stores if not _can_go_back(resource)]
    if not stores:
        return ReadinessRow(
            what="point-in-time recovery",
            state=UNKNOWN,
            evidence="the stack has no database",
        )
    return ReadinessRow(
        what="point-in-time recovery",
        state=MISSING if without else PRESENT,
        evidence=f"not of {', '.join(without)}" if without else f"of all {len(stores)}",
        fix="write `pitr: 35d` at the tables of the design" if without else "",
    )


def _is_store(resource: Resource) -> bool:
    return "DynamoDB" in resource.kind or resource.kind in (*DATABASES, CLUSTER)


def _can_go_back(resource: Resource) -> bool:
    p: Mapping[str, Any] = resource.properties
    if resource.kind == CLUSTER:
        return bool(p.get("PitEnabled"))
    if resource.kind in DATABASES:
        return "DBClusterIdentifier" in p or bool(p.get("BackupRetentionPeriod"))
    replicas = p.get("Replicas") or (p,)
    return all(
        each.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled")
        for each in replicas
    )


def _plan(site: Site) -> ReadinessRow:
    has_plan = "backup" in site.extras
    return ReadinessRow(
        what="backup plan",
        state=PRESENT if has_plan else MISSING,
        evidence="AWS Backup, daily" if has_plan else "nothing outlives point-in-time recovery",
        fix="" if has_plan else "tablewright deploy --with backup",
    )


def _protection(stack: Stack) -> ReadinessRow:
    stores = [resource for resource in stack.resources if _is_store(resource)]
    without = [resource.name for resource in stores if not resource.keeps_data]
    return ReadinessRow(
        what="data outlives the stack",
        state=MISSING if without else PRESENT,
        evidence=f"not {', '.join(without)}" if without else f"{len(stores)} databases and tables",
    )
