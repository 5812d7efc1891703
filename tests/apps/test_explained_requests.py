"""What `explain` prints can be pasted: every request, as printed, is accepted on seeded tables.

Each pattern of each DynamoDB design of the five applications, at few users: as Python, as AWS CLI
commands and as JSON. What one request changes may be in the way of the next one, so a request that
is refused is tried once more on the tables as they were seeded.
"""

from __future__ import annotations

import ast
import base64
import json
import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from applications import session_of
from dynamo_proofs import adapter_on, dynamo_design, fill
from tablewright.engines.dynamodb.transport import LocalTransport
from tablewright.local.database import Database
from tablewright.local.faults import Fault
from tablewright.operate.provision import apply_provision
from tablewright.proof import examples
from tablewright.reports.pages import written
from tablewright.session import Session
from tablewright.verbs.database import silent
from tablewright.verbs.explain import ExplainView, explain
from tablewright.verbs.shortening import shortened

Sent = tuple[str, dict[str, Any]]
USERS = {"llm-proxy": 4}
"""By application, where not 20: each user of this one has 1,800 calls a month."""
DESIGNS = [
    ("screen-time-journey", "current"),
    ("screen-time-journey", "recommended"),
    ("mongocollectibles", "current"),
    ("mongocollectibles", "recommended"),
    ("poafix", "dynamodb"),
    ("llm-proxy", "current"),
    ("llm-proxy", "recommended"),
    ("llm-proxy", "smaller"),
    # 45,000 items
    pytest.param("auxeira", "current", marks=pytest.mark.slow),
    pytest.param("auxeira", "recommended", marks=pytest.mark.slow),
]


def test_these_are_all_designs_on_dynamodb() -> None:
    listed = {getattr(entry, "values", entry) for entry in DESIGNS}
    apps = sorted({app for app, _ in listed})
    assert listed == {
        (app, design.name)
        for app in apps
        for design in session_of(app).designs
        if design.engine == "dynamodb"
    }
    assert len(apps) == 5


@pytest.mark.parametrize(("app", "design"), DESIGNS)
def test_every_request_that_explain_prints_is_accepted(
    app: str, design: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "USERS", USERS.get(app, 20))
    session = session_of(app)
    tables = _Seeded(session, design, tmp_path)
    refused = []
    for pattern in session.model.patterns:
        view = explain(session, pattern.name, design, full=True)
        if not view.pattern.route.is_served:
            continue
        for form, requests in _printed(view).items():
            assert requests, (pattern.name, form)
            if fault := tables.fault_of(requests):
                refused.append((pattern.name, form, fault))
    tables.close()
    assert refused == []


def _printed(view: ExplainView) -> dict[str, list[Sent]]:
    """Return the requests to DynamoDB by the form they were printed in, in their order.

    Text as it is without --full: with long stored values cut. JSON is never cut.
    """
    cut = replace(view, requests=tuple(shortened(request) for request in view.requests))
    python = written(cut, "explain", "text", width=100, color=False)
    shell = written(cut, "explain", "text", width=100, color=False, language="shell")
    data = json.loads(written(view, "explain", "json"))
    return {
        "python": list(_python_calls(python)),
        "shell": list(_shell_commands(shell)),
        "json": [
            (request["operation"], request["template"])
            for request in data["requests"]
            if "TableName" in request["template"]
            or "TransactItems" in request["template"]
            or "RequestItems" in request["template"]
        ],
    }


def _python_calls(text: str) -> Iterator[Sent]:
    for block in _blocks(text, "client.", lambda line: line == ")"):
        [statement] = ast.parse(block).body
        assert isinstance(statement, ast.Expr)
        call = statement.value
        assert isinstance(call, ast.Call)
        assert isinstance(call.func, ast.Attribute)
        parameters = {str(k.arg): _wire(ast.literal_eval(k.value)) for k in call.keywords}
        yield _operation(call.func.attr, "_"), parameters


def _shell_commands(text: str) -> Iterator[Sent]:
    for block in _blocks(text, "aws dynamodb ", lambda line: line.endswith("}'")):
        _, _, verb, option, body = shlex.split(block)
        assert option == "--cli-input-json"
        yield _operation(verb, "-"), json.loads(body)


def _blocks(text: str, start: str, is_last: Callable[[str], bool]) -> Iterator[str]:
    """Yield the pieces of source in a page, without their indentation."""
    lines = iter(text.splitlines())
    for line in lines:
        if not line.lstrip().startswith(start):
            continue
        indent = len(line) - len(line.lstrip())
        piece = [line[indent:]]
        while not is_last(piece[-1]):
            piece.append(next(lines)[indent:])
        yield "\n".join(piece)


def _operation(name: str, separator: str) -> str:
    return "".join(word.capitalize() for word in name.split(separator))


def _wire(value: Any) -> Any:
    """Return parameters as they are sent: bytes as base64 text."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {name: _wire(part) for name, part in value.items()}
    return [_wire(part) for part in value] if isinstance(value, list) else value


class _Seeded:
    """The tables of a design, which can be put back to what they were seeded with."""

    def __init__(self, session: Session, design: str, folder: Path) -> None:
        world = examples.example_world(session.model)
        assert world is not None
        self._pristine, self._copy = folder / "pristine.db", folder / "copy.db"
        with Database(self._pristine, clock=_before_any_expiry) as database:
            transport, chosen = LocalTransport(database), dynamo_design(session, design)
            adapter = adapter_on(session, chosen, transport)
            apply_provision(adapter.plan_provision(), adapter, silent)
            fill(session, chosen, transport, world.users)
        self._database = self._fresh()

    def fault_of(self, requests: list[Sent]) -> str:
        """Return how the requests are refused, "" where they are accepted."""
        if not self._sent(requests):
            return ""
        self._database.close()
        self._database = self._fresh()
        return self._sent(requests)

    def close(self) -> None:
        self._database.close()

    def _fresh(self) -> Database:
        for path in self._copy.parent.glob(f"{self._copy.name}*"):
            path.unlink()
        with Database(self._pristine, clock=_before_any_expiry) as database:
            database.copy_to(self._copy)
        return Database(self._copy, clock=_before_any_expiry)

    def _sent(self, requests: list[Sent]) -> str:
        try:
            for operation, parameters in requests:
                self._database.call(operation, parameters)
        except Fault as fault:
            return f"{operation}: {fault}"
        return ""


def _before_any_expiry() -> float:
    return 1.0
