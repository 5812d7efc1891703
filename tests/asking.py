"""A client of an ASGI application in the test's own process, which fetches an answer whole."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import anyio
from starlette.testclient import TestClient, httpx


class Client(TestClient):
    """Starlette's client, asking once for a whole answer.

    Starlette's own hands seven things for each request to the thread of the application's event
    loop: events, a stream, each piece of the answer. Here that is one, and none outside of
    `with client:`. An answer that is read as it comes (`client.stream`) is fetched as Starlette
    does. An error of the application is status 500, as from a server.
    """

    def __init__(self, app: Any) -> None:
        super().__init__(app, raise_server_exceptions=False)
        self._piecewise, self._transport = self._transport, _Whole(self)

    def send(self, request: Any, *, stream: bool = False, **options: Any) -> Any:
        """Send a request; `stream` leaves the answer to be read."""
        request.extensions["in pieces"] = stream
        return super().send(request, stream=stream, **options)


class _Whole(httpx.BaseTransport):
    def __init__(self, client: Client) -> None:
        self._client = client

    def handle_request(self, request: Any) -> Any:
        client, portal = self._client, self._client.portal
        if request.extensions.get("in pieces"):
            return client._piecewise.handle_request(request)
        call = anyio.run if portal is None else portal.call
        return call(_answer, client.app, client.app_state, request)


async def _answer(app: Any, state: dict[str, Any], request: Any) -> Any:
    url = request.url
    body: bytes | None = request.read()
    complete = anyio.Event()
    start: dict[str, Any] = {"status": 500, "headers": []}
    pieces: list[bytes] = []

    async def receive() -> dict[str, Any]:
        nonlocal body
        if body is None:
            await complete.wait()
            return {"type": "http.disconnect"}
        content, body = body, None
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            pieces.append(bytes(message.get("body", b"")))
            if not message.get("more_body", False):
                complete.set()

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "path": unquote(url.path),
        "raw_path": url.raw_path.split(b"?", 1)[0],
        "root_path": "",
        "scheme": url.scheme,
        "query_string": url.query,
        "headers": [
            (name.lower().encode(), value.encode()) for name, value in request.headers.multi_items()
        ],
        "client": ("testclient", 50000),
        "server": [url.host, url.port or {"http": 80, "https": 443}[url.scheme]],
        "extensions": {},
        "state": state.copy(),
    }
    try:
        await app(scope, receive, send)
    except Exception:  # the application has answered it, or has not begun to: status 500
        complete.set()
    return httpx.Response(
        start["status"],
        headers=[(name.decode(), value.decode()) for name, value in start.get("headers", ())],
        stream=httpx.ByteStream(b"" if request.method == "HEAD" else b"".join(pieces)),
        request=request,
    )
