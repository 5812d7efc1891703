"""The application as functions behind an API: one, or one for each that the program lists.

In: a site, the policy statements of its patterns, the variables it is given. Out: resources. Every
function has a role of its own that allows what its access patterns need.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tablewright.deploy.apis import http_api, rest_api
from tablewright.deploy.grants import Statement, for_patterns
from tablewright.deploy.network import PRIVATE, needs_network, security_group
from tablewright.deploy.option import Site
from tablewright.deploy.program import FunctionNeed
from tablewright.deploy.resources import ParameterRef, Ref, Resource, Text
from tablewright.deploy.rights import (
    application_statements,
    log_statement,
    queue_name,
    role_of,
    secret_variables,
    why,
)

RUNTIMES = {
    "go": ("provided.al2023", "bootstrap"),
    "node": ("nodejs22.x", "index.handler"),
    "python": ("python3.13", "app.handler"),
}
"""Runtime and handler by language: AWS Lambda Developer Guide, "Lambda runtimes", read 2026-11.
The runtime go1.x ended in 2023; programs in Go run on the custom runtime."""
SINGLE = "Function"


def functions(
    site: Site, statements: Sequence[Statement], variables: Mapping[str, Any]
) -> Iterator[Resource]:
    """Yield the functions, their roles and queue, and the API before them."""
    if needs_network(site):
        yield security_group("ComputeGroup", site, "functions accept no calls from the network", ())
    yield Resource(
        name="DeadLetters",
        kind="AWS::SQS::Queue",
        properties={"SqsManagedSseEnabled": True, "MessageRetentionPeriod": 1_209_600},
        reason="asynchronous calls that failed twice wait here for 14 days",
    )
    needs = needs_of(site)
    told = {**variables, **secret_variables(site)}
    told.pop("PORT", None)
    for need in needs:
        yield from _function(site, need, statements, told)
    yield from _readers(site, needs)
    names = {need.name: function_name(need) for need in needs}
    if site.has("aws.api-gateway.rest"):
        yield from rest_api(site, needs, names)
    else:
        yield from http_api(site, needs, names)


def needs_of(site: Site) -> tuple[FunctionNeed, ...]:
    """Return the functions that the program lists, or the one that serves everything."""
    if site.program.functions:
        return site.program.functions
    return (
        FunctionNeed(
            name="",
            routes=(),
            mb=site.function_mb,
            seconds=site.function_seconds,
            code="function",
            patterns=(),
        ),
    )


def function_name(need: FunctionNeed) -> str:
    """Return the logical name of a function."""
    return f"{need.name}{SINGLE}"


def function_names(site: Site) -> tuple[str, ...]:
    """Return the logical names of all functions of a site."""
    return tuple(function_name(need) for need in needs_of(site))


def _function(
    site: Site, need: FunctionNeed, statements: Sequence[Statement], variables: Mapping[str, Any]
) -> Iterator[Resource]:
    name = function_name(need)
    allowed = for_patterns(statements, need.patterns) if need.patterns else tuple(statements)
    yield role_of(f"{name}Role", "lambda", _rights(site, allowed), why(allowed))
    runtime, handler = RUNTIMES[site.program.language]
    key: Any = ParameterRef("ArtifactKey")
    if need.name:
        key = Text((ParameterRef("ArtifactKey"), f"/{need.name}.zip"))
    properties: dict[str, Any] = {
        "Architectures": ["arm64" if site.has("aws.lambda.gbs.arm") else "x86_64"],
        "Code": {"S3Bucket": ParameterRef("ArtifactBucket"), "S3Key": key},
        "DeadLetterConfig": {"TargetArn": Ref("DeadLetters", "Arn")},
        "Environment": {"Variables": dict(variables)},
        "Handler": handler,
        "LoggingConfig": {"LogGroup": Ref("Logs"), "LogFormat": "JSON"},
        "MemorySize": need.mb,
        "Role": Ref(f"{name}Role", "Arn"),
        "Runtime": runtime,
        "Timeout": need.seconds,
        "TracingConfig": {"Mode": "PassThrough"},
    }
    if needs_network(site):
        properties["VpcConfig"] = {
            "SubnetIds": [Ref(subnet) for subnet in PRIVATE],
            "SecurityGroupIds": [Ref("ComputeGroup", "GroupId")],
        }
    routes = ", ".join(f"{method} {path}" for method, path in need.routes) or "every route"
    yield Resource(
        name=name,
        kind="AWS::Lambda::Function",
        properties=properties,
        reason=f"answers {routes}",
        price_keys=("aws.lambda",),
    )


def _rights(site: Site, statements: Sequence[Statement]) -> list[dict[str, Any]]:
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
    if needs_network(site):  # AWS Lambda Developer Guide, "Execution role permissions" for a VPC
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
    return rights


def _readers(site: Site, needs: Sequence[FunctionNeed]) -> Iterator[Resource]:
    """Yield what hands messages of a queue to the function that reads it."""
    names = {need.name: function_name(need) for need in needs}
    for queue in site.program.queues:
        reader = names.get(queue.reader, function_name(needs[0]))
        yield Resource(
            name=f"{queue_name(queue.name)}Reader",
            kind="AWS::Lambda::EventSourceMapping",
            properties={
                "EventSourceArn": Ref(queue_name(queue.name), "Arn"),
                "FunctionName": Ref(reader),
                "BatchSize": 10,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
            reason="failed messages alone are handed over again",
        )
