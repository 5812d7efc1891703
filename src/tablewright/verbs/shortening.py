"""Cut what is too long to be read: the values of a request, the changes of a step.

In: a request of a route, its parameters in the form of boto3's client; or a step in words. Out: the
same, cut. A request that was cut could still be sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tablewright.evaluation.values import Request

LONGEST_VALUE = 40
MOST_PARTS = 3
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
    """Return a request with long values cut, so that it can be read; it could still be sent.

    Example:
        >>> from tablewright.evaluation.values import Request
        >>> long = Request(operation="PutItem", target="t", template={"Item": {"S": "x" * 900}})
        >>> shortened(long).template
        {'Item': {'S': 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'}}
    """
    cut = {k: _cut(v) for k, v in request.template.items()}
    if isinstance(body := cut.get("Body"), str) and len(body) > LONGEST_VALUE:
        cut["Body"] = body[: LONGEST_VALUE - 3] + "..."
    return replace(request, template=cut)


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
