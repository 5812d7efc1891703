"""Texts and documents of an exact size."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tablewright.capacity.items import value_bytes
from tablewright.sample.documents import document, elements, text
from tablewright.sample.wire import plain_bytes, to_wire

RATIOS = st.sampled_from([None, 0.1, 0.5, 0.9])


@settings(max_examples=150, deadline=None)
@given(size=st.integers(5, 60_000), ratio=RATIOS)
def test_a_document_has_exactly_its_bytes(size: int, ratio: float | None) -> None:
    assert value_bytes(to_wire(document(size, Random(size), ratio))) == size


@settings(max_examples=100, deadline=None)
@given(size=st.integers(4, 60_000), ratio=RATIOS)
def test_a_list_has_exactly_its_bytes(size: int, ratio: float | None) -> None:
    made = elements(size, Random(size), ratio)
    assert value_bytes(to_wire(made)) == plain_bytes(made) == size


@pytest.mark.parametrize("length", [0, 1, 24, 5000, 300_000])
def test_a_text_has_exactly_its_bytes(length: int) -> None:
    assert len(text(length, Random(1)).encode()) == length
    assert len(text(length, Random(1), 0.4).encode()) == length


def test_the_smallest_document_is_empty() -> None:
    assert document(0, Random(1)) == document(3, Random(1)) == {}
    assert plain_bytes(document(4, Random(1))) == 5
