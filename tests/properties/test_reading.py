"""Laws of reading: whatever the bytes, a model or diagnostics; the order of entities is nothing."""

from __future__ import annotations

import random
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies import damaged, examples
from tablewright import read_model
from tablewright.core.diagnostics import render
from tablewright.core.errors import ModelError
from tablewright.model.nodes import plain, split_lines
from tablewright.model.reader import decode

SOURCE = (Path(__file__).parents[1] / "data" / "everything.yaml").read_bytes()


@settings(max_examples=examples(80))
@given(damaged(SOURCE))
def test_whatever_the_bytes_reading_ends_in_a_model_or_in_diagnostics_with_places(data):
    text, reading = decode(data, "f")
    if text is None:
        assert reading.found.has_errors
        return
    try:
        read_model(text, "f")
    except ModelError as problem:
        lines = split_lines(text)
        for diagnostic in problem.diagnostics:
            assert 1 <= diagnostic.span.line <= len(lines)
            assert render(diagnostic, lines)


@settings(max_examples=examples(8))
@given(st.integers(0, 2**32))
def test_the_order_of_entities_and_patterns_in_the_file_changes_nothing(seed):
    tree = plain(yaml.compose(SOURCE.decode(), Loader=yaml.CSafeLoader))
    mixed = dict(tree)
    chance = random.Random(seed)
    for section in ("entities", "patterns"):
        pairs = list(tree[section].items())
        chance.shuffle(pairs)
        mixed[section] = dict(pairs)
    first, second = (
        read_model(yaml.dump(t, Dumper=yaml.CSafeDumper, sort_keys=False)) for t in (tree, mixed)
    )
    for section in ("entities", "patterns"):
        assert {repr(strip(x)) for x in getattr(first.model, section)} == {
            repr(strip(x)) for x in getattr(second.model, section)
        }
    assert len(first.designs) == len(second.designs)


def strip(value):
    """Leave the places out, which do change."""
    from dataclasses import fields, is_dataclass, replace

    if isinstance(value, tuple):
        return tuple(strip(inner) for inner in value)
    if not is_dataclass(value):
        return value
    changes = {
        f.name: None if f.name == "span" else strip(getattr(value, f.name))
        for f in fields(value)
        if f.init
    }
    return replace(value, **changes)
