"""The API before functions: an HTTP API or a REST API, whichever the option pays for.

In: a site, its functions. Out: resources. Both limit how many calls come through; callers above it
get 429. A REST API also has a usage plan, by which a client may be limited.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from typing import Any

from tablewright.deploy.option import Site
from tablewright.deploy.program import FunctionNeed
from tablewright.deploy.resources import AccountFact, Ref, Resource, Text

HEADERS = ("authorization", "content-type", "x-api-key")
LOG_FORMAT = (
    '{"requestId":"$context.requestId","route":"%s",'
    '"status":"$context.status","latency":"$context.responseLatency"}'
)
PEAKS = 4
"""Calls that come through, in multiples of the modelled peak."""
LONGEST_WAIT_MS = 29_000
"""Amazon API Gateway Developer Guide, "Quotas": integration timeout of a REST API."""


def call_limit(site: Site) -> int:
    """Return the calls a second that come through."""
    return max(10, round(site.peak_requests_per_second * PEAKS))


def _origins(site: Site) -> list[str]:
    return list(site.program.origins) or ["https://localhost:3000"]


def _methods(needs: Sequence[FunctionNeed]) -> list[str]:
    methods = {method for need in needs for method, _ in need.routes} - {"ANY"}
    return [*sorted(methods or {"DELETE", "GET", "PATCH", "POST", "PUT"}), "OPTIONS"]


def http_api(
    site: Site, needs: Sequence[FunctionNeed], names: Mapping[str, str]
) -> Iterator[Resource]:
    """Yield an HTTP API with a route for each that a function answers."""
    cors: dict[str, Any] = {
        "AllowMethods": _methods(needs),
        "AllowHeaders": list(HEADERS),
        "AllowOrigins": _origins(site),
        "MaxAge": 600,
    }
    yield Resource(
        name="Api",
        kind="AWS::ApiGatewayV2::Api",
        properties={"Name": site.stack_name, "ProtocolType": "HTTP", "CorsConfiguration": cors},
        price_keys=("aws.api-gateway.http",),
    )
    for need in needs:
        yield from _http_routes(need, names[need.name])
    limit = call_limit(site)
    yield Resource(
        name="ApiStage",
        kind="AWS::ApiGatewayV2::Stage",
        properties={
            "ApiId": Ref("Api"),
            "StageName": "$default",
            "AutoDeploy": True,
            "DefaultRouteSettings": {
                "ThrottlingBurstLimit": limit,
                "ThrottlingRateLimit": limit,
                "DetailedMetricsEnabled": True,
            },
            "AccessLogSettings": {
                "DestinationArn": Ref("Logs", "Arn"),
                "Format": LOG_FORMAT % "$context.routeKey",
            },
        },
        reason=f"{PEAKS} times the modelled peak of {round(site.peak_requests_per_second, 1)} "
        "calls a second; above it callers get 429",
    )
    for need in needs:
        yield _permission(names[need.name], need.name)


def _http_routes(need: FunctionNeed, function: str) -> Iterator[Resource]:
    yield Resource(
        name=f"{need.name}ApiIntegration",
        kind="AWS::ApiGatewayV2::Integration",
        properties={
            "ApiId": Ref("Api"),
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": Ref(function, "Arn"),
            "PayloadFormatVersion": "2.0",
            "TimeoutInMillis": min(30_000, need.seconds * 1000),
        },
    )
    keys = [f"{method} {path}" for method, path in need.routes] or ["$default"]
    for number, key in enumerate(keys, start=1):
        yield Resource(
            name=f"{need.name}ApiRoute" + (str(number) if len(keys) > 1 else ""),
            kind="AWS::ApiGatewayV2::Route",
            properties={
                "ApiId": Ref("Api"),
                "RouteKey": key,
                "AuthorizationType": "NONE",
                "Target": Text(("integrations/", Ref(f"{need.name}ApiIntegration"))),
            },
            reason="public: the application itself checks who calls" if number == 1 else "",
        )


def _permission(function: str, name: str) -> Resource:
    source: tuple[Any, ...] = (
        "arn:",
        AccountFact("partition"),
        ":execute-api:",
        AccountFact("region"),
        ":",
        AccountFact("id"),
        ":",
        Ref("Api"),
        "/*",
    )
    return Resource(
        name=f"{name}ApiPermission",
        kind="AWS::Lambda::Permission",
        properties={
            "Action": "lambda:InvokeFunction",
            "FunctionName": Ref(function),
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": Text(source),
        },
    )


# ------------------------------------------------------------------ REST


def rest_api(
    site: Site, needs: Sequence[FunctionNeed], names: Mapping[str, str]
) -> Iterator[Resource]:
    """Yield a REST API: its paths in OpenAPI, a deployment of just that, a stage, a usage plan."""
    document = _open_api(site, needs, names)
    yield Resource(
        name="Api",
        kind="AWS::ApiGateway::RestApi",
        properties={
            "Name": site.stack_name,
            "Body": document,
            "EndpointConfiguration": {"Types": ["REGIONAL"]},
        },
        price_keys=("aws.api-gateway.rest",),
    )
    deployment = f"ApiDeployment{_digest(document)}"
    yield Resource(
        name=deployment,
        kind="AWS::ApiGateway::Deployment",
        properties={"RestApiId": Ref("Api")},
        reason="named by the paths it holds, so that a changed API is deployed",
    )
    yield _rest_stage(site, deployment)
    yield _usage_plan(site)
    for need in needs:
        yield _permission(names[need.name], need.name)


def _digest(document: Mapping[str, Any]) -> str:
    """Return eight digits that change with the document; references count by what they name."""
    text = json.dumps(document, default=astuple)
    return hashlib.sha256(text.encode()).hexdigest()[:8].upper()


def _open_api(
    site: Site, needs: Sequence[FunctionNeed], names: Mapping[str, str]
) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for need in needs:
        routes = need.routes or (("ANY", "/{proxy+}"),)
        for method, path in routes:
            word = "x-amazon-apigateway-any-method" if method == "ANY" else method.lower()
            entry: dict[str, Any] = {
                "responses": {"default": {"description": "as the function answers"}},
                "x-amazon-apigateway-integration": _integration(names[need.name], need.seconds),
            }
            parameters = _path_parameters(path)
            if parameters:
                entry["parameters"] = parameters
            paths.setdefault(path, {})[word] = entry
    for path, entries in paths.items():
        entries["options"] = _preflight(site, sorted(entries), _path_parameters(path))
    return {
        "openapi": "3.0.1",
        "info": {"title": site.stack_name, "version": "1"},
        "paths": paths,
    }


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = [part[1:].rstrip("+}") for part in path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]


def _integration(function: str, seconds: int) -> dict[str, Any]:
    uri: tuple[Any, ...] = (
        "arn:",
        AccountFact("partition"),
        ":apigateway:",
        AccountFact("region"),
        ":lambda:path/2015-03-31/functions/",
        Ref(function, "Arn"),
        "/invocations",
    )
    return {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": Text(uri),
        "timeoutInMillis": min(LONGEST_WAIT_MS, seconds * 1000),
    }


def _preflight(
    site: Site, words: Sequence[str], parameters: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the answer to a browser that asks whether it may call.

    A fixed answer can name one origin; the function repeats the caller's own where several may.
    """
    methods = ",".join(word.upper() for word in words if not word.startswith("x-")) or "GET,POST"
    headers = {
        "method.response.header.Access-Control-Allow-Headers": f"'{','.join(HEADERS)}'",
        "method.response.header.Access-Control-Allow-Methods": f"'{methods},OPTIONS'",
        "method.response.header.Access-Control-Allow-Origin": f"'{_origins(site)[0]}'",
    }
    entry: dict[str, Any] = {
        "responses": {
            "204": {
                "description": "may call",
                "headers": {
                    name.rsplit(".", 1)[-1]: {"schema": {"type": "string"}} for name in headers
                },
            }
        },
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": {"application/json": '{"statusCode": 204}'},
            "responses": {"default": {"statusCode": "204", "responseParameters": headers}},
        },
    }
    if parameters:
        entry["parameters"] = parameters
    return entry


def _rest_stage(site: Site, deployment: str) -> Resource:
    limit = call_limit(site)
    return Resource(
        name="ApiStage",
        kind="AWS::ApiGateway::Stage",
        properties={
            "RestApiId": Ref("Api"),
            "DeploymentId": Ref(deployment),
            "StageName": site.environment,
            "MethodSettings": [
                {
                    "HttpMethod": "*",
                    "ResourcePath": "/*",
                    "ThrottlingBurstLimit": limit,
                    "ThrottlingRateLimit": limit,
                    "MetricsEnabled": True,
                }
            ],
        },
        reason=f"{PEAKS} times the modelled peak of {round(site.peak_requests_per_second, 1)} "
        "calls a second; above it callers get 429",
    )


def _usage_plan(site: Site) -> Resource:
    limit = call_limit(site)
    per_client = site.program.calls_per_minute
    rate = per_client / 60 if per_client else limit
    return Resource(
        name="ApiPlan",
        kind="AWS::ApiGateway::UsagePlan",
        properties={
            "UsagePlanName": site.stack_name,
            "ApiStages": [{"ApiId": Ref("Api"), "Stage": Ref("ApiStage")}],
            "Throttle": {"BurstLimit": per_client or limit, "RateLimit": round(rate, 2)},
        },
        reason=f"a client with a key of this plan makes {per_client or limit * 60} calls a minute",
    )
