"""Indexes of vectors in PostgreSQL with pgvector: their pages, and what a search makes of them.

In: dimensions, rows, conditions. Out: bytes of an HNSW index, entries a search visits. Assumptions
are named where they stand; the rest is arithmetic on pgvector's own page layout.

Sources: pgvector 0.8, README and `hnsw.h`, `hnswbuild.c` (read 2026-08): an element has 72 + 8
bytes beside its vector, aligned to 8; its neighbours 4 + 12 x m bytes, aligned; each has a line
pointer of 4 bytes, and both lie on one page of 8,160 usable bytes. Limits: 2,000 dimensions of
`vector`, 4,000 of `halfvec`. `hnsw.ef_search` is 40 unless set, at most 1,000; an iterative scan
looks at 20,000 tuples at the most.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from decimal import Decimal

from tablewright.core.quantities import ONE, plain

MAX_VECTOR_DIMENSIONS = 2_000
MAX_HALFVEC_DIMENSIONS = 4_000

DEFAULT_EF_SEARCH = 40
MAX_SCAN_TUPLES = 20_000

VISITED_PER_CANDIDATE = Decimal(10)
"""Elements whose distance is computed for each candidate that is kept: assumed, m being 16."""

_PAGE_USABLE = 8_160
_PAGE = 8_192
_ELEMENT_HEADER = 72 + 8
_LINE_POINTERS = 8


def vector_bytes(dimensions: int) -> int:
    """Return the bytes of a `vector` column: four a dimension and eight of header.

    Example:
        >>> vector_bytes(1024)
        4104
    """
    return 4 * dimensions + 8


def vector_text(components: Iterable[Decimal]) -> str:
    """Return a vector as pgvector reads it.

    Example:
        >>> vector_text([Decimal("0.5"), Decimal("-1")])
        '[0.5,-1]'
    """
    return f"[{','.join(map(plain, components))}]"


def single_precision(components: Sequence[Decimal]) -> bytes:
    """Return a vector as pgvector keeps it: 32-bit floats."""
    return struct.pack(f"<{len(components)}f", *map(float, components))


def hnsw_bytes_per_row(dimensions: int, *, is_half: bool = False, m: int = 16) -> Decimal:
    """Return the bytes an HNSW index takes for each row.

    Measured with pgvector 0.6.2 over 1,500 rows: 2,053 at 384 dimensions, 4,101 at 768, 8,197 at
    1,024 and at 1,536, 16,389 at 1,980.

    Example:
        >>> [int(hnsw_bytes_per_row(d)) for d in (384, 768, 1024, 1536, 1980)]
        [2048, 4096, 8192, 8192, 16384]
        >>> int(hnsw_bytes_per_row(1024, is_half=True))
        2730
    """
    component = 2 if is_half else 4
    element = _aligned(_ELEMENT_HEADER + component * dimensions)
    neighbors = _aligned(4 + 12 * m)
    together = element + neighbors + _LINE_POINTERS
    on_a_page = _PAGE_USABLE // together
    if on_a_page:
        return Decimal(_PAGE) / on_a_page
    return Decimal(2 * _PAGE)  # the neighbours lie on a page of their own


def _aligned(size: int) -> int:
    return -(-size // 8) * 8


def visited(limit: int, share: Decimal) -> Decimal:
    """Return how many elements of an index a search visits.

    Conditions are looked at after the scan: with few rows that meet them, an iterative scan goes
    on until it has enough.

    Args:
        limit: the rows wanted.
        share: the share of the rows that meet the conditions.
    """
    candidates = max(Decimal(DEFAULT_EF_SEARCH), limit / max(share, Decimal("0.000001")))
    return candidates * VISITED_PER_CANDIDATE


def why_not(limit: int, share: Decimal) -> str:
    """Say why an index cannot find enough rows that meet the conditions; "" where it can."""
    needed = limit / max(share, Decimal("0.000001"))
    if share < ONE and needed > MAX_SCAN_TUPLES:
        return (
            f"conditions are looked at after the scan, and {limit} rows that meet them are among "
            f"{int(needed):,}, more than the {MAX_SCAN_TUPLES:,} an iterative scan goes through"
        )
    return ""
