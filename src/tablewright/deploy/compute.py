"""What runs the application: functions behind an API, containers behind a balancer, or instances.

In: a site, the policy statements of its patterns, the variables it is given. Out: resources. The
program itself is not part of it: functions come from a bucket and containers from a registry,
both named by parameters, so that the same template serves every release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tablewright.core.quantities import HOURS_PER_MONTH
from tablewright.deploy.grants import Statement, policy, trust
from tablewright.deploy.network import (
    PRIVATE,
    PUBLIC,
    balancer,
    compute_subnets,
    from_anywhere,
    from_group,
    has_nat,
    needs_network,
    security_group,
)
from tablewright.deploy.option import Site
from tablewright.deploy.resources import Account, ParameterRef, Ref, Resource, Text

PORT = 8080
HEALTH_PATH = "/health"
PYTHON = "python3.13"
TASK_VCPU = Decimal("0.25")
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
            "RetentionInDays": _log_days(site.retention_days),
        },
        price_keys=("aws.cloudwatch.logs",),
    )
    if kind == FUNCTION:
        yield from _functions(site, statements, variables)
    elif kind == TASKS:
        yield from _tasks(site, statements, variables)
    else:
        yield from _instances(site, statements, variables)


def _log_days(days: int) -> int:
    """Return the shortest retention that CloudWatch Logs offers and that keeps them long enough.

    Amazon CloudWatch Logs API Reference, PutRetentionPolicy.
    """
    offered = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653)
    return next((choice for choice in offered if choice >= days), offered[-1])


def _log_statement() -> dict[str, Any]:
    return {
        "Sid": "WriteLogs",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": [Text((Ref("Logs", "Arn"), ":*"))],
    }


def _role(
    name: str, service: str, statements: Sequence[Mapping[str, Any]], reason: str
) -> Resource:
    return Resource(
        name=name,
        kind="AWS::IAM::Role",
        properties={
            "AssumeRolePolicyDocument": trust(service),
            "Policies": [
                {
                    "PolicyName": "access",
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)},
                }
            ],
        },
        reason=reason,
    )


def application_statements(statements: Sequence[Statement], site: Site) -> list[dict[str, Any]]:
    """Return what the running application may do: its patterns, and reading its secrets."""
    written: list[dict[str, Any]] = list(policy(statements)["Statement"])
    if site.secrets:
        written.append(
            {
                "Sid": "ReadSecrets",
                "Effect": "Allow",
                "Action": ["secretsmanager:GetSecretValue"],
                "Resource": [Ref(secret_name(name)) for name in site.secrets],
            }
        )
    if site.has("aws.s3"):
        written.append(
            {
                "Sid": "Files",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                "Resource": [Text((Ref("Files", "Arn"), "/*"))],
            }
        )
    return written


def secret_name(name: str) -> str:
    """Return the logical name of a secret."""
    return "Secret" + "".join(word.capitalize() for word in name.replace("_", "-").split("-"))


def variables_of(site: Site, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the environment variables of the program: names of tables and secrets, no values."""
    variables: dict[str, Any] = {"APP_ENVIRONMENT": site.environment}
    variables.update(tables)
    for name in site.secrets:
        variables[f"{name.upper().replace('-', '_')}_SECRET"] = Ref(secret_name(name))
    if site.has("aws.s3"):
        variables["FILES_BUCKET"] = Ref("Files")
    return variables


# ------------------------------------------------------------------ functions


def _functions(
    site: Site, statements: Sequence[Statement], variables: Mapping[str, Any]
) -> Iterator[Resource]:
    rights = application_statements(statements, site)
    rights += [
        _log_statement(),
        {
            "Sid": "DeadLetters",
            "Effect": "Allow",
            "Action": ["sqs:SendMessage"],
            "Resource": [Ref("DeadLetters", "Arn")],
        },
    ]
    inside = needs_network(site)
    if inside:  # AWS Lambda Developer Guide, "Execution role permissions" for a VPC
        rights.append(
            {
                "Sid": "NetworkInterfaces",
                "Effect": "Allow",
                "Action": [
                    "ec2:CreateNetworkInterface",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DeleteNetworkInterface",
                ],
                "Resource": ["*"],
            }
        )
    yield _role("FunctionRole", "lambda", rights, "what the access patterns need, and no more")
    yield Resource(
        name="DeadLetters",
        kind="AWS::SQS::Queue",
        properties={"SqsManagedSseEnabled": True, "MessageRetentionPeriod": 1_209_600},
        reason="asynchronous calls that failed twice wait here for 14 days",
    )
    properties: dict[str, Any] = {
        "Architectures": ["arm64" if site.has("aws.lambda.gbs.arm") else "x86_64"],
        "Code": {"S3Bucket": ParameterRef("ArtifactBucket"), "S3Key": ParameterRef("ArtifactKey")},
        "DeadLetterConfig": {"TargetArn": Ref("DeadLetters", "Arn")},
        "Environment": {"Variables": dict(variables)},
        "Handler": "app.handler",
        "LoggingConfig": {"LogGroup": Ref("Logs"), "LogFormat": "JSON"},
        "MemorySize": site.function_mb,
        "Role": Ref("FunctionRole", "Arn"),
        "Runtime": PYTHON,
        "Timeout": site.function_seconds,
        "TracingConfig": {"Mode": "PassThrough"},
    }
    if inside:
        yield security_group("ComputeGroup", site, "functions accept no calls from the network", ())
        properties["VpcConfig"] = {
            "SubnetIds": [Ref(name) for name in PRIVATE],
            "SecurityGroupIds": [Ref("ComputeGroup", "GroupId")],
        }
    yield Resource(
        name="Function",
        kind="AWS::Lambda::Function",
        properties=properties,
        reason=f"answers every route; sized as priced: {site.function_mb} MB",
        price_keys=("aws.lambda",),
    )
    yield from _http_api(site)


def _http_api(site: Site) -> Iterator[Resource]:
    cors: dict[str, Any] = {
        "AllowMethods": ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        "AllowHeaders": ["authorization", "content-type", "x-api-key"],
        "AllowOrigins": list(site.allowed_origins) or ["https://localhost:3000"],
        "MaxAge": 600,
    }
    yield Resource(
        name="Api",
        kind="AWS::ApiGatewayV2::Api",
        properties={"Name": site.stack_name, "ProtocolType": "HTTP", "CorsConfiguration": cors},
        price_keys=("aws.api-gateway",),
    )
    yield Resource(
        name="ApiIntegration",
        kind="AWS::ApiGatewayV2::Integration",
        properties={
            "ApiId": Ref("Api"),
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": Ref("Function", "Arn"),
            "PayloadFormatVersion": "2.0",
            "TimeoutInMillis": min(30_000, site.function_seconds * 1000),
        },
    )
    yield Resource(
        name="ApiRoute",
        kind="AWS::ApiGatewayV2::Route",
        properties={
            "ApiId": Ref("Api"),
            "RouteKey": "$default",
            "AuthorizationType": "NONE",
            "Target": Text(("integrations/", Ref("ApiIntegration"))),
        },
        reason="public: the application itself checks who calls",
    )
    burst = max(10, round(site.peak_requests_per_second * 4))
    yield Resource(
        name="ApiStage",
        kind="AWS::ApiGatewayV2::Stage",
        properties={
            "ApiId": Ref("Api"),
            "StageName": "$default",
            "AutoDeploy": True,
            "DefaultRouteSettings": {
                "ThrottlingBurstLimit": burst,
                "ThrottlingRateLimit": burst,
                "DetailedMetricsEnabled": True,
            },
            "AccessLogSettings": {
                "DestinationArn": Ref("Logs", "Arn"),
                "Format": '{"requestId":"$context.requestId","route":"$context.routeKey",'
                '"status":"$context.status","latency":"$context.responseLatency"}',
            },
        },
        reason=f"four times the modelled peak of {round(site.peak_requests_per_second, 1)} calls "
        "a second; above it callers get 429",
    )
    yield Resource(
        name="ApiPermission",
        kind="AWS::Lambda::Permission",
        properties={
            "Action": "lambda:InvokeFunction",
            "FunctionName": Ref("Function"),
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": Text(
                (
                    "arn:",
                    Account("partition"),
                    ":execute-api:",
                    Account("region"),
                    ":",
                    Account("id"),
                    ":",
                    Ref("Api"),
                    "/*",
                )
            ),
        },
    )


# ------------------------------------------------------------------ containers


def _tasks(
    site: Site, statements: Sequence[Statement], variables: Mapping[str, Any]
) -> Iterator[Resource]:
    has_balancer = site.has("aws.elb")
    count = _task_count(site)
    if has_balancer:
        yield from balancer(site, PORT, HEALTH_PATH)
        opening = from_group(PORT, "BalancerGroup", "the load balancer")
    else:
        opening = from_anywhere(PORT, "the service itself")
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
        properties={"ClusterSettings": [{"Name": "containerInsights", "Value": "enabled"}]},
    )
    yield _role(
        "TaskRole",
        "ecs-tasks",
        application_statements(statements, site),
        "what the access patterns need, and no more",
    )
    yield _role("StartRole", "ecs-tasks", _start_rights(), "pulls the image and writes its log")
    yield _task_definition(site, variables)
    service: dict[str, Any] = {
        "Cluster": Ref("Cluster"),
        "DesiredCount": count,
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
                "AssignPublicIp": "DISABLED" if has_nat(site) else "ENABLED",
            }
        },
    }
    if has_balancer:
        service["HealthCheckGracePeriodSeconds"] = 60
        service["LoadBalancers"] = [
            {"ContainerName": "app", "ContainerPort": PORT, "TargetGroupArn": Ref("Targets")}
        ]
    yield Resource(
        name="Service",
        kind="AWS::ECS::Service",
        properties=service,
        reason=f"{count} tasks as priced; a release that does not become healthy is rolled back",
        after=("HttpsListener",) if has_balancer else (),
        price_keys=("aws.fargate",),
    )


def _task_count(site: Site) -> int:
    """Return how many tasks are priced: vCPU-hours over those of one task of a quarter vCPU."""
    hours = sum((part.quantity for part in site.parts_of("aws.fargate.vcpu")), Decimal(0))
    return max(1, round(hours / (TASK_VCPU * HOURS_PER_MONTH)))


def _start_rights() -> list[dict[str, Any]]:
    return [
        _log_statement(),
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
            "Family": site.stack_name,
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
            "ContainerDefinitions": [
                {
                    "Name": "app",
                    "Image": Text((Ref("Images", "RepositoryUri"), ":", ParameterRef("ImageTag"))),
                    "Essential": True,
                    "PortMappings": [{"ContainerPort": PORT, "Protocol": "tcp"}],
                    "ReadonlyRootFilesystem": True,
                    "Environment": [
                        {"Name": name, "Value": value} for name, value in sorted(variables.items())
                    ],
                    "HealthCheck": {
                        "Command": [
                            "CMD",
                            "python",
                            "-c",
                            "import urllib.request as r; "
                            f"r.urlopen('http://127.0.0.1:{PORT}{HEALTH_PATH}', timeout=2)",
                        ],
                        "Interval": 30,
                        "Timeout": 5,
                        "Retries": 3,
                        "StartPeriod": 20,
                    },
                    "LogConfiguration": {
                        "LogDriver": "awslogs",
                        "Options": {
                            "awslogs-group": Ref("Logs"),
                            "awslogs-region": Account("region"),
                            "awslogs-stream-prefix": "app",
                        },
                    },
                }
            ],
        },
    )


# ------------------------------------------------------------------ instances


def _instance_type(site: Site) -> str:
    """Return the type of instance that is priced, such as t3.small."""
    for part in site.parts_of("aws.ec2."):
        return part.price_key.removeprefix("aws.ec2.")
    return "t3.small"


def _instances(
    site: Site, statements: Sequence[Statement], variables: Mapping[str, Any]
) -> Iterator[Resource]:
    has_balancer = site.has("aws.elb")
    if has_balancer:
        yield from balancer(site, PORT, HEALTH_PATH)
        openings: tuple[dict[str, Any], ...] = (
            from_group(PORT, "BalancerGroup", "the load balancer"),
        )
    else:
        openings = (from_anywhere(443, "HTTPS"), from_anywhere(80, "redirected to HTTPS"))
    yield security_group("ComputeGroup", site, "instances are managed without SSH", openings)
    rights = [
        *application_statements(statements, site),
        _log_statement(),
        {
            "Sid": "FetchRelease",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": [
                Text(
                    (
                        "arn:",
                        Account("partition"),
                        ":s3:::",
                        ParameterRef("ArtifactBucket"),
                        "/",
                        ParameterRef("ArtifactKey"),
                    )
                )
            ],
        },
    ]
    yield _role("InstanceRole", "ec2", rights, "what the access patterns need, and no more")
    yield Resource(
        name="InstanceProfile",
        kind="AWS::IAM::InstanceProfile",
        properties={"Roles": [Ref("InstanceRole")]},
    )
    yield Resource(
        name="Template",
        kind="AWS::EC2::LaunchTemplate",
        properties={"LaunchTemplateData": _launch_data(site, variables)},
        reason="Amazon Linux; metadata only with a token, the disk encrypted",
    )
    if has_balancer:
        yield _group(site)
        return
    yield Resource(
        name="Instance",
        kind="AWS::EC2::Instance",
        properties={
            "LaunchTemplate": {
                "LaunchTemplateId": Ref("Template"),
                "Version": Ref("Template", "LatestVersionNumber"),
            },
            "SubnetId": Ref(PUBLIC[0]),
            "Tags": [{"Key": "Name", "Value": site.stack_name}],
        },
        reason="one instance in one zone, as priced: when it stops, the application stops",
        price_keys=("aws.ec2", "aws.ebs"),
    )
    yield Resource(
        name="Address",
        kind="AWS::EC2::EIP",
        properties={"Domain": "vpc", "InstanceId": Ref("Instance")},
        after=("GatewayAttachment",),
        price_keys=("aws.vpc.publicipv4",),
    )


def _group(site: Site) -> Resource:
    count = site.hours_of("aws.ec2.")
    return Resource(
        name="Group",
        kind="AWS::AutoScaling::AutoScalingGroup",
        properties={
            "MinSize": str(max(2, count)),
            "MaxSize": str(max(2, count) * 2),
            "DesiredCapacity": str(max(2, count)),
            "HealthCheckType": "ELB",
            "HealthCheckGracePeriod": 300,
            "VPCZoneIdentifier": [Ref(name) for name in compute_subnets(site)],
            "TargetGroupARNs": [Ref("Targets")],
            "LaunchTemplate": {
                "LaunchTemplateId": Ref("Template"),
                "Version": Ref("Template", "LatestVersionNumber"),
            },
        },
        reason="replaces an instance that is not healthy; twice as many at the most",
        after=("HttpsListener",),
        price_keys=("aws.ec2", "aws.ebs"),
    )


def _launch_data(site: Site, variables: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ImageId": Account("amazon-linux"),
        "InstanceType": _instance_type(site),
        "IamInstanceProfile": {"Arn": Ref("InstanceProfile", "Arn")},
        "SecurityGroupIds": [Ref("ComputeGroup", "GroupId")],
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        "BlockDeviceMappings": [
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {
                    "VolumeSize": _disk_gb(site),
                    "VolumeType": "gp3",
                    "Encrypted": True,
                    "DeleteOnTermination": True,
                },
            }
        ],
        "UserData": _user_data(variables),
    }


def _disk_gb(site: Site) -> int:
    parts = site.parts_of("aws.ebs")
    instances = max(1, site.hours_of("aws.ec2."))
    return max(8, round(float(sum(part.quantity for part in parts)) / instances)) if parts else 8


def _user_data(variables: Mapping[str, Any]) -> Text:
    """Return the script an instance runs once: fetch the release, write its unit, start it."""
    lines: list[Any] = [
        "#!/bin/bash\nset -euo pipefail\n",
        "dnf install -y --setopt=install_weak_deps=False python3.13 unzip\n",
        "useradd --system --home-dir /srv/app --create-home app || true\n",
        "aws s3 cp s3://",
        ParameterRef("ArtifactBucket"),
        "/",
        ParameterRef("ArtifactKey"),
        " /srv/app/release.zip\nunzip -oq /srv/app/release.zip -d /srv/app\n",
        "cat > /etc/app.env <<'END'\n",
    ]
    for name, value in sorted(variables.items()):
        lines += [f"{name}=", value, "\n"]
    lines.append(
        "END\nchmod 0640 /etc/app.env && chgrp app /etc/app.env\n"
        "cat > /etc/systemd/system/app.service <<'END'\n"
        "[Unit]\nDescription=application\nAfter=network-online.target\n\n"
        "[Service]\nUser=app\nEnvironmentFile=/etc/app.env\nWorkingDirectory=/srv/app\n"
        f"ExecStart=/usr/bin/python3.13 -m app --host 0.0.0.0 --port {PORT}\n"
        "Restart=always\nRestartSec=2\nNoNewPrivileges=true\nProtectSystem=strict\n"
        "ReadWritePaths=/srv/app\n\n[Install]\nWantedBy=multi-user.target\nEND\n"
        "systemctl daemon-reload\nsystemctl enable --now app\n"
    )
    return Text(tuple(lines))
