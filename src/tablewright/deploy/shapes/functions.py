"""Roles, logs, functions, queues and APIs as the provider hashicorp/aws writes them.

In: a resource. Out: blocks. Sources: the provider's documentation of each resource, version 6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tablewright.deploy.resources import Ref, Resource
from tablewright.deploy.shapes.values import (
    Block,
    HclExpression,
    Json,
    physical_name,
    plainly,
    snake_case,
    snaked,
    snaked_name,
    tags_of,
)


def _role(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {"assume_role_policy": Json(p["AssumeRolePolicyDocument"])}
    if "MaxSessionDuration" in p:
        body["max_session_duration"] = p["MaxSessionDuration"]
    if tags_of(p):
        body["tags"] = tags_of(p)
    blocks = [Block("aws_iam_role", body)]
    for policy in p.get("Policies", []):
        inline = {
            "name": policy["PolicyName"],
            "role": Ref(resource.name, "Id"),
            "policy": Json(policy["PolicyDocument"]),
        }
        blocks.append(
            Block("aws_iam_role_policy", inline, suffix=policy["PolicyName"], is_main=False)
        )
    for number, managed in enumerate(p.get("ManagedPolicyArns", []), start=1):
        attached = {"role": Ref(resource.name), "policy_arn": managed}
        blocks.append(
            Block(
                "aws_iam_role_policy_attachment",
                attached,
                suffix=f"managed{number}",
                is_main=False,
            )
        )
    return blocks


def _role_policy(resource: Resource) -> list[Block]:
    p = resource.properties
    body = {
        "name": p["PolicyName"],
        "role": Ref(p["Roles"][0].resource, "Id"),
        "policy": Json(p["PolicyDocument"]),
    }
    return [Block("aws_iam_role_policy", body)]


def _profile(resource: Resource) -> list[Block]:
    return [Block("aws_iam_instance_profile", {"role": resource.properties["Roles"][0]})]


def _log_group(resource: Resource) -> list[Block]:
    p = resource.properties
    body = {"name": p.get("LogGroupName"), "retention_in_days": p["RetentionInDays"]}
    if tags_of(p):
        body["tags"] = tags_of(p)
    return [Block("aws_cloudwatch_log_group", body)]


def _code(resource: Resource) -> dict[str, Any]:
    """Return where a function's code is: a bucket, or a file beside the configuration."""
    code = resource.properties["Code"]
    if "ZipFile" in code:
        packed = f"data.archive_file.{snaked_name(resource.name)}"
        return {
            "filename": HclExpression(f"{packed}.output_path"),
            "source_code_hash": HclExpression(f"{packed}.output_base64sha256"),
        }
    return {"s3_bucket": code["S3Bucket"], "s3_key": code["S3Key"]}


def _function(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {
        "function_name": physical_name(resource),
        "architectures": p["Architectures"],
        **_code(resource),
        "handler": p["Handler"],
        "runtime": p["Runtime"],
        "memory_size": p["MemorySize"],
        "timeout": p["Timeout"],
        "role": p["Role"],
        "environment": [Block.inner({"variables": p["Environment"]["Variables"]})],
        "logging_config": [
            Block.inner(
                {
                    "log_group": p["LoggingConfig"]["LogGroup"],
                    "log_format": p["LoggingConfig"]["LogFormat"],
                }
            )
        ],
    }
    if "DeadLetterConfig" in p:
        target = {"target_arn": p["DeadLetterConfig"]["TargetArn"]}
        body["dead_letter_config"] = [Block.inner(target)]
    if "TracingConfig" in p:
        body["tracing_config"] = [Block.inner({"mode": p["TracingConfig"]["Mode"]})]
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
    if "VisibilityTimeout" in p:
        body["visibility_timeout_seconds"] = p["VisibilityTimeout"]
    if "RedrivePolicy" in p:
        body["redrive_policy"] = Json(p["RedrivePolicy"])
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


def _rest_api(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {
        "name": p["Name"],
        "body": Json(p["Body"]),
        "endpoint_configuration": [Block.inner({"types": p["EndpointConfiguration"]["Types"]})],
    }
    if tags_of(p):
        body["tags"] = tags_of(p)
    return [Block("aws_api_gateway_rest_api", body)]


def _rest_stage(resource: Resource) -> list[Block]:
    p = resource.properties
    stage = Block(
        "aws_api_gateway_stage",
        {
            "rest_api_id": p["RestApiId"],
            "deployment_id": p["DeploymentId"],
            "stage_name": p["StageName"],
        },
    )
    settings = p["MethodSettings"][0]
    limits = {
        "metrics_enabled": settings["MetricsEnabled"],
        "throttling_burst_limit": settings["ThrottlingBurstLimit"],
        "throttling_rate_limit": settings["ThrottlingRateLimit"],
    }
    beside = Block(
        "aws_api_gateway_method_settings",
        {
            "rest_api_id": p["RestApiId"],
            "stage_name": Ref(resource.name),
            "method_path": "*/*",
            "settings": [Block.inner(limits)],
        },
        suffix="settings",
        is_main=False,
    )
    return [stage, beside]


def _usage_plan(resource: Resource) -> list[Block]:
    p = resource.properties
    stages = [
        Block.inner({"api_id": stage["ApiId"], "stage": stage["Stage"]}) for stage in p["ApiStages"]
    ]
    throttle = {
        "burst_limit": p["Throttle"]["BurstLimit"],
        "rate_limit": p["Throttle"]["RateLimit"],
    }
    body = {
        "name": p["UsagePlanName"],
        "api_stages": stages,
        "throttle_settings": [Block.inner(throttle)],
    }
    return [Block("aws_api_gateway_usage_plan", body)]


SHAPES: dict[str, Callable[[Resource], list[Block]]] = {
    "AWS::ApiGateway::Deployment": plainly("aws_api_gateway_deployment"),
    "AWS::ApiGateway::RestApi": _rest_api,
    "AWS::ApiGateway::Stage": _rest_stage,
    "AWS::ApiGateway::UsagePlan": _usage_plan,
    "AWS::IAM::Policy": _role_policy,
    "AWS::Lambda::EventSourceMapping": plainly("aws_lambda_event_source_mapping"),
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
