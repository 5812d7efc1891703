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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from email.utils import formatdate
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from tablewright.core.errors import EngineError, UsageError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO, plain
from tablewright.local.access_shape import shape_of
from tablewright.local.bill import RunningBill, UnitPrices
from tablewright.local.connection import (
    JSON_TYPE,
    STATUS,
    Connection,
    HttpReply,
    HttpRequest,
)
from tablewright.local.contributors import report
from tablewright.local.faults import (
    AccessDeniedException,
    Fault,
    InternalServerError,
    SerializationException,
    UnknownOperationException,
    ValidationException,
)
from tablewright.local.hosts import is_address, is_local_name
from tablewright.local.labels import clean_label, label_of_user_agent
from tablewright.local.metering import REPLICATED_WRITE
from tablewright.local.regions import Regions
from tablewright.local.signing import AccessKey, check_signature, signed_region

if TYPE_CHECKING:
    from tablewright.local.metering import Metered

GROUP_LIMIT = 64  # requests that run before their answers go out
HALF_REQUEST_SECONDS = 30  # a request must be complete within this time
DRAIN_SECONDS = 5  # how long a shutdown waits for answers to be taken

_TARGETS = (b"DynamoDB_20120810.", b"DynamoDBStreams_20120810.")
_STREAM_OPERATIONS = frozenset({"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"})

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


@frozen
class ServerOptions:
    """How to serve.

    Attributes:
        host: the address to listen on; other than loopback only with an access key.
        port: the port; 0 takes a free one.
        access_key: the key that requests must be signed with; None asks for no signature.
        region: the region that signatures must be made for; None takes any.
        cors: the origins whose pages may use the server ("*" for all), none by default.
        log: told of each request, one line, if given.
        prices: what a unit costs, for the log and the bill.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    access_key: AccessKey | None = None
    region: str | None = None
    cors: tuple[str, ...] = ()
    log: Callable[[str], None] | None = None
    prices: UnitPrices | None = None
    prices_by_region: Mapping[str, UnitPrices | None] = field(default_factory=dict)
    """The same for each region, where several are served."""


class Server:
    """An HTTP server of one Database, or of several regions, on a running asyncio event loop.

    With several regions a request is for the region that its signature is scoped to, or for the
    first if it has none.
    """

    def __init__(self, database: Served | Regions, options: ServerOptions) -> None:
        _check_options(options)
        self._regions: Mapping[str, Served] = {}
        self._group: Served | Regions = database
        if isinstance(database, Regions):
            self._regions = database.databases
            database = database.first
        self.database: Served = database
        self.options = options
        self.bills = {name: RunningBill() for name in self._regions}
        self.bill = next(iter(self.bills.values()), RunningBill())
        self.keeps_headers = options.access_key is not None or bool(self._regions)
        self._waiting: deque[tuple[Connection, HttpRequest]] = deque()
        self._scheduled = False
        self.connections: set[Connection] = set()
        self._listener: asyncio.Server | None = None
        self._sweeper: asyncio.TimerHandle | None = None
        self._metered: list[Metered] = []
        self._identifiers = itertools.count()
        self._salt = secrets.token_hex(12).upper().encode()
        self._date = b""
        self.is_closing = False

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
        self.loop = asyncio.get_running_loop()
        try:
            self._listener = await self.loop.create_server(
                lambda: Connection(self), self.options.host, self.options.port, backlog=512
            )
        except OSError as problem:
            raise EngineError(
                f"cannot listen on {self.options.host}:{self.options.port}: {problem.strerror}",
                remedy="choose another --port, or 0 for a free one",
            ) from problem
        self._previous = [served.on_metered for served in self._served]
        for served, bill, previous in zip(
            self._served, self.bills.values() or (self.bill,), self._previous, strict=True
        ):
            served.on_metered = partial(self._count, bill, previous)
        self._wait_ourselves()
        self._tick()

    @property
    def _served(self) -> tuple[Served, ...]:
        return tuple(self._regions.values()) or (self.database,)

    def _wait_ourselves(self) -> None:
        """Keep realism from sleeping: that would hold up all connections."""
        for served in self._served:
            if served.realism is not None:
                served.realism.is_patient = False

    async def close(self) -> None:
        """Stop listening, answer what has arrived, and let go of the database (left open)."""
        if self._listener is None:
            return
        self.is_closing = True
        self._listener.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
        deadline = self.loop.time() + DRAIN_SECONDS
        for connection in tuple(self.connections):
            connection.close_when_idle()
        while self.connections and self.loop.time() < deadline:
            await asyncio.sleep(0.01)
        for connection in tuple(self.connections):
            connection.abort()
        await self._listener.wait_closed()
        for served, previous in zip(self._served, self._previous, strict=True):
            served.on_metered = previous

    def _tick(self) -> None:
        """Once a second: the date of answers, and the end of requests that never become whole."""
        self._date = formatdate(usegmt=True).encode()
        limit = self.loop.time() - HALF_REQUEST_SECONDS
        for connection in tuple(self.connections):
            if connection.half_since is not None and connection.half_since < limit:
                connection.abort()
        self._sweeper = self.loop.call_later(1, self._tick)

    # -- requests -------------------------------------------------------------------------------

    def submit(self, connection: Connection, request: HttpRequest) -> None:
        """Take a whole request; it runs with all others that wait."""
        self._waiting.append((connection, request))
        if not self._scheduled:
            self._scheduled = True
            self.loop.call_soon(self._run_waiting)

    def _run_waiting(self) -> None:
        self._scheduled = False
        waiting = self._waiting
        count = min(len(waiting), GROUP_LIMIT)
        if count == 1:
            connection, request = waiting.popleft()
            connection.answer(request, self._reply(request))
            return
        batch = [waiting.popleft() for _ in range(count)]
        try:
            with self._group.group():
                replies = [self._reply(request) for _, request in batch]
        except Exception:
            log.exception("a group of writes could not be committed")
            replies = [_fault_reply(InternalServerError("the writes could not be committed"))]
            replies *= count
        for (connection, request), reply in zip(batch, replies, strict=True):
            connection.answer(request, reply)
        if waiting:
            self._scheduled = True
            self.loop.call_soon(self._run_waiting)

    def _reply(self, request: HttpRequest) -> HttpReply:
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

    def _is_plain(self, request: HttpRequest) -> bool:
        """Whether this is an ordinary SDK request that passes every check."""
        if self.options.access_key is None:
            if not is_local_name(request.host):
                raise AccessDeniedException("The Host header does not name this machine.")
        elif request.method != b"OPTIONS" and not self._is_health_check(request):
            self._check_signature(request, self.options.access_key)
        if request.origin and not self._allows(request.origin):
            raise AccessDeniedException("Pages of this origin may not use this server (--cors).")
        return request.method == b"POST" and request.url == b"/"

    def _operate(self, request: HttpRequest) -> HttpReply:
        name = _operation_name(request)
        body: Any = request.body
        if request.encoding or type(body) is list:
            body = request.content()
        label = None
        if request.label or b"label/" in request.user_agent or b"app/" in request.user_agent:
            label = clean_label(request.label.decode("utf-8", "replace")) or label_of_user_agent(
                request.user_agent.decode("latin-1")
            )
        database, prices = self.database, self.options.prices
        if self._regions:
            region = self._region_of(request)
            database, prices = self._regions[region], self.options.prices_by_region.get(region)
        realism = database.realism
        if self.options.log is None and realism is None:
            return HttpReply(200, database.call_raw(name, body, label=label))
        self._metered.clear()
        began = time.perf_counter()
        status, content = 200, b""
        try:
            content = database.call_raw(name, body, label=label)
        except Fault as fault:
            status, content = fault.status, orjson.dumps(fault.body())
        delay = realism.delay_seconds(name) if realism is not None else 0.0
        if self.options.log is not None:
            took = time.perf_counter() - began + delay
            with contextlib.suppress(OSError):  # nobody reads the log: the answer stands
                line = self._line(name, label, status, content, took, prices)
                shape = shape_of(name, body)
                self.options.log(f"{line} {shape}" if shape else line)
        return HttpReply(status, content, delay_seconds=delay)

    def _region_of(self, request: HttpRequest) -> str:
        """Return the region whose database answers a request.

        Raises:
            ValidationException: it is signed for a region that is not served.
        """
        region = signed_region(request.headers)
        if region is None:
            return next(iter(self._regions))
        if region not in self._regions:
            raise ValidationException(
                f"This server stands for {', '.join(self._regions)}, not for {region}"
            )
        return region

    def _line(
        self,
        name: str,
        label: str | None,
        status: int,
        content: bytes,
        seconds: float,
        prices: UnitPrices | None,
    ) -> str:
        reads = sum((record.reads for record in self._metered), ZERO)
        writes = sum((record.writes for record in self._metered), ZERO)
        parts = [time.strftime("%H:%M:%S"), name, str(status)]
        parts += [",".join(sorted({record.table for record in self._metered})) or "-"]
        parts += [f"reads={plain(reads)}", f"writes={plain(writes)}"]
        if prices is not None:
            usd = plain(prices.of(reads, writes))
            parts.append(f"usd={'unknown' if name == 'StartBulkPutItems' else usd}")
        parts.append(f"{seconds * 1000:.2f}ms")
        if label:
            parts.append(f"label={label}")
        if status != 200:
            parts.append(str(orjson.loads(content).get("__type", "")).rpartition("#")[2])
        return " ".join(parts)

    def _count(
        self, bill: RunningBill, previous: Callable[[Metered], None] | None, record: Metered
    ) -> None:
        bill.add(record)
        is_request = not record.bulk and record.operation != REPLICATED_WRITE
        if self.options.log is not None and is_request:  # what goes on behind it is not its own
            self._metered.append(record)
        if previous is not None:
            previous(record)

    # -- what is not an operation ---------------------------------------------------------------

    def _other(self, request: HttpRequest) -> HttpReply:
        path = request.url.partition(b"?")[0]
        if request.method == b"OPTIONS":
            return HttpReply(200, b"", b"text/plain")
        if self._is_health_check(request):
            return HttpReply(200, b"healthy: dynamodb.us-east-1.amazonaws.com \n", b"text/plain")
        if path == b"/_tablewright/bill" and request.method == b"GET":
            shown = self.bill.as_json(self.options.prices)
            if self.bills:
                prices = self.options.prices_by_region
                bills = {name: bill.as_json(prices.get(name)) for name, bill in self.bills.items()}
                shown = {"schema": 1, "regions": bills}
            return HttpReply(200, orjson.dumps(shown), b"application/json")
        if path == b"/_tablewright/insights" and request.method == b"GET":
            reports = {name: report(served.engine) for name, served in self._regions.items()}
            counted = {"schema": 1, "regions": reports} if reports else report(self.database.engine)
            return HttpReply(200, orjson.dumps(counted), b"application/json")
        if path == b"/_tablewright/realism":
            return self._set_realism(request)
        if path == b"/_tablewright/bill" and request.method == b"DELETE":
            for bill in self.bills.values() or (self.bill,):
                bill.clear()
            return HttpReply(200, b"{}", b"application/json")
        raise UnknownOperationException()

    def _is_health_check(self, request: HttpRequest) -> bool:
        return request.method in (b"GET", b"HEAD") and request.url in (b"/", b"/healthz")

    def _set_realism(self, request: HttpRequest) -> HttpReply:
        from tablewright.local.realism import change_realism, describe_realism

        if request.method == b"POST":
            if not request.type.startswith((b"application/json", JSON_TYPE)):
                raise SerializationException("Send application/json.")
            try:
                content = orjson.loads(request.content())
                for served in self._served:
                    change_realism(served, content)
                self._wait_ourselves()
            except orjson.JSONDecodeError:
                raise SerializationException() from None
            except UsageError as problem:
                raise ValidationException(problem.message) from None
        elif request.method != b"GET":
            raise UnknownOperationException()
        return HttpReply(200, orjson.dumps(describe_realism(self.database)), b"application/json")

    def _check_signature(self, request: HttpRequest, key: AccessKey) -> None:
        check_signature(
            key,
            method=request.method.decode("latin-1"),
            target=request.url.decode("latin-1"),
            headers=[(n.decode("latin-1"), v.decode("latin-1")) for n, v in request.headers],
            body=request.body if isinstance(request.body, bytes) else b"".join(request.body),
            region=self._region_of(request) if self._regions else self.options.region,
        )

    def _allows(self, origin: bytes) -> bool:
        return "*" in self.options.cors or origin.decode("latin-1") in self.options.cors

    # -- answers --------------------------------------------------------------------------------

    def head(self, request: HttpRequest | None, reply: HttpReply) -> bytes:
        """Return the status line and headers of an answer."""
        head = b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n" % (
            STATUS.get(reply.status) or b"%d Status" % reply.status,
            reply.type,
            len(reply.content),
        )
        if reply.encoding:
            head += b"Content-Encoding: %b\r\n" % reply.encoding
        head += b"x-amzn-RequestId: %b%028X\r\nx-amz-crc32: %d\r\nDate: %b\r\n" % (
            self._salt,
            next(self._identifiers),
            zlib.crc32(reply.content),
            self._date,
        )
        if request is not None and request.origin and self._allows(request.origin):
            head += _cors_headers(request.origin)
        if reply.close or self.is_closing:
            head += b"Connection: close\r\n"
        return head + b"\r\n"


def _operation_name(request: HttpRequest) -> str:
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


def _fault_reply(fault: Fault) -> HttpReply:
    return HttpReply(fault.status, orjson.dumps(fault.body()))


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


def _check_options(options: ServerOptions) -> None:
    host = options.host
    is_loopback = host == "localhost" or (
        is_address(host) and ipaddress.ip_address(host).is_loopback
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
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


@contextlib.contextmanager
def in_background(
    database: Served | Regions, options: ServerOptions | None = None
) -> Iterator[Server]:
    """Serve a database, or several regions, from a thread of its own while the block runs.

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
