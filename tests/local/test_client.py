"""The in-process boto3 client: botocore's own behaviour, with the socket taken out."""

import asyncio
import socket

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import HTTPClientError, ParamValidationError

from tablewright.local.client import make_aio_client, make_client, make_resource
from tablewright.local.faults import (
    ConditionalCheckFailedException,
    ProvisionedThroughputExceededException,
)
from tablewright.local.labels import labelled


class Scripted:
    """Answers each request with the next of the given replies and notes what was asked."""

    def __init__(self, *replies):
        self.replies = list(replies)
        self.asked = []

    def call_raw(self, operation, body, *, label=None):
        self.asked.append((operation, body, label))
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("the client reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_a_request_reaches_the_engine_as_wire_json():
    engine = Scripted(b"{}")
    make_client(engine).put_item(TableName="t", Item={"k": {"B": b"hi"}})
    # base64 of "hi" is aGk=
    assert engine.asked == [("PutItem", b'{"TableName": "t", "Item": {"k": {"B": "aGk="}}}', None)]


def test_an_answer_carries_binary_values_as_bytes_and_times_as_datetimes():
    engine = Scripted(
        b'{"Item":{"k":{"B":"aGk="},"n":{"N":"1"}}}',
        b'{"Table":{"TableName":"t","CreationDateTime":86400.0}}',
    )
    client = make_client(engine)
    assert client.get_item(TableName="t", Key={"k": {"B": b"hi"}})["Item"] == {
        "k": {"B": b"hi"},
        "n": {"N": "1"},
    }
    assert client.describe_table(TableName="t")["Table"]["CreationDateTime"].year == 1970


def test_the_answer_has_the_metadata_botocore_gives():
    answer = make_client(Scripted(b"{}")).put_item(TableName="t", Item={"k": {"S": "a"}})
    metadata = answer["ResponseMetadata"]
    assert metadata["HTTPStatusCode"] == 200
    assert metadata["RetryAttempts"] == 0
    assert len(metadata["RequestId"]) == 32


def test_a_fault_is_the_exception_class_of_the_sdk_with_its_members():
    refused = ConditionalCheckFailedException(
        "The conditional request failed", extra={"Item": {"k": {"S": "a"}}}
    )
    client = make_client(Scripted(refused))
    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as caught:
        client.put_item(TableName="t", Item={"k": {"S": "a"}})
    assert caught.value.response["Error"] == {
        "Code": "ConditionalCheckFailedException",
        "Message": "The conditional request failed",
    }
    assert caught.value.response["Item"] == {"k": {"S": "a"}}


def test_parameters_are_validated_by_botocore_before_the_engine_sees_them():
    engine = Scripted()
    with pytest.raises(ParamValidationError):
        make_client(engine).put_item(TableName="t", Item={"k": {"S": 1}})
    assert engine.asked == []


def test_paginators_follow_the_last_evaluated_key():
    engine = Scripted(
        b'{"Items":[{"k":{"S":"a"}}],"Count":1,"LastEvaluatedKey":{"k":{"S":"a"}}}',
        b'{"Items":[{"k":{"S":"b"}}],"Count":1}',
    )
    pages = make_client(engine).get_paginator("scan").paginate(TableName="t")
    assert [item["k"]["S"] for page in pages for item in page["Items"]] == ["a", "b"]
    assert b'"ExclusiveStartKey": {"k": {"S": "a"}}' in engine.asked[1][1]


def test_throttled_requests_are_retried_as_the_sdk_does(monkeypatch):
    waited = []
    monkeypatch.setattr("time.sleep", waited.append)
    engine = Scripted(ProvisionedThroughputExceededException("slow down"), b"{}")
    config = Config(retries={"mode": "standard", "max_attempts": 3})
    answer = make_client(engine, config=config).put_item(TableName="t", Item={"k": {"S": "a"}})
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert len(engine.asked) == 2
    assert len(waited) == 1


def test_retries_can_be_switched_off():
    engine = Scripted(ProvisionedThroughputExceededException("slow down"))
    client = make_client(engine, config=Config(retries={"max_attempts": 0}))
    with pytest.raises(client.exceptions.ProvisionedThroughputExceededException):
        client.put_item(TableName="t", Item={"k": {"S": "a"}})


def test_the_users_environment_is_not_read(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/no/such/file")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere.invalid")
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    client = make_client(Scripted(b'{"TableNames":["t"]}'))
    assert client.list_tables()["TableNames"] == ["t"]
    assert client.meta.region_name == "us-east-1"


def test_other_boto3_clients_are_left_alone():
    engine = Scripted(b"{}")
    make_client(engine)
    other = boto3.session.Session(
        aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1"
    ).client(
        "dynamodb", endpoint_url="http://127.0.0.1:9", config=Config(retries={"max_attempts": 0})
    )
    with pytest.raises(HTTPClientError, match="reached for the network"):
        other.list_tables()
    assert engine.asked == []


def test_the_resource_turns_values_into_python_values():
    engine = Scripted(b'{"Item":{"k":{"S":"a"},"tags":{"SS":["x"]},"raw":{"B":"aGk="}}}')
    item = make_resource(engine).Table("t").get_item(Key={"k": "a"})["Item"]
    assert item == {"k": "a", "tags": {"x"}, "raw": b"hi"}


def test_requests_carry_the_label_of_their_block_or_of_the_client():
    engine = Scripted(b"{}", b"{}")
    client = make_client(engine, config=Config(user_agent_extra="label/reports"))
    client.list_tables()
    with labelled("checkout"):
        client.list_tables()
    assert [label for _, _, label in engine.asked] == ["reports", "checkout"]


def test_the_streams_client_is_answered_too():
    engine = Scripted(b'{"Streams":[]}')
    assert make_client(engine, service="dynamodbstreams").list_streams()["Streams"] == []
    assert engine.asked[0][0] == "ListStreams"


def test_the_asynchronous_client_is_answered_too():
    pytest.importorskip("aiobotocore")
    engine = Scripted(b'{"TableNames":["t"]}', ConditionalCheckFailedException("no"))

    async def use():
        async with make_aio_client(engine) as client:
            assert (await client.list_tables())["TableNames"] == ["t"]
            with pytest.raises(client.exceptions.ConditionalCheckFailedException):
                await client.put_item(TableName="t", Item={"k": {"S": "a"}})

    asyncio.run(use())
