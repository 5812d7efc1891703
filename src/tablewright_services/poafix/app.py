"""The routes of PoaFix, as an ASGI application on a store of the model `poafix`."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import BaseRoute

from tablewright.serve.bodies import BadBody, raw_body
from tablewright.serve.callers import Unauthorized
from tablewright_services.common.answers import answer, too_many
from tablewright_services.common.bcrypt_passwords import BcryptPasswords
from tablewright_services.common.declarations import Fields, problems_of
from tablewright_services.common.passwords import problem_of_password
from tablewright_services.common.paystack import (
    SIGNATURE,
    LocalPayments,
    Payments,
    PaystackPayments,
    is_signed,
)
from tablewright_services.common.second_factor import WITHOUT
from tablewright_services.common.service import (
    RequestRefused,
    Service,
)
from tablewright_services.poafix import bodies
from tablewright_services.poafix.accounts import Accounts, Caller
from tablewright_services.poafix.administration import Administration
from tablewright_services.poafix.domain import has_cents, is_id
from tablewright_services.poafix.exports import export_of
from tablewright_services.poafix.jobs import CENTS, Jobs
from tablewright_services.poafix.news import Notifications
from tablewright_services.poafix.requests import Requests
from tablewright_services.poafix.search import NearbySearch
from tablewright_services.poafix.settings import SECRETS, poafix_settings
from tablewright_services.poafix.uploads import (
    MEGABYTE,
    OVERHEAD_BYTES,
    LocalStore,
    Uploads,
    disposition_of,
    form_parts,
)

EXPIRY_SECONDS = 60.0
"""How often requests that wait too long are looked for."""
LOCAL_PAYMENT = "/payments/{reference}/local"
ANYBODY = ("client", "provider", "admin")
PARTIES = ("client", "provider")
CLIENT, PROVIDER, ADMIN = ("client",), ("provider",), ("admin",)
YEAR_SECONDS = 31_536_000

Answered = Callable[[Request, Caller, Mapping[str, Any]], Awaitable[Any]]
STATE = {409: "it is in another state than this needs; nothing was written"}
THERE = {404: "it is not there, or not the caller's"}
MISFIT = {400: "the body does not fit; `fields` says where"}


class PoaFix(Service):
    """The service on one store."""

    title = "PoaFix"
    secret_names = SECRETS
    trial_design = "dynamodb"
    trial_settings = {  # noqa: RUF012  a mapping of the class, as the base class says
        "ADMIN_EMAIL": "admin@poafix.example",
        "ADMIN_PASSWORD": "only for a trial",
        "ADMIN_CODE_SECRET": WITHOUT,
        "BCRYPT_ROUNDS": "8",
    }

    def set_up(self) -> None:
        """Make what the routes call."""
        settings = poafix_settings(self.environment)
        self.settings, self.origins = settings, settings.origins
        self.cache = self.shared.cache
        passwords = BcryptPasswords(settings.bcrypt_rounds)
        self.accounts = Accounts(self.store, settings, self.cache, passwords, self.now)
        self.search = NearbySearch(self.store, self.cache)
        self.news = Notifications(self.store, self.now, self.log, settings.news_seconds)
        self.requests = Requests(self.store, self.news, self.now)
        payments: Payments = (
            PaystackPayments(settings.paystack_url, settings.paystack_key)
            if settings.paystack_key
            else LocalPayments(LOCAL_PAYMENT)
        )
        self.jobs = Jobs(self.store, self.requests, self.news, payments, self.now)
        self.administration = Administration(
            self.store, self.accounts, self.jobs, self.news, self.now
        )
        self.uploads = Uploads(settings)
        self._rates = self.shared.rates("requests", settings.requests_per_minute)

    # ------------------------------------------------------------ beside the requests

    def beside(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Return what delivers news and ends old requests."""
        return [self.news.work(), self._expire()]

    async def begin(self) -> None:
        """Make the first administrator."""
        await self.accounts.create_first_admin()

    def ending(self) -> None:
        """End the streams of events."""
        self.news.end_streams()

    async def _expire(self) -> None:
        while True:
            try:
                while await self.requests.expire():
                    continue  # a page of them each time
            except Exception as problem:  # whatever it is, the next minute tries again
                self.log(json.dumps({"problem": f"expiring: {type(problem).__name__}"}))
            await asyncio.sleep(EXPIRY_SECONDS)

    # ------------------------------------------------------------ routes

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes."""
        return [
            *self._of_accounts(),
            *self._of_search(),
            *self._of_requests(),
            *self._of_jobs(),
            *self._of_news(),
            *self._of_files(),
            *self._of_administration(),
        ]

    def _of_accounts(self) -> Sequence[BaseRoute]:
        refused = {**MISFIT, 401: "nobody is signed in by that"}
        register = {**MISFIT, 201: "tokens of the new account", 409: "the address has an account"}
        return [
            self._open("POST", "/auth/register", self._register, bodies.REGISTRATION, register),
            self._open("POST", "/auth/login", self._login, bodies.CREDENTIALS, refused),
            self._open("POST", "/auth/refresh", self._refresh, bodies.REFRESH, refused),
            self._own("POST", "/auth/logout", self._logout, ANYBODY, answers={204: "done"}),
            self._own("GET", "/account/export", self._export, ANYBODY),
        ]

    def _of_search(self) -> Sequence[BaseRoute]:
        one_provider, of_account = "/providers/{id}", self._own
        return [
            self._open("GET", "/service-types", self._service_types),
            of_account("GET", "/providers/nearby", self._near, ANYBODY, query=bodies.NEAR),
            of_account("GET", "/providers/top", self._best, ANYBODY, query=bodies.OF_TYPE),
            of_account("GET", "/providers", self._by_type, ANYBODY, query=bodies.OF_TYPE),
            of_account("GET", one_provider, self._provider, ANYBODY, answers=THERE),
            of_account("GET", f"{one_provider}/location", self._location, ANYBODY, answers=THERE),
            of_account(
                "PUT", "/providers/me/presence", self._presence, PROVIDER, body=bodies.PRESENCE
            ),
            of_account(
                "POST",
                f"{one_provider}/ratings",
                self._rate,
                CLIENT,
                body=bodies.RATING,
                answers={201: "the new mean", **STATE, **THERE},
            ),
        ]

    def _of_requests(self) -> Sequence[BaseRoute]:
        of_account, request, booking = self._own, "/requests/{id}", "/bookings/{id}"
        moved = {**STATE, **THERE}
        created = {201: "it", **STATE, **THERE}
        return [
            of_account(
                "POST", "/requests", self._send, CLIENT, body=bodies.REQUEST, answers=created
            ),
            of_account("GET", "/requests", self._requests, PARTIES, query=bodies.REQUESTS),
            of_account("GET", request, self._request, PARTIES, answers=THERE),
            of_account(
                "POST",
                f"{request}/accept",
                self._accept,
                PROVIDER,
                body=bodies.TIME,
                answers=created,
            ),
            of_account("POST", f"{request}/reject", self._reject, PROVIDER, answers=moved),
            of_account("POST", f"{request}/cancel", self._cancel_request, CLIENT, answers=moved),
            of_account(
                "POST", "/bookings", self._book, PROVIDER, body=bodies.BOOKING, answers=created
            ),
            of_account("GET", "/bookings", self._bookings, PARTIES, query=bodies.BOOKINGS),
            of_account("GET", f"{booking}/job", self._job_of_booking, PARTIES, answers=THERE),
            of_account("POST", f"{booking}/confirm", self._confirm, CLIENT, answers=moved),
            of_account("POST", f"{booking}/start", self._start, PROVIDER, answers=moved),
            of_account("POST", f"{booking}/complete", self._complete, PROVIDER, answers=moved),
            of_account("POST", f"{booking}/cancel", self._cancel_booking, PARTIES, answers=moved),
        ]

    def _of_jobs(self) -> Sequence[BaseRoute]:
        of_account, one_job = self._own, "/jobs/{id}"
        moved = {**STATE, **THERE}
        paid = {202: "where to pay", 502: "payments do not answer", **moved}
        routes: list[BaseRoute] = [
            of_account("GET", "/jobs", self._jobs, PROVIDER, query=bodies.PAGE),
            of_account("GET", one_job, self._job, PARTIES, answers=THERE),
            of_account(
                "POST",
                f"{one_job}/progress",
                self._progress,
                PROVIDER,
                body=bodies.PROGRESS,
                answers={201: "the entry", **moved},
            ),
            of_account("POST", f"{one_job}/payment", self._pay, CLIENT, answers=paid),
            self.route(
                "POST",
                "/webhooks/paystack",
                self._webhook,
                access="signed",
                answers={200: "what it changed", 401: "it is not signed", 409: "another sum"},
            ),
        ]
        if not self.settings.paystack_key:
            path = LOCAL_PAYMENT
            routes.append(
                of_account("POST", path, self._pay_here, CLIENT, body=bodies.OUTCOME, answers=moved)
            )
        return routes

    def _of_news(self) -> Sequence[BaseRoute]:
        read = "/notifications/{id}/read"
        stream = {200: "server-sent events, as they happen", 429: "enough streams are open"}
        return [
            self._own("GET", "/notifications", self._unread, ANYBODY, query=bodies.PAGE),
            self._own("POST", read, self._mark, ANYBODY, answers={204: "done", **THERE}),
            self._own("GET", "/events", self._events, ANYBODY, answers=stream),
        ]

    def _of_files(self) -> Sequence[BaseRoute]:
        form = {201: "a form to send", 413: "too large for its type", **MISFIT}
        routes: list[BaseRoute] = [
            self._own("POST", "/uploads", self._upload, ANYBODY, body=bodies.UPLOAD, answers=form)
        ]
        if isinstance(self.uploads.store, LocalStore):
            taken = {
                201: "its key",
                400: "there is no file",
                403: "it is not signed, or was changed",
                413: "too large",
                415: "it is no form",
            }
            there = _with_success(THERE)
            routes += [
                self.route("POST", "/files", self._take_file, access="signed", answers=taken),
                self.route("GET", "/files/{key:path}", self._file, access="public", answers=there),
            ]
        return routes

    def _of_administration(self) -> Sequence[BaseRoute]:
        administration = self.administration

        def own(method: str, path: str, endpoint: Answered, **more: Any) -> BaseRoute:
            answers = {403: "the role does not allow it", **more.pop("answers", {})}
            return self._own(method, f"/admin{path}", endpoint, ADMIN, answers=answers, **more)

        async def users(request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
            return await administration.users(caller, fields)

        async def users_near(request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
            return await administration.users_near(caller, fields)

        async def block(request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
            is_blocked = bool(fields["isBlocked"])
            return await administration.block(caller, _id(request), is_blocked=is_blocked)

        async def waiting(request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
            return await administration.waiting(caller, fields.get("page"))

        async def verify(request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
            return await administration.verify(caller, _id(request), fields["decision"])

        async def requests_of(request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
            return await administration.requests(caller, fields)

        async def upcoming(request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
            return await administration.upcoming(caller, fields.get("page"))

        async def news(request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
            return await administration.notifications(caller, fields)

        async def refund(request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
            return await administration.refund(caller, _id(request))

        async def create(request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
            return answer(await administration.create(caller, fields), 201)

        async def activity(request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
            return await administration.activity(caller, fields.get("adminId"))

        moved = {**STATE, **THERE}
        return [
            own("GET", "/users", users, query=bodies.USERS),
            own("GET", "/users/near", users_near, query=bodies.NEAR_USERS),
            own("POST", "/users/{id}/block", block, body=bodies.BLOCK, answers=THERE),
            own("GET", "/providers", waiting, query=bodies.PAGE),
            own("POST", "/providers/{id}/verify", verify, body=bodies.VERDICT, answers=moved),
            own("GET", "/requests", requests_of, query=bodies.OF_STATUS),
            own("GET", "/bookings/upcoming", upcoming, query=bodies.PAGE),
            own("GET", "/notifications", news, query=bodies.NEWS),
            own(
                "POST",
                "/jobs/{id}/refund",
                refund,
                answers={**moved, 502: "it was not given back"},
            ),
            own("POST", "/admins", create, body=bodies.ADMIN, answers={201: "it", **STATE}),
            own("GET", "/activity", activity, query=bodies.ACTIVITY),
        ]

    def _open(
        self,
        method: str,
        path: str,
        endpoint: Callable[[Mapping[str, Any]], Awaitable[Any]],
        body: Fields | None = None,
        answers: Mapping[int, str] | None = None,
    ) -> BaseRoute:
        """Return a route for anybody; an address makes so many requests a minute."""

        async def entered(request: Request) -> Response:
            seconds = await self._rates.wait(f"address {_address(request)}")
            if seconds:
                return too_many(seconds)
            fields = await self.body(request) if body is not None else {}
            return _response(await endpoint(fields))

        entered.__name__ = endpoint.__name__
        described = _with_success(answers)
        return self.route(method, path, entered, access="public", body=body, answers=described)

    def _own(
        self,
        method: str,
        path: str,
        endpoint: Answered,
        kinds: Sequence[str],
        *,
        body: Fields | None = None,
        query: Fields | None = None,
        answers: Mapping[int, str] | None = None,
    ) -> BaseRoute:
        """Return a route for callers of some kinds, each so many requests a minute."""

        async def entered(request: Request) -> Response:
            try:
                claims = self.claims(request, self.settings.access_secret)
            except Unauthorized:
                seconds = await self._rates.wait(f"address {_address(request)}")
                if seconds:
                    return too_many(seconds)
                raise
            caller = await self.accounts.caller_of(claims)
            seconds = await self._rates.wait(caller.id)
            if seconds:
                return too_many(seconds)
            if caller.kind not in kinds:
                raise RequestRefused(403, "forbidden", f"this is for {' and '.join(kinds)}s")
            fields = self.query(request) if body is None else await self.body(request)
            return _response(await endpoint(request, caller, fields))

        entered.__name__ = endpoint.__name__
        described = {**(MISFIT if body or query else {}), **_with_success(answers)}
        if tuple(kinds) != ANYBODY:
            described[403] = f"for {' and '.join(kinds)}s only"
        return self.route(method, path, entered, body=body, query=query, answers=described)

    def misfit(self, problems: Sequence[str]) -> RequestRefused:
        """Return the refusal of a body or a query, with a list of its fields."""
        pairs = [problem.split(": ", 1) for problem in problems]
        fields = [{"field": name, "message": message} for name, message in pairs]
        return RequestRefused(400, "invalid", "some fields do not fit", fields=fields)

    # ------------------------------------------------------------ accounts

    async def _register(self, fields: Mapping[str, Any]) -> Response:
        is_client = fields["kind"] == "client"
        problems = problems_of(bodies.CLIENT if is_client else bodies.PROVIDER, fields)
        if not has_cents(fields.get("hourlyRate")):
            problems.append("hourlyRate: must have at most 2 decimals")
        problem = problem_of_password(fields["password"])
        if problem:
            problems.append(f"password: {problem}")
        if problems:
            raise self.misfit(problems)
        register = self.accounts.register_client if is_client else self.accounts.register_provider
        return answer(await register(fields), 201)

    async def _login(self, fields: Mapping[str, Any]) -> Any:
        return await self.accounts.login(
            fields["kind"], fields["email"], fields["password"], fields.get("code") or ""
        )

    async def _refresh(self, fields: Mapping[str, Any]) -> Any:
        return await self.accounts.refresh(fields["refreshToken"])

    async def _logout(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        await self.accounts.logout(caller)
        return Response(None, 204)

    async def _export(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return await export_of(self.store, caller)

    # ------------------------------------------------------------ providers

    async def _service_types(self, fields: Mapping[str, Any]) -> Any:
        return {"items": await self.search.service_types()}

    async def _near(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return await self.search.near(fields)

    async def _best(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return await self.search.best(fields)

    async def _by_type(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return await self.search.by_type(fields)

    async def _provider(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return await self.search.provider(_id(request))

    async def _location(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return await self.search.location(_id(request))

    async def _presence(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        is_there = bool(fields["isAvailable"])
        await self.search.set_presence(caller.id, fields["location"], is_there=is_there)
        return {"location": fields["location"], "isAvailable": is_there}

    async def _rate(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        rated = await self.jobs.rate(caller, _id(request), fields["jobId"], fields["stars"])
        return answer(rated, 201)

    # ------------------------------------------------------------ requests, bookings

    async def _send(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        key = request.headers.get("idempotency-key", "")[:100]
        return answer(await self.requests.send(caller, fields, key), 201)

    async def _requests(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return await self.requests.listed(caller, fields.get("status"), fields.get("page"))

    async def _request(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return await self.requests.request(caller, _id(request))

    async def _accept(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return await self._accepted(caller, _id(request), fields)

    async def _book(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return await self._accepted(caller, fields["requestId"], fields)

    async def _accepted(self, caller: Caller, id: str, fields: Mapping[str, Any]) -> Response:
        try:
            schedule = dt.datetime.fromisoformat(fields["schedule"])
            if schedule.tzinfo is None:
                raise ValueError
            schedule = schedule.astimezone(dt.UTC)
        except (ValueError, OverflowError):
            problem = "schedule: must be a time with its offset, such as 2026-12-01T10:00:00Z"
            raise self.misfit([problem]) from None
        if not has_cents(fields.get("price")):
            raise self.misfit(["price: must have at most 2 decimals"])
        booking = await self.requests.accept(caller, id, {**fields, "schedule": schedule})
        return answer(booking, 201)

    async def _reject(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return await self.requests.end(caller, _id(request), "rejected")

    async def _cancel_request(
        self, request: Request, caller: Caller, fields: Mapping[str, Any]
    ) -> Any:
        return await self.requests.end(caller, _id(request), "cancelled")

    async def _bookings(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return await self.requests.bookings(caller, fields.get("status"), fields.get("page"))

    async def _confirm(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return await self.requests.confirm(caller, _id(request))

    async def _start(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return await self.requests.move(caller, _id(request), "in_progress")

    async def _complete(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return await self.requests.move(caller, _id(request), "completed")

    async def _cancel_booking(
        self, request: Request, caller: Caller, fields: Mapping[str, Any]
    ) -> Any:
        return await self.requests.move(caller, _id(request), "cancelled")

    async def _job_of_booking(
        self, request: Request, caller: Caller, fields: Mapping[str, Any]
    ) -> Any:
        return await self.jobs.of_booking(caller, _id(request))

    # ------------------------------------------------------------ jobs, payments

    async def _jobs(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return await self.jobs.listed(caller, fields.get("page"))

    async def _job(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return await self.jobs.job(caller, _id(request))

    async def _progress(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        note = fields.get("note") or ""
        return answer(await self.jobs.note(caller, _id(request), fields["state"], note), 201)

    async def _pay(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return answer(await self.jobs.pay(caller, _id(request)), 202)

    async def _pay_here(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        """Stand in for the page of the payment provider, where no key of one is set."""
        reference = str(request.path_params["reference"])
        id = reference.partition("-")[0]
        if not is_id(id):
            raise RequestRefused(404, "not_found", "there is no such payment")
        job = await self.jobs.job(caller, id)
        owed = int(job["payment"]["amount"] * CENTS)
        failed = fields.get("outcome") == "failed"
        content = {"reference": reference, "amount": owed, "currency": job["payment"]["currency"]}
        event = {"event": "charge.failed" if failed else "charge.success", "data": content}
        return {"result": await self.jobs.settle(event)}

    async def _webhook(self, request: Request) -> Response:
        content = await raw_body(request, self.max_body_bytes)
        key = self.settings.paystack_key
        if not key or not is_signed(content, request.headers.get(SIGNATURE, ""), key):
            raise Unauthorized
        try:
            event = json.loads(content)
        except ValueError as problem:
            raise BadBody("application/json") from problem
        if not isinstance(event, dict):
            raise BadBody("an event")
        return answer({"result": await self.jobs.settle(event)})

    # ------------------------------------------------------------ notifications

    async def _unread(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return await self.news.unread(caller.id, fields.get("page"))

    async def _mark(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        await self.news.mark_read(caller.id, _id(request))
        return Response(None, 204)

    async def _events(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        last = request.headers.get("last-event-id", "")[:24]
        stream = self.news.open_stream(caller)
        events = self.news.events(caller, stream, last)
        return StreamingResponse(events, media_type="text/event-stream")

    # ------------------------------------------------------------ files

    async def _upload(self, request: Request, caller: Caller, fields: Mapping[str, Any]) -> Any:
        return answer(self.uploads.form(fields, self.now()), 201)

    async def _take_file(self, request: Request) -> Response:
        store = self.uploads.store
        assert isinstance(store, LocalStore)
        seconds = await self._rates.wait(f"address {_address(request)}")
        if seconds:
            return too_many(seconds)
        content = await raw_body(request, 10 * MEGABYTE + OVERHEAD_BYTES)
        fields, file = form_parts(content, request.headers.get("content-type", ""))
        key = await asyncio.to_thread(store.accept, fields, file, self.now())
        return answer({"key": key}, 201)

    async def _file(self, request: Request) -> Response:
        store = self.uploads.store
        assert isinstance(store, LocalStore)
        path, media_type = store.file(request.path_params["key"])
        headers = {
            "Cache-Control": f"public, max-age={YEAR_SECONDS}, immutable",
            "Content-Disposition": disposition_of(media_type),
        }
        return FileResponse(path, media_type=media_type, headers=headers)


def _id(request: Request) -> str:
    """Return the id in the path of a request.

    Raises:
        Refused: it is none, so there is nothing of it.
    """
    id = str(request.path_params["id"])
    if not is_id(id):
        raise RequestRefused(404, "not_found", "there is nothing of that id")
    return id


def _with_success(answers: Mapping[int, str] | None) -> Mapping[int, str]:
    """Return what is answered by status; 200 where nothing else says that it is done."""
    is_said = any(status < 300 for status in answers or {})
    return {**({} if is_said else {200: "it, or that it is done"}), **(answers or {})}


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _response(content: Any) -> Response:
    return content if isinstance(content, Response) else answer(content)


__all__ = ["PoaFix"]
