"""The routes of the LLM proxy, as an ASGI application on a store of the model `llm-proxy`."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from services.llm_proxy.accounts import LONGEST_PASSWORD, SHORTEST_PASSWORD, Accounts
from services.llm_proxy.domain import cost_of, period_of, totals
from services.llm_proxy.providers import (
    Messages,
    OpenAiProvider,
    Provider,
    ProviderFailed,
    RecordedProvider,
    Taken,
)
from services.llm_proxy.settings import ProxySettings
from services.llm_proxy.subscriptions import BadReceipt, QuotaUsedUp, Subscriptions
from tablewright.core.errors import EngineError
from tablewright.serve.bodies import BadBody, TooLarge, json_body
from tablewright.serve.callers import CallRates, Unauthorized, verified_claims
from tablewright.serve.edge import Edge
from tablewright.serve.metrics import RequestMetrics
from tablewright.serve.writing import json_bytes
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import ConditionFailed, InvalidArguments, Unavailable
from tablewright.store.store import Store

MAX_BODY_BYTES = 256 * 1024
ANSWERS_KEPT = 10_000
"""Answers to calls with an Idempotency-Key that this process gives again."""
MODEL_BYTES = 100
Endpoint = Callable[[Request], Awaitable[Response]]


def to_standard_error(line: str) -> None:
    """Write a line of the log."""
    sys.stderr.write(f"{line}\n")


class LlmProxy:
    """The service on one store."""

    def __init__(
        self,
        store: Store,
        settings: ProxySettings,
        *,
        log: Callable[[str], None] = to_standard_error,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        ticks: Callable[[], float] = time.monotonic,
        provider: Provider | None = None,
    ) -> None:
        self.store = AsyncStore(store)
        self.settings, self.log, self.now, self.ticks = settings, log, now, ticks
        self.clock: Callable[[], float] = lambda: now().timestamp()
        self.metrics = RequestMetrics()
        self.accounts = Accounts(self.store, settings, now)
        self.subscriptions = Subscriptions(self.store, settings.receipt_secret, now)
        self.provider = provider or (
            OpenAiProvider(settings.provider_url, settings.provider_key)
            if settings.provider_url
            else RecordedProvider()
        )
        self._rates = CallRates(settings.requests_per_minute, ticks)
        self._sign_ins = CallRates(settings.sign_ins_per_minute, ticks)
        self._answers: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()

    def application(self) -> Starlette:
        """Return the ASGI application; the store ends with it."""

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            yield
            await self.store.aclose()

        routes = [
            self._route("/health", self._health, "GET"),
            self._route("/auth/register", self._register, "POST"),
            self._route("/auth/login", self._login, "POST"),
            self._route("/auth/refresh", self._refresh, "POST"),
            self._route("/v1/chat/completions", self._complete, "POST"),
            self._route("/usage", self._usage, "GET"),
            self._route("/usage/summary", self._summary, "GET"),
            self._route("/subscription", self._subscription, "GET"),
            self._route("/subscription/receipts", self._receipt, "POST"),
            self._route("/webhooks/app-store", self._webhook, "POST"),
        ]
        return Starlette(
            routes=routes, middleware=[Middleware(Edge, operated=self)], lifespan=lifespan
        )

    def _route(self, path: str, endpoint: Endpoint, method: str) -> Route:
        async def guarded(request: Request) -> Response:
            request.state.pattern = path
            try:
                return await endpoint(request)
            except Unauthorized:
                return _error(401, "unauthorized", "sign in first", {"WWW-Authenticate": "Bearer"})
            except InvalidArguments as wrong:
                return _error(
                    422, "invalid", "; ".join(f"{p.place}: {p.message}" for p in wrong.problems)
                )
            except TooLarge:
                return _error(413, "too_large", f"the body has more than {MAX_BODY_BYTES:,} bytes")
            except BadBody as bad:
                return _error(400, "bad_request", f"the body must be a JSON object ({bad})")
            except (Unavailable, EngineError):
                return _error(503, "unavailable", "try again later")

        return Route(path, guarded, methods=[method])

    # ------------------------------------------------------------ accounts

    async def _health(self, request: Request) -> Response:
        await self.store.look()
        return _json({"status": "ok"})

    async def _register(self, request: Request) -> Response:
        email, password = await self._credentials(request)
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            text = f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
            return _error(422, "invalid", text)
        try:
            return _json(await self.accounts.register(email, password), 201)
        except ConditionFailed:
            return _error(409, "email_in_use", "this e-mail address has an account")

    async def _login(self, request: Request) -> Response:
        email, password = await self._credentials(request)
        seconds = self._sign_ins.wait(email.lower())
        if seconds:
            return _too_many(seconds)
        return _json(await self.accounts.login(email, password[:LONGEST_PASSWORD]))

    async def _credentials(self, request: Request) -> tuple[str, str]:
        body = await json_body(request, MAX_BODY_BYTES)
        email, password = body.get("email"), body.get("password")
        if not isinstance(email, str) or not isinstance(password, str):
            raise BadBody("email and password are texts")
        return email, password

    async def _refresh(self, request: Request) -> Response:
        body = await json_body(request, MAX_BODY_BYTES)
        return _json(await self.accounts.refresh(str(body.get("refreshToken", ""))))

    def _caller(self, request: Request) -> tuple[str, str]:
        """Return the id and the address of who calls.

        Raises:
            Unauthorized: no valid access token came with the request.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthorized
        claims = verified_claims(token.strip(), self.settings.access_secret, self.clock())
        request.state.caller = str(claims["sub"])
        return str(claims["sub"]), str(claims.get("email", ""))

    # ------------------------------------------------------------ calls

    async def _complete(self, request: Request) -> Response:
        user_id, email = self._caller(request)
        seconds = self._rates.wait(user_id)
        if seconds:
            return _too_many(seconds)
        body = await json_body(request, MAX_BODY_BYTES)
        model, messages = _question(body)
        key = request.headers.get("idempotency-key", "")[:100]
        if key and (user_id, key) in self._answers:
            return _json(self._answers[user_id, key])
        try:
            await self.subscriptions.admit(user_id, email, _words(messages))
        except QuotaUsedUp as used:
            return _json(
                {"error": "quota", "message": "the quota is used up", **used.standing}, 429
            )
        started = self.ticks()
        if body.get("stream") is True:
            events = self._events(user_id, model, messages, started)
            return StreamingResponse(events, media_type="text/event-stream")
        try:
            pieces = [
                each async for each in iterate_in_threadpool(self.provider.stream(model, messages))
            ]
        except ProviderFailed:
            await self._record(user_id, model, Taken(0, 0), started, "failed")
            return _error(502, "provider", "the provider did not answer")
        answer = _answer(model, pieces)
        await self._record(user_id, model, _taken(pieces), started, "ok")
        if key:
            self._answers[user_id, key] = answer
            if len(self._answers) > ANSWERS_KEPT:
                self._answers.popitem(last=False)
        return _json(answer)

    async def _events(
        self, user_id: str, model: str, messages: Messages, started: float
    ) -> AsyncIterator[bytes]:
        """Yield the pieces of an answer as server-sent events, and keep what it took."""
        taken, status = Taken(0, 0), "failed"
        try:
            async for piece in iterate_in_threadpool(self.provider.stream(model, messages)):
                if isinstance(piece, Taken):
                    taken, status = piece, "ok"
                else:
                    yield _event({"choices": [{"index": 0, "delta": {"content": piece}}]})
        except ProviderFailed:
            yield _event({"error": "provider"})
        finally:
            await self._record(user_id, model, taken, started, status)
        yield b"data: [DONE]\n\n"

    async def _record(
        self, user_id: str, model: str, taken: Taken, started: float, status: str
    ) -> None:
        tokens = taken.prompt + taken.completion
        await self.store.recordUsage(
            userId=user_id,
            provider=self.provider.name,
            model=model,
            status=status,
            tokens=tokens,
            promptTokens=taken.prompt,
            completionTokens=taken.completion,
            cost=cost_of(self.provider.name, tokens),
            latencyMs=int((self.ticks() - started) * 1000),
        )

    # ------------------------------------------------------------ usage and plans

    async def _usage(self, request: Request) -> Response:
        user_id, _ = self._caller(request)
        query = request.query_params
        first, last = period_of(self.now())
        page = await self.store.listUsageByPeriod(
            userId=user_id,
            timestamp_from=query.get("from", first),
            timestamp_to=query.get("to", last),
            page=query.get("cursor"),
        )
        records = [record.as_fields() for record in page]
        return _json({"records": records, "cursor": page.next})

    async def _summary(self, request: Request) -> Response:
        user_id, _ = self._caller(request)
        month = request.query_params.get("month", self.now().strftime("%Y-%m"))
        try:
            first, last = period_of(dt.datetime.strptime(month, "%Y-%m").replace(tzinfo=dt.UTC))
        except ValueError:
            return _error(422, "invalid", "month is one such as 2026-11")
        end = last - dt.timedelta(milliseconds=1)
        records = await self.store.summariseUsage(
            userId=user_id, timestamp_from=first, timestamp_to=end
        )
        return _json({"month": month, "totals": totals(records)})

    async def _subscription(self, request: Request) -> Response:
        standing = await self.subscriptions.standing(*self._caller(request))
        if standing is None:
            raise Unauthorized
        return _json(standing)

    async def _receipt(self, request: Request) -> Response:
        user_id, email = self._caller(request)
        body = await json_body(request, MAX_BODY_BYTES)
        try:
            signed = str(body.get("signedTransaction", ""))
            return _json(await self.subscriptions.buy(user_id, email, signed))
        except BadReceipt as bad:
            return _error(422, "bad_receipt", str(bad))

    async def _webhook(self, request: Request) -> Response:
        body = await json_body(request, MAX_BODY_BYTES)
        try:
            result = await self.subscriptions.notify(str(body.get("signedPayload", "")))
        except BadReceipt:
            return _error(401, "unauthorized", "the notification is not signed")
        return _json({"result": result})


def _json(content: Any, status: int = 200) -> Response:
    return Response(json_bytes(content), status, media_type="application/json")


def _error(
    status: int, error: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    content = json_bytes({"error": error, "message": message})
    return Response(content, status, dict(headers or {}), "application/json")


def _too_many(seconds: int) -> Response:
    return _error(429, "too_many", "too many requests", {"Retry-After": str(seconds)})


def _question(body: Mapping[str, Any]) -> tuple[str, Messages]:
    """Return the model and the messages of a call.

    Raises:
        BadBody: they are none.
    """
    model, messages = body.get("model", "gpt-4"), body.get("messages")
    if not isinstance(model, str) or not 0 < len(model.encode()) <= MODEL_BYTES:
        raise BadBody("model is a short text")
    if not isinstance(messages, list) or not messages:
        raise BadBody("messages is a list")
    if not all(isinstance(m, dict) and isinstance(m.get("content"), str) for m in messages):
        raise BadBody("each message has a content")
    return model, messages


def _words(messages: Messages) -> int:
    """Return about how many tokens a call sends, which are counted when it is admitted."""
    return sum(len(str(message["content"]).split()) for message in messages)


def _taken(pieces: list[str | Taken]) -> Taken:
    return next((piece for piece in pieces if isinstance(piece, Taken)), Taken(0, 0))


def _answer(model: str, pieces: list[str | Taken]) -> dict[str, Any]:
    text = "".join(piece for piece in pieces if isinstance(piece, str))
    taken = _taken(pieces)
    usage = {
        "prompt_tokens": taken.prompt,
        "completion_tokens": taken.completion,
        "total_tokens": taken.prompt + taken.completion,
    }
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"object": "chat.completion", "model": model, "choices": [choice], "usage": usage}


def _event(content: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(content)}\n\n".encode()


__all__ = ["LlmProxy"]
