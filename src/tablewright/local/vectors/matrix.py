"""The vectors of an index, or of one partition of it, in memory: added, removed and searched.

In: packed vectors under key bytes, with the values of their inline filters. Out: the nearest keys
with their scores. It does not know storage or items.

Vectors lie in blocks that never move, so that a growing index is not copied: a million vectors of
1,024 dimensions take 4.1 GB here, and their keys about 0.15 GB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tablewright.local.vectors.scoring import (
    estimates,
    exact_scores,
    is_nearer_when_higher,
    numpy,
    possible_nearest,
)

if TYPE_CHECKING:
    from tablewright.local.vectors.approximate import Clusters

MIN_BLOCK_ROWS = 256
MAX_BLOCK_BYTES = 64 * 1024 * 1024

_NO_VALUE = -1


class Near(NamedTuple):
    """A result of a search: the key of an item and its score."""

    key: bytes
    score: float


class Matrix:
    """Vectors under keys. Not safe across threads: callers hold the store's lock.

    Args:
        dimensions: components of each vector.
        metric: COSINE, DOT_PRODUCT or EUCLIDEAN.
        filters: names of the attributes a search may filter by.
        skipped: bytes at the start of each key that do not count in the order of equal scores.
    """

    def __init__(
        self, dimensions: int, metric: str, filters: Sequence[str] = (), *, skipped: int = 0
    ) -> None:
        self._skipped = skipped
        self.dimensions = dimensions
        self.metric = metric
        self.filters = tuple(filters)
        self.clusters: Clusters | None = None
        """Where an approximate search looks; None until it is asked for."""
        self._np = numpy()
        self._blocks: list[Any] = []
        self._firsts: list[int] = []
        self._capacity = 0
        self._keys: list[bytes] = []
        self._rows: dict[bytes, int] = {}
        self._norms = self._np.empty(0, dtype=self._np.float64)
        self._codes = {name: self._np.empty(0, dtype=self._np.int32) for name in self.filters}
        self._known: dict[str, dict[Any, int]] = {name: {} for name in self.filters}

    def __len__(self) -> int:
        return len(self._keys)

    # -- changes --------------------------------------------------------------------------------

    def put(self, key: bytes, packed: bytes, filters: Mapping[str, Any]) -> None:
        """Add a vector, or replace the one under its key."""
        row = self._rows.get(key)
        if row is None:
            row = self._append(key)
        self._write(row, packed, filters)

    def extend(self, entries: Sequence[tuple[bytes, bytes, Mapping[str, Any]]]) -> None:
        """Add vectors under keys that are new."""
        for key, packed, filters in entries:
            self._write(self._append(key), packed, filters)

    def remove(self, key: bytes) -> None:
        """Remove a vector, if it is there: the last one takes its place."""
        row = self._rows.pop(key, None)
        if row is None:
            return
        last = len(self._keys) - 1
        if row != last:
            block, position = self._place(row)
            last_block, last_position = self._place(last)
            block[position] = last_block[last_position]
            self._norms[row] = self._norms[last]
            for codes in self._codes.values():
                codes[row] = codes[last]
            moved = self._keys[last]
            self._keys[row] = moved
            self._rows[moved] = row
            if self.clusters is not None:
                self.clusters.move(last, row)
        self._keys.pop()
        if self.clusters is not None:
            self.clusters.drop_last(last)

    def _append(self, key: bytes) -> int:
        row = len(self._keys)
        if row == self._capacity:
            self._grow()
        self._keys.append(key)
        self._rows[key] = row
        return row

    def _write(self, row: int, packed: bytes, filters: Mapping[str, Any]) -> None:
        np = self._np
        block, position = self._place(row)
        vector = np.frombuffer(packed, dtype="<f4")
        block[position] = vector
        wide = vector.astype(np.float64)
        self._norms[row] = np.sqrt(np.dot(wide, wide))
        for name, codes in self._codes.items():
            value = filters.get(name)
            known = self._known[name]
            codes[row] = _NO_VALUE if value is None else known.setdefault(value, len(known))
        if self.clusters is not None:
            self.clusters.assign(row, vector)

    def _grow(self) -> None:
        np = self._np
        limit = max(MIN_BLOCK_ROWS, MAX_BLOCK_BYTES // (4 * self.dimensions))
        rows = min(limit, max(MIN_BLOCK_ROWS, self._capacity))
        self._blocks.append(np.empty((rows, self.dimensions), dtype=np.float32))
        self._firsts.append(self._capacity)
        self._capacity += rows
        self._norms = np.resize(self._norms, self._capacity)
        for name, codes in self._codes.items():
            self._codes[name] = np.resize(codes, self._capacity)

    def _place(self, row: int) -> tuple[Any, int]:
        """Return the block of a row and the position in it."""
        from bisect import bisect_right

        number = bisect_right(self._firsts, row) - 1
        return self._blocks[number], row - self._firsts[number]

    # -- search ---------------------------------------------------------------------------------

    def search(
        self, packed: bytes, count: int, filters: Mapping[str, Any], *, probes: int | None = None
    ) -> list[Near]:
        """Return the nearest vectors, nearest first; equal scores in the order of their keys.

        Args:
            packed: the query vector.
            count: how many results at the most.
            filters: the values that results must have.
            probes: how many clusters to look into; None searches all vectors exactly.
        """
        np = self._np
        query = np.frombuffer(packed, dtype="<f4")
        rows = self._selected(filters)
        if probes is not None and self.clusters is not None:
            near = self.clusters.rows_near(query, probes)
            rows = near if rows is None else np.intersect1d(rows, near, assume_unique=True)
        if rows is None:
            rows = self._possible(query, count)
        elif len(rows) > count:
            rows = self._possible_of(rows, query, count)
        if not len(rows):
            return []
        vectors = self.take(rows)
        scores = exact_scores(self.metric, vectors, query)
        order = -scores if is_nearer_when_higher(self.metric) else scores
        ranked = sorted(
            zip(order.tolist(), (self._keys[row] for row in rows), scores.tolist(), strict=True),
            key=self._rank,
        )
        return [Near(key, score) for _, key, score in ranked[:count]]

    def take(self, rows: Any) -> Any:
        """Return the vectors of some rows as one matrix."""
        np = self._np
        out = np.empty((len(rows), self.dimensions), dtype=np.float32)
        numbers = np.searchsorted(self._firsts, rows, side="right") - 1
        for number in np.unique(numbers):
            chosen = numbers == number
            out[chosen] = self._blocks[number][rows[chosen] - self._firsts[number]]
        return out

    def each_block(self, use: Callable[[int, Any], None]) -> None:
        """Call `use` with the first row and the vectors of each block."""
        for first, block in zip(self._firsts, self._blocks, strict=True):
            rows = min(len(block), len(self) - first)
            if rows > 0:
                use(first, block[:rows])

    def _selected(self, filters: Mapping[str, Any]) -> Any | None:
        """Return the rows that have these values; None for all."""
        if not filters:
            return None
        np = self._np
        mask = np.ones(len(self), dtype=bool)
        for name, value in filters.items():
            code = self._known[name].get(value)
            if code is None:
                return np.empty(0, dtype=np.int64)
            mask &= self._codes[name][: len(self)] == code
        return np.flatnonzero(mask)

    def _possible(self, query: Any, count: int) -> Any:
        np = self._np
        if len(self) <= count:
            return np.arange(len(self))
        dots = np.empty(len(self), dtype=np.float32)

        def multiply(first: int, vectors: Any) -> None:
            np.dot(vectors, query, out=dots[first : first + len(vectors)])

        with np.errstate(over="ignore", invalid="ignore"):
            self.each_block(multiply)
            return self._near(dots, self._norms[: len(self)], query, count)

    def _possible_of(self, rows: Any, query: Any, count: int) -> Any:
        np = self._np
        dots = np.empty(len(rows), dtype=np.float32)
        step = max(1, MAX_BLOCK_BYTES // (4 * self.dimensions))
        with np.errstate(over="ignore", invalid="ignore"):
            for low in range(0, len(rows), step):
                dots[low : low + step] = self.take(rows[low : low + step]) @ query
            return rows[self._near(dots, self._norms[rows], query, count)]

    def _near(self, dots: Any, norms: Any, query: Any, count: int) -> Any:
        distances, errors = estimates(self.metric, dots, norms, query)
        return possible_nearest(distances, errors, count)

    def _rank(self, result: tuple[float, bytes, float]) -> tuple[bool, float, bytes]:
        """Order by score, then by key; a score that is no number comes last."""
        order, key, _ = result
        return order != order, order, key[self._skipped :]
