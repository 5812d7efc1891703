"""The routes of Auxeira, as an ASGI application on a store of the model `auxeira`."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import wraps
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tablewright.serve.bodies import BadBody, raw_body
from tablewright.store.failures import ConditionFailed
from tablewright_services.auxeira import bodies
from tablewright_services.auxeira.accounts import Caller, SignIns
from tablewright_services.auxeira.activity import Activity
from tablewright_services.auxeira.board_feed import BoardFeed
from tablewright_services.auxeira.boards import Boards
from tablewright_services.auxeira.domain import (
    REPORT_TYPES,
    BadField,
    board_named,
    texts,
)
from tablewright_services.auxeira.exports import export_of
from tablewright_services.auxeira.pages import Pages
from tablewright_services.auxeira.profiles import Profiles
from tablewright_services.auxeira.projects import Projects
from tablewright_services.auxeira.purchases import Purchases
from tablewright_services.auxeira.reports import WORKERS, Reports, newest_first, summary_of
from tablewright_services.auxeira.settings import SECRETS, auxeira_settings
from tablewright_services.auxeira.writers import LocalWriter, RemoteWriter, Writer
from tablewright_services.common.alerts import alerts_of
from tablewright_services.common.answers import answer, error, too_many
from tablewright_services.common.passwords import problem_of_password
from tablewright_services.common.paystack import (
    SIGNATURE,
    LocalPayments,
    Payments,
    PaystackPayments,
    is_signed,
    success_event,
)
from tablewright_services.common.service import (
    Endpoint,
    RequestRefused,
    Service,
)

VERSION = "2.0"
GREETING = "Auxeira ESG Dashboard Backend is running!"
ACTIVITY_DAYS = 30
SignedIn = Callable[[Request, Caller], Awaitable[Response]]
TOKENS = {200: "access and refresh token", 401: "they are not those of an active user"}
NOT_FOUND = {200: "it", 404: "there is none", 422: "that is no id"}


class Auxeira(Service):
    """The service on one store."""

    title = "Auxeira"
    secret_names = SECRETS
    default_port = 3000

    def set_up(self) -> None:
        """Make what the routes call."""
        settings = auxeira_settings(self.environment)
        self.settings, self.origins = settings, settings.origins
        self.accounts = SignIns(self.store, settings, self.now)
        self.profiles = Profiles(self.store, self.now)
        self.projects = Projects(self.store, self.now)
        self.payments: Payments = (
            PaystackPayments(settings.paystack_url, settings.paystack_secret)
            if settings.uses_paystack
            else LocalPayments("/api/payments/{reference}/local")
        )
        self.noted: Counter[str] = Counter()
        self.purchases = Purchases(self.store, self.payments, self.projects, self.now, self._note)
        self.boards = Boards(self.store, self.ticks, settings.benchmark_seconds)
        self.alerts = alerts_of(self.environment, self.title, self.log)
        self.feed = BoardFeed(self.store, self.now, self.alerts)
        self.activity = Activity(self.store, self.now)
        writer: Writer = (
            RemoteWriter(settings.writer_url, settings.writer_key)
            if settings.writer_key and settings.writer_url
            else LocalWriter()
        )
        self.reports = Reports(self.store, self.profiles, settings, writer, self.now, self.log)
        self._rates = self.shared.rates("requests", settings.requests_per_minute)
        self._sign_ins = self.shared.rates("sign-ins", settings.sign_ins_per_minute)

    def _note(self, word: str) -> None:
        self.noted[word] += 1

    def more_metrics(self) -> str:
        """Return what people should look at: what was noted, whether the boards are fed."""
        counts = [f'noted_total{{event="{word}"}} {n}' for word, n in sorted(self.noted.items())]
        noted = "\n".join(["# TYPE noted_total counter", *counts, ""])
        return noted + self.feed.metrics() + self.alerts.metrics()

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes."""
        routes = [
            *self._of_accounts(),
            *self._of_reports(),
            *self._of_projects(),
            *self._of_others(),
        ]
        offered = dict(self.operations)
        pages = [
            self.route("GET", path, endpoint, access="public")
            for path, endpoint in Pages(self.settings.api_base).listed()
        ]
        self.operations = offered  # the document is of the API, without pages
        return [*routes, *pages]

    def _of_accounts(self) -> Sequence[BaseRoute]:
        add, known = self.open, self.signed_in
        post, api = "POST", "/api/auth"
        register = {201: "tokens of the new user", 409: "the e-mail address has an account"}
        profile = "the profile, how much of it is there and what is missing"
        return [
            add(
                post, f"{api}/register", self._register, body=bodies.REGISTRATION, answers=register
            ),
            add(post, f"{api}/login", self._login, body=bodies.CREDENTIALS, answers=TOKENS),
            add(post, f"{api}/refresh", self._refresh, body=bodies.REFRESH, answers=TOKENS),
            known("GET", "/api/profile", self._profile, "view", answers={200: profile}),
            known(
                "POST",
                "/api/profile",
                self._save_profile,
                "save",
                body=bodies.PROFILE,
                answers={200: profile, 409: "it kept being changed"},
            ),
        ]

    def _of_reports(self) -> Sequence[BaseRoute]:
        known, one = self.signed_in, "/api/reports/{report}"
        asked = {
            201: "the report, which is queued",
            400: "there is no such type",
            402: "the type is premium and not paid for",
            409: "the profile is not complete",
        }
        return [
            self.open("GET", "/api/reports/types", self._types),
            known(
                "POST",
                "/api/reports/generate",
                self._generate,
                "generate",
                body=bodies.GENERATION,
                answers=asked,
            ),
            known(
                "GET",
                "/api/reports",
                self._reports,
                "view",
                query=bodies.REPORTS,
                answers={200: "a page of them", 400: "there is no such type"},
            ),
            known("GET", one, self._report, "view", answers=NOT_FOUND),
            known("POST", f"{one}/retry", self._retry, "generate", answers=NOT_FOUND),
        ]

    def _of_projects(self) -> Sequence[BaseRoute]:
        known, one = self.signed_in, "/api/projects/{project}"
        refused = {**NOT_FOUND, 409: "the project is not in the state for it"}
        made = {201: "the project"}
        pledge = {**refused, 201: "where the pledge is paid"}
        return [
            known("GET", "/api/projects", self._projects, "view", query=bodies.PROJECTS),
            known(
                "POST",
                "/api/projects",
                self._create_project,
                "save",
                body=bodies.PROJECT,
                answers=made,
            ),
            known("GET", one, self._project, "view", answers=NOT_FOUND),
            known("POST", f"{one}/open", self._open_project, "save", answers=refused),
            known("GET", f"{one}/pledges", self._pledges, "view", query=bodies.PAGE),
            known(
                "POST",
                f"{one}/pledges",
                self._pledge,
                "pledge",
                body=bodies.PLEDGE,
                answers=pledge,
            ),
        ]

    def _of_others(self) -> Sequence[BaseRoute]:
        known, payment = self.signed_in, "/api/payments/{reference}"
        begun = {**NOT_FOUND, 201: "where it is paid", 409: "it cannot be bought now"}
        no_profile = {200: "the percentile", 409: "there is no profile yet"}
        return [
            known("GET", "/api/experts/match", self._experts, "search", query=bodies.NEED),
            known("GET", "/api/leaderboard/{board}", self._board, "view", answers=NOT_FOUND),
            known("GET", "/api/benchmark", self._benchmark, "view", answers=no_profile),
            known(
                "POST",
                "/api/payments/initialize",
                self._pay,
                "save",
                body=bodies.PAYMENT,
                answers=begun,
            ),
            known("GET", payment, self._payment, "view", answers=NOT_FOUND),
            known(
                "POST",
                f"{payment}/refund",
                self._refund,
                "save",
                answers={
                    **NOT_FOUND,
                    202: "it was asked for: an event tells when it is back",
                    403: "for administrators only",
                    409: "it was not paid",
                    502: "Paystack refused",
                },
            ),
            known("POST", f"{payment}/local", self._pay_here, "save", answers=NOT_FOUND),
            self.route(
                "POST",
                "/api/webhooks/paystack",
                self._webhook,
                "An event of Paystack, signed in x-paystack-signature",
                access="signed",
            ),
            known("GET", "/api/activity", self._activity, "view", query=bodies.TIMES),
            known("GET", "/api/account/export", self._export, "view"),
        ]

    def beside(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Return what writes reports and events, feeds boards, and takes up what was left."""
        writers = [self.reports.work() for _ in range(WORKERS)]
        return [self.reports.resume(), *writers, self.activity.work(), self.feed.work()]

    # ------------------------------------------------------------ around the routes

    def open(self, method: str, path: str, endpoint: Endpoint, **declared: Any) -> Route:
        """Return a route for everybody, at a rate for each address."""

        @wraps(endpoint)
        async def limited(request: Request) -> Response:
            seconds = await self._rates.wait(request.client.host if request.client else "")
            return too_many(seconds) if seconds else await _answered(endpoint(request))

        return self.route(method, path, limited, _first_line(endpoint), access="public", **declared)

    def signed_in(
        self, method: str, path: str, endpoint: SignedIn, kind: str, **declared: Any
    ) -> Route:
        """Return a route for who has signed in, at a rate for each user; calls are noted."""

        @wraps(endpoint)
        async def known(request: Request) -> Response:
            claims = self.claims(request, self.settings.access_secret)
            caller = self.accounts.caller(claims)
            seconds = await self._rates.wait(caller.user_id)
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

        return self.route(method, path, known, _first_line(endpoint), **declared)

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
        """Create an account and sign in."""
        body = await self.body(request)
        problem = problem_of_password(body["password"])
        if problem:
            raise BadField("password", problem)
        role = body.get("role") or "member"
        try:
            tokens = await self.accounts.register(body["email"], body["password"], role)
        except ConditionFailed:
            return error(409, "email_in_use", "this e-mail address has an account")
        return answer(tokens, 201)

    async def _login(self, request: Request) -> Response:
        """Sign in; signing in elsewhere ends."""
        body = await self.body(request)
        seconds = await self._sign_ins.wait(body["email"].lower())
        if seconds:
            return too_many(seconds)
        tokens = await self.accounts.login(body["email"], body["password"])
        client = request.headers.get("user-agent", "")
        self.activity.note(tokens["userId"], "login", request.url.path, 0, "ok", client)
        return answer(tokens)

    async def _refresh(self, request: Request) -> Response:
        """Take new tokens for a refresh token, which works once."""
        body = await self.body(request)
        return answer(await self.accounts.refresh(body["refreshToken"]))

    # ------------------------------------------------------------ profile

    async def _profile(self, request: Request, caller: Caller) -> Response:
        """Show the own profile with its progress."""
        return answer(await self.profiles.read(caller.user_id))

    async def _save_profile(self, request: Request, caller: Caller) -> Response:
        """Save what is given of the own profile; the rest stays."""
        body = await self.body(request)
        return answer(await self.profiles.save(caller.user_id, caller.role, body))

    # ------------------------------------------------------------ reports

    async def _types(self, request: Request) -> Response:
        """List the fifteen types of reports."""
        types = [
            {"name": each.name, "title": each.title, "premium": each.is_premium}
            for each in REPORT_TYPES.values()
        ]
        return answer({"types": types})

    async def _generate(self, request: Request, caller: Caller) -> Response:
        """Ask for a report, which is written beside the requests."""
        body = await self.body(request)
        kind = REPORT_TYPES.get(body["reportType"])
        if kind is None:
            return error(400, "unknown_report_type", "there is no such type of report")
        if body.get("profile"):
            await self.profiles.save(caller.user_id, caller.role, body["profile"])
        header = await self.reports.ask(caller.user_id, kind)
        return answer({"report": summary_of(header)}, 201)

    async def _reports(self, request: Request, caller: Caller) -> Response:
        """List the own reports, newest first."""
        query = self.query(request)
        kind = query.get("type")
        if kind is not None and kind not in REPORT_TYPES:
            return error(400, "unknown_report_type", "there is no such type of report")
        page = await self.store.listReports(userId=caller.user_id, page=query.get("cursor"))
        for header in page:
            self.reports.take_up(header)
        headers = [each for each in page if kind in (None, each.reportType)]
        return answer({"reports": newest_first(headers), "cursor": page.next})

    async def _report(self, request: Request, caller: Caller) -> Response:
        """Show a report, with its text once it is ready."""
        report = await self.reports.read(caller.user_id, request.path_params["report"])
        return _or_404(report, "report")

    async def _retry(self, request: Request, caller: Caller) -> Response:
        """Try again to write a report that failed."""
        report = request.path_params["report"]
        header = await self.store.getReportHeader(userId=caller.user_id, reportId=report)
        if header is None:
            return _or_404(None, "report")
        self.reports.take_up(header, retries=True)
        return answer({"report": summary_of(header)}, 202)

    # ------------------------------------------------------------ projects

    async def _projects(self, request: Request, caller: Caller) -> Response:
        """List open projects, or the own ones, newest first."""
        query = self.query(request)
        if query.get("owner") == "me":
            return answer(await self.projects.owned(caller.user_id, query.get("cursor")))
        return answer(await self.projects.listed(query.get("cursor")))

    async def _create_project(self, request: Request, caller: Caller) -> Response:
        """Make a project."""
        project = await self.projects.create(caller.user_id, await self.body(request))
        return answer({"project": project.as_dict()}, 201)

    async def _project(self, request: Request, caller: Caller) -> Response:
        """Show a project."""
        project = await self.projects.read(request.path_params["project"])
        return _or_404(project and {"project": project.as_dict()}, "project")

    async def _open_project(self, request: Request, caller: Caller) -> Response:
        """Open the own draft of a project."""
        project = await self.projects.open(caller.user_id, request.path_params["project"])
        return answer({"project": project.as_dict()})

    async def _pledges(self, request: Request, caller: Caller) -> Response:
        """List the pledges to a project, newest first."""
        cursor = self.query(request).get("cursor")
        return answer(await self.projects.pledges(request.path_params["project"], cursor))

    async def _pledge(self, request: Request, caller: Caller) -> Response:
        """Ask for the payment of a pledge."""
        body = await self.body(request)
        project = request.path_params["project"]
        return answer(await self.purchases.pledge(caller.user_id, project, body), 201)

    # ------------------------------------------------------------ boards and experts

    async def _board(self, request: Request, caller: Caller) -> Response:
        """Show the best fifty of a board and the own rank."""
        board = board_named(request.path_params["board"])
        if board is None:
            return _or_404(None, "board")
        return answer(await self.boards.board(board, caller.user_id))

    async def _benchmark(self, request: Request, caller: Caller) -> Response:
        """Show the percentile of the own score in its industry."""
        profile = await self.store.getProfile(userId=caller.user_id)
        if profile is None:
            raise RequestRefused(409, "profile_incomplete", "begin your profile first")
        return answer(await self.boards.benchmark(profile))

    async def _experts(self, request: Request, caller: Caller) -> Response:
        """Find the ten experts who fit a need best."""
        query = self.query(request)
        need = frozenset(texts("need", [*filter(None, query["need"].split(","))], 20, 40))
        if not need:
            raise BadField("need", "names the skills, with commas between them")
        industry, region = query.get("industry", ""), query.get("region", "")
        experts = await self.boards.experts(caller.user_id, need, industry, region)
        return answer({"experts": experts})

    # ------------------------------------------------------------ payments

    async def _pay(self, request: Request, caller: Caller) -> Response:
        """Ask for the payment of credits, a type of report or a pledge."""
        return answer(await self.purchases.begin(caller.user_id, await self.body(request)), 201)

    async def _payment(self, request: Request, caller: Caller) -> Response:
        """Show an own payment."""
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

    async def _refund(self, request: Request, caller: Caller) -> Response:
        """Give a payment back, as an administrator."""
        if caller.role != "admin":
            return error(403, "forbidden", "this is for administrators")
        state = await self.purchases.refund(request.path_params["reference"])
        return answer({"state": state}, 200 if state == "refunded" else 202)

    async def _webhook(self, request: Request) -> Response:
        """Take an event of Paystack."""
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
        """List the own calls, newest first."""
        query = self.query(request)
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

    async def _export(self, request: Request, caller: Caller) -> Response:
        """Give out all that is kept of the user."""
        return answer(await export_of(self.store, caller.user_id, self.now))


async def _answered(answering: Awaitable[Response]) -> Response:
    """Return an answer; a field that may not be so is one that says it."""
    try:
        return await answering
    except BadField as bad:
        return error(422, "invalid", str(bad), None, field=bad.name)


def _first_line(endpoint: Callable[..., Any]) -> str:
    return (endpoint.__doc__ or "").partition("\n")[0].rstrip(".")


def _or_404(content: Any, name: str) -> Response:
    if not content:
        return error(404, "not_found", f"there is no such {name}")
    return answer(content)


__all__ = ["Auxeira"]
