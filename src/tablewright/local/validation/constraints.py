"""Constraints on the members of requests: required, length, range, pattern, enumeration.

In: a parsed request and the shape of its operation. Out: the request with members of the right JSON
type, or one ValidationException that lists up to ten broken constraints. Some members are checked
by the newer layer first, which stops at the first error and does not show the value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

from tablewright.capacity.limits import MAX_BATCH_GET_KEYS
from tablewright.local.faults import ValidationException
from tablewright.local.validation.layers import ENVELOPE, OLDER, Layer
from tablewright.local.validation.shapes import MemberShape, shape_of
from tablewright.local.validation.wire import convert_members

MAX_MESSAGES = 10


def check_request(
    operation_file: str, request: dict[str, Any], layer: Layer = OLDER
) -> dict[str, Any]:
    """Return a request with members of the right types; raise if it breaks its shape.

    Raises:
        SerializationException: a member has another JSON type than the API gives it.
        ValidationException: members break constraints, or are not known.
    """
    shape = shape_of(operation_file)
    out = convert_members(shape, request)
    if layer.is_newer:
        _check_newer(operation_file, out, layer)
    messages: list[str] = []
    _constrain_members(shape, out, "", messages)
    if messages:
        count = len(messages)
        raise ValidationException(
            f"{count} validation error{'s' if count > 1 else ''} detected: {'; '.join(messages)}"
        )
    return out


# -- the newer layer ----------------------------------------------------------------------------


def _check_newer(operation_file: str, request: Mapping[str, Any], layer: Layer) -> None:
    """Check the members that the newer layer checks first, each refused alone."""
    if request.get("TableName") == "" and (
        operation_file != "update_item" or request.get("Key") is not None
    ):
        raise _alone("TableName", "length greater than or equal to 1")
    if operation_file == "update_item":
        _check_update_enums(request)
    elif operation_file == "query":
        _check_query(request)
    elif operation_file == "batch_get_item" and "RequestItems" in request:
        _check_batch_get(request["RequestItems"])


def _alone(member: str, constraint: str) -> ValidationException:
    return ValidationException(
        f"{ENVELOPE}Value at '{member}' failed to satisfy constraint: Member must have {constraint}"
    )


_UPDATE_ENUMS = (
    ("ReturnValues", ("ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW", "NONE"),
     "[ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"),
    ("ReturnConsumedCapacity", ("INDEXES", "TOTAL", "NONE"), "[INDEXES, TOTAL, NONE]"),
    ("ConditionalOperator", ("AND", "OR"), "[ALL, OR]"),
)  # fmt: skip
"""The enumerations of UpdateItem, in the order they are checked, and as the service lists them
(the slips UPDATE_NEW and ALL are its own)."""


def _check_update_enums(request: Mapping[str, Any]) -> None:
    if request.get("Key") is None:
        return  # the older form, which lists them all
    for member, values, shown in _UPDATE_ENUMS:
        if request.get(member) is not None and request[member] not in values:
            raise ValidationException(
                f"{ENVELOPE}Failed to satisfy constraint: Member must satisfy enum value set: "
                f"{shown}"
            )


def _check_query(request: Mapping[str, Any]) -> None:
    if request.get("ConditionalOperator") not in (None, "AND", "OR"):
        raise ValidationException(
            "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]"
        )
    limit = request.get("Limit")
    if limit is not None and limit < 1:
        raise _alone("Limit", "value greater than or equal to 1")


def _check_batch_get(requested: Mapping[str, Any]) -> None:
    if not requested:
        raise _alone("RequestItems", "length greater than or equal to 1")
    for name, entry in requested.items():
        keys = entry.get("Keys")
        if keys is None:
            continue
        if not keys:
            raise _alone(f"RequestItems.{name}.member.Keys", "length greater than or equal to 1")
        if len(keys) > MAX_BATCH_GET_KEYS:
            raise _alone(
                f"RequestItems.{name}.member.Keys",
                f"length less than or equal to {MAX_BATCH_GET_KEYS}",
            )


# -- the older layer ----------------------------------------------------------------------------


def _constrain_members(
    shape: MemberShape, value: Mapping[str, Any], path: str, messages: list[str]
) -> None:
    for name, member in shape.checked:
        inner = value.get(name)
        if inner is None:
            if member.is_required:
                place = path + name[0].lower() + name[1:]
                _add(messages, None, place, "Member must not be null")
        elif member.type == "String":
            if inner not in member.accepted:
                _constrain_new_text(member, inner, path, name, messages)
        else:
            _constrain(member, inner, path + name[0].lower() + name[1:], messages)


def _constrain_new_text(
    shape: MemberShape, value: str, path: str, name: str, messages: list[str]
) -> None:
    """Check a text that was not seen before, and remember it if it is fine."""
    count = len(messages)
    _constrain_text(shape, value, path, name, messages)
    if len(messages) == count and len(value) <= _REMEMBERED_CHARACTERS:
        if len(shape.accepted) >= _REMEMBERED_TEXTS:
            shape.accepted.clear()
        shape.accepted.add(value)


_REMEMBERED_TEXTS = 1_024
_REMEMBERED_CHARACTERS = 1_024


def _constrain_text(
    shape: MemberShape, value: str, path: str, name: str, messages: list[str]
) -> None:
    if shape.enum and value not in shape.enum:
        constraint = f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
        _add(messages, value, path + name[0].lower() + name[1:], constraint)
    if not value and shape.is_name:  # an empty name of a table says no more than that
        _add(messages, value, path + name[0].lower() + name[1:], _NOT_EMPTY)
        return
    if shape.pattern and not _matches(shape.pattern, value):
        constraint = f"Member must satisfy regular expression pattern: {shape.pattern}"
        _add(messages, value, path + name[0].lower() + name[1:], constraint)
    if shape.max is not None or shape.min is not None:
        _constrain_length(shape, value, path + name[0].lower() + name[1:], messages)


_NOT_EMPTY = "Member must have length greater than or equal to 1"


def _constrain_length(shape: MemberShape, value: Any, path: str, messages: list[str]) -> None:
    if shape.min is not None and len(value) < shape.min:
        constraint = f"Member must have length greater than or equal to {shape.min}"
        _add(messages, value, path, constraint)
    if shape.max is not None and len(value) > shape.max and not _is_arn(value):
        constraint = f"Member must have length less than or equal to {shape.max}"
        _add(messages, value, path, constraint)


def _is_arn(value: Any) -> bool:
    return type(value) is str and value.startswith("arn:") and len(value) <= 1024


_NAMES = "[a-zA-Z0-9_.-]+"
"""The pattern of names of tables, in whose place an ARN may stand."""


@lru_cache(maxsize=1024)
def _matches(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern, value) is not None or (pattern == _NAMES and _is_arn(value))


def _constrain(shape: MemberShape, value: Any, path: str, messages: list[str]) -> None:
    kind = shape.type
    if kind in ("Integer", "Long", "Double"):
        if shape.min is not None and value < shape.min:
            constraint = f"Member must have value greater than or equal to {shape.min}"
            _add(messages, value, path, constraint)
        if shape.max is not None and value > shape.max:
            constraint = f"Member must have value less than or equal to {shape.max}"
            _add(messages, value, path, constraint)
    elif kind == "List":
        _constrain_length(shape, value, path, messages)
        _constrain_elements(shape, value, path, messages)
    elif kind == "Map":
        _constrain_map(shape, value, path, messages)
    elif kind == "Structure":
        _constrain_members(shape, value, f"{path}.", messages)


def _constrain_map(
    shape: MemberShape, value: dict[str, Any], path: str, messages: list[str]
) -> None:
    _constrain_length(shape, value, path, messages)
    element = shape.element
    assert element is not None
    if shape.key is not None and not messages:  # names of tables are checked last
        shown = orjson.dumps(value).decode() if shape.shows_json else value
        _constrain_entries(shape.key, "keys", list(value), shown, path, messages)
    if element.type == "List":
        _constrain_entries(element, "value", list(value.values()), value, path, messages)
    if not element.is_checked:
        return
    for name, inner in value.items():
        if element.type == "String":
            _constrain_text(element, inner, f"{path}.{name}.", "member", messages)
        elif element.type == "List":
            _constrain_elements(element, inner, f"{path}.{name}.member", messages)
        else:
            _constrain(element, inner, f"{path}.{name}.member", messages)


def _constrain_elements(
    shape: MemberShape, value: list[Any], path: str, messages: list[str]
) -> None:
    element = shape.element
    assert element is not None
    if element.is_checked or None in value:
        for place, inner in enumerate(value, 1):
            if inner is None:
                _add(messages, None, f"{path}.{place}.member", "Member must not be null")
            elif element.type == "String":
                _constrain_text(element, inner, f"{path}.{place}.", "member", messages)
            else:
                _constrain(element, inner, f"{path}.{place}.member", messages)


def _constrain_entries(
    shape: MemberShape,
    what: str,
    entries: Sequence[Any],
    container: Any,
    path: str,
    messages: list[str],
) -> None:
    """Say that a map has keys or values out of bounds; the service names all bounds at once."""
    is_wrong = any(
        (shape.min is not None and len(entry) < shape.min)
        or (shape.max is not None and len(entry) > shape.max and not _is_arn(entry))
        or (shape.pattern and not _matches(shape.pattern, entry))
        for entry in entries
    )
    if is_wrong:
        bounds = []
        if shape.max is not None:
            bounds.append(f"Member must have length less than or equal to {shape.max}")
        if shape.min is not None:
            bounds.append(f"Member must have length greater than or equal to {shape.min}")
        if shape.pattern:
            bounds.append(f"Member must satisfy regular expression pattern: {shape.pattern}")
        constraint = f"Map {what} must satisfy constraint: [{', '.join(bounds)}]"
        _add(messages, container, path, constraint)


def _add(messages: list[str], value: Any, path: str, constraint: str) -> None:
    if len(messages) < MAX_MESSAGES:
        shown = "null" if value is None else f"'{_shown(value)}'"
        messages.append(f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}")


_ELEMENT_NAMES = {
    frozenset({"AttributeName", "KeyType"}): "KeySchemaElement",
    frozenset({"AttributeName", "AttributeType"}): "AttributeDefinition",
    frozenset({"PutRequest"}): "WriteRequest",
    frozenset({"DeleteRequest"}): "WriteRequest",
}
"""What the service calls the structures it shows, by their members."""


def _shown(value: Any) -> str:
    """Return a value as Java's toString shows it.

    Example:
        >>> _shown([{"AttributeName": "a", "KeyType": "HASH"}])
        '[KeySchemaElement(attributeName=a, keyType=HASH)]'
        >>> _shown([{"DeleteRequest": {"Key": {"a": {"S": "x"}}}}])
        '[WriteRequest(putRequest=null, deleteRequest=DeleteRequest(key={a=AttributeValue(S=x)}))]'
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, dict):
        name = _ELEMENT_NAMES.get(frozenset(value))
        if name == "WriteRequest":
            return _shown_write(value)
        if name is not None:
            members = (f"{key[0].lower()}{key[1:]}={_shown(each)}" for key, each in value.items())
            return f"{name}({', '.join(members)})"
        return "{" + ", ".join(f"{key}={_shown(each)}" for key, each in value.items()) + "}"
    return str(value)


def _shown_write(value: Mapping[str, Any]) -> str:
    put, delete = value.get("PutRequest"), value.get("DeleteRequest")
    put_text = "null" if put is None else f"PutRequest(item={_shown_item(put.get('Item'))})"
    key_text = "null" if delete is None else f"DeleteRequest(key={_shown_item(delete.get('Key'))})"
    return f"WriteRequest(putRequest={put_text}, deleteRequest={key_text})"


def _shown_item(item: Mapping[str, Any] | None) -> str:
    if item is None:
        return "null"
    return "{" + ", ".join(f"{name}={_shown_value(value)}" for name, value in item.items()) + "}"


def _shown_value(value: Mapping[str, Any]) -> str:
    contents = (f"{kind}={_shown(content)}" for kind, content in value.items())
    return f"AttributeValue({', '.join(contents)})"
