"""Requests for items, signed here: the local engine verifies signatures as DynamoDB does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.credentials import Credentials

from tablewright.engines.dynamodb.signed_transport import SignedTransport, sdk_transport
from tablewright.engines.dynamodb.transport import EndpointError, RequestFailedError
from tablewright.local.database import Database
from tablewright.local.server import ServerOptions, in_background
from tablewright.local.signing import AccessKey

KEY = AccessKey(key_id="AKIAEXAMPLE", secret="a secret of the test")
TABLE = {
    "TableName": "Plain",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
ITEM = {"pk": {"S": "ä / + ="}, "raw": {"B": "AAEC"}, "n": {"N": "1.50"}}


def transport_to(port: int, secret: str = KEY.secret) -> SignedTransport:
    transport = sdk_transport(endpoint=f"http://127.0.0.1:{port}", timeout_s=1.0)
    transport.credentials = Credentials(KEY.key_id, secret)
    return transport


@pytest.fixture
def port() -> Iterator[int]:
    with Database() as database:
        database.call("CreateTable", TABLE)
        options = ServerOptions(port=0, access_key=KEY, region="us-east-1")
        with in_background(database, options) as running:
            yield running.port


def test_what_is_signed_with_the_key_is_answered_with_its_units(port: int) -> None:
    transport = transport_to(port)
    put = transport.send("PutItem", {"TableName": "Plain", "Item": ITEM})
    assert [(c.resource, c.dimension, c.units) for c in put.consumed] == [("Plain", "write", 1)]
    key = {"pk": ITEM["pk"]}
    got = transport.send("GetItem", {"TableName": "Plain", "Key": key})
    # binaries stay base64, numbers as they were normalised by the service
    assert got.body["Item"] == {**ITEM, "n": {"N": "1.5"}}


def test_another_key_is_refused(port: int) -> None:
    with pytest.raises(RequestFailedError) as refused:
        transport_to(port, "another secret").send("Scan", {"TableName": "Plain"})
    assert refused.value.code == "InvalidSignatureException"
    assert "sign in again" in refused.value.remedy


def test_a_refusal_says_why_and_whether_the_item_was_there(port: int) -> None:
    transport = transport_to(port)
    with pytest.raises(RequestFailedError) as missing:
        transport.send("GetItem", {"TableName": "None", "Key": {"pk": {"S": "a"}}})
    assert missing.value.code == "ResourceNotFoundException"
    asked = {
        "TableName": "Plain",
        "Key": {"pk": {"S": "a"}},
        "ConditionExpression": "attribute_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(RequestFailedError) as absent:
        transport.send("UpdateItem", asked)
    assert (absent.value.is_condition, absent.value.is_missing) == (True, True)
    transport.send("PutItem", {"TableName": "Plain", "Item": {"pk": {"S": "a"}}})
    asked["ConditionExpression"] = "attribute_exists(n)"
    with pytest.raises(RequestFailedError) as there:
        transport.send("UpdateItem", asked)
    assert (there.value.is_condition, there.value.is_missing) == (True, False)
    check = {"TableName": "Plain", "Key": {"pk": {"S": "b"}}}
    check["ConditionExpression"] = "attribute_exists(pk)"
    with pytest.raises(RequestFailedError) as cancelled:
        transport.send("TransactWriteItems", {"TransactItems": [{"ConditionCheck": check}]})
    assert cancelled.value.reasons == ("ConditionalCheckFailed",)


class Out(BaseHTTPRequestHandler):
    """Answers every request with a status and a page that is no JSON."""

    status = 503

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(self.status)
        self.send_header("content-length", "6")
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("status", "code", "may_repeat"),
    [
        (503, "ServiceUnavailable", True),
        (500, "InternalServerError", True),
        (404, "404", False),
        (200, "200", False),
    ],
)
def test_an_answer_that_is_none_of_dynamodb_is_a_refusal(
    status: int, code: str, may_repeat: bool
) -> None:
    handler = type("Status", (Out,), {"status": status})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        with pytest.raises(RequestFailedError) as failed:
            transport_to(server.server_port).send("Scan", {"TableName": "Plain"})
        server.shutdown()
    assert (failed.value.code, failed.value.is_retryable) == (code, may_repeat)


def test_an_endpoint_that_is_not_there_is_said_so() -> None:
    with Database() as database, in_background(database, ServerOptions(port=0)) as running:
        port = running.port
    with pytest.raises(EndpointError, match="did not answer"):
        transport_to(port).send("Scan", {"TableName": "Plain"})


def test_without_credentials_the_client_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    transport = transport_to(1)
    transport.credentials = None

    class Client:
        meta = transport.client.meta

        def scan(self, **_: Any) -> dict[str, Any]:
            return {"Items": []}

    transport.client = Client()
    assert transport.send("Scan", {"TableName": "Plain"}).body == {"Items": []}
