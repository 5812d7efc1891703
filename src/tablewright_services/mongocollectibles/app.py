"""The routes of MongoCollectibles, as an ASGI application on a store of its model."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tablewright.serve.bodies import BadBody, raw_body
from tablewright.serve.callers import CallRates, Unauthorized
from tablewright.serve.writing import json_bytes
from tablewright.store.failures import ConditionFailed
from tablewright.store.store import Store
from tablewright_services.common.answers import JSON
from tablewright_services.common.service import (
    Endpoint,
    Now,
    Refused,
    Service,
    to_standard_error,
    utc_now,
)
from tablewright_services.mongocollectibles.access import Access
from tablewright_services.mongocollectibles.catalogue import (
    KEPT_SECONDS,
    Catalogue,
    etag_of,
    is_current,
)
from tablewright_services.mongocollectibles.domain import STORES, Order
from tablewright_services.mongocollectibles.messages import (
    Mailer,
    MailFailed,
    MailServer,
    Message,
    Outbox,
)
from tablewright_services.mongocollectibles.pages import Pages
from tablewright_services.mongocollectibles.payments import (
    BadWebhook,
    LocalPayments,
    Payments,
    PayMongo,
    verified_message,
)
from tablewright_services.mongocollectibles.rentals import Rentals
from tablewright_services.mongocollectibles.settings import SECRETS, shop_settings

SECONDS_BETWEEN_EXPIRIES = 60
ITEM_SECONDS = 60
"""How long a browser may keep one collectible with its copies."""


class MongoCollectibles(Service):
    """The service on one store."""

    secret_names = SECRETS
    max_body_bytes = 64 * 1024

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
        settings = shop_settings(environment)
        self.settings = settings
        self.noted: Counter[str] = Counter()
        self.payments: Payments = (
            PayMongo(settings.payment_key, settings.public_url)
            if settings.payment_key
            else LocalPayments(settings.webhook_secret)
        )
        self.mailer: Mailer = (
            MailServer(settings.mail_url, settings.mail_from) if settings.mail_url else Outbox()
        )
        self.access = Access(settings.session_secret, settings.staff_password, now)
        self.catalogue = Catalogue(self.store, ticks)
        self.rentals = Rentals(
            self.store, self.payments, self.mailer, settings.session_secret, now, self._note
        )
        self._rates = CallRates(settings.calls_per_minute, ticks)
        self._sign_ins = CallRates(settings.sign_ins_per_minute, ticks)

    def _note(self, word: str) -> None:
        self.noted[word] += 1

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes: each of the API with and without `/api`, then the pages."""
        listed: list[tuple[str, str, Endpoint]] = [
            ("GET", "/collectibles", self._list),
            ("GET", "/collectibles/{id}", self._one),
            ("PUT", "/collectibles/{id}", self._store_collectible),
            ("POST", "/collectibles/{id}/copies", self._stock),
            ("POST", "/rentals/quote", self._quote),
            ("POST", "/rentals/checkout", self._check_out),
            ("POST", "/rentals/access", self._send_link),
            ("GET", "/rentals", self._of_customer),
            ("GET", "/rentals/{id}", self._rental),
            ("POST", "/rentals/{id}/return", self._give_back),
            ("POST", "/webhooks/paymongo", self._webhook),
            ("POST", "/staff/session", self._sign_in),
        ]
        return [
            *(
                self.route(method, f"{prefix}{path}", endpoint)
                for prefix in ("/api", "")
                for method, path, endpoint in listed
            ),
            self.route("GET", "/api/health", self.health),
            *(
                self.route(method, path, endpoint)
                for method, path, endpoint in Pages(self).listed()
            ),
        ]

    def beside(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Return what lets unpaid rentals expire, every minute."""
        return [self._expire_regularly()]

    async def _expire_regularly(self) -> None:
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_EXPIRIES)
            try:
                await self.rentals.expire()
            except Exception:  # the next round tries again; what is wrong shows in /metrics
                self._note("expiry_failed")

    # ------------------------------------------------------------ the form of answers

    def answer(self, content: Any, status: int = 200) -> Response:
        """Return that something succeeded, in the envelope of all answers."""
        return Response(json_bytes({"success": True, "data": content}), status, media_type=JSON)

    def error(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
        /,
        **more: Any,
    ) -> Response:
        """Return that something failed, in the envelope of all answers."""
        content = {"success": False, "error": {"code": code, "message": message, **more}}
        return Response(json_bytes(content), status, dict(headers or {}), JSON)

    async def health(self, request: Request) -> Response:
        """Answer whether the database answers."""
        await self.store.look()
        return self.answer({"status": "ok"})

    def more_metrics(self) -> str:
        """Return how often the catalogue was kept, and what the staff should look at."""
        catalogue = self.catalogue
        lines = [
            "# TYPE catalogue_reads_total counter",
            f'catalogue_reads_total{{result="hit"}} {catalogue.hits}',
            f'catalogue_reads_total{{result="miss"}} {catalogue.misses}',
            "# TYPE noted_total counter",
            *(f'noted_total{{event="{word}"}} {n}' for word, n in sorted(self.noted.items())),
        ]
        return "\n".join([*lines, ""])

    def wait(self, request: Request, *, is_sign_in: bool = False) -> Response | None:
        """Return that a client has to wait, if it called too often."""
        client = request.client.host if request.client is not None else ""
        seconds = (self._sign_ins if is_sign_in else self._rates).wait(client)
        if not seconds:
            return None
        return self.error(429, "too_many", "too many requests", {"Retry-After": str(seconds)})

    # ------------------------------------------------------------ catalogue

    async def _list(self, request: Request) -> Response:
        shelf, was_kept = await self.catalogue.shelf()
        headers = {
            "ETag": shelf.etag,
            "Cache-Control": f"public, max-age={KEPT_SECONDS}",
            "X-Cache": "HIT" if was_kept else "MISS",
        }
        if is_current(request.headers.get("if-none-match", ""), shelf.etag):
            return Response(None, 304, headers)
        return Response(shelf.body, 200, headers, JSON)

    async def _one(self, request: Request) -> Response:
        name = request.path_params["id"]
        collectible, copies = await asyncio.gather(
            self.store.getCollectible(id=name),
            self.store.warehousesOfCollectible(collectible_id=name),
        )
        if collectible is None:
            raise Refused(404, "not_found", "there is no such collectible")
        body = json_bytes(
            {
                "success": True,
                "data": {
                    "id": collectible.id,
                    "name": collectible.name,
                    "description": collectible.description,
                    "size": collectible.size,
                    "image_url": collectible.image_url,
                    "available": bool(collectible.available) and len(copies) > 0,
                    "copies": [
                        {
                            "warehouse_id": copy.warehouse_id,
                            "distances": dict(
                                zip(STORES, copy.distances_to_stores or (), strict=False)
                            ),
                        }
                        for copy in sorted(copies, key=lambda each: str(each.warehouse_id))
                    ],
                },
            }
        )
        headers = {"ETag": etag_of(body), "Cache-Control": f"public, max-age={ITEM_SECONDS}"}
        if is_current(request.headers.get("if-none-match", ""), headers["ETag"]):
            return Response(None, 304, headers)
        return Response(body, 200, headers, JSON)

    async def _store_collectible(self, request: Request) -> Response:
        self.access.require_staff(request)
        body = await self.body(request)
        stored = await self.store.upsertCollectible(
            id=request.path_params["id"],
            name=body.get("name"),
            description=body.get("description", ""),
            size=body.get("size"),
            image_url=body.get("image_url"),
            available=body.get("available", True),
            warehouses=[],
        )
        self.catalogue.forget()
        return self.answer({"id": stored.id, "name": stored.name})

    async def _stock(self, request: Request) -> Response:
        self.access.require_staff(request)
        body = await self.body(request)
        distances = body.get("distances")
        if not isinstance(distances, list) or len(distances) != len(STORES):
            raise Refused(422, "invalid", f"distances: one for each of {', '.join(STORES)}")
        if not all(type(each) is int and each >= 0 for each in distances):
            raise Refused(422, "invalid", "distances: whole numbers of days")
        name = request.path_params["id"]
        if await self.store.getCollectible(id=name) is None:
            raise Refused(404, "not_found", "there is no such collectible")
        try:
            copy = await self.store.stockCopy(
                collectible_id=name,
                warehouse_id=body.get("warehouse_id"),
                name=body.get("name", ""),
                available=True,
                distances_to_stores=distances,
                address=body.get("address", ""),
            )
        except ConditionFailed as problem:
            raise Refused(409, "exists", "there is a copy of this id") from problem
        return self.answer({"collectible_id": name, "warehouse_id": copy.warehouse_id}, 201)

    # ------------------------------------------------------------ quotes and checkout

    async def _quote(self, request: Request) -> Response:
        waits = self.wait(request)
        if waits is not None:
            return waits
        quoted = await self.rentals.quoted(order_of(await self.body(request)))
        return self.answer(self.rentals.offer(quoted))

    async def _check_out(self, request: Request) -> Response:
        waits = self.wait(request)
        if waits is not None:
            return waits
        body = await self.body(request)
        email = body.get("customer_email")
        if not isinstance(email, str):
            raise BadBody("customer_email is a text")
        key = request.headers.get("idempotency-key", "")[:200]
        token = str(body.get("quote") or "")
        rented = await self.rentals.check_out(order_of(body), email.strip().lower(), token, key)
        return self.answer(rented, 201)

    async def _webhook(self, request: Request) -> Response:
        body = await raw_body(request, self.max_body_bytes)
        header = request.headers.get("paymongo-signature", "")
        return self.answer({"result": await self.received(body, header)})

    async def received(self, body: bytes, header: str) -> str:
        """Do what a webhook says; return what was done.

        Raises:
            Refused: 401 where the provider did not sign it, or not now.
        """
        secret, is_live = self.settings.webhook_secret, self.settings.is_live
        try:
            message = verified_message(body, header, secret, self.clock(), is_live=is_live)
        except BadWebhook as problem:
            raise Refused(401, "bad_signature", "this is no message of PayMongo") from problem
        return await self.rentals.receive(message)

    # ------------------------------------------------------------ rentals

    async def _rental(self, request: Request) -> Response:
        rental = await self.store.getRental(id=request.path_params["id"])
        if rental is None:
            raise Refused(404, "not_found", "there is no such rental")
        return self.answer(shown(rental))

    async def _of_customer(self, request: Request) -> Response:
        email = request.query_params.get("email", "").lower()
        if not email or not self.access.is_staff(request):
            proved = self.access.customer(request)
            if email not in ("", proved):
                raise Refused(403, "forbidden", "these are the rentals of somebody else")
            email = proved
        page = await self.store.rentalsByCustomer(
            customer_email=email, page=request.query_params.get("cursor") or None
        )
        return self.answer({"rentals": [shown(each) for each in page], "cursor": page.next})

    async def _send_link(self, request: Request) -> Response:
        waits = self.wait(request, is_sign_in=True)
        if waits is not None:
            return waits
        email = (await self.body(request)).get("customer_email")
        if not isinstance(email, str):
            raise BadBody("customer_email is a text")
        # whether anybody rents under this address is said to its owner alone
        token = self.access.customer_token(email.strip().lower())
        text = f"This key shows your rentals for a day: {token}"
        message = Message(to=email.strip(), subject="Your rentals", text=text)
        try:
            await asyncio.to_thread(self.mailer.send, message)
        except (MailFailed, ValueError):
            self._note("link_not_sent")
        return self.answer({"sent": True}, 202)

    async def _give_back(self, request: Request) -> Response:
        self.access.require_staff(request)
        await self.rentals.give_back(request.path_params["id"])
        return self.answer({"returned": True})

    async def _sign_in(self, request: Request) -> Response:
        waits = self.wait(request, is_sign_in=True)
        if waits is not None:
            return waits
        password = str((await self.body(request)).get("password", ""))
        session = await asyncio.to_thread(self.access.sign_in, password)
        return self.answer({"session": session})


def order_of(body: Mapping[str, Any]) -> Order:
    """Return the order in a body.

    Raises:
        Refused: 400 where it is none.
    """
    collectible_id, store_id = body.get("collectible_id"), body.get("store_id")
    duration = body.get("duration")
    if not isinstance(collectible_id, str) or not isinstance(store_id, str):
        raise Refused(400, "bad_request", "collectible_id and store_id are texts")
    if type(duration) is not int:
        raise Refused(400, "bad_duration", "duration is a whole number of days")
    return Order(collectible_id=collectible_id, store_id=store_id, duration=duration)


def shown(rental: Any) -> dict[str, Any]:
    """Return what whoever knows the id of a rental may see of it: not whose it is."""
    hidden = ("customer_email", "payment_id")
    fields = {name: value for name, value in rental.as_dict().items() if name not in hidden}
    if rental.payment_status != "pending":
        fields.pop("checkout_url", None)
    return fields


__all__ = ["MongoCollectibles", "Unauthorized", "order_of", "shown"]
