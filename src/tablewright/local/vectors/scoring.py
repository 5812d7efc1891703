"""Scores of vectors to the bit, and which of many vectors may be among the nearest.

In: a query and blocks of vectors, 32-bit floats. Out: scores as the service computes them, and a
selection that is certain to contain the nearest vectors. It does not know items or keys.

The service computes in 32-bit floats and adds the terms of a vector pairwise, halving their number
each time (measured on AWS, floci, 23 September 2026: the dot product of [16777216, 1 x 7] with
ones is 16777222; of [16777216, 1 x 15], 16777230). That order is slow for millions of vectors, so
all are first estimated by one matrix product at the speed of memory. The rounding errors of both
sums are bounded (Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1: n terms in
any order err by at most n u / (1 - n u) times the sum of their sizes), so every vector that could
be among the nearest is scored exactly, and no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Positions = NDArray[np.int64]

COSINE = "COSINE"
DOT_PRODUCT = "DOT_PRODUCT"
EUCLIDEAN = "EUCLIDEAN"

_UNIT = 2.0**-24
"""The largest relative error of rounding to a 32-bit float."""

_SHORT, _LONG = 1e-15, 1e18
"""Between these lengths the squares of vectors are far from the ends of 32-bit floats."""

_LARGE = 1e37

_CHUNK_FLOATS = 4_000_000
"""Terms of exact scores computed at a time: 16 MB."""


def numpy() -> Any:
    """Return the numpy module.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import numpy as np
    except ImportError as missing:
        from tablewright.core.errors import UsageError

        raise UsageError(
            "searching vectors needs numpy, which is not installed",
            remedy="pip install numpy",
        ) from missing
    return np


def pairwise_sums(terms: Any) -> Any:
    """Return the sum of each row, added pairwise in 32-bit floats; `terms` is overwritten.

    Example:
        >>> np = numpy()
        >>> float(pairwise_sums(np.array([[16777216.0] + [1.0] * 7], dtype=np.float32))[0])
        16777222.0
    """
    count = terms.shape[1]
    while count > 1:
        pairs = count // 2
        added = terms[:, 0 : 2 * pairs : 2] + terms[:, 1 : 2 * pairs : 2]
        if count % 2:
            terms[:, pairs] = terms[:, count - 1]
        terms[:, :pairs] = added
        count = pairs + count % 2
    return terms[:, 0].copy()


def exact_scores(metric: str, rows: Any, query: Any) -> Any:
    """Return the score of each row of a matrix against a query, as the service does.

    Products and sums are 32-bit. The cosine divides by the root of both norms and subtracts from
    one in double precision and rounds once, which reproduces the published figures. A vector
    without length has the cosine score 1.

    Example:
        >>> np = numpy()
        >>> rows = np.array([[0.6, 0.8, 0.0]], dtype=np.float32)
        >>> query = np.array([1.0, 0.0, 0.0], dtype=np.float32)
        >>> [float(exact_scores(m, rows, query)[0]) for m in (COSINE, EUCLIDEAN, DOT_PRODUCT)]
        [0.3999999761581421, 0.8944271802902222, 0.6000000238418579]
    """
    np = numpy()
    out = np.empty(len(rows), dtype=np.float32)
    step = max(1, _CHUNK_FLOATS // max(1, rows.shape[1]))
    with np.errstate(over="ignore", invalid="ignore"):
        for low in range(0, len(rows), step):
            out[low : low + step] = _scores(metric, rows[low : low + step], query)
    return out


def _scores(metric: str, rows: Any, query: Any) -> Any:
    np = numpy()
    if metric == EUCLIDEAN:
        difference = query - rows
        return np.sqrt(pairwise_sums(difference * difference))
    dots = pairwise_sums(rows * query)
    if metric == DOT_PRODUCT:
        return dots
    query_norm = float(pairwise_sums((query * query)[None, :])[0]) ** 0.5
    norms = query_norm * np.sqrt(pairwise_sums(rows * rows).astype(np.float64))
    has_length = norms > 0
    cosines = np.divide(dots.astype(np.float64), norms, out=np.zeros(len(norms)), where=has_length)
    return (1.0 - cosines).astype(np.float32)


def is_nearer_when_higher(metric: str) -> bool:
    """Whether a higher score means nearer, as for the dot product only."""
    return metric == DOT_PRODUCT


def estimates(metric: str, dots: Any, norms: Any, query: Any) -> tuple[Any, Any]:
    """Return estimated distances, low is near, and how far each may be from the exact one.

    Distances are -dot, 1 - cos, or the squared Euclidean distance, in double precision.

    Args:
        metric: the distance function.
        dots: dot products of the vectors with the query, summed in any order.
        norms: the length of each vector, in double precision.
        query: the query.
    """
    np = numpy()
    dots = dots.astype(np.float64)
    query_norm = float(np.linalg.norm(query.astype(np.float64)))
    terms = len(query) + 4
    # Both the estimate and the exact score may err by this much of |x| |q|, whence the 2.
    share = 2 * terms * _UNIT / (1 - terms * _UNIT)
    if metric == COSINE:
        lengths = norms * query_norm
        cosines = np.divide(dots, lengths, out=np.zeros(len(dots)), where=lengths > 0)
        # The squares of very short or long vectors leave the range of 32 bits: no bound then.
        is_safe = (norms > _SHORT) & (norms < _LONG) & (_SHORT < query_norm < _LONG)
        return 1.0 - cosines, np.where(is_safe, 2 * share, np.inf)
    if metric == DOT_PRODUCT:
        distances, sizes = -dots, norms * query_norm
    else:
        distances = norms * norms + query_norm * query_norm - 2 * dots
        sizes = 2 * (norms + query_norm) ** 2
    return distances, np.where(sizes < _LARGE, share * sizes + 1e-37, np.inf)


def possible_nearest(distances: Any, errors: Any, count: int) -> Any:
    """Return the positions of all vectors that may be among the `count` nearest."""
    np = numpy()
    if count >= len(distances):
        return np.arange(len(distances))
    if not bool(np.isfinite(distances).all()):  # sums beyond the largest float: no estimate
        return np.arange(len(distances))
    worst = np.partition(distances + errors, count - 1)[count - 1]
    return np.flatnonzero(distances - errors <= worst)
