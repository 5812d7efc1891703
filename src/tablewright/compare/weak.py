"""Which part of a bill rests on weak prices: stated by a third party, or read long ago.

In: the board and options. Out: the amount, its share of the bill, and the parts. An answer that
such prices decide has to say so.
"""

from __future__ import annotations

from collections.abc import Sequence

from tablewright.bill.bill import Line
from tablewright.bill.book import Price
from tablewright.compare.board import Board
from tablewright.compare.values import ArchitectureResult, WeakPrices
from tablewright.core.errors import PriceUnknownError
from tablewright.core.quantities import ZERO

OLD_AFTER = 2
"""Calendar years by which a price is older than the newest used, from which on it is old."""


def weak_prices(board: Board, results: Sequence[ArchitectureResult]) -> tuple[WeakPrices, ...]:
    """Return what of each option's bill is at weak prices, for those that have some."""
    priced = [result for result in results if result.at(board.users).is_priced]
    known = {
        result.architecture.name: [
            (line, price)
            for line in result.at(board.users).lines
            if (price := _price(board, line)) is not None
        ]
        for result in priced
    }
    years = [_year(price) for lines in known.values() for _, price in lines]
    newest = max(years, default=0)
    found = []
    for result in priced:
        name, option_total = result.architecture.name, result.at(board.users).list_total
        weak = [(line, why) for line, price in known[name] if (why := _why(price, newest))]
        usd = sum((line.amount for line, _ in weak), ZERO)
        if usd > 0:
            found.append(
                WeakPrices(
                    option=name,
                    usd=usd,
                    share=usd / option_total,
                    parts=tuple(dict.fromkeys(line.what for line, _ in weak)),
                    reasons=tuple(sorted({why for _, why in weak})),
                )
            )
    return tuple(found)


def _price(board: Board, line: Line) -> Price | None:
    try:
        return board.book.price(line.price_key, line.region)
    except PriceUnknownError:
        return None


def _year(price: Price) -> int:
    return int(price.as_of[:4]) if price.as_of[:4].isdigit() else 0


def _why(price: Price, newest: int) -> str:
    """Return why a price is weak, empty if it is not."""
    if price.confidence == "secondary":
        return "stated by a third party"
    if 0 < _year(price) <= newest - OLD_AFTER:
        return f"read in {_year(price)}"
    return ""
