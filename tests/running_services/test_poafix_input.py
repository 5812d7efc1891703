"""Whatever is sent to PoaFix, the answer is one that its document names."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from typing import Any

import pytest

from running_services.running import Running, database_of
from running_services.test_poafix import (
    DESIGNS,
    ENVIRONMENT,
    admin_of,
    client_of,
    confirmed,
    requested,
    working,
)
from tablewright_services.poafix.app import PoaFix

REQUESTS = 600
ODD: list[Any] = [
    *(None, True, 0, -1, 1.5, 1e308, 10**30, "", "x", "\x00", "\U0001f600", "a" * 5000),
    *([], {}, [[]], {"a": 1}, [1], {"lat": 90, "lon": 180}, {"lat": 1e-300, "lon": 0}),
    *({"lat": True, "lon": 0}, {"lat": "1", "lon": 1}, [{"kind": "id", "url": "https://x"}]),
    *("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-12-01T10:00:00Z"),
]
EXAMPLES = {"@": "{}@example.org", "https": "https://x.example/a.jpg", r"\+?": "+254700000000"}


class Sender:
    """Makes requests that are right in parts.

    Args:
        seed: of what it draws.
        ids: what stands for ids in paths and bodies.
    """

    def __init__(self, seed: int, ids: list[str]) -> None:
        self.random, self.ids = random.Random(seed), ids

    def value(self, schema: Mapping[str, Any]) -> Any:
        """Return a value for a field, three of ten an odd one."""
        if "anyOf" in schema:  # one that may be null, too
            schema = schema["anyOf"][0]
        draw, kind = self.random, schema["type"]
        if draw.random() < 0.3:
            return draw.choice(ODD)
        if kind == "string":
            return self._text(schema)
        if kind == "integer":
            return draw.randint(schema["minimum"], schema["maximum"])
        if kind == "number":
            return round(draw.uniform(schema["minimum"], schema["maximum"]), draw.randint(0, 9))
        if kind == "boolean":
            return draw.random() < 0.5
        if kind == "object":
            return {name: self.value(each) for name, each in schema["properties"].items()}
        return [self.value(schema["items"]) for _ in range(draw.randint(0, 3))]

    def _text(self, schema: Mapping[str, Any]) -> str:
        draw, pattern = self.random, schema.get("pattern", "")
        if "enum" in schema:
            return str(draw.choice(schema["enum"]))
        if schema.get("format") == "date-time":
            return "2026-12-02T10:00:00+03:00"
        if "{24}" in pattern:
            return draw.choice(self.ids)
        for mark, example in EXAMPLES.items():
            if mark in pattern:
                return example.format(draw.random())
        return "a" * max(schema["minLength"], draw.randint(0, 40))

    def path(self, path: str) -> str:
        """Return a path with its parts filled in."""
        return re.sub(r"\{\w+(?::\w+)?\}", lambda _: self.random.choice(self.ids), path)

    def query(self, operation: Mapping[str, Any]) -> dict[str, str]:
        """Return a query, most of it there."""
        query = {}
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query" and self.random.random() < 0.8:
                value = self.value(parameter["schema"])
                query[parameter["name"]] = value if isinstance(value, str) else json.dumps(value)
        return query

    def body(self, operation: Mapping[str, Any]) -> str | None:
        """Return a body, most of it there; now and then one that is no JSON object."""
        if "requestBody" not in operation:
            return None
        if self.random.random() < 0.03:
            return self.random.choice(["[]", "null", "{", ""])
        (content,) = operation["requestBody"]["content"].values()
        members = content["schema"]["properties"].items()
        return json.dumps({n: self.value(s) for n, s in members if self.random.random() < 0.93})


@pytest.mark.parametrize("place", DESIGNS)
def test_every_answer_is_in_the_document_and_none_is_a_fault(place: str) -> None:
    with database_of(place) as (design, target):
        service = Running(PoaFix, "poafix", design, ENVIRONMENT, target=target)
        with service.client:
            send_at_random(service)


def send_at_random(service: Running) -> None:
    client = service.client
    callers = [client_of(service), working(service), admin_of(service)]
    booking, job = confirmed(callers[0], callers[1])
    request = requested(callers[0], callers[1])
    ids = [each.id for each in callers] + [booking, job, request]
    sender = Sender(1, [*ids, "0" * 24, "x", "..", "%00", "' or 1=1", "a" * 300])
    document = client.get("/openapi.json").json()
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if path not in ("/events", "/auth/logout", "/health")
    ]
    for _ in range(REQUESTS):
        method, path, operation = sender.random.choice(operations)
        caller = sender.random.choice([*callers, *callers, None])
        headers = {"Content-Type": "application/json", **(caller.headers if caller else {})}
        filled, body = sender.path(path), sender.body(operation)
        reply = client.request(
            method, filled, params=sender.query(operation), content=body, headers=headers
        )
        assert reply.status_code < 500, (method, filled, body)
        if reply.status_code not in (404, 405):  # a path may be another one's, or nobody's
            assert str(reply.status_code) in operation["responses"], (method, filled, body)
