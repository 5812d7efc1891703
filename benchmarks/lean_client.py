"""A client that costs little beside the server it measures: raw sockets, requests built ahead.

In: a port, request bytes, a time. Out: how many answers came and how long each took. It
keeps a number of connections busy from one thread; each has one request under way.
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Next = Callable[[bytes], bytes | None]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run measured: operations, seconds, and the seconds of each operation, sorted."""

    operations: int
    seconds: float
    latencies: tuple[float, ...]

    @property
    def per_second(self) -> float:
        """Operations a second."""
        return self.operations / self.seconds

    def percentile(self, percent: float) -> float:
        """Return the milliseconds within which so many percent of the operations were answered."""
        place = min(len(self.latencies) - 1, int(len(self.latencies) * percent / 100))
        return self.latencies[place] * 1000


def request(operation: str, body: Any) -> bytes:
    """Return a whole HTTP request; the signature is one that no engine checks."""
    content = json.dumps(body, separators=(",", ":")).encode()
    head = (
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\n"
        f"X-Amz-Target: DynamoDB_20120810.{operation}\r\nX-Amz-Date: 20260101T000000Z\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request,"
        f" SignedHeaders=host, Signature=0\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


class Connection:
    """One connection: sends a request and collects its answer."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.wanted = -1
        self.began = 0.0

    def send(self, data: bytes) -> None:
        """Begin a request."""
        self.buffer = b""
        self.wanted = -1
        self.socket.sendall(data)

    def receive(self) -> bytes | None:
        """Take what has come; return the whole answer (head and body) once it is complete."""
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.buffer = self.buffer + data if self.buffer else data
        if self.wanted < 0:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return None
            head = self.buffer[:end].lower()
            at = head.index(b"content-length:") + 15
            self.wanted = end + 4 + int(head[at:].split(b"\r\n", 1)[0])
        return self.buffer if len(self.buffer) >= self.wanted else None

    def ask(self, operation: str, body: Any) -> Any:
        """Send one request and return the parsed reply.

        Raises:
            RuntimeError: the server refused it.
        """
        self.send(request(operation, body))
        while (answer := self.receive()) is None:
            pass
        content = json.loads(answer.partition(b"\r\n\r\n")[2] or b"{}")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{operation}: {content}")
        return content


def run(port: int, operations: list[Iterator[bytes | Next]], seconds: float) -> Result:
    """Keep one connection for each iterator busy for so long, and measure.

    An iterator yields requests; an operation may also take several (a scan of many pages): then it
    yields a function that is given each answer and returns the next request, or None at the end.

    Raises:
        RuntimeError: an answer was not 200.
    """
    selector = selectors.DefaultSelector()
    latencies: list[float] = []
    follow: dict[int, Next | None] = {}

    def begin(connection: Connection, number: int) -> None:
        following = next(operations[number])
        follow[number] = following if callable(following) else None
        first = following(b"") if callable(following) else following
        assert first is not None
        connection.began = time.perf_counter()
        connection.send(first)

    connections = [Connection(port) for _ in operations]
    started = time.perf_counter()
    for number, connection in enumerate(connections):
        selector.register(connection.socket, selectors.EVENT_READ, (connection, number))
        begin(connection, number)
    end = started + seconds
    now = started
    while now < end or len(latencies) < len(connections):
        for key, _ in selector.select(5):
            connection, number = key.data
            answer = connection.receive()
            if answer is None:
                continue
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(answer[:600].decode("utf-8", "replace"))
            following = follow[number]
            more = following(answer) if following is not None else None
            if more is not None:
                connection.send(more)
                continue
            now = time.perf_counter()
            latencies.append(now - connection.began)
            begin(connection, number)
        now = time.perf_counter()
    for connection in connections:
        connection.socket.close()
    latencies.sort()
    return Result(operations=len(latencies), seconds=now - started, latencies=tuple(latencies))
