"""A transport that fails as told, around the local engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tablewright.engines.dynamodb.transport import (
    EndpointError,
    LocalTransport,
    Reply,
    RequestFailedError,
)
from tablewright.local.database import Database

Fault = Callable[[str, Mapping[str, Any]], Reply | None]


class Faulty(LocalTransport):
    """Asks `faults`, call by call of one operation, before it sends; None lets the call pass."""

    def __init__(self, database: Database, operation: str, faults: dict[int, Fault]) -> None:
        super().__init__(database)
        self.operation = operation
        self.faults = faults
        self.calls = 0

    def send(self, operation: str, parameters: Mapping[str, Any], *, label: str = "") -> Reply:
        if operation == self.operation:
            self.calls += 1
            fault = self.faults.get(self.calls)
            if fault is not None:
                answered = fault(operation, parameters)
                if answered is not None:
                    return answered
        return super().send(operation, parameters, label=label)


def refuse(code: str, message: str = "no") -> Fault:
    def fault(operation: str, parameters: Mapping[str, Any]) -> Reply | None:
        raise RequestFailedError(operation, code, message)

    return fault


def vanish(operation: str, parameters: Mapping[str, Any]) -> Reply | None:
    raise EndpointError("http://localhost:1 did not answer", remedy="check the endpoint")


def interrupt(operation: str, parameters: Mapping[str, Any]) -> Reply | None:
    raise KeyboardInterrupt
