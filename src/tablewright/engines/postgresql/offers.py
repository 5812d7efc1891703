"""PostgreSQL services as offers: Aurora, RDS, and the other vendors.

In: the price book, and `offers.yaml` beside this module. Out: offers. What does not follow a load
by arithmetic is computed here: the capacity units of a cluster that scales by itself, and the disk
requests of Aurora.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from tablewright.bill.prices import PriceBook
from tablewright.core.memo import Memo
from tablewright.core.quantities import GB, HOURS_PER_MONTH, ONE, SECONDS_PER_MONTH, ZERO
from tablewright.engines.servers.constants import Figures, figures
from tablewright.engines.servers.load import Load
from tablewright.engines.servers.offer_reader import offers_of, read_entries
from tablewright.engines.servers.sizing import Offer
from tablewright.engines.servers.versions import support_of

PAUSE_AFTER_SECONDS = Decimal(300)
"""The shortest time without connections after which Aurora pauses."""

_ACU_HOURS: Memo[Decimal] = Memo(16)
"""By load and figures: several offers of Aurora ask for the same."""

_LEVELS: Memo[tuple[tuple[Decimal, int], ...]] = Memo(16)
"""By the weights of a day, which has 1,440 minutes."""


def offers(book: PriceBook, version: str = "") -> tuple[Offer, ...]:
    """Return every service of the price book that runs PostgreSQL, at a stated version."""
    entries = read_entries("tablewright.engines.postgresql", "offers.yaml")
    support = support_of("postgresql", version, book)
    return offers_of(entries, book, figures("postgresql"), _functions, support)


def _functions(load: Load, given: Figures) -> Mapping[str, Callable[..., Decimal]]:
    """Return what the charges may call: `acu_hours(pausing)` and `io_requests(memory_gb)`."""
    return {
        "acu_hours": lambda pausing: _ACU_HOURS.get(
            (load, given), (bool(pausing),), lambda: acu_hours(load, given, bool(pausing))
        ),
        "io_requests": lambda memory_gb: io_requests(load, given, memory_gb),
    }


def io_requests(load: Load, given: Figures, memory_gb: Decimal) -> Decimal:
    """Return the requests to Aurora's storage in a month: pages are never written to it."""
    cache_bytes = given.cache_gb(memory_gb) * GB
    each_second = load.iops(cache_bytes, given, peak=False, per_write="aurora_io_write")
    return each_second * SECONDS_PER_MONTH


def acu_hours(load: Load, given: Figures, pausing: bool) -> Decimal:
    """Return the capacity units an Aurora cluster takes in a month, times hours.

    In each part of the day as much as processors and hot pages ask for, in steps of a half, at
    least a half. A cluster that may pause does so whenever nothing was asked for five minutes: of
    calls that come at random that is the share e^(-rate x 300 s) of the time.
    """
    weights = load.curve.weights
    stored = load.hot_bytes / GB / given.cache_gb(given["acu_memory_gb"])
    each = load.processors_mean / given["cpu_share"] / given["acu_vcpu"]
    least = max(stored, Decimal("0.5"))
    at_least, total = _steps(least), ZERO
    # an assumed day has no hours of rest
    always = _awake(load, ONE) if pausing and load.curve.assumed else ONE
    for level, times in _LEVELS.get((weights,), (), lambda: _levels(weights)):
        busy = each * level
        steps = at_least if busy <= least else _steps(busy)
        awake = _awake(load, level) if pausing and not load.curve.assumed else always
        total += steps * awake * times
    return total / len(weights) * HOURS_PER_MONTH


def _levels(weights: Sequence[Decimal]) -> tuple[tuple[Decimal, int], ...]:
    """Return each load of a day over the mean, with how often it is there."""
    mean = sum(weights, ZERO) / len(weights)
    return tuple((w / mean if mean else ONE, times) for w, times in Counter(weights).items())


def _steps(units: Decimal) -> Decimal:
    """Return capacity units in steps of a half."""
    return (units * 2).to_integral_value(rounding="ROUND_CEILING") / 2


def _awake(load: Load, level: Decimal) -> Decimal:
    """Return the share of the time in which an Aurora cluster that may pause does not."""
    rate = float(load.operations_mean * level * PAUSE_AFTER_SECONDS)
    return ONE - Decimal(math.exp(-min(700.0, rate)))
