"""How many bytes a value takes, drawn without the value where its kind allows.

In: an attribute and random numbers. Out: bytes on DynamoDB.
"""

from __future__ import annotations

from random import Random

from tablewright.capacity.limits import CONTAINER_BYTES
from tablewright.model.values import Attribute, Kind
from tablewright.sample.documents import SMALLEST_MAP
from tablewright.sample.spreads import draw, fixed_value
from tablewright.sample.vectors import vector_list_bytes

DOMAIN = "@example.com"


def stated_lengths(attribute: Attribute, rng: Random, n: int, default: int) -> list[int]:
    """Return one drawn length in bytes for each of n values."""
    if attribute.bytes is None:
        return [default] * n
    return draw(attribute.bytes, rng, n)


def compressed_ratio(attribute: Attribute) -> float | None:
    """Return the size after compression as a share of that before; None where unstated."""
    return None if attribute.compressible is None else float(attribute.compressible)


_ALONE = (Kind.UUID, Kind.ULID, Kind.ID, Kind.EMAIL, Kind.USERNAME, Kind.PHONE)


def can_be_made_alone(attribute: Attribute, unique: bool) -> bool:
    """Whether an instance's value needs no random numbers, so none of its neighbours."""
    if attribute.like or attribute.examples or attribute.copy_of:
        return False
    fixed = attribute.bytes is None or fixed_value(attribute.bytes) is not None
    if attribute.kind in (Kind.TOKEN, Kind.DIGITS, Kind.INT) and unique:
        return fixed
    return attribute.kind in _ALONE and fixed


def constant_bytes(attribute: Attribute) -> int | None:
    """Return the bytes every value has, None where they differ or are not known beforehand."""
    kind = attribute.kind
    if attribute.like or attribute.examples or attribute.copy_of:
        return None
    if kind in _ALWAYS:
        return _ALWAYS[kind]
    if kind is Kind.VECTOR:
        return vector_list_bytes(attribute)
    if attribute.bytes is None:
        return _UNLESS_STATED.get(kind)
    if kind in (Kind.PHONE, Kind.TIMESTAMP, Kind.DIGITS):
        return max(_LEAST.get(kind, 0), round(attribute.bytes.mean))
    fixed = fixed_value(attribute.bytes)
    if fixed is None:
        return None
    if kind is Kind.EMAIL:
        return max(fixed, len(DOMAIN))
    if kind is Kind.MAP and not attribute.fields:
        return _map_bytes(fixed)
    if kind is Kind.LIST and attribute.element is None:
        return max(fixed, CONTAINER_BYTES)
    return fixed if kind in _AS_STATED else None


def lengths_alone(attribute: Attribute, rng: Random, n: int) -> list[int] | None:
    """Return the values' bytes where they can be told without making the values.

    The random numbers must be those the values would be made with: lengths are drawn first.
    """
    constant = constant_bytes(attribute)
    if constant is not None:
        return [constant] * n
    kind = attribute.kind
    if attribute.bytes is None or attribute.like or attribute.examples:
        return None
    if kind in (Kind.TEXT, Kind.TOKEN, Kind.NAME, Kind.URL, Kind.BINARY):
        return draw(attribute.bytes, rng, n)
    if kind is Kind.MAP and not attribute.fields:
        return [_map_bytes(size) for size in draw(attribute.bytes, rng, n)]
    if kind is Kind.LIST and attribute.element is None:
        return [max(size, CONTAINER_BYTES) for size in draw(attribute.bytes, rng, n)]
    return None


def _map_bytes(size: int) -> int:
    return CONTAINER_BYTES if size <= CONTAINER_BYTES else max(size, SMALLEST_MAP)


_ALWAYS = {Kind.UUID: 36, Kind.ULID: 26, Kind.DATE: 10, Kind.BOOL: 1, Kind.COUNTRY: 2}


_UNLESS_STATED = {
    Kind.ID: 12,
    Kind.PHONE: 12,
    Kind.TIMESTAMP: 24,
    Kind.DIGITS: 6,
    Kind.TEXT: 24,
    Kind.TOKEN: 32,
    Kind.URL: 48,
    Kind.BINARY: 64,
}


_LEAST = {Kind.DIGITS: 1}


_AS_STATED = frozenset(
    {Kind.ID, Kind.USERNAME, Kind.TEXT, Kind.TOKEN, Kind.NAME, Kind.URL, Kind.BINARY}
)
