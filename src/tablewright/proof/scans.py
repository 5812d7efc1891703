"""Measure what a query is worth: its time beside that of reading the whole table.

In: a proof that was run, the database it ran on. Out: for each pattern that asks by a key, the time
of one call and of one pass over what its table stores. The pass is made once for each table, on a
database of this machine only: on an account it would be paid for.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from time import perf_counter

from tablewright.evaluation.doors import Adapter
from tablewright.evaluation.values import Route
from tablewright.proof.values import PatternProof, ScanComparison

BY_KEY = ("get", "query", "batch")
"""Main requests of a route that ask by a key."""


def compared_with_scans(
    adapter: Adapter, routes: Sequence[Route], patterns: Sequence[PatternProof]
) -> tuple[ScanComparison, ...]:
    """Return the patterns that ask by a key beside one pass over their tables.

    Args:
        adapter: the database, as the proof left it; nothing is measured on an account.
        routes: how the design answers each pattern.
        patterns: what was measured of each.
    """
    if not adapter.is_local:
        return ()
    by_name = {pattern.pattern: pattern for pattern in patterns}
    passes: dict[str, tuple[int, Decimal]] = {}
    comparisons = []
    for route in routes:
        timed = by_name.get(route.pattern)
        if route.operation not in BY_KEY or timed is None or not timed.calls:
            continue
        container = route.target.partition("/")[0]
        if container not in passes:
            passes[container] = _pass(adapter, container)
        records, milliseconds = passes[container]
        comparisons.append(
            ScanComparison(
                pattern=route.pattern,
                container=container,
                records=records,
                scan_ms=milliseconds,
                call_ms=Decimal(str(timed.latency_ms[0])),
            )
        )
    return tuple(comparisons)


def _pass(adapter: Adapter, container: str) -> tuple[int, Decimal]:
    """Return how many records a container has, and the milliseconds of reading all of them."""
    begin = perf_counter()
    records = sum(len(page) for _, page in adapter.scan(container))
    return records, Decimal(str(round((perf_counter() - begin) * 1000, 3)))
