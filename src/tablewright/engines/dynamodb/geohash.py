"""Geohashes: the cells that places are found by.

In: a place, a length. Out: the cell, its size in degrees, its neighbours.
Algorithm: G. Niemeyer, 2008.
"""

from __future__ import annotations

from typing import Any

GEOHASH = "geohash"
"""`location.geohash5` in a key template is the cell of a geo attribute, five characters long."""


def cell_of(point: Any, length: int) -> str:
    """Return the cell of a point, "" for none."""
    return geohash(float(point["lat"]), float(point["lon"]), length) if point else ""


_BASE32 = "0123456789bcdefghjkmnpqrstuvwxyz"


def geohash(latitude: float, longitude: float, length: int) -> str:
    """Return the geohash cell of a point, its name `length` characters long.

    Source: the public-domain geohash encoding (base 32, longitude first).

    Example:
        >>> geohash(57.64911, 10.40744, 7)
        'u4pruyd'
    """
    low, high = [-90.0, -180.0], [90.0, 180.0]
    point = (latitude, longitude)
    bits, even, text = 0, True, ""
    for count in range(1, length * 5 + 1):
        axis = 1 if even else 0
        middle = (low[axis] + high[axis]) / 2
        bits <<= 1
        if point[axis] >= middle:
            bits |= 1
            low[axis] = middle
        else:
            high[axis] = middle
        even = not even
        if count % 5 == 0:
            text += _BASE32[bits]
            bits = 0
    return text


def cell_degrees(length: int) -> tuple[float, float]:
    """Return how high and how wide a geohash cell is, in degrees of latitude and longitude.

    Example:
        >>> cell_degrees(1)
        (45.0, 45.0)
    """
    bits = length * 5
    return 180.0 / (1 << (bits // 2)), 360.0 / (1 << (bits - bits // 2))


def neighbours(point: Any, length: int) -> list[dict[str, float]]:
    """Return a point in each of the nine cells around another, its own in the middle."""
    high, wide = cell_degrees(length)
    lat, lon = float(point["lat"]), float(point["lon"])
    return [
        {"lat": max(-90.0, min(90.0, lat + north)), "lon": (lon + east + 180) % 360 - 180}
        for north in (-high, 0.0, high)
        for east in (-wide, 0.0, wide)
    ]
