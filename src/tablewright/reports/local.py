"""The page of `local`: where the server is, and its running bill.

In: a LocalView, or the lines of a running bill. Out: a document, or a table of the terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.core.quantities import ZERO, format_usd, plain
from tablewright.local.bill import BULK_UNPRICED
from tablewright.reports.document import Document
from tablewright.verbs.local import LocalView

if TYPE_CHECKING:
    from tablewright.local.bill import BillLine, UnitPrices

MOST_LINES = 20


def local_page(view: LocalView) -> Document:
    """Return where the server is."""
    return Document(title=f"DynamoDB API on {view.url}, data {view.data}. Ctrl-C ends it.")


def bill_table(
    lines: tuple[BillLine, ...], prices: UnitPrices | None, region: str | None = None
) -> Any:
    """Return the running bill as a table of the terminal, the most expensive lines first."""
    from rich.table import Table

    title = "Running bill" if region is None else f"Running bill of {region}"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in ("Table", "Index", "Operation", "Label"):
        table.add_column(name)
    for name in ("Requests", "Read units", "Write units", "USD"):
        table.add_column(name, justify="right")

    def usd(lines: tuple[BillLine, ...]) -> str:
        amounts = [prices.of_line(line) if prices else None for line in lines]
        known = [amount for amount in amounts if amount is not None]
        return format_usd(sum(known, ZERO)) if prices and len(known) == len(amounts) else "-"

    # A write unit costs five times a read unit in every region.
    ordered = sorted(lines, key=lambda line: -(line.reads + 5 * line.writes))
    for line in ordered[:MOST_LINES]:
        table.add_row(
            line.table,
            line.index or "",
            line.operation,
            line.label or "",
            f"{line.requests:,}",
            plain(line.reads),
            plain(line.writes),
            usd((line,)),
        )
    if len(ordered) > MOST_LINES:
        table.add_row(f"and {len(ordered) - MOST_LINES} more", *[""] * 7)
    reads = sum((line.reads for line in lines), ZERO)
    writes = sum((line.writes for line in lines), ZERO)
    table.add_section()
    table.add_row("Total", "", "", "", "", plain(reads), plain(writes), usd(lines))
    if any(line.bulk_put_bytes or line.bulk_put_vector_bytes for line in lines):
        table.caption = BULK_UNPRICED
    return table
