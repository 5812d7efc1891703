"""One connection of the server: bytes to requests, and replies to bytes, in order.

In: what a client sends. Out: whole requests for the server, within bounds of size; and its replies.
It does not know what a request means.
"""

from __future__ import annotations

import asyncio
import zlib
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

import httptools
import orjson

from tablewright.local.faults import SerializationException
from tablewright.local.labels import HEADER as LABEL_HEADER

if TYPE_CHECKING:
    from tablewright.local.server import Server

BODY_LIMIT_BYTES = 20 * 1024 * 1024  # a batch may have 16 MB; the rest is room for base64 and names
HEADER_LIMIT_BYTES = 64 * 1024
SMALL_BYTES = 8 * 1024  # answers up to this size go out in one piece
PIPELINE_LIMIT = 16  # requests of one connection under way; more wait until it takes its answers
PACK_BYTES = 1024  # answers from this size on are compressed for clients that take gzip
PACK_LEVEL = 1

JSON_TYPE = b"application/x-amz-json-1.0"


class HttpRequest:
    """One request as it arrives."""

    __slots__ = (
        "accepts",
        "began",
        "body",
        "encoding",
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
        self.accepts = b""
        self.encoding = b""
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

    def content(self) -> bytes:
        """Return the body, unpacked if it came compressed.

        Raises:
            SerializationException: it is not what its Content-Encoding says, or grows too large.
        """
        body = self.body if isinstance(self.body, bytes) else b"".join(self.body)
        if not self.encoding or self.encoding == b"identity":
            return body
        if self.encoding.lower() != b"gzip":
            raise SerializationException("Only gzip is supported as Content-Encoding.")
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            content = unpacker.decompress(body, BODY_LIMIT_BYTES)
        except zlib.error:
            raise SerializationException("The body is not gzip, as its header says.") from None
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise SerializationException("The body is cut off, or larger than 16 MB unpacked.")
        return content


class HttpReply(NamedTuple):
    """One answer, before it has headers."""

    status: int
    content: bytes
    type: bytes = JSON_TYPE
    close: bool = False
    delay_seconds: float = 0.0
    encoding: bytes = b""

    def packed_for(self, request: HttpRequest) -> HttpReply:
        """Return the reply compressed, if the client takes that and it is worth the work."""
        if len(self.content) < PACK_BYTES or b"gzip" not in request.accepts:
            return self
        packer = zlib.compressobj(PACK_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        content = packer.compress(self.content) + packer.flush()
        return self._replace(content=content, encoding=b"gzip")


class Connection(asyncio.Protocol):
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
        self._request = HttpRequest()
        self._received = 0  # bytes of the request so far
        self._has_head = False
        self._open = 0  # requests handed over and not answered
        self._kept: deque[HttpRequest] = deque()  # requests that wait for answers to be taken
        self._is_paused = False
        self._delayed: deque[tuple[float, bytes, bool]] = deque()
        self._is_last = False
        self.half_since: float | None = None

    # -- from the transport ---------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        self._transport = transport
        self._server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection; answers under way go nowhere."""
        self._server.connections.discard(self)
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
            self.half_since = self._server.loop.time()
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
        self._request = HttpRequest()

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
        if self._server.keeps_headers:
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

    def answer(self, request: HttpRequest, reply: HttpReply) -> None:
        """Send the answer to the oldest request that has none."""
        self._open -= 1
        transport = self._transport
        if transport is None:
            return
        if request.accepts:
            reply = reply.packed_for(request)
        close = not request.keep_alive or (self._server.is_closing and not self._kept)
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
        loop = self._server.loop
        self._delayed.append((loop.time() + seconds, data, close))
        if len(self._delayed) == 1:
            loop.call_later(seconds, self._send_delayed)

    def _send_delayed(self) -> None:
        loop = self._server.loop
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
        reply = HttpReply(status, content, close=True)
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
STATUS = {
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
    b"content-encoding": "encoding",
    b"Content-Encoding": "encoding",
    b"accept-encoding": "accepts",
    b"Accept-Encoding": "accepts",
    LABEL_HEADER.encode(): "label",
}
