"""The published JSON Schema and the reader agree, on what is right and on what is broken."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import tablewright.model
from strategies import examples
from tablewright import json_schema, read_model
from tablewright.core.errors import ModelError
from tablewright.model.nodes import plain

DATA = Path(__file__).parents[1] / "data"
APPS = Path(tablewright.model.__file__).parents[1] / "apps"
FILES = sorted([*DATA.glob("*.yaml"), *APPS.glob("*/tablewright.yaml")])
SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

OF_SHAPE = {
    "unknown-field",
    "missing-field",
    "wrong-type",
    "missing-value",
    "bad-value",
    "negative-value",
    "bad-name",
    "wrong-length",
    "missing-verb",
    "two-verbs",
    "unknown-engine",
}
"""Diagnostics about form alone, which a JSON Schema can express, and must."""


def tree(text: str) -> Any:
    return plain(yaml.compose(text, Loader=yaml.CSafeLoader))


def errors_of(text: str) -> set[str]:
    try:
        read_model(text)
    except ModelError as problem:
        return {d.id for d in problem.diagnostics if d.severity.is_error}
    return set()


def test_the_published_schema_is_fresh():
    published = Path(tablewright.model.__file__).parent / "model.schema.json"
    assert json.loads(published.read_text()) == SCHEMA, "run scripts/generate-schema"


def test_the_schema_is_a_valid_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("file", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_model_file_of_the_project_is_valid_by_the_schema(file):
    assert [e.json_path for e in VALIDATOR.iter_errors(tree(file.read_text()))] == []


def fields_of(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for inner in schema.values():
            yield from fields_of(inner)
    if isinstance(schema, list):
        for inner in schema:
            yield from fields_of(inner)


def keys_of(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield key
            yield from keys_of(value)
    if isinstance(data, list):
        for value in data:
            yield from keys_of(value)


def test_the_file_of_everything_has_every_field_of_the_grammar():
    used = set(keys_of(tree((DATA / "everything.yaml").read_text())))
    # a witness is of strong replicas, which eu-north-1 cannot have: tests/verbs has them
    assert set(fields_of(SCHEMA)) - used == {"witness"}


def test_the_page_about_the_model_file_names_every_field_of_the_grammar():
    page = (DATA.parents[1] / "docs" / "model-file.md").read_text(encoding="utf-8")
    words = {*re.findall(r"[a-z][a-z0-9_]*", page), *re.findall(r"[a-z]+-[a-z]+", page)}
    assert set(fields_of(SCHEMA)) - words == set()


NONSENSE: list[Any] = [{}, [], "some words", -1, None, True, {"nonsense": 1}, ["some words"]]


def paths(data: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(data, (dict, list)):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield (*above, key)
            yield from paths(value, (*above, key))


def mutations(data: Any, count: int) -> Iterator[tuple[str, Any]]:
    """Break a file in one place: a key lost, misspelt, or a value of nonsense."""
    chance = random.Random(1)
    places = list(paths(data))
    for _ in range(count):
        place = chance.choice(places)
        broken = copy.deepcopy(data)
        holder = broken
        for key in place[:-1]:
            holder = holder[key]
        what = chance.choice(["lose", "misspell", *NONSENSE])
        if what == "lose":
            del holder[place[-1]]
        elif what == "misspell" and isinstance(holder, dict):
            holder[f"{place[-1]}x"] = holder.pop(place[-1])
        else:
            holder[place[-1]] = what
        yield f"{'.'.join(map(str, place))}: {what}", broken


@pytest.mark.parametrize("file", ["everything.yaml", "shop.yaml"])
def test_schema_and_reader_agree_on_broken_files(file):
    disagreements = []
    for label, broken in mutations(tree((DATA / file).read_text()), examples(40)):
        valid = VALIDATOR.is_valid(broken)
        errors = errors_of(yaml.dump(broken, Dumper=yaml.CSafeDumper, sort_keys=False))
        if valid and errors & OF_SHAPE:
            disagreements.append(f"{label}: the schema finds nothing, the reader {errors}")
        if not valid and not errors:
            disagreements.append(f"{label}: the reader finds nothing, the schema something")
    assert not disagreements, "\n".join(disagreements)
