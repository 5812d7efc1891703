"""Bodies of requests as JSON objects, read no further than allowed.

In: a request, a number of bytes. Out: a mapping, or why there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

JSON = "application/json"


class TooLarge(Exception):
    """The body of a request is larger than allowed."""


class BadBody(Exception):
    """The body of a request is no JSON object."""


async def raw_body(request: Request, max_bytes: int) -> bytes:
    """Return the body of a request.

    Raises:
        TooLarge: it has more bytes than allowed.
        BadBody: it ended early.
    """
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > max_bytes:
        raise TooLarge
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > max_bytes:
                raise TooLarge
    except ClientDisconnect as problem:
        raise BadBody("the body ended early") from problem
    return body


async def json_body(request: Request, max_bytes: int) -> Mapping[str, Any]:
    """Return the JSON object in the body of a request.

    Raises:
        TooLarge: it has more bytes than allowed.
        BadBody: it is no JSON object, or of another content type: then that is all it says.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise BadBody(JSON)
    try:
        content = orjson.loads(await raw_body(request, max_bytes))
    except orjson.JSONDecodeError as problem:
        raise BadBody("the body is no JSON") from problem
    if not isinstance(content, dict):
        raise BadBody("the body must be a JSON object")
    return content
