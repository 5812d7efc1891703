"""Atlas Vector Search: indexes of vectors, and the search nodes whose memory holds them.

In: indexes of a design, vectors, searches a second. Out: bytes of an index, how many nodes, what
they cost. A cluster takes no part in it but to look up the documents that were found.

Sources: MongoDB Atlas, "Vector Search" (index fields, `$vectorSearch`, quantization) and "Search
Node Cost", read 2026-11: the index, or its quantized copy, lies in memory; 4 bytes a dimension,
1.07 as whole numbers, 0.167 as single bits; 20 candidates for each result, at most 10,000; at least
two nodes, at most 32. That memory has to be a tenth larger than the index, and that a processor
serves ten searches a second, is advice of practitioners and said as an assumption.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal

from tablewright.bill.bill import Line, charge
from tablewright.bill.prices import PriceBook
from tablewright.core.errors import PriceUnknownError
from tablewright.core.quantities import GB, HOURS_PER_MONTH, format_number
from tablewright.engines.mongodb.design import AtlasVectorIndex
from tablewright.engines.servers.constants import Figures
from tablewright.engines.servers.load import Load
from tablewright.engines.servers.sizing import Offer, Pricing

MOST_CANDIDATES = 10_000
CANDIDATES_A_RESULT = 20
BYTES_A_DIMENSION = {"none": Decimal(4), "scalar": Decimal("1.07"), "binary": Decimal("0.167")}
"""In memory, by quantization."""

LEAST_NODES, MOST_NODES = 2, 32
MEMORY_FACTOR = Decimal("1.1")
SEARCHES_A_PROCESSOR = Decimal(10)
NODE = "mongodb.atlas.search.s20"
"""The one tier of search nodes with a price in the book."""

ASSUMPTIONS = (
    f"results are approximate: Atlas Vector Search with {CANDIDATES_A_RESULT} candidates for each "
    "result, which MongoDB calls 90 to 95 % of the exact ones",
    "search nodes: memory of 1.1 times the index and ten searches a second for each processor are "
    "advice of practitioners; MongoDB advises S30 or more in production and publishes no price of "
    "it",
)


def vector_bytes(index: AtlasVectorIndex, dimensions: int) -> Decimal:
    """Return the bytes of memory that one vector takes in an index.

    Example:
        >>> vector_bytes(AtlasVectorIndex(name="a", vector="v"), 1024)
        Decimal('4096')
        >>> vector_bytes(AtlasVectorIndex(name="a", vector="v", quantization="scalar"), 1024)
        Decimal('1095.68')
    """
    return BYTES_A_DIMENSION[index.quantization] * dimensions


def candidates(limit: int) -> int:
    """Return `numCandidates` of a search.

    Example:
        >>> candidates(10), candidates(1000)
        (200, 10000)
    """
    return max(limit, min(MOST_CANDIDATES, CANDIDATES_A_RESULT * limit))


def why_not(limit: int) -> str:
    """Say why one search does not return so many results; "" where they can."""
    if limit > MOST_CANDIDATES:
        return f"a search has at most {MOST_CANDIDATES:,} candidates, and {limit:,} are asked for"
    return ""


def with_search_nodes(offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """Return the tiers that can have search nodes, their price with that of the nodes."""
    return tuple(
        replace(offer, price=_with_nodes(offer.price))
        for offer in offers
        if offer.memory_gb is not None  # dedicated tiers, M10 and above
    )


def nodes_for(load: Load, book: PriceBook, region: str) -> Decimal:
    """Return how many search nodes a load takes.

    Raises:
        PriceUnknownError: it takes a larger node than the one with a price.
    """
    memory = book.quantity(f"{NODE}.spec.ram")
    processors = book.quantity(f"{NODE}.spec.vcpu")
    needed = load.vector_bytes * MEMORY_FACTOR / GB
    busy = (load.searches_peak / SEARCHES_A_PROCESSOR / processors).to_integral_value(ROUND_CEILING)
    reason = ""
    if needed > memory:
        reason = (
            f"{format_number(needed, 1)} GB of memory are needed, S20 has {memory:f}, and MongoDB "
            "publishes no price of larger search nodes"
        )
    elif busy > MOST_NODES:
        reason = (
            f"{format_number(load.searches_peak, 0)} searches a second take {busy:f} nodes of S20, "
            f"a cluster has at most {MOST_NODES}, and MongoDB publishes no price of larger ones"
        )
    if reason:
        raise PriceUnknownError(key="mongodb.atlas.search.s30", region=region, reason=reason)
    return max(Decimal(LEAST_NODES), busy)


def _with_nodes(price: Pricing) -> Pricing:
    def priced(load: Load, book: PriceBook, region: str, figures: Figures) -> tuple[Line, ...]:
        lines = price(load, book, region, figures)
        nodes = nodes_for(load, book, region)
        line = charge(
            book.price(NODE, region),
            nodes * HOURS_PER_MONTH,
            where="atlas",
            what="search nodes",
            resource="atlas S20",
            region=region,
            note=(
                f"{nodes:f} nodes for {format_number(load.vector_bytes / GB, 2)} GB of vectors and "
                f"{format_number(load.searches_peak, 1)} searches a second at the peak"
            ),
        )
        return (*lines, line)

    return priced
