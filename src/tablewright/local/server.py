"""Serve a Database as DynamoDB does: JSON 1.0 over HTTP. And nothing but.

In: bytes of connections. Out: calls of `Database.call_raw`, and their answers as the SDKs expect
them. All requests that wait at the same moment run in one group, so that their writes are committed
together. It does not know what an operation means.

Safe by default: it listens on loopback; elsewhere only with an access key, which is then checked.
The Host header must name this machine (a web page cannot reach us by rebinding its own name), pages
of other origins are refused unless allowed, and requests are bounded in size and in time.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import itertools
import logging
import secrets
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import httptools
import orjson

from tablewright.core.errors import EngineError, UsageError
from tablewright.core.quantities import ZERO, plain
from tablewright.local.bill import RunningBill, UnitPrices
from tablewright.local.faults import (
    AccessDeniedException,
    Fault,
    InternalServerError,
    SerializationException,
    UnknownOperationException,
    ValidationException,
)
from tablewright.local.labels import HEADER as LABEL_HEADER
from tablewright.local.labels import clean_label, label_of_user_agent
from tablewright.local.signing import AccessKey, check_signature

if TYPE_CHECKING:
    from tablewright.local.metering import Metered

BODY_LIMIT_BYTES = 20 * 1024 * 1024  # a batch may have 16 MB; the rest is room for base64 and names
HEADER_LIMIT_BYTES = 64 * 1024
SMALL_BYTES = 8 * 1024  # answers up to this size go out in one piece
GROUP_LIMIT = 64  # requests that run before their answers go out
PIPELINE_LIMIT = 16  # requests of one connection under way; more wait until it takes its answers
HALF_REQUEST_SECONDS = 30  # a request must be complete within this time
DRAIN_SECONDS = 5  # how long a shutdown waits for answers to be taken

JSON_TYPE = b"application/x-amz-json-1.0"
_TARGETS = (b"DynamoDB_20120810.", b"DynamoDBStreams_20120810.")
_STREAM_OPERATIONS = frozenset({"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"})
_LOCAL_NAMES = frozenset({"localhost", "host.docker.internal", ""})

log = logging.getLogger("tablewright.local")


class Served(Protocol):
    """The part of a Database that a server needs."""

    on_metered: Callable[[Metered], None] | None
    engine: Any
    realism: Any

    def call_raw(self, operation: str, body: bytes, *, label: str | None = None) -> bytes:
        """Answer one request, or raise a Fault."""
        ...

    def group(self) -> contextlib.AbstractContextManager[None]:
        """Commit all writes of the block together."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """How to serve.

    Attributes:
        host: the address to listen on; other than loopback only with an access key.
        port: the port; 0 takes a free one.
        access_key: the key that requests must be signed with; None asks for no signature.
        cors: the origins whose pages may use the server ("*" for all), none by default.
        log: told of each request, one line, if given.
        prices: what a unit costs, for the log and the bill.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    access_key: AccessKey | None = None
    cors: tuple[str, ...] = ()
    log: Callable[[str], None] | None = None
    prices: UnitPrices | None = None


class _Request:
    """One request as it arrives."""

    __slots__ = (
        "began",
        "body",
        "headers",
        "host",
        "keep_alive",
        "label",
        "method",
        "origin",
        "target",
        "type",
        "url",
        "user_agent",
    )

    def __init__(self) -> None:
        self.url = b""
        self.method = b""
        self.target = b""
        self.type = b""
        self.host = b""
        self.origin = b""
        self.label = b""
        self.user_agent = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: bytes | list[bytes] = b""
        self.keep_alive = True
        self.began = 0.0


class _Reply(NamedTuple):
    status: int
    content: bytes
    type: bytes = JSON_TYPE
    close: bool = False
    delay_seconds: float = 0.0


class Server:
    """An HTTP server of one Database, on a running asyncio event loop."""

    def __init__(self, database: Served, options: ServerOptions) -> None:
        _check_options(options)
        self.database = database
        self.options = options
        self.bill = RunningBill()
        self._keeps_headers = options.access_key is not None
        self._waiting: deque[tuple[_Connection, _Request]] = deque()
        self._scheduled = False
        self._connections: set[_Connection] = set()
        self._listener: asyncio.Server | None = None
        self._sweeper: asyncio.TimerHandle | None = None
        self._metered: list[Metered] = []
        self._identifiers = itertools.count()
        self._salt = secrets.token_hex(12).upper().encode()
        self._date = b""
        self._is_closing = False

    # -- life -----------------------------------------------------------------------------------

    @property
    def port(self) -> int:
        """The port we listen on."""
        assert self._listener is not None, "the server is not started"
        return int(self._listener.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """The endpoint URL for an SDK."""
        host = self.options.host
        shown = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, host)
        return f"http://[{shown}]:{self.port}" if ":" in shown else f"http://{shown}:{self.port}"

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            EngineError: the address is taken or not ours.
        """
        self._loop = asyncio.get_running_loop()
        try:
            self._listener = await self._loop.create_server(
                lambda: _Connection(self), self.options.host, self.options.port, backlog=512
            )
        except OSError as problem:
            raise EngineError(
                f"cannot listen on {self.options.host}:{self.options.port}: {problem.strerror}",
                remedy="choose another --port, or 0 for a free one",
            ) from problem
        self._previous = self.database.on_metered
        self.database.on_metered = self._count
        self._wait_ourselves()
        self._tick()

    def _wait_ourselves(self) -> None:
        """Keep realism from sleeping: that would hold up all connections."""
        if self.database.realism is not None:
            self.database.realism.is_patient = False

    async def close(self) -> None:
        """Stop listening, answer what has arrived, and let go of the database (left open)."""
        if self._listener is None:
            return
        self._is_closing = True
        self._listener.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
        deadline = self._loop.time() + DRAIN_SECONDS
        for connection in tuple(self._connections):
            connection.close_when_idle()
        while self._connections and self._loop.time() < deadline:
            await asyncio.sleep(0.01)
        for connection in tuple(self._connections):
            connection.abort()
        await self._listener.wait_closed()
        self.database.on_metered = self._previous

    def _tick(self) -> None:
        """Once a second: the date of answers, and the end of requests that never become whole."""
        self._date = formatdate(usegmt=True).encode()
        limit = self._loop.time() - HALF_REQUEST_SECONDS
        for connection in tuple(self._connections):
            if connection.half_since is not None and connection.half_since < limit:
                connection.abort()
        self._sweeper = self._loop.call_later(1, self._tick)

    # -- requests -------------------------------------------------------------------------------

    def submit(self, connection: _Connection, request: _Request) -> None:
        """Take a whole request; it runs with all others that wait."""
        self._waiting.append((connection, request))
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._run_waiting)

    def _run_waiting(self) -> None:
        self._scheduled = False
        waiting = self._waiting
        count = min(len(waiting), GROUP_LIMIT)
        if count == 1:
            connection, request = waiting.popleft()
            connection.answer(request, self._reply(request))
            return
        some = [waiting.popleft() for _ in range(count)]
        try:
            with self.database.group():
                replies = [self._reply(request) for _, request in some]
        except Exception:
            log.exception("a group of writes could not be committed")
            replies = [_fault_reply(InternalServerError("the writes could not be committed"))]
            replies *= count
        for (connection, request), reply in zip(some, replies, strict=True):
            connection.answer(request, reply)
        if waiting:
            self._scheduled = True
            self._loop.call_soon(self._run_waiting)

    def _reply(self, request: _Request) -> _Reply:
        try:
            if self._is_plain(request):
                return self._operate(request)
            return self._other(request)
        except Fault as fault:
            if fault.__cause__ is not None:
                log.error("a request failed", exc_info=fault)
            return _fault_reply(fault)
        except Exception:
            log.exception("a request failed")
            return _fault_reply(InternalServerError("the local engine failed; see its log"))

    def _is_plain(self, request: _Request) -> bool:
        """Whether this is an ordinary SDK request that passes every check."""
        if self.options.access_key is None:
            if not _is_local_name(request.host):
                raise AccessDeniedException("The Host header does not name this machine.")
        elif request.method != b"OPTIONS" and not self._is_health_check(request):
            self._check_signature(request, self.options.access_key)
        if request.origin and not self._allows(request.origin):
            raise AccessDeniedException("Pages of this origin may not use this server (--cors).")
        return request.method == b"POST" and request.url == b"/"

    def _operate(self, request: _Request) -> _Reply:
        name = _operation_name(request)
        body = request.body
        if type(body) is list:
            body = b"".join(body)
        label = None
        if request.label or b"label/" in request.user_agent or b"app/" in request.user_agent:
            label = clean_label(request.label.decode("utf-8", "replace")) or label_of_user_agent(
                request.user_agent.decode("latin-1")
            )
        realism = self.database.realism
        if self.options.log is None and realism is None:
            return _Reply(200, self.database.call_raw(name, body, label=label))  # type: ignore[arg-type]
        self._metered.clear()
        began = time.perf_counter()
        status, content = 200, b""
        try:
            content = self.database.call_raw(name, body, label=label)  # type: ignore[arg-type]
        except Fault as fault:
            status, content = fault.status, orjson.dumps(fault.body())
        delay = realism.delay_seconds(name) if realism is not None else 0.0
        if self.options.log is not None:
            took = time.perf_counter() - began + delay
            with contextlib.suppress(OSError):  # nobody reads the log: the answer stands
                self.options.log(self._line(name, label, status, content, took))
        return _Reply(status, content, delay_seconds=delay)

    def _line(
        self, name: str, label: str | None, status: int, content: bytes, seconds: float
    ) -> str:
        reads = sum((record.reads for record in self._metered), ZERO)
        writes = sum((record.writes for record in self._metered), ZERO)
        parts = [time.strftime("%H:%M:%S"), name, str(status)]
        parts += [",".join(sorted({record.table for record in self._metered})) or "-"]
        parts += [f"reads={plain(reads)}", f"writes={plain(writes)}"]
        if self.options.prices is not None:
            parts.append(f"usd={plain(self.options.prices.of(reads, writes))}")
        parts.append(f"{seconds * 1000:.2f}ms")
        if label:
            parts.append(f"label={label}")
        if status != 200:
            parts.append(str(orjson.loads(content).get("__type", "")).rpartition("#")[2])
        return " ".join(parts)

    def _count(self, record: Metered) -> None:
        self.bill.add(record)
        if self.options.log is not None:
            self._metered.append(record)
        if self._previous is not None:
            self._previous(record)

    # -- what is not an operation ---------------------------------------------------------------

    def _other(self, request: _Request) -> _Reply:
        path = request.url.partition(b"?")[0]
        if request.method == b"OPTIONS":
            return _Reply(200, b"", b"text/plain")
        if self._is_health_check(request):
            return _Reply(200, b"healthy: dynamodb.us-east-1.amazonaws.com \n", b"text/plain")
        if path == b"/_tablewright/bill" and request.method == b"GET":
            shown = self.bill.as_json(self.options.prices)
            return _Reply(200, orjson.dumps(shown), b"application/json")
        if path == b"/_tablewright/realism":
            return self._set_realism(request)
        if path == b"/_tablewright/bill" and request.method == b"DELETE":
            self.bill.clear()
            return _Reply(200, b"{}", b"application/json")
        raise UnknownOperationException()

    def _is_health_check(self, request: _Request) -> bool:
        return request.method in (b"GET", b"HEAD") and request.url in (b"/", b"/healthz")

    def _set_realism(self, request: _Request) -> _Reply:
        from tablewright.local.realism import change_realism, describe_realism

        if request.method == b"POST":
            if not request.type.startswith((b"application/json", JSON_TYPE)):
                raise SerializationException("Send application/json.")
            body = request.body if isinstance(request.body, bytes) else b"".join(request.body)
            try:
                wanted = orjson.loads(body)
                change_realism(self.database, wanted)
                self._wait_ourselves()
            except orjson.JSONDecodeError:
                raise SerializationException() from None
            except UsageError as problem:
                raise ValidationException(problem.message) from None
        elif request.method != b"GET":
            raise UnknownOperationException()
        return _Reply(200, orjson.dumps(describe_realism(self.database)), b"application/json")

    def _check_signature(self, request: _Request, key: AccessKey) -> None:
        check_signature(
            key,
            method=request.method.decode("latin-1"),
            target=request.url.decode("latin-1"),
            headers=[(n.decode("latin-1"), v.decode("latin-1")) for n, v in request.headers],
            body=request.body if isinstance(request.body, bytes) else b"".join(request.body),
        )

    def _allows(self, origin: bytes) -> bool:
        return "*" in self.options.cors or origin.decode("latin-1") in self.options.cors

    # -- answers --------------------------------------------------------------------------------

    def head(self, request: _Request | None, reply: _Reply) -> bytes:
        """Return the status line and headers of an answer."""
        head = b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n" % (
            _STATUS.get(reply.status) or b"%d Status" % reply.status,
            reply.type,
            len(reply.content),
        )
        head += b"x-amzn-RequestId: %b%028X\r\nx-amz-crc32: %d\r\nDate: %b\r\n" % (
            self._salt,
            next(self._identifiers),
            zlib.crc32(reply.content),
            self._date,
        )
        if request is not None and request.origin and self._allows(request.origin):
            head += _cors_headers(request.origin)
        if reply.close or self._is_closing:
            head += b"Connection: close\r\n"
        return head + b"\r\n"


class _Connection(asyncio.Protocol):
    """One connection: parses requests as they come in and answers them in order."""

    __slots__ = (
        "_delayed",
        "_has_head",
        "_is_last",
        "_is_paused",
        "_kept",
        "_open",
        "_parser",
        "_received",
        "_request",
        "_server",
        "_transport",
        "half_since",
    )

    def __init__(self, server: Server) -> None:
        self._server = server
        self._parser = httptools.HttpRequestParser(self)
        self._transport: Any = None
        self._request = _Request()
        self._received = 0  # bytes of the request so far
        self._has_head = False
        self._open = 0  # requests handed over and not answered
        self._kept: deque[_Request] = deque()  # requests that wait for answers to be taken
        self._is_paused = False
        self._delayed: deque[tuple[float, bytes, bool]] = deque()
        self._is_last = False
        self.half_since: float | None = None

    # -- from the transport ---------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        self._transport = transport
        self._server._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection; answers under way go nowhere."""
        self._server._connections.discard(self)
        self._transport = None

    def pause_writing(self) -> None:
        """Take no more requests while the client does not take its answers."""
        self._is_paused = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        self._is_paused = False
        if self._transport is not None:
            self._transport.resume_reading()
            self._hand_over_kept()

    def data_received(self, data: bytes) -> None:
        """Parse what came in."""
        if self._is_last:
            return
        if self.half_since is None:
            self.half_since = self._server._loop.time()
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(400, b"Upgrades are not supported.")
        except httptools.HttpParserError:
            if not self._is_last:
                self._refuse(400, b"This is not an HTTP/1.1 request.")
        else:
            if not self._has_head and self._received > HEADER_LIMIT_BYTES:
                self._refuse(431, b"The headers are larger than 64 KB.")
            elif self._received > BODY_LIMIT_BYTES + HEADER_LIMIT_BYTES:
                self._refuse_large()

    # -- from the parser ------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._request = _Request()

    def on_url(self, url: bytes) -> None:
        """Take the target of the request line."""
        self._request.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep the headers that matter (all, if signatures are checked)."""
        request = self._request
        field = _HEADERS.get(name) or _HEADERS.get(name.lower())
        if field is not None:
            if field == "expect":
                if value.lower() == b"100-continue" and self._transport is not None:
                    self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            elif field == "length":
                if value.isdigit() and int(value) > BODY_LIMIT_BYTES:
                    self._refuse_large()
            else:
                setattr(request, field, value)
        if self._server._keeps_headers:
            request.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Note the method."""
        self._has_head = True
        self._request.method = self._parser.get_method()

    def on_body(self, body: bytes) -> None:
        """Collect the body."""
        request = self._request
        if not request.body:
            request.body = body
        elif type(request.body) is list:
            request.body.append(body)
        else:
            request.body = [request.body, body]  # type: ignore[list-item]

    def on_message_complete(self) -> None:
        """Hand the request over."""
        if self._is_last:
            return
        request = self._request
        self.half_since = None
        self._received = 0
        self._has_head = False
        request.keep_alive = self._parser.should_keep_alive()
        if not request.keep_alive:
            self._is_last = True
        if self._kept or self._is_full:
            self._kept.append(request)
        else:
            self._open += 1
            self._server.submit(self, request)

    @property
    def _is_full(self) -> bool:
        return self._is_paused or self._open + len(self._delayed) >= PIPELINE_LIMIT

    def _hand_over_kept(self) -> None:
        while self._kept and not self._is_full:
            self._open += 1
            self._server.submit(self, self._kept.popleft())

    # -- answers --------------------------------------------------------------------------------

    def answer(self, request: _Request, reply: _Reply) -> None:
        """Send the answer to the oldest request that has none."""
        self._open -= 1
        transport = self._transport
        if transport is None:
            return
        close = not request.keep_alive or (self._server._is_closing and not self._kept)
        if close and not reply.close:
            reply = reply._replace(close=True)
        head = self._server.head(request, reply)
        content = reply.content if request.method != b"HEAD" else b""
        if reply.delay_seconds > 0 or self._delayed:
            self._delay(head + content, close, reply.delay_seconds)
            return
        if len(content) < SMALL_BYTES:
            transport.write(head + content)
        else:  # spare the copy
            transport.write(head)
            transport.write(content)
        if close:
            transport.close()
        elif self._kept:
            self._hand_over_kept()

    def _delay(self, data: bytes, close: bool, seconds: float) -> None:
        loop = self._server._loop
        self._delayed.append((loop.time() + seconds, data, close))
        if len(self._delayed) == 1:
            loop.call_later(seconds, self._send_delayed)

    def _send_delayed(self) -> None:
        loop = self._server._loop
        while self._delayed:
            due, data, close = self._delayed[0]
            if due > loop.time():
                loop.call_at(due, self._send_delayed)
                return
            self._delayed.popleft()
            if self._transport is not None:
                self._transport.write(data)
                if close:
                    self._transport.close()
                else:
                    self._hand_over_kept()

    def _refuse_large(self) -> None:
        self._refuse(413, b"The request is larger than 16 MB.")

    def _refuse(self, status: int, message: bytes) -> None:
        """Answer what cannot be parsed or is too large, and end the connection."""
        self._is_last = True
        self.half_since = None
        if self._transport is None:
            return
        content = orjson.dumps(
            {
                "__type": "com.amazon.coral.service#" + _REFUSALS[status],
                "message": message.decode(),
            }
        )
        reply = _Reply(status, content, close=True)
        self._transport.write(self._server.head(None, reply) + content)
        self._transport.close()

    def close_when_idle(self) -> None:
        """Close now, or after the answers under way."""
        busy = self._open or self._kept or self._delayed
        if self._transport is not None and not busy:
            self._transport.close()

    def abort(self) -> None:
        """Close without waiting."""
        if self._transport is not None:
            self._transport.abort()


_REFUSALS = {
    400: "SerializationException",
    413: "RequestEntityTooLargeException",
    431: "SerializationException",
}
_STATUS = {
    200: b"200 OK",
    400: b"400 Bad Request",
    403: b"403 Forbidden",
    404: b"404 Not Found",
    413: b"413 Request Entity Too Large",
    431: b"431 Request Header Fields Too Large",
    500: b"500 Internal Server Error",
    503: b"503 Service Unavailable",
}
_HEADERS = {
    b"x-amz-target": "target",
    b"X-Amz-Target": "target",
    b"content-type": "type",
    b"Content-Type": "type",
    b"host": "host",
    b"Host": "host",
    b"origin": "origin",
    b"user-agent": "user_agent",
    b"User-Agent": "user_agent",
    b"x-amz-user-agent": "user_agent",
    b"content-length": "length",
    b"Content-Length": "length",
    b"expect": "expect",
    LABEL_HEADER.encode(): "label",
}


def _operation_name(request: _Request) -> str:
    """Return the operation a request asks for.

    Raises:
        UnknownOperationException: not a DynamoDB target or content type.
    """
    if not request.type.startswith((JSON_TYPE, b"application/json")):
        raise UnknownOperationException()
    service, _, name = request.target.partition(b".")
    operation = name.decode("latin-1")
    is_stream = operation in _STREAM_OPERATIONS
    if service + b"." != _TARGETS[is_stream]:
        raise UnknownOperationException()
    return operation


def _fault_reply(fault: Fault) -> _Reply:
    return _Reply(fault.status, orjson.dumps(fault.body()))


def _cors_headers(origin: bytes) -> bytes:
    return (
        b"Access-Control-Allow-Origin: %b\r\nVary: Origin\r\n"
        b"Access-Control-Allow-Methods: POST, GET, DELETE, OPTIONS\r\n"
        b"Access-Control-Allow-Headers: authorization, content-type, x-amz-content-sha256, "
        b"x-amz-date, x-amz-security-token, x-amz-target, x-amz-user-agent, "
        b"amz-sdk-invocation-id, amz-sdk-request, x-tablewright-label\r\n"
        b"Access-Control-Expose-Headers: x-amzn-RequestId, x-amz-crc32\r\n"
        b"Access-Control-Max-Age: 3600\r\n" % origin
    )


_KNOWN_HOSTS: dict[bytes, bool] = {}


def _is_local_name(host: bytes) -> bool:
    """Return whether a Host header names this machine: a local name, or an IP address.

    An address cannot be rebound: only a name, resolved by a DNS server of the attacker, can.

    Example:
        >>> [_is_local_name(h) for h in (b"localhost:8000", b"[::1]:8000", b"evil.example")]
        [True, True, False]
    """
    known = _KNOWN_HOSTS.get(host)
    if known is None:
        known = _is_local(host.decode("latin-1"))
        if len(_KNOWN_HOSTS) < 1000:
            _KNOWN_HOSTS[host] = known
    return known


def _is_local(host: str) -> bool:
    name = host
    if host.startswith("["):
        name = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        name = host.partition(":")[0]
    name = name.lower().rstrip(".")
    return name in _LOCAL_NAMES or name.endswith(".localhost") or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _check_options(options: ServerOptions) -> None:
    host = options.host
    is_loopback = host == "localhost" or (
        _is_address(host) and ipaddress.ip_address(host).is_loopback
    )
    if not is_loopback and options.access_key is None:
        raise UsageError(
            f"listening on {host} would let anyone who reaches it read and change the data",
            remedy="give an access key that clients must sign with "
            "(--access-key-id and --secret-access-key), or listen on 127.0.0.1",
        )


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Return an event loop: uvloop's if it is installed, which is faster, else the standard one."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    made: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return made


@contextlib.contextmanager
def in_background(database: Served, options: ServerOptions | None = None) -> Iterator[Server]:
    """Serve a database from a thread of its own while the block runs.

    Raises:
        EngineError: the address cannot be listened on.
        UsageError: the options are not safe.
    """
    server = Server(database, options or ServerOptions(port=0))
    loop = new_event_loop()
    started: list[BaseException | None] = []
    is_started = threading.Event()

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(server.start())
        except BaseException as problem:
            started.append(problem)
            is_started.set()
            return
        is_started.set()
        loop.run_forever()

    thread = threading.Thread(target=run, name="tablewright-server", daemon=True)
    thread.start()
    is_started.wait()
    try:
        if started and started[0] is not None:
            raise started[0]
        yield server
    finally:
        if not started:
            asyncio.run_coroutine_threadsafe(server.close(), loop).result(DRAIN_SECONDS + 5)
            loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
