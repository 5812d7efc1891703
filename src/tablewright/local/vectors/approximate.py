"""Approximate search: looks only into the clusters of vectors that are nearest to the query.

In: a matrix of vectors and the recall that is asked for. Out: clusters, and how many of them a
search has to look into to reach that recall, measured on the vectors themselves. Deterministic.

The service's own search is approximate and promises no recall; this one lets an application be
tested against results that miss some. Vectors are clustered by a few rounds of k-means on a sample
(inverted file, as described by Jegou, Douze and Schmid, "Product quantization for nearest neighbor
search", 2011), the recall by searching for a sample of the stored vectors both ways.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tablewright.core.frozen import frozen
from tablewright.local.vectors.scoring import COSINE, numpy

if TYPE_CHECKING:
    from tablewright.local.vectors.matrix import Matrix

MIN_VECTORS = 1_000
"""Fewer vectors are searched exactly."""

_ROUNDS = 6
_SAMPLE_PER_CLUSTER = 48
_QUERIES = 64
_NEAREST = 10
_CHUNK = 16_384


@frozen
class Probing:
    """How far an approximate search has to look."""

    clusters: int
    probes: int
    recall: float
    """The share of the ten nearest that it returned, on average over the measured queries."""
    worst: float
    """The same for the worst of them."""


class Clusters:
    """The cluster of each row of a matrix."""

    def __init__(self, matrix: Matrix) -> None:
        np = numpy()
        self._metric = matrix.metric
        self.built_for = len(matrix)
        count = max(1, round(math.sqrt(len(matrix))))
        self.centers = _centers(matrix, count)
        self._of_row = np.empty(len(matrix), dtype=np.int32)
        self.measured: dict[float, Probing] = {}

        def assign(first: int, vectors: Any) -> None:
            for low in range(0, len(vectors), _CHUNK):
                part = vectors[low : low + _CHUNK]
                self._of_row[first + low : first + low + len(part)] = _nearest(
                    part, self.centers, self._metric
                )

        matrix.each_block(assign)
        self._rows = len(matrix)

    def assign(self, row: int, vector: Any) -> None:
        """Note a vector that was added or changed."""
        np = numpy()
        if row >= len(self._of_row):
            self._of_row = np.resize(self._of_row, max(row + 1, 2 * len(self._of_row)))
        self._of_row[row] = _nearest(vector[None, :], self.centers, self._metric)[0]
        self._rows = max(self._rows, row + 1)

    def move(self, source: int, target: int) -> None:
        """Note that a vector took the place of another."""
        self._of_row[target] = self._of_row[source]

    def drop_last(self, row: int) -> None:
        """Note that the last row was removed."""
        self._rows = row

    def rows_near(self, query: Any, probes: int) -> Any:
        """Return the rows of the clusters nearest to a query, in order."""
        np = numpy()
        distances = _distances(query[None, :], self.centers, self._metric)[0]
        chosen = np.zeros(len(self.centers), dtype=bool)
        chosen[np.argsort(distances, kind="stable")[:probes]] = True
        return np.flatnonzero(chosen[self._of_row[: self._rows]])


def probes_for(matrix: Matrix, recall: float) -> int | None:
    """Return how many clusters a search must look into to reach a recall; None: search exactly.

    Clusters are built when first needed, and again when the matrix has doubled or halved.
    """
    if len(matrix) < MIN_VECTORS or recall >= 1:
        return None
    clusters = matrix.clusters
    if clusters is None or not clusters.built_for / 2 < len(matrix) < clusters.built_for * 2:
        clusters = matrix.clusters = Clusters(matrix)
    return measured(matrix, recall).probes


def measured(matrix: Matrix, recall: float) -> Probing:
    """Return the fewest clusters that reach a recall on a sample of the matrix's own vectors."""
    np = numpy()
    clusters = matrix.clusters
    assert clusters is not None
    if recall in clusters.measured:
        return clusters.measured[recall]
    rows = np.linspace(0, len(matrix) - 1, _QUERIES).astype(np.int64)
    queries = [_disturbed(vector, seed) for seed, vector in enumerate(matrix.take(rows))]
    exact = [{near.key for near in matrix.search(query, _NEAREST, {})} for query in queries]
    low, high = 1, len(clusters.centers)
    result = None
    while low < high:
        middle = (low + high) // 2
        attempt = _recall(matrix, queries, exact, middle)
        if attempt.recall >= recall:
            high, result = middle, attempt
        else:
            low = middle + 1
    if result is None or result.probes != low:
        result = _recall(matrix, queries, exact, low)
    clusters.measured[recall] = result
    return result


def _recall(matrix: Matrix, queries: list[bytes], exact: list[set[bytes]], probes: int) -> Probing:
    shares = []
    for query, expected in zip(queries, exact, strict=True):
        near = {result.key for result in matrix.search(query, _NEAREST, {}, probes=probes)}
        shares.append(len(near & expected) / len(expected))
    assert matrix.clusters is not None
    return Probing(
        clusters=len(matrix.clusters.centers),
        probes=probes,
        recall=sum(shares) / len(shares),
        worst=min(shares),
    )


def _disturbed(vector: Any, seed: int) -> bytes:
    """Return a query near a stored vector: a tenth of its length away, in a fixed direction."""
    np = numpy()
    noise = np.random.default_rng(seed).standard_normal(len(vector))
    length = float(np.linalg.norm(vector)) or 1.0
    moved = vector + noise * (0.1 * length / float(np.linalg.norm(noise)))
    packed: bytes = moved.astype("<f4").tobytes()
    return packed


def _centers(matrix: Matrix, count: int) -> Any:
    np = numpy()
    size = min(len(matrix), count * _SAMPLE_PER_CLUSTER)
    sample = matrix.take(np.linspace(0, len(matrix) - 1, size).astype(np.int64))
    centers = sample[:: max(1, size // count)][:count].copy()
    for _ in range(_ROUNDS):
        nearest = _nearest(sample, centers, matrix.metric)
        sums = np.zeros_like(centers)
        np.add.at(sums, nearest, sample)
        counts = np.bincount(nearest, minlength=len(centers))
        has_members = counts > 0
        centers[has_members] = sums[has_members] / counts[has_members, None]
    return centers


def _nearest(vectors: Any, centers: Any, metric: str) -> Any:
    return _distances(vectors, centers, metric).argmin(axis=1)


def _distances(vectors: Any, centers: Any, metric: str) -> Any:
    """Return how far vectors are from centers; for the dot product, by angle and length."""
    np = numpy()
    dots = vectors @ centers.T
    squares = np.einsum("ij,ij->i", centers, centers)
    if metric == COSINE:
        return -dots / np.maximum(np.sqrt(squares), 1e-30)
    return squares - 2 * dots
