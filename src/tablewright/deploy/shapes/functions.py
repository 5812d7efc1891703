"""Roles, logs, functions, queues and APIs as the provider hashicorp/aws writes them.

In: a resource. Out: blocks. Sources: the provider's documentation of each resource, version 6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tablewright.deploy.resources import Ref, Resource
from tablewright.deploy.shapes.values import (
    Block,
    Json,
    physical_name,
    plainly,
    snake_case,
    snaked,
    tags_of,
)


def _role(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {"assume_role_policy": Json(p["AssumeRolePolicyDocument"])}
    if tags_of(p):
        body["tags"] = tags_of(p)
    blocks = [Block("aws_iam_role", body)]
    for policy in p.get("Policies", []):
        blocks.append(
            Block(
                "aws_iam_role_policy",
                {
                    "name": policy["PolicyName"],
                    "role": Ref(resource.name, "Id"),
                    "policy": Json(policy["PolicyDocument"]),
                },
                suffix=policy["PolicyName"],
                is_main=False,
            )
        )
    return blocks


def _profile(resource: Resource) -> list[Block]:
    return [Block("aws_iam_instance_profile", {"role": resource.properties["Roles"][0]})]


def _log_group(resource: Resource) -> list[Block]:
    p = resource.properties
    body = {"name": p["LogGroupName"], "retention_in_days": p["RetentionInDays"]}
    if tags_of(p):
        body["tags"] = tags_of(p)
    return [Block("aws_cloudwatch_log_group", body)]


def _function(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {
        "function_name": physical_name(resource),
        "architectures": p["Architectures"],
        "s3_bucket": p["Code"]["S3Bucket"],
        "s3_key": p["Code"]["S3Key"],
        "handler": p["Handler"],
        "runtime": p["Runtime"],
        "memory_size": p["MemorySize"],
        "timeout": p["Timeout"],
        "role": p["Role"],
        "dead_letter_config": [Block.inner({"target_arn": p["DeadLetterConfig"]["TargetArn"]})],
        "environment": [Block.inner({"variables": p["Environment"]["Variables"]})],
        "logging_config": [
            Block.inner(
                {
                    "log_group": p["LoggingConfig"]["LogGroup"],
                    "log_format": p["LoggingConfig"]["LogFormat"],
                }
            )
        ],
        "tracing_config": [Block.inner({"mode": p["TracingConfig"]["Mode"]})],
    }
    if p.get("VpcConfig"):
        body["vpc_config"] = [
            Block.inner(
                {
                    "subnet_ids": p["VpcConfig"]["SubnetIds"],
                    "security_group_ids": p["VpcConfig"]["SecurityGroupIds"],
                }
            )
        ]
    if tags_of(p):
        body["tags"] = tags_of(p)
    return [Block("aws_lambda_function", body)]


def _permission(resource: Resource) -> list[Block]:
    p = resource.properties
    return [
        Block(
            "aws_lambda_permission",
            {
                "action": p["Action"],
                "function_name": Ref(p["FunctionName"].resource, "Name"),
                "principal": p["Principal"],
                "source_arn": p["SourceArn"],
            },
        )
    ]


def _queue(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {
        "sqs_managed_sse_enabled": p["SqsManagedSseEnabled"],
        "message_retention_seconds": p["MessageRetentionPeriod"],
    }
    if tags_of(p):
        body["tags"] = tags_of(p)
    return [Block("aws_sqs_queue", body)]


def _api(resource: Resource) -> list[Block]:
    p = resource.properties
    cors = snaked(p["CorsConfiguration"])
    body = {
        "name": p["Name"],
        "protocol_type": p["ProtocolType"],
        "cors_configuration": [Block.inner(cors)],
    }
    if tags_of(p):
        body["tags"] = tags_of(p)
    return [Block("aws_apigatewayv2_api", body)]


def _integration(resource: Resource) -> list[Block]:
    p = dict(resource.properties)
    body = {snake_case(key): value for key, value in p.items()}
    body["timeout_milliseconds"] = body.pop("timeout_in_millis")
    body["integration_uri"] = Ref(p["IntegrationUri"].resource, "InvokeArn")
    return [Block("aws_apigatewayv2_integration", body)]


def _stage(resource: Resource) -> list[Block]:
    p = resource.properties
    return [
        Block(
            "aws_apigatewayv2_stage",
            {
                "api_id": p["ApiId"],
                "name": p["StageName"],
                "auto_deploy": p["AutoDeploy"],
                "default_route_settings": [Block.inner(snaked(p["DefaultRouteSettings"]))],
                "access_log_settings": [Block.inner(snaked(p["AccessLogSettings"]))],
            },
        )
    ]


SHAPES: dict[str, Callable[[Resource], list[Block]]] = {
    "AWS::ApiGatewayV2::Api": _api,
    "AWS::ApiGatewayV2::Integration": _integration,
    "AWS::ApiGatewayV2::Route": plainly("aws_apigatewayv2_route"),
    "AWS::ApiGatewayV2::Stage": _stage,
    "AWS::IAM::InstanceProfile": _profile,
    "AWS::IAM::Role": _role,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::Permission": _permission,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::SQS::Queue": _queue,
}
