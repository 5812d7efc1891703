"""All that is kept of an account, given out to whoever has it."""

from __future__ import annotations

from typing import Any

from tablewright_services.common.exports import every_page, without
from tablewright_services.poafix import views
from tablewright_services.poafix.accounts import Caller
from tablewright_services.poafix.domain import BOOKING_STATES, REQUEST_STATES


async def export_of(store: Any, caller: Caller) -> dict[str, Any]:
    """Return an account with its requests, bookings, jobs and unread notifications.

    Args:
        store: runs the access patterns.
        caller: whose account.
    """
    unread = await every_page(store.unreadNotifications, recipient=caller.id)
    news = {"notifications": [views.view(each, views.NOTIFICATION) for each in unread]}
    if caller.kind == "admin":
        return {"account": without(await store.getAdmin(_id=caller.id), ()), **news}
    jobs: list[Any] = []
    if caller.kind == "client":
        account = await store.getUser(_id=caller.id)
        requests = await every_page(store.requestsByClient, clientId=caller.id)
        bookings = await every_page(store.bookingHistory, clientId=caller.id)
    else:
        account = await store.getProvider(_id=caller.id)
        own = {"providerId": caller.id}
        requests = [
            each
            for state in REQUEST_STATES
            for each in await every_page(store.requestsByProvider, **own, status=state)
        ]
        bookings = [
            each
            for state in BOOKING_STATES
            for each in await every_page(store.bookingsByProvider, **own, status=state)
        ]
        jobs = await every_page(store.jobsByProvider, **own)
    return {
        "account": without(account, ("passwordHash",)),
        "requests": [views.view(each, views.REQUEST) for each in requests],
        "bookings": [views.view(each, views.BOOKING) for each in bookings],
        "jobs": [views.job(each) for each in jobs],
        **news,
    }


__all__ = ["export_of"]
