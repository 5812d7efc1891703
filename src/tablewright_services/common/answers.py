"""Answers of the services: JSON, and errors that say no more than the caller may know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from tablewright.serve.writing import json_bytes

JSON = "application/json"


def answer(content: Any, status: int = 200) -> Response:
    """Return content as JSON."""
    return Response(json_bytes(content), status, media_type=JSON)


def error(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None, /, **more: Any
) -> Response:
    """Return an error: `code` for programs, `message` for people."""
    content = json_bytes({"error": code, "message": message, **more})
    return Response(content, status, dict(headers or {}), JSON)


def too_many(seconds: int) -> Response:
    """Return that a caller has to wait so many seconds."""
    return error(429, "too_many", "too many requests", {"Retry-After": str(seconds)})
