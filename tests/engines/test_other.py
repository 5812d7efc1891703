"""Firestore and PlanetScale by their own units, worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

import tablewright
from server_loads import a_load
from tablewright import load, read_model
from tablewright.bill.prices import PriceBook
from tablewright.engines.other.firestore import firestore, stored_bytes
from tablewright.engines.other.planetscale import planetscale

APPS = Path(tablewright.__file__).parent / "apps"
TEXT = """
app: a
region: us-east-1
scales: [1000]
needs: {geo: "yes", full_text: "yes: names"}
entities:
  A:
    key: id
    count: 1/user
    attributes: {id: uuid, mail: {type: email, unique: true}, name: text(9), kind: "enum(a, b)"}
patterns:
  get: {get: A, by: id, rate: 1/user/day}
  kinds: {list: A, where: kind, limit: 20, rate: 1/user/day}
  total: {aggregate: A, where: kind, select: name, rate: 1/user/day}
  new: {put: A, rate: 1/user/day}
  rename: {update: A, by: id, set: [name], rate: 1/user/day}
  gone: {delete: A, by: id, rate: 1/user/day}
  words: {search: A, by: name, rate: 1/user/day}
"""


@pytest.fixture(scope="module")
def small():
    return firestore(read_model(TEXT).model, 1000, PriceBook())


def quantity(found, pattern: str, kind: str) -> Decimal:
    month = Decimal(730) / 24 * 1000
    lines = [x for x in found.lines if (x.pattern, x.what) == (pattern, f"document {kind}")]
    return round(sum((line.quantity for line in lines), Decimal(0)) / month, 6)


def test_a_get_reads_one_document(small):
    assert quantity(small, "get", "reads") == 1


def test_a_list_reads_what_it_returns(small):
    assert quantity(small, "kinds", "reads") == 20


def test_an_aggregation_reads_one_for_a_thousand_entries(small):
    assert quantity(small, "total", "reads") == 1  # 500 of 1,000


def test_a_unique_attribute_makes_a_second_document(small):
    assert quantity(small, "new", "writes") == 2
    assert quantity(small, "new", "reads") == 1
    assert quantity(small, "gone", "deletes") == 2


def test_an_update_by_key_is_one_write(small):
    assert (quantity(small, "rename", "writes"), quantity(small, "rename", "reads")) == (1, 0)


def test_what_it_cannot_do_is_named(small):
    assert small.cannot == (("words", "it has no search for words"),)
    assert [why.partition(":")[0] for why in small.misses] == ["geo", "full_text"]


def test_a_million_reads_cost_sixty_cents(small):
    line = next(line for line in small.lines if line.pattern == "get")
    assert line.amount == line.quantity * Decimal("0.06") / 100_000


def test_a_place_whose_storage_was_never_verified_is_refused_by_name():
    found = firestore(read_model(TEXT).model, 1000, PriceBook(), "us-central1")
    assert found.usd is None
    assert "google.firestore.storage in us-central1" in found.not_priced


def test_a_document_adds_up_by_hand():
    model = read_model(
        "app: a\nregion: us-east-1\nscales: [10]\n"
        "entities: {A: {key: id, count: 1/user, attributes: {id: uuid, n: int}}}\n"
        "patterns: {get: {get: A, by: id, rate: 1/user/day}}\n"
    ).model
    # the name 16 + 2 + 21 = 39, and 32; id: 3 + 37 = 40; n: 2 + 8 = 10;
    # entries of both, twice: 39 + 32 + 40 and 39 + 32 + 10
    assert stored_bytes(model, model.entity("A")) == 71 + 50 + 2 * (111 + 81)


def test_poafix_needs_geo_which_firestore_does_not_have():
    found = firestore(load(APPS / "poafix").model, 10_000, PriceBook())
    assert any(why.startswith("geo") for why in found.misses)
    assert found.usd is not None


def test_a_small_load_fits_the_smallest_vitess_cluster():
    model = load(APPS / "poafix").model
    options = planetscale(a_load(), model, PriceBook(), "us-east-1")
    first = options[0]
    assert (first.name, first.usd, first.holds) == ("PlanetScale Vitess PS-10", Decimal(39), True)
