"""Read the short forms of the model file: `38KB`, `85%`, `90d`, `45/user/day`, `200 total`.

In: the text of one scalar. Out: a Decimal, `Rate` or `Count`, or `Bad` with the reason. It does not
know where in the file the text stands.
"""

from __future__ import annotations

import re
from decimal import Decimal

from tablewright.core.quantities import GB, KB, MB, SECONDS_PER_DAY
from tablewright.model.values import Count, Rate

_NUMBER = r"[+-]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?"
NUMBER_PATTERN = r"(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?"
"""A number that is not negative, as the JSON Schema says it."""

BYTE_UNITS = {"": 1, "B": 1, "KB": KB, "MB": MB, "GB": GB}
DURATION_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000}
PERIOD_SECONDS = {
    "s": 1,
    "second": 1,
    "min": 60,
    "minute": 60,
    "h": 3_600,
    "hour": 3_600,
    "d": 86_400,
    "day": 86_400,
    "w": 604_800,
    "week": 604_800,
    "month": 2_628_000,  # 730 hours
    "y": 31_536_000,
    "year": 31_536_000,
}

LARGEST = Decimal(10) ** 18
SMALLEST = Decimal(10) ** -18
"""Between these two lies every figure of a model file that is not 0."""

_PLAIN = re.compile(_NUMBER)
_WITH_UNIT = re.compile(rf"({_NUMBER})\s*([A-Za-z]*)")
_SHARE = re.compile(rf"({_NUMBER})\s*(%?)")
_RATE = re.compile(rf"({_NUMBER})\s*/\s*(?:([A-Za-z_][\w-]*)\s*/\s*)?([A-Za-z]+)")
_COUNT = re.compile(rf"({_NUMBER})((?:\s*/\s*[A-Za-z_][\w-]*){{0,2}}|\s+total)")


class Bad(ValueError):
    """The text is not what it should be; `reason` completes "X is `text`, which …".

    Without a reason it has the wrong form altogether (`bad-value`).
    """

    def __init__(self, reason: str = "", *, id: str = "", help: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.id = id or ("impossible-value" if reason else "bad-value")
        self.help = help


def number(text: str) -> Decimal:
    """Read a number that is not negative.

    Raises:
        Bad: it is no number, negative, or beyond any sense.

    Example:
        >>> number("1_000.50")
        Decimal('1000.50')
    """
    if len(text) > 64 or _PLAIN.fullmatch(text) is None:
        raise Bad
    value = Decimal(text.replace("_", ""))
    if value < 0:
        raise Bad("must not be negative", id="negative-value", help="write a figure of 0 or more")
    if value and not SMALLEST <= value <= LARGEST:
        raise Bad("is out of range", help="figures between 1e-18 and 1e18 are understood")
    return value


def signed(text: str) -> Decimal:
    """Read a number of either sign.

    Example:
        >>> signed("-3")
        Decimal('-3')
    """
    return -number(text[1:]) if text.startswith("-") else number(text)


def whole(text: str) -> int:
    """Read a whole number that is not negative.

    Example:
        >>> whole("10_000")
        10000
    """
    value = number(text)
    if value != value.to_integral_value():
        raise Bad
    return int(value)


def byte_count(text: str) -> Decimal:
    """Read an amount of bytes (1 KB = 1024 bytes).

    Example:
        >>> byte_count("1.5 KB")
        Decimal('1536.0')
    """
    match = _WITH_UNIT.fullmatch(text)
    if match is None:
        raise Bad
    unit = BYTE_UNITS.get(match[2].upper())
    if unit is None:
        raise Bad(f"has the unknown unit `{match[2]}`", help="units are B, KB, MB and GB")
    return number(match[1]) * unit


def share(text: str) -> Decimal:
    """Read a share, 0 to 1 or per cent.

    Example:
        >>> share("85%"), share("0.5")
        (Decimal('0.85'), Decimal('0.5'))
    """
    match = _SHARE.fullmatch(text)
    if match is None:
        raise Bad
    value = number(match[1]) / (100 if match[2] else 1)
    if value > 1:
        hint = "" if match[2] or value > 100 else f"; did you mean {text}%?"
        raise Bad("is more than all of them", help=f"a share is 0 to 1, or 0% to 100%{hint}")
    return value


def days(text: str) -> Decimal:
    """Read a duration, in days.

    Example:
        >>> days("12h"), days("2w")
        (Decimal('0.5'), Decimal('14'))
    """
    match = _WITH_UNIT.fullmatch(text)
    if match is None:
        raise Bad
    unit = DURATION_SECONDS.get(match[2])
    if unit is None:
        if match[2]:
            raise Bad(
                f"has the unknown unit `{match[2]}`",
                help="units are s, m (minutes), h, d, w and y",
            )
        raise Bad("has no unit", help=f"write {text}d for days; also s, m (minutes), h, w and y")
    return number(match[1]) * unit / SECONDS_PER_DAY


def rate(text: str) -> Rate:
    """Read how often something happens: `45/user/day`, `20/Device/day`, `300/day`, `10/s`.

    Example:
        >>> rate("45/user/day")
        Rate(per_day=Decimal('45'), per='user')
        >>> rate("2/hour")
        Rate(per_day=Decimal('48'), per='total')
    """
    match = _RATE.fullmatch(text)
    if match is None:
        if _PLAIN.fullmatch(text):
            raise Bad(
                "does not say per what", help=f"write {text}/user/day, {text}/day or {text}/s"
            )
        raise Bad
    return Rate(per_day=_per_day(number(match[1]), match[3]), per=match[2] or "total")


def count(text: str) -> Count:
    """Read how many instances there are; `per` is the word used, empty where there is none.

    Example:
        >>> count("200 total").per, count("20/day/user").inflow_per_day, count("2").per
        ('total', Decimal('20'), '')
    """
    match = _COUNT.fullmatch(text)
    if match is None:
        raise Bad
    amount = number(match[1])
    words = [word for word in re.split(r"[\s/]+", match[2]) if word]
    times = [word for word in words if _period(word) is not None]
    drivers = [word for word in words if word not in times]
    if len(times) > 1 or len(drivers) > 1:
        raise Bad
    per = drivers[0] if drivers else ""
    if times:
        return Count(mean=amount, per=per, inflow_per_day=_per_day(amount, times[0]))
    return Count(mean=amount, per=per)


def values_count(text: str) -> tuple[Decimal, bool]:
    """Read a number of distinct values, and whether it is that for each user.

    Example:
        >>> values_count("40"), values_count("0.5/user")
        ((Decimal('40'), False), (Decimal('0.5'), True))
    """
    amount, slash, driver = (part.strip() for part in text.partition("/"))
    if slash and driver not in ("user", "users"):
        raise Bad
    return number(amount), bool(slash)


def times_per(text: str, period: str) -> Decimal:
    """Read how often in a period: `1/month`, or a number that already means that period.

    Example:
        >>> times_per("1/month", "month"), times_per("2/month", "year"), times_per("3", "year")
        (Decimal('1'), Decimal('24'), Decimal('3'))
    """
    amount, slash, word = (part.strip() for part in text.partition("/"))
    if not slash:
        return number(amount)
    seconds = _period(word)
    if seconds is None:
        raise Bad
    return number(amount) * PERIOD_SECONDS[period] / seconds


def _period(word: str) -> int | None:
    return PERIOD_SECONDS.get(word) or PERIOD_SECONDS.get(word.rstrip("s"))


def _per_day(amount: Decimal, word: str) -> Decimal:
    seconds = _period(word)
    if seconds is None:
        raise Bad(
            f"has the unknown time `{word}`",
            help="times are s, min, hour, day, week, month and year",
        )
    return amount * SECONDS_PER_DAY / seconds
