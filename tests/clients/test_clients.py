"""Clients of others, unchanged, against our server: boto3, AWS CLI, JavaScript, dynamodb-admin."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import boto3
import peers
import pytest
from botocore.config import Config

from tablewright.local.database import Database
from tablewright.local.server import ServerOptions, in_background
from tablewright.local.signing import AccessKey

TABLE = {
    "TableName": "Users",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "a",
    "AWS_SECRET_ACCESS_KEY": "b",
    "AWS_DEFAULT_REGION": "eu-north-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@pytest.fixture
def server():
    with Database() as database, in_background(database) as running:
        yield running


def sdk(url, key="a", secret="b", service="dynamodb"):
    session = boto3.session.Session(
        aws_access_key_id=key, aws_secret_access_key=secret, region_name="eu-north-1"
    )
    return session.client(service, endpoint_url=url, config=Config(retries={"max_attempts": 0}))


def test_boto3_speaks_to_the_server_over_http(server):
    with contextlib.closing(sdk(server.url)) as client:
        client.create_table(**TABLE)
        client.get_waiter("table_exists").wait(TableName="Users")
        client.put_item(TableName="Users", Item={"id": {"S": "a"}, "raw": {"B": b"hi"}})
        assert client.scan(TableName="Users")["Items"] == [{"id": {"S": "a"}, "raw": {"B": b"hi"}}]
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_item(TableName="nowhere", Key={"id": {"S": "a"}})


def test_boto3_signs_so_that_a_guarded_server_lets_it_in():
    options = ServerOptions(port=0, access_key=AccessKey(key_id="mine", secret="secret"))
    with Database() as database, in_background(database, options) as running:
        with contextlib.closing(sdk(running.url, "mine", "secret")) as client:
            assert client.list_tables()["TableNames"] == []
        with (
            contextlib.closing(sdk(running.url, "mine", "guess")) as client,
            pytest.raises(client.exceptions.ClientError, match="InvalidSignatureException"),
        ):
            client.list_tables()


def need(*parts):
    path = peers.PEERS.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"not installed: {path}")
    return path


def aws(server, *arguments):
    run = subprocess.run(
        [sys.executable, "-m", "awscli", "--endpoint-url", server.url, "dynamodb", *arguments],
        env={**CREDENTIALS, "PATH": os.environ["PATH"], "PYTHONPATH": str(need("awscli"))},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout) if run.stdout.strip() else None


@pytest.mark.needs_server
def test_the_aws_cli_makes_fills_and_reads_a_table(server):
    need("awscli", "awscli")
    aws(server, "create-table", "--cli-input-json", json.dumps(TABLE))
    aws(server, "wait", "table-exists", "--table-name", "Users")
    item = '{"id": {"S": "a"}, "n": {"N": "5"}}'
    put = aws(
        server, "put-item", "--table-name", "Users", "--item", item,
        "--return-consumed-capacity", "TOTAL",
    )  # fmt: skip
    assert put["ConsumedCapacity"]["CapacityUnits"] == 1.0
    assert aws(server, "scan", "--table-name", "Users")["Items"] == [json.loads(item)]


@pytest.mark.needs_server
def test_the_javascript_sdk_works_unchanged(server):
    packages = need("node_modules", "@aws-sdk", "client-dynamodb").parent.parent
    script = Path(__file__).with_name("javascript.cjs")
    run = subprocess.run(
        ["node", str(script), str(packages), server.url],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "all is well" in run.stdout, run.stderr


@pytest.mark.needs_server
def test_dynamodb_admin_shows_tables_and_items(server):
    program = need("node_modules", "dynamodb-admin", "dist", "dynamodb-admin.js")
    with contextlib.closing(sdk(server.url)) as client:
        client.create_table(**TABLE)
        client.put_item(TableName="Users", Item={"id": {"S": "seen-in-admin"}})
    port = peers.free_port()
    admin = subprocess.Popen(
        ["node", str(program), "--port", str(port), "--dynamo-endpoint", server.url],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert "Users" in page(f"http://localhost:{port}/")
        assert "Users" in page(f"http://localhost:{port}/tables/Users")
        assert "seen-in-admin" in page(f"http://localhost:{port}/tables/Users/items")
        assert "PAY_PER_REQUEST" in page(f"http://localhost:{port}/tables/Users/meta")
    finally:
        admin.terminate()
        admin.wait(10)


def page(url):
    deadline = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.read().decode()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
