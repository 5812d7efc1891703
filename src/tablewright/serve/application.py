"""The data API as an ASGI application: a route for each pattern, and what operating it takes.

In: a store, settings. Out: a Starlette application. Every answer has security headers and a request
id; each request leaves a line of JSON in the log with neither arguments nor values.
"""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tablewright.evaluation.parameters import Signature
from tablewright.model.values import Kind, Verb
from tablewright.serve.answers import failure_response, problem_response
from tablewright.serve.bodies import JSON, BadBody, TooLarge, json_body
from tablewright.serve.callers import CallRates, Unauthorized, caller_of
from tablewright.serve.edge import Edge
from tablewright.serve.metrics import CONTENT_TYPE, RequestMetrics
from tablewright.serve.openapi import PREFIX, is_get, openapi
from tablewright.serve.settings import ServeSettings
from tablewright.serve.writing import answer_data, json_bytes
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import StoreError
from tablewright.store.store import Store

READY_SECONDS = 5.0
"""How long an answer of the database that it is there holds."""


def to_standard_error(line: str) -> None:
    """Write a line of the log."""
    sys.stderr.write(f"{line}\n")


@dataclass
class DataApi:
    """The routes of one store.

    `log` is told a line of JSON for each request; `clock` gives seconds since 1970 for tokens,
    `ticks` seconds for rates and durations.
    """

    store: Store
    settings: ServeSettings
    log: Callable[[str], None] = to_standard_error
    clock: Callable[[], float] = time.time
    ticks: Callable[[], float] = time.monotonic
    metrics: RequestMetrics = field(default_factory=RequestMetrics)

    def __post_init__(self) -> None:
        self.calls = AsyncStore(self.store)
        self.rates = CallRates(self.settings.rate_per_minute, self.ticks)
        title = self.store.model.title or self.store.model.app
        protected = self.settings.is_protected
        self._document = json_bytes(openapi(self.store, title, is_protected=protected))
        self._ready_until = 0.0

    def application(self, *, closes: bool = True) -> Starlette:
        """Return the ASGI application; `closes` ends the store with it."""

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            yield
            if closes:
                await self.calls.aclose()

        routes = [
            Route("/health", self._health, methods=["GET"]),
            Route("/ready", self._ready, methods=["GET"]),
            Route("/openapi.json", self._openapi, methods=["GET"]),
            Route("/metrics", self._metrics, methods=["GET"]),
            *(self._route(name) for name in self.store.patterns),
        ]
        middleware = [Middleware(Edge, operated=self)]
        if self.settings.cors_origins:
            middleware.append(
                Middleware(
                    CORSMiddleware,
                    allow_origins=list(self.settings.cors_origins),
                    allow_methods=["GET", "POST"],
                    allow_headers=["authorization", "content-type", "x-api-key"],
                    expose_headers=["x-request-id", "retry-after"],
                    max_age=600,
                )
            )
        return Starlette(routes=routes, middleware=middleware, lifespan=lifespan)

    # ------------------------------------------------------------ operating

    async def _health(self, request: Request) -> Response:
        return Response(b'{"status":"ok"}', 200, media_type=JSON)

    async def _ready(self, request: Request) -> Response:
        if self.ticks() >= self._ready_until:
            try:
                await self.calls.look()
            except Exception:  # whatever the database or its driver says: it is not ready
                return Response(b'{"status":"the database does not answer"}', 503, media_type=JSON)
            self._ready_until = self.ticks() + READY_SECONDS
        return Response(b'{"status":"ready"}', 200, media_type=JSON)

    async def _openapi(self, request: Request) -> Response:
        return Response(self._document, 200, media_type=JSON)

    async def _metrics(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        return Response(self.metrics.page(self.store.bill), media_type=CONTENT_TYPE)

    # ------------------------------------------------------------ patterns

    def _route(self, name: str) -> Route:
        signature = self.store.signature(name)
        by_query = is_get(signature)

        async def endpoint(request: Request) -> Response:
            request.state.pattern = name
            refusal = self._refusal(request)
            if refusal is not None:
                return refusal
            return await self._answer(request, name, signature, by_query=by_query)

        method = "GET" if by_query else "POST"
        return Route(f"{PREFIX}/{name}", endpoint, methods=[method], name=name)

    def _refusal(self, request: Request) -> Response | None:
        """Return the answer to a caller that is not known, or calls too often; else None."""
        request_id = request.state.request_id
        try:
            caller = caller_of(request.headers, self.settings, self.clock())
        except Unauthorized:
            return problem_response(
                401,
                "a valid API key or token is needed",
                request_id,
                headers={"WWW-Authenticate": "Bearer"},
            )
        request.state.caller = caller
        seconds = self.rates.wait(caller)
        if seconds:
            headers = {"Retry-After": str(seconds)}
            return problem_response(429, "too many requests", request_id, headers=headers)
        return None

    async def _answer(
        self, request: Request, name: str, signature: Signature, *, by_query: bool
    ) -> Response:
        request_id = request.state.request_id
        try:
            arguments = (
                query_arguments(request.query_params, signature)
                if by_query
                else await json_body(request, self.settings.max_body_bytes)
            )
            answer = await self.calls.call(name, arguments)
        except StoreError as failure:
            return failure_response(failure, request_id)
        except TooLarge:
            limit = f"{self.settings.max_body_bytes:,} bytes"
            return problem_response(413, f"the body has more than {limit}", request_id)
        except BadBody as bad:
            is_type = str(bad) == JSON
            title = f"the body must be {JSON}" if is_type else str(bad)
            return problem_response(415 if is_type else 400, title, request_id)
        return self._written(signature, answer, request_id)

    def _written(self, signature: Signature, answer: Any, request_id: str) -> Response:
        verb = signature.pattern.verb
        if answer is None and verb is Verb.GET:
            return problem_response(404, "not found", request_id)
        if answer is None:
            return Response(status_code=204)
        data = answer_data(answer, is_paged=signature.is_paged)
        return Response(json_bytes(data), 201 if verb.is_write else 200, media_type=JSON)


def query_arguments(query: Mapping[str, str], signature: Signature) -> dict[str, Any]:
    """Return the arguments of a query string, texts turned into numbers where those are meant.

    What cannot be turned stays a text, for the store to refuse with its place.
    """
    kinds = {p.name: p.attribute.kind for p in signature.parameters}
    return {name: _typed(kinds.get(name), text) for name, text in query.items()}


def _typed(kind: Kind | None, text: str) -> Any:
    if kind is Kind.BOOL:
        return {"true": True, "false": False}.get(text, text)
    if kind is not None and kind.is_number:
        try:
            return Decimal(text)
        except InvalidOperation:
            return text
    return text


def create_app(
    store: Store,
    settings: ServeSettings | None = None,
    *,
    log: Callable[[str], None] = to_standard_error,
    closes: bool = True,
) -> Starlette:
    """Return the data API of a store.

    Args:
        store: whose patterns.
        settings: keys, rates, limits; open to everybody unless given.
        log: is told a line of JSON for each request.
        closes: whether the store ends with the application.
    """
    return DataApi(store, settings or ServeSettings(), log).application(closes=closes)
