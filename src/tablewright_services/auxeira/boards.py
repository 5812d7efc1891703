"""Boards, benchmarks and experts: who stands where among others.

Boards are read each time they are asked for. The scores of an industry, which benchmarks and the
search for experts go through, are kept in memory for some minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from tablewright.store.asynchronous import AsyncStore
from tablewright_services.auxeira.domain import (
    BEST_EXPERTS,
    INDUSTRIES,
    expert_score,
    percentile,
    ranked,
)

TOP = 50
MOST_PAGES = 20
"""Of a board that are gone through for a rank: 1,000 standings."""


class Boards:
    """Ranks, percentiles and matches."""

    def __init__(self, store: AsyncStore, ticks: Callable[[], float], kept_seconds: float) -> None:
        self.store, self.ticks, self.kept_seconds = store, ticks, kept_seconds
        self._kept: dict[str, tuple[float, Sequence[Any]]] = {}
        self._locks = {industry: asyncio.Lock() for industry in INDUSTRIES}

    async def board(self, board: str, user_id: str) -> dict[str, Any]:
        """Return the best fifty of a board and the own place.

        The own rank is None where more than a thousand stand before it.
        """
        own_standing = await self.store.getStanding(board=board, userId=user_id)
        standings: list[Any] = []
        token: str | None = None
        is_complete = False
        for _ in range(MOST_PAGES):
            page = await self.store.topOfBoard(board=board, page=token)
            standings += page
            token = page.next
            is_complete = not token
            if is_complete or self._is_enough(standings, own_standing):
                break
        places = ranked(standings)
        rank = next((rank for rank, each in places if each.userId == user_id), None)
        return {
            "board": board,
            "top": [
                {"rank": rank, **each.as_dict()} | {"isOwn": each.userId == user_id}
                for rank, each in places[:TOP]
            ],
            "own": None
            if own_standing is None
            else {"rank": rank, "score": own_standing.score, "delta": own_standing.delta},
        }

    @staticmethod
    def _is_enough(standings: Sequence[Any], own_standing: Any) -> bool:
        """Whether all that may stand before the fiftieth, or the own place, has been read.

        Those of one score come in no order, so all of them have to be there.
        """
        last = standings[-1].score
        if len(standings) < TOP or last >= standings[TOP - 1].score:
            return False
        return own_standing is None or last < own_standing.score

    async def benchmark(self, profile: Any) -> dict[str, Any]:
        """Return the percentile of the own score among the profiles of the industry."""
        peers = await self._scores(profile.industry)
        peer_scores = [each.esgScore for each in peers if each.userId != profile.userId]
        return {
            "industry": profile.industry,
            "score": profile.esgScore,
            "profiles": len(peer_scores) + 1,
            "percentile": percentile(profile.esgScore, peer_scores),
        }

    async def experts(
        self, user_id: str, need: frozenset[str], industry: str, region: str
    ) -> list[dict[str, Any]]:
        """Return the ten experts who fit best, with their scores; nobody who fits in nothing."""
        candidates = []
        for own_industry in INDUSTRIES:
            for each in await self._scores(own_industry):
                if not each.skills or each.userId == user_id:
                    continue
                score = expert_score(need, industry, region, each, own_industry)
                if score:
                    candidates.append((score, each.esgScore, each.userId, own_industry, each))
        candidates.sort(key=lambda match: (-match[0], -match[1], match[2]))
        return [
            {
                "userId": user,
                "organisation": each.organisation,
                "industry": own_industry,
                "country": each.country,
                "skills": sorted(each.skills),
                "score": score,
            }
            for score, _, user, own_industry, each in candidates[:BEST_EXPERTS]
        ]

    async def _scores(self, industry: str) -> Sequence[Any]:
        async with self._locks[industry]:
            until, profiles = self._kept.get(industry, (0.0, ()))
            if self.ticks() < until:
                return profiles
            profiles, token = [], None
            while token != "":
                page = await self.store.profilesByIndustry(industry=industry, page=token)
                profiles += page
                token = page.next
            self._kept[industry] = (self.ticks() + self.kept_seconds, profiles)
            return profiles


__all__ = ["Boards"]
