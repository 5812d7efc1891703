"""Vectors of a sample: clustered, of unit length within rounding, each component of equal digits.

In: a vector attribute and random numbers. Out: lists of Decimals. Real embeddings lie in clusters;
so do these, which lets an approximate search be tried on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from random import Random

from tablewright.capacity.limits import CONTAINER_BYTES, ELEMENT_BYTES
from tablewright.model.values import Attribute

CLUSTERS = 64
_NOISE = 0.7


def vectors(attribute: Attribute, rng: Random, count: int) -> list[list[Decimal]]:
    """Return so many vectors.

    Example:
        >>> from tablewright.model.values import Kind
        >>> embedding = Attribute(name="e", kind=Kind.VECTOR, dimensions=4, digits=3)
        >>> [len(vector) for vector in vectors(embedding, Random(1), 2)]
        [4, 4]
    """
    dimensions = _dimensions(attribute)
    seed = rng.randrange(2**32)
    centers: dict[int, list[float]] = {}
    out = []
    for _ in range(count):
        cluster = rng.randrange(CLUSTERS)
        if cluster not in centers:
            gauss = Random(seed + cluster).gauss
            centers[cluster] = [gauss(0, 1) for _ in range(dimensions)]
        gauss = rng.gauss
        raw = [middle + _NOISE * gauss(0, 1) for middle in centers[cluster]]
        length = sum([value * value for value in raw]) ** 0.5 or 1.0
        out.append(_components([abs(value) / length for value in raw], attribute.digits))
    return out


def _components(amounts: Sequence[float], digits: int) -> list[Decimal]:
    """Return numbers between 0.01 and 0.1 of exactly so many significant digits.

    Every second one is negative, whichever they are, so that all vectors have the same bytes: only
    the amounts are drawn.

    Example:
        >>> [str(number) for number in _components([0.0234567, 0.02, 0.5], 3)]
        ['0.0235', '-0.0201', '0.0999']
    """
    low, high, power = 10 ** (digits - 1), 10**digits - 1, 10 ** (digits + 1)
    out = []
    for place, amount in enumerate(amounts):
        scaled = round((amount if amount < 0.0999 else 0.0999) * power)
        if scaled < low:
            scaled = low
        elif scaled > high:
            scaled = high
        if scaled % 10 == 0:
            scaled += 1  # a zero at the end would not be stored
        out.append(Decimal(f"-0.0{scaled}" if place % 2 else f"0.0{scaled}"))
    return out


def vector_list_bytes(attribute: Attribute) -> int:
    """Return the bytes of such a vector as a list of numbers in an item.

    Digits count in pairs from the point, and the first one here is a zero: n digits have
    1 + (n + 2) // 2 bytes, one more if negative; each element one more.

    Example:
        Four dimensions of 3 digits: 3 + 4 * (1 + 1 + 2) + 2 negative ones.

        >>> from tablewright.model.values import Kind
        >>> vector_list_bytes(Attribute(name="e", kind=Kind.VECTOR, dimensions=4, digits=3))
        21
    """
    dimensions = _dimensions(attribute)
    number = 1 + (attribute.digits + 2) // 2
    return CONTAINER_BYTES + dimensions * (ELEMENT_BYTES + number) + dimensions // 2


def _dimensions(attribute: Attribute) -> int:
    assert attribute.dimensions is not None, f"{attribute.name} is not a vector"
    return attribute.dimensions
