"""An ASGI application as an AWS Lambda function behind an API Gateway or a function URL.

In: an event of payload format 2.0 (HTTP APIs, function URLs) or 1.0 (REST APIs). Out: its response.
The handler of the data API is `serve.aws.handler`; TABLEWRIGHT_MODEL names the model file,
TABLEWRIGHT_DESIGN the design. Formats: AWS, "Create AWS Lambda proxy integrations for HTTP APIs in
API Gateway" and "Lambda proxy integrations in API Gateway", read 2026-11.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlencode

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
    named = [(name.decode(), value.decode("latin-1")) for name, value in start["headers"]]
    cookies = [value for name, value in named if name == "set-cookie"]
    headers = {name: value for name, value in named if name != "set-cookie"}
    is_text = headers.get("content-type", "text/plain").startswith(TEXTS)
    if not cookies:
        kept: dict[str, Any] = {}
    elif _is_of_rest(event):
        kept = {"multiValueHeaders": {"set-cookie": cookies}}
    else:
        kept = {"cookies": cookies}
    return {
        "statusCode": start["status"],
        "headers": headers,
        **kept,
        "body": content.decode() if is_text else base64.b64encode(content).decode(),
        "isBase64Encoded": not is_text,
    }


def _is_of_rest(event: Event) -> bool:
    """Whether an event is of payload format 1.0, as REST APIs send it."""
    return "httpMethod" in event


def _scope(event: Event) -> dict[str, Any]:
    if _is_of_rest(event):
        queries = event.get("multiValueQueryStringParameters") or {
            name: [value] for name, value in (event.get("queryStringParameters") or {}).items()
        }
        method, path = str(event["httpMethod"]), str(event.get("path") or "/")
        source = (event.get("requestContext") or {}).get("identity") or {}
        query = urlencode(queries, doseq=True)
    else:
        source = event["requestContext"]["http"]
        method = str(source["method"])
        path = event.get("rawPath") or source.get("path", "/")
        query = event.get("rawQueryString") or ""
    headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    if event.get("cookies"):
        headers["cookie"] = "; ".join(event["cookies"])
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": headers.get("x-forwarded-proto", "https"),
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        "server": (headers.get("host", "lambda"), 443),
        "client": (source.get("sourceIp", ""), 0),
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
