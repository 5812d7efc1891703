"""Print a request so that it can be pasted: as boto3 calls in Python, or as AWS CLI commands.

In: a request of a route, its parameters in the form of boto3's client (`{"S": "text"}`). Out:
source text. Binary values are base64 text, as the AWS CLI wants them, or bytes; in Python they are
bytes.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tablewright.evaluation.values import Request

_INDENT = "    "
_WIDTH = 88
OBJECTS = ("GetObject", "PutObject", "DeleteObject")
"""Requests to object storage, which has a client of its own."""


def snippet(request: Request, language: str) -> str:
    """Return a request as source text; `language` is python, or shell for the AWS CLI."""
    return shell_text(request) if language == "shell" else python_text(request)


def python_text(request: Request) -> str:
    """Return a request as a call of boto3's client, valid Python.

    Example:
        >>> from tablewright.evaluation.values import Request
        >>> get = Request(operation="GetItem", target="orders", template={"TableName": "orders"})
        >>> print(python_text(get))
        client.get_item(
            TableName='orders',
        )
    """
    client = 'boto3.client("s3")' if request.operation in OBJECTS else "client"
    lines = [f"{client}.{snake(request.operation)}("]
    lines += [
        f"{_INDENT}{name}={_python(value, 1, len(name) + 2)},"
        for name, value in sorted_parameters(request)
    ]
    return "\n".join([*lines, ")"])


def shell_text(request: Request) -> str:
    """Return a request as an AWS CLI command with all parameters as JSON.

    Example:
        >>> from tablewright.evaluation.values import Request
        >>> get = Request(operation="GetItem", target="orders", template={"TableName": "orders"})
        >>> print(shell_text(get))
        aws dynamodb get-item --cli-input-json '{"TableName": "orders"}'
    """
    verb = snake(request.operation).replace("_", "-")
    if request.operation in OBJECTS:
        place = " ".join(
            f"--{name.lower()} {shlex.quote(str(request.template[name]))}"
            for name in ("Bucket", "Key")
        )
        file = {"GetObject": " FILE", "PutObject": " --body FILE"}.get(request.operation, "")
        return f"aws s3api {verb} {place}{file}"
    body = json.dumps(dict(sorted_parameters(request)), default=_json, ensure_ascii=False)
    if len(body) > _WIDTH:
        body = json.dumps(
            dict(sorted_parameters(request)), default=_json, ensure_ascii=False, indent=2
        )
    return f"aws dynamodb {verb} --cli-input-json {shlex.quote(body)}"


def sorted_parameters(request: Request) -> list[tuple[str, Any]]:
    """Return the parameters, the table and index first."""
    first = ("TableName", "IndexName", "Bucket", "Key", "Item")

    def place(name: str) -> tuple[int, str]:
        return (first.index(name), "") if name in first else (len(first), name)

    return sorted(request.template.items(), key=lambda pair: place(pair[0]))


def snake(operation: str) -> str:
    """Return an API operation as boto3 names it.

    Example:
        >>> snake("TransactWriteItems"), snake("query")
        ('transact_write_items', 'query')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower()


def _python(value: Any, depth: int, lead: int) -> str:
    """Return a literal, broken over lines where it would be long; `lead` stands before it."""
    value = _plain(value)
    flat = repr(value)
    fits = len(flat) + lead + depth * len(_INDENT) <= _WIDTH
    if fits or not isinstance(value, Mapping | list | tuple):
        return flat
    inner, outer = _INDENT * (depth + 1), _INDENT * depth
    if isinstance(value, Mapping):
        parts = [
            f"{inner}{key!r}: {_python(part, depth + 1, len(repr(key)) + 3)},"
            for key, part in value.items()
        ]
        return "\n".join(["{", *parts, outer + "}"])
    parts = [f"{inner}{_python(part, depth + 1, 1)}," for part in value]
    return "\n".join(["[", *parts, outer + "]"])


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"B"} and isinstance(value["B"], str):
            return {"B": base64.b64decode(value["B"])}
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _json(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
