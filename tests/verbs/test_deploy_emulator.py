"""A stack is really created, changed and deleted on an emulator, and its function answers.

The emulator (ministack) is a server of its own, started by MINISTACK=path/to/ministack; it makes
neither budgets, cost monitors nor alarms on metric math, which are left out by kind and counted.
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

from tablewright.deploy import cloudformation
from tablewright.verbs import deploy as module
from verbs.deployed import session_of

COMMAND = os.environ.get("MINISTACK") or str(
    Path(__file__).parents[2] / ".peers" / "ministack" / "bin" / "ministack"
)
pytestmark = [
    pytest.mark.needs_server,
    pytest.mark.skipif(
        not Path(COMMAND).exists(), reason="ministack is not installed (scripts/install-peers)"
    ),
]
STACK = "llm-proxy-production"
NOT_MADE = ("AWS::Budgets::", "AWS::CE::")
ANSWER = "exports.handler = async () => ({statusCode: 200, body: 'answered'});\n"


@pytest.fixture(scope="module")
def clients():
    boto3 = pytest.importorskip("boto3")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port)}
    server = subprocess.Popen(
        [COMMAND], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    def client(service):
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    try:
        until(lambda: _listens(port), "the emulator listens")
        yield client, port
    finally:
        server.terminate()
        server.wait(timeout=20)


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(holds, what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s: {what}")


def stack_of(monkeypatch):
    """Return the stack that `deploy` builds for the recommended option."""
    built = []
    build = module.build

    def remember(*arguments):
        built.append(build(*arguments))
        return built[-1]

    monkeypatch.setattr(module, "build", remember)
    module.deploy(session_of("llm-proxy"), option="native-aws", dry_run=True)
    return built[0]


def status_of(cloudformation_client):
    return cloudformation_client.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]


def test_a_stack_is_created_read_back_changed_and_deleted(clients, monkeypatch):
    client, port = clients
    stack = stack_of(monkeypatch)
    supported = tuple(
        resource
        for resource in stack.resources
        if not resource.kind.startswith(NOT_MADE) and "Metrics" not in resource.properties
    )
    # left out: the budget, two of cost anomalies, and alarms over several metrics
    assert len(stack.resources) - len(supported) == 3 + sum(
        "Metrics" in alarm.properties for alarm in stack.of_kind("AWS::CloudWatch::Alarm")
    )
    template = cloudformation.render(replace(stack, resources=supported))
    _release(client("s3"))
    values = {"AlarmEmail": "a@example.org", "ArtifactBucket": "rel", "ArtifactKey": "app/1.zip"}
    parameters = [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()]
    stacks = client("cloudformation")
    request = {"StackName": STACK, "Parameters": parameters, "Capabilities": ["CAPABILITY_IAM"]}

    stacks.create_stack(TemplateBody=template, **request)
    until(lambda: status_of(stacks) == "CREATE_COMPLETE", "created")
    listed = stacks.describe_stack_resources(StackName=STACK)["StackResources"]
    physical = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in listed}
    assert set(physical) == {resource.name for resource in supported}

    _compare_tables(client("dynamodb"), stack)
    _compare_function(client("lambda"), stack, physical)
    _compare_role(client("iam"), stack, physical)
    assert _call(port, physical["Api"]) == (200, b"answered")

    stacks.update_stack(
        TemplateBody=template.replace("MemorySize: 256", "MemorySize: 384"), **request
    )
    until(lambda: status_of(stacks) == "UPDATE_COMPLETE", "updated")
    function = client("lambda").get_function_configuration(FunctionName=physical["Function"])
    assert function["MemorySize"] == 384

    stacks.delete_stack(StackName=STACK)
    until(lambda: _is_gone(stacks), "deleted")
    # tables outlive the stack
    assert set(client("dynamodb").list_tables()["TableNames"]) == {"Users", "Usage"}


def _is_gone(stacks):
    from botocore.exceptions import ClientError

    try:
        return status_of(stacks) == "DELETE_COMPLETE"
    except ClientError:
        return True


def _release(s3):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.js", ANSWER)
    s3.create_bucket(Bucket="rel")
    s3.put_object(Bucket="rel", Key="app/1.zip", Body=content.getvalue())


def _compare_tables(dynamodb, stack):
    for resource in stack.of_kind("AWS::DynamoDB::Table"):
        p = resource.properties
        table = dynamodb.describe_table(TableName=p["TableName"])["Table"]
        assert table["KeySchema"] == p["KeySchema"]
        assert table["BillingModeSummary"]["BillingMode"] == p["BillingMode"]
        for index, designed in zip(
            table.get("GlobalSecondaryIndexes", []),
            p.get("GlobalSecondaryIndexes", []),
            strict=True,
        ):
            assert index["IndexName"] == designed["IndexName"]
            assert index["KeySchema"] == designed["KeySchema"]
            assert index["Projection"] == designed["Projection"]


def _compare_function(functions, stack, physical):
    p = stack.resource("Function").properties
    function = functions.get_function_configuration(FunctionName=physical["Function"])
    assert function["Runtime"] == p["Runtime"] == "nodejs22.x"
    assert function["MemorySize"] == p["MemorySize"]
    assert function["Timeout"] == p["Timeout"]
    assert function["Architectures"] == p["Architectures"]
    assert function["Environment"]["Variables"]["TABLE_USERS"] == "Users"


def _compare_role(iam, stack, physical):
    policy = iam.get_role_policy(RoleName=physical["FunctionRole"], PolicyName="access")
    document = policy["PolicyDocument"]
    document = json.loads(document) if isinstance(document, str) else document
    designed = stack.resource("FunctionRole").properties["Policies"][0]["PolicyDocument"]
    assert [part["Sid"] for part in document["Statement"]] == [
        part["Sid"] for part in designed["Statement"]
    ]
    assert [part["Action"] for part in document["Statement"]] == [
        part["Action"] for part in designed["Statement"]
    ]


def _call(port, api):
    host = f"{api}.execute-api.localhost:{port}"
    request = urllib.request.Request(f"http://127.0.0.1:{port}/anything", headers={"Host": host})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status, answer.read()
