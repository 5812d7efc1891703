"""Vectors as they are stored: a list of numbers in an item, 32-bit floats in an index.

In: attribute values in wire form. Out: packed little-endian floats, and back. It does not know
tables; refusals are worded by `checks`.

The text of returned components was measured on AWS (floci, 23 September 2026): the shortest decimal
that names the float, with a fraction digit, and an exponent outside of [1e-6, 1e13).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

WireValue = Mapping[str, Any]


@cache
def _layout(dimensions: int) -> struct.Struct:
    return struct.Struct(f"<{dimensions}f")


def pack(components: Sequence[WireValue]) -> bytes | None:
    """Return number values as packed 32-bit floats; None if one is no number or too large.

    Example:
        >>> pack([{"N": "1"}, {"N": "-0.5"}]).hex()
        '0000803f000000bf'
        >>> pack([{"N": "1e39"}]), pack([{"S": "1"}])
        (None, None)
    """
    try:
        return _layout(len(components)).pack(*[float(value["N"]) for value in components])
    except (KeyError, OverflowError, ValueError):
        return None


def stored_vector(value: WireValue | None, dimensions: int) -> bytes | None:
    """Return an attribute's packed vector, None if it is not one of so many dimensions."""
    if value is None:
        return None
    components = value.get("L")
    if components is None or len(components) != dimensions:
        return None
    return pack(components)


def component_text(value: float) -> str:
    """Return a 32-bit float as the service writes it.

    Example:
        >>> [component_text(v) for v in (1.0, 16777216.0, 1e13, 9.9e-7, 0.000001, -0.0)]
        ['1.0', '16777216.0', '1e13', '9.9e-7', '0.000001', '0.0']
    """
    if value == 0:
        return "0.0"
    digits = Decimal(_shortest(value)).normalize()
    size = abs(digits)
    if Decimal("1e-6") <= size < Decimal("1e13"):
        text = format(digits, "f")
        return text if "." in text else f"{text}.0"
    _, figures, _ = digits.as_tuple()
    mantissa = "".join(map(str, figures))
    sign = "-" if digits < 0 else ""
    fraction = f".{mantissa[1:]}" if len(mantissa) > 1 else ""
    return f"{sign}{mantissa[0]}{fraction}e{digits.adjusted()}"


def _shortest(value: float) -> str:
    """Return the shortest decimal that rounds to the same 32-bit float."""
    packed = struct.pack("<f", value)
    for precision in range(1, 10):
        text = f"{value:.{precision}g}"
        try:
            if struct.pack("<f", float(text)) == packed:
                return text
        except OverflowError:  # rounded up beyond the largest float
            continue
    return repr(value)


def unpacked(packed: bytes) -> dict[str, Any]:
    """Return a packed vector in wire form.

    Example:
        >>> unpacked(pack([{"N": "1"}, {"N": "0.60"}]))
        {'L': [{'N': '1.0'}, {'N': '0.6'}]}
    """
    return {"L": [{"N": component_text(value)} for value in floats(packed)]}


def floats(packed: bytes) -> tuple[float, ...]:
    """Return the components of a packed vector."""
    return _layout(len(packed) // 4).unpack(packed)
