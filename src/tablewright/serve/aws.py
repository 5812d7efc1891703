"""The data API as an AWS Lambda function behind an HTTP API or a function URL.

In: an event of payload format 2.0. Out: its response. The handler is `serve.aws.handler`;
TABLEWRIGHT_MODEL names the model file, TABLEWRIGHT_DESIGN the design. Format: AWS, "Working with
AWS Lambda proxy integrations for HTTP APIs", read 2026-11.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable, Mapping
from typing import Any

from tablewright.serve.application import create_app
from tablewright.serve.settings import require_protection, settings_of
from tablewright.store.opening import open_store

Event = Mapping[str, Any]
TEXTS = ("application/json", "application/problem+json", "text/")


def lambda_handler(app: Any) -> Callable[[Event, Any], dict[str, Any]]:
    """Return a handler that answers events through an ASGI application."""

    def answer(event: Event, context: Any) -> dict[str, Any]:
        return asyncio.run(_answer(app, event))

    return answer


async def _answer(app: Any, event: Event) -> dict[str, Any]:
    body = event.get("body") or ""
    raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    messages: list[Mapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Mapping[str, Any]) -> None:
        messages.append(message)

    await app(_scope(event), receive, send)
    start = next(m for m in messages if m["type"] == "http.response.start")
    content = b"".join(m.get("body", b"") for m in messages if m["type"] == "http.response.body")
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    is_text = headers.get("content-type", "text/plain").startswith(TEXTS)
    return {
        "statusCode": start["status"],
        "headers": headers,
        "body": content.decode() if is_text else base64.b64encode(content).decode(),
        "isBase64Encoded": not is_text,
    }


def _scope(event: Event) -> dict[str, Any]:
    request = event["requestContext"]["http"]
    headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    if event.get("cookies"):
        headers["cookie"] = "; ".join(event["cookies"])
    path = event.get("rawPath") or request.get("path", "/")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request["method"],
        "scheme": headers.get("x-forwarded-proto", "https"),
        "path": path,
        "raw_path": path.encode(),
        "query_string": (event.get("rawQueryString") or "").encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        "server": (headers.get("host", "lambda"), 443),
        "client": (request.get("sourceIp", ""), 0),
        "state": {},
    }


_HANDLERS: list[Callable[[Event, Any], dict[str, Any]]] = []


def handler(event: Event, context: Any) -> dict[str, Any]:
    """Answer one event; the store is opened with the first and kept for the next.

    Raises:
        UsageError: the environment asks for what cannot be, or states neither key nor token secret.
    """
    if not _HANDLERS:
        settings = settings_of(os.environ)
        require_protection(settings)
        store = open_store(
            os.environ.get("TABLEWRIGHT_MODEL", "tablewright.yaml"),
            design=os.environ.get("TABLEWRIGHT_DESIGN", ""),
            target=os.environ.get("TABLEWRIGHT_TARGET", "aws"),
        )
        _HANDLERS.append(lambda_handler(create_app(store, settings)))
    return _HANDLERS[0](event, context)
