"""The pages: a shop for customers, a page to pay on locally, a dashboard for the staff."""

from __future__ import annotations

from collections.abc import Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tablewright.serve.callers import Unauthorized
from tablewright_services.common.pages import FILES, Html, facts, form, html, joined, page, table
from tablewright_services.common.service import Endpoint, RequestRefused
from tablewright_services.mongocollectibles.domain import (
    LONGEST_RENTAL_DAYS,
    STORES,
    RentalOrder,
    centavos,
    is_overdue,
)
from tablewright_services.mongocollectibles.payments import LocalCheckouts

if TYPE_CHECKING:
    from tablewright_services.mongocollectibles.app import MongoCollectibles

TITLE = "MongoCollectibles"
STATUSES = ("pending", "completed", "failed", "expired", "refunded")
DAYS_FIRST = 7
TYPING = {False: ("hidden", "Hide what is typed"), True: ("shown", "Show what is typed")}
"""By whether the password is shown, how an address says it and the words of its link."""


class Pages:
    """The pages of one service."""

    def __init__(self, service: MongoCollectibles) -> None:
        self.service = service

    def listed(self) -> Sequence[tuple[str, str, Endpoint]]:
        """Return method, path and endpoint of each page."""
        pages: list[tuple[str, str, Endpoint]] = [
            ("GET", "/", self._shop),
            ("GET", "/shop/rentals/{id}", self._rental),
            ("GET", "/shop/{id}", self._collectible),
            ("POST", "/shop/{id}", self._order),
            ("GET", "/dashboard", self._dashboard),
            ("POST", "/dashboard/session", self._sign_in),
            ("POST", "/dashboard/sign-out", self._sign_out),
            ("POST", "/dashboard/rentals/{id}/return", self._give_back),
        ]
        if isinstance(self.service.payments, LocalCheckouts):
            pages += [("GET", "/pay/{id}", self._pay), ("POST", "/pay/{id}", self._paid)]
        return [
            *((method, path, self._shown(endpoint)) for method, path, endpoint in pages),
            *(("GET", path, endpoint) for path, endpoint in FILES),
        ]

    def _shown(self, endpoint: Endpoint) -> Endpoint:
        """Return an endpoint whose refusals are pages too."""

        @wraps(endpoint)
        async def shown(request: Request) -> Response:
            try:
                return await endpoint(request)
            except RequestRefused as refused:
                return self._page("That did not work", _note(str(refused)), refused.status)
            except Unauthorized:
                return self._signing_in("Sign in first.", 401)

        return shown

    def _page(self, title: str, content: Html, status: int = 200, **more: Any) -> Response:
        header = html(
            '<b>{}</b> <a href="/">Shop</a> <a href="/dashboard">Staff</a>{}',
            TITLE,
            more.pop("beside", Html()),
        )
        return page(title, content, header=header, status=status, **more)

    # ------------------------------------------------------------ customers

    async def _shop(self, request: Request) -> Response:
        shelf, _ = await self.service.catalogue.shelf()
        tiles = joined(
            html(
                '<li><a href="/shop/{}">{}</a><br>size {}</li>',
                _path(item["id"]),
                item["name"],
                item["size"],
            )
            for item in shelf.items
        )
        return self._page("Rent a collectible", html('<ul class="tiles">{}</ul>', tiles))

    async def _collectible(self, request: Request) -> Response:
        name, query = request.path_params["id"], request.query_params
        collectible = await self.service.store.getCollectible(id=name)
        if collectible is None:
            raise RequestRefused(404, "not_found", "There is no such collectible.")
        store_id, days = query.get("store_id", ""), query.get("duration", "")
        content = [
            html("<p>{}</p><p>Size {}</p>", collectible.description or "", collectible.size),
            _asking(store_id, days),
        ]
        if store_id:
            waits = await self.service.wait(request)
            if waits is not None:
                raise RequestRefused(429, "too_many", "Too many quotes: wait a minute.")
            content.append(await self._quoted(name, store_id, days))
        # a browser's policy follows a form through its redirects: the payment page is one
        origin = self.service.payments.form_origin
        return self._page(
            collectible.name, joined(content), form_actions=[origin] if origin else []
        )

    async def _quoted(self, name: str, store_id: str, days: str) -> Html:
        try:
            quoted = await self.service.rentals.quoted(_order(name, store_id, days))
        except RequestRefused as refused:
            return _note(str(refused))
        offer = self.service.rentals.offer(quoted)
        rows = [
            ("Pesos a day", f"{quoted.rate:,.2f}"),
            ("Days", str(quoted.order.duration)),
            ("Factor, below a week", str(quoted.factor)),
            ("Delivery, pesos", f"{quoted.delivery_fee:,.2f}"),
            ("Total, pesos", f"{quoted.total_fee:,.2f}"),
        ]
        return html(
            "<h2>Your quote</h2>{rows}<p>In the store after {wait} days. Holds until {until}.</p>"
            '<form method="post"><input type="hidden" name="quote" value="{quote}">'
            '<input type="hidden" name="store_id" value="{store}">'
            '<input type="hidden" name="duration" value="{days}">'
            '<label><span>E-mail</span><input type="email" name="customer_email" required></label>'
            "<button>Rent and pay</button></form>",
            rows=facts(rows),
            wait=quoted.distance,
            until=f"{str(offer['valid_until'])[11:16]} UTC",
            quote=offer["quote"],
            store=store_id,
            days=days,
        )

    async def _order(self, request: Request) -> Response:
        waits = await self.service.wait(request)
        if waits is not None:
            raise RequestRefused(429, "too_many", "Too many orders: wait a minute.")
        fields = await form(request, self.service.max_body_bytes)
        order = _order(
            request.path_params["id"], fields.get("store_id", ""), fields.get("duration", "")
        )
        email, token = fields.get("customer_email", "").strip().lower(), fields.get("quote", "")
        # the quote is the key: sending the form twice rents once
        rented = await self.service.rentals.check_out(order, email, token, token)
        return RedirectResponse(str(rented["checkout_url"]), 303)

    async def _rental(self, request: Request) -> Response:
        rental = await self.service.store.getRental(id=request.path_params["id"])
        if rental is None:
            raise RequestRefused(404, "not_found", "There is no such rental.")
        rows = [
            ("Rental", rental.id),
            ("Collectible", rental.collectible_id),
            ("Collect at", STORES.get(rental.store_id, rental.store_id)),
            ("Pesos", f"{rental.total_fee:,.2f}"),
            ("Payment", rental.payment_status),
            ("Bring back by", str(rental.due_at)[:10]),
        ]
        return self._page("Your rental", facts(rows))

    # ------------------------------------------------------------ paying locally

    async def _pay(self, request: Request) -> Response:
        rental = await self._unpaid(request)
        content = html(
            "<p>{} pesos for {}. This page stands in for PayMongo: no money moves.</p>"
            '<form method="post"><button name="outcome" value="payment.paid">Pay</button> '
            '<button name="outcome" value="payment.failed">Let it fail</button></form>',
            f"{rental.total_fee:,.2f}",
            rental.collectible_id,
        )
        return self._page("Pay", content)

    async def _paid(self, request: Request) -> Response:
        rental = await self._unpaid(request)
        fields = await form(request, self.service.max_body_bytes)
        kind = "payment.paid" if fields.get("outcome") == "payment.paid" else "payment.failed"
        payments = self.service.payments
        assert isinstance(payments, LocalCheckouts)
        signed = payments.webhook(rental.id, kind, centavos(rental.total_fee), self.service.clock())
        await self.service.received(*signed)
        return RedirectResponse(f"/shop/rentals/{rental.id}", 303)

    async def _unpaid(self, request: Request) -> Any:
        rental = await self.service.store.getRental(id=request.path_params["id"])
        if rental is None or rental.payment_status != "pending":
            raise RequestRefused(409, "not_pending", "There is nothing to pay.")
        return rental

    # ------------------------------------------------------------ staff

    def _signing_in(self, text: str, status: int = 200, *, is_shown: bool = False) -> Response:
        """Return the page to sign in on; what is typed is shown where the staff asks for that."""
        link = html('<a href="/dashboard?typing={}">{}</a>', *TYPING[not is_shown])
        code = Html(
            '<label><span>Code of the authenticator</span><input name="code" inputmode="numeric" '
            'autocomplete="one-time-code" pattern="[0-9]{6}" maxlength="6" required></label>'
        )
        content = html(
            '{}<form method="post" action="/dashboard/session"><label><span>Password</span>'
            '<input type="{}" name="password" autocomplete="current-password" required>'
            "</label>{}<button>Sign in</button></form><p>{}</p>",
            _note(text) if text else Html(),
            "text" if is_shown else "password",
            code if self.service.settings.second_factor else Html(),
            link,
        )
        return self._page("Staff", content, status)

    async def _sign_in(self, request: Request) -> Response:
        waits = await self.service.wait(request, is_sign_in=True)
        if waits is not None:
            raise RequestRefused(429, "too_many", "Too many attempts: wait a minute.")
        fields = await form(request, self.service.max_body_bytes)
        access = self.service.access
        try:
            session = await access.sign_in(fields.get("password", ""), fields.get("code", ""))
        except Unauthorized:
            text = "Another password, or another code."
            if not self.service.settings.staff_password:
                text = "Nobody gets in until STAFF_PASSWORD is set."
            return self._signing_in(text, 401)
        return access.keep(RedirectResponse("/dashboard", 303), request, session)

    async def _sign_out(self, request: Request) -> Response:
        fields = await form(request, self.service.max_body_bytes)
        self.service.access.require_form(request, fields.get("form", ""))
        return self.service.access.keep(RedirectResponse("/dashboard", 303), request, "")

    async def _dashboard(self, request: Request) -> Response:
        service = self.service
        if not service.access.is_staff(request):
            is_shown = request.query_params.get("typing") == "shown"
            return self._signing_in("", is_shown=is_shown)
        session = service.access.require_staff(request)
        token = service.access.form_token(session)
        status = request.query_params.get("status", "completed")
        if status not in STATUSES:
            raise RequestRefused(404, "not_found", "There is no such status.")
        listed = await service.store.rentalsByStatus(
            payment_status=status, page=request.query_params.get("page") or None
        )
        now = service.now()
        rows = [_row(rental, is_overdue(rental, now), token) for rental in listed]
        heads = ["Rental", "Collectible", "Copy", "Store", "Days", "Pesos", "Due", "Returned"]
        links = joined(
            html(
                '<a href="/dashboard?status={}"{}>{}</a>',
                each,
                Html(' aria-current="page"') if each == status else Html(),
                each,
            )
            for each in STATUSES
        )
        more = Html()
        if listed.next:
            more = html(
                '<p><a href="/dashboard?status={}&amp;page={}">Next page</a></p>',
                status,
                listed.next,
            )
        catalogue = service.catalogue
        figures = facts(
            [
                ("Catalogue read from the database", catalogue.misses),
                ("Catalogue given out of memory", catalogue.hits),
                *((word.replace("_", " "), n) for word, n in sorted(service.noted.items())),
            ]
        )
        leave = html(
            '<form method="post" action="/dashboard/sign-out">'
            '<input type="hidden" name="form" value="{}"><button>Sign out</button></form>',
            token,
        )
        content = joined(
            [
                html('<nav aria-label="Status">{}</nav>', links),
                table(heads, rows, [4, 5]),
                more,
                html("<h2>Since the start</h2>"),
                figures,
            ]
        )
        return self._page(f"Rentals: {status}", content, beside=leave)

    async def _give_back(self, request: Request) -> Response:
        fields = await form(request, self.service.max_body_bytes)
        self.service.access.require_form(request, fields.get("form", ""))
        await self.service.rentals.give_back(request.path_params["id"])
        return RedirectResponse("/dashboard", 303)


def _order(name: str, store_id: str, days: str) -> RentalOrder:
    duration = int(days) if days.isascii() and days.isdigit() and len(days) <= 4 else 0
    return RentalOrder(collectible_id=name, store_id=store_id, duration=duration)


def _asking(store_id: str, days: str) -> Html:
    """Return the form that asks for a quote."""
    options = joined(
        html(
            '<option value="{}"{}>{}</option>',
            each,
            Html(" selected") if each == store_id else Html(),
            name,
        )
        for each, name in STORES.items()
    )
    return html(
        '<form><label><span>Collect at</span><select name="store_id">{}</select></label>'
        '<label><span>Days</span><input type="number" name="duration" min="1" max="{}" value="{}" '
        "required></label><button>Get a quote</button></form>",
        options,
        LONGEST_RENTAL_DAYS,
        days or DAYS_FIRST,
    )


def _row(rental: Any, is_late: bool, token: str) -> Sequence[Any]:
    action: Any = ""
    if rental.returned_at is not None:
        action = str(rental.returned_at)[:10]
    elif rental.payment_status in ("completed", "refunded"):
        action = html(
            '<form method="post" action="/dashboard/rentals/{}/return">'
            '<input type="hidden" name="form" value="{}"><button>Take back</button></form>',
            _path(rental.id),
            token,
        )
    due = str(rental.due_at)[:10]
    return (
        rental.id,
        rental.collectible_id,
        rental.warehouse_id or "",
        rental.store_id,
        rental.duration,
        f"{rental.total_fee:,.2f}",
        html("<strong>{} overdue</strong>", due) if is_late else due,
        action,
    )


def _path(text: str) -> str:
    """Return a text as one part of a path."""
    return quote(str(text), safe="")


def _note(text: str) -> Html:
    return html('<p class="note">{}</p>', text)


__all__ = ["Pages"]
