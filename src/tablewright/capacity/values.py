"""Attribute values: the normal form of numbers, and keys as bytes that sort as the service sorts.

In: values in wire form (`{"N": "1.50"}`). Out: canonical text, and byte strings whose order is the
order of the values. It does not know tables or which attributes are keys.

Sources: AWS Developer Guide, "Supported data types" (38 digits, magnitudes from 1E-130 to
9.9...E+125, strings and binaries ordered by their unsigned bytes, numbers by value).
"""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from tablewright.capacity.limits import MAX_DIGITS, MAX_EXPONENT

MIN_EXPONENT = -130

NumberProblem = Literal["not a number", "overflow", "underflow", "too many digits"]

_NUMBER = re.compile(r"([+-]?)(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?", re.ASCII)


class NumberError(ValueError):
    """A text is not a number that the service stores; `problem` says why not."""

    def __init__(self, text: str, problem: NumberProblem) -> None:
        super().__init__(f"{problem}: {text}")
        self.text = text
        self.problem = problem


def canonical_number(text: str, *, exponent_bits: int = 32) -> str:
    """Return the one text that stands for a number: no exponent, no needless sign or zeros.

    Args:
        text: the number as a request writes it.
        exponent_bits: 32 or 64, how the validation layer reads exponents. With 32 bits the
            magnitude is computed in 32-bit arithmetic too, which wraps: 1e2147483647 is then
            smaller than the smallest number.

    Raises:
        NumberError: it is not a number, out of range, or has more than 38 significant digits.

    Example:
        >>> [canonical_number(n) for n in ("1.50", "-0", "1E3", "+007", ".5", "25e-1")]
        ['1.5', '0', '1000', '7', '0.5', '2.5']
    """
    if text.isdigit() and text[0] in "123456789" and len(text) <= MAX_DIGITS and text.isascii():
        return text
    return _canonical(text, exponent_bits)


@lru_cache(maxsize=4096)
def _canonical(text: str, exponent_bits: int) -> str:
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise NumberError(text, "not a number")
    sign, mantissa, exponent_text = match.groups()
    integer, _, fraction = mantissa.partition(".")
    digits = (integer + fraction).lstrip("0")
    point = _point(text, integer, fraction, exponent_text, exponent_bits)
    if point - 1 > MAX_EXPONENT:
        raise NumberError(text, "overflow")
    if point - 1 < MIN_EXPONENT:
        raise NumberError(text, "underflow")
    if not digits:
        return "0"
    digits = digits.rstrip("0")
    if len(digits) > MAX_DIGITS:
        raise NumberError(text, "too many digits")
    if point <= 0:
        plain = "0." + "0" * -point + digits
    elif point >= len(digits):
        plain = digits.ljust(point, "0")
    else:
        plain = f"{digits[:point]}.{digits[point:]}"
    return f"-{plain}" if sign == "-" else plain


_MAX_EXPONENT_DIGITS = 20
"""More digits than any exponent of 64 bits has; more are not even converted."""


def _point(text: str, integer: str, fraction: str, exponent_text: str | None, bits: int) -> int:
    """Return the power of ten by which 0.DIGITS is multiplied: precision less scale.

    Zero has one digit of precision, so that zeros with large exponents are out of range too.
    """
    exponent_digits = (exponent_text or "0").lstrip("+-").lstrip("0")
    if len(exponent_digits) > _MAX_EXPONENT_DIGITS:
        raise NumberError(text, "not a number")
    exponent = int(exponent_text or 0)
    limit = 1 << (bits - 1)
    scale = len(fraction) - exponent
    if not -limit <= exponent < limit or not -limit <= scale < limit:
        raise NumberError(text, "not a number")
    precision = max(1, len((integer + fraction).lstrip("0")))
    return (precision - scale + limit) % (2 * limit) - limit


@lru_cache(maxsize=4096)
def number_key(text: str) -> bytes:
    """Return bytes that sort as numbers do, for a number in canonical text.

    One byte for the sign, one for the exponent, one for each two digits, and an end mark; all but
    the sign complemented for negative numbers.

    Example:
        >>> texts = ["-12", "-1.5", "0", "0.01", "2", "10", "10.5"]
        >>> sorted(texts, key=number_key) == texts
        True
    """
    if text == "0":
        return b"\x80"
    is_negative = text[0] == "-"
    integer, _, fraction = (text[1:] if is_negative else text).partition(".")
    if integer == "0":
        digits = fraction.lstrip("0")
        exponent = len(digits) - len(fraction) - 1
    else:
        digits = integer + fraction
        exponent = len(integer) - 1
    digits = digits.rstrip("0")
    if len(digits) % 2:
        digits += "0"
    packed = bytes(int(digits[start : start + 2]) + 1 for start in range(0, len(digits), 2))
    body = bytes((exponent - MIN_EXPONENT,)) + packed + b"\x00"
    if is_negative:
        return b"\x7f" + bytes(255 - byte for byte in body)
    return b"\x81" + body


def compare_numbers(left_side: str, right: str) -> int:
    """Return -1, 0 or 1 as the left number (canonical text) is less, equal or greater.

    Example:
        >>> compare_numbers("9", "10"), compare_numbers("-9", "-10"), compare_numbers("3", "3")
        (-1, 1, 0)
    """
    left_key, right_key = number_key(left_side), number_key(right)
    return (left_key > right_key) - (left_key < right_key)


def key_part(kind: str, content: str) -> bytes:
    """Return a key attribute as bytes: ordered as the service orders, and none a prefix of another.

    Args:
        kind: "S", "N" or "B".
        content: as in wire form: text, canonical number text, or base64 text.

    Example:
        >>> key_part("S", "a") < key_part("S", "ab") < key_part("S", "b")
        True
    """
    if kind == "N":
        return number_key(content)
    return escape(raw_bytes(kind, content)) + b"\x00\x00"


def raw_bytes(kind: str, content: str) -> bytes:
    r"""Return the bytes of a string (UTF-8) or a binary (decoded from base64).

    Example:
        >>> raw_bytes("S", "é"), raw_bytes("B", "AQI=")
        (b'\xc3\xa9', b'\x01\x02')
    """
    return content.encode() if kind == "S" else binascii.a2b_base64(content)


def escape(raw: bytes) -> bytes:
    """Return bytes in which no zero byte stands alone, so that two zero bytes can end a key part.

    Without the end mark it is what all keys beginning with `raw` begin with.
    """
    return raw.replace(b"\x00", b"\x00\xff") if b"\x00" in raw else raw


def partition_bytes(parts: Iterable[bytes]) -> bytes:
    """Return a partition key as bytes: four of hash, which spread the keys, then the parts.

    Example:
        >>> len(partition_bytes([key_part("S", "user-1")]))
        12
    """
    joined = b"".join(parts)
    return zlib.crc32(joined).to_bytes(4, "big") + joined


def after_prefix(prefix: bytes) -> bytes | None:
    r"""Return the first byte string after all that begin with `prefix`; None if there is none.

    Example:
        >>> after_prefix(b"ab"), after_prefix(b"a\xff"), after_prefix(b"\xff")
        (b'ac', b'b', None)
    """
    trimmed = prefix.rstrip(b"\xff")
    return trimmed[:-1] + bytes((trimmed[-1] + 1,)) if trimmed else None
