"""Vectors of a sample: clustered, of unit length within rounding, each component of equal digits.

In: a vector attribute and random numbers. Out: lists of Decimals. Real embeddings lie in clusters;
so do these, which lets an approximate search be tried on them.
"""

from __future__ import annotations

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
    out = []
    for _ in range(count):
        center = Random(seed + rng.randrange(CLUSTERS))
        raw = [center.gauss(0, 1) + _NOISE * rng.gauss(0, 1) for _ in range(dimensions)]
        length = sum(value * value for value in raw) ** 0.5 or 1.0
        # Every second component is negative, whichever they are, so that all vectors have the
        # same bytes: only the amounts are drawn.
        out.append(
            [
                _component(abs(value) / length, place % 2 == 1, attribute.digits)
                for place, value in enumerate(raw)
            ]
        )
    return out


def _component(amount: float, is_negative: bool, digits: int) -> Decimal:
    """Return a number between 0.01 and 0.1 of exactly so many significant digits."""
    low, high = 10 ** (digits - 1), 10**digits - 1
    scaled = max(low, min(high, round(min(amount, 0.0999) * 10 ** (digits + 1))))
    if scaled % 10 == 0:
        scaled += 1  # a zero at the end would not be stored
    number = Decimal(scaled).scaleb(-digits - 1)
    return -number if is_negative else number


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
