"""The short forms of the model file: what each means, and what is said of those that are none."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tablewright.model import scalars
from tablewright.model.scalars import (
    Bad,
    byte_count,
    count,
    days,
    number,
    rate,
    share,
    signed,
    whole,
)
from tablewright.model.values import Count, Rate

D = Decimal


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (number, "1_000.50", D("1000.50")),
        (number, ".5", D("0.5")),
        (number, "1e3", D(1000)),
        (number, "1e18", D("1e18")),
        (number, "1e-18", D("1e-18")),
        (number, "0", D(0)),
        (signed, "-3", D(-3)),
        (signed, "3", D(3)),
        (whole, "10_000", 10_000),
        (whole, "5.0", 5),
        (byte_count, "7", D(7)),
        (byte_count, "1.5 KB", D(1536)),
        (byte_count, "2mb", D(2 * 1024**2)),
        (byte_count, "1GB", D(1024**3)),
        (byte_count, "3B", D(3)),
        (share, "85%", D("0.85")),
        (share, "0.5", D("0.5")),
        (share, "1", D(1)),
        (share, "100 %", D(1)),
        (days, "12h", D("0.5")),
        (days, "2w", D(14)),
        (days, "1d", D(1)),
        (days, "1y", D(365)),
        (days, "1440m", D(1)),
        (days, "43200s", D("0.5")),
        (rate, "45/user/day", Rate(per_day=D(45), per="user")),
        (rate, "2/hour", Rate(per_day=D(48), per="total")),
        (rate, "1/min", Rate(per_day=D(1440), per="total")),
        (rate, "1/s", Rate(per_day=D(86_400), per="total")),
        (rate, "7/Device/week", Rate(per_day=D(1), per="Device")),
        # 730 hours of a month are 30.41666… days; a year has 365.
        (rate, "365/year", Rate(per_day=D(1), per="total")),
        (rate, "73/user/month", Rate(per_day=D(73) * 86_400 / 2_628_000, per="user")),
        (count, "2", Count(mean=D(2), per="")),
        (count, "200 total", Count(mean=D(200), per="total")),
        (count, "3/user", Count(mean=D(3), per="user")),
        (count, "20/day/user", Count(mean=D(20), per="user", inflow_per_day=D(20))),
        (count, "24/h", Count(mean=D(24), per="", inflow_per_day=D(576))),
    ],
)
def test_a_short_form_means(read: Callable[[str], Any], text: str, value: Any) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text", "id", "reason", "help"),
    [
        (number, "abc", "bad-value", "", ""),
        (number, "", "bad-value", "", ""),
        (number, "1" * 65, "bad-value", "", ""),
        (number, "-1", "negative-value", "must not be negative", "write a figure of 0 or more"),
        (
            number,
            "2e18",
            "impossible-value",
            "is out of range",
            "figures between 1e-18 and 1e18 are understood",
        ),
        (
            number,
            "9e-19",
            "impossible-value",
            "is out of range",
            "figures between 1e-18 and 1e18 are understood",
        ),
        (whole, "1.5", "bad-value", "", ""),
        (byte_count, "much", "bad-value", "", ""),
        (
            byte_count,
            "5TB",
            "impossible-value",
            "has the unknown unit `TB`",
            "units are B, KB, MB and GB",
        ),
        (share, "half", "bad-value", "", ""),
        (
            share,
            "85",
            "impossible-value",
            "is more than all of them",
            "a share is 0 to 1, or 0% to 100%; did you mean 85%?",
        ),
        (
            share,
            "100",
            "impossible-value",
            "is more than all of them",
            "a share is 0 to 1, or 0% to 100%; did you mean 100%?",
        ),
        (
            share,
            "101",
            "impossible-value",
            "is more than all of them",
            "a share is 0 to 1, or 0% to 100%",
        ),
        (
            share,
            "101%",
            "impossible-value",
            "is more than all of them",
            "a share is 0 to 1, or 0% to 100%",
        ),
        (days, "long", "bad-value", "", ""),
        (
            days,
            "5",
            "impossible-value",
            "has no unit",
            "write 5d for days; also s, m (minutes), h, w and y",
        ),
        (
            days,
            "5 months",
            "impossible-value",
            "has the unknown unit `months`",
            "units are s, m (minutes), h, d, w and y",
        ),
        (rate, "often", "bad-value", "", ""),
        (
            rate,
            "45",
            "impossible-value",
            "does not say per what",
            "write 45/user/day, 45/day or 45/s",
        ),
        (count, "many", "bad-value", "", ""),
        (count, "2/day/hour", "bad-value", "", ""),
        (count, "2/user/device", "bad-value", "", ""),
    ],
)
def test_what_is_none_is_answered(
    read: Callable[[str], Any], text: str, id: str, reason: str, help: str
) -> None:
    with pytest.raises(Bad) as caught:
        read(text)
    assert (caught.value.id, caught.value.reason, caught.value.help) == (id, reason, help)


def test_an_unknown_period_is_told_with_those_there_are() -> None:
    with pytest.raises(Bad) as caught:
        rate("5/fortnight")
    assert "fortnight" in caught.value.reason
    assert all(word in caught.value.help for word in ("day", "hour", "week"))
    assert set(scalars.PERIOD_SECONDS) >= {"s", "min", "h", "d", "w", "month", "y"}
