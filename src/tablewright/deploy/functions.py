"""The application as functions behind an API.

In: a site, the policy statements of its patterns, the variables it is given. Out: resources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tablewright.deploy.grants import Statement
from tablewright.deploy.network import (
    PRIVATE,
    needs_network,
    security_group,
)
from tablewright.deploy.option import Site
from tablewright.deploy.resources import Account, ParameterRef, Ref, Resource, Text
from tablewright.deploy.rights import application_statements, log_statement, role_of

PYTHON = "python3.13"


def functions(
    site: Site, statements: Sequence[Statement], variables: Mapping[str, Any]
) -> Iterator[Resource]:
    """Yield the function, its role and queue, and the API before it."""
    rights = application_statements(statements, site)
    rights += [
        log_statement(),
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
    yield role_of("FunctionRole", "lambda", rights, "what the access patterns need, and no more")
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
