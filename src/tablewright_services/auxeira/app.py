"""The routes of Auxeira, as an ASGI application on a store of the model `auxeira`."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tablewright.serve.bodies import BadBody, raw_body
from tablewright.serve.callers import CallRates
from tablewright.store.failures import ConditionFailed
from tablewright.store.store import Store
from tablewright_services.auxeira.accounts import ROLES, Caller, SignIns
from tablewright_services.auxeira.activity import Activity
from tablewright_services.auxeira.boards import Boards
from tablewright_services.auxeira.domain import (
    COUNTRIES,
    INDUSTRIES,
    REPORT_TYPES,
    BadField,
    board_named,
    one_of,
    texts,
)
from tablewright_services.auxeira.paystack import (
    SIGNATURE,
    LocalPayments,
    Payments,
    PaystackPayments,
    is_signed,
    success_event,
)
from tablewright_services.auxeira.profiles import Profiles
from tablewright_services.auxeira.projects import Projects
from tablewright_services.auxeira.purchases import Purchases
from tablewright_services.auxeira.reports import WORKERS, Reports, newest_first, summary_of
from tablewright_services.auxeira.settings import SECRETS, auxeira_settings
from tablewright_services.auxeira.writers import LocalWriter, RemoteWriter, Writer
from tablewright_services.common.answers import answer, error, too_many
from tablewright_services.common.bcrypt_passwords import LONGEST_BYTES
from tablewright_services.common.passwords import SHORTEST_PASSWORD
from tablewright_services.common.service import (
    Now,
    Refused,
    Service,
    to_standard_error,
    utc_now,
)

VERSION = "2.0"
GREETING = "Auxeira ESG Dashboard Backend is running!"
ACTIVITY_DAYS = 30
SignedIn = Callable[[Request, Caller], Awaitable[Response]]


class Auxeira(Service):
    """The service on one store."""

    secret_names = SECRETS
    default_port = 3000

    def __init__(
        self,
        store: Store,
        environment: Mapping[str, str],
        *,
        log: Callable[[str], None] = to_standard_error,
        now: Now = utc_now,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(store, environment, log=log, now=now, ticks=ticks)
        settings = auxeira_settings(environment)
        self.settings, self.origins = settings, settings.origins
        self.accounts = SignIns(self.store, settings, now)
        self.profiles = Profiles(self.store, now)
        self.projects = Projects(self.store, now)
        self.payments: Payments = (
            PaystackPayments(settings.paystack_url, settings.paystack_secret)
            if settings.uses_paystack
            else LocalPayments()
        )
        self.purchases = Purchases(self.store, self.payments, self.projects, now)
        self.boards = Boards(self.store, ticks, settings.benchmark_seconds)
        self.activity = Activity(self.store, now)
        writer: Writer = (
            RemoteWriter(settings.writer_url, settings.writer_key)
            if settings.writer_key and settings.writer_url
            else LocalWriter()
        )
        self.reports = Reports(self.store, self.profiles, settings, writer, now, log)
        self._rates = CallRates(settings.requests_per_minute, ticks)
        self._sign_ins = CallRates(settings.sign_ins_per_minute, ticks)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes."""
        return [
            self.open("POST", "/api/auth/register", self._register),
            self.open("POST", "/api/auth/login", self._login),
            self.open("POST", "/api/auth/refresh", self._refresh),
            self.signed_in("GET", "/api/profile", self._profile, "view"),
            self.signed_in("POST", "/api/profile", self._save_profile, "save"),
            self.open("GET", "/api/reports/types", self._types),
            self.signed_in("POST", "/api/reports/generate", self._generate, "generate"),
            self.signed_in("GET", "/api/reports", self._reports, "view"),
            self.signed_in("GET", "/api/reports/{report}", self._report, "view"),
            self.signed_in("POST", "/api/reports/{report}/retry", self._retry, "generate"),
            self.signed_in("GET", "/api/projects", self._projects, "view"),
            self.signed_in("POST", "/api/projects", self._create_project, "save"),
            self.signed_in("GET", "/api/projects/{project}", self._project, "view"),
            self.signed_in("POST", "/api/projects/{project}/open", self._open_project, "save"),
            self.signed_in("GET", "/api/projects/{project}/pledges", self._pledges, "view"),
            self.signed_in("POST", "/api/projects/{project}/pledges", self._pledge, "pledge"),
            self.signed_in("GET", "/api/experts/match", self._experts, "search"),
            self.signed_in("GET", "/api/leaderboard/{board}", self._board, "view"),
            self.signed_in("GET", "/api/benchmark", self._benchmark, "view"),
            self.signed_in("POST", "/api/payments/initialize", self._pay, "save"),
            self.signed_in("GET", "/api/payments/{reference}", self._payment, "view"),
            self.signed_in("POST", "/api/payments/{reference}/local", self._pay_here, "save"),
            self.route("POST", "/api/webhooks/paystack", self._webhook),
            self.signed_in("GET", "/api/activity", self._activity, "view"),
        ]

    def beside(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Return what writes reports and events, and takes up what an earlier process left."""
        writers = [self.reports.work() for _ in range(WORKERS)]
        return [self.reports.resume(), *writers, self.activity.work()]

    # ------------------------------------------------------------ around the routes

    def open(
        self, method: str, path: str, endpoint: Callable[[Request], Awaitable[Response]]
    ) -> Route:
        """Return a route for everybody, at a rate for each address."""

        async def limited(request: Request) -> Response:
            seconds = self._rates.wait(request.client.host if request.client else "")
            return too_many(seconds) if seconds else await _answered(endpoint(request))

        return self.route(method, path, limited)

    def signed_in(self, method: str, path: str, endpoint: SignedIn, kind: str) -> Route:
        """Return a route for who has signed in, at a rate for each user; calls are noted."""

        async def known(request: Request) -> Response:
            claims = self.claims(request, self.settings.access_secret)
            caller = self.accounts.caller(claims)
            seconds = self._rates.wait(caller.user_id)
            if seconds:
                return too_many(seconds)
            started, outcome = self.ticks(), "failed"
            try:
                response = await _answered(endpoint(request, caller))
                outcome = "ok" if response.status_code < 400 else "failed"
                return response
            finally:
                self.activity.note(
                    caller.user_id,
                    kind,
                    request.url.path,
                    int((self.ticks() - started) * 1000),
                    outcome,
                    request.headers.get("user-agent", ""),
                )

        return self.route(method, path, known)

    async def health(self, request: Request) -> Response:
        """Answer that the service runs and that its database answers."""
        await self.store.look()
        moment = self.now().astimezone(dt.UTC).replace(tzinfo=None)
        return answer(
            {
                "success": True,
                "status": "healthy",
                "message": GREETING,
                "timestamp": f"{moment.isoformat(timespec='milliseconds')}Z",
                "version": VERSION,
            }
        )

    # ------------------------------------------------------------ accounts

    async def _register(self, request: Request) -> Response:
        body = await self.body(request)
        email, password = _credentials(body)
        if len(password) < SHORTEST_PASSWORD or len(password.encode()) > LONGEST_BYTES:
            text = (
                f"must have {SHORTEST_PASSWORD} characters or more, {LONGEST_BYTES} bytes at most"
            )
            raise BadField("password", text)
        role = one_of("role", body.get("role", "member"), ROLES)
        try:
            tokens = await self.accounts.register(email, password, role)
        except ConditionFailed:
            return error(409, "email_in_use", "this e-mail address has an account")
        return answer(tokens, 201)

    async def _login(self, request: Request) -> Response:
        email, password = _credentials(await self.body(request))
        seconds = self._sign_ins.wait(email.lower())
        if seconds:
            return too_many(seconds)
        tokens = await self.accounts.login(email, password)
        client = request.headers.get("user-agent", "")
        self.activity.note(tokens["userId"], "login", request.url.path, 0, "ok", client)
        return answer(tokens)

    async def _refresh(self, request: Request) -> Response:
        body = await self.body(request)
        return answer(await self.accounts.refresh(str(body.get("refreshToken", ""))))

    # ------------------------------------------------------------ profile

    async def _profile(self, request: Request, caller: Caller) -> Response:
        return answer(await self.profiles.read(caller.user_id))

    async def _save_profile(self, request: Request, caller: Caller) -> Response:
        body = await self.body(request)
        return answer(await self.profiles.save(caller.user_id, caller.role, body))

    # ------------------------------------------------------------ reports

    async def _types(self, request: Request) -> Response:
        types = [
            {"name": each.name, "title": each.title, "premium": each.is_premium}
            for each in REPORT_TYPES.values()
        ]
        return answer({"types": types})

    async def _generate(self, request: Request, caller: Caller) -> Response:
        body = await self.body(request)
        kind = REPORT_TYPES.get(str(body.get("reportType", "")))
        if kind is None:
            return error(400, "unknown_report_type", "there is no such type of report")
        profile = body.get("profile")
        if isinstance(profile, Mapping) and profile:
            await self.profiles.save(caller.user_id, caller.role, profile)
        header = await self.reports.ask(caller.user_id, kind)
        return answer({"report": summary_of(header)}, 201)

    async def _reports(self, request: Request, caller: Caller) -> Response:
        query = request.query_params
        kind = query.get("type")
        if kind is not None and kind not in REPORT_TYPES:
            return error(400, "unknown_report_type", "there is no such type of report")
        page = await self.store.listReports(userId=caller.user_id, page=query.get("cursor"))
        for header in page:
            self.reports.take_up(header)
        headers = [each for each in page if kind in (None, each.reportType)]
        return answer({"reports": newest_first(headers), "cursor": page.next})

    async def _report(self, request: Request, caller: Caller) -> Response:
        report = await self.reports.read(caller.user_id, request.path_params["report"])
        return _or_404(report, "report")

    async def _retry(self, request: Request, caller: Caller) -> Response:
        report = request.path_params["report"]
        header = await self.store.getReportHeader(userId=caller.user_id, reportId=report)
        if header is None:
            return _or_404(None, "report")
        self.reports.take_up(header, retries=True)
        return answer({"report": summary_of(header)}, 202)

    # ------------------------------------------------------------ projects

    async def _projects(self, request: Request, caller: Caller) -> Response:
        query = request.query_params
        if query.get("owner") == "me":
            return answer(await self.projects.owned(caller.user_id, query.get("cursor")))
        return answer(await self.projects.listed(query.get("cursor")))

    async def _create_project(self, request: Request, caller: Caller) -> Response:
        project = await self.projects.create(caller.user_id, await self.body(request))
        return answer({"project": project.as_dict()}, 201)

    async def _project(self, request: Request, caller: Caller) -> Response:
        project = await self.projects.read(request.path_params["project"])
        return _or_404(project and {"project": project.as_dict()}, "project")

    async def _open_project(self, request: Request, caller: Caller) -> Response:
        project = await self.projects.open(caller.user_id, request.path_params["project"])
        return answer({"project": project.as_dict()})

    async def _pledges(self, request: Request, caller: Caller) -> Response:
        cursor = request.query_params.get("cursor")
        return answer(await self.projects.pledges(request.path_params["project"], cursor))

    async def _pledge(self, request: Request, caller: Caller) -> Response:
        body = await self.body(request)
        project = request.path_params["project"]
        return answer(await self.purchases.pledge(caller.user_id, project, body), 201)

    # ------------------------------------------------------------ boards and experts

    async def _board(self, request: Request, caller: Caller) -> Response:
        board = board_named(request.path_params["board"])
        if board is None:
            return _or_404(None, "board")
        return answer(await self.boards.board(board, caller.user_id))

    async def _benchmark(self, request: Request, caller: Caller) -> Response:
        profile = await self.store.getProfile(userId=caller.user_id)
        if profile is None:
            raise Refused(409, "profile_incomplete", "begin your profile first")
        return answer(await self.boards.benchmark(profile))

    async def _experts(self, request: Request, caller: Caller) -> Response:
        query = request.query_params
        need = frozenset(texts("need", [*filter(None, query.get("need", "").split(","))], 20, 40))
        if not need:
            raise BadField("need", "names the skills, with commas between them")
        industry, region = query.get("industry", ""), query.get("region", "").upper()
        if industry:
            one_of("industry", industry, INDUSTRIES)
        if region:
            one_of("region", region, COUNTRIES)
        experts = await self.boards.experts(caller.user_id, need, industry, region)
        return answer({"experts": experts})

    # ------------------------------------------------------------ payments

    async def _pay(self, request: Request, caller: Caller) -> Response:
        return answer(await self.purchases.begin(caller.user_id, await self.body(request)), 201)

    async def _payment(self, request: Request, caller: Caller) -> Response:
        payment = await self.purchases.read(caller.user_id, request.path_params["reference"])
        return _or_404(payment and {"payment": payment}, "payment")

    async def _pay_here(self, request: Request, caller: Caller) -> Response:
        """Pay without Paystack: where its key is not set, and nobody's money moves."""
        reference = request.path_params["reference"]
        payment = await self.purchases.read(caller.user_id, reference)
        if self.settings.uses_paystack or payment is None:
            return _or_404(None, "payment")
        event = success_event(reference, int(payment["amount"]), payment["currency"])
        return answer({"result": await self.purchases.take(event)})

    async def _webhook(self, request: Request) -> Response:
        body = await raw_body(request, self.max_body_bytes)
        signature = request.headers.get(SIGNATURE, "")
        if not is_signed(body, signature, self.settings.paystack_secret):
            return error(401, "unauthorized", "the event is not signed")
        try:
            event = orjson.loads(body)
        except orjson.JSONDecodeError as problem:
            raise BadBody("the event is no JSON") from problem
        if not isinstance(event, Mapping):
            raise BadBody("the event is no object")
        return answer({"result": await self.purchases.take(event)})

    # ------------------------------------------------------------ activity

    async def _activity(self, request: Request, caller: Caller) -> Response:
        query = request.query_params
        now = self.now()
        page = await self.store.listActivity(
            userId=caller.user_id,
            timestamp_from=query.get("from", now - dt.timedelta(days=ACTIVITY_DAYS)),
            timestamp_to=query.get("to", now),
            page=query.get("cursor"),
        )
        names = ("timestamp", "type", "path", "durationMs", "outcome", "expiresAt")
        events = [{name: getattr(each, name) for name in names} for each in page]
        return answer({"events": events, "cursor": page.next})


async def _answered(answering: Awaitable[Response]) -> Response:
    """Return an answer; a field that may not be so is one that says it."""
    try:
        return await answering
    except BadField as bad:
        return error(422, "invalid", str(bad), None, field=bad.name)


def _credentials(body: Mapping[str, Any]) -> tuple[str, str]:
    email, password = body.get("email"), body.get("password")
    if not isinstance(email, str) or not isinstance(password, str):
        raise BadBody("email and password are texts")
    return email, password


def _or_404(content: Any, name: str) -> Response:
    if not content:
        return error(404, "not_found", f"there is no such {name}")
    return answer(content)


__all__ = ["Auxeira"]
