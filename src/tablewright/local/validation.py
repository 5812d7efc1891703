"""Checks of requests: their shape, their values, their keys; the only place that words constraints.

In: a parsed request and the shape of its operation, kept as data in `shapes`. Out: the request with
unknown members dropped and numbers in canonical text, or the service's error. Checks run in the
service's order: first that every member has its JSON type (SerializationException), then all
constraints at once (one ValidationException lists up to ten), then what each operation adds.

Sources: AWS API reference for members and constraints; the wording is the service's own.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import orjson

from tablewright.capacity.items import binary_bytes, string_bytes
from tablewright.capacity.limits import (
    MAX_NESTING_LEVELS,
    MAX_PARTITION_KEY_BYTES,
    MAX_SORT_KEY_BYTES,
)
from tablewright.capacity.values import NumberError, canonical_number, number_key
from tablewright.local.faults import SerializationException, ValidationException

if TYPE_CHECKING:
    from tablewright.local.tables import Keys, Table

MAX_MESSAGES = 10

INVALID: Final = "One or more parameter values were invalid: "

WireValue = dict[str, Any]


# -- shapes -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What one member of a request must look like."""

    type: str
    is_required: bool = False
    min: int | None = None
    """Least length of text, list or map; least value of a number."""
    max: int | None = None
    enum: tuple[str, ...] = ()
    pattern: str = ""
    key: Shape | None = None
    """The keys of a map."""
    members: Mapping[str, Shape] = field(default_factory=dict)
    element: Shape | None = None

    is_checked: bool = field(init=False)
    """Whether anything in it can break a constraint."""
    checked: tuple[tuple[str, Shape], ...] = field(init=False)
    """The members that can."""

    def __post_init__(self) -> None:
        checked = tuple((name, one) for name, one in self.members.items() if one.is_checked)
        is_checked = bool(
            self.is_required
            or self.min is not None
            or self.max is not None
            or self.enum
            or self.pattern
            or self.key is not None
            or checked
            or (self.element is not None and self.element.is_checked)
        )
        object.__setattr__(self, "checked", checked)
        object.__setattr__(self, "is_checked", is_checked)


_SHAPE_KEYS = {
    "is", "type", "required", "min", "max", "enum", "pattern", "key", "members", "element"
}  # fmt: skip


@cache
def shape_of(operation_file: str) -> Shape:
    """Return the shape of an operation's request, from `shapes/<operation_file>.json`."""
    return _compile({"type": "Structure", "members": _read(operation_file)["members"]})


@cache
def _read(name: str) -> dict[str, Any]:
    text = resources.files("tablewright.local").joinpath("shapes", f"{name}.json").read_bytes()
    content: dict[str, Any] = orjson.loads(text)
    return content


def _compile(given: str | Mapping[str, Any]) -> Shape:
    if isinstance(given, str):
        return _common(given)
    assert given.keys() <= _SHAPE_KEYS, f"unknown keys in a shape: {given.keys() - _SHAPE_KEYS}"
    if "is" in given:
        base = _common(given["is"])
        return Shape(
            type=base.type,
            is_required=given.get("required", base.is_required),
            min=given.get("min", base.min),
            max=given.get("max", base.max),
            enum=tuple(given.get("enum", base.enum)),
            pattern=given.get("pattern", base.pattern),
            key=base.key,
            members=base.members,
            element=base.element,
        )
    return Shape(
        type=given["type"],
        is_required=given.get("required", False),
        min=given.get("min"),
        max=given.get("max"),
        enum=tuple(given.get("enum", ())),
        pattern=given.get("pattern", ""),
        key=_compile(given["key"]) if "key" in given else None,
        members={name: _compile(member) for name, member in given.get("members", {}).items()},
        element=_compile(given["element"]) if "element" in given else None,
    )


@cache
def _common(name: str) -> Shape:
    if name in ("String", "Boolean", "Integer", "Long", "Double", "Blob", "Value", "Timestamp"):
        return Shape(type=name)
    return _compile(_read("common")["shapes"][name])


def check_request(operation_file: str, request: dict[str, Any]) -> dict[str, Any]:
    """Return a request reduced to the members of its shape; raise if it breaks the shape.

    Raises:
        SerializationException: a member has another JSON type than the API gives it.
        ValidationException: members break constraints; the message lists them.
    """
    shape = shape_of(operation_file)
    members = shape.members
    out = {}
    for name, value in request.items():
        member = members.get(name)
        if member is not None and value is not None:
            out[name] = _convert(member, value)
    found: list[str] = []
    _constrain_members(shape, out, "", found)
    if found:
        count = len(found)
        raise ValidationException(
            f"{count} validation error{'s' if count > 1 else ''} detected: {'; '.join(found)}"
        )
    return out


# -- JSON types ---------------------------------------------------------------------------------


def _convert(shape: Shape, value: Any) -> Any:
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
            most = _MOST[kind]
            return max(-most - 1, min(most, math.floor(value)))
        raise _wrong_type(value, "Double" if kind == "Timestamp" else kind)
    if kind == "Blob":
        return _convert_blob(value)
    if kind == "List":
        if type(value) is list:
            assert shape.element is not None
            if shape.element.type == "Value":
                return [_convert_value(one) for one in value]
            return [None if one is None else _convert(shape.element, one) for one in value]
        raise _wrong_container(value, "list")
    if kind == "Map":
        if type(value) is dict:
            assert shape.element is not None
            return {
                name: _convert(shape.element, one) for name, one in value.items() if one is not None
            }
        raise _wrong_container(value, "map")
    assert kind == "Structure", kind
    if type(value) is dict:
        return {
            name: _convert(shape.members[name], one)
            for name, one in value.items()
            if name in shape.members and one is not None
        }
    raise _wrong_container(value, "structure")


_MOST = {"Integer": 2**31 - 1, "Long": 2**63 - 1}


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
    found = _NOT_BASE64.search(value)
    if found:
        raise SerializationException(f"Invalid Base64 character: '{found.group()[0]}'")
    try:
        raw = binascii.a2b_base64(value)
    except binascii.Error:
        raw = b""
    if base64.b64encode(raw).decode() != value:
        raise SerializationException("Invalid last non-pad Base64 character dectected")
    return value


def _wrong_type(value: Any, wanted: str) -> SerializationException:
    if type(value) is list:
        return SerializationException(f"Unrecognized collection type class java.lang.{wanted}")
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
    return SerializationException(f"{token} cannot be converted to {wanted}")


def _wrong_container(value: Any, wanted: str) -> SerializationException:
    if type(value) is dict:
        return SerializationException("Start of structure or map found where not expected")
    if type(value) is list:
        return SerializationException("Start of list found where not expected")
    if wanted == "structure":
        return SerializationException("Unexpected value type in payload")
    return SerializationException("Unexpected field type")


# -- constraints --------------------------------------------------------------------------------


def _constrain_members(shape: Shape, value: Mapping[str, Any], path: str, found: list[str]) -> None:
    for name, member in shape.checked:
        inner = value.get(name)
        if inner is None:
            if member.is_required:
                _say(found, None, path + name[0].lower() + name[1:], "Member must not be null")
        elif member.type == "String":
            _constrain_text(member, inner, path, name, found)
        else:
            _constrain(member, inner, path + name[0].lower() + name[1:], found)


def _constrain_text(shape: Shape, value: str, path: str, name: str, found: list[str]) -> None:
    if shape.enum and value not in shape.enum:
        constraint = f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
        _say(found, value, path + name[0].lower() + name[1:], constraint)
    if shape.pattern and not _matches(shape.pattern, value):
        constraint = f"Member must satisfy regular expression pattern: {shape.pattern}"
        _say(found, value, path + name[0].lower() + name[1:], constraint)
    if shape.max is not None or shape.min is not None:
        _constrain_length(shape, value, path + name[0].lower() + name[1:], found)


def _constrain_length(shape: Shape, value: Any, path: str, found: list[str]) -> None:
    if shape.min is not None and len(value) < shape.min:
        constraint = f"Member must have length greater than or equal to {shape.min}"
        _say(found, value, path, constraint)
    if shape.max is not None and len(value) > shape.max and not _is_arn(value):
        constraint = f"Member must have length less than or equal to {shape.max}"
        _say(found, value, path, constraint)


def _is_arn(value: Any) -> bool:
    return type(value) is str and value.startswith("arn:") and len(value) <= 1024


@lru_cache(maxsize=1024)
def _matches(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern, value) is not None or _is_arn(value)


def _constrain(shape: Shape, value: Any, path: str, found: list[str]) -> None:
    kind = shape.type
    if kind in ("Integer", "Long", "Double"):
        if shape.min is not None and value < shape.min:
            constraint = f"Member must have value greater than or equal to {shape.min}"
            _say(found, value, path, constraint)
        if shape.max is not None and value > shape.max:
            constraint = f"Member must have value less than or equal to {shape.max}"
            _say(found, value, path, constraint)
    elif kind == "List":
        _constrain_length(shape, value, path, found)
        _constrain_elements(shape, value, path, found)
    elif kind == "Map":
        _constrain_length(shape, value, path, found)
        assert shape.element is not None
        if shape.key is not None:
            _constrain_entries(shape.key, "keys", list(value), value, path, found)
        if shape.element.type == "List":
            _constrain_entries(shape.element, "value", list(value.values()), value, path, found)
        if shape.element.is_checked:
            for name, one in value.items():
                if shape.element.type == "String":
                    _constrain_text(shape.element, one, f"{path}.{name}.", "member", found)
                elif shape.element.type == "List":
                    _constrain_elements(shape.element, one, f"{path}.{name}.member", found)
                else:
                    _constrain(shape.element, one, f"{path}.{name}.member", found)
    elif kind == "Structure":
        _constrain_members(shape, value, f"{path}.", found)


def _constrain_elements(shape: Shape, value: list[Any], path: str, found: list[str]) -> None:
    element = shape.element
    assert element is not None
    if element.is_checked or None in value:
        for at, one in enumerate(value, 1):
            if one is None:
                _say(found, None, f"{path}.{at}.member", "Member must not be null")
            elif element.type == "String":
                _constrain_text(element, one, f"{path}.{at}.", "member", found)
            else:
                _constrain(element, one, f"{path}.{at}.member", found)


def _constrain_entries(
    shape: Shape, what: str, some: Sequence[Any], whole: Any, path: str, found: list[str]
) -> None:
    """Say that a map has keys or values out of bounds; the service names all bounds at once."""
    is_wrong = any(
        (shape.min is not None and len(one) < shape.min)
        or (shape.max is not None and len(one) > shape.max and not _is_arn(one))
        or (shape.pattern and not _matches(shape.pattern, one))
        for one in some
    )
    if is_wrong:
        bounds = []
        if shape.max is not None:
            bounds.append(f"Member must have length less than or equal to {shape.max}")
        if shape.min is not None:
            bounds.append(f"Member must have length greater than or equal to {shape.min}")
        if shape.pattern:
            bounds.append(f"Member must satisfy regular expression pattern: {shape.pattern}")
        _say(found, whole, path, f"Map {what} must satisfy constraint: [{', '.join(bounds)}]")


def _say(found: list[str], value: Any, path: str, constraint: str) -> None:
    if len(found) < MAX_MESSAGES:
        shown = "null" if value is None else f"'{_shown(value)}'"
        found.append(f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}")


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}={_shown(one)}" for name, one in value.items()) + "}"
    return str(value)


# -- attribute values -----------------------------------------------------------------------------


def check_value(value: WireValue, depth: int = 0) -> None:
    """Check one attribute value and bring it into canonical form, in place.

    Numbers get canonical text and sets a fixed order, so that equal values are equal JSON.

    Raises:
        ValidationException: it is empty, of several types, not a number, has duplicates, …
    """
    if len(value) != 1:
        raise ValidationException(_EMPTY_VALUE if not value else _SEVERAL_TYPES)
    ((kind, content),) = value.items()
    if kind == "S" or kind == "B" or kind == "BOOL":
        return
    if kind == "N":
        value["N"] = _number(content)
    elif kind == "NULL":
        if content is not True:
            raise ValidationException(
                INVALID + "Null attribute value types must have the value of true"
            )
    elif kind == "M":
        if depth >= MAX_NESTING_LEVELS - 1:
            raise ValidationException(_TOO_DEEP)
        if "" in content:
            raise ValidationException(_EMPTY_NAME)
        for inner in content.values():
            check_value(inner, depth + 1)
    elif kind == "L":
        if depth >= MAX_NESTING_LEVELS - 1:
            raise ValidationException(_TOO_DEEP)
        for inner in content:
            check_value(inner, depth + 1)
    else:
        value[kind] = _check_set(kind, content)


def check_item(item: Mapping[str, WireValue]) -> None:
    """Check all values of an item or a key, and bring them into canonical form, in place."""
    for value in item.values():
        if len(value) != 1 or "S" not in value:
            check_value(value)
    if "" in item:
        raise ValidationException(_EMPTY_NAME)


_EMPTY_NAME = "Empty attribute name"
_EMPTY_VALUE = (
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
)
_SEVERAL_TYPES = (
    "Supplied AttributeValue has more than one datatypes set, "
    "must contain exactly one of the supported datatypes"
)
_TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: "
    "Attributes in the item have nested levels beyond supported limit"
)


def _number(text: str) -> str:
    try:
        return canonical_number(text)
    except NumberError as problem:
        raise ValidationException(number_message(problem)) from None


def number_message(problem: NumberError) -> str:
    """Return what the service says of a text that is not a number it stores."""
    if problem.problem == "overflow":
        return (
            "Number overflow. Attempting to store a number with magnitude larger than "
            "supported range"
        )
    if problem.problem == "underflow":
        return (
            "Number underflow. Attempting to store a number with magnitude smaller than "
            "supported range"
        )
    if problem.problem == "too many digits":
        return "Attempting to store more than 38 significant digits in a Number"
    if not problem.text:
        return "The parameter cannot be converted to a numeric value"
    return f"The parameter cannot be converted to a numeric value: {problem.text}"


def _check_set(kind: str, content: Sequence[str]) -> list[str]:
    if not content:
        raise ValidationException(INVALID + _EMPTY_SETS[kind])
    if kind == "NS":
        numbers = [_number(text) for text in content]
        if len(set(numbers)) != len(numbers):
            raise ValidationException("Input collection contains duplicates")
        return sorted(numbers, key=number_key)
    if len(set(content)) != len(content):
        of_kind = "of type BS " if kind == "BS" else " "
        shown = f"[{', '.join(content)}]"
        raise ValidationException(f"{INVALID}Input collection {shown}{of_kind}contains duplicates.")
    if kind == "SS":
        return sorted(content, key=str.encode)
    return sorted(content, key=binascii.a2b_base64)


_EMPTY_SETS = {
    "SS": "An string set  may not be empty",
    "NS": "An number set  may not be empty",
    "BS": "Binary sets should not be empty",
}


# -- keys ---------------------------------------------------------------------------------------


KEY_MISMATCH = "The provided key element does not match the schema"


def key_of_item(table: Table, item: Mapping[str, WireValue]) -> bytes:
    """Return the key bytes of an item to be put.

    Raises:
        ValidationException: a key attribute is missing, of another type, empty or too long, or an
            index key attribute is of another type or empty.
    """
    for name, kind in table.keys.attributes:
        value = item.get(name)
        if value is None:
            raise ValidationException(f"{INVALID}Missing the key {name} in the item")
        if kind not in value:
            (actual,) = value
            raise ValidationException(
                f"{INVALID}Type mismatch for key {name} expected: {kind} actual: {actual}"
            )
    check_key_content(table.keys, item)
    if table.indexes:
        check_index_keys(table, item)
    return table.keys.encode(item)


def check_key_types(table: Table, item: Mapping[str, WireValue]) -> None:
    """Refuse an item without the table's key, as a batch does, in fewer words than a put."""
    for name, kind in table.keys.attributes:
        if kind not in item.get(name, ()):
            raise ValidationException(KEY_MISMATCH)


def key_given(table: Table, key: Mapping[str, WireValue]) -> bytes:
    """Return the key bytes of a `Key` parameter.

    Raises:
        ValidationException: it does not have exactly the key attributes of the table.
    """
    attributes = table.keys.attributes
    if len(key) != len(attributes):
        raise ValidationException(KEY_MISMATCH)
    for name, kind in attributes:
        value = key.get(name)
        if value is None or kind not in value:
            raise ValidationException(KEY_MISMATCH)
    check_key_content(table.keys, key)
    return table.keys.encode(key)


def check_key_content(keys: Keys, item: Mapping[str, WireValue]) -> None:
    """Refuse key attributes that are empty or too long."""
    for name, kind in keys.partition:
        if kind != "N":
            size = _key_content_bytes(name, kind, item[name][kind])
            if size > MAX_PARTITION_KEY_BYTES:
                raise ValidationException(
                    f"{INVALID}Size of hashkey has exceeded the maximum size limit of"
                    f"{MAX_PARTITION_KEY_BYTES} bytes"
                )
    for name, kind in keys.sort:
        if kind != "N":
            size = _key_content_bytes(name, kind, item[name][kind])
            if size > MAX_SORT_KEY_BYTES:
                raise ValidationException(
                    f"{INVALID}Aggregated size of all range keys has exceeded the size limit of "
                    f"{MAX_SORT_KEY_BYTES} bytes"
                )


def _key_content_bytes(name: str, kind: str, content: str) -> int:
    if not content:
        what = "string" if kind == "S" else "binary"
        raise ValidationException(
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            f"cannot contain an empty {what} value. Key: {name}"
        )
    return string_bytes(content) if kind == "S" else binary_bytes(content)


def check_index_keys(table: Table, item: Mapping[str, WireValue]) -> None:
    """Refuse an item whose index key attributes, where present, cannot be keys."""
    for index in table.indexes.values():
        for name, kind in index.keys.attributes:
            value = item.get(name)
            if value is None:
                continue
            if kind not in value:
                (actual,) = value
                raise ValidationException(
                    f"{INVALID}Type mismatch for Index Key {name} Expected: {kind} "
                    f"Actual: {actual} IndexName: {index.name}"
                )
            if kind != "N" and not value[kind]:
                what = "string" if kind == "S" else "binary"
                raise ValidationException(
                    "One or more parameter values are not valid. A value specified for a "
                    "secondary index key is not supported. The AttributeValue for a key "
                    f"attribute cannot contain an empty {what} value. "
                    f"IndexName: {index.name}, IndexKey: {name}"
                )
            if kind != "N":
                _check_index_key_size(index.keys, name, value, kind)


def _check_index_key_size(keys: Keys, name: str, value: WireValue, kind: str) -> None:
    size = string_bytes(value[kind]) if kind == "S" else binary_bytes(value[kind])
    if (name, kind) in keys.partition and size > MAX_PARTITION_KEY_BYTES:
        raise ValidationException(
            f"{INVALID}Size of hashkey has exceeded the maximum size limit of"
            f"{MAX_PARTITION_KEY_BYTES} bytes"
        )
    if (name, kind) in keys.sort and size > MAX_SORT_KEY_BYTES:
        raise ValidationException(
            f"{INVALID}Aggregated size of all range keys has exceeded the size limit of "
            f"{MAX_SORT_KEY_BYTES} bytes"
        )


# -- expressions ----------------------------------------------------------------------------------


def check_expression_parameters(
    request: dict[str, Any], expressions: Sequence[str], others: Sequence[str]
) -> None:
    """Check how expressions, legacy parameters, names and values of a request go together.

    Values are checked and brought into canonical form, in place.

    Args:
        request: a request of the right shape.
        expressions: the expression parameters the operation has, in the order the service names
            them.
        others: the legacy parameters it has, in the same way.

    Raises:
        ValidationException: both kinds are used; names or values without an expression; a
            placeholder or a value is not valid.
    """
    given = [name for name in expressions if name in request]
    if given:
        legacy = [name for name in others if name in request]
        if legacy:
            raise ValidationException(
                "Can not use both expression and non-expression parameters in the same request: "
                f"Non-expression parameters: {{{', '.join(legacy)}}} "
                f"Expression parameters: {{{', '.join(given)}}}"
            )
    if "ConditionalOperator" in request and not any(name in request for name in _FILTERS):
        raise ValidationException("ConditionalOperator cannot be used without Filter or Expected")
    for parameter in (*_FILTERS, "KeyConditions"):
        for condition in request.get(parameter, _NOTHING).values():
            for value in (*condition.get("AttributeValueList", ()), condition.get("Value")):
                if value is not None:
                    check_value(value)
    names = request.get("ExpressionAttributeNames")
    if names is not None:
        if not given:
            raise ValidationException(
                "ExpressionAttributeNames can only be specified when using expressions"
            )
        _check_placeholders("ExpressionAttributeNames", names, "#")
    values = request.get("ExpressionAttributeValues")
    if values is not None:
        using = [name for name in expressions if name != "ProjectionExpression"]
        if not any(name in request for name in using):
            raise ValidationException(
                "ExpressionAttributeValues can only be specified when using expressions: "
                f"{' and '.join(using)} {'are' if len(using) > 1 else 'is'} null"
            )
        _check_placeholders("ExpressionAttributeValues", values, ":")
        for name, value in values.items():
            try:
                check_value(value)
            except ValidationException as fault:
                raise ValidationException(
                    "ExpressionAttributeValues contains invalid value: "
                    f"{fault.message} for key {name}"
                ) from None


_NOTHING: Final[Mapping[str, Any]] = {}
_FILTERS = ("Expected", "QueryFilter", "ScanFilter")
_PLACEHOLDER = re.compile(r"[#:][0-9a-zA-Z_]+", re.ASCII)


def _check_placeholders(parameter: str, given: Mapping[str, Any], mark: str) -> None:
    if not given:
        raise ValidationException(f"{parameter} must not be empty")
    for name in given:
        if name[:1] != mark or not _PLACEHOLDER.fullmatch(name):
            raise ValidationException(
                f'{parameter} contains invalid key: Syntax error; key: "{name}"'
            )
