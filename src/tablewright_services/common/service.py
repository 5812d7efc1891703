"""A service as an ASGI application: its routes, and what surrounds each.

In: a store, the environment, clocks. Out: a Starlette application with security headers, a request
id, a line of the log for each request, health and metrics, and errors without internals.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, ClassVar

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route

from tablewright.core.errors import EngineError
from tablewright.serve.bodies import BadBody, TooLarge, json_body
from tablewright.serve.callers import Unauthorized, verified_claims
from tablewright.serve.edge import Edge
from tablewright.serve.metrics import CONTENT_TYPE, RequestMetrics
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import Conflict, InvalidArguments, NotServed, Unavailable
from tablewright.store.store import Store
from tablewright_services.common.answers import answer, error
from tablewright_services.common.caches import shared_state
from tablewright_services.common.declarations import (
    ERROR_SCHEMA,
    Access,
    DeclaredOperation,
    Fields,
    openapi_document,
    problems_of,
)
from tablewright_services.common.origins import Origins

Endpoint = Callable[[Request], Awaitable[Response]]
Now = Callable[[], dt.datetime]


def to_standard_error(line: str) -> None:
    """Write a line of the log."""
    sys.stderr.write(f"{line}\n")


def utc_now() -> dt.datetime:
    """Return the time in UTC."""
    return dt.datetime.now(dt.UTC)


class RequestRefused(Exception):
    """A request is answered by an error of the domain: `status`, `code` and a message."""

    def __init__(self, status: int, code: str, message: str, /, **more: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.more = status, code, more


class Service(ABC):
    """A service on one store; a sub-class names its routes.

    Args:
        store: runs the access patterns.
        environment: settings and secrets, as the process has them.
        log: is told a line of JSON for each request.
        now: gives the time in UTC.
        ticks: gives seconds of a clock that never goes back.
    """

    max_body_bytes: ClassVar[int] = 256 * 1024
    secret_names: ClassVar[Sequence[str]] = ()
    """Variables of the environment that must be set; in memory, random ones do."""
    trial_settings: ClassVar[Mapping[str, str]] = {}
    """Variables that are set where the service only runs in memory, to be tried out."""
    trial_design: ClassVar[str] = "recommended"
    """The design it is tried out on in memory, which should need no further package."""
    trial_account: ClassVar[str] = ""
    """`Entity.attribute` that sampled users sign in by, where nobody can register."""
    error_schema: ClassVar[Mapping[str, Any]] = ERROR_SCHEMA
    """JSON Schema of what `error` answers."""
    title: ClassVar[str] = ""
    """Of the service, in its OpenAPI document; the name of the class unless given."""
    default_port: ClassVar[int] = 8080
    origins: Collection[str] = ()
    """Whose pages may call it from a browser, beside its own; where it names some."""

    def __init__(
        self,
        store: Store,
        environment: Mapping[str, str],
        *,
        log: Callable[[str], None] = to_standard_error,
        now: Now = utc_now,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = AsyncStore(store)
        self.environment = environment
        self.log, self.now, self.ticks = log, now, ticks
        self.clock: Callable[[], float] = lambda: now().timestamp()
        self.metrics = RequestMetrics()
        self.shared = shared_state(environment, self.title or type(self).__name__, ticks)
        """What its processes keep together beside the database: a cache and rates."""
        self.operations: dict[tuple[str, str], DeclaredOperation] = {}
        """By method and path, what `route` was told."""
        self.set_up()

    @abstractmethod
    def set_up(self) -> None:
        """Make what the routes call, of the store, the environment and the clocks."""

    @abstractmethod
    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes, made with `route`."""

    def application(self, *, closes: bool = True) -> Starlette:
        """Return the ASGI application; `closes` ends the store with it."""

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            await self.begin()
            tasks = [asyncio.create_task(each) for each in self.beside()]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                self.shared.close()
                if closes:
                    await self.store.aclose()

        routes = [
            self.route(
                "GET", "/health", self.health, "Whether the database answers", access="public"
            ),
            self.route("GET", "/metrics", self._metrics, "For Prometheus", access="local"),
            self.route("GET", "/openapi.json", self._openapi, "This document", access="public"),
            *self.routes(),
        ]
        middleware = [Middleware(Edge, operated=self)]
        if self.origins:
            middleware.append(Middleware(Origins, allowed=self.origins))
        application = Starlette(
            routes=routes,
            middleware=middleware,
            exception_handlers={404: self._no_such_page, 405: self._no_such_method},
            lifespan=lifespan,
        )
        application.state.ending = self.ending
        return application

    async def begin(self) -> None:  # noqa: B027  most services have nothing to do before
        """Do what has to be done before the first request."""

    def ending(self) -> None:  # noqa: B027  most services have nothing to end
        """End streams that would not end by themselves: the service is about to end."""

    def beside(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Return what runs beside the requests until the service ends; nothing, unless said."""
        return ()

    def route(
        self,
        method: str,
        path: str,
        endpoint: Endpoint,
        summary: str = "",
        *,
        access: Access = "bearer",
        body: Fields | None = None,
        query: Fields | None = None,
        answers: Mapping[int, str] | None = None,
    ) -> Route:
        """Return a route whose failures are answered as errors without internals.

        Args:
            method: of HTTP.
            path: with names of its parts in braces.
            endpoint: answers.
            summary: what it does.
            access: who may call; that is for the endpoint to see to, and for the document to say.
            body: members of the JSON object it takes; `self.body` and `self.query` check them.
            query: parameters of its query.
            answers: by status, when it is answered.
        """
        operation = DeclaredOperation(
            method=method,
            path=path,
            name=getattr(endpoint, "__name__", path).strip("_"),
            summary=summary,
            access=access,
            body=body,
            query=query or {},
            answers=answers or {},
        )
        self.operations[method, path] = operation

        async def guarded(request: Request) -> Response:
            request.state.pattern, request.state.operation = path, operation
            try:
                return await endpoint(request)
            except RequestRefused as refused:
                return self.error(refused.status, refused.code, str(refused), None, **refused.more)
            except Unauthorized:
                scheme = {"WWW-Authenticate": "Bearer"}
                return self.error(401, "unauthorized", "sign in first", scheme)
            except InvalidArguments as wrong:
                text = "; ".join(f"{p.place}: {p.message}" for p in wrong.problems)
                return self.error(422, "invalid", text)
            except TooLarge:
                text = f"the body has more than {self.max_body_bytes:,} bytes"
                return self.error(413, "too_large", text)
            except BadBody as bad:
                return self.error(400, "bad_request", f"the body must be a JSON object ({bad})")
            except NotServed:
                return self.error(501, "not_served", "this database cannot do that")
            except (Unavailable, Conflict, EngineError):
                return self.error(503, "unavailable", "try again later")

        return Route(path, guarded, methods=[method])

    def error(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
        /,
        **more: Any,
    ) -> Response:
        """Return an error in the form that all answers of this service have."""
        return error(status, code, message, headers, **more)

    def more_metrics(self) -> str:
        """Return metrics of this service alone, as lines of the Prometheus format."""
        return ""

    async def health(self, request: Request) -> Response:
        """Answer whether the database answers."""
        await self.store.look()
        return answer({"status": "ok"})

    async def _openapi(self, request: Request) -> Response:
        """Answer the OpenAPI document of what others may call."""
        offered = [each for each in self.operations.values() if each.access != "local"]
        title = self.title or type(self).__name__
        return answer(openapi_document(title, offered, self.error_schema))

    async def _metrics(self, request: Request) -> Response:
        """Answer what a local Prometheus scrapes; nobody else is answered."""
        if request.client is not None and request.client.host not in LOCAL:
            return self.error(404, "not_found", "there is no such page")
        page = (
            self.metrics.page(self.store.store.bill) + self.more_metrics() + self.shared.metrics()
        )
        return Response(page, media_type=CONTENT_TYPE)

    async def _no_such_page(self, request: Request, problem: Exception) -> Response:
        return self.error(404, "not_found", "there is no such page")

    async def _no_such_method(self, request: Request, problem: Exception) -> Response:
        methods = {
            method
            for route in request.app.routes
            if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
            for method in route.methods or ()
        }
        allowed = {"Allow": ", ".join(sorted(methods))}
        return self.error(405, "no_such_method", "the page is not asked that way", allowed)

    async def body(self, request: Request) -> Mapping[str, Any]:
        """Return the JSON object in the body of a request.

        Raises:
            TooLarge: it has more than `max_body_bytes`.
            BadBody: it is no JSON object.
            Refused: members are not as the route declares them.
        """
        content = await json_body(request, self.max_body_bytes)
        self._require_declared(_operation(request).body or {}, content)
        return content

    def query(self, request: Request) -> Mapping[str, Any]:
        """Return the parameters of the query that the route declares, numbers and flags as such.

        Raises:
            Refused: they are not as the route declares them.
        """
        declared = _operation(request).query
        given: dict[str, Any] = {}
        for name, field in declared.items():
            value = request.query_params.get(name)
            if value is not None:
                given[name] = _typed(field.schema["type"], value)
        self._require_declared(declared, given)
        return given

    def _require_declared(self, fields: Fields, content: Mapping[str, Any]) -> None:
        problems = problems_of(fields, content)
        if problems:
            raise self.misfit(problems)

    def misfit(self, problems: Sequence[str]) -> RequestRefused:
        """Return the refusal of a body or a query with these problems, each `name: message`."""
        return RequestRefused(422, "invalid", "; ".join(problems))

    def claims(self, request: Request, secret: bytes) -> dict[str, Any]:
        """Return the claims of the bearer token that came with a request.

        Raises:
            Unauthorized: there is no valid one.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthorized
        claims = verified_claims(token.strip(), secret, self.clock())
        request.state.caller = str(claims.get("sub", ""))[:100]
        return claims


LOCAL = ("127.0.0.1", "::1", "testclient")
WHOLE = re.compile(r"-?[0-9]{1,15}")
NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")


def _operation(request: Request) -> DeclaredOperation:
    operation: DeclaredOperation = request.state.operation
    return operation


def _typed(kind: str, text: str) -> Any:
    """Return a text of a query as a number or a flag, where it is one."""
    if kind == "integer" and WHOLE.fullmatch(text):
        return int(text)
    if kind == "number" and NUMBER.fullmatch(text):
        return Decimal(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


__all__ = ["Endpoint", "Now", "RequestRefused", "Service", "to_standard_error", "utc_now"]
