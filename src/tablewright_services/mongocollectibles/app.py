"""The routes of MongoCollectibles, as an ASGI application on a store of its model."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tablewright.serve.bodies import raw_body
from tablewright.serve.callers import Unauthorized
from tablewright.serve.writing import json_bytes
from tablewright.store.failures import ConditionFailed
from tablewright_services.common.alerts import alerts_of
from tablewright_services.common.answers import JSON
from tablewright_services.common.declarations import (
    Fields,
    choice,
    email,
    flag,
    several,
    text,
    whole,
)
from tablewright_services.common.second_factor import WITHOUT
from tablewright_services.common.service import (
    Endpoint,
    RequestRefused,
    Service,
)
from tablewright_services.mongocollectibles.access import StaffAccess
from tablewright_services.mongocollectibles.catalogue import (
    KEPT_SECONDS,
    CollectiblesCache,
    etag_of,
    is_current,
)
from tablewright_services.mongocollectibles.domain import PESOS_PER_DAY, STORES, RentalOrder
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
    Checkouts,
    LocalCheckouts,
    PayMongo,
    verified_message,
)
from tablewright_services.mongocollectibles.rentals import Rentals
from tablewright_services.mongocollectibles.settings import SECRETS, shop_settings

ITEM_SECONDS = 60
"""How long a browser may keep one collectible with its copies."""


ORDER: Fields = {
    "collectible_id": text(1, 100),
    "store_id": text(1, 20),
    # days; what is no rental is answered 400 by the domain
    "duration": whole(-1_000_000, 1_000_000),
}
COLLECTIBLE: Fields = {
    "name": text(1, 255),
    "description": text(0, 4_000).optional,
    "size": choice(*PESOS_PER_DAY),
    "image_url": text(1, 255),
    "available": flag().optional,
}
COPY: Fields = {
    "warehouse_id": text(1, 50),
    "distances": several(whole(0, 365), len(STORES), len(STORES)),
    "name": text(0, 255).optional,
    "address": text(0, 400).optional,
}


class _Listed(NamedTuple):
    """A route of the API."""

    method: str
    path: str
    endpoint: Endpoint
    summary: str
    more: Mapping[str, Any]
    """Further arguments of `Service.route`."""


class MongoCollectibles(Service):
    """The service on one store."""

    secret_names = SECRETS
    trial_settings: ClassVar[Mapping[str, str]] = {
        "STAFF_PASSWORD": "just trying it",
        "STAFF_CODE_SECRET": WITHOUT,
    }
    max_body_bytes = 64 * 1024
    title = "MongoCollectibles"
    error_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "success": {"const": False},
            "error": {
                "type": "object",
                "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
                "required": ["code", "message"],
            },
        },
        "required": ["success", "error"],
    }

    def set_up(self) -> None:
        """Make what the routes call."""
        settings = shop_settings(self.environment)
        self.settings, self.origins = settings, settings.origins
        self.noted: Counter[str] = Counter()
        self.alerts = alerts_of(self.environment, self.title, self.log)
        self.payments: Checkouts = (
            PayMongo(settings.payment_key, settings.public_url)
            if settings.payment_key
            else LocalCheckouts(settings.webhook_secret)
        )
        self.mailer: Mailer = (
            MailServer(settings.mail_url, settings.mail_from) if settings.mail_url else Outbox()
        )
        self.access = StaffAccess(
            settings.session_secret,
            settings.staff_password,
            settings.second_factor,
            self.shared.cache,
            self.now,
        )
        self.catalogue = CollectiblesCache(self.store, self.shared.cache, self.clock, self.ticks)
        self.rentals = Rentals(
            self.store,
            self.payments,
            self.mailer,
            settings.session_secret,
            self.now,
            self._note,
            self.alerts,
        )
        self._rates = self.shared.rates("requests", settings.calls_per_minute)
        self._sign_ins = self.shared.rates("sign-ins", settings.sign_ins_per_minute)

    def _note(self, word: str) -> None:
        """Count something that the staff should look at, and tell the operators."""
        self.noted[word] += 1
        self.alerts.tell(word)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes: each of the API with and without `/api`, then the pages."""
        documented = [
            self.route(each.method, f"/api{each.path}", each.endpoint, each.summary, **each.more)
            for each in self._listed()
        ]
        offered = dict(self.operations)
        others = [
            *(
                self.route(each.method, each.path, each.endpoint, **each.more)
                for each in self._listed()
            ),
            self.route("GET", "/api/health", self.health),
            *(
                self.route(method, path, endpoint)
                for method, path, endpoint in Pages(self).listed()
            ),
        ]
        # the document says each once: the same without the prefix, and pages, are not in it
        self.operations = offered
        return [*documented, *others]

    def _listed(self) -> Sequence[_Listed]:
        """Return the routes of the API."""
        public: Any = {"access": "public"}
        gone = {404: "there is no such thing"}
        taken = {409: "no copy is left, or the quote does not hold any more"}
        ordered = {**public, "answers": {200: "the fee", 400: "no order", **gone, **taken}}
        rented = {
            **public,
            "body": {**ORDER, "customer_email": email(), "quote": text().optional},
            "answers": {**ordered["answers"], 201: "where to pay", 502: "no payment page"},
        }
        found = {200: "found", **gone}
        kept = {**public, "answers": {**found, 304: "nothing has changed"}}
        done = {200: "done", **gone}
        return [
            _Listed("GET", "/collectibles", self._list, "What can be rented", kept),
            _Listed("GET", "/collectibles/{id}", self._one, "One, with its copies", kept),
            _Listed(
                "PUT",
                "/collectibles/{id}",
                self._store_collectible,
                "Store one",
                {"body": COLLECTIBLE},
            ),
            _Listed(
                "POST",
                "/collectibles/{id}/copies",
                self._stock,
                "Add a copy",
                {"body": COPY, "answers": {201: "added", 409: "it is there", **gone}},
            ),
            _Listed(
                "POST", "/rentals/quote", self._quote, "What it costs", {**ordered, "body": ORDER}
            ),
            _Listed("POST", "/rentals/checkout", self._check_out, "Rent the nearest copy", rented),
            _Listed(
                "POST",
                "/rentals/access",
                self._send_link,
                "Get a key to the own rentals by e-mail",
                {**public, "body": {"customer_email": email()}, "answers": {202: "sent"}},
            ),
            _Listed(
                "GET",
                "/rentals",
                self._of_customer,
                "The rentals of an address, newest first",
                {
                    "query": {"email": email().optional, "cursor": text().optional},
                    "answers": {200: "a page", 403: "of somebody else"},
                },
            ),
            _Listed(
                "GET", "/rentals/{id}", self._rental, "One rental", {**public, "answers": found}
            ),
            _Listed(
                "POST",
                "/rentals/{id}/return",
                self._give_back,
                "Take a copy back",
                {"answers": {**done, 409: "it is not out"}},
            ),
            _Listed(
                "POST",
                "/rentals/{id}/refund",
                self._refund,
                "Give the fee back",
                {
                    "answers": {
                        200: "it is back",
                        202: "it was asked for: a message tells when it is back",
                        409: "it is not paid",
                        502: "the payment provider failed",
                        **gone,
                    }
                },
            ),
            *self._listed_for_others(),
        ]

    def _listed_for_others(self) -> Sequence[_Listed]:
        """Return the routes of the payment provider and of who signs in."""
        return [
            _Listed(
                "POST",
                "/webhooks/paymongo",
                self._webhook,
                "What PayMongo tells",
                {"access": "signed", "answers": {200: "taken", 409: "it has to come again"}},
            ),
            _Listed(
                "POST",
                "/staff/session",
                self._sign_in,
                "Sign in",
                {
                    "access": "public",
                    "body": {"password": text(), "code": text(6, 6, "[0-9]{6}").optional},
                    "answers": {200: "signed in", 401: "another password or code"},
                },
            ),
        ]

    def beside(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Return what lets unpaid rentals expire, again and again."""
        return [self._expire_regularly()]

    async def _expire_regularly(self) -> None:
        while True:
            await asyncio.sleep(self.settings.expiry_seconds)
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
        return "\n".join([*lines, ""]) + self.alerts.metrics()

    async def wait(self, request: Request, *, is_sign_in: bool = False) -> Response | None:
        """Return that a client has to wait, if it called too often."""
        client = request.client.host if request.client is not None else ""
        seconds = await (self._sign_ins if is_sign_in else self._rates).wait(client)
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
            raise RequestRefused(404, "not_found", "there is no such collectible")
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
            name=body["name"],
            description=body.get("description", ""),
            size=body["size"],
            image_url=body["image_url"],
            available=body.get("available", True),
            warehouses=[],
        )
        await self.catalogue.forget()
        return self.answer({"id": stored.id, "name": stored.name})

    async def _stock(self, request: Request) -> Response:
        self.access.require_staff(request)
        body = await self.body(request)
        name = request.path_params["id"]
        if await self.store.getCollectible(id=name) is None:
            raise RequestRefused(404, "not_found", "there is no such collectible")
        try:
            copy = await self.store.stockCopy(
                collectible_id=name,
                warehouse_id=body["warehouse_id"],
                name=body.get("name", ""),
                available=True,
                distances_to_stores=body["distances"],
                address=body.get("address", ""),
            )
        except ConditionFailed as problem:
            raise RequestRefused(409, "exists", "there is a copy of this id") from problem
        return self.answer({"collectible_id": name, "warehouse_id": copy.warehouse_id}, 201)

    # ------------------------------------------------------------ quotes and checkout

    async def _quote(self, request: Request) -> Response:
        waits = await self.wait(request)
        if waits is not None:
            return waits
        quoted = await self.rentals.quoted(order_of(await self.body(request)))
        return self.answer(self.rentals.offer(quoted))

    async def _check_out(self, request: Request) -> Response:
        waits = await self.wait(request)
        if waits is not None:
            return waits
        body = await self.body(request)
        customer = body["customer_email"].strip().lower()
        key = request.headers.get("idempotency-key", "")[:200]
        token = str(body.get("quote") or "")
        rented = await self.rentals.check_out(order_of(body), customer, token, key)
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
            raise RequestRefused(
                401, "bad_signature", "this is no message of PayMongo"
            ) from problem
        return await self.rentals.receive(message)

    # ------------------------------------------------------------ rentals

    async def _rental(self, request: Request) -> Response:
        rental = await self.store.getRental(id=request.path_params["id"])
        if rental is None:
            raise RequestRefused(404, "not_found", "there is no such rental")
        return self.answer(shown(rental))

    async def _of_customer(self, request: Request) -> Response:
        asked = self.query(request)
        customer = asked.get("email", "").lower()
        if not customer or not self.access.is_staff(request):
            proved = self.access.customer(request)
            if customer not in ("", proved):
                raise RequestRefused(403, "forbidden", "these are the rentals of somebody else")
            customer = proved
        page = await self.store.rentalsByCustomer(customer_email=customer, page=asked.get("cursor"))
        return self.answer({"rentals": [shown(each) for each in page], "cursor": page.next})

    async def _send_link(self, request: Request) -> Response:
        waits = await self.wait(request, is_sign_in=True)
        if waits is not None:
            return waits
        customer = (await self.body(request))["customer_email"].strip()
        # whether anybody rents under this address is said to its owner alone
        token = self.access.customer_token(customer.lower())
        words = f"This key shows your rentals for a day: {token}"
        message = Message(to=customer, subject="Your rentals", text=words)
        try:
            await asyncio.to_thread(self.mailer.send, message)
        except (MailFailed, ValueError):
            self._note("link_not_sent")
        return self.answer({"sent": True}, 202)

    async def _give_back(self, request: Request) -> Response:
        self.access.require_staff(request)
        await self.rentals.give_back(request.path_params["id"])
        return self.answer({"returned": True})

    async def _refund(self, request: Request) -> Response:
        self.access.require_staff(request)
        status = await self.rentals.refund(request.path_params["id"])
        return self.answer({"payment_status": status}, 200 if status == "refunded" else 202)

    async def _sign_in(self, request: Request) -> Response:
        waits = await self.wait(request, is_sign_in=True)
        if waits is not None:
            return waits
        body = await self.body(request)
        session = await self.access.sign_in(body["password"], body.get("code") or "")
        return self.answer({"session": session})


def order_of(body: Mapping[str, Any]) -> RentalOrder:
    """Return the order in a body that is as `ORDER` says."""
    return RentalOrder(
        collectible_id=body["collectible_id"],
        store_id=body["store_id"],
        duration=body["duration"],
    )


def shown(rental: Any) -> dict[str, Any]:
    """Return what whoever knows the id of a rental may see of it: not whose it is."""
    hidden = ("customer_email", "payment_id")
    fields = {name: value for name, value in rental.as_dict().items() if name not in hidden}
    if rental.payment_status != "pending":
        fields.pop("checkout_url", None)
    return fields


__all__ = ["MongoCollectibles", "Unauthorized", "order_of", "shown"]
