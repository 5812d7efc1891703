"""The Atlas tiers as offers: what each holds, what it lacks, what it costs.

In: the price book, and `offers.yaml` beside this module. Out: offers; a tier whose price is not
known or was never verified stays in the list, without a price.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from tablewright.bill.prices import PriceBook
from tablewright.engines.servers.constants import Figures, figures
from tablewright.engines.servers.load import Load
from tablewright.engines.servers.offer_reader import offers_of, read_entries
from tablewright.engines.servers.sizing import Offer


def offers(book: PriceBook) -> tuple[Offer, ...]:
    """Return Free, Flex in its bands, and the dedicated tiers."""
    entries = read_entries("tablewright.engines.mongodb", "offers.yaml")
    return offers_of(entries, book, figures("mongodb"), _functions)


def _functions(load: Load, given: Figures) -> Mapping[str, Callable[..., Decimal]]:
    """Return none: the charges of Atlas need only arithmetic."""
    return {}
