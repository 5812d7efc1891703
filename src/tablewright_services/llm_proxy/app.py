"""The routes of the LLM proxy, as an ASGI application on a store of the model `llm-proxy`."""

from __future__ import annotations

import datetime as dt
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from anyio import CancelScope
from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from tablewright.core.frozen import frozen
from tablewright.serve.callers import Unauthorized
from tablewright.store.failures import ConditionFailed
from tablewright_services.common.answers import answer, error, too_many
from tablewright_services.common.declarations import (
    email,
    flag,
    paragraphs,
    record,
    several,
    text,
)
from tablewright_services.common.passwords import LONGEST_PASSWORD, problem_of_password
from tablewright_services.common.service import Service
from tablewright_services.llm_proxy.accounts import Accounts
from tablewright_services.llm_proxy.domain import cost_of, period_of, totals
from tablewright_services.llm_proxy.providers import (
    Messages,
    OpenAiProvider,
    Provider,
    ProviderFailed,
    RecordedProvider,
    Taken,
)
from tablewright_services.llm_proxy.receipts import BadReceipt
from tablewright_services.llm_proxy.settings import SECRETS, proxy_settings, receipts_of
from tablewright_services.llm_proxy.subscriptions import QuotaUsedUp, Subscriptions

ANSWERS_KEPT = 10_000
"""Answers to calls with an Idempotency-Key that this process gives again."""
LONGEST_MODEL = 100
DEFAULT_MODEL = "gpt-4"


@frozen(kw_only=False)
class AdmittedCall:
    """An admitted call: whose it is, what it asks, the tokens counted with it, when, and its start.

    `counted` is by the clock, `started` in seconds of the one that only measures.
    """

    user_id: str
    email: str
    model: str
    messages: Messages
    tokens: int
    counted: dt.datetime
    started: float


class LlmProxy(Service):
    """The service on one store."""

    secret_names = SECRETS

    def set_up(self) -> None:
        """Make what the routes call."""
        settings = proxy_settings(self.environment)
        self.settings = settings
        self.subscriptions = Subscriptions(self.store, receipts_of(settings), self.now)
        self.accounts = Accounts(self.store, settings, self.subscriptions, self.now)
        self.provider: Provider = (
            OpenAiProvider(settings.provider_url, settings.provider_key)
            if settings.provider_url
            else RecordedProvider()
        )
        self._rates = self.shared.rates("requests", settings.requests_per_minute)
        self._sign_ins = self.shared.rates("sign-ins", settings.sign_ins_per_minute)
        self._answers: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes."""
        account = {"email": email(), "password": text(1, LONGEST_PASSWORD)}
        return [
            self.route(
                "POST",
                "/auth/register",
                self._register,
                "Creates a user on plan free",
                access="public",
                body=account,
                answers={201: "the tokens", 409: "the address has an account"},
            ),
            self.route(
                "POST",
                "/auth/login",
                self._login,
                "Gives tokens for a password",
                access="public",
                body=account,
                answers={200: "the tokens", 401: "no such user, or another password"},
            ),
            self.route(
                "POST",
                "/auth/refresh",
                self._refresh,
                "Gives tokens for a refresh token, which works once",
                access="public",
                body={"refreshToken": text(1, 4_000)},
                answers={200: "the tokens", 401: "it is none, or was used"},
            ),
            self.route("GET", "/account/export", self._export, "All that is kept of the user"),
            self.route(
                "POST",
                "/v1/chat/completions",
                self._complete,
                "Counts a call and forwards it",
                body={
                    "model": text(1, LONGEST_MODEL).optional,
                    "messages": several(record({"content": paragraphs(200_000)}), 1, 1_000),
                    "stream": flag().optional,
                },
                answers={200: "the answer, or a stream of it", 502: "the provider did not answer"},
            ),
            self.route(
                "GET",
                "/usage",
                self._usage,
                "The calls, the latest first",
                query={
                    "from": text(10, 40).optional,
                    "to": text(10, 40).optional,
                    "cursor": text(1, 2_000).optional,
                },
            ),
            self.route(
                "GET",
                "/usage/summary",
                self._summary,
                "Calls, tokens and cost by day and provider",
                query={"month": text(7, 7, "[0-9]{4}-[0-9]{2}").optional},
            ),
            self.route("GET", "/subscription", self._subscription, "The plan and what is left"),
            self.route(
                "POST",
                "/subscription/receipts",
                self._receipt,
                "Buys a plan with a signed receipt",
                body={"signedTransaction": text(1, 20_000)},
            ),
            self.route(
                "POST",
                "/webhooks/app-store",
                self._webhook,
                "Takes a notification of the App Store",
                access="signed",
                body={"signedPayload": text(1, 20_000)},
            ),
        ]

    # ------------------------------------------------------------ accounts

    async def _register(self, request: Request) -> Response:
        email, password = await self._credentials(request)
        problem = problem_of_password(password)
        if problem:
            return error(422, "invalid", f"the password {problem}")
        try:
            return answer(await self.accounts.register(email, password), 201)
        except ConditionFailed:
            return error(409, "email_in_use", "this e-mail address has an account")

    async def _login(self, request: Request) -> Response:
        email, password = await self._credentials(request)
        seconds = await self._sign_ins.wait(email.lower())
        if seconds:
            return too_many(seconds)
        return answer(await self.accounts.login(email, password))

    async def _credentials(self, request: Request) -> tuple[str, str]:
        body = await self.body(request)
        return str(body["email"]), str(body["password"])

    async def _refresh(self, request: Request) -> Response:
        body = await self.body(request)
        return answer(await self.accounts.refresh(str(body["refreshToken"])))

    async def _export(self, request: Request) -> Response:
        user_id, _ = self._caller(request)
        seconds = await self._rates.wait(user_id)
        return too_many(seconds) if seconds else answer(await self.accounts.export(user_id))

    def _caller(self, request: Request) -> tuple[str, str]:
        """Return the id and the address of who calls.

        Raises:
            Unauthorized: no valid access token came with the request.
        """
        claims = self.claims(request, self.settings.access_secret)
        return str(claims["sub"]), str(claims.get("email", ""))

    # ------------------------------------------------------------ calls

    async def _complete(self, request: Request) -> Response:
        user_id, email = self._caller(request)
        seconds = await self._rates.wait(user_id)
        if seconds:
            return too_many(seconds)
        body = await self.body(request)
        model, messages = str(body.get("model") or DEFAULT_MODEL), body["messages"]
        key = request.headers.get("idempotency-key", "")[:100]
        if key and (user_id, key) in self._answers:
            return answer(self._answers[user_id, key])
        tokens = _words(messages)
        try:
            counted = await self.subscriptions.admit(user_id, email, tokens)
        except QuotaUsedUp as used:
            return error(429, "quota", "the quota is used up", **used.standing)
        call = AdmittedCall(user_id, email, model, messages, tokens, counted, self.ticks())
        if body.get("stream") is True:
            return StreamingResponse(self._events(call), media_type="text/event-stream")
        try:
            pieces = [piece async for piece in self._pieces(call)]
        except ProviderFailed:
            await self._failed(call)
            return error(502, "provider", "the provider did not answer")
        completion = _completion(model, pieces)
        await self._record(call, _taken(pieces), "ok")
        if key:
            self._answers[user_id, key] = completion
            if len(self._answers) > ANSWERS_KEPT:
                self._answers.popitem(last=False)
        return answer(completion)

    def _pieces(self, call: AdmittedCall) -> AsyncIterator[str | Taken]:
        return iterate_in_threadpool(self.provider.stream(call.model, call.messages))

    async def _events(self, call: AdmittedCall) -> AsyncIterator[bytes]:
        """Yield the pieces of an answer as server-sent events, and keep what it took.

        A call that the provider breaks off is given back, whatever came of its answer; one whose
        client goes away is not.
        """
        usage = Taken(0, 0)
        try:
            async for piece in self._pieces(call):
                if isinstance(piece, Taken):
                    usage = piece
                else:
                    yield _event({"choices": [{"index": 0, "delta": {"content": piece}}]})
        except ProviderFailed:
            await self._failed(call)
            yield _event({"error": "provider"})
        except BaseException:  # the client went away, which cancels what is awaited from now on
            with CancelScope(shield=True):
                await self._record(call, usage, "failed")
            raise
        else:
            await self._record(call, usage, "ok")
        yield b"data: [DONE]\n\n"

    async def _failed(self, call: AdmittedCall) -> None:
        """Give back a call that the provider failed, and keep a record of it."""
        await self.subscriptions.give_back(call.user_id, call.email, call.tokens, call.counted)
        await self._record(call, Taken(0, 0), "failed")

    async def _record(self, call: AdmittedCall, usage: Taken, status: str) -> None:
        tokens = usage.prompt + usage.completion
        await self.store.recordUsage(
            userId=call.user_id,
            provider=self.provider.name,
            model=call.model,
            status=status,
            tokens=tokens,
            promptTokens=usage.prompt,
            completionTokens=usage.completion,
            cost=cost_of(self.provider.name, tokens),
            latencyMs=int((self.ticks() - call.started) * 1000),
        )

    # ------------------------------------------------------------ usage and plans

    async def _usage(self, request: Request) -> Response:
        user_id, _ = self._caller(request)
        query = self.query(request)
        first, last = period_of(self.now())
        page = await self.store.listUsageByPeriod(
            userId=user_id,
            timestamp_from=query.get("from", first),
            timestamp_to=query.get("to", last),
            page=query.get("cursor"),
        )
        records = [record.as_fields() for record in page]
        return answer({"records": records, "cursor": page.next})

    async def _summary(self, request: Request) -> Response:
        user_id, _ = self._caller(request)
        month = self.query(request).get("month", self.now().strftime("%Y-%m"))
        try:
            first, last = period_of(dt.datetime.strptime(month, "%Y-%m").replace(tzinfo=dt.UTC))
        except ValueError:
            return error(422, "invalid", "month is one such as 2026-11")
        end = last - dt.timedelta(milliseconds=1)
        records = await self.store.summariseUsage(
            userId=user_id, timestamp_from=first, timestamp_to=end
        )
        return answer({"month": month, "totals": totals(records)})

    async def _subscription(self, request: Request) -> Response:
        standing = await self.subscriptions.standing(*self._caller(request))
        if standing is None:
            raise Unauthorized
        return answer(standing)

    async def _receipt(self, request: Request) -> Response:
        user_id, email = self._caller(request)
        body = await self.body(request)
        try:
            signed = str(body["signedTransaction"])
            return answer(await self.subscriptions.buy(user_id, email, signed))
        except BadReceipt as bad:
            return error(422, "bad_receipt", str(bad))

    async def _webhook(self, request: Request) -> Response:
        body = await self.body(request)
        try:
            result = await self.subscriptions.notify(str(body["signedPayload"]))
        except BadReceipt:
            return error(401, "unauthorized", "the notification is not signed")
        return answer({"result": result})


def _words(messages: Messages) -> int:
    """Return about how many tokens a call sends, which are counted when it is admitted."""
    return sum(len(str(message["content"]).split()) for message in messages)


def _taken(pieces: list[str | Taken]) -> Taken:
    return next((piece for piece in pieces if isinstance(piece, Taken)), Taken(0, 0))


def _completion(model: str, pieces: list[str | Taken]) -> dict[str, Any]:
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
