"""The rules of PoaFix: states and their moves, distances, calendars, ratings, permissions.

Pure: no clock, no database. Times are aware datetimes in UTC, or ISO texts as the store has them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

SERVICE_TYPES = (
    "plumbing",
    "electrical",
    "cleaning",
    "painting",
    "carpentry",
    "gardening",
    "appliance-repair",
    "moving",
)
KINDS = ("client", "provider", "admin")
"""Kinds of callers."""

REQUEST_LIFE = dt.timedelta(hours=24)
"""After this a request that nobody answered has expired."""
FARTHEST_TIME = dt.timedelta(days=365)
"""How far ahead a booking may lie."""
EARTH_METRES = 6_371_000
PLACES_OF_RATING = Decimal("0.0001")

Moves = Mapping[str, tuple[str, ...]]
REQUEST_MOVES: Moves = {"pending": ("accepted", "rejected", "cancelled", "expired")}
BOOKING_MOVES: Moves = {
    "pending": ("confirmed", "cancelled"),
    "confirmed": ("in_progress", "cancelled"),
    "in_progress": ("completed",),
}
JOB_MOVES: Moves = {
    "assigned": ("travelling", "working"),
    "travelling": ("working",),
    "working": ("paused", "finished"),
    "paused": ("working",),
}
PAYMENT_MOVES: Moves = {
    "unpaid": ("pending",),
    "pending": ("paid", "failed"),
    "failed": ("pending", "paid"),  # who failed may try again, also at the payment provider
    "paid": ("refunded",),
}
HOLDS_TIME = ("confirmed", "in_progress")
"""States of a booking in which its provider is not free."""

PERMISSIONS: Mapping[str, frozenset[str]] = {
    "super": frozenset(
        {
            "users:read",
            "users:block",
            "providers:verify",
            "bookings:read",
            "payments:refund",
            "activity:read",
            "admins:create",
        }
    ),
    "support": frozenset({"users:read", "users:block", "bookings:read", "payments:refund"}),
    "verifier": frozenset({"providers:verify"}),
}
"""What an administrator of a role may do; a list of its own adds to that."""
REQUEST_STATES = ("pending", *REQUEST_MOVES["pending"])
BOOKING_STATES = ("pending", "confirmed", "in_progress", "completed", "cancelled")
ENDED = ("completed", "cancelled")
"""States of a booking that no other follows."""


def may_move(moves: Moves, state: str, next_state: str) -> bool:
    """Whether a state may follow another.

    Example:
        >>> may_move(BOOKING_MOVES, "pending", "completed")
        False
    """
    return next_state in moves.get(state, ())


def may(role: str, permissions: Iterable[str], permission: str) -> bool:
    """Whether an administrator may do something."""
    return permission in PERMISSIONS.get(role, frozenset()) or permission in set(permissions)


# ---------------------------------------------------------------- identifiers


def new_id(moment: dt.datetime, random: bytes) -> str:
    """Return an id of 24 hexadecimal digits that begins with the time in milliseconds.

    Example:
        >>> new_id(dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC), bytes(6))
        '01a22c538200000000000000'
    """
    return f"{int(moment.timestamp() * 1000):012x}{random[:6].hex()}"


def derived_id(*parts: str) -> str:
    """Return an id that is the same for the same parts: what has it can be made once only."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]


def is_id(text: str) -> bool:
    """Whether a text can be an id."""
    return re.fullmatch(r"[0-9a-f]{24}", text) is not None


def stamp(moment: dt.datetime) -> str:
    """Return a time as the store has it: ISO 8601 in UTC, with milliseconds.

    Example:
        >>> stamp(dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC))
        '2026-11-30T12:00:00.000Z'
    """
    text = moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return f"{text}Z"


# ---------------------------------------------------------------- places


def metres_between(first: Mapping[str, Any], second: Mapping[str, Any]) -> int:
    """Return the great-circle distance of two places in metres, by the haversine formula.

    Example:
        >>> metres_between({"lat": 0, "lon": 0}, {"lat": 0, "lon": 1})  # 6,371,000 x pi / 180
        111195
    """
    lat, other_lat = math.radians(float(first["lat"])), math.radians(float(second["lat"]))
    lon = math.radians(float(second["lon"]) - float(first["lon"]))
    chord = (
        math.sin((other_lat - lat) / 2) ** 2
        + math.cos(lat) * math.cos(other_lat) * math.sin(lon / 2) ** 2
    )
    return round(2 * EARTH_METRES * math.asin(min(1.0, math.sqrt(chord))))


def cell_of(lat: Decimal, lon: Decimal) -> dict[str, Decimal]:
    """Return the middle of the cell of 11 metres a place lies in, from which is searched.

    Searches from the same cell have one answer, which can be kept.

    Example:
        >>> cell_of(Decimal("-1.28612"), Decimal("36.81739"))
        {'lat': Decimal('-1.2861'), 'lon': Decimal('36.8174')}
    """
    grid = Decimal("0.0001")
    return {"lat": lat.quantize(grid, ROUND_HALF_UP), "lon": lon.quantize(grid, ROUND_HALF_UP)}


# ---------------------------------------------------------------- calendars


def is_expired(created: str, now: dt.datetime) -> bool:
    """Whether a request that is still pending has waited too long."""
    return dt.datetime.fromisoformat(created) + REQUEST_LIFE <= now


def end_of(start: dt.datetime, minutes: int) -> dt.datetime:
    """Return when a booking ends."""
    return start + dt.timedelta(minutes=minutes)


def overlapping(
    calendar: Sequence[Mapping[str, str]], start: dt.datetime, end: dt.datetime, booking: str
) -> list[str]:
    """Return the other bookings of a calendar that a time shares a moment with.

    One that ends when the other begins shares none. Times of one form compare as texts.
    """
    first, last = stamp(start), stamp(end)
    return [
        entry["booking"]
        for entry in calendar
        if entry["booking"] != booking and entry["start"] < last and first < entry["end"]
    ]


def with_time(
    calendar: Sequence[Mapping[str, str]],
    start: dt.datetime,
    end: dt.datetime,
    booking: str,
    *,
    without: Iterable[str],
    now: dt.datetime,
) -> list[dict[str, str]]:
    """Return a calendar with one more time, less those that are over and those named."""
    dropped = {*without, booking}
    remaining = [
        dict(entry)
        for entry in calendar
        if entry["booking"] not in dropped and entry["end"] > stamp(now)
    ]
    added = {"start": stamp(start), "end": stamp(end), "booking": booking}
    return sorted([*remaining, added], key=lambda entry: (entry["start"], entry["booking"]))


# ---------------------------------------------------------------- ratings, prices


def mean_with(mean: Decimal, count: int, stars: int) -> Decimal:
    """Return a mean of ratings with one more.

    Example:
        >>> mean_with(Decimal("4.5"), 2, 3)
        Decimal('4.0000')
    """
    exact = (Decimal(mean) * count + stars) / (count + 1)
    return exact.quantize(PLACES_OF_RATING, ROUND_HALF_UP)


def price_of(hourly: Decimal, minutes: int) -> Decimal:
    """Return what so many minutes cost, to the cent.

    Example:
        >>> price_of(Decimal(1000), 50)
        Decimal('833.33')
    """
    return (Decimal(hourly) * minutes / 60).quantize(Decimal("0.01"), ROUND_HALF_UP)


def has_cents(amount: Any) -> bool:
    """Whether an amount of money, if there is one, has no more than two decimals.

    Example:
        >>> [has_cents(amount) for amount in (None, 1, 1.5, 0.125)]
        [True, True, True, False]
    """
    return amount is None or Decimal(str(amount)) == round(Decimal(str(amount)), 2)


# ---------------------------------------------------------------- files


def file_key(folder: str, moment: dt.datetime, random: str, name: str, ending: str) -> str:
    """Return the key of an upload: folder / epoch milliseconds - random - name.

    Of the name letters, digits, points, hyphens and low lines are kept; its ending is that of its
    type. Two uploads of one millisecond differ by the random part.

    Example:
        >>> noon = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
        >>> file_key("uploads", noon, "9f3a", "../../etc/My photo.php", ".jpg")
        'uploads/1796040000000-9f3a-My-photo.jpg'
    """
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    clean = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-")[:60] or "file"
    return f"{folder}/{int(moment.timestamp() * 1000)}-{random}-{clean}{ending}"
