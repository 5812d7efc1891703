"""Fixtures that several packages use: the shop model; the profiles of Hypothesis."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tablewright import ModelFile, load

# HYPOTHESIS_PROFILE=full (`make test-all`) searches longer, and the same way each time.
settings.register_profile("dev", deadline=None)
settings.register_profile("full", deadline=None, max_examples=1000, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def shop() -> ModelFile:
    """The shop: customers, products, orders with lines, reviews; every verb, two designs."""
    return load(DATA / "shop.yaml")


def pytest_collection_modifyitems(items):
    """Mark the tests of known_failures.txt as expected to fail; they run and are reported."""
    listed = Path(__file__).with_name("known_failures.txt").read_text().splitlines()
    names = tuple(line for line in listed if line and not line.startswith("#"))
    for item in items:
        if item.nodeid.startswith(names):
            item.add_marker(pytest.mark.xfail(reason="see tests/known_failures.txt", strict=False))
