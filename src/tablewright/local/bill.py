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

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO, plain

if TYPE_CHECKING:
    from tablewright.local.metering import Metered


@frozen
class UnitPrices:
    """USD for one read request unit and one write request unit, and for a byte of vectors."""

    read: Decimal
    write: Decimal
    vector_write: Decimal | None = None
    """USD for a byte written to a vector index; None if the region's price is not known."""
    vector_search: Decimal | None = None

    def of(self, reads: Decimal, writes: Decimal) -> Decimal:
        """Return what these units cost, not rounded."""
        return reads * self.read + writes * self.write

    def of_line(self, line: BillLine) -> Decimal | None:
        """Return what a line costs, not rounded; None if it has bytes without a price."""
        if line.bulk_put_bytes or line.bulk_put_vector_bytes:
            return None
        usd = self.of(line.reads, line.writes)
        for size, price in (
            (line.vector_write_bytes, self.vector_write),
            (line.vector_search_bytes, self.vector_search),
        ):
            if size and price is None:
                return None
            usd += size * (price or ZERO)
        return usd


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
    vector_write_bytes: int = 0
    vector_search_bytes: int = 0
    bulk_put_bytes: int = 0
    bulk_put_vector_bytes: int = 0


BULK_UNPRICED = "bulk puts are reported in bytes: their price is not known"

MAX_LINES = 10_000
"""Lines of a bill that are told apart; a client may invent a label for each request."""

REST = "(other labels)"


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
                self._count(key, reads, writes, 0, 0, 0, 0)
            for index, written, searched in record.vectors:
                key = (record.table, index, record.operation, record.label)
                self._count(key, ZERO, ZERO, written, searched, 0, 0)
            for index, put, vectors in record.bulk:
                key = (record.table, index, record.operation, record.label)
                self._count(key, ZERO, ZERO, 0, 0, put, vectors)

    def _count(self, key: tuple[str, str | None, str, str | None], *amounts: Any) -> None:
        line = self._lines.get(key)
        if line is None and len(self._lines) >= MAX_LINES:
            key = (*key[:3], REST)
            line = self._lines.get(key)
        if line is None:
            self._lines[key] = [1, *amounts]
        else:
            line[0] += 1
            for position, amount in enumerate(amounts, 1):
                line[position] += amount

    def clear(self) -> None:
        """Begin again from nothing."""
        with self._lock:
            self._lines.clear()

    def lines(self) -> tuple[BillLine, ...]:
        """Return all lines, in the order of table, index, operation and label."""
        with self._lock:
            lines = [(key, tuple(value)) for key, value in self._lines.items()]
        lines.sort(key=lambda pair: tuple(part or "" for part in pair[0]))
        return tuple(
            BillLine(
                table=table,
                index=index,
                operation=operation,
                label=label,
                requests=requests,
                reads=Decimal(reads),
                writes=Decimal(writes),
                vector_write_bytes=written,
                vector_search_bytes=searched,
                bulk_put_bytes=bulk,
                bulk_put_vector_bytes=bulk_vectors,
            )
            for (table, index, operation, label), (
                requests,
                reads,
                writes,
                written,
                searched,
                bulk,
                bulk_vectors,
            ) in lines
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
    out = {
        "read_units": plain(sum((line.reads for line in every), ZERO)),
        "write_units": plain(sum((line.writes for line in every), ZERO)),
    }
    for member in _BYTES:
        size = sum(getattr(line, member) for line in every)
        if size:
            out[member] = str(size)
    if prices is not None:
        amounts = [prices.of_line(line) for line in every]
        known = [amount for amount in amounts if amount is not None]
        if len(known) == len(amounts):
            out["usd"] = plain(sum(known, ZERO))
    if any(line.bulk_put_bytes or line.bulk_put_vector_bytes for line in every):
        out["unpriced"] = BULK_UNPRICED
    return out


_BYTES = (
    "vector_write_bytes", "vector_search_bytes", "bulk_put_bytes", "bulk_put_vector_bytes"
)  # fmt: skip


def _grouped(
    lines: tuple[BillLine, ...], by: tuple[str, ...], prices: UnitPrices | None
) -> list[dict[str, Any]]:
    groups: dict[tuple[str | None, ...], list[BillLine]] = {}
    for line in lines:
        groups.setdefault(tuple(getattr(line, name) for name in by), []).append(line)
    return [
        {**dict(zip(by, key, strict=True)), **_totals(groups[key], prices)}
        for key in sorted(groups, key=lambda names: tuple(name or "" for name in names))
    ]
