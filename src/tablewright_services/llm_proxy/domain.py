"""The rules of the proxy: plans, periods, prices, totals. Pure: no clock, no database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

PLANS = {"free": 50, "pro": 1_000, "business": 10_000}
"""Calls a month."""
PRODUCTS = {"pro.monthly": "pro", "business.monthly": "business"}
"""Products of the App Store and the plans they buy."""
GRACE = dt.timedelta(days=3)
"""How long a plan holds after it has run out."""
USD_PER_MILLION_TOKENS = {"openai": Decimal(30), "anthropic": Decimal(15), "google": Decimal(10)}


def period_of(moment: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """Return the calendar month, in UTC, that a moment lies in.

    Example:
        >>> [str(each.date()) for each in period_of(dt.datetime(2026, 12, 5, tzinfo=dt.UTC))]
        ['2026-12-01', '2027-01-01']
    """
    first = dt.datetime(moment.year, moment.month, 1, tzinfo=dt.UTC)
    year, month = divmod(first.month, 12)
    return first, dt.datetime(first.year + year, month + 1, 1, tzinfo=dt.UTC)


def cost_of(provider: str, tokens: int) -> Decimal:
    """Return what tokens cost in US dollars, to the four places that a usage record keeps.

    Example:
        >>> cost_of("openai", 150)
        Decimal('0.0045')
    """
    exact = USD_PER_MILLION_TOKENS[provider] * tokens / 1_000_000
    return exact.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def totals(records: Iterable[Any]) -> list[dict[str, Any]]:
    """Return calls, tokens and cost by day and provider, in order."""
    sums: dict[tuple[str, str], list[Any]] = {}
    for record in records:
        key = (str(record.timestamp)[:10], record.provider)
        total = sums.setdefault(key, [0, 0, Decimal(0)])
        total[0] += 1
        total[1] += record.tokens
        total[2] += Decimal(record.cost)
    return [
        {"day": day, "provider": provider, "calls": calls, "tokens": tokens, "cost": cost}
        for (day, provider), (calls, tokens, cost) in sorted(sums.items())
    ]


def standing(user: Any, now: dt.datetime) -> dict[str, Any]:
    """Return what a user may see of the own subscription; a period that is over counts nothing."""
    ends = dt.datetime.fromisoformat(user.periodEnd)
    used = user.requests if ends > now else 0
    resets = ends if ends > now else period_of(now)[1]
    return {
        "plan": user.plan,
        "used": used,
        "limit": user.limit,
        "resetAt": resets.isoformat().replace("+00:00", "Z"),
        "status": user.status,
    }


def is_lapsed(user: Any, now: dt.datetime) -> bool:
    """Whether a bought plan and its days of grace have run out."""
    if user.plan == "free" or not user.expiresAt:
        return False
    return dt.datetime.fromisoformat(user.expiresAt) + GRACE <= now


def change_of(plan: str, expires: str | None) -> Mapping[str, Any]:
    """Return what a change to a plan sets."""
    return {
        "plan": plan,
        "limit": PLANS[plan],
        "source": "none" if plan == "free" else "ios",
        "status": "expired" if plan == "free" else "active",
        "expiresAt": expires,
    }
