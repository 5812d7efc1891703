"""The public names: adding one is a decision, losing one breaks somebody."""

from __future__ import annotations

import pytest

import tablewright


def test_the_public_names_are_these():
    assert sorted(tablewright.__all__) == [
        "AsyncStore",
        "ModelFile",
        "Options",
        "Session",
        "Store",
        "json_schema",
        "load",
        "open_model",
        "open_store",
        "open_store_async",
        "read_model",
    ]


@pytest.mark.parametrize("name", tablewright.__all__)
def test_every_public_name_can_be_used_and_is_documented(name):
    assert getattr(tablewright, name).__doc__


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute `nothing`"):
        tablewright.nothing  # noqa: B018
