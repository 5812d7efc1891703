"""What every request of an HTTP service passes: an id, security headers, a line of the log.

In: an ASGI application and how it is operated. Out: the same application. Errors that nothing
handled become an answer with an id and nothing of the inside; the log tells their kind.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tablewright.serve.answers import problem_response
from tablewright.serve.metrics import RequestMetrics

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Strict-Transport-Security": "max-age=63072000",
}
SAVED_AS = 'attachment; filename="api.json"'
"""How a browser takes an answer in JSON that it is led to: it saves it, and does not show it."""
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


JSON_TYPE = re.compile(rb"application/(?:[a-z]+\+)?json\b")


class Operated(Protocol):
    """How a service is operated."""

    metrics: RequestMetrics

    @property
    def log(self) -> Callable[[str], None]:
        """What is told a line of JSON for each request."""
        ...

    @property
    def clock(self) -> Callable[[], float]:
        """Gives seconds since 1970."""
        ...

    @property
    def ticks(self) -> Callable[[], float]:
        """Gives seconds of a clock that never goes back."""
        ...


class Edge:
    """What every request passes: an id, headers, a line of the log, no trace to the outside."""

    def __init__(self, app: Any, operated: Operated) -> None:
        self.app, self.operated = app, operated

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = self.operated.ticks()
        state = scope.setdefault("state", {})
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        state["request_id"] = request_id
        status = 0

        async def with_headers(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                added = {**SECURITY_HEADERS, "X-Request-Id": request_id}
                present = {name.lower(): value for name, value in message["headers"]}
                if JSON_TYPE.match(present.get(b"content-type", b"")):
                    added["Content-Disposition"] = SAVED_AS
                message["headers"] = [
                    *message["headers"],
                    *(
                        (name.lower().encode(), value.encode())
                        for name, value in added.items()
                        if name.lower().encode() not in present
                    ),
                ]
            await send(message)

        problem = ""
        try:
            await self.app(scope, receive, with_headers)
        except Exception as failure:  # the edge: nothing of it goes out but an id
            problem = type(failure).__name__
            if not status:
                answer = problem_response(500, "something went wrong here", request_id)
                await answer(scope, receive, with_headers)
        self._note(state, status or 500, self.operated.ticks() - started, problem)

    def _note(self, state: Mapping[str, Any], status: int, seconds: float, problem: str) -> None:
        pattern = str(state.get("pattern", ""))
        if pattern:
            self.operated.metrics.add(pattern, status, seconds)
        line = {
            "time": round(self.operated.clock(), 3),
            "request_id": state["request_id"],
            "pattern": pattern,
            "status": status,
            "milliseconds": round(seconds * 1000, 2),
            "caller": state.get("caller", ""),
        }
        if problem:
            line["problem"] = problem
        self.operated.log(json.dumps(line))
