"""The shape of a request for the access log: which index, which keys, never a value.

In: the name of an operation and its body. Out: words such as `index=by-status by=status
range=placedAt limit=20`, from which `tablewright init --from` makes access patterns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

SHAPED = frozenset({"Query", "UpdateItem", "GetItem", "PutItem", "DeleteItem", "Scan"})
_NAME = re.compile(r"[#A-Za-z_][\w.#-]*")
_WORDS = frozenset({"and", "between", "begins_with", "set", "remove", "add", "delete"})


def shape_of(operation: str, body: Any) -> str:
    """Return the shape of a request as words for a log line; empty where there is nothing to say.

    Example:
        >>> shape_of("Query", b'{"IndexName": "i", "KeyConditionExpression": "#a = :a AND b > :b",'
        ...     b' "ExpressionAttributeNames": {"#a": "status"}, "Limit": 5}')
        'index=i by=status range=b limit=5'
    """
    if operation not in SHAPED or not isinstance(body, bytes | bytearray):
        return ""
    try:
        request = orjson.loads(body)
    except ValueError:
        return ""
    if not isinstance(request, Mapping):
        return ""
    words = []
    if isinstance(request.get("IndexName"), str):
        words.append(f"index={request['IndexName']}")
    if operation == "Query":
        words += _conditions(request)
    elif operation == "UpdateItem":
        words += _changes(request)
    if isinstance(request.get("Limit"), int):
        words.append(f"limit={request['Limit']}")
    return " ".join(word for word in words if " " not in word)


def _conditions(request: Mapping[str, Any]) -> list[str]:
    names = request.get("ExpressionAttributeNames") or {}
    bound: list[str] = []
    ranged: list[str] = []
    for name, condition in (request.get("KeyConditions") or {}).items():
        is_equal = isinstance(condition, Mapping) and condition.get("ComparisonOperator") == "EQ"
        (bound if is_equal else ranged).append(str(name))
    expression = re.sub(
        r":\w+\s+and\s+:\w+",
        ":range",
        str(request.get("KeyConditionExpression", "")),
        flags=re.IGNORECASE,
    )
    for part in re.split(r"\band\b", expression, flags=re.IGNORECASE):
        words_of_part = _NAME.findall(re.sub(r":\w+", "", part))
        attributes = [names.get(n, n) for n in words_of_part if n.lower() not in _WORDS]
        if attributes:
            is_equal = re.search(r"[^<>]=\s*:", part) is not None
            (bound if is_equal else ranged).append(str(attributes[0]))
    words = [f"by={','.join(bound)}"] if bound else []
    return [*words, f"range={','.join(ranged)}"] if ranged else words


def _changes(request: Mapping[str, Any]) -> list[str]:
    names = request.get("ExpressionAttributeNames") or {}
    changed = [str(name) for name in request.get("AttributeUpdates") or {}]
    expression = str(request.get("UpdateExpression", ""))
    for clause in re.split(r"\b(?:SET|REMOVE|ADD|DELETE)\b", expression, flags=re.IGNORECASE):
        for action in re.split(r",(?![^(]*\))", clause):
            match = _NAME.match(action.strip())
            if match is not None:
                path = match[0].split(".")[0]
                changed.append(str(names.get(path, path)))
    unique = list(dict.fromkeys(changed))
    return [f"set={','.join(unique)}"] if unique else []
