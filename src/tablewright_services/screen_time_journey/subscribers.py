"""Customers: made and changed by messages of the shop, named, followed through their commitment.

In: what a message or a customer asks for. Out: what is stored after it. A change that depends on
what is stored is written on the condition that it is still so, and tried again where it is not.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any
from weakref import WeakValueDictionary

from tablewright.serve.callers import Unauthorized
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import ConditionFailed, Conflict, NotFound
from tablewright_services.common.service import Now
from tablewright_services.screen_time_journey.codes import Codes
from tablewright_services.screen_time_journey.domain import (
    NEVER,
    begun,
    days_of,
    erased,
    instant,
    is_erased,
    milestone_of,
    moment,
    provisional_username,
    surrendered,
    to_millisecond,
)
from tablewright_services.screen_time_journey.webhooks import REDACTION, ShopMessage

ATTEMPTS = 10
MILLISECOND = dt.timedelta(milliseconds=1)
Levels = Callable[[], Awaitable[Any]]


class UnknownCustomer(Exception):
    """A message is about a customer of whom no address is known yet: it has to come again."""


class NameTaken(Exception):
    """Somebody else has the name."""


class CommitmentRuns(Exception):
    """A commitment runs already, or none does."""


class Subscribers:
    """What happens to customers."""

    def __init__(self, store: AsyncStore, codes: Codes, now: Now, levels: Levels) -> None:
        self.store, self.codes, self.now, self.levels = store, codes, now, levels
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """Whose commitment is being changed by this process, one request after the other."""

    async def read(self, customer_id: str) -> Any:
        """Return a customer.

        Raises:
            Unauthorized: there is none any more.
        """
        subscriber = await self.store.getSubscriber(customer_id=customer_id)
        if subscriber is None or is_erased(subscriber):
            raise Unauthorized
        return subscriber

    async def note(
        self, customer_id: str, event_type: str, detail: Mapping[str, Any] | None = None
    ) -> None:
        """Add an event to the history of a customer, now."""
        happened_at = to_millisecond(self.now())
        for attempt in range(ATTEMPTS):
            with suppress(ConditionFailed):  # another one of the same millisecond
                await self.store.recordEvent(
                    customer_id=customer_id,
                    happened_at=happened_at,
                    event_type=event_type,
                    detail=detail or {},
                )
                return
            happened_at += MILLISECOND * random.randint(1, 2**attempt)
        raise Conflict("recordEvent: too many events at once", pattern="recordEvent")

    # ------------------------------------------------------------ messages of the shop

    async def take(self, message: ShopMessage) -> str:
        """Do what a message of the shop says, once; return what came of it.

        Delivered again, it changes nothing. A message is remembered after what it says is done:
        where the process ended in between, it is done again with the same outcome.

        Raises:
            UnknownCustomer: it has to come again, after the one that names the customer.
        """
        for delivery_id in message.delivery_ids:
            if await self.store.getDelivery(delivery_id=delivery_id) is not None:
                return "duplicate"
        if not message.customer_id:
            result = "ignored"
        elif message.topic == REDACTION:
            result = await self._erase(message.customer_id)
        else:
            result = await self._apply(message)
        for delivery_id in message.delivery_ids:
            with suppress(ConditionFailed):  # the same message, taken at the same time
                await self.store.recordDelivery(delivery_id=delivery_id, topic=message.topic)
        return result

    async def _apply(self, message: ShopMessage) -> str:
        for _ in range(ATTEMPTS):
            subscriber = await self._addressee(message)
            if subscriber is None:
                if await self._create(message):
                    return message.status or "stored"
                continue
            if message.email and message.email != subscriber.email:
                with suppress(ConditionFailed):  # somebody else has it since
                    await self.store.changeEmail(
                        customer_id=subscriber.customer_id, email=message.email
                    )
            if message.status:
                since = moment(subscriber.status_at)
                if message.happened_at < since:
                    return "stale"
                try:
                    await self.store.changeStatus(
                        customer_id=subscriber.customer_id,
                        subscription_status=message.status,
                        status_at=message.happened_at,
                        if_status_at=since,
                    )
                except (ConditionFailed, NotFound):  # it changed meanwhile: look again
                    continue
            with suppress(NotFound):  # the customer was erased meanwhile
                await self.store.keepMessage(
                    customer_id=subscriber.customer_id, webhook_data=dict(message.content)
                )
            await self._note_status(subscriber.customer_id, message)
            return message.status or "stored"
        raise Conflict("changeStatus: others kept changing it", pattern="changeStatus")

    async def _addressee(self, message: ShopMessage) -> Any:
        if message.email:
            by_email = await self.store.subscriberByEmail(email=message.email)
            if by_email is not None:
                return by_email
        return await self.store.getSubscriber(customer_id=message.customer_id)

    async def _create(self, message: ShopMessage) -> bool:
        """Create the customer a message is about; return whether nobody else did meanwhile."""
        if not message.email:
            raise UnknownCustomer
        try:
            await self.store.createSubscriber(
                customer_id=message.customer_id,
                email=message.email,
                username=provisional_username(message.customer_id),
                subscription_status=message.status or "paused",
                status_at=message.happened_at if message.status else NEVER,
                commitment_data={},
                card={},
                preferences={},
                webhook_data=dict(message.content),
            )
        except ConditionFailed:
            return False
        await self._note_status(message.customer_id, message)
        return True

    async def _note_status(self, customer_id: str, message: ShopMessage) -> None:
        """Add a change of the status to the history; the same message adds it once."""
        if not message.status:
            return
        at = message.happened_at
        for _ in range(ATTEMPTS):
            with suppress(ConditionFailed):
                await self.store.recordEvent(
                    customer_id=customer_id,
                    happened_at=at,
                    event_type="subscription_changed",
                    detail={"status": message.status, "by": "shop"},
                )
                return
            there = await self.store.listEvents(
                customer_id=customer_id, happened_at_from=at, happened_at_to=at
            )
            if any((each.detail or {}).get("status") == message.status for each in there):
                return
            at += MILLISECOND  # another change within the same second of the shop's clock

    async def _erase(self, customer_id: str) -> str:
        """Delete all that is kept of a customer; an empty record stays under the id."""
        for record in await self.store.devicesByCustomer(customer_id=customer_id):
            with suppress(NotFound):
                await self.store.removeDevice(
                    user_id=record.user_id,
                    PinRecord_customer_id=customer_id,
                    PinRecord_device_id=record.device_id,
                    Device_customer_id=customer_id,
                    Device_device_id=record.device_id,
                )
        while True:
            events = await self.store.listEvents(
                customer_id=customer_id, happened_at_from=NEVER, happened_at_to=self.now()
            )
            for event in events:
                with suppress(NotFound):
                    await self.store.eraseEvent(
                        customer_id=customer_id,
                        happened_at=event.happened_at,
                        event_type=event.event_type,
                    )
            if not events.next:
                break
        await self.codes.erase(customer_id)
        with suppress(NotFound):
            await self.store.eraseSubscriber(
                customer_id=customer_id, status_at=self.now(), **erased(customer_id)
            )
        return "erased"

    # ------------------------------------------------------------ what a customer does

    async def cancel(self, customer_id: str) -> Any:
        """End the subscription of a customer; a second time nothing changes."""
        for _ in range(ATTEMPTS):
            subscriber = await self.read(customer_id)
            if subscriber.subscription_status == "cancelled":
                return subscriber
            since = moment(subscriber.status_at)
            at = max(to_millisecond(self.now()), since + MILLISECOND)
            with suppress(ConditionFailed):
                await self.store.changeStatus(
                    customer_id=customer_id,
                    subscription_status="cancelled",
                    status_at=at,
                    if_status_at=since,
                )
                detail = {"status": "cancelled", "by": "customer"}
                await self.note(customer_id, "subscription_changed", detail)
                return await self.read(customer_id)
        raise Conflict("changeStatus: others kept changing it", pattern="changeStatus")

    async def claim(self, customer_id: str, username: str) -> None:
        """Give a customer a name that nobody else has.

        Raises:
            NameTaken: somebody has it.
            Unauthorized: the customer is gone.
        """
        subscriber = await self.read(customer_id)
        if subscriber.username == username:
            return
        # a design without guards does not refuse the second of two; the look helps unless they race
        if await self.store.usernameAvailable(username=username) is not None:
            raise NameTaken
        try:
            await self.store.claimUsername(customer_id=customer_id, username=username)
        except ConditionFailed as problem:
            raise NameTaken from problem
        except NotFound as problem:
            raise Unauthorized from problem
        await self.note(customer_id, "username_changed")

    async def begin(self, customer_id: str, goal_minutes: int) -> Any:
        """Begin a commitment.

        Raises:
            CommitmentRuns: one does already.
        """

        def change(commitment: Mapping[str, Any]) -> dict[str, Any]:
            if "start" in commitment:
                raise CommitmentRuns
            return begun(goal_minutes, self.now())

        saved = await self._save(customer_id, change)
        await self.note(customer_id, "commitment_started", {"goal_minutes": goal_minutes})
        return saved

    async def set_goal(self, customer_id: str, goal_minutes: int) -> Any:
        """Change the goal of the commitment that runs.

        Raises:
            CommitmentRuns: none does.
        """
        return await self._save(
            customer_id, lambda running: {**_running(running), "goal_minutes": goal_minutes}
        )

    async def check_in(self, customer_id: str, minutes: int | None) -> Any:
        """Save the streak as it is now, and the minutes of today where they are told.

        Raises:
            CommitmentRuns: none does.
        """
        today = instant(self.now())[:10]

        def change(commitment: Mapping[str, Any]) -> dict[str, Any]:
            running = _running(commitment)
            return running if minutes is None else {**running, "today": {today: minutes}}

        return await self._save(customer_id, change)

    async def surrender(self, customer_id: str) -> Any:
        """Give in: the streak begins again. Within the first day nothing is lost, nothing kept.

        Raises:
            CommitmentRuns: none does.
        """
        # a streak may be what it was before, so that its condition alone does not tell one who
        # read before another gave in: in one process they wait for each other
        async with self._turns.setdefault(customer_id, asyncio.Lock()):
            return await self._surrender(customer_id)

    async def _surrender(self, customer_id: str) -> Any:
        # what is saved says how long it was, so that of two at once one finds it already reset
        await self._save(customer_id, _running)
        lost: list[int] = []

        def change(commitment: Mapping[str, Any]) -> dict[str, Any]:
            running = _running(commitment)
            lost[:] = [days_of(running, self.now())]
            return surrendered(running, self.now()) if lost[0] else running

        saved = await self._save(customer_id, change)
        if lost[0]:
            await self.note(customer_id, "surrender", {"days": lost[0]})
        return saved

    async def _save(
        self, customer_id: str, change: Callable[[Mapping[str, Any]], dict[str, Any]]
    ) -> Any:
        """Save a changed commitment with the streak and the level that follow from it."""
        levels = await self.levels()
        for _ in range(ATTEMPTS):
            subscriber = await self.read(customer_id)
            commitment = change(subscriber.commitment_data or {})
            days = days_of(commitment, self.now())
            reached = milestone_of(days, levels)
            with suppress(ConditionFailed):  # the streak changed meanwhile: look again
                await self.store.saveProgress(
                    customer_id=customer_id,
                    commitment_data=commitment,
                    streak=days,
                    level=reached["level"],
                    if_streak=subscriber.streak,
                )
                if reached["level"] > subscriber.level:
                    detail = {"level": reached["level"], "title": reached["title"]}
                    await self.note(customer_id, "milestone_reached", detail)
                return await self.read(customer_id)
        raise Conflict("saveProgress: others kept changing it", pattern="saveProgress")


def _running(commitment: Mapping[str, Any]) -> dict[str, Any]:
    if "start" not in commitment:
        raise CommitmentRuns
    return dict(commitment)
