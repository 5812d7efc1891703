"""HTTP as the SDKs speak it, on a real socket of loopback, around an engine that echoes."""

import contextlib
import gzip
import json
import socket
import time
import zlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tablewright.core.errors import EngineError, UsageError
from tablewright.local.bill import UnitPrices
from tablewright.local.connection import BODY_LIMIT_BYTES
from tablewright.local.database import Database
from tablewright.local.faults import InvalidSignatureException, ResourceNotFoundException
from tablewright.local.server import ServerOptions, in_background
from tablewright.local.signing import AccessKey, check_signature


class Echo:
    """Answers with the operation, the size of the body and the label."""

    on_metered = None
    realism = None

    def __init__(self):
        self.groups = 0

    def call_raw(self, operation, body, *, label=None):
        if operation == "DeleteTable":
            raise ResourceNotFoundException("Requested resource not found")
        if operation == "UpdateTable":
            raise RuntimeError("a bug")
        return json.dumps({"operation": operation, "bytes": len(body), "label": label}).encode()

    @contextlib.contextmanager
    def group(self):
        self.groups += 1
        yield


@pytest.fixture(scope="module")
def server():
    with in_background(Echo()) as running:
        yield running


def request(operation="ListTables", body=b"{}", extra="", target="DynamoDB_20120810."):
    head = (
        f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\n"
        f"X-Amz-Target: {target}{operation}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    )
    return head.encode() + body


def exchange(server, *parts, answers=1):
    """Send bytes over one connection and return (status, headers, body) of each answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
        stream = connection.makefile("rb")
        return [read_answer(stream) for _ in range(answers)]


def read_answer(stream):
    status = int(stream.readline().split()[1])
    headers = {}
    while line := stream.readline().strip():
        name, _, value = line.partition(b":")
        headers[name.decode().lower()] = value.strip().decode()
    return status, headers, stream.read(int(headers.get("content-length", 0)))


def error_of(answer):
    return answer[0], json.loads(answer[2])["__type"].rpartition("#")[2]


def test_an_operation_is_answered_with_the_headers_the_sdks_check(server):
    ((status, headers, body),) = exchange(server, request())
    assert status == 200
    assert json.loads(body)["operation"] == "ListTables"
    assert headers["content-type"] == "application/x-amz-json-1.0"
    assert int(headers["x-amz-crc32"]) == zlib.crc32(body)
    assert len(headers["x-amzn-requestid"]) == 52


def test_request_ids_differ(server):
    answers = exchange(server, request() * 2, answers=2)
    assert answers[0][1]["x-amzn-requestid"] != answers[1][1]["x-amzn-requestid"]


def test_pipelined_requests_are_answered_in_order(server):
    names = [f"Op{n}" for n in range(100)]
    answers = exchange(server, b"".join(map(request, names)), answers=100)
    assert [json.loads(body)["operation"] for _, _, body in answers] == names


def test_requests_that_wait_together_run_in_one_group():
    engine = Echo()
    with in_background(engine) as running:
        exchange(running, request() * 10, answers=10)
    assert engine.groups == 1


def test_a_client_that_takes_no_answers_is_given_no_more():
    engine = Echo()
    engine.asked = 0

    def large(operation, body, *, label=None):
        engine.asked += 1
        return b"x" * 1_000_000

    engine.call_raw = large
    with (
        in_background(engine) as running,
        socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection,
    ):
        connection.sendall(request() * 500)
        stream = connection.makefile("rb")
        first = read_answer(stream)
        assert len(first[2]) == 1_000_000
        assert engine.asked < 100  # not all 500 answers, 500 MB, are waiting
        for _ in range(499):
            read_answer(stream)
        assert engine.asked == 500


def test_a_request_may_arrive_in_pieces(server):
    whole = request("PutItem", b'{"TableName": "t"}')
    ((status, _, body),) = exchange(server, *(bytes([byte]) for byte in whole))
    assert (status, json.loads(body)["bytes"]) == (200, 18)


def test_a_chunked_body_is_put_together(server):
    head = (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\n"
        b"X-Amz-Target: DynamoDB_20120810.PutItem\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    ((_, _, body),) = exchange(server, head + b"2\r\n{ \r\n3\r\n  }\r\n0\r\n\r\n")
    assert json.loads(body)["bytes"] == 5


def test_a_client_that_expects_100_continue_is_told_to_go_on(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        head, _, body = request(extra="Expect: 100-continue\r\n").partition(b"\r\n\r\n")
        connection.sendall(head + b"\r\n\r\n")
        stream = connection.makefile("rb")
        assert stream.readline() == b"HTTP/1.1 100 Continue\r\n"
        stream.readline()
        connection.sendall(body)
        assert read_answer(stream)[0] == 200


def test_a_connection_closes_when_the_client_asks(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request(extra="Connection: close\r\n"))
        stream = connection.makefile("rb")
        assert read_answer(stream)[1]["connection"] == "close"
        assert stream.read() == b""


def test_a_fault_is_answered_with_its_type_and_message(server):
    ((status, _, body),) = exchange(server, request("DeleteTable"))
    assert status == 400
    assert json.loads(body) == {
        "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
        "message": "Requested resource not found",
    }


def test_a_bug_is_answered_without_its_traceback(server):
    (answer,) = exchange(server, request("UpdateTable"))
    assert error_of(answer) == (500, "InternalServerError")
    assert b"RuntimeError" not in answer[2]


@pytest.mark.parametrize(
    "wrong",
    [
        request(target="DynamoDB_20110101."),
        request(target=""),
        request("ListStreams"),  # a streams operation under the tables' prefix
        request().replace(b"application/x-amz-json-1.0", b"text/plain"),
        request().replace(b"POST / ", b"POST /elsewhere "),
    ],
)
def test_an_unknown_target_type_or_path_is_an_unknown_operation(server, wrong):
    (answer,) = exchange(server, wrong)
    assert error_of(answer) == (400, "UnknownOperationException")


def test_stream_operations_have_their_own_prefix(server):
    asked = request("ListStreams", target="DynamoDBStreams_20120810.")
    assert exchange(server, asked)[0][0] == 200


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_the_root_tells_that_we_are_healthy(server, method):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(method + b" / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert body.startswith(b"healthy" if method == b"GET" else b"")


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:8000", "127.0.0.1.evil"])
def test_a_host_header_that_is_not_ours_is_refused(server, host):
    (answer,) = exchange(server, request().replace(b"Host: localhost", f"Host: {host}".encode()))
    assert error_of(answer) == (400, "AccessDeniedException")


@pytest.mark.parametrize("host", ["LOCALHOST:1", "127.0.0.1:8000", "[::1]:8000", "db.localhost"])
def test_a_host_header_that_names_this_machine_is_fine(server, host):
    (answer,) = exchange(server, request().replace(b"Host: localhost", f"Host: {host}".encode()))
    assert answer[0] == 200


def test_a_page_of_another_origin_is_refused(server):
    (answer,) = exchange(server, request(extra="Origin: http://pages.example\r\n"))
    assert error_of(answer) == (400, "AccessDeniedException")


def test_a_page_of_an_allowed_origin_is_served():
    options = ServerOptions(port=0, cors=("http://pages.example",))
    with in_background(Echo(), options) as running:
        origin = "Origin: http://pages.example\r\n"
        asked = f"OPTIONS / HTTP/1.1\r\nHost: localhost\r\n{origin}\r\n".encode()
        answers = exchange(running, asked + request(extra=origin), answers=2)
    assert [status for status, _, _ in answers] == [200, 200]
    assert answers[0][1]["access-control-allow-origin"] == "http://pages.example"
    assert "x-amz-target" in answers[0][1]["access-control-allow-headers"]
    assert answers[1][1]["access-control-allow-origin"] == "http://pages.example"


def test_a_body_announced_too_large_is_refused_before_it_is_sent(server):
    head = request().replace(b"Content-Length: 2", b"Content-Length: %d" % (BODY_LIMIT_BYTES + 1))
    (answer,) = exchange(server, head)
    assert error_of(answer) == (413, "RequestEntityTooLargeException")


def test_headers_without_end_are_refused(server):
    head = request().partition(b"Content-Length")[0]
    fillers = b"".join(b"X-Filler-%d: %s\r\n" % (n, b"x" * 100) for n in range(1000))
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head)
        with contextlib.suppress(OSError):  # the server may close while we still send
            for _ in range(100):
                connection.sendall(fillers)
        with contextlib.suppress(ConnectionError):
            assert connection.recv(100).startswith(b"HTTP/1.1 431")
    assert exchange(server, request())[0][0] == 200


def test_many_small_requests_are_not_taken_for_one_large(server):
    body = b'{"x": "' + b"x" * 5000 + b'"}'
    answers = exchange(server, request(body=body) * 100, answers=100)
    assert {status for status, _, _ in answers} == {200}


@pytest.mark.parametrize(
    "noise", [b"\x00\x01\x02\r\n\r\n", b"POST\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
)
def test_what_is_not_http_is_refused(server, noise):
    (answer,) = exchange(server, noise)
    assert error_of(answer) == (400, "SerializationException")


def test_the_label_comes_from_the_header_or_the_user_agent(server):
    by_header = request(extra="x-tablewright-label: checkout\r\nUser-Agent: x app/shop\r\n")
    by_agent = request(extra="User-Agent: aws-cli/2 app/shop\r\n")
    answers = exchange(server, by_header + by_agent, answers=2)
    assert [json.loads(body)["label"] for _, _, body in answers] == ["checkout", "shop"]


def test_an_address_that_is_not_loopback_needs_an_access_key():
    with (
        pytest.raises(UsageError, match="would let anyone"),
        in_background(Echo(), ServerOptions(host="0.0.0.0", port=0)),
    ):
        pass


def test_a_port_that_is_taken_is_a_clear_error(server):
    taken = ServerOptions(port=server.port)
    with pytest.raises(EngineError, match="cannot listen"), in_background(Echo(), taken):
        pass


KEY = AccessKey(key_id="AKIDEXAMPLE", secret="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


def signed(port, body=b"{}", key=KEY, operation="ListTables", method="POST", path="/"):
    """Return a request signed by botocore's own signer."""
    made = AWSRequest(
        method=method,
        url=f"http://127.0.0.1:{port}{path}",
        data=body,
        headers={
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        },
    )
    SigV4Auth(Credentials(key.key_id, key.secret), "dynamodb", "us-east-1").add_auth(made)
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in made.headers.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.fixture(scope="module")
def guarded():
    with in_background(Echo(), ServerOptions(host="0.0.0.0", port=0, access_key=KEY)) as running:
        yield running


def test_a_request_signed_with_the_key_passes(guarded):
    assert exchange(guarded, signed(guarded.port))[0][0] == 200
    bill = signed(guarded.port, b"", method="GET", path="/_tablewright/bill?b=2&a=1%20")
    assert exchange(guarded, bill)[0][0] == 200  # path and query are signed too


def test_a_request_without_signature_is_refused(guarded):
    (answer,) = exchange(guarded, request())
    assert error_of(answer) == (400, "MissingAuthenticationTokenException")


def test_the_bill_needs_the_signature_too(guarded):
    (answer,) = exchange(guarded, b"GET /_tablewright/bill HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert error_of(answer) == (400, "MissingAuthenticationTokenException")


def test_a_wrong_key_id_is_refused(guarded):
    other = AccessKey(key_id="AKIDOTHER", secret=KEY.secret)
    (answer,) = exchange(guarded, signed(guarded.port, key=other))
    assert error_of(answer) == (400, "UnrecognizedClientException")


def test_a_wrong_secret_is_refused(guarded):
    other = AccessKey(key_id=KEY.key_id, secret="guess")
    (answer,) = exchange(guarded, signed(guarded.port, key=other))
    assert error_of(answer) == (400, "InvalidSignatureException")


def test_a_changed_body_or_target_is_refused(guarded):
    body = signed(guarded.port, b'{"Limit":1}').replace(b'"Limit":1', b'"Limit":2')
    target = signed(guarded.port).replace(b"ListTables", b"PutTables!")
    for changed in (body, target):
        assert error_of(exchange(guarded, changed)[0]) == (400, "InvalidSignatureException")


def test_a_signature_is_good_for_fifteen_minutes():
    head = signed(8000).decode().partition("\r\n\r\n")[0].split("\r\n")[1:]
    headers = [tuple(line.split(": ", 1)) for line in head]
    facts = {"method": "POST", "target": "/", "headers": headers, "body": b"{}"}
    soon = datetime.now(UTC) + timedelta(minutes=14)
    check_signature(KEY, **facts, now=soon)
    with pytest.raises(InvalidSignatureException, match="expired"):
        check_signature(KEY, **facts, now=soon + timedelta(minutes=2))


def test_the_bill_counts_units_by_table_operation_and_label():
    with Database() as database, in_background(database) as running:
        table = {
            "TableName": "Ttt",
            "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        }
        item = {"TableName": "Ttt", "Item": {"k": {"S": "a"}, "x": {"S": "x" * 1500}}}
        exchange(
            running,
            request("CreateTable", json.dumps(table).encode())
            + request("PutItem", json.dumps(item).encode(), "x-tablewright-label: checkout\r\n")
            + request("Scan", b'{"TableName":"Ttt"}'),
            answers=3,
        )
        asked = b"GET /_tablewright/bill HTTP/1.1\r\nHost: localhost\r\n\r\n"
        bill = json.loads(exchange(running, asked)[0][2])
    # 1 + 1 + 1 + 1,500 bytes: two write units; the scan of them: half a read unit
    assert bill["total"] == {"read_units": "0.5", "write_units": "2"}
    assert bill["by_label"] == [
        {"label": None, "read_units": "0.5", "write_units": "0"},
        {"label": "checkout", "read_units": "0", "write_units": "2"},
    ]
    assert [line["operation"] for line in bill["lines"]] == ["PutItem", "Scan"]


def test_requests_are_logged_with_units_and_cost():
    lines = []
    prices = UnitPrices(read=Decimal("0.000000125"), write=Decimal("0.000000625"))
    options = ServerOptions(port=0, log=lines.append, prices=prices)
    with Database() as database, in_background(database, options) as running:
        database.call(
            "CreateTable",
            {
                "TableName": "Ttt",
                "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
        item = b'{"TableName":"Ttt","Item":{"k":{"S":"a"}}}'
        exchange(running, request("PutItem", item) + request("GetItem"), answers=2)
    assert "PutItem 200 Ttt reads=0 writes=1 usd=0.000000625" in lines[0]
    assert "GetItem 400 -" in lines[1]
    assert lines[1].endswith("ValidationException")


def test_realism_is_set_and_seen_over_http():
    body = b'{"latency": {"ListTables": {"p50_ms": 60, "p99_ms": 60}}}'
    head = (
        b"POST /_tablewright/realism HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    )
    with Database() as database, in_background(database) as running:
        answers = exchange(
            running, head % len(body) + body + request() + request("DescribeLimits"), answers=3
        )
        assert json.loads(answers[0][2])["latency"]["ListTables"]["p50_ms"] == 60
        began = time.monotonic()
        exchange(running, request())
        assert time.monotonic() - began >= 0.055
        wrong = b'{"lag": 5}'
        (answer,) = exchange(running, head % len(wrong) + wrong)
        assert error_of(answer) == (400, "ValidationException")
        off = exchange(running, head % 2 + b"{}")
        assert json.loads(off[0][2]) == {}


def test_realism_cannot_be_set_by_a_form_of_a_page(server):
    form = b"POST /_tablewright/realism HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"
    assert error_of(exchange(server, form)[0]) == (400, "SerializationException")


def packed(body, extra="", encoding="gzip"):
    return request(body=body, extra=f"Content-Encoding: {encoding}\r\n{extra}")


def test_a_compressed_body_is_unpacked(server):
    body = gzip.compress(b'{"Limit": 1}')
    (answer,) = exchange(server, packed(body))
    assert (answer[0], json.loads(answer[2])["bytes"]) == (200, len(b'{"Limit": 1}'))


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"{}", "gzip"),  # not gzip at all
        (gzip.compress(b'{"Limit": 1}')[:-9], "gzip"),  # cut off
        (gzip.compress(b" " * (BODY_LIMIT_BYTES + 1)), "gzip"),  # 20 KB that grow to 20 MB
        (b"{}", "br"),
    ],
    ids=["no gzip", "cut off", "too large", "another encoding"],
)
def test_a_body_that_cannot_be_unpacked_is_refused(server, body, encoding):
    (answer,) = exchange(server, packed(body, encoding=encoding))
    assert error_of(answer) == (400, "SerializationException")


def test_answers_are_compressed_for_those_who_take_gzip():
    with Database() as database, in_background(database, ServerOptions(port=0)) as running:
        tables = [f"A-table-of-a-longer-name-{number:04}" for number in range(60)]
        for name in tables:
            database.call(
                "CreateTable",
                {
                    "TableName": name,
                    "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
                    "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
                    "BillingMode": "PAY_PER_REQUEST",
                },
            )
        taking = request(body=b'{"Limit": 100}', extra="Accept-Encoding: gzip, br\r\n")
        small = request(body=b'{"Limit": 1}', extra="Accept-Encoding: gzip\r\n")
        plain = request(body=b'{"Limit": 100}')
        for sent, is_packed in ((taking, True), (small, False), (plain, False)):
            (answer,) = exchange(running, sent)
            status, headers, content = answer
            assert status == 200
            assert headers.get("content-encoding") == ("gzip" if is_packed else None)
            assert int(headers["x-amz-crc32"]) == zlib.crc32(content)
            names = json.loads(gzip.decompress(content) if is_packed else content)["TableNames"]
            assert names == (tables[:1] if sent is small else tables)


def test_a_signature_for_another_region_or_service_is_refused():
    options = ServerOptions(port=0, access_key=KEY, region="us-east-1")
    with in_background(Echo(), options) as running:
        assert exchange(running, signed(running.port))[0][0] == 200
        for changed in (b"/eu-west-1/dynamodb/", b"/us-east-1/s3/"):
            sent = signed(running.port).replace(b"/us-east-1/dynamodb/", changed)
            (answer,) = exchange(running, sent)
            assert error_of(answer) == (400, "InvalidSignatureException")
            assert b"Credential should be scoped" in answer[2]
