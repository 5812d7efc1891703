"""The conformance cases against other engines, as installed by scripts/install-peers.

Authority: the documents, then several peers, then one. What a peer answers otherwise is listed in
known_differences.yaml; a difference that is not listed fails, and so does a listed one that has
disappeared. Messages are not compared here, only kinds of errors and replies. Run
`TABLEWRIGHT_DIFFERENCES=write` to write the list again, and read the change line by line.
"""

import contextlib
import http.client
import json
import os
import re
from functools import cache
from pathlib import Path

import peers
import pytest
import yaml

from conformance.runner import all_cases, clear, differences
from conformance.test_conformance import missing_operations

LIST = Path(__file__).with_name("known_differences.yaml")
STREAMS = {"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host, Signature=0"
)
ENGINES = {
    engine.name: engine
    for engine in (peers.OURS, peers.DYNAMODB_LOCAL, peers.DYNOXIDE, peers.DYNALITE, peers.MOTO)
}


@cache
def known_differences():
    return yaml.safe_load(LIST.read_text()) if LIST.exists() else {}


def caller(connection):
    """Return a function that sends one request over the connection."""

    def call(operation, request):
        service = "DynamoDBStreams_20120810" if operation in STREAMS else "DynamoDB_20120810"
        headers = {
            "X-Amz-Target": f"{service}.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Date": "20260101T000000Z",
            "Authorization": AUTHORIZATION,
        }
        body = request if isinstance(request, str) else json.dumps(request)
        try:
            connection.request("POST", "/", body.encode(), headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return 599, "no answer"
        try:
            return response.status, json.loads(content)
        except ValueError:
            return response.status, content[:200].decode("utf-8", "replace")

    return call


def found_differences(engine, *, on_disk=False, messages=False):
    """Return {case: what differs} of an engine started for this."""
    found = {}
    with peers.running(engine, on_disk=on_disk) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        with contextlib.closing(connection):
            call = caller(connection)
            for case in all_cases():
                if engine is not peers.OURS and not case.is_compared:
                    continue  # the words of the service alone
                clear(call)
                try:
                    different = differences(case, call, messages=messages)
                except (AssertionError, AttributeError, TypeError, KeyError) as problem:
                    different = [f"{type(problem).__name__}: {problem}"]
                if different:
                    found[case.id] = _without_identifiers(different[0])[:160]
    return found


def _without_identifiers(text):
    """Return a difference without what is another at each run: ids and times."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{9,}\.?\d*", "…", text)


def engine_or_skip(name):
    engine = ENGINES[name]
    if engine.missing:
        pytest.skip(f"{name} is not installed: {engine.missing}")
    return engine


@pytest.mark.needs_server
@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("dynamodb-local", marks=pytest.mark.needs_java),
        "dynoxide",
        "dynalite",
        "moto",
    ],
)
def test_a_peer_differs_from_the_documents_only_where_it_is_known_to(name):
    found = found_differences(engine_or_skip(name))
    if os.environ.get("TABLEWRIGHT_DIFFERENCES") == "write":
        write_list(name, found)
        return
    known = known_differences().get(name, {})
    assert {case: found[case] for case in found if case not in known} == {}, "new differences"
    assert [case for case in known if case not in found] == [], "known differences that are gone"


@pytest.mark.needs_server
@pytest.mark.parametrize("on_disk", [False, True], ids=["in memory", "on disk"])
def test_our_server_answers_every_case_over_http(on_disk):
    found = found_differences(peers.OURS, on_disk=on_disk, messages=True)
    later = {case.id for case in all_cases() if missing_operations(case)}
    assert {case: what for case, what in found.items() if case not in later} == {}


def write_list(name, found):
    listed = known_differences()
    listed[name] = dict(sorted(found.items()))
    head = (
        "# Where each peer answers a conformance case otherwise than the documents promise, and\n"
        "# what it says instead. Written by test_differential.py; checked in both directions.\n"
    )
    text = yaml.safe_dump(dict(sorted(listed.items())), width=1000, allow_unicode=True)
    LIST.write_text(head + text)
