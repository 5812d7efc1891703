"""Failures as answers: problem documents that say what the caller can do, nothing of the inside.

In: a failure of the store. Out: a response of `application/problem+json` (RFC 9457). The messages
of databases, names of tables and traces never leave the process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from tablewright.serve.openapi import PROBLEM
from tablewright.serve.writing import json_bytes
from tablewright.store.failures import (
    ConditionFailed,
    Conflict,
    InvalidArguments,
    NotFound,
    NotServed,
    Problem,
    StoreError,
    Unavailable,
)

STATUS: dict[type[StoreError], tuple[int, str]] = {
    InvalidArguments: (422, "the arguments do not fit"),
    NotFound: (404, "not found"),
    ConditionFailed: (409, "the condition did not hold; nothing was written"),
    Conflict: (409, "others kept changing the same thing; nothing was written"),
    NotServed: (501, "not served by this design"),
    Unavailable: (503, "the database did not answer"),
}


def problem_response(
    status: int,
    title: str,
    request_id: str,
    *,
    problems: Sequence[Problem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem document."""
    content: dict[str, Any] = {"title": title, "status": status, "request_id": request_id}
    if problems:
        content["problems"] = [{"place": p.place, "message": p.message} for p in problems]
    return Response(json_bytes(content), status, dict(headers or {}), PROBLEM)


def failure_response(failure: StoreError, request_id: str) -> Response:
    """Return the answer to a call that failed."""
    status, title = STATUS.get(type(failure), (500, "the call failed"))
    problems = failure.problems if isinstance(failure, InvalidArguments) else ()
    return problem_response(status, title, request_id, problems=problems)
