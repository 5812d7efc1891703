"""The pytest fixtures, as a user's own test run meets them."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

USERS_TESTS = """
import pytest

TABLE = dict(
    TableName="Users",
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    BillingMode="PAY_PER_REQUEST",
)

@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_fresh_database(dynamodb, turn):
    assert dynamodb.list_tables()["TableNames"] == []
    dynamodb.create_table(**TABLE)

def test_client_resource_and_bill_see_one_database(dynamodb, dynamodb_resource, tablewright_bill):
    dynamodb.create_table(**TABLE)
    dynamodb.get_waiter("table_exists").wait(TableName="Users")
    dynamodb_resource.Table("Users").put_item(Item={"id": "a", "n": 1})
    assert dynamodb.get_item(TableName="Users", Key={"id": {"S": "a"}})["Item"]["n"] == {"N": "1"}
    put, = [line for line in tablewright_bill.lines() if line.operation == "PutItem"]
    assert (put.table, put.writes) == ("Users", 1)

def test_other_programs_reach_the_same_database_by_its_address(dynamodb, dynamodb_endpoint):
    import boto3
    other = boto3.client(
        "dynamodb", endpoint_url=dynamodb_endpoint, region_name="us-east-1",
        aws_access_key_id="a", aws_secret_access_key="b",
    )
    other.create_table(**TABLE)
    assert dynamodb.list_tables()["TableNames"] == ["Users"]

def test_a_model_file_becomes_tables_with_items(dynamodb_from, tablewright_bill):
    client = dynamodb_from("shop.yaml", users=3)
    tables = client.list_tables()["TableNames"]
    assert tables
    assert tablewright_bill.lines() == ()
    assert sum(client.scan(TableName=name)["Count"] for name in tables) > 3

def test_a_reference_application_is_known_by_name(dynamodb_from):
    client = dynamodb_from("screen-time-journey", design="recommended")
    assert client.list_tables()["TableNames"]
"""


def test_a_users_tests_get_the_fixtures_by_name(tmp_path):
    (tmp_path / "test_users.py").write_text(USERS_TESTS)
    shutil.copy(Path(__file__).parent / "data" / "shop.yaml", tmp_path)
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "tablewright.testing",
            "-p",
            "no:cacheprovider",
        ],
        cwd=tmp_path,
        env={
            "PYTHONPATH": str(Path(__file__).parent.parent / "src"),
            "PATH": "",
            # where the project is installed its entry point would register it a second time
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "6 passed" in run.stdout


def test_the_fixtures_are_installed_as_a_plugin():
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
    assert project["project"]["entry-points"]["pytest11"] == {"tablewright": "tablewright.testing"}
