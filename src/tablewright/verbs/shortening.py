"""Cut what is too long to be read: the values of a request, the changes of a step.

In: a request of a route, its parameters in the form of boto3's client; or a step in words. Out: the
same, cut. A request that was cut could still be sent, and finds what it would have found whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tablewright.evaluation.values import Request

LONGEST_VALUE = 40
MOST_PARTS = 3
COMPARING = ("KeyConditionExpression", "FilterExpression", "ConditionExpression")
"""Parameters with which items are chosen."""
KEYS = ("Key", "Keys")
"""Parameters that name items."""
MOST_CHANGES = 2
"""Changes of one step that its name spells out."""


def first_changes(text: str) -> str:
    """Return the first changes of a step in words, and how many more there are.

    Example:
        >>> first_changes("drop a; drop b; drop c; drop d")
        'drop a; drop b; and 2 more of the kind'
    """
    parts = text.split("; ")
    more = len(parts) - MOST_CHANGES
    return text if more < 1 else f"{'; '.join(parts[:MOST_CHANGES])}; and {more} more of the kind"


def shortened(request: Request) -> Request:
    """Return a request with the long values that it stores cut, so that it can be read.

    Keys and what conditions compare with stay whole: cut, the request would be another one.

    Example:
        >>> from tablewright.evaluation.values import Request
        >>> item = {"id": {"S": "i" * 50}, "text": {"S": "x" * 900}}
        >>> long = Request(operation="PutItem", target="t", template={"Item": item}, keys=("id",))
        >>> shortened(long).template["Item"]["text"]
        {'S': 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'}
        >>> len(shortened(long).template["Item"]["id"]["S"])
        50
    """
    cut = _parameters(request.template, frozenset(request.keys))
    if isinstance(body := cut.get("Body"), str) and len(body) > LONGEST_VALUE:
        cut["Body"] = body[: LONGEST_VALUE - 3] + "..."
    return replace(request, template=cut)


def _parameters(parameters: Mapping[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    """Cut what parameters store: items, and the values that an update sets."""
    cut = dict(parameters)
    if isinstance(item := cut.get("Item"), Mapping):
        cut["Item"] = {n: value if n in keys else _cut(value) for n, value in item.items()}
    if isinstance(values := cut.get("ExpressionAttributeValues"), Mapping):
        whole = _compared(parameters) | _set_keys(parameters, keys)
        cut["ExpressionAttributeValues"] = {
            name: value if name in whole else _cut(value) for name, value in values.items()
        }
    for name in ("TransactItems", "RequestItems"):
        if name in cut:
            cut[name] = _writes(cut[name], keys)
    return cut


def _writes(value: Any, keys: frozenset[str]) -> Any:
    """Cut what the parts of a transaction or of a batch store."""
    if isinstance(value, list | tuple):
        return [_writes(part, keys) for part in value]
    if not isinstance(value, Mapping):
        return value
    if "Item" in value or "ExpressionAttributeValues" in value:
        return _parameters(value, keys)
    return {name: part if name in KEYS else _writes(part, keys) for name, part in value.items()}


def _compared(parameters: Mapping[str, Any]) -> set[str]:
    """Return the placeholders of values in a condition or a filter."""
    texts = (str(parameters.get(name, "")) for name in COMPARING)
    return {name for text in texts for name in re.findall(r":\w+", text)}


def _set_keys(parameters: Mapping[str, Any], keys: frozenset[str]) -> set[str]:
    """Return the placeholders of values that an update gives to a key of an index."""
    names: Mapping[str, str] = parameters.get("ExpressionAttributeNames", {})
    pairs = re.findall(r"([#\w]+) *= *(:\w+)", str(parameters.get("UpdateExpression", "")))
    return {value for name, value in pairs if names.get(name, name) in keys}


def _cut(value: Any, most: int = MOST_PARTS) -> Any:
    """Cut long texts, and maps and lists to `most` parts, those inside them to one."""
    if isinstance(value, Mapping):
        text = value.get("S")
        if set(value) == {"S"} and isinstance(text, str) and len(text) > LONGEST_VALUE:
            return {"S": text[: LONGEST_VALUE - 3] + "..."}
        if set(value) == {"B"} and isinstance(value["B"], str):
            return {"B": value["B"][: LONGEST_VALUE // 4 * 4]}
        inner = value.get("M")
        if set(value) == {"M"} and isinstance(inner, Mapping):
            return {"M": {key: _cut(inner[key], 1) for key in list(inner)[:most]}}
        if set(value) == {"L"}:
            return {"L": [_cut(part, 1) for part in value["L"][:most]]}
        return {key: _cut(part, most) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_cut(part, most) for part in value]
    return value
