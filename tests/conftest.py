"""Fixtures that several packages use: the shop model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tablewright.design.reader import ModelFile, load

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def shop() -> ModelFile:
    """The shop: customers, products, orders with lines, reviews; every verb, two designs."""
    return load(DATA / "shop.yaml")
