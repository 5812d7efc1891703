"""Stores of the shop on each engine: the same tests have to hold on all of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

import tablewright
from tablewright.store.store import Store

SHOP = Path(__file__).parent / "shop.yaml"
NOON = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)


def clock() -> dt.datetime:
    return NOON


@pytest.fixture(
    params=[
        "tables",
        pytest.param("postgresql", marks=pytest.mark.needs_server),
        pytest.param("mongodb", marks=pytest.mark.needs_server),
    ],
    scope="module",
)
def opened(request: pytest.FixtureRequest) -> Iterator[Store]:
    with tablewright.open_store(SHOP, design=request.param, target="memory", clock=clock) as store:
        yield store


@pytest.fixture
def store(opened: Store) -> Store:
    return opened


@pytest.fixture
def email() -> str:
    return f"{uuid4().hex}@example.org"


@pytest.fixture
def customer(store: Store, email: str) -> str:
    """A customer with a limit of 10."""
    made = store.register(email=email, name="Ana", limit=10, periodEnd="2026-12-31T00:00:00Z")
    return str(made.customerId)
