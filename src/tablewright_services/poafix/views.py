"""What callers see of instances: public fields by their names, never a hash or a calendar."""

from __future__ import annotations

from typing import Any

from tablewright_services.poafix.domain import metres_between

PROVIDER = (
    "businessName",
    "serviceType",
    "rating",
    "totalRatings",
    "hourlyRate",
    "description",
    "photos",
    "isAvailable",
    "verificationStatus",
    "location",
)
REQUEST = (
    "clientId",
    "providerId",
    "status",
    "serviceType",
    "description",
    "photos",
    "location",
    "createdAt",
    "updatedAt",
)
BOOKING = (
    "clientId",
    "providerId",
    "requestId",
    "status",
    "schedule",
    "durationMinutes",
    "address",
    "price",
    "notes",
    "createdAt",
)
NOTIFICATION = ("type", "priority", "read", "title", "body", "data", "createdAt")
USER = ("email", "name", "phone", "address", "location", "avatarUrl", "isActive", "createdAt")
ENTRY = ("at", "state", "note")
PAYMENT = ("amount", "currency", "state", "reference")


def view(instance: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the id and the named attributes that an instance has."""
    shown = {"id": instance._id}
    for name in names:
        value = getattr(instance, name)
        if value is not None:
            shown[name] = round(value, 2) if name == "rating" else value
    return shown


def found(provider: Any, place: Any) -> dict[str, Any]:
    """Return a provider of a search, with the distance from where it was asked."""
    names = ("businessName", "serviceType", "rating", "totalRatings", "hourlyRate", "location")
    return {**view(provider, names), "distanceMetres": metres_between(place, provider.location)}


def job(instance: Any) -> dict[str, Any]:
    """Return a job: its progress in the order in which it was noted, what is paid."""
    shown = view(instance, ("bookingId", "providerId", "state", "rating"))
    if "rating" in shown:
        shown["rating"] = int(instance.rating)
    shown["progress"] = [{name: entry[name] for name in ENTRY} for entry in instance.progress or ()]
    shown["payment"] = {name: instance.payment[name] for name in PAYMENT}
    shown["createdAt"] = instance.createdAt
    return shown
