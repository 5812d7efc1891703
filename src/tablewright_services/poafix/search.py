"""Providers: near a place, by type, the best rated. Searches are kept for a quarter of an hour.

A provider who becomes unavailable is taken out of kept searches at once; whether one is there is
asked of the database again when a request is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import NotFound
from tablewright_services.common.caches import Cache
from tablewright_services.common.service import RequestRefused
from tablewright_services.poafix import views
from tablewright_services.poafix.domain import SERVICE_TYPES, cell_of

SEARCH_SECONDS = 15 * 60
SERVICE_TYPES_SECONDS = 3600
LOCATION_SECONDS = 30 * 60


class NearbySearch:
    """Finds providers."""

    def __init__(self, store: AsyncStore, cache: Cache) -> None:
        self.store, self.cache = store, cache

    async def service_types(self) -> list[str]:
        """Return what providers do, kept for an hour."""
        types = await self.cache.get("service-types")
        if types is None:
            types = list(SERVICE_TYPES)
            await self.cache.put("service-types", types, SERVICE_TYPES_SECONDS)
        return list(types)

    async def near(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """Return a page of verified and available providers, nearest first.

        `minRating` and `maxHourlyRate` leave providers of a page out: a page may be shorter than
        its limit and have a next one.
        """
        place = cell_of(query["lat"], query["lng"])
        key = f"near:{_joined(place, query, 'serviceType', 'radius', 'limit', 'page')}"
        page = await self.cache.get(key)
        if page is None:
            page = await self._near(place, query)
            await self.cache.put(key, page, SEARCH_SECONDS)
        least, most = query.get("minRating"), query.get("maxHourlyRate")
        items = [
            item
            for item in page["items"]
            if (least is None or item["rating"] >= least)
            and (most is None or item["hourlyRate"] <= most)
            and not await self.cache.get(f"away:{item['id']}")
        ]
        return {"items": items, "next": page["next"]}

    async def _near(self, place: Mapping[str, Decimal], query: Mapping[str, Any]) -> dict[str, Any]:
        providers = await self.store.nearbyProviders(
            serviceType=query["serviceType"],
            location=place,
            radius_km=query.get("radius", 10),
            limit=query.get("limit", 20),
            page=query.get("page"),
        )
        items = [views.found(provider, place) for provider in providers]
        items.sort(key=lambda item: (item["distanceMetres"], item["id"]))
        return {"items": items, "next": providers.next}

    async def by_type(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """Return a page of verified and available providers of a type, the best rated first."""
        page = await self.store.availableProvidersByType(
            serviceType=query["serviceType"], page=query.get("page")
        )
        return _by_rating(page, ("businessName", "rating", "hourlyRate"))

    async def best(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """Return a page of verified providers of a type, the best rated first."""
        page = await self.store.topRatedProviders(
            serviceType=query["serviceType"], page=query.get("page")
        )
        return _by_rating(page, ("businessName", "rating", "totalRatings"))

    async def provider(self, id: str) -> dict[str, Any]:
        """Return the public page of a provider.

        Raises:
            Refused: there is none.
        """
        return views.view(await self._provider(id), views.PROVIDER)

    async def location(self, id: str) -> dict[str, Any]:
        """Return where a provider was last, kept for half an hour unless told otherwise.

        Raises:
            Refused: there is no such provider.
        """
        cached = await self.cache.get(f"location:{id}")
        if cached is None:
            provider = await self._provider(id)
            cached = {"location": provider.location, "isAvailable": provider.isAvailable}
            await self.cache.put(f"location:{id}", cached, LOCATION_SECONDS)
        return dict(cached)

    async def _provider(self, id: str) -> Any:
        provider = await self.store.getProvider(_id=id)
        if provider is None:
            raise _no_provider()
        return provider

    async def set_presence(self, id: str, location: Mapping[str, Any], *, is_there: bool) -> None:
        """Note where a provider is and whether work is taken."""
        try:
            await self.store.updateProviderPresence(_id=id, location=location, isAvailable=is_there)
        except NotFound as missing:
            raise _no_provider() from missing
        now = {"location": location, "isAvailable": is_there}
        await self.cache.put(f"location:{id}", now, LOCATION_SECONDS)
        if is_there:
            await self.cache.drop(f"away:{id}")
        else:
            await self.cache.put(f"away:{id}", True, SEARCH_SECONDS)


def _no_provider() -> RequestRefused:
    return RequestRefused(404, "not_found", "there is no such provider")


def _joined(place: Mapping[str, Any], query: Mapping[str, Any], *names: str) -> str:
    return "|".join(
        [str(place["lat"]), str(place["lon"]), *(str(query.get(name)) for name in names)]
    )


def _by_rating(page: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Return verified providers of a page in one order, which ties of an index leave open."""
    verified = [each for each in page if each.verificationStatus == "verified"]
    verified.sort(key=lambda each: (-each.rating, -(each.totalRatings or 0), each._id))
    return {"items": [views.view(each, names) for each in verified], "next": page.next}


__all__ = ["NearbySearch"]
