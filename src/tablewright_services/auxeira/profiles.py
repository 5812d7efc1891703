"""Profiles and what follows from a score: the standings on the boards.

Standings are written before the profile, which is written last and only if nobody else changed it
meanwhile: where a process dies in between, saving again puts both right.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from typing import Any

from tablewright.model.moments import time_value
from tablewright.model.values import Kind
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import ConditionFailed, NotFound
from tablewright_services.auxeira.domain import (
    EXPERTISE,
    ORGANISATION,
    BadField,
    boards_of,
    completion_percent,
    esg_score,
    merged,
    missing_fields,
    organisation_fields,
    section_fields,
)
from tablewright_services.common.service import Now, RequestRefused

ATTEMPTS = 10
"""How often a save is tried while others save the same profile."""


class Profiles:
    """Reads and saves profiles."""

    def __init__(self, store: AsyncStore, now: Now) -> None:
        self.store, self.now = store, now

    async def read(self, user_id: str) -> dict[str, Any]:
        """Return a profile with its progress; nothing is answered of a user who has none yet."""
        return shown(await self.store.getProfile(userId=user_id))

    async def complete(self, user_id: str) -> Any:
        """Return a profile that is complete.

        Raises:
            Refused: it is not, or there is none.
        """
        profile = await self.store.getProfile(userId=user_id)
        percent = profile.completionPercent if profile else 0
        if percent < 100:
            text = f"complete your profile first: {percent} % is there"
            raise RequestRefused(409, "profile_incomplete", text, **progress_of(profile))
        return profile

    async def save(self, user_id: str, role: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Save what a request says of a profile; what it leaves out stays as it is.

        Raises:
            BadField: a value may not be, or a new profile lacks what it begins with.
            Refused: others kept saving the same profile.
        """
        organisation = organisation_fields(body)
        sections = section_fields(body.get("sections", {}))
        if role != "expert":
            for name in EXPERTISE:
                if name in organisation:
                    raise BadField(name, "is for experts")
        for _ in range(ATTEMPTS):
            profile = await self.store.getProfile(userId=user_id)
            try:
                if profile is None:
                    return await self._begin(user_id, organisation, merged({}, sections))
                return await self._change(profile, organisation, sections)
            except ConditionFailed:
                continue  # somebody else saved it meanwhile
        raise RequestRefused(409, "conflict", "the profile kept being changed; save again")

    async def _begin(
        self, user_id: str, organisation: dict[str, Any], sections: Mapping[str, Any]
    ) -> dict[str, Any]:
        for name in ORGANISATION:
            if name not in organisation:
                raise BadField(name, "is missing")
        score = esg_score(sections)
        await self._enter(user_id, organisation, score, 0)
        profile = await self.store.createProfile(
            userId=user_id,
            **organisation,
            sections=sections,
            completionPercent=completion_percent(sections),
            esgScore=score,
            entitlements=[],
        )
        return shown(profile)

    async def _change(
        self, profile: Any, organisation: Mapping[str, Any], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        now = profile.as_dict()
        organisation = {n: value for n, value in organisation.items() if now.get(n) != value}
        sections = merged(profile.sections, dict(given))
        if organisation:
            await self._describe(profile, organisation)
            # its time is another now: go on with what is stored
            profile = await self.store.getProfile(userId=profile.userId)
        if sections == merged(profile.sections, {}):
            return shown(profile)
        score = esg_score(sections)
        if score != profile.esgScore:
            await self._move(profile, score)
        change = {
            "sections": sections,
            "completionPercent": completion_percent(sections),
            "esgScore": score,
            "updatedAt": self._later(profile),
        }
        await self.store.saveProfile(
            userId=profile.userId, **change, if_updatedAt=profile.updatedAt
        )
        return shown(profile, **change)

    async def _describe(self, profile: Any, changed: Mapping[str, Any]) -> None:
        names = (*ORGANISATION, *EXPERTISE)
        after = {name: changed.get(name, getattr(profile, name)) for name in names}
        boards = boards_of(after["industry"], after["country"])
        before = boards_of(profile.industry, profile.country)
        entered = [each for each in boards if each not in before]
        if "organisation" in changed:
            entered = list(boards)  # the name stands on each
        await self._enter(profile.userId, after, profile.esgScore, 0, entered)
        await self.store.describeOrganisation(
            userId=profile.userId,
            **after,
            updatedAt=self._later(profile),
            if_updatedAt=profile.updatedAt,
        )
        for board in before:
            if board not in boards:
                try:
                    await self.store.leaveBoard(board=board, userId=profile.userId)
                except NotFound:
                    continue

    # ------------------------------------------------------------ standings

    async def _enter(
        self,
        user_id: str,
        organisation: Mapping[str, Any],
        score: int,
        delta: int,
        boards: list[str] | None = None,
    ) -> None:
        all_boards = boards_of(organisation["industry"], organisation["country"])
        await asyncio.gather(
            *(
                self.store.enterBoard(
                    board=board,
                    userId=user_id,
                    organisation=organisation["organisation"],
                    score=score,
                    delta=delta,
                    badge={},
                )
                for board in (all_boards if boards is None else boards)
            )
        )

    async def _move(self, profile: Any, score: int) -> None:
        """Write a new score on the boards; whoever is on none yet enters."""
        delta = score - profile.esgScore

        async def move(board: str) -> None:
            try:
                await self.store.upsertScore(
                    board=board,
                    userId=profile.userId,
                    score=score,
                    delta=delta,
                    updatedAt=self.now(),
                )
            except NotFound:
                await self._enter(profile.userId, profile.as_dict(), score, delta, [board])

        await asyncio.gather(*(move(each) for each in boards_of(profile.industry, profile.country)))

    def _later(self, profile: Any) -> str:
        """Return the time, or a moment after the profile was last changed if that is later.

        The time tells one version of a profile from the next, so no two may have the same.
        """
        before = dt.datetime.fromisoformat(profile.updatedAt)
        moment = max(self.now(), before + dt.timedelta(milliseconds=1))
        return str(time_value(moment, Kind.TIMESTAMP))


def shown(profile: Any, **changed: Any) -> dict[str, Any]:
    """Return a profile as its user sees it, with progress."""
    if profile is None:
        return {"profile": None, **progress_of(None)}
    content = {**profile.as_dict(), **changed}
    return {"profile": content, **_progress(content)}


def progress_of(profile: Any) -> dict[str, Any]:
    """Return how far a profile is, and what is missing."""
    return _progress(profile.as_dict() if profile is not None else {})


def _progress(content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "completionPercent": content.get("completionPercent", 0),
        "missing": missing_fields(content.get("sections", {})),
    }


__all__ = ["Profiles"]
