"""Read conformance cases and run them against anything that answers DynamoDB requests.

A case file holds `source` (where its expectations come from), `tier` (1: what every application
uses; 2: what many use; 3: corners), perhaps `differential: false` (the words of the service alone:
peers are not asked) and `cases`. A case names its `tables` (tables.yaml) and its
`steps`; a step is one operation and what must come back:

    - PutItem: {TableName: Users, Item: !i {id: a, n: 5}}
      reply: {}                      # exactly this
    - GetItem: {...}
      has: {Item: ...}               # at least this, at any depth; lists element by element
      lacks: [ConsumedCapacity]      # members that must not be there
      keep: {arn: Table.LatestStreamArn}  # later steps say $arn for it; a number is a place
    - DeleteItem: {...}
      error: ValidationException
      message: the whole text, or message_has: a part of it

`"@100KB"` and `"@2048B"` stand for that many letters (in names too), `"@nested31"` for a value of
so many levels, `"@keys101"` and `"@writes26"` for so many different keys or put requests of Users.
`!i {a: 1}` is an item in wire form, `!v 1` one value; `!ss`, `!ns`, `!bs` are sets, `!b` is binary.
The order of a set's members is never compared.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from yaml_files import SafeLoader

HERE = Path(__file__).parent
Call = Callable[[str, Any], tuple[int, Any]]


_SCALARS = ("int", "float", "null")


class _Loader(SafeLoader):
    """Safe YAML with tags for wire-form values; `y`, `no` and dates stay text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] in _SCALARS]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), ["t", "f"])


@dataclass(frozen=True)
class _Wire:
    value: dict[str, Any]


def wire(value: Any) -> dict[str, Any]:
    """Return a plain value in wire form."""
    if isinstance(value, _Wire):
        return value.value
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": str(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, list):
        return {"L": [wire(each) for each in value]}
    if isinstance(value, dict):
        return {"M": {name: wire(each) for name, each in value.items()}}
    return {"S": value}


def _set(kind: str) -> Callable[[Any, Any], _Wire]:
    def build(loader: Any, node: Any) -> _Wire:
        members = loader.construct_sequence(node)
        if kind == "BS":
            members = [base64.b64encode(str(m).encode()).decode() for m in members]
        return _Wire({kind: [str(member) for member in members]})

    return build


_Loader.add_constructor("!ss", _set("SS"))
_Loader.add_constructor("!ns", _set("NS"))
_Loader.add_constructor("!bs", _set("BS"))
_Loader.add_constructor("!n", lambda loader, node: _Wire({"N": loader.construct_scalar(node)}))
_Loader.add_constructor(
    "!b",
    lambda loader, node: _Wire(
        {"B": base64.b64encode(loader.construct_scalar(node).encode()).decode()}
    ),
)


def _any(loader: Any, node: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_object(
        yaml.ScalarNode(
            loader.resolve(yaml.ScalarNode, node.value, (not node.style, False)),
            node.value,
            style=node.style,
        )
    )


_Loader.add_constructor("!v", lambda loader, node: wire(_any(loader, node)))
_Loader.add_constructor(
    "!i",
    lambda loader, node: {n: wire(v) for n, v in loader.construct_mapping(node, deep=True).items()},
)


def parse(text: str) -> Any:
    """Return YAML of the case form."""
    return _expand(yaml.load(text, Loader=_Loader))


_SIZED = re.compile(r"@(\d+)(B|KB)")
_MANY = re.compile(r"@(keys|writes)(\d+)")
_NESTED = re.compile(r"@nested(\d+)")


def _expand(value: Any) -> Any:
    """Write out what stands for something long."""
    if isinstance(value, dict):
        return {_expand(name): _expand(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_expand(each) for each in value]
    if isinstance(value, str) and value.startswith("@"):
        if sized := _SIZED.fullmatch(value):
            return "x" * (int(sized[1]) * (1024 if sized[2] == "KB" else 1))
        if many := _MANY.fullmatch(value):
            keys = [{"id": {"S": f"k{number}"}} for number in range(int(many[2]))]
            return keys if many[1] == "keys" else [{"PutRequest": {"Item": key}} for key in keys]
        if nested := _NESTED.fullmatch(value):
            levels: dict[str, Any] = {"S": "deep"}
            for _ in range(int(nested[1])):
                levels = {"L": [levels]}
            return levels
    return value


@dataclass(frozen=True)
class Case:
    """One case: its file and name, tier, source, tables and steps."""

    file: str
    name: str
    tier: int
    source: str
    tables: tuple[str, ...]
    steps: tuple[dict[str, Any], ...]
    is_compared: bool = True
    """Whether peers are asked the same."""

    @property
    def id(self) -> str:
        """The name by which known differences refer to it."""
        return f"{self.file}: {self.name}"


@cache
def table_definitions() -> dict[str, dict[str, Any]]:
    """Return the CreateTable requests of tables.yaml."""
    found = parse((HERE / "tables.yaml").read_text())
    return {name: {"TableName": name, **request} for name, request in found.items()}


@cache
def all_cases() -> tuple[Case, ...]:
    """Return every case of every file."""
    return tuple(case for path in sorted((HERE / "cases").glob("*.yaml")) for case in _cases(path))


_STEP_WORDS = {"reply", "has", "lacks", "error", "message", "message_has", "keep"}


def _cases(path: Path) -> Iterator[Case]:
    text = parse(path.read_text(encoding="utf-8"))
    for case in text["cases"]:
        steps = tuple(case["steps"]) if "steps" in case else (_one_step(case),)
        for step in steps:
            unknown = [word for word in step if word not in _STEP_WORDS and not word[0].isupper()]
            assert not unknown, f"{path.name}: {case['name']}: {unknown}"
        yield Case(
            file=path.stem,
            name=case["name"],
            tier=case.get("tier", text["tier"]),
            source=case.get("source", text["source"]),
            tables=tuple(case.get("tables", text.get("tables", ()))),
            steps=steps,
            is_compared=text.get("differential", True),
        )


def _one_step(case: dict[str, Any]) -> dict[str, Any]:
    return {word: case[word] for word in case if word not in ("name", "tier", "source", "tables")}


def differences(case: Case, call: Call, *, messages: bool = True) -> list[str]:
    """Run a case and return what differs from the expectations, one sentence each."""
    for name in case.tables:
        _make_table(name, call)
    found = []
    kept: dict[str, Any] = {}
    for number, step in enumerate(case.steps, 1):
        (operation,) = (word for word in step if word not in _STEP_WORDS)
        status, body = call(operation, _filled(step[operation], kept))
        where = f"step {number} ({operation})"
        found += [f"{where}: {what}" for what in _compare(step, status, body, messages)]
        if found and "keep" in step:
            return found  # what follows would ask for something that is not known
        kept |= {name: _at(body, path) for name, path in step.get("keep", {}).items()}
    return found


def _filled(request: Any, kept: dict[str, Any]) -> Any:
    """Return a copy of a request with what earlier steps kept."""
    if isinstance(request, dict):
        return {name: _filled(value, kept) for name, value in request.items()}
    if isinstance(request, list):
        return [_filled(value, kept) for value in request]
    if isinstance(request, str) and request.startswith("$") and request[1:] in kept:
        return kept[request[1:]]
    return request


def _at(body: Any, path: str) -> Any:
    for step in path.split("."):
        body = body[int(step)] if step.isdigit() else body[step]
    return body


def clear(call: Call) -> None:
    """Delete every table, and wait until they are gone."""
    for _ in range(_PATIENCE):
        names = call("ListTables", {})[1]["TableNames"]
        if not names:
            return
        for name in names:
            call("DeleteTable", {"TableName": name})
        time.sleep(0.01)
    raise AssertionError(f"these tables are not deleted: {names}")


_PATIENCE = 500


def _make_table(name: str, call: Call) -> None:
    status, body = call("CreateTable", table_definitions()[name])
    assert status == 200, f"the table {name} could not be made: {body}"
    for _ in range(_PATIENCE):
        if body.get("Table", body.get("TableDescription"))["TableStatus"] == "ACTIVE":
            return
        time.sleep(0.01)
        _, body = call("DescribeTable", {"TableName": name})
    raise AssertionError(f"the table {name} does not become active")


def _compare(step: dict[str, Any], status: int, body: Any, messages: bool) -> Iterator[str]:
    if "error" in step:
        kind = body.get("__type", "").rpartition("#")[2] if isinstance(body, dict) else body
        if status == 200 or kind != step["error"]:
            yield f"{step['error']} expected, got {status} {_short(body)}"
            return
        said = body.get("message", body.get("Message", ""))
        if messages and "message" in step and said != step["message"].strip():
            yield f"message {said!r}"
        if messages and "message_has" in step and step["message_has"] not in said:
            yield f"message {said!r}"
    elif status != 200:
        yield f"refused: {_short(body)}"
        return
    if "reply" in step and _normal(body) != _normal(step["reply"]):
        yield f"reply {_short(body)}"
    if "has" in step:
        yield from _lacking(_normal(step["has"]), _normal(body), "")
    for member in step.get("lacks", ()):
        if member in body:
            yield f"has {member}: {_short(body[member])}"


def _lacking(wanted: Any, got: Any, path: str) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(got, dict):
        for name, value in wanted.items():
            if name not in got:
                yield f"{path}.{name} is missing in {_short(got)}"
            else:
                yield from _lacking(value, got[name], f"{path}.{name}")
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for number, (one, other) in enumerate(zip(wanted, got, strict=True)):
            yield from _lacking(one, other, f"{path}[{number}]")
    elif wanted != got:
        yield f"{path} is {_short(got)}, not {_short(wanted)}"


def _normal(value: Any) -> Any:
    """Return a reply with the members of sets sorted; numbers of the envelope as they are."""
    if isinstance(value, dict):
        return {
            name: sorted(each) if name in ("SS", "NS", "BS") and isinstance(each, list)
            and all(isinstance(m, str) for m in each) else _normal(each)
            for name, each in value.items()
        }  # fmt: skip
    if isinstance(value, list):
        return [_normal(each) for each in value]
    return value


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 400 else text[:400] + "…"
