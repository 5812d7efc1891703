"""Bytes of vector indexes: what an entry weighs, what writes and searches are charged.

In: dimensions, bytes of other attributes, counts of vectors and results. Out: bytes. Writes are
exact; what the service charges for a search is not deterministic, so that a search has a likely
figure inside a band. It does not know tables, requests or prices.

Sources: writes and base items as measured on AWS by the public conformance suite paritysuite/
dynamodb-conformance (18 August and 9 October 2026) and by ExtendDB (13 August 2026). Searches: the
developer guide says only that they grow with dimensions and results, and with the logarithm of the
items; the form below was fitted to the figures published by aws/agent-toolkit-for-aws, ExtendDB
and a public comparison with 15,000 vectors (August 2026). Nobody has published a formula.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from tablewright.capacity.limits import limit
from tablewright.core.frozen import frozen

COMPONENT_BYTES = limit("vector_component_bytes")
MIN_REQUEST_BYTES = limit("vector_request_bytes")
MAX_DIMENSIONS = limit("vector_dimensions")
MAX_RESULTS = limit("vector_results")
MAX_INDEXES = limit("vector_indexes")
MAX_INLINE_FILTERS = limit("vector_inline_filters")

RESULT_BYTES = 65
"""What a result weighs in a search beside its projected attributes (fitted)."""

_FACTOR_AT_TEN = Decimal("7.7")
"""How many times the query vector's bytes a search of ten vectors reads (fitted)."""
_FACTOR_PER_DOUBLING = Decimal("0.67")
_LOW_FACTOR = Decimal("2.5")
_HIGH_SHARE = Decimal("1.5")


def vector_bytes(dimensions: int) -> int:
    """Return the bytes of a vector in an index, without its name.

    Example:
        >>> vector_bytes(1024)
        4096
    """
    return COMPONENT_BYTES * dimensions


def entry_bytes(name_bytes: int, dimensions: int, other_bytes: int) -> int:
    """Return the bytes of an index entry.

    Args:
        name_bytes: UTF-8 bytes of the name of the vector attribute.
        dimensions: components of the vector.
        other_bytes: the other projected attributes, names and values.

    Example:
        Key `pk` = "b1" and `tenant` = "t1" beside `emb` with 1,024 dimensions, as measured:

        >>> entry_bytes(len("emb"), 1024, len("pk" + "b1") + len("tenant" + "t1"))
        4111
    """
    return name_bytes + vector_bytes(dimensions) + other_bytes


def write_request_bytes(
    before: int | None, after: int | None, *, is_changed: bool = True, has_moved: bool = False
) -> int:
    """Return what one write is charged on one vector index, in bytes.

    Args:
        before: bytes of the entry as it was; None if the item was not in the index.
        after: bytes of the entry as it will be; None if the item leaves the index.
        is_changed: whether anything the index projects differs.
        has_moved: whether the partition key of the index changed: a removal and an addition.

    Example:
        >>> write_request_bytes(None, 40), write_request_bytes(4113, None)
        (1024, 4113)
        >>> write_request_bytes(4112, 4112, has_moved=True)
        8224
        >>> write_request_bytes(4111, 4111, is_changed=False)
        0
    """
    if before is None and after is None:
        return 0
    if before is None or after is None:
        return max(MIN_REQUEST_BYTES, before or after or 0)
    if has_moved:
        return max(MIN_REQUEST_BYTES, before) + max(MIN_REQUEST_BYTES, after)
    return max(MIN_REQUEST_BYTES, after) if is_changed else 0


@frozen
class SearchBytes:
    """What a search is charged, in bytes: a likely figure and the band it was observed in."""

    low: Decimal
    likely: Decimal
    high: Decimal


def search_request_bytes(
    *, dimensions: int, vectors: int, results: int, result_bytes: int | Decimal
) -> SearchBytes:
    """Return what one search is charged.

    Args:
        dimensions: components of the query vector.
        vectors: how many vectors the searched index, or its searched partition, holds.
        results: how many results come back.
        result_bytes: all that is projected of the results together, with the vector only if it
            is returned.

    Example:
        15,000 vectors of 1,024 dimensions, ten results of 500 bytes: 60,560 + 5,655 were observed.

        >>> search = search_request_bytes(
        ...     dimensions=1024, vectors=15_000, results=10, result_bytes=5_000)
        >>> search.low, search.likely, search.high
        (Decimal('15890'), Decimal('66144'), Decimal('99216'))
    """
    query = Decimal(vector_bytes(dimensions))
    doublings = (Decimal(max(vectors, 1)) / 10).ln() / Decimal(2).ln()
    factor = max(_LOW_FACTOR, _FACTOR_AT_TEN + _FACTOR_PER_DOUBLING * doublings)
    returned = results * RESULT_BYTES + Decimal(result_bytes)
    likely = _charged(factor * query + returned)
    return SearchBytes(
        low=min(likely, _charged(_LOW_FACTOR * query + returned)),
        likely=likely,
        high=_charged(likely * _HIGH_SHARE),
    )


def _charged(size: Decimal) -> Decimal:
    return max(Decimal(MIN_REQUEST_BYTES), size.to_integral_value(rounding=ROUND_CEILING))
