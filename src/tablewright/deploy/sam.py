"""A stack of functions as a SAM template: functions with their events, sources instead of releases.

In: a stack and its site. Out: another stack, of the kinds that the transform
AWS::Serverless-2016-10-31 knows; everything but functions and their API stays as it is. Source: AWS
SAM Developer Guide, "AWS SAM resources and properties".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tablewright.core.errors import UnsupportedError
from tablewright.deploy.functions import function_name, needs_of
from tablewright.deploy.option import Site
from tablewright.deploy.program import FunctionNeed
from tablewright.deploy.resources import Ref, Resource, Stack, Text, checked, logical_name

TRANSFORM = "AWS::Serverless-2016-10-31"
REPLACED = (
    "AWS::ApiGateway::",
    "AWS::ApiGatewayV2::",
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
)
RELEASES = ("ArtifactBucket", "ArtifactKey")
"""Parameters that `sam package` makes needless."""
RELEASE = "Release"
"""The output that names the release: `sam package` names it by its content."""


def as_sam(stack: Stack, site: Site) -> Stack:
    """Return a stack with functions and their API as SAM writes them.

    Raises:
        UnsupportedError: the option has no functions.
    """
    if not stack.of_kind("AWS::Lambda::Function"):
        raise UnsupportedError(
            f"the option `{site.option}` has no functions, and SAM is for those",
            remedy="write it with --format cloudformation or terraform",
        )
    needs = {function_name(need): need for need in needs_of(site)}
    written: list[Resource] = []
    for resource in stack.resources:
        if resource.name in needs:
            written.append(_function(resource, needs[resource.name], site))
        elif resource.name == "Api":
            written.append(_api(resource, stack, site))
        elif not resource.kind.startswith(REPLACED) or resource.name.startswith("ItemSizes"):
            written.append(replace(resource, properties=_staged(resource.properties, site)))
    parameters = tuple(p for p in stack.parameters if p.name not in RELEASES)
    outputs = tuple(o for o in stack.outputs if o.name != RELEASE)
    return checked(replace(stack, resources=tuple(written), parameters=parameters, outputs=outputs))


def _staged(value: Any, site: Site) -> Any:
    """Return a value with the stage by its name: the transform makes the stage itself."""
    if isinstance(value, Ref) and value.resource == "ApiStage":
        return site.environment
    if isinstance(value, Text):
        return Text(tuple(_staged(part, site) for part in value.parts))
    if isinstance(value, Mapping):
        return {key: _staged(inner, site) for key, inner in value.items()}
    if isinstance(value, list):
        return [_staged(inner, site) for inner in value]
    return value


def _function(resource: Resource, need: FunctionNeed, site: Site) -> Resource:
    p = dict(resource.properties)
    p.pop("Code")
    target = p.pop("DeadLetterConfig")["TargetArn"]
    tags = p.pop("Tags", [])
    written: dict[str, Any] = {
        "CodeUri": need.code,
        "Tracing": p.pop("TracingConfig")["Mode"],
        "DeadLetterQueue": {"Type": "SQS", "TargetArn": target},
        **p,
        "Events": dict(_events(need, site)),
    }
    if tags:
        written["Tags"] = {tag["Key"]: tag["Value"] for tag in tags}
    return replace(resource, kind="AWS::Serverless::Function", properties=written)


def _events(need: FunctionNeed, site: Site) -> Iterator[tuple[str, dict[str, Any]]]:
    rest = site.has("aws.api-gateway.rest")
    kind, api = ("Api", "RestApiId") if rest else ("HttpApi", "ApiId")
    for method, path in need.routes or (("ANY", "/{proxy+}"),):
        name = logical_name(method.title(), path)
        place = {"Path": path, "Method": method.lower(), api: Ref("Api")}
        yield name, {"Type": kind, "Properties": place}


def _api(resource: Resource, stack: Stack, site: Site) -> Resource:
    p = resource.properties
    stage = stack.resource("ApiStage").properties
    if resource.kind == "AWS::ApiGateway::RestApi":
        origin = (site.program.origins or ("https://localhost:3000",))[0]
        properties: dict[str, Any] = {
            "Name": p["Name"],
            "StageName": stage["StageName"],
            "EndpointConfiguration": {"Type": "REGIONAL"},
            "MethodSettings": stage["MethodSettings"],
            "OpenApiVersion": "3.0.1",
            "Cors": {
                "AllowOrigin": f"'{origin}'",
                "AllowHeaders": "'authorization,content-type,x-api-key'",
                "AllowMethods": "'DELETE,GET,OPTIONS,PATCH,POST,PUT'",
            },
        }
        kind = "AWS::Serverless::Api"
    else:
        properties = {
            "Name": p["Name"],
            "StageName": stage["StageName"],
            "CorsConfiguration": p["CorsConfiguration"],
            "DefaultRouteSettings": stage["DefaultRouteSettings"],
            "AccessLogSettings": stage["AccessLogSettings"],
        }
        kind = "AWS::Serverless::HttpApi"
    tags = p.get("Tags", {})
    if isinstance(tags, list):
        tags = {tag["Key"]: tag["Value"] for tag in tags}
    if tags:
        properties["Tags"] = dict(tags)
    return replace(resource, kind=kind, properties=properties)
