"""A migration as a job of AWS Glue or Amazon EMR Serverless: its role, its bucket, its program.

In: two designs' names, what a copy may do at each, the service. Out: a stack. Its bucket holds the
model file, the program of `migration_program`, and the shares of the migration.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.deploy.resources import (
    AccountFact,
    Parameter,
    ParameterRef,
    Ref,
    Resource,
    Stack,
    StackOutput,
    Text,
    checked,
)
from tablewright.deploy.rights import role_of
from tablewright.deploy.storage import bucket_policy, closed_bucket

GLUE, EMR = "glue", "emr"
SERVICES = {GLUE: "glue", EMR: "emr-serverless"}
"""What IAM calls the services."""
GLUE_VERSION = "5.1"
"""Spark 3.5.6, Python 3.11, Java 17: AWS Glue Developer Guide, "AWS Glue versions"."""
EMR_RELEASE = "emr-7.11.0"
"""Spark 3.5.6: Amazon EMR Serverless User Guide, "EMR Serverless 7.11.0"."""
WORKERS = 10
MOST_MINUTES = 2_880
"""Of one run of a Glue job: two days, the default of the service; the next run goes on."""
IDLE_MINUTES = 15
KEPT_DAYS = 30
"""For which shares stay in the bucket: they hold what was moved."""
SHARES_PREFIX = "shares"
PROGRAM, MODEL = "migrate.py", "tablewright.yaml"
ENVIRONMENT = "environment.tar.gz"


@frozen
class JobSide:
    """One side of a migration as its job reaches it."""

    design: str
    engine: str
    service: str = ""
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    """Last parts of ARNs; none where the database has users of its own."""

    @property
    def is_server(self) -> bool:
        """Whether its address, with a user of its own, comes from a secret."""
        return not self.resources


def job_stack(app: str, region: str, service: str, source: JobSide, target: JobSide) -> Stack:
    """Return what the job needs: a bucket, a role, the job itself.

    Args:
        app: the application's name.
        region: of the tables.
        service: glue or emr.
        source: the side that is read.
        target: the side that is written, and read to compare.
    """
    name = f"{app}-migration"
    servers = [side for side in (("Source", source), ("Target", target)) if side[1].is_server]
    tags = [{"Key": "app", "Value": app}, {"Key": "purpose", "Value": "migration"}]
    resources = [
        _bucket(),
        bucket_policy("Work"),
        role_of(
            "JobRole",
            SERVICES[service],
            list(_statements(service, source, target)),
            reason="reads the source, writes and reads the target, keeps its place in the bucket",
        ),
    ]
    make = _glue if service == GLUE else _emr
    resources += make(name, source, target, tags, has_network=bool(servers))
    return checked(
        Stack(
            name=name,
            title=f"{app}: move `{source.design}` to `{target.design}` on "
            + ("AWS Glue" if service == GLUE else "Amazon EMR Serverless"),
            region=region,
            environment="migration",
            parameters=tuple(_parameters(servers, service)),
            resources=tuple(resources),
            outputs=(
                StackOutput(name="WorkBucket", text="the bucket of the job", value=Ref("Work")),
                StackOutput(
                    name="JobRoleArn", text="the role of the job", value=Ref("JobRole", "Arn")
                ),
                StackOutput(
                    name="JobName",
                    text="the job" if service == GLUE else "the application that runs the job",
                    value=Ref("Job"),
                ),
            ),
        )
    )


def _bucket() -> Resource:
    rules = [
        {
            "Id": "shares",
            "Status": "Enabled",
            "Prefix": f"{SHARES_PREFIX}/",
            "ExpirationInDays": KEPT_DAYS,
            "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
        }
    ]
    return Resource(
        name="Work",
        kind="AWS::S3::Bucket",
        properties=closed_bucket(rules),
        reason="the program, the model file, and the shares of the migration with their positions",
        keeps_data=True,
    )


def _statements(service: str, source: JobSide, target: JobSide) -> Iterator[dict[str, Any]]:
    for sid, side in (("ReadSource", source), ("WriteTarget", target)):
        if side.is_server:
            yield {
                "Sid": sid,
                "Effect": "Allow",
                "Action": ["secretsmanager:GetSecretValue"],
                "Resource": [ParameterRef(_secret(sid))],
            }
        else:
            yield {
                "Sid": sid,
                "Effect": "Allow",
                "Action": list(side.actions),
                "Resource": [_arn(side.service, name) for name in side.resources],
            }
    yield {
        "Sid": "Place",
        "Effect": "Allow",
        "Action": ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
        "Resource": [Text((Ref("Work", "Arn"), "/*"))],
    }
    yield {
        "Sid": "ListPlace",
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": [Ref("Work", "Arn")],
    }
    if service == GLUE:
        yield {
            "Sid": "WriteLogs",
            "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [_arn("logs", "log-group:/aws-glue/*")],
        }
    if service == GLUE and (source.is_server or target.is_server):
        yield {
            "Sid": "Connect",
            "Effect": "Allow",
            "Action": ["glue:GetConnection"],
            "Resource": [_arn("glue", "catalog"), _arn("glue", "connection/*")],
        }
        yield {
            "Sid": "Network",
            "Effect": "Allow",
            "Action": [
                "ec2:CreateNetworkInterface",
                "ec2:CreateTags",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeRouteTables",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcAttribute",
                "ec2:DescribeVpcEndpoints",
            ],
            "Resource": ["*"],  # what Glue asks for before an interface has a name
        }


def _arn(service: str, resource: str) -> Text:
    return Text(
        (
            "arn:",
            AccountFact("partition"),
            f":{service}:",
            AccountFact("region"),
            ":",
            AccountFact("id"),
            f":{resource}",
        )
    )


def _secret(sid: str) -> str:
    return f"{sid.removeprefix('Read').removeprefix('Write')}SecretArn"


def _parameters(servers: Sequence[tuple[str, JobSide]], service: str) -> Iterator[Parameter]:
    for name, side in servers:
        yield Parameter(
            name=f"{name}SecretArn",
            text=f"ARN of the secret with the address of `{side.design}`: {side.engine}://…",
            pattern=r"^arn:[a-z-]+:secretsmanager:.+$",
        )
    if servers:
        yield Parameter(name="SubnetId", text="The subnet from which the server is reached.")
        yield Parameter(name="SecurityGroupId", text="A group that the server lets in.")
    if servers and service == GLUE:
        yield Parameter(name="ZoneName", text="The availability zone of the subnet.")


def arguments(source: JobSide, target: JobSide) -> list[tuple[str, Any]]:
    """Return what the program is told: where its files are, and where addresses are secret."""
    told: list[tuple[str, Any]] = [("--bucket", Ref("Work"))]
    if source.is_server:
        told.append(("--source-secret", ParameterRef("SourceSecretArn")))
    if target.is_server:
        told.append(("--target-secret", ParameterRef("TargetSecretArn")))
    return told


def _glue(
    name: str, source: JobSide, target: JobSide, tags: list[dict[str, str]], *, has_network: bool
) -> Iterator[Resource]:
    extras = sorted({side.engine for side in (source, target) if side.is_server})
    package = f"tablewright[{','.join(extras)}]" if extras else "tablewright"
    properties: dict[str, Any] = {
        "Name": name,
        "Role": Ref("JobRole", "Arn"),
        "GlueVersion": GLUE_VERSION,
        "WorkerType": "G.1X",
        "NumberOfWorkers": WORKERS,
        "MaxRetries": 0,
        "Timeout": MOST_MINUTES,
        "ExecutionProperty": {"MaxConcurrentRuns": 1},
        "Command": {
            "Name": "glueetl",
            "PythonVersion": "3",
            "ScriptLocation": Text(("s3://", Ref("Work"), f"/{PROGRAM}")),
        },
        "DefaultArguments": {
            "--additional-python-modules": package,
            **dict(arguments(source, target)),
        },
        "Tags": {tag["Key"]: tag["Value"] for tag in tags},
    }
    if has_network:
        yield Resource(
            name="Network",
            kind="AWS::Glue::Connection",
            properties={
                "CatalogId": AccountFact("id"),
                "ConnectionInput": {
                    "Name": name,
                    "ConnectionType": "NETWORK",
                    "PhysicalConnectionRequirements": {
                        "AvailabilityZone": ParameterRef("ZoneName"),
                        "SecurityGroupIdList": [ParameterRef("SecurityGroupId")],
                        "SubnetId": ParameterRef("SubnetId"),
                    },
                },
            },
            reason="the server is reached from a subnet",
        )
        properties["Connections"] = {"Connections": [Ref("Network")]}
    yield Resource(
        name="Job",
        kind="AWS::Glue::Job",
        properties=properties,
        reason="a run that stops is started again: it goes on where it stopped",
    )


def _emr(
    name: str, source: JobSide, target: JobSide, tags: list[dict[str, str]], *, has_network: bool
) -> Iterator[Resource]:
    properties: dict[str, Any] = {
        "Name": name,
        "Type": "SPARK",
        "ReleaseLabel": EMR_RELEASE,
        "Architecture": "X86_64",
        "MaximumCapacity": {"Cpu": f"{4 * WORKERS} vCPU", "Memory": f"{16 * WORKERS} GB"},
        "AutoStopConfiguration": {"Enabled": True, "IdleTimeoutMinutes": IDLE_MINUTES},
        "Tags": tags,
    }
    if has_network:
        properties["NetworkConfiguration"] = {
            "SubnetIds": [ParameterRef("SubnetId")],
            "SecurityGroupIds": [ParameterRef("SecurityGroupId")],
        }
    yield Resource(
        name="Job",
        kind="AWS::EMRServerless::Application",
        properties=properties,
        reason="costs nothing while no job runs; a job that stops is started again",
    )
