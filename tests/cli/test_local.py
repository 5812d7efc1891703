"""`tablewright local`: the command, from the first line it prints to its graceful end."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from rich.console import Console

from tablewright.cli.main import run
from tablewright.local.bill import BillLine, UnitPrices
from tablewright.reports.local import bill_table

TABLE = {
    "TableName": "Users",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@contextmanager
def served(*options, cwd):
    """Run the command; yield (process, url), and end it if the block has not."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tablewright", "local", "--port", "0", "--json", *options],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        first = ""
        while not first.endswith("}\n"):
            line = process.stdout.readline()
            assert line, process.stderr.read()
            first = (first + line) if line != "}\n" else first + "}\n"
        yield process, json.loads(first)["url"]
    finally:
        process.kill()
        process.communicate()


def ask(url, operation, body):
    asked = urllib.request.Request(
        url,
        json.dumps(body).encode(),
        {
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
        },
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return json.load(answer)


@pytest.mark.parametrize("port", ["65536", "99999", "-1"])
def test_a_port_that_does_not_exist_is_refused(port, capsys):
    # The event loop would take the number modulo 65,536 and listen somewhere else.
    assert run(["local", "--in-memory", "--port", port]) == 2
    assert "0<=x<=65535" in capsys.readouterr().err


def test_what_is_written_is_there_after_a_graceful_end_and_a_new_start(tmp_path):
    with served(cwd=tmp_path) as (process, url):
        ask(url, "CreateTable", TABLE)
        ask(url, "PutItem", {"TableName": "Users", "Item": {"id": {"S": "a"}}})
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert (tmp_path / "tablewright.db").exists()
    with served("--log", cwd=tmp_path) as (process, url):
        assert ask(url, "Scan", {"TableName": "Users"})["Count"] == 1
        assert re.search(r"Scan 200 Users reads=0\.5 writes=0 usd=\S+ ", process.stdout.readline())


def test_in_memory_leaves_no_file_and_realism_is_an_option(tmp_path):
    realism = '{"errors": {"ListTables": {"ThrottlingException": 1}}}'
    with (
        served("--in-memory", "--realism", realism, cwd=tmp_path) as (_, url),
        pytest.raises(urllib.error.HTTPError, match="400"),
    ):
        ask(url, "ListTables", {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--in-memory", "--durable"], "--in-memory keeps nothing"),
        (["--host", "0.0.0.0", "--in-memory"], "would let anyone"),
        (["--access-key-id", "x", "--in-memory"], "go together"),
        (["--in-memory", "--realism", "{"], "not valid JSON"),
        (["--in-memory", "--realism", '{"lag": 1}'], "`lag` is not a known realism option"),
    ],
)
def test_options_that_cannot_work_are_refused_with_a_reason(options, said, capsys):
    assert run(["local", *options]) == 2
    assert said in capsys.readouterr().err


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path, capsys):
    (tmp_path / "x.db").write_text("this is a letter, not a database\n" * 100)
    assert run(["local", "--data", str(tmp_path / "x.db")]) == 3
    assert "x.db" in capsys.readouterr().err


def test_the_live_bill_shows_the_dearest_lines_first_and_the_total():
    def line(operation, reads, writes):
        return BillLine(
            table="Users",
            index=None,
            operation=operation,
            label="checkout",
            requests=2,
            reads=reads,
            writes=writes,
        )

    # 8 reads at 125 and 2 writes at 625: 1,000 + 1,250
    prices = UnitPrices(read=125, write=625)
    table = bill_table((line("GetItem", 8, 0), line("PutItem", 0, 2)), prices)
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(table)
    rows = [row.split() for row in console.export_text().splitlines() if row.strip()]
    assert rows[2][:2] == ["Users", "PutItem"]
    assert rows[3][:2] == ["Users", "GetItem"]
    assert rows[-1] == ["Total", "8", "2", "2,250.00"]


def test_requests_are_answered_when_nobody_reads_the_log_any_more(tmp_path):
    with served("--in-memory", "--log", cwd=tmp_path) as (process, url):
        process.stdout.close()
        ask(url, "CreateTable", TABLE)
        for _ in range(3):
            assert ask(url, "ListTables", {}) == {"TableNames": ["Users"]}


def test_a_region_without_prices_is_named(tmp_path):
    with served("--in-memory", "--region", "mars-1", cwd=tmp_path) as (process, _url):
        process.send_signal(signal.SIGINT)
        assert "no prices for mars-1" in process.stderr.read()


def test_a_policy_that_is_none_is_refused_before_anything_is_served(tmp_path, capsys):
    path = tmp_path / "policy.json"
    path.write_text('{"Statement": {"Effect": "Allow", "Action": "*"}}')
    assert run(["local", "--in-memory", "--port", "0", "--policy", str(path)]) == 2
    assert "statement 1 needs either Resource or NotResource" in capsys.readouterr().err


def test_a_policy_and_a_kinesis_folder_are_options(tmp_path):
    rules = {"Effect": "Allow", "NotAction": "dynamodb:ListTables", "Resource": "*"}
    path = tmp_path / "policy.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": rules}))
    options = ("--in-memory", "--policy", str(path), "--kinesis", str(tmp_path / "kinesis"))
    with served(*options, cwd=tmp_path) as (_, url):
        with pytest.raises(urllib.error.HTTPError, match="400"):
            ask(url, "ListTables", {})
        ask(url, "CreateTable", TABLE)
        arn = "arn:aws:kinesis:us-east-1:000000000000:stream/changes"
        destination = {"TableName": "Users", "StreamArn": arn}
        ask(url, "EnableKinesisStreamingDestination", destination)
        ask(url, "PutItem", {"TableName": "Users", "Item": {"id": {"S": "a"}}})
        record = json.loads((tmp_path / "kinesis" / "changes.jsonl").read_text())
    assert record["dynamodb"]["Keys"] == {"id": {"S": "a"}}


def test_the_region_is_in_arns(tmp_path):
    with served("--in-memory", "--region", "eu-west-1", cwd=tmp_path) as (_, url):
        table = ask(url, "CreateTable", TABLE)["TableDescription"]
    assert table["TableArn"] == "arn:aws:dynamodb:eu-west-1:000000000000:table/Users"
