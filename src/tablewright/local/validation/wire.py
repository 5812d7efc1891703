"""JSON types of requests: whether every member has the type the API gives it.

In: parsed JSON and a shape. Out: the value as the shape wants it, or a SerializationException.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from typing import Any

from tablewright.local.faults import SerializationException, ValidationException
from tablewright.local.validation.shapes import MemberShape

WireValue = dict[str, Any]


def convert(shape: MemberShape, value: Any) -> Any:
    """Return a value as the shape wants it, or refuse its JSON type."""
    kind = shape.type
    if kind == "String":
        if type(value) is str:
            return value
        raise _wrong_type(value, "String")
    if kind == "ValueMap":
        if type(value) is dict:
            for name, inner in value.items():
                # a string, as most values are, is as it should be
                if type(inner) is dict and len(inner) == 1 and type(inner.get("S")) is str:
                    continue
                value[name] = _convert_value(inner)
            return value
        raise _wrong_container(value, "map")
    if kind == "Value":
        return _convert_value(value)
    if kind == "Boolean":
        return _convert_boolean(value)
    if kind in ("Integer", "Long", "Double", "Timestamp"):
        if type(value) in (int, float):
            if kind in ("Double", "Timestamp"):
                return value
            # What does not fit is cut to the range, as a Java parser does.
            largest = _LARGEST[kind]
            return max(-largest - 1, min(largest, math.floor(value)))
        raise _wrong_type(value, "Double" if kind == "Timestamp" else kind)
    if kind == "Blob":
        return _convert_blob(value)
    if kind == "List":
        if type(value) is list:
            assert shape.element is not None
            if shape.element.type == "Value":
                return [_convert_value(inner) for inner in value]
            return [None if inner is None else convert(shape.element, inner) for inner in value]
        raise _wrong_container(value, "list")
    if kind == "Map":
        if type(value) is dict:
            assert shape.element is not None
            return {
                name: convert(shape.element, inner)
                for name, inner in value.items()
                if inner is not None
            }
        raise _wrong_container(value, "map")
    assert kind == "Structure", kind
    if type(value) is dict:
        return convert_members(shape, value)
    raise _wrong_container(value, "structure")


def convert_members(shape: MemberShape, value: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a structure as its shape wants them.

    Raises:
        ValidationException: a strict shape does not know one of the members.
    """
    members = shape.members
    out = {}
    for name, inner in value.items():
        member = members.get(name)
        if member is None:
            if not shape.is_strict:
                continue
            raise ValidationException(
                f"The local engine does not support the member {name}, and does not ignore it"
            )
        if inner is not None:
            out[name] = convert(member, inner)
    return out


_LARGEST = {"Integer": 2**31 - 1, "Long": 2**63 - 1}


def _convert_value(value: Any) -> WireValue:
    """Return an attribute value whose content has the JSON type of its kind."""
    if type(value) is not dict:
        if value is None:
            return {}
        raise _wrong_container(value, "structure")
    if len(value) == 1:
        ((kind, content),) = value.items()
        if (kind == "S" or kind == "N") and type(content) is str:
            return value
        return _convert_content(kind, content)
    out: WireValue = {}
    for kind, content in value.items():
        out.update(_convert_content(kind, content))
    return out


def _convert_content(kind: str, content: Any) -> WireValue:
    if content is None or kind not in _KINDS:
        return {}
    if kind in ("S", "N"):
        if type(content) is not str:
            raise _wrong_type(content, "String")
    elif kind == "B":
        _convert_blob(content)
    elif kind in ("BOOL", "NULL"):
        content = _convert_boolean(content)
    elif kind == "M":
        if type(content) is not dict:
            raise _wrong_container(content, "map")
        content = {name: _convert_value(inner) for name, inner in content.items()}
    else:
        if type(content) is not list:
            raise _wrong_container(content, "list")
        if kind == "L":
            content = [_convert_value(inner) for inner in content]
        elif kind == "BS":
            for inner in content:
                _convert_blob(inner)
        else:
            for inner in content:
                if type(inner) is not str:
                    raise _wrong_type(inner, "String")
    return {kind: content}


_KINDS = frozenset(("S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"))


def _convert_boolean(value: Any) -> bool:
    if type(value) is bool:
        return value
    if type(value) is str:
        raise SerializationException("Unexpected token received from parser")
    raise _wrong_type(value, "Boolean")


_NOT_BASE64 = re.compile(r"[^a-zA-Z0-9+/=]|=[^=]")


def _convert_blob(value: Any) -> str:
    if type(value) is not str:
        if type(value) is list:
            raise SerializationException("Unrecognized collection type class java.nio.ByteBuffer")
        if type(value) is dict:
            raise SerializationException("Start of structure or map found where not expected")
        raise SerializationException("only base64-encoded strings are convertible to bytes")
    if len(value) % 4:
        raise SerializationException(
            "Base64 encoded length is expected a multiple of 4 bytes but found: " + str(len(value))
        )
    wrong = _NOT_BASE64.search(value)
    if wrong:
        raise SerializationException(f"Invalid Base64 character: '{wrong.group()[0]}'")
    try:
        raw = binascii.a2b_base64(value)
    except binascii.Error:
        raw = b""
    if base64.b64encode(raw).decode() != value:
        raise SerializationException("Invalid last non-pad Base64 character dectected")
    return value


def _wrong_type(value: Any, expected: str) -> SerializationException:
    if type(value) is list:
        return SerializationException(f"Unrecognized collection type class java.lang.{expected}")
    if type(value) is dict:
        return SerializationException("Start of structure or map found where not expected")
    token = (
        ("TRUE_VALUE" if value else "FALSE_VALUE")
        if type(value) is bool
        else "STRING_VALUE"
        if type(value) is str
        else "NUMBER_VALUE"
        if type(value) is int
        else "DECIMAL_VALUE"
        if type(value) is float
        else "NULL_VALUE"
    )
    return SerializationException(f"{token} cannot be converted to {expected}")


def _wrong_container(value: Any, expected: str) -> SerializationException:
    if type(value) is dict:
        return SerializationException("Start of structure or map found where not expected")
    if type(value) is list:
        return SerializationException("Start of list found where not expected")
    if expected == "structure":
        return SerializationException("Unexpected value type in payload")
    return SerializationException("Unexpected field type")
