"""The running bill: what the requests so far consumed, by table, index, operation and label.

In: the `Metered` record of each request. Out: lines of request counts and units, summed by
anything, and the same as JSON. It does not know prices: who shows money passes what a unit costs.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tablewright.core.quantities import ZERO, plain

if TYPE_CHECKING:
    from tablewright.local.metering import Metered


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPrices:
    """USD for one read request unit and one write request unit."""

    read: Decimal
    write: Decimal

    def of(self, reads: Decimal, writes: Decimal) -> Decimal:
        """Return what these units cost, not rounded."""
        return reads * self.read + writes * self.write


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class BillLine:
    """Units one operation consumed on one table, or one of its indexes, under one label.

    `requests` counts the requests that touched this arm: a put into a table with an index is
    counted on the table's line and on the index's line.
    """

    table: str
    index: str | None
    operation: str
    label: str | None
    requests: int
    reads: Decimal
    writes: Decimal


class RunningBill:
    """Adds up the records of a Database; set its `on_metered` to `add`. Safe across threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: dict[tuple[str, str | None, str, str | None], list[Any]] = {}

    def add(self, record: Metered) -> None:
        """Count what one request consumed on one table."""
        with self._lock:
            for index, reads, writes in record.arms:
                if not reads and not writes:  # named in the reply, but not touched
                    continue
                key = (record.table, index, record.operation, record.label)
                line = self._lines.get(key)
                if line is None:
                    self._lines[key] = [1, reads, writes]
                else:
                    line[0] += 1
                    line[1] += reads
                    line[2] += writes

    def clear(self) -> None:
        """Begin again from nothing."""
        with self._lock:
            self._lines.clear()

    def lines(self) -> tuple[BillLine, ...]:
        """Return all lines, in the order of table, index, operation and label."""
        with self._lock:
            found = [(key, tuple(value)) for key, value in self._lines.items()]
        found.sort(key=lambda pair: tuple(part or "" for part in pair[0]))
        return tuple(
            BillLine(
                table=table,
                index=index,
                operation=operation,
                label=label,
                requests=requests,
                reads=Decimal(reads),
                writes=Decimal(writes),
            )
            for (table, index, operation, label), (requests, reads, writes) in found
        )

    def as_json(self, prices: UnitPrices | None = None) -> dict[str, Any]:
        """Return the bill for `GET /_tablewright/bill`; units and money are decimal strings."""
        lines = self.lines()
        out: dict[str, Any] = {
            "schema": 1,
            "total": _totals(lines, prices),
            "by_table": _grouped(lines, ("table",), prices),
            "by_index": _grouped(
                tuple(line for line in lines if line.index), ("table", "index"), prices
            ),
            "by_operation": _grouped(lines, ("operation",), prices),
            "by_label": _grouped(lines, ("label",), prices),
            "lines": [
                {
                    "table": line.table,
                    "index": line.index,
                    "operation": line.operation,
                    "label": line.label,
                    "requests": line.requests,
                    **_totals([line], prices),
                }
                for line in lines
            ],
        }
        return out


def summed(
    lines: Iterable[BillLine], by: tuple[str, ...]
) -> dict[tuple[str | None, ...], tuple[Decimal, Decimal]]:
    """Return read and write units summed by attributes of the lines, such as ("table", "label")."""
    sums: dict[tuple[str | None, ...], tuple[Decimal, Decimal]] = {}
    for line in lines:
        key = tuple(getattr(line, name) for name in by)
        reads, writes = sums.get(key, (ZERO, ZERO))
        sums[key] = (reads + line.reads, writes + line.writes)
    return sums


def _totals(lines: Iterable[BillLine], prices: UnitPrices | None) -> dict[str, str]:
    every = tuple(lines)
    reads = sum((line.reads for line in every), ZERO)
    writes = sum((line.writes for line in every), ZERO)
    return _amounts(reads, writes, prices)


def _amounts(reads: Decimal, writes: Decimal, prices: UnitPrices | None) -> dict[str, str]:
    out = {"read_units": plain(reads), "write_units": plain(writes)}
    if prices is not None:
        out["usd"] = plain(prices.of(reads, writes))
    return out


def _grouped(
    lines: tuple[BillLine, ...], by: tuple[str, ...], prices: UnitPrices | None
) -> list[dict[str, Any]]:
    groups = summed(lines, by)
    return [
        {**dict(zip(by, key, strict=True)), **_amounts(*groups[key], prices)}
        for key in sorted(groups, key=lambda names: tuple(name or "" for name in names))
    ]
