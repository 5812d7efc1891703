"""Every stack of the five applications is created, read back, changed and deleted on an emulator.

The emulator (ministack) is a server of its own, started by MINISTACK=path/to/ministack. What it
cannot make is left out by kind, never counted as made: `LEFT_OUT` says how much of each option that
is. What is made and not read back is named in `NOT_READ`.
"""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import time
import urllib.request
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from tablewright import apps
from tablewright.deploy import cloudformation
from tablewright.local.database import Database
from tablewright.local.server import in_background
from tablewright.verbs import deploy as module
from verbs.deployed import options_of, session_of
from verbs.emulated import READERS, compared, left_out, refers

COMMAND = os.environ.get("MINISTACK") or str(
    Path(__file__).parents[2] / ".peers" / "ministack" / "bin" / "ministack"
)
pytestmark = [
    pytest.mark.needs_server,
    pytest.mark.skipif(
        not Path(COMMAND).exists(), reason="ministack is not installed (scripts/install-peers)"
    ),
]
ANSWER = "exports.handler = async () => ({statusCode: 200, body: 'answered'});\n"
FROM_TABLE = """
import json, os, urllib.request

def handler(event, context):
    key = event["pathParameters"]["key"]
    body = {"TableName": os.environ["TABLE_STJ_SYSTEM"], "Key": {"config_key": {"S": key}}}
    request = urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"],
        json.dumps(body).encode(),
        {
            "X-Amz-Target": "DynamoDB_20120810.GetItem",
            "Content-Type": "application/x-amz-json-1.0",
            "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/"
            "aws4_request, SignedHeaders=host, Signature=00",
            "X-Amz-Date": "20260101T000000Z",
        },
    )
    with urllib.request.urlopen(request) as answer:
        item = json.loads(answer.read()).get("Item")
    return {"statusCode": 200 if item else 404, "body": json.dumps(item)}
"""
GIVEN = {
    "AlarmEmail": "a@example.org",
    "ArtifactBucket": "rel",
    "ImageTag": "1",
    "CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/1",
    "DomainName": "example.org",
    "DeliveryPrefixList": "pl-0123",
    "ApiDomainName": "api.example.org",
}
LEFT_OUT = {
    "auxeira": (92, 101, 112, 55, 56),
    "llm-proxy": (42, 49, 60, 47),
    "mongocollectibles": (67, 61, 83, 47),
    "poafix": (19, 35),
    "screen-time-journey": (141, 82, 85, 90),
}
"""Resources of each option, in the order of `deploy --list`: made and left out come to these."""
NOT_READ = {
    "AWS::ApiGateway::RestApi": {"Body", "EndpointConfiguration"},
    "AWS::ApiGatewayV2::Api": {"CorsConfiguration"},
    "AWS::DynamoDB::Table": {"PointInTimeRecoverySpecification", "TimeToLiveSpecification"},
    "AWS::EC2::SecurityGroup": {"SecurityGroupEgress"},
    "AWS::EC2::VPC": {"EnableDnsHostnames", "EnableDnsSupport"},
    "AWS::ECR::Repository": {"EncryptionConfiguration", "ImageScanningConfiguration"},
    "AWS::ECS::TaskDefinition": {"ContainerDefinitions", "RuntimePlatform"},
    "AWS::ElasticLoadBalancingV2::Listener": {"Certificates", "DefaultActions"},
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {"LoadBalancerAttributes"},
    "AWS::ElasticLoadBalancingV2::TargetGroup": {
        "HealthCheckIntervalSeconds", "TargetGroupAttributes",
    },
    "AWS::IAM::Role": {"MaxSessionDuration"},
    "AWS::Lambda::Function": {"Code", "DeadLetterConfig", "LoggingConfig", "VpcConfig"},
    "AWS::RDS::DBCluster": {
        "CopyTagsToSnapshot", "DBSubnetGroupName", "EnableCloudwatchLogsExports",
        "ManageMasterUserPassword", "ServerlessV2ScalingConfiguration", "VpcSecurityGroupIds",
    },
    "AWS::RDS::DBInstance": {
        "AutoMinorVersionUpgrade", "CopyTagsToSnapshot", "DBClusterIdentifier",
        "DBSubnetGroupName", "EnableCloudwatchLogsExports", "ManageMasterUserPassword",
        "VPCSecurityGroups",
    },
    "AWS::S3::Bucket": {"LifecycleConfiguration", "OwnershipControls", "WebsiteConfiguration"},
    "AWS::SecretsManager::Secret": {"GenerateSecretString"},
}  # fmt: skip
"""Properties that are told to the emulator and not read back, tags aside: it drops some of them
(recovery, TTL), others take an API for each. Kinds without a function in `READERS` are not either.
Tables are read back whole from the local engine instead: test_deploy_tables.py."""


class Emulator:
    """A running emulator, and what is done with stacks there."""

    def __init__(self, port):
        self.port = port
        self.client("s3").create_bucket(Bucket="rel")

    def client(self, service):
        boto3 = pytest.importorskip("boto3")
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def release(self, key, name, text):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr(name, text)
        self.client("s3").put_object(Bucket="rel", Key=key, Body=content.getvalue())

    def send(self, stack, change="create", spoilt=("", ""), **parameters):
        """Create or change a stack, with one text replaced by another; return its state."""
        skipped = left_out(stack)
        kept = tuple(r for r in stack.resources if r.name not in skipped)
        outputs = tuple(o for o in stack.outputs if not set(refers(o.value)) & set(skipped))
        text = cloudformation.render(replace(stack, resources=kept, outputs=outputs))
        text = text.replace(*spoilt) if spoilt[0] else text
        for number in (p for p in stack.parameters if p.is_number):
            # the emulator hands a service the text of a number, and compares it with numbers
            text = text.replace(f"!Ref '{number.name}'", str(number.default))
        self.client("s3").put_object(Bucket="rel", Key="template.yaml", Body=text.encode())
        values = {**GIVEN, "ArtifactKey": self.artifact(kept), **parameters}
        request = {
            "StackName": stack.name,
            "TemplateURL": f"http://127.0.0.1:{self.port}/rel/template.yaml",
            "Capabilities": ["CAPABILITY_IAM"],
            "Parameters": [
                {"ParameterKey": p.name, "ParameterValue": values.get(p.name, p.default or "0123")}
                for p in stack.parameters
                if f"{p.name}:" in text
            ],
        }
        getattr(self.client("cloudformation"), f"{change}_stack")(**request)
        until(lambda: not self.state(stack).endswith("IN_PROGRESS"), f"{change} {stack.name}")
        return self.state(stack)

    def artifact(self, resources):
        functions = [r.name for r in resources if r.kind == "AWS::Lambda::Function"]
        if functions in ([], ["Function"]):
            self.release("app/1.zip", "index.js", ANSWER)
            return "app/1.zip"
        for name in functions:
            self.release(f"app/1/{name.removesuffix('Function')}.zip", "index.js", ANSWER)
        return "app/1"

    def state(self, stack):
        from botocore.exceptions import ClientError

        try:
            listed = self.client("cloudformation").describe_stacks(StackName=stack.name)
        except ClientError:
            return "DELETE_COMPLETE"
        return listed["Stacks"][0]["StackStatus"]

    def physical(self, stack):
        listed = self.client("cloudformation").describe_stack_resources(StackName=stack.name)
        return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in listed["StackResources"]}

    def remove(self, stack):
        """Delete a stack, then the tables that outlive it; return the names of those."""
        self.client("cloudformation").delete_stack(StackName=stack.name)
        until(lambda: self.state(stack) == "DELETE_COMPLETE", f"delete {stack.name}")
        dynamodb = self.client("dynamodb")
        names = {r.properties["TableName"] for r in stack.of_kind("AWS::DynamoDB::Table")}
        left = names & set(dynamodb.list_tables()["TableNames"])
        for name in left:
            dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
            dynamodb.delete_table(TableName=name)
        return left


@pytest.fixture(scope="module")
def emulator():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port)}
    server = subprocess.Popen(
        [COMMAND], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: _listens(port), "the emulator listens")
        yield Emulator(port)
    finally:
        server.terminate()
        server.wait(timeout=20)


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(holds, what, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what}")


@pytest.fixture(autouse=True)
def nothing_is_left(emulator):
    """Remove what a test that failed has left."""
    yield
    stacks = emulator.client("cloudformation")
    for stack in stacks.list_stacks()["StackSummaries"]:
        if stack["StackStatus"] != "DELETE_COMPLETE":
            stacks.delete_stack(StackName=stack["StackName"])
    dynamodb = emulator.client("dynamodb")
    for name in dynamodb.list_tables()["TableNames"]:
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        dynamodb.delete_table(TableName=name)


@pytest.fixture
def stack_of(monkeypatch):
    """Return the stack that `deploy` builds for an option."""
    built = []
    build = module.build

    def remember(*arguments):
        built.append(build(*arguments))
        return built[-1]

    monkeypatch.setattr(module, "build", remember)

    def stack(session, option, **more):
        module.deploy(session, option=option, dry_run=True, **more)
        return built.pop()

    return stack


@pytest.mark.parametrize("app", apps.NAMES)
def test_every_option_is_created_read_back_changed_and_deleted(emulator, stack_of, app):
    session = session_of(app)
    for number, option in enumerate(options_of(session)):
        stack = stack_of(session, option)
        skipped = left_out(stack)
        assert emulator.send(stack) == "CREATE_COMPLETE", option
        physical = emulator.physical(stack)
        made = [r for r in stack.resources if r.name not in skipped]
        assert set(physical) == {resource.name for resource in made}
        assert len(made) + len(skipped) == LEFT_OUT[app][number]

        wrong, same, unread = compared(emulator.client, made, physical)
        assert wrong == []
        assert same >= 10
        for kind, names in unread.items():
            if kind in READERS:
                assert names - {"Tags"} <= NOT_READ.get(kind, set()), kind

        again = emulator.send(stack, "update", AlarmEmail="b@example.org")
        assert again == "UPDATE_COMPLETE", option
        changed = {
            name
            for name, identity in emulator.physical(stack).items()
            if physical[name] != identity
        }
        assert changed <= {"AlarmAddress"}
        # tables outlive the stack
        tables = {r.properties["TableName"] for r in stack.of_kind("AWS::DynamoDB::Table")}
        assert emulator.remove(stack) == tables


@pytest.mark.parametrize(
    ("app", "option", "additions"),
    [
        ("llm-proxy", "containers-dynamodb", ("endpoints", "item-sizes", "mail")),
        ("mongocollectibles", "production", ("nat", "firewall")),
        ("mongocollectibles", "fargate", ("reader",)),
        ("screen-time-journey", "http-api-lambda", ("archive", "cache")),
    ],
)
def test_what_is_added_is_created_read_back_changed_and_deleted(
    emulator, stack_of, app, option, additions
):
    """All additions but `backup`: the emulator has no choice of what is backed up."""
    stack = stack_of(session_of(app), option, additions=additions)
    assert emulator.send(stack) == "CREATE_COMPLETE"
    made = [r for r in stack.resources if r.name not in left_out(stack)]
    wrong, same, _ = compared(emulator.client, made, emulator.physical(stack))

    assert wrong == []
    assert same >= 100
    assert emulator.send(stack, "update", AlarmEmail="b@example.org") == "UPDATE_COMPLETE"
    emulator.remove(stack)


def test_what_somebody_changed_by_hand_differs_from_what_was_told(emulator, stack_of):
    stack = stack_of(session_of("llm-proxy"), "native-aws")
    emulator.send(stack)
    physical = emulator.physical(stack)
    emulator.client("lambda").update_function_configuration(
        FunctionName=physical["Function"], MemorySize=1024
    )

    wrong, _, _ = compared(emulator.client, [stack.resource("Function")], physical)
    emulator.remove(stack)
    assert [(name, key, read) for name, key, _, read in wrong] == [("Function", "MemorySize", 1024)]


def test_two_environments_stand_side_by_side(emulator, stack_of):
    session = session_of("llm-proxy")
    stacks = [stack_of(session, "native-aws", environment=name) for name in ("production", "test")]

    assert [emulator.send(stack) for stack in stacks] == ["CREATE_COMPLETE"] * 2
    identities = [set(emulator.physical(stack).values()) for stack in stacks]
    assert set(emulator.client("dynamodb").list_tables()["TableNames"]) == {
        "Users", "Usage", "test-Users", "test-Usage"
    }  # fmt: skip
    assert identities[0] & identities[1] <= {"$default"}  # the stage of an HTTP API
    # one goes, the other stays as it is
    emulator.remove(stacks[1])
    kept = [r for r in stacks[0].resources if r.name not in left_out(stacks[0])]
    wrong, _, _ = compared(emulator.client, kept, emulator.physical(stacks[0]))
    assert wrong == []
    emulator.remove(stacks[0])


def test_a_stack_that_fails_half_way_leaves_nothing_in_the_way_of_the_next(emulator, stack_of):
    stack = stack_of(session_of("llm-proxy"), "native-aws")

    # an alarm over several metrics, which the emulator refuses, far behind the tables
    metric = "MetricName: ApproximateNumberOfMessagesVisible"
    spoilt = (metric, f"Metrics: [{{Id: one}}]\n      {metric}")
    assert emulator.send(stack, spoilt=spoilt) in ("ROLLBACK_COMPLETE", "CREATE_FAILED")
    assert emulator.client("dynamodb").list_tables()["TableNames"] == []
    emulator.remove(stack)
    assert emulator.send(stack) == "CREATE_COMPLETE"
    emulator.remove(stack)


def test_a_function_behind_its_api_answers_from_the_local_engine(emulator, stack_of):
    stack = stack_of(session_of("screen-time-journey"), "http-api-lambda")
    emulator.send(stack)
    physical = emulator.physical(stack)
    table = stack.resource("StjSystemTable").properties
    with in_background(Database()) as engine:
        _create(engine.url, table)
        item = {"config_key": {"S": "maintenance"}, "value": {"S": "off"}}
        _dynamodb(engine.url, "PutItem", {"TableName": table["TableName"], "Item": item})
        emulator.release("app/2.zip", "app.py", FROM_TABLE)
        functions = emulator.client("lambda")
        name = physical["ConfigurationFunction"]
        functions.update_function_code(FunctionName=name, S3Bucket="rel", S3Key="app/2.zip")
        told = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        functions.update_function_configuration(
            FunctionName=name,
            Environment={"Variables": {**told, "AWS_ENDPOINT_URL_DYNAMODB": engine.url}},
        )

        answered = _call(emulator.port, physical["Api"], "/api/config/maintenance")
        missing = _call(emulator.port, physical["Api"], "/api/config/nothing")
    emulator.remove(stack)
    assert answered == (200, item)
    assert missing == (404, None)


def _create(url, properties):
    kept = ("TableName", "KeySchema", "AttributeDefinitions", "BillingMode")
    _dynamodb(url, "CreateTable", {key: properties[key] for key in kept})


def _dynamodb(url, operation, body):
    headers = {
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, "
        "SignedHeaders=host, Signature=00",
        "X-Amz-Date": "20260101T000000Z",
    }
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def _call(port, api, path):
    host = f"{api}.execute-api.localhost:{port}"
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, json.loads(problem.read())
