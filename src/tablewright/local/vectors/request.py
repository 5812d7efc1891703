"""The members of a SearchVectors request: their JSON types, then their limits.

In: the parsed request and its bytes. Out: nothing, or the service's refusal. The search endpoint
is a separate service with a deserialiser of its own, which names the column where it stopped.

Recorded on AWS by paritysuite/dynamodb-conformance and ExtendDB, August 2026.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tablewright.capacity.vectors import MAX_DIMENSIONS
from tablewright.local.faults import SerializationException, ValidationException

_TYPES: Mapping[str, tuple[type, str]] = {
    "TableName": (str, "a string"),
    "IndexName": (str, "a string"),
    "ReturnConsumedCapacity": (str, "a string"),
    "SearchConditionExpression": (str, "a string"),
    "ProjectionExpression": (str, "a string"),
    "SearchVector": (list, "a sequence"),
    "TopK": (int, "i32"),
    "ExpressionAttributeNames": (dict, "a map"),
    "ExpressionAttributeValues": (dict, "a map"),
}
_REQUIRED = ("TableName", "IndexName", "SearchVector", "TopK")
_DETAILS = ("INDEXES", "TOTAL", "NONE")
_MOST_I32 = 2**31 - 1


def check_members(request: Mapping[str, Any], body: bytes) -> None:
    """Refuse members of the wrong JSON type, and the lack of those that are required.

    Raises:
        SerializationException: it names the first such member's place in the body.
    """
    for name, value in request.items():
        if name not in _TYPES:
            continue
        kind, expected = _TYPES[name]
        if value is None and name not in _REQUIRED:
            continue
        is_right = type(value) is kind and (type(value) is not int or abs(value) <= _MOST_I32)
        if not is_right:
            raise SerializationException(
                f"invalid type: {_found(value)}, expected {expected} at line 1 "
                f"column {_column(body, name, value)}"
            )
    for name in _REQUIRED:
        if name not in request:
            raise SerializationException(
                f"missing field `{name}` at line 1 column {len(body.rstrip())}"
            )


def check_limits(request: Mapping[str, Any]) -> None:
    """Refuse members whose length or value is out of range.

    Raises:
        ValidationException: it lists every such member.
    """
    problems = []

    def require(is_met: bool, member: str, constraint: str) -> None:
        if not is_met:
            problems.append(f"Value at '{member}' failed to satisfy constraint: {constraint}")

    name, index = request["TableName"], request["IndexName"]
    longest = 1024 if name.startswith("arn:") else 255
    require(len(name) >= 1, "TableName", "Member must have length greater than or equal to 1")
    require(
        len(name) <= longest,
        "TableName",
        f"Member must have length less than or equal to {longest}",
    )
    require(len(index) >= 3, "IndexName", "Member must have length greater than or equal to 3")
    require(len(index) <= 255, "IndexName", "Member must have length less than or equal to 255")
    size = len(request["SearchVector"])
    require(size >= 1, "SearchVector", "Member must have length greater than or equal to 1")
    require(
        size <= MAX_DIMENSIONS,
        "SearchVector",
        f"Member must have length less than or equal to {MAX_DIMENSIONS}",
    )
    require(request["TopK"] >= 1, "TopK", "Member must have value greater than or equal to 1")
    details = request.get("ReturnConsumedCapacity")
    require(
        details is None or details in _DETAILS,
        "ReturnConsumedCapacity",
        f"Member must satisfy enum value set: [{', '.join(_DETAILS)}]",
    )
    if problems:
        count = len(problems)
        raise ValidationException(
            f"{count} validation error{'s' if count > 1 else ''} detected: {'; '.join(problems)}"
        )


def _found(value: Any) -> str:
    """Return how the deserialiser names a value of the wrong type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"boolean `{str(value).lower()}`"
    if isinstance(value, int):
        return f"integer `{value}`"
    if isinstance(value, float):
        return f"floating point `{value}`"
    if isinstance(value, str):
        return f"string {json.dumps(value, ensure_ascii=False)}"
    return "sequence" if isinstance(value, list) else "map"


def _column(body: bytes, name: str, value: Any) -> int:
    """Return where the deserialiser stops: after a scalar, before a list or map."""
    for member, start, end in _members(body.decode("utf-8", errors="replace")):
        if member == name:
            return start if isinstance(value, list | dict) else end
    return len(body)


def _members(text: str) -> Iterator[tuple[str, int, int]]:
    """Return the name of each top-level member and where its value begins and ends."""
    decoder = json.JSONDecoder()
    position = text.index("{") + 1
    try:
        while True:
            position = _skip(text, position, " \t\r\n,")
            if text[position] == "}":
                return
            name, position = decoder.raw_decode(text, position)
            start = _skip(text, position, " \t\r\n:")
            _, position = decoder.raw_decode(text, start)
            yield name, start, position
    except (IndexError, ValueError):
        return


def _skip(text: str, position: int, characters: str) -> int:
    while text[position] in characters:
        position += 1
    return position
