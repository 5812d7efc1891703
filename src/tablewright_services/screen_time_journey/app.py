"""The routes of Screen Time Journey, as an ASGI application on a store of its model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from tablewright.serve.bodies import raw_body
from tablewright.serve.callers import Unauthorized, signed_token, verified_claims
from tablewright.store.failures import ConditionFailed, StoreError
from tablewright_services.common.answers import answer, error, too_many
from tablewright_services.common.declarations import choice, email, mapping, text, whole
from tablewright_services.common.sealing import Unreadable
from tablewright_services.common.service import (
    RequestRefused,
    Service,
)
from tablewright_services.screen_time_journey.codes import HOLDS, Codes, Purpose, TooManyCodes
from tablewright_services.screen_time_journey.devices import (
    Devices,
    NoSuchDevice,
    TooManyDevices,
)
from tablewright_services.screen_time_journey.domain import (
    DEFAULTS,
    DEVICE_TYPES,
    LONGEST_GOAL_MINUTES,
    NEVER,
    customer_id_of,
    days_of,
    levels_of,
    milestone_of,
    moment,
    next_milestone,
    ranked,
    shown_phone,
    username_of,
)
from tablewright_services.screen_time_journey.messages import (
    MessageFailed,
    Messages,
    messages_of,
)
from tablewright_services.screen_time_journey.settings import SECRETS, journey_settings
from tablewright_services.screen_time_journey.shop import Shop, ShopFailed, shop_of
from tablewright_services.screen_time_journey.subscribers import (
    CommitmentRuns,
    NameTaken,
    Subscribers,
    UnknownCustomer,
)
from tablewright_services.screen_time_journey.webhooks import Stale, read_message

SESSION_SECONDS = 86_400
RENEWAL_SECONDS = 30 * 86_400
CONFIG_SECONDS = 300
PHONE = r"\+[1-9][0-9]{7,14}"
CODE = text(6, 6, r"[0-9]{6}")
GOAL = whole(1, LONGEST_GOAL_MINUTES)
EVENT_TYPES = (
    "device_added",
    "device_removed",
    "subscription_changed",
    "pin_created",
    "pin_revealed",
    "username_changed",
    "commitment_started",
    "surrender",
    "milestone_reached",
)
MOST_SETTINGS_BYTES = 2_000


class ScreenTimeJourney(Service):
    """The service on one store."""

    title = "Screen Time Journey"
    secret_names = SECRETS
    trial_settings: ClassVar[Mapping[str, str]] = {"SHOW_CODES": "yes"}
    trial_account: ClassVar[str] = "Subscriber.email"

    def set_up(self) -> None:
        """Make what the routes call."""
        settings = journey_settings(self.environment)
        self.settings, self.origins = settings, settings.origins
        self.codes = Codes(self.store, settings.code_secret, self.now)
        self.subscribers = Subscribers(self.store, self.codes, self.now, self._levels)
        self.devices = Devices(self.store, self.subscribers, settings.pin_keys, self.now)
        self.messages: Messages = messages_of(settings)
        self.shop: Shop = shop_of(settings)
        self._rates = self.shared.rates("requests", settings.requests_per_minute)
        self._sign_ins = self.shared.rates("sign-ins", settings.codes_per_minute)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes, which are there under `/api` as well."""
        routes = self._routes()
        health = self.route(
            "GET", "/health", self.health, "Whether the database answers", access="public"
        )
        return [*routes, Mount("/api", routes=[health, *routes])]

    def _routes(self) -> list[BaseRoute]:
        return [
            self.route(
                "POST",
                "/webhooks/shopify",
                self._webhook,
                "Takes a message of the shop",
                access="signed",
                answers={200: "taken, now or before", 409: "its customer is not known yet"},
            ),
            *self._sign_in_routes(),
            *self._own_routes(),
            *self._phone_routes(),
            *self._device_routes(),
            self.route(
                "GET",
                "/leaderboard",
                self._leaderboard,
                "Active customers by streak, then name",
                query={"limit": whole(1, 100).optional},
            ),
        ]

    def _own_routes(self) -> list[BaseRoute]:
        return [
            self.route("GET", "/me", self._me, "The customer and the commitment"),
            self.route("PATCH", "/me", self._set_goal, "Sets the goal", body={"goalMinutes": GOAL}),
            self.route(
                "PUT",
                "/me/username",
                self._claim,
                "Claims a name",
                body={"username": text(1, 50)},
                answers={200: "it is the customer's", 409: "somebody has it"},
            ),
            self.route(
                "POST",
                "/me/commitment",
                self._begin,
                "Begins a commitment",
                body={"goalMinutes": GOAL},
                answers={201: "begun", 409: "one runs already"},
            ),
            self.route(
                "POST",
                "/me/check-in",
                self._check_in,
                "Saves the streak, and the minutes of today",
                body={"minutes": whole(0, 1_440).optional},
                answers={200: "saved", 409: "no commitment runs"},
            ),
            self.route(
                "POST",
                "/me/surrender",
                self._surrender,
                "Gives in: the streak begins again",
                answers={200: "begun again", 409: "no commitment runs"},
            ),
            self.route("POST", "/me/cancel", self._cancel, "Ends the subscription"),
            self.route(
                "GET",
                "/me/events",
                self._events,
                "The history, the latest first",
                query={
                    "type": choice(*EVENT_TYPES).optional,
                    "from": text(10, 40).optional,
                    "to": text(10, 40).optional,
                    "cursor": text(1, 2_000).optional,
                },
            ),
        ]

    def _phone_routes(self) -> list[BaseRoute]:
        return [
            self.route(
                "POST",
                "/verify/whatsapp",
                self._verify,
                "Sends a code to a phone",
                body={"phone": text(8, 16, PHONE)},
                answers={202: "sent"},
            ),
            self.route(
                "POST",
                "/verify/whatsapp/confirm",
                self._confirm_phone,
                "Takes the code",
                body={"code": CODE},
                answers={200: "verified", 409: "the phone is another customer's"},
            ),
        ]

    def _device_routes(self) -> list[BaseRoute]:
        missing = {404: "there is no such device"}
        return [
            self.route("GET", "/devices", self._devices, "The devices"),
            self.route(
                "POST",
                "/devices",
                self._add_device,
                "Enrols a device",
                body={"type": choice(*DEVICE_TYPES), "name": text(1, 40)},
                answers={201: "enrolled", 409: "there are ten already"},
            ),
            self.route(
                "DELETE",
                "/devices/{device_id}",
                self._remove_device,
                "Removes a device and its PIN",
                answers={204: "removed", **missing},
            ),
            self.route(
                "PUT",
                "/devices/{device_id}/settings",
                self._configure,
                "Sets what a device is allowed to do",
                body={"settings": mapping()},
                answers={204: "set", **missing},
            ),
            self.route(
                "GET",
                "/devices/{device_id}/profile",
                self._profile,
                "The configuration profile, without the PIN",
                answers={200: "the profile", **missing},
            ),
            self.route(
                "POST",
                "/devices/{device_id}/pin",
                self._new_pin,
                "Gives a device another PIN",
                answers={201: "the PIN", **missing},
            ),
            self.route(
                "GET",
                "/devices/{device_id}/pin",
                self._pin,
                "Shows the PIN, and notes that it did",
                answers={200: "the PIN", 409: "its key is not known here", **missing},
            ),
        ]

    def _sign_in_routes(self) -> list[BaseRoute]:
        return [
            self.route(
                "GET",
                "/username/{name}/availability",
                self._availability,
                "Whether a name can be claimed",
                access="public",
                answers={200: "yes or no", 422: "nobody may have it"},
            ),
            self.route(
                "GET",
                "/config/{key}",
                self._configuration,
                "Milestones, or the steps of setting up a device",
                access="public",
                answers={200: "the configuration", 404: "there is no such key"},
            ),
            self.route(
                "POST",
                "/login",
                self._login,
                "Sends a code to the address, if it is a customer's",
                access="public",
                body={"email": email()},
                answers={202: "sent, if it is a customer's"},
            ),
            self.route(
                "POST",
                "/login/confirm",
                self._confirm_login,
                "Takes the code for a session",
                access="public",
                body={"email": email(), "code": CODE},
                answers={200: "the session", 401: "another code, or none is open"},
            ),
            self.route(
                "POST",
                "/login/renew",
                self._renew,
                "Gives another session",
                access="public",
                body={"renewToken": text(1, 2_000)},
                answers={200: "the session", 401: "no valid token"},
            ),
        ]

    # ------------------------------------------------------------ who calls

    async def _caller(self, request: Request) -> str:
        """Return the id of the customer who calls.

        Raises:
            Unauthorized: no valid session came with the request.
            Refused: the customer calls too often.
        """
        claims = self.claims(request, self.settings.session_secret)
        if claims.get("use") != "session":
            raise Unauthorized
        customer_id = str(claims.get("sub", ""))
        await self._slow_down(customer_id)
        return customer_id

    async def _slow_down(self, caller: str) -> None:
        seconds = await self._rates.wait(caller)
        if seconds:
            raise RequestRefused(429, "too_many", f"too many requests: wait {seconds} seconds")

    async def _stranger(self, request: Request) -> None:
        """Count a request of somebody who has not signed in.

        Raises:
            Refused: too many came from the same address.
        """
        await self._slow_down(f"address {request.client.host if request.client else ''}")

    async def _login(self, request: Request) -> Response:
        """Answer at once and alike; what depends on the address is done afterwards."""
        await self._stranger(request)
        address = str((await self.body(request))["email"]).strip().lower()
        seconds = await self._sign_ins.wait(address)
        if seconds:
            return too_many(seconds)
        reply = answer({"expiresIn": int(HOLDS.total_seconds())}, 202)
        reply.background = BackgroundTask(self._send_login_code, address)
        return reply

    async def _send_login_code(self, address: str) -> None:
        try:
            subscriber = await self.store.subscriberByEmail(email=address)
            if subscriber is not None:
                await self._send_code(subscriber.customer_id, "login", address)
        except (TooManyCodes, MessageFailed, StoreError) as problem:
            self.log(f'{{"problem": "{type(problem).__name__}", "pattern": "/login"}}')

    async def _send_code(self, customer_id: str, purpose: Purpose, destination: str) -> None:
        code = await self.codes.new(customer_id, purpose, destination)
        await run_in_threadpool(self.messages.send, destination, code)

    async def _confirm_login(self, request: Request) -> Response:
        await self._stranger(request)
        body = await self.body(request)
        address = str(body["email"]).strip().lower()
        seconds = await self._sign_ins.wait(address)
        if seconds:
            return too_many(seconds)
        subscriber = await self.store.subscriberByEmail(email=address)
        # for an unknown address the same steps are gone, on a customer that cannot be
        customer_id = subscriber.customer_id if subscriber else customer_id_of(f"nobody {address}")
        destination = await self.codes.spend(customer_id, "login", str(body["code"]))
        if subscriber is None or destination != address:
            raise Unauthorized
        return answer(self._session(customer_id))

    async def _renew(self, request: Request) -> Response:
        await self._stranger(request)
        token = str((await self.body(request))["renewToken"])
        claims = verified_claims(token, self.settings.session_secret, self.clock())
        if claims.get("use") != "renewal":
            raise Unauthorized
        subscriber = await self.subscribers.read(str(claims.get("sub", "")))
        return answer(self._session(subscriber.customer_id))

    def _session(self, customer_id: str) -> dict[str, Any]:
        now = int(self.clock())

        def token(use: str, seconds: int) -> str:
            claims = {"sub": customer_id, "use": use, "iat": now, "exp": now + seconds}
            return signed_token(claims, self.settings.session_secret)

        return {
            "token": token("session", SESSION_SECONDS),
            "renewToken": token("renewal", RENEWAL_SECONDS),
            "expiresIn": SESSION_SECONDS,
        }

    # ------------------------------------------------------------ the shop

    async def _webhook(self, request: Request) -> Response:
        body = await raw_body(request, self.max_body_bytes)
        try:
            message = read_message(
                request.headers,
                body,
                secrets=self.settings.webhook_secrets,
                shop_domain=self.settings.shop_domain,
                now=self.now(),
            )
            return answer({"result": await self.subscribers.take(message)})
        except Stale:
            return error(422, "stale", "the message is too old, or from the future")
        except UnknownCustomer:
            return error(409, "unknown_customer", "the customer is not known yet: send it again")

    async def _cancel(self, request: Request) -> Response:
        customer_id = await self._caller(request)
        subscriber = await self.subscribers.read(customer_id)
        if subscriber.subscription_status != "cancelled":
            try:
                await run_in_threadpool(self.shop.end_subscriptions, subscriber.email)
            except ShopFailed:
                return error(502, "shop", "the shop did not answer: nothing was cancelled")
            subscriber = await self.subscribers.cancel(customer_id)
        return answer({"status": subscriber.subscription_status})

    # ------------------------------------------------------------ the customer

    async def _me(self, request: Request) -> Response:
        return answer(await self._shown(await self.subscribers.read(await self._caller(request))))

    async def _shown(self, subscriber: Any) -> dict[str, Any]:
        levels = await self._levels()
        commitment = subscriber.commitment_data or {}
        days = days_of(commitment, self.now())
        reached = milestone_of(days, levels)
        return {
            "username": subscriber.username,
            "email": subscriber.email,
            "phone": shown_phone(subscriber.phone),
            "status": subscriber.subscription_status,
            "streak": days,
            "level": reached["level"],
            "milestone": reached["title"],
            "next": next_milestone(days, levels),
            "goalMinutes": commitment.get("goal_minutes"),
            "since": commitment.get("start"),
            "history": commitment.get("history", []),
        }

    async def _claim(self, request: Request) -> Response:
        customer_id = await self._caller(request)
        name = username_of(str((await self.body(request))["username"]))
        if not name:
            text_ = "a name has 3 to 20 letters, digits or underscores, and is none of ours"
            return error(422, "invalid", text_)
        try:
            await self.subscribers.claim(customer_id, name)
        except NameTaken:
            return error(409, "username_taken", "somebody has this name")
        return answer({"username": name})

    async def _availability(self, request: Request) -> Response:
        await self._stranger(request)
        name = username_of(request.path_params["name"])
        if not name:
            return error(422, "invalid", "nobody may have this name")
        owner = await self.store.usernameAvailable(username=name)
        return answer({"username": name, "available": owner is None})

    async def _begin(self, request: Request) -> Response:
        customer_id = await self._caller(request)
        goal = int((await self.body(request))["goalMinutes"])
        try:
            return answer(await self._shown(await self.subscribers.begin(customer_id, goal)), 201)
        except CommitmentRuns:
            return error(409, "commitment_runs", "a commitment runs already")

    async def _set_goal(self, request: Request) -> Response:
        customer_id = await self._caller(request)
        goal = int((await self.body(request))["goalMinutes"])
        return await self._progress(self.subscribers.set_goal(customer_id, goal))

    async def _check_in(self, request: Request) -> Response:
        customer_id = await self._caller(request)
        minutes = (await self.body(request)).get("minutes")
        return await self._progress(self.subscribers.check_in(customer_id, minutes))

    async def _surrender(self, request: Request) -> Response:
        return await self._progress(self.subscribers.surrender(await self._caller(request)))

    async def _progress(self, saving: Any) -> Response:
        try:
            return answer(await self._shown(await saving))
        except CommitmentRuns:
            return error(409, "no_commitment", "no commitment runs")

    async def _events(self, request: Request) -> Response:
        customer_id = await self._caller(request)
        query = self.query(request)
        try:
            first = moment(query["from"]) if "from" in query else NEVER
            last = moment(query["to"]) if "to" in query else self.now() + dt.timedelta(minutes=1)
        except ValueError:
            return error(422, "invalid", "from and to are times such as 2026-11-30T12:00:00Z")
        cursor = query.get("cursor")
        if "type" in query:
            page = await self.store.listEventsOfType(
                customer_id=customer_id, event_type=query["type"], page=cursor
            )
        else:
            page = await self.store.listEvents(
                customer_id=customer_id,
                happened_at_from=first,
                happened_at_to=last,
                page=cursor,
            )
        events = [
            {"at": each.happened_at, "type": each.event_type, "detail": each.detail or {}}
            for each in page
        ]
        return answer({"events": events, "cursor": page.next})

    # ------------------------------------------------------------ phones

    async def _verify(self, request: Request) -> Response:
        customer_id = await self._caller(request)
        phone = str((await self.body(request))["phone"])
        await self.subscribers.read(customer_id)
        try:
            await self._send_code(customer_id, "phone", phone)
        except TooManyCodes:
            return too_many(3600)
        except MessageFailed:
            return error(502, "message", "the message could not be sent")
        return answer({"expiresIn": int(HOLDS.total_seconds())}, 202)

    async def _confirm_phone(self, request: Request) -> Response:
        customer_id = await self._caller(request)
        code = str((await self.body(request))["code"])
        try:
            phone = await self.codes.spend(customer_id, "phone", code)
        except Unauthorized:
            return error(422, "wrong_code", "the code is another one, or holds no more")
        in_use = error(409, "phone_in_use", "another customer has this phone")
        owner = await self.store.subscriberByPhone(phone=phone)
        if owner is not None and owner.customer_id != customer_id:
            return in_use
        try:
            await self.store.verifyPhone(customer_id=customer_id, phone=phone)
        except ConditionFailed:
            return in_use
        return answer({"phone": phone})

    # ------------------------------------------------------------ devices

    async def _devices(self, request: Request) -> Response:
        return answer({"devices": await self.devices.listed(await self._caller(request))})

    async def _add_device(self, request: Request) -> Response:
        customer_id = await self._caller(request)
        body = await self.body(request)
        try:
            device = await self.devices.add(customer_id, str(body["type"]), str(body["name"]))
        except TooManyDevices:
            return error(409, "too_many_devices", "a customer has ten devices at most")
        return answer(device, 201)

    async def _remove_device(self, request: Request) -> Response:
        with_device = await self._caller(request), _device_id(request)
        return await self._of_device(self.devices.remove(*with_device), 204)

    async def _configure(self, request: Request) -> Response:
        customer_id = await self._caller(request)
        settings = (await self.body(request))["settings"]
        if len(answer(settings).body) > MOST_SETTINGS_BYTES:
            return error(413, "too_large", f"settings have {MOST_SETTINGS_BYTES:,} bytes at most")
        setting = self.devices.configure(customer_id, _device_id(request), settings)
        return await self._of_device(setting, 204)

    async def _profile(self, request: Request) -> Response:
        with_device = await self._caller(request), _device_id(request)
        return await self._of_device(self.devices.profile(*with_device))

    async def _new_pin(self, request: Request) -> Response:
        with_device = await self._caller(request), _device_id(request)
        return await self._of_device(self.devices.new_pin(*with_device), 201, "pin")

    async def _pin(self, request: Request) -> Response:
        with_device = await self._caller(request), _device_id(request)
        return await self._of_device(self.devices.pin(*with_device), 200, "pin")

    async def _of_device(self, operation: Any, status: int = 200, name: str = "") -> Response:
        try:
            content = await operation
        except NoSuchDevice:
            return error(404, "no_such_device", "there is no such device")
        except Unreadable:
            return error(409, "unreadable", "the key of this PIN is not known: set another PIN")
        if status == 204:
            return Response(status_code=204)
        return answer({name: content} if name else content, status)

    # ------------------------------------------------------------ for everybody

    async def _leaderboard(self, request: Request) -> Response:
        customer_id = await self._caller(request)
        limit = self.query(request).get("limit", 100)
        entries = ranked(await self.store.leaderboard())
        board = [
            {
                "rank": rank,
                "username": each.username,
                "streak": each.streak,
                "level": each.level,
            }
            for rank, each in enumerate(entries, start=1)
        ]
        own_row = next(
            (row for row, each in zip(board, entries, strict=True) if _is(each, customer_id)), None
        )
        return answer({"board": board[:limit], "own": own_row})

    async def _configuration(self, request: Request) -> Response:
        await self._stranger(request)
        key = request.path_params["key"]
        if key not in DEFAULTS:
            return error(404, "not_found", "there is no such configuration")
        if key == "milestones":
            return answer({"levels": await self._levels()})
        content = await self._configured(key)
        steps = content.get("steps")
        return answer({"steps": steps if isinstance(steps, dict) else DEFAULTS[key]["steps"]})

    async def _levels(self) -> Sequence[Mapping[str, Any]]:
        return levels_of(await self._configured("milestones"))

    async def _configured(self, key: str) -> Mapping[str, Any]:
        """Return a configuration as it was stored at most five minutes ago."""
        kept: Mapping[str, Any] | None = await self.shared.cache.get(f"config:{key}")
        if kept is not None:
            return kept
        config = await self.store.getConfig(config_key=key)
        content = (config.config_value or {}) if config is not None else {}
        await self.shared.cache.put(f"config:{key}", content, CONFIG_SECONDS)
        return content


def _device_id(request: Request) -> str:
    return str(request.path_params["device_id"])[:100]


def _is(subscriber: Any, customer_id: str) -> bool:
    return bool(subscriber.customer_id == customer_id)


__all__ = ["ScreenTimeJourney"]
