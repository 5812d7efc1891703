"""Figures and names in words: the few phrases that every page uses.

In: Decimals and names. Out: finished text. Rounding is left to `core.quantities`.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.core.quantities import (
    format_bytes,
    format_count,
    format_number,
    format_usd,
    plain,
)
from tablewright.evaluation.values import INDEX_WRITE, PAGE, UnitUse
from tablewright.model.values import Reviews

REQUEST_UNITS = ("RRU", "WRU", "rWRU")


def usd(value: Decimal) -> str:
    """Return money as people read it.

    Example:
        >>> usd(Decimal("-3.5")), usd(Decimal("1234.567"))
        ('-3.50', '1,234.57')
    """
    return format_usd(value)


def prices_of(days: str) -> str:
    """Return from when prices are.

    Example:
        >>> prices_of("2026-09-28"), prices_of("")
        ('prices of 2026-09-28', 'no prices')
    """
    return f"prices of {days}" if days else "no prices"


def cents(value: Decimal, total: Decimal) -> str:
    """Return a part of a total, to the cent where the total is a dollar or more.

    Example:
        >>> cents(Decimal("0.00042"), Decimal(12)), cents(Decimal("0.00042"), Decimal("0.01"))
        ('< 0.01', '0.00042')
    """
    if abs(total) < 1 or value == 0 or abs(value) >= Decimal("0.005"):
        return usd(value) if abs(total) < 1 else format_number(value, 2)
    return "< 0.01"


def usd_or_none(amount: Decimal | None) -> str:
    """Return money as `usd` does, or that there is no figure.

    Example:
        >>> usd_or_none(None), usd_or_none(Decimal(2))
        ('no figure', '2.00')
    """
    return "no figure" if amount is None else usd(amount)


def per_user(value: Decimal) -> str:
    """Return the cost of one user, with two digits that tell something.

    Example:
        >>> per_user(Decimal("0.0341755")), per_user(Decimal("1.5"))
        ('0.034', '1.50')
    """
    if value == 0 or abs(value) >= 1:
        return usd(value)
    return format_number(value, min(1 - value.adjusted(), 12))


def unit_mean(value: Decimal) -> str:
    """Return mean units for a column: two decimals, nothing where nothing is taken.

    Example:
        >>> unit_mean(Decimal("6.4795")), unit_mean(Decimal(0))
        ('6.48', '')
    """
    return format_number(value, 2) if value else ""


def usd_change(value: Decimal) -> str:
    """Return a change of money with its sign.

    Example:
        >>> usd_change(Decimal("3.5")), usd_change(Decimal(0))
        ('+3.50', '0.00')
    """
    return f"+{usd(value)}" if value > 0 else usd(value)


def percent(share: Decimal) -> str:
    """Return a share as per cent, finer where it is small.

    Example:
        >>> percent(Decimal("0.943")), percent(Decimal("0.0042")), percent(Decimal("0.00001"))
        ('94 %', '0.4 %', '< 0.1 %')
    """
    if 0 < share < Decimal("0.0005"):
        return "< 0.1 %"
    places = 1 if 0 < abs(share) < Decimal("0.0995") else 0
    return f"{format_number(share * 100, places)} %"


def plural(count: int | Decimal, one: str, many: str = "") -> str:
    """Return a count with its noun.

    Example:
        >>> plural(1, "table"), plural(2, "index", "indexes")
        ('1 table', '2 indexes')
    """
    return f"{format_number(count)} {one if count == 1 else many or one + 's'}"


def users(count: int) -> str:
    """Return a number of users.

    Example:
        >>> users(10_000)
        '10,000 users'
    """
    return plural(count, "user")


def units(value: Decimal) -> str:
    """Return request units of one call: halves matter, a thousandth does not.

    Example:
        >>> units(Decimal("6.5")), units(Decimal("201.04")), units(Decimal("0.12345"))
        ('6.5', '201.04', '0.123')
    """
    if value == 0:
        return "0"
    places = 3 if abs(value) < 1 else 2
    return plain(value.quantize(Decimal(1).scaleb(-places)))


_DONE = {"read": "read", "write": "written", INDEX_WRITE: "written", PAGE: "touched"}


def unit_words(use: UnitUse) -> str:
    """Return what units are: `read` or `write`, on a server `rows read` or `pages touched`."""
    return f"{use.counts} {_DONE[use.dimension]}" if use.counts else use.dimension


def quantity(amount: Decimal | None, unit: str) -> str:
    """Return what is billed: request units in full, everything else with its unit.

    Example:
        >>> quantity(Decimal(12_000_000), "WRU"), quantity(Decimal("0.53"), "GB-month")
        ('12,000,000', '0.53 GB')
    """
    if amount is None:
        return ""
    if unit in REQUEST_UNITS:
        return format_number(amount)
    if 0 < amount < Decimal("0.001"):
        text = "< 0.001"
    else:
        text = format_number(amount) if abs(amount) >= 100 else _three_digits(amount)
    return f"{text} {unit.removesuffix('-month')}"


def price(amount: Decimal | None, per: int, unit: str) -> str:
    """Return a unit price with what it is for.

    Example:
        >>> price(Decimal("0.625"), 1_000_000, "WRU"), price(Decimal("0.25"), 1, "GB-month")
        ('0.625 / million', '0.25 / GB')
    """
    if amount is None:
        return ""
    each = unit.removesuffix("-month")
    if per == 1_000_000:
        each = "million"
    elif per != 1:
        each = f"{format_number(per)} {each}"
    return f"{plain(amount)} / {each}"


def size(value: Decimal | int) -> str:
    """Return a byte count."""
    return format_bytes(value)


def contents(items: int | None, size_bytes: int | None) -> list[str]:
    """Return how much a table holds, as far as that is known.

    Example:
        >>> contents(2, None), contents(1, 300)
        (['2 items'], ['1 item', '300 B'])
    """
    counted = [] if items is None else [plural(items, "item")]
    return counted + ([] if size_bytes is None else [size(size_bytes)])


def count(value: Decimal | int) -> str:
    """Return a count that fits a column."""
    return format_count(value)


def joined(parts: list[str]) -> str:
    """Return parts with commas and an "and".

    Example:
        >>> joined(["1 critical", "2 high", "3 medium"])
        '1 critical, 2 high and 3 medium'
    """
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)


def listed(names: tuple[str, ...] | list[str], most: int = 4) -> str:
    """Return names in a row, the rest as a number.

    Example:
        >>> listed(["a", "b", "c"], most=2)
        'a, b and 1 more'
    """
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def sentence(text: str) -> str:
    """Return a text that begins and ends like a sentence; a name at its start stays as it is.

    Example:
        >>> sentence("add a guard item"), sentence("hot_wcu is 1,420 > 1,000")
        ('Add a guard item.', 'hot_wcu is 1,420 > 1,000.')
    """
    if not text:
        return ""
    if text.split(maxsplit=1)[0].rstrip(",;:.").isalpha():
        text = text[0].upper() + text[1:]
    return ended(text)


def ended(text: str) -> str:
    """Return a text that ends like a sentence; its first word may be a name and stays as it is.

    Example:
        >>> ended("email of Customer is unique")
        'email of Customer is unique.'
    """
    return text if not text or text[-1] in ".!?:" else text + "."


def _three_digits(value: Decimal) -> str:
    if value == 0:
        return "0"
    places = max(0, 2 - value.adjusted())
    return plain(value.quantize(Decimal(1).scaleb(-min(places, 12))))


def review_sentence(reviews: Reviews) -> str:
    """Say when a model was reviewed and when it is to be again.

    Example:
        >>> review_sentence(Reviews(last="2025-11-10", at_users=5000))
        'Reviewed on 2025-11-10. The next review is due at 5,000 users.'
    """
    text = f"Reviewed on {reviews.last}." if reviews.last else ""
    due = [f"on {reviews.due}"] if reviews.due else []
    due += [f"at {reviews.at_users:,} users"] if reviews.at_users else []
    if due:
        first = ", whichever comes first" if len(due) > 1 else ""
        text += f" The next review is due {' or '.join(due)}{first}."
    return text.strip()
