"""The application as tasks of a cluster, behind a load balancer where one is paid for.

In: a site, the policy statements of its patterns, the variables it is given. Out: resources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tablewright.core.quantities import HOURS_PER_MONTH
from tablewright.deploy.grants import Statement
from tablewright.deploy.network import (
    balancer,
    compute_subnets,
    from_anywhere,
    from_group,
    has_private_way,
    security_group,
)
from tablewright.deploy.option import Site
from tablewright.deploy.resources import AccountFact, ParameterRef, Ref, Resource, Text
from tablewright.deploy.rights import (
    application_statements,
    log_statement,
    read_secrets,
    role_of,
    secret_address,
    why,
)

TASK_VCPU = Decimal("0.25")
TASK_COUNT = "TaskCount"
"""Parameter: how many tasks run. Its default is what is priced; 0 in the first deployment, whose
repository has no image yet: a service that cannot start a task takes the stack back with it."""


def tasks(
    site: Site, statements: Sequence[Statement], variables: Mapping[str, Any]
) -> Iterator[Resource]:
    """Yield the cluster, its service and tasks, their roles, and the balancer before them."""
    has_balancer = site.has("aws.elb")
    port = site.program.port
    if has_balancer:
        yield from balancer(site)
        opening = from_group(port, "BalancerGroup", "the load balancer")
    else:
        opening = from_anywhere(port, "the service itself")
    yield security_group("ComputeGroup", site, "tasks answer on one port", (opening,))
    yield Resource(
        name="Images",
        kind="AWS::ECR::Repository",
        properties={
            "RepositoryName": site.stack_name,
            "ImageScanningConfiguration": {"ScanOnPush": True},
            "ImageTagMutability": "IMMUTABLE",
            "EncryptionConfiguration": {"EncryptionType": "AES256"},
        },
        reason="images are scanned, and a tag never changes its meaning",
        keeps_data=True,
    )
    yield Resource(
        name="Cluster",
        kind="AWS::ECS::Cluster",
        properties={
            "ClusterName": site.plain_name,
            "ClusterSettings": [{"Name": "containerInsights", "Value": "disabled"}],
        },
        reason="container insights cost by metric and are not priced: switch them on by hand",
    )
    yield role_of(
        "TaskRole", "ecs-tasks", application_statements(statements, site), why(statements)
    )
    yield role_of(
        "StartRole",
        "ecs-tasks",
        _start_rights(site),
        "pulls the image, reads the secrets, writes the log",
    )
    yield _task_definition(site, variables)
    yield _service(site, has_balancer=has_balancer)


def _service(site: Site, *, has_balancer: bool) -> Resource:
    count = task_count(site)
    service: dict[str, Any] = {
        "ServiceName": "app",
        "Cluster": Ref("Cluster"),
        "DesiredCount": ParameterRef(TASK_COUNT),
        "LaunchType": "FARGATE",
        "TaskDefinition": Ref("Task"),
        "DeploymentConfiguration": {
            "MinimumHealthyPercent": 100,
            "MaximumPercent": 200,
            "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
        },
        "NetworkConfiguration": {
            "AwsvpcConfiguration": {
                "Subnets": [Ref(name) for name in compute_subnets(site)],
                "SecurityGroups": [Ref("ComputeGroup", "GroupId")],
                "AssignPublicIp": "DISABLED" if has_private_way(site) else "ENABLED",
            }
        },
    }
    if has_balancer:
        service["HealthCheckGracePeriodSeconds"] = 60
        service["LoadBalancers"] = [
            {
                "ContainerName": "app",
                "ContainerPort": site.program.port,
                "TargetGroupArn": Ref("Targets"),
            }
        ]
    return Resource(
        name="Service",
        kind="AWS::ECS::Service",
        properties=service,
        reason=f"{count} tasks as priced; a release that does not become healthy is rolled back",
        after=("HttpsListener",) if has_balancer else (),
        price_keys=("aws.fargate",),
    )


def task_count(site: Site) -> int:
    """Return how many tasks are priced: vCPU-hours over those of one task of a quarter vCPU."""
    hours = sum((part.quantity for part in site.parts_of("aws.fargate.vcpu")), Decimal(0))
    return max(1, round(hours / (TASK_VCPU * HOURS_PER_MONTH)))


def _start_rights(site: Site) -> list[dict[str, Any]]:
    secrets = [read_secrets(site)] if site.secrets else []
    return [
        *secrets,
        log_statement(),
        {
            "Sid": "PullImage",
            "Effect": "Allow",
            "Action": [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ],
            "Resource": [Ref("Images", "Arn")],
        },
        {
            "Sid": "SignIn",
            "Effect": "Allow",
            "Action": ["ecr:GetAuthorizationToken"],
            "Resource": ["*"],  # has no resource: IAM service authorization reference, Amazon ECR
        },
    ]


def _task_definition(site: Site, variables: Mapping[str, Any]) -> Resource:
    return Resource(
        name="Task",
        kind="AWS::ECS::TaskDefinition",
        properties={
            "Family": site.plain_name,
            "Cpu": "256",
            "Memory": "512",
            "NetworkMode": "awsvpc",
            "RequiresCompatibilities": ["FARGATE"],
            "RuntimePlatform": {
                "CpuArchitecture": "ARM64" if site.has("aws.fargate.vcpu.arm") else "X86_64",
                "OperatingSystemFamily": "LINUX",
            },
            "TaskRoleArn": Ref("TaskRole", "Arn"),
            "ExecutionRoleArn": Ref("StartRole", "Arn"),
            "ContainerDefinitions": [_container(site, variables)],
        },
    )


def _container(site: Site, variables: Mapping[str, Any]) -> dict[str, Any]:
    container: dict[str, Any] = {
        "Name": "app",
        "Image": Text((Ref("Images", "RepositoryUri"), ":", ParameterRef("ImageTag"))),
        "Essential": True,
        "PortMappings": [{"ContainerPort": site.program.port, "Protocol": "tcp"}],
        "ReadonlyRootFilesystem": True,
        "Environment": [
            {"Name": name, "Value": value} for name, value in sorted(variables.items())
        ],
        "HealthCheck": {
            "Command": ["CMD", *health_command(site)],
            "Interval": 30,
            "Timeout": 5,
            "Retries": 3,
            "StartPeriod": 20,
        },
        "LogConfiguration": {
            "LogDriver": "awslogs",
            "Options": {
                "awslogs-group": Ref("Logs"),
                "awslogs-region": AccountFact("region"),
                "awslogs-stream-prefix": "app",
            },
        },
    }
    if site.secrets:
        container["Secrets"] = [
            {"Name": secret.name, "ValueFrom": secret_address(site, secret)}
            for secret in sorted(site.secrets, key=lambda secret: secret.name)
        ]
    return container


def health_command(site: Site) -> list[str]:
    """Return the command by which a container says whether it is healthy.

    Each uses what the image of its language has: `wget` of BusyBox, Node itself, Python itself.
    """
    address = f"http://127.0.0.1:{site.program.port}{site.program.health_path}"
    if site.program.language == "go":
        return ["wget", "-q", "-O", "/dev/null", address]
    if site.program.language == "node":
        script = f"fetch('{address}').then(r => process.exit(r.ok ? 0 : 1))"
        return ["node", "-e", script]
    return ["python", "-c", f"import urllib.request as r; r.urlopen('{address}', timeout=2)"]
