"""Bytes, money, rates and months, and the one place that turns them into text.

Money and units are Decimal, bytes are integers; 1 KB = 1024 bytes, a month has 730 hours.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

KB = 1024
MB = 1024 * KB
GB = 1024 * MB

HOURS_PER_MONTH = Decimal(730)
DAYS_PER_MONTH = HOURS_PER_MONTH / 24
SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600
SECONDS_PER_DAY = Decimal(86_400)

ZERO = Decimal(0)
ONE = Decimal(1)


def per_month(per_day: Decimal) -> Decimal:
    """Return a daily quantity as a monthly one (a month has 730 hours).

    Example:
        >>> per_month(Decimal(12))
        Decimal('365')
    """
    return (per_day * HOURS_PER_MONTH / 24).normalize() + 0


def plain(value: Decimal) -> str:
    """Return a Decimal without exponent and without trailing zeros.

    Example:
        >>> plain(Decimal("12.500")), plain(Decimal("1E+3"))
        ('12.5', '1000')
    """
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


_QUANTA = tuple(Decimal(1).scaleb(-places) for places in range(4))


def format_number(value: Decimal | int, places: int = 0) -> str:
    """Return a number with thousands separators and a fixed number of decimals.

    Example:
        >>> format_number(Decimal("1234567.891"), 1)
        '1,234,567.9'
    """
    quantum = _QUANTA[places] if 0 <= places < len(_QUANTA) else Decimal(1).scaleb(-places)
    return f"{Decimal(value).quantize(quantum, rounding=ROUND_HALF_EVEN):,f}"


def format_usd(value: Decimal) -> str:
    """Return money as shown to people; rounding happens here and nowhere else.

    Two decimals from one cent on; below that two significant digits, so that a small
    bill is not shown as free.

    Example:
        >>> format_usd(Decimal("304.9186")), format_usd(Decimal("0.00531")), format_usd(Decimal(0))
        ('304.92', '0.0053', '0.00')
        >>> format_usd(Decimal("0.000000234"))
        '0.00000023'
    """
    if value == 0 or abs(value) >= Decimal("0.01"):
        return format_number(value, 2)
    places = -value.adjusted() + 1
    return format_number(value, min(places, 12))


def format_bytes(value: Decimal | int) -> str:
    """Return a byte count in the largest binary unit that keeps it at least one.

    Example:
        >>> format_bytes(400 * 1024), format_bytes(999), format_bytes(1536)
        ('400 KB', '999 B', '1.5 KB')
    """
    amount = Decimal(value)
    for unit, size in (("TB", 1024 * GB), ("GB", GB), ("MB", MB), ("KB", KB)):
        if abs(amount) >= size:
            shown = amount / size
            places = 0 if shown == shown.to_integral_value() or shown >= 100 else 1
            return f"{format_number(shown, places)} {unit}"
    return f"{format_number(amount)} B"


def format_count(value: Decimal | int) -> str:
    """Return a count in a form that fits a column: exact below 100,000, then with K, M, B.

    Example:
        >>> format_count(12345), format_count(30_000_000), format_count(Decimal("0.25"))
        ('12,345', '30.0M', '0.25')
    """
    amount = Decimal(value)
    for unit, size in (("B", 10**9), ("M", 10**6)):
        if abs(amount) >= size:
            return f"{format_number(amount / size, 1)}{unit}"
    if abs(amount) >= 100_000:
        return f"{format_number(amount / 1000, 0)}K"
    if amount != amount.to_integral_value() and abs(amount) < 100:
        return plain(amount.quantize(Decimal("0.01") if abs(amount) >= 1 else Decimal("0.0001")))
    return format_number(amount)


def decimals(value: Decimal, places: int = 1) -> str:
    """Return a number for a sentence: thousands separated, no idle zeros.

    Example:
        >>> decimals(Decimal("1420.04")), decimals(Decimal("0.5")), decimals(Decimal("12"))
        ('1,420', '0.5', '12')
    """
    if value and abs(value) < Decimal("0.1"):
        return plain(Decimal(f"{value:.2g}"))
    quantum = ONE if abs(value) >= 100 else ONE.scaleb(-places)
    shown = value.quantize(quantum)
    return f"{shown:,}".rstrip("0").rstrip(".") if "." in str(shown) else f"{shown:,}"


def percent(share: Decimal) -> str:
    """Return a share as people read it.

    Example:
        >>> percent(Decimal("0.285")), percent(Decimal("0.004"))
        ('28.5 %', '0.4 %')
    """
    return f"{decimals(share * 100)} %"
