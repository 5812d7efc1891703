"""What administrators see and do; each deed leaves an entry with who did it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import ConditionFailed, NotFound
from tablewright_services.common.service import Now, RequestRefused
from tablewright_services.poafix import views
from tablewright_services.poafix.accounts import Accounts, Caller
from tablewright_services.poafix.domain import stamp
from tablewright_services.poafix.jobs import Jobs
from tablewright_services.poafix.news import News, Notifications

DAY = dt.timedelta(hours=24)


class Administration:
    """Lists, verifies, blocks, refunds."""

    def __init__(
        self,
        store: AsyncStore,
        accounts: Accounts,
        jobs: Jobs,
        news: Notifications,
        now: Now,
    ) -> None:
        self.store, self.accounts, self.jobs = store, accounts, jobs
        self.news, self.now = news, now

    async def _did(self, admin: Caller, action: str, target: str) -> None:
        entry = {"at": stamp(self.now()), "action": action, "target": target}
        await self.store.logAdminActivity(_id=admin.id, activity=entry)

    async def users(self, admin: Caller, query: Mapping[str, Any]) -> dict[str, Any]:
        """Return a page of clients by their state, newest first."""
        await self.accounts.require_permission(admin, "users:read")
        page = await self.store.usersByState(
            isActive=query.get("isActive", True),
            isBlocked=query.get("isBlocked", False),
            page=query.get("page"),
        )
        return {
            "items": [views.view(each, ("email", "name")) for each in page],
            "next": page.next,
        }

    async def users_near(self, admin: Caller, query: Mapping[str, Any]) -> dict[str, Any]:
        """Return a page of clients around a place, nearest first."""
        await self.accounts.require_permission(admin, "users:read")
        page = await self.store.usersNear(
            location={"lat": query["lat"], "lon": query["lng"]},
            radius_km=query.get("radius", 10),
            page=query.get("page"),
        )
        items = [views.view(each, ("name", "location")) for each in page]
        return {"items": items, "next": page.next}

    async def block(self, admin: Caller, id: str, *, is_blocked: bool) -> dict[str, Any]:
        """Block a client or let one in again; a blocked one is out once the token has run out."""
        await self.accounts.require_permission(admin, "users:block")
        try:
            await self.store.blockUser(_id=id, isBlocked=is_blocked)
        except NotFound as missing:
            raise RequestRefused(404, "not_found", "there is no such client") from missing
        await self._did(admin, "block" if is_blocked else "unblock", id)
        return {"id": id, "isBlocked": is_blocked}

    async def waiting(self, admin: Caller, page: str | None) -> dict[str, Any]:
        """Return a page of providers that wait to be verified."""
        await self.accounts.require_permission(admin, "providers:verify")
        providers = await self.store.providersToVerify(page=page)
        names = ("businessName", "serviceType", "verificationStatus")
        return {"items": [views.view(each, names) for each in providers], "next": providers.next}

    async def verify(self, admin: Caller, id: str, decision: str) -> dict[str, Any]:
        """Verify or reject a provider who waits."""
        await self.accounts.require_permission(admin, "providers:verify")
        try:
            await self.store.verifyProvider(
                _id=id, verificationStatus=decision, if_verificationStatus="pending"
            )
        except NotFound as missing:
            raise RequestRefused(404, "not_found", "there is no such provider") from missing
        except ConditionFailed as decided:
            raise RequestRefused(409, "state", "the provider was decided on already") from decided
        await self._did(admin, decision, id)
        title = f"You are {decision}"
        await self.news.tell(News(id, "provider", "system", title, "", {}, priority=1))
        return {"id": id, "verificationStatus": decision}

    async def requests(self, admin: Caller, query: Mapping[str, Any]) -> dict[str, Any]:
        """Return a page of requests of a status, oldest first, without their descriptions."""
        await self.accounts.require_permission(admin, "bookings:read")
        requests = await self.store.requestsByStatus(status=query["status"], page=query.get("page"))
        names = ("clientId", "providerId", "status", "serviceType", "createdAt")
        return {"items": [views.view(each, names) for each in requests], "next": requests.next}

    async def upcoming(self, admin: Caller, page: str | None) -> dict[str, Any]:
        """Return the bookings that are confirmed for the next 24 hours, the next one first."""
        await self.accounts.require_permission(admin, "bookings:read")
        now = self.now()
        bookings = await self.store.upcomingBookings(
            schedule_from=now, schedule_to=now + DAY, page=page
        )
        names = ("clientId", "providerId", "status", "schedule", "durationMinutes")
        return {"items": [views.view(each, names) for each in bookings], "next": bookings.next}

    async def notifications(self, admin: Caller, query: Mapping[str, Any]) -> dict[str, Any]:
        """Return a page of notifications of a type and a priority, newest first."""
        await self.accounts.require_permission(admin, "activity:read")
        notifications = await self.store.notificationsByType(
            type=query["type"], priority=query["priority"], page=query.get("page")
        )
        names = ("type", "priority", "title", "createdAt")
        return {
            "items": [views.view(each, names) for each in notifications],
            "next": notifications.next,
        }

    async def refund(self, admin: Caller, id: str) -> dict[str, Any]:
        """Note that a paid job is paid back."""
        await self.accounts.require_permission(admin, "payments:refund")
        refunded = await self.jobs.refund(id)
        await self._did(admin, "refund", id)
        return refunded

    async def create(self, admin: Caller, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Create an administrator; return, once, what their authenticator reads."""
        await self.accounts.require_permission(admin, "admins:create")
        created = await self.accounts.create_admin(fields)
        await self._did(admin, "create admin", created)
        factor = self.accounts.settings.second_factor
        address = fields["email"].lower()
        authenticator = {"authenticator": factor.address(address, "PoaFix")} if factor else {}
        return {"id": created, "role": fields["role"], **authenticator}

    async def activity(self, admin: Caller, id: str | None) -> dict[str, Any]:
        """Return what an administrator did, the last first: oneself, or with the right another."""
        if id is not None and id != admin.id:
            await self.accounts.require_permission(admin, "activity:read")
        administrator = await self.store.getAdmin(_id=id or admin.id)
        if administrator is None:
            raise RequestRefused(404, "not_found", "there is no such administrator")
        names = ("at", "action", "target")
        entries = [{name: entry[name] for name in names} for entry in administrator.activity or ()]
        return {"id": administrator._id, "role": administrator.role, "items": entries[::-1]}


__all__ = ["Administration"]
