"""Projects that raise money: opened by their owner, funded by pledges, closed at the deadline.

That a project is funded or over is written by whoever sees it first; no pledge is taken of a
project that is not open, which the transaction of the pledge itself makes sure of.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import ConditionFailed, NotFound
from tablewright_services.auxeira.domain import (
    CURRENCIES,
    LEAST_GOAL,
    MOST_GOAL,
    BadField,
    one_of,
    plain_text,
    whole,
)
from tablewright_services.common.service import Now, RequestRefused

LONGEST_DAYS = 366
"""How many days ahead a deadline may be."""


class Projects:
    """Makes and shows projects."""

    def __init__(self, store: AsyncStore, now: Now) -> None:
        self.store, self.now = store, now

    async def create(self, owner_id: str, body: Mapping[str, Any]) -> Any:
        """Return a new project, open unless it is asked for as a draft.

        Raises:
            BadField: a value may not be.
        """
        return await self.store.createProject(
            ownerId=owner_id,
            title=plain_text("title", body.get("title"), 100),
            description=plain_text("description", body.get("description"), 2_000),
            goal=whole("goal", body.get("goal"), LEAST_GOAL, MOST_GOAL),
            currency=one_of("currency", body.get("currency"), CURRENCIES),
            deadline=self._deadline(body.get("deadline")),
            status=one_of("status", body.get("status", "open"), ("open", "draft")),
        )

    def _deadline(self, value: Any) -> dt.datetime:
        try:
            moment = dt.datetime.fromisoformat(str(value))
        except ValueError:
            raise BadField("deadline", "must be a time such as 2027-03-01T12:00:00Z") from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        now = self.now()
        if not now < moment <= now + dt.timedelta(days=LONGEST_DAYS):
            raise BadField("deadline", f"must be within the next {LONGEST_DAYS} days")
        return moment

    async def read(self, project_id: str) -> Any:
        """Return a project as it is now, None for none; note what time or pledges made of it."""
        project = await self.store.getProject(projectId=project_id) if project_id else None
        if project is None or project.status != "open":
            return project
        if project.pledged >= project.goal:
            return await self._change(project, "funded")
        if dt.datetime.fromisoformat(project.deadline) <= self.now():
            return await self._change(project, "closed")
        return project

    async def open(self, owner_id: str, project_id: str) -> Any:
        """Open a draft.

        Raises:
            Refused: there is no such draft of this owner.
        """
        project = await self.read(project_id)
        if project is None or project.ownerId != owner_id:
            raise RequestRefused(404, "not_found", "there is no such project")
        if project.status != "draft":
            raise RequestRefused(409, "not_draft", f"the project is {project.status}")
        return await self._change(project, "open")

    async def _change(self, project: Any, status: str) -> Any:
        try:
            await self.store.changeProjectStatus(
                projectId=project.projectId, status=status, if_status=project.status
            )
        except (ConditionFailed, NotFound):
            return await self.store.getProject(projectId=project.projectId)
        return replace(project, status=status)

    async def listed(self, page: str | None) -> dict[str, Any]:
        """Return open projects, newest first; those over but not noted as such are left out."""
        projects_page = await self.store.listOpenProjects(page=page)
        now = self.now()
        projects = [
            each.as_dict()
            for each in projects_page
            if dt.datetime.fromisoformat(each.deadline) > now
        ]
        return {"projects": projects, "cursor": projects_page.next}

    async def owned(self, owner_id: str, page: str | None) -> dict[str, Any]:
        """Return the projects of an owner, newest first."""
        projects_page = await self.store.projectsByOwner(ownerId=owner_id, page=page)
        return {
            "projects": [each.as_dict() for each in projects_page],
            "cursor": projects_page.next,
        }

    async def pledges(self, project_id: str, page: str | None) -> dict[str, Any]:
        """Return the pledges to a project, newest first, without who made them."""
        projects_page = await self.store.listPledges(projectId=project_id, page=page)
        names = ("pledgeId", "amount", "state", "createdAt")
        pledges = [{name: getattr(each, name) for name in names} for each in projects_page]
        return {"pledges": pledges, "cursor": projects_page.next}


__all__ = ["Projects"]
