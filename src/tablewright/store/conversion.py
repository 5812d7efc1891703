"""Arguments of a call as plain values of the model: checked against the type of the attribute.

In: an attribute, whatever a caller gave (Python values, or what came as JSON). Out: the value as
every engine stores it, or what is wrong with it. Ranges of numbers (`min`, `max`) describe the data
and are not enforced: what must hold is the condition of a write.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from tablewright.capacity.limits import MAX_ITEM_BYTES
from tablewright.model.moments import time_value
from tablewright.model.values import Attribute, Kind

LARGEST_DIGITS = 38
"""Digits of a number on DynamoDB, which the other engines take as well."""
_ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class BadValue(ValueError):
    """A value is not one of the attribute's type; the text completes "tokens: …"."""


def plain_argument(attribute: Attribute, value: Any) -> Any:
    """Return an argument as a plain value.

    Raises:
        BadValue: it is not of the attribute's type.

    Example:
        >>> plain_argument(Attribute(name="n", kind=Kind.INT), "5")
        Traceback (most recent call last):
        ...
        tablewright.store.conversion.BadValue: must be a whole number, not a text
    """
    if value is None:
        raise BadValue("must have a value")
    convert: Callable[[Attribute, Any], Any] = _CONVERTERS.get(attribute.kind, _text)
    return convert(attribute, value)


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float | Decimal):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list | tuple | set) else f"a {type(value).__name__}"


def _text(attribute: Attribute, value: Any) -> str:
    if isinstance(value, UUID):
        value = str(value)
    if not isinstance(value, str):
        raise BadValue(f"must be a text, not {_kind_of(value)}")
    try:
        size = len(value.encode())
    except UnicodeEncodeError as problem:
        raise BadValue("is no text of Unicode: it has half of a character") from problem
    if size > MAX_ITEM_BYTES:
        raise BadValue(f"has {size:,} bytes, more than the {MAX_ITEM_BYTES:,} of an item")
    if "\x00" in value:
        raise BadValue("holds a zero byte, which no text of PostgreSQL does")
    return value


def _enum(attribute: Attribute, value: Any) -> str:
    text = _text(attribute, value)
    listed = [name for name, _ in attribute.values]
    if listed and text not in listed:
        raise BadValue(f"must be one of {', '.join(listed[:20])}")
    return text


def _uuid(attribute: Attribute, value: Any) -> str:
    try:
        return str(UUID(_text(attribute, value)))
    except ValueError as problem:
        raise BadValue("must be a UUID") from problem


def _ulid(attribute: Attribute, value: Any) -> str:
    text = _text(attribute, value).upper()
    if _ULID.fullmatch(text) is None:
        raise BadValue("must be a ULID of 26 characters")
    return text


def _email(attribute: Attribute, value: Any) -> str:
    text = _text(attribute, value)
    if _EMAIL.fullmatch(text) is None:
        raise BadValue("must be an e-mail address")
    return text


def _digits(attribute: Attribute, value: Any) -> str:
    text = _text(attribute, value)
    if not (text.isascii() and text.isdigit()):
        raise BadValue("must be digits")
    return text


def _bool(attribute: Attribute, value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadValue(f"must be true or false, not {_kind_of(value)}")
    return value


def _whole(attribute: Attribute, value: Any) -> int:
    number = _number(attribute, value)
    if number != int(number):
        raise BadValue("must be a whole number")
    return int(number)


def _number(attribute: Attribute, value: Any) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        what = "a whole number" if attribute.kind in _WHOLE else "a number"
        raise BadValue(f"must be {what}, not {_kind_of(value)}")
    try:
        number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    except InvalidOperation as problem:
        raise BadValue("must be a number") from problem
    if not number.is_finite():
        raise BadValue("must be a finite number")
    if len(number.as_tuple().digits) > LARGEST_DIGITS or number.adjusted() > 125:
        raise BadValue(f"has more than {LARGEST_DIGITS} digits")
    return int(number) if number == number.to_integral_value() else number


def _decimal(attribute: Attribute, value: Any) -> int | Decimal:
    """Return a number with no more decimals than every engine keeps of the attribute."""
    number = _number(attribute, value)
    if isinstance(number, Decimal) and -int(number.normalize().as_tuple().exponent) > (
        attribute.places
    ):
        raise BadValue(f"has more than {attribute.places} decimals")
    return number


def _time(attribute: Attribute, value: Any) -> str | int:
    kind = attribute.kind
    if kind is Kind.EPOCH and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _whole(attribute, value)
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError as problem:
            raise BadValue("must be a time such as 2026-11-30T12:00:00Z") from problem
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
    if not isinstance(value, dt.datetime):
        raise BadValue(f"must be a time such as 2026-11-30T12:00:00Z, not {_kind_of(value)}")
    if value.tzinfo is None:
        value = value.replace(tzinfo=dt.UTC)
    try:
        return time_value(value, kind)
    except (OverflowError, ValueError) as problem:
        raise BadValue("must be a time of the calendar") from problem


def _geo(attribute: Attribute, value: Any) -> dict[str, int | Decimal]:
    if not isinstance(value, Mapping) or set(value) != {"lat", "lon"}:
        raise BadValue('must be a place such as {"lat": 59.3, "lon": 18.1}')
    degrees = Attribute(name=attribute.name, kind=Kind.DECIMAL)
    place: dict[str, int | Decimal] = {
        name: _number(degrees, value[name]) for name in ("lat", "lon")
    }
    if not (-90 <= place["lat"] <= 90 and -180 <= place["lon"] <= 180):
        raise BadValue("must lie within 90 degrees of latitude and 180 of longitude")
    return place


def _vector(attribute: Attribute, value: Any) -> list[int | Decimal]:
    if not isinstance(value, list | tuple):
        raise BadValue(f"must be a list of numbers, not {_kind_of(value)}")
    if attribute.dimensions is not None and len(value) != attribute.dimensions:
        raise BadValue(f"must have {attribute.dimensions} components, not {len(value)}")
    component = Attribute(name=attribute.name, kind=Kind.DECIMAL)
    return [_number(component, each) for each in value]


def _binary(attribute: Attribute, value: Any) -> bytes:
    if isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error as problem:
            raise BadValue("must be bytes, or their base64") from problem
    if not isinstance(value, bytes | bytearray):
        raise BadValue(f"must be bytes, or their base64, not {_kind_of(value)}")
    return bytes(value)


def _map(attribute: Attribute, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise BadValue(f"must be a mapping, not {_kind_of(value)}")
    inner = {field.name: field for field in attribute.fields}
    converted: dict[str, Any] = {}
    for name, each in value.items():
        try:
            known = name in inner and each is not None
            converted[name] = plain_argument(inner[name], each) if known else any_value(each)
        except BadValue as problem:
            raise BadValue(f"`{name}` {problem}") from problem
    return converted


def _list(attribute: Attribute, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise BadValue(f"must be a list, not {_kind_of(value)}")
    element = attribute.element
    return [any_value(e) if element is None else plain_argument(element, e) for e in value]


def _set(attribute: Attribute, value: Any) -> set[Any]:
    if not isinstance(value, list | tuple | set | frozenset) or not value:
        raise BadValue("must be a set with at least one element")
    return set(_list(attribute, list(value)))


def any_value(value: Any) -> Any:
    """Return a value inside a map or list whose types are not spelled out.

    Raises:
        BadValue: no engine stores it.
    """
    if value is None or isinstance(value, bool | bytes):
        return value
    if isinstance(value, str):
        return _text(_ANY, value)
    if isinstance(value, int | float | Decimal):
        return _number(_ANY, value)
    if isinstance(value, Mapping):
        return _map(_ANY, value)
    if isinstance(value, list | tuple):
        return [any_value(each) for each in value]
    if isinstance(value, dt.datetime):
        return time_value(value, Kind.TIMESTAMP)
    raise BadValue(f"holds {_kind_of(value)}, which is not stored")


_ANY = Attribute(name="", kind=Kind.MAP)
_WHOLE = frozenset({Kind.INT, Kind.COUNTER, Kind.EPOCH})
_CONVERTERS: dict[Kind, Callable[[Attribute, Any], Any]] = {
    Kind.ENUM: _enum,
    Kind.UUID: _uuid,
    Kind.ULID: _ulid,
    Kind.EMAIL: _email,
    Kind.DIGITS: _digits,
    Kind.BOOL: _bool,
    Kind.INT: _whole,
    Kind.COUNTER: _whole,
    Kind.DECIMAL: _decimal,
    Kind.MONEY: _decimal,
    Kind.TIMESTAMP: _time,
    Kind.DATE: _time,
    Kind.EPOCH: _time,
    Kind.GEO: _geo,
    Kind.VECTOR: _vector,
    Kind.BINARY: _binary,
    Kind.MAP: _map,
    Kind.LIST: _list,
    Kind.SET: _set,
}

__all__ = ["BadValue", "any_value", "plain_argument"]
