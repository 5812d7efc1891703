"""All that is kept of a user, given out to them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tablewright_services.auxeira.reports import summary_of
from tablewright_services.common.exports import every_page, without
from tablewright_services.common.service import Now

EVENT_DAYS = 90
"""How long events are kept."""
SECRETS = ("passwordHash", "refreshTokenHash")


async def export_of(store: Any, user_id: str, now: Now) -> dict[str, Any]:
    """Return the account, the profile, the reports with their texts, the projects, the events.

    Args:
        store: runs the access patterns.
        user_id: whose.
        now: gives the time.
    """
    moment = now()
    user = without(await store.getUserById(userId=user_id), SECRETS)
    profile = without(await store.getProfile(userId=user_id), ())
    reports = []
    for header in await every_page(store.listReports, userId=user_id):
        body = await store.getReport(userId=user_id, reportId=header.reportId)
        text = {} if body is None else {"content": body.content, "sources": body.sources}
        reports.append({**summary_of(header), **text})
    projects = await every_page(store.projectsByOwner, ownerId=user_id)
    events = await every_page(
        store.listActivity,
        userId=user_id,
        timestamp_from=moment - dt.timedelta(days=EVENT_DAYS + 1),
        timestamp_to=moment + dt.timedelta(minutes=1),
    )
    return {
        "user": user,
        "profile": profile,
        "reports": reports,
        "projects": [each.as_dict() for each in projects],
        "activity": [each.as_dict() for each in events],
    }


__all__ = ["export_of"]
