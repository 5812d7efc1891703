"""The rules of Screen Time Journey: names, streaks, milestones, the order of the leaderboard.

In: what is stored, the time. Out: what it means. No clock, no database.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

USERNAME = re.compile(r"[a-z0-9_]{3,20}")
PROVISIONAL = "member_"
"""How the names begin that customers have before they claim one."""
ERASED = "erased_"
NO_ADDRESS = "@erased.invalid"
"""Where the address of somebody ends who was erased: nobody can have one (RFC 6761)."""
SHOP_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://www.shopify.com/customers")
DEVICE_TYPES = ("iOS", "Android", "macOS", "Windows")
MOST_DEVICES = 10
HISTORY_KEPT = 50
"""Commitments that ended; older ones are left to the events."""
LONGEST_GOAL_MINUTES = 24 * 60
NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

DEFAULT_LEVELS: tuple[Mapping[str, Any], ...] = (
    {"day": 1, "level": 1, "title": "First day"},
    {"day": 7, "level": 2, "title": "One week"},
    {"day": 14, "level": 3, "title": "Two weeks"},
    {"day": 30, "level": 4, "title": "One month"},
    {"day": 60, "level": 5, "title": "Two months"},
    {"day": 90, "level": 6, "title": "Three months"},
    {"day": 180, "level": 7, "title": "Half a year"},
    {"day": 365, "level": 8, "title": "One year"},
)
DEFAULT_STEPS: Mapping[str, Sequence[str]] = {
    "iOS": ("Download the profile", "Install it in Settings", "Set the PIN under Screen Time"),
    "macOS": ("Download the profile", "Install it in System Settings", "Set the PIN"),
    "Android": ("Install the app", "Allow it to manage the device", "Set the PIN"),
    "Windows": ("Install the app", "Add it to family safety", "Set the PIN"),
}
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "milestones": {"levels": DEFAULT_LEVELS},
    "device_setup_flow": {"steps": DEFAULT_STEPS},
}
"""What holds where the configuration says nothing."""


# ---------------------------------------------------------------- names


def customer_id_of(shop_id: int | str) -> str:
    """Return the id of a customer of the shop, whose own ids are 64-bit integers.

    Example:
        >>> customer_id_of(8423551009081) == customer_id_of("8423551009081")
        True
    """
    return str(uuid.uuid5(SHOP_NAMESPACE, str(shop_id)))


def provisional_username(customer_id: str) -> str:
    """Return the name a customer has until one is claimed.

    Example:
        >>> provisional_username("24e3a22c-d9e8-4c1f-b8d7-0883b0bf99d4")
        'member_24e3a22cd9e8'
    """
    return PROVISIONAL + customer_id.replace("-", "")[:12]


def username_of(text: str) -> str:
    """Return a name as it is compared, or "" where nobody may have it.

    Example:
        >>> username_of("Ana_K"), username_of("a"), username_of("member_24e3")
        ('ana_k', '', '')
    """
    name = text.lower()
    if USERNAME.fullmatch(name) is None or name.startswith((PROVISIONAL, ERASED)):
        return ""
    return name


def erased(customer_id: str) -> dict[str, Any]:
    """Return what is left of a customer: values that are unique, and say nothing."""
    digits = customer_id.replace("-", "")
    return {
        "email": f"{digits}{NO_ADDRESS}",
        "username": f"{ERASED}{digits[:12]}",
        "phone": f"{ERASED}{digits[:12]}",
        "subscription_status": "expired",
        "commitment_data": {},
        "streak": 0,
        "level": 0,
        "card": {},
        "preferences": {},
        "webhook_data": {},
    }


def shown_phone(phone: str | None) -> str | None:
    """Return a phone as its owner sees it; None for what was left in place of one."""
    return None if phone is None or phone.startswith(ERASED) else phone


def is_erased(subscriber: Any) -> bool:
    """Whether nothing but the id of a customer is left."""
    return str(subscriber.email).endswith(NO_ADDRESS)


# ---------------------------------------------------------------- commitments and milestones


def begun(goal_minutes: int, now: dt.datetime) -> dict[str, Any]:
    """Return a commitment that begins now."""
    return {"start": instant(now), "goal_minutes": goal_minutes, "history": []}


def days_of(commitment: Mapping[str, Any], now: dt.datetime) -> int:
    """Return the whole days since a commitment began; 0 where none runs.

    Example:
        >>> now = dt.datetime(2026, 11, 3, 13, tzinfo=dt.UTC)
        >>> days_of({"start": "2026-11-01T12:00:00.000Z"}, now)
        2
    """
    start = commitment.get("start")
    return max(0, (now - moment(start)).days) if isinstance(start, str) else 0


def surrendered(commitment: Mapping[str, Any], now: dt.datetime) -> dict[str, Any]:
    """Return a commitment after giving in: it begins again, and what was reached is remembered."""
    ended = {"start": commitment["start"], "end": instant(now), "days": days_of(commitment, now)}
    history = [*commitment.get("history", ()), ended][-HISTORY_KEPT:]
    return {**commitment, "start": instant(now), "history": history}


def levels_of(config: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    """Return the milestones of a configuration by day; those of the service where it has none."""
    levels: Any = (config or {}).get("levels")
    is_usable = (
        isinstance(levels, list)
        and bool(levels)
        and all(
            isinstance(each, Mapping)
            and isinstance(each.get("day"), int)
            and isinstance(each.get("level"), int)
            and isinstance(each.get("title"), str)
            for each in levels
        )
    )
    return sorted(levels, key=lambda each: each["day"]) if is_usable else DEFAULT_LEVELS


def milestone_of(days: int, levels: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the highest milestone that is not above a streak; level 0 before the first.

    Example:
        >>> [milestone_of(days, DEFAULT_LEVELS)["level"] for days in (0, 1, 6, 7, 400)]
        [0, 1, 1, 2, 8]
    """
    reached = [each for each in levels if each["day"] <= days]
    return reached[-1] if reached else {"day": 0, "level": 0, "title": ""}


def next_milestone(days: int, levels: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the first milestone that is still ahead, or None."""
    return next((each for each in levels if each["day"] > days), None)


# ---------------------------------------------------------------- leaderboard


def ranked(subscribers: Iterable[Any]) -> list[Any]:
    """Return subscribers in the order of the leaderboard: by streak, then by name."""
    return sorted(subscribers, key=lambda each: (-each.streak, each.username))


# ---------------------------------------------------------------- time


def moment(text: str) -> dt.datetime:
    """Return a time in UTC, to the millisecond, from ISO text.

    Raises:
        ValueError: it is none, or names no offset from UTC.
    """
    time = dt.datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time needs its offset from UTC")
    return to_millisecond(time.astimezone(dt.UTC))


def to_millisecond(time: dt.datetime) -> dt.datetime:
    """Return a time without what is finer than a millisecond."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def instant(time: dt.datetime) -> str:
    """Return a time as it is stored.

    Example:
        >>> instant(dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC))
        '2026-11-30T12:00:00.000Z'
    """
    text = time.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return f"{text}Z"
