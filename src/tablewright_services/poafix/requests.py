"""Requests of clients and the bookings they become.

Each move is one conditional write on the state it starts from: of two that come at once one is
done, the other is told 409. The id of a booking is made of its request's, and that of a job of its
booking's, so that none can be made twice and a caller may repeat what was cut off.

A confirmed time is first written into the provider's calendar, under the calendar's version: of any
number of bookings that overlap one gets in.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import ConditionFailed, NotFound
from tablewright_services.common.service import Now, RequestRefused
from tablewright_services.poafix import views
from tablewright_services.poafix.accounts import Caller
from tablewright_services.poafix.domain import (
    BOOKING_MOVES,
    ENDED,
    FARTHEST_TIME,
    HOLDS_TIME,
    REQUEST_MOVES,
    derived_id,
    end_of,
    is_expired,
    may_move,
    new_id,
    overlapping,
    price_of,
    stamp,
    with_time,
)
from tablewright_services.poafix.news import News, Notifications

CURRENCY = "KES"
ATTEMPTS = 50
"""How often a calendar is written that others change meanwhile."""
NO_REQUEST = "there is no such request"
NO_BOOKING = "there is no such booking"


class Requests:
    """Sends, answers and expires requests; makes and moves bookings."""

    def __init__(self, store: AsyncStore, news: Notifications, now: Now) -> None:
        self.store, self.news, self.now = store, news, now

    # ------------------------------------------------------------ requests

    async def send(self, client: Caller, fields: Mapping[str, Any], key: str) -> dict[str, Any]:
        """Send a request to a provider; with the same idempotency key it is the same one.

        Raises:
            Refused: there is no such provider, or not for this at the moment.
        """
        provider = await self.store.getProvider(_id=fields["providerId"])
        if provider is None:
            raise RequestRefused(404, "not_found", "there is no such provider")
        if provider.verificationStatus != "verified" or not provider.isAvailable:
            raise RequestRefused(
                409, "not_available", "the provider takes no requests at the moment"
            )
        if provider.serviceType != fields["serviceType"]:
            raise RequestRefused(409, "other_service", f"the provider does {provider.serviceType}")
        now = self.now()
        id = derived_id("request", client.id, key) if key else new_id(now, secrets.token_bytes(6))
        request = {
            "_id": id,
            "clientId": client.id,
            "status": "pending",
            **{name: fields[name] for name in ("providerId", "serviceType", "description")},
            "location": fields["location"],
            "photos": fields.get("photos") or [],
            "createdAt": now,
            "updatedAt": now,
        }
        try:
            stored = await self.store.createServiceRequest(**request)
        except ConditionFailed:
            return await self.request(client, id)
        await self._tell_provider(stored, "request", "A new request", stored.description[:100])
        return self._shown(stored)

    async def request(self, caller: Caller, id: str) -> dict[str, Any]:
        """Return a request of the caller.

        Raises:
            Refused: there is none.
        """
        return self._shown(await self._request(caller, id))

    async def listed(self, caller: Caller, status: str | None, page: str | None) -> dict[str, Any]:
        """Return a page of the caller's requests, newest first; a provider's of one status."""
        if caller.kind == "client":
            requests = await self.store.requestsByClient(clientId=caller.id, page=page)
        else:
            requests = await self.store.requestsByProvider(
                providerId=caller.id, status=status or "pending", page=page
            )
        return {"items": [self._shown(each) for each in requests], "next": requests.next}

    def _shown(self, request: Any) -> dict[str, Any]:
        """Return a request; one that waited too long is shown as what it is about to be."""
        shown = views.view(request, views.REQUEST)
        if request.status == "pending" and is_expired(request.createdAt, self.now()):
            shown["status"] = "expired"
        return shown

    async def _request(self, caller: Caller, id: str) -> Any:
        request = await self.store.getRequest(_id=id)
        is_party = request is not None and caller.id in (request.clientId, request.providerId)
        if not is_party:
            raise RequestRefused(404, "not_found", NO_REQUEST)
        return request

    async def end(self, caller: Caller, id: str, next_state: str) -> dict[str, Any]:
        """Reject a request (its provider) or cancel it (its client).

        Raises:
            Refused: there is none, or it is not pending any more.
        """
        request = await self._request(caller, id)
        await self._move_request(request, next_state)
        if next_state == "rejected":
            await self._tell_client(request, "request", "Request rejected", "")
        else:
            await self._tell_provider(request, "request", "Request cancelled", "")
        return {"id": id, "status": next_state}

    async def _move_request(self, request: Any, next_state: str) -> None:
        now = self.now()
        is_late = request.status == "pending" and is_expired(request.createdAt, now)
        moved = "expired" if is_late else next_state
        if not may_move(REQUEST_MOVES, request.status, moved):
            raise RequestRefused(409, "state", f"the request is {request.status}")
        try:
            await self.store.transitionRequest(
                _id=request._id, status=moved, updatedAt=now, if_status=request.status
            )
        except ConditionFailed as stale:
            raise RequestRefused(409, "state", "the request was answered meanwhile") from stale
        if is_late and next_state != "expired":
            raise RequestRefused(409, "expired", "the request waited for more than a day")

    async def expire(self) -> int:
        """End the requests that nobody answered for a day, the oldest first; return how many."""
        ended = 0
        page = await self.store.requestsByStatus(status="pending")
        for request in page:
            if not is_expired(request.createdAt, self.now()):
                break
            try:
                await self._move_request(request, "expired")
            except RequestRefused:  # answered meanwhile
                continue
            ended += 1
            await self._tell_client(request, "request", "Request expired", "Nobody answered.")
        return ended

    # ------------------------------------------------------------ bookings

    async def accept(self, provider: Caller, id: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Accept a request with a time and a price, which makes a booking; may be repeated.

        Raises:
            Refused: there is none, it is answered, or the time lies behind.
        """
        request = await self._request(provider, id)
        schedule: dt.datetime = fields["schedule"]
        if schedule <= self.now():
            raise RequestRefused(409, "past", "the time lies behind")
        if schedule > self.now() + FARTHEST_TIME:
            raise RequestRefused(409, "far", "the time lies more than a year ahead")
        price = fields.get("price")
        if price is None:
            own_profile = await self.store.getProvider(_id=provider.id)
            price = price_of(own_profile.hourlyRate, fields["durationMinutes"])
        if request.status != "accepted":
            await self._move_request(request, "accepted")
        try:
            booking = await self.store.createBooking(
                _id=derived_id("booking", id),
                clientId=request.clientId,
                providerId=request.providerId,
                requestId=id,
                status="pending",
                schedule=schedule,
                durationMinutes=fields["durationMinutes"],
                address=fields.get("address") or "",
                price=price,
                notes=fields.get("notes") or "",
                createdAt=self.now(),
            )
        except ConditionFailed as made:
            raise RequestRefused(409, "state", "the request has a booking") from made
        await self._tell_client(booking, "booking", "Request accepted", "Please confirm the time.")
        return views.view(booking, views.BOOKING)

    async def booking(self, caller: Caller, id: str) -> Any:
        """Return a booking of the caller, as it is stored.

        Raises:
            Refused: there is none.
        """
        booking = await self.store.getBooking(_id=id)
        if booking is None or caller.id not in (booking.clientId, booking.providerId):
            raise RequestRefused(404, "not_found", NO_BOOKING)
        return booking

    async def bookings(
        self, caller: Caller, status: str | None, page: str | None
    ) -> dict[str, Any]:
        """Return a page of bookings: a client's of one status or all, a provider's of a status."""
        if caller.kind == "provider":
            bookings = await self.store.bookingsByProvider(
                providerId=caller.id, status=status or "confirmed", page=page
            )
        elif status:
            bookings = await self.store.bookingsByClient(
                clientId=caller.id, status=status, page=page
            )
        else:
            bookings = await self.store.bookingHistory(clientId=caller.id, page=page)
        return {
            "items": [views.view(each, views.BOOKING) for each in bookings],
            "next": bookings.next,
        }

    async def confirm(self, client: Caller, id: str) -> dict[str, Any]:
        """Confirm a booking, which takes its time in the provider's calendar and makes the job.

        Raises:
            Refused: there is none, it is not pending, or the provider is not free then.
        """
        booking = await self.booking(client, id)
        if booking.status == "confirmed":
            await self.job_of(booking)  # whoever confirmed may have been cut off before this
        self._require_move(booking, "confirmed")
        await self._take_time(booking)
        try:
            await self._move_booking(booking, "confirmed")
        except RequestRefused:
            # the time stays with a booking that another call of the client has confirmed
            stored = await self.store.getBooking(_id=id)
            if stored.status in ENDED:
                await self._free_time(booking)
            raise
        job = await self.job_of(booking)
        await self._tell_provider(booking, "booking", "Booking confirmed", booking.schedule)
        return {"id": id, "status": "confirmed", "jobId": job._id}

    async def move(self, caller: Caller, id: str, next_state: str) -> dict[str, Any]:
        """Start, complete or cancel a booking.

        Raises:
            Refused: there is none, or it is in another state.
        """
        booking = await self.booking(caller, id)
        self._require_move(booking, next_state)
        if next_state == "completed" and (await self.job_of(booking)).state != "finished":
            raise RequestRefused(409, "job", "the job is not finished")
        await self._move_booking(booking, next_state)
        if next_state == "cancelled" and booking.status in HOLDS_TIME:
            await self._free_time(booking)
        title = f"Booking {next_state.replace('_', ' ')}"
        if caller.id == booking.clientId:
            await self._tell_provider(booking, "booking", title, booking.schedule)
        else:
            await self._tell_client(booking, "booking", title, booking.schedule)
        return {"id": id, "status": next_state}

    def _require_move(self, booking: Any, next_state: str) -> None:
        if not may_move(BOOKING_MOVES, booking.status, next_state):
            raise RequestRefused(409, "state", f"the booking is {booking.status}")

    async def _move_booking(self, booking: Any, next_state: str) -> None:
        try:
            await self.store.transitionBooking(
                _id=booking._id, status=next_state, if_status=booking.status
            )
        except (ConditionFailed, NotFound) as stale:
            raise RequestRefused(409, "state", "the booking was changed meanwhile") from stale

    async def job_of(self, booking: Any) -> Any:
        """Return the job of a confirmed booking, and make it where it is not there yet."""
        id, now = derived_id("job", booking._id), self.now()
        job = await self.store.getJob(_id=id)
        if job is not None:
            return job
        unpaid = {
            "amount": Decimal(booking.price),
            "currency": CURRENCY,
            "state": "unpaid",
            "reference": "",
        }
        try:
            return await self.store.createJob(
                _id=id,
                bookingId=booking._id,
                providerId=booking.providerId,
                state="assigned",
                progress=[{"at": stamp(now), "state": "assigned", "note": ""}],
                payment=unpaid,
                createdAt=now,
            )
        except ConditionFailed:  # another call made it
            return await self.store.getJob(_id=id)

    # ------------------------------------------------------------ the provider's time

    async def _take_time(self, booking: Any) -> None:
        start = dt.datetime.fromisoformat(booking.schedule)
        end = end_of(start, booking.durationMinutes)
        freed: set[str] = set()
        for _ in range(ATTEMPTS):
            provider = await self.store.getProvider(_id=booking.providerId)
            calendar = provider.calendar or ()
            for overlap in overlapping(calendar, start, end, booking._id):
                if overlap not in freed and await self._holds(overlap):
                    raise RequestRefused(409, "time_taken", "the provider is not free then")
                freed.add(overlap)
            new_calendar = with_time(
                calendar, start, end, booking._id, without=freed, now=self.now()
            )
            if await self._keep(provider, new_calendar):
                return
        raise RequestRefused(503, "busy", "the provider's calendar keeps changing; try again")

    async def _holds(self, id: str) -> bool:
        """Whether a booking in a calendar takes its time; one that is being confirmed does."""
        booking = await self.store.getBooking(_id=id)
        return booking is not None and booking.status in ("pending", *HOLDS_TIME)

    async def _free_time(self, booking: Any) -> None:
        """Take a booking out of the calendar; one that stays is looked at when it is in the way."""
        for _ in range(ATTEMPTS):
            provider = await self.store.getProvider(_id=booking.providerId)
            calendar = provider.calendar or ()
            remaining = [dict(entry) for entry in calendar if entry["booking"] != booking._id]
            if len(remaining) == len(calendar) or await self._keep(provider, remaining):
                return

    async def _keep(self, provider: Any, calendar: list[dict[str, str]]) -> bool:
        try:
            await self.store.keepCalendar(
                _id=provider._id,
                calendar=calendar,
                if_calendarVersion=int(provider.calendarVersion or 0),
            )
        except ConditionFailed:
            return False
        return True

    # ------------------------------------------------------------ telling the other party

    async def _tell_client(self, instance: Any, type: str, title: str, body: str) -> None:
        about = {f"{type}Id": instance._id}
        await self.news.tell(News(instance.clientId, "client", type, title, body, about))

    async def _tell_provider(self, instance: Any, type: str, title: str, body: str) -> None:
        about = {f"{type}Id": instance._id}
        await self.news.tell(News(instance.providerId, "provider", type, title, body, about))


__all__ = ["Requests"]
