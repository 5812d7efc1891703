"""Cut the long values of a request, so that it can be read; it could still be sent.

In: a request of a route, its parameters in the form of boto3's client. Out: the same with long
texts, maps and lists cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tablewright.evaluation.values import Request

LONGEST_VALUE = 40
MOST_PARTS = 3


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
