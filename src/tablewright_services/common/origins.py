"""Which pages of other origins may call a service (CORS); all others are refused.

In: an ASGI application, the origins. Out: the same application. A request that names an origin is
answered where it is one of these or the service's own, and refused with 403 elsewhere; a request
that names none, as programs send it, is answered.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import Response

from tablewright_services.common.answers import error

METHODS = "GET, POST, PUT, PATCH, DELETE"
HEADERS = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID"
SECONDS = "600"


class Origins:
    """Answers what pages of known origins ask."""

    def __init__(self, app: Any, allowed: Collection[str]) -> None:
        self.app, self.allowed = app, frozenset(allowed)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        own = f"{scope.get('scheme', 'http')}://{headers.get('host', '')}"
        if not origin or origin == own:
            await self.app(scope, receive, send)
            return
        if origin not in self.allowed:
            refusal = error(403, "origin", "pages of this origin may not call the service")
            await refusal(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await Response(None, 204, _preflight(origin))(scope, receive, send)
            return

        async def with_origin(message: Any) -> None:
            if message["type"] == "http.response.start":
                added = {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
                message["headers"] = [
                    *message["headers"],
                    *((name.lower().encode(), value.encode()) for name, value in added.items()),
                ]
            await send(message)

        await self.app(scope, receive, with_origin)


def _preflight(origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": HEADERS,
        "Access-Control-Max-Age": SECONDS,
        "Vary": "Origin",
    }


__all__ = ["Origins"]
