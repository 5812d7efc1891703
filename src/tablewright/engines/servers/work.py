"""What one call makes a server do, as means: values that add."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE, ZERO


@frozen
class Work:
    """What one call makes a server do, as means."""

    commands: Decimal = ONE
    entries: Decimal = ZERO
    """Index entries examined."""
    rows: Decimal = ZERO
    """Rows or documents read."""
    row_bytes: Decimal = ZERO
    sorted_rows: Decimal = ZERO
    row_writes: Decimal = ZERO
    entry_writes: Decimal = ZERO
    written_bytes: Decimal = ZERO
    returned_bytes: Decimal = ZERO
    vector_searches: Decimal = ZERO
    """On search nodes beside the server."""
    touches: tuple[tuple[str, Decimal], ...] = ()
    """Pages touched that may not be in memory: of "table" or "table/index", how many."""
    pages: Decimal = ZERO
    """Pages that a read goes through, the upper levels of an index included."""

    def plus(self, other: Work, times: Decimal = ONE) -> Work:
        """Return both together, the other so many times."""
        return Work(
            commands=self.commands + other.commands * times,
            entries=self.entries + other.entries * times,
            rows=self.rows + other.rows * times,
            row_bytes=self.row_bytes + other.row_bytes * times,
            sorted_rows=self.sorted_rows + other.sorted_rows * times,
            row_writes=self.row_writes + other.row_writes * times,
            entry_writes=self.entry_writes + other.entry_writes * times,
            written_bytes=self.written_bytes + other.written_bytes * times,
            returned_bytes=self.returned_bytes + other.returned_bytes * times,
            vector_searches=self.vector_searches + other.vector_searches * times,
            pages=self.pages + other.pages * times,
            touches=self.touches + tuple((name, pages * times) for name, pages in other.touches),
        )

    def spread(self, shards: int, is_scattered: bool) -> Work:
        """Return the work on all shards together: what names no shard is sent to each of them.

        MongoDB manual, "Query routing": without the shard key the router broadcasts an operation,
        so that each shard carries out a command and looks into its part of an index at least once.
        """
        n = Decimal(shards)
        if shards == 1 or not is_scattered:
            return self
        return replace(
            self,
            commands=self.commands * n,
            entries=max(self.entries, n) if self.entries else ZERO,
            touches=tuple((name, max(pages, n)) for name, pages in self.touches),
        )


NOTHING = Work(commands=ZERO)
