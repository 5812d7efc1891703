"""The database verbs on an account: who is named, what is refused, what may be spent.

The account is played by a server that answers two requests about identity, its DynamoDB by
the local engine behind HTTP: boto3 is led to both as an AWS user leads it to other endpoints.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest

from tablewright.cli.main import run
from tablewright.local.database import Database
from tablewright.local.server import in_background

SMALL = Path(__file__).parents[1] / "proof" / "small.yaml"
IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/ana</Arn><UserId>A</UserId>
<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""
EXPIRED = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>
<Type>Sender</Type><Code>ExpiredToken</Code><Message>The security token is expired</Message>
</Error></ErrorResponse>"""
ALIASES = """<ListAccountAliasesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
<ListAccountAliasesResult><AccountAliases><member>{alias}</member></AccountAliases>
<IsTruncated>false</IsTruncated></ListAccountAliasesResult></ListAccountAliasesResponse>"""


class Account:
    """An account with a name; its credentials may have expired."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.alias = "notes-dev"
        self.is_expired = False

    def answer(self, asked: str) -> tuple[int, str]:
        if "ListAccountAliases" in asked:
            return 200, ALIASES.format(alias=self.alias)
        return (403, EXPIRED) if self.is_expired else (200, IDENTITY)


@pytest.fixture(scope="module", autouse=True)
def descriptions_read_once() -> Iterator[None]:
    """Let all clients of boto3 share what its loader has read of the services."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
        yield


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with Database() as database, in_background(database) as dynamodb:
        made = Account(database)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, text = made.answer(body)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        identity = f"http://127.0.0.1:{server.server_port}"
        for name, value in {
            "AWS_ENDPOINT_URL_DYNAMODB": dynamodb.url,
            "AWS_ENDPOINT_URL_STS": identity,
            "AWS_ENDPOINT_URL_IAM": identity,
            "AWS_ACCESS_KEY_ID": "mine",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "eu-north-1",
            "AWS_CONFIG_FILE": "/nowhere",
        }.items():
            monkeypatch.setenv(name, value)
        yield made
        server.shutdown()
        server.server_close()


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "tablewright.yaml"
    path.write_text(SMALL.read_text())
    return str(path)


Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Typed:
    def run_it(*words: str) -> tuple[int, str, str]:
        code = run((*words, "--aws"))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run_it


def tables(account: Account) -> list[str]:
    return account.database.call("ListTables", {})["TableNames"]


def test_account_region_and_caller_are_named_before_anything_is_done(
    typed: Typed, model: str, account: Account
) -> None:
    code, out, err = typed("up", model)
    assert code == 0
    first = err.splitlines()[0]
    assert first == (
        "account 111122223333 (notes-dev), eu-north-1, as arn:aws:iam::111122223333:user/ana"
    )
    assert "2 tables are ready" in out
    assert tables(account) == ["notes", "people"]


def test_an_account_named_production_is_refused_unless_that_is_said(
    typed: Typed, model: str, account: Account
) -> None:
    account.alias = "notes-prod"
    code, _, err = typed("up", model)
    assert code == 2
    assert "this looks like production: account 111122223333 (notes-prod)" in err
    assert "--allow-production" in err
    assert tables(account) == []
    assert typed("up", model, "--allow-production")[0] == 0
    assert tables(account) == ["notes", "people"]


def test_expired_credentials_stop_before_anything_is_done(
    typed: Typed, model: str, account: Account
) -> None:
    account.is_expired = True
    code, _, err = typed("up", model)
    assert code == 3
    assert "the credentials do not work" in err
    assert "sign in" in err
    assert tables(account) == []


def test_a_proof_that_may_cost_more_than_allowed_is_not_begun(
    typed: Typed, model: str, account: Account
) -> None:
    typed("up", model)
    code, _, err = typed("prove", model, "--users", "40", "--max-usd", "0.0001")
    assert code == 2
    assert "this would spend about" in err
    assert "raise --max-usd" in err
    assert account.database.call("Scan", {"TableName": "people"})["Count"] == 0


def test_a_proof_stops_when_it_has_spent_what_is_allowed(
    typed: Typed, model: str, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    from decimal import Decimal

    # An estimate far too low:
    monkeypatch.setattr("tablewright.verbs.prove.proof_costs", lambda *about: Decimal(0))
    typed("up", model)
    # 240 items take 440 write units and some in a second index: at 0.67 USD a million (eu-north-1)
    # 0.0003 USD. The seeding alone passes 0.0001.
    code, _, err = typed("prove", model, "--users", "40", "--max-usd", "0.0001")
    assert code == 3
    assert "stopped: 0.0001" in err
    held = account.database.call("DescribeTable", {"TableName": "notes"})["Table"]["ItemCount"]
    assert 0 < held < 200


def test_a_proof_on_an_account_is_proved_and_its_spending_shown(
    typed: Typed, model: str, account: Account
) -> None:
    typed("up", model)
    code, out, err = typed("prove", model, "--users", "40", "--requests", "200")
    assert code == 0, out
    assert "Amazon DynamoDB in eu-north-1" in out
    assert "Proved: every answer is right" in out
    assert "this will spend about 0.00" in err
    told = json.loads(typed("status", model, "--json")[1])
    assert float(told["usd_so_far"]) > 0


def somebody_elses_table(account: Account) -> None:
    account.database.call(
        "CreateTable",
        {
            "TableName": "people",
            "KeySchema": [{"AttributeName": "person_id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "person_id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    account.database.call("PutItem", {"TableName": "people", "Item": {"person_id": {"S": "ana"}}})


@pytest.mark.parametrize("verb", ["up", "seed", "prove", "down"])
def test_tables_that_were_not_made_here_are_not_touched(
    typed: Typed, model: str, account: Account, verb: str
) -> None:
    somebody_elses_table(account)
    for_all = {
        "seed": ["--users", "40"],
        "prove": ["--users", "40"],
        "down": ["--confirm", "notes-one"],
    }
    before = account.database.call("Scan", {"TableName": "people"})
    code, _, err = typed(verb, model, *for_all.get(verb, []))
    assert code == 2
    assert "not made here for notes" in err
    assert account.database.call("Scan", {"TableName": "people"}) == before
    assert tables(account) == ["people"]


def test_a_table_can_be_taken_over_and_is_then_brought_to_the_design(
    typed: Typed, model: str, account: Account
) -> None:
    somebody_elses_table(account)
    assert "--adopt" in typed("up", model)[2]
    code, out, _ = typed("up", model, "--adopt")
    assert code == 0
    assert "mark people as a table of notes, one" in out
    assert "add the index" in out
    assert "Nothing to do" in typed("up", model)[1]
    with contextlib.closing(boto3.client("dynamodb")) as client:
        assert client.get_item(TableName="people", Key={"person_id": {"S": "ana"}})["Item"]


def test_settings_beyond_the_design_are_left_and_said(
    typed: Typed, model: str, account: Account
) -> None:
    typed("up", model)
    account.database.call(
        "UpdateTable",
        {
            "TableName": "notes",
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        },
    )
    code, out, _ = typed("status", model)
    assert code == 0
    assert "Not in the design: notes streams its changes." in out
    assert "notes streams its changes" in typed("up", model)[1]
