"""The constants a server is sized with, and the compression measured on sampled documents."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

import tablewright
from tablewright import load, read_model
from tablewright.capacity.documents import ObjectKey, document_bytes
from tablewright.engines.mongodb.compression import bson, kept_share, snappy_bytes
from tablewright.engines.mongodb.layout import MongoLayout
from tablewright.engines.mongodb.plan import plan
from tablewright.engines.servers.constants import constants, figures
from tablewright.engines.servers.sizing import has_peak, instances_to_draw
from tablewright.model.statistics import load_curve
from tablewright.sample.sample import Sample

APPS = Path(tablewright.__file__).parent / "apps"
DOCUMENT = {
    "_id": ObjectKey("65a4f0c2e165a4f0c2e165a4"),
    "at": datetime.datetime(2026, 11, 21, 5, 0, tzinfo=datetime.UTC),
    "id": UUID(int=7),
    "n": 1,
    "far": 2**40,
    "half": 0.5,
    "price": Decimal("10.10"),
    "on": True,
    "none": None,
    "list": ["a", {"b": 1}],
    "raw": b"abc",
}


def test_the_range_of_every_constant_holds_its_value_and_its_label_has_a_reason():
    for engine in ("mongodb", "postgresql"):
        for one in constants(engine):
            assert min(one.light, one.heavy) <= one.value <= max(one.light, one.heavy), one.name
            assert one.source, one.name
            known = ("measured on 20", "benchmarks/", "sampled")
            assert one.label != "measured" or any(word in one.source for word in known)


def test_the_cache_of_mongodb_is_half_of_what_is_above_a_gigabyte():
    given = figures("mongodb", "heavy")  # the file cache left out
    assert given.cache_gb(Decimal(8)) == Decimal("3.5")
    assert given.cache_gb(Decimal(1)) == Decimal("0.25")  # 256 MB at least


def test_a_model_without_any_peak_has_a_busiest_hour_all_the_same():
    quiet = "app: q\nscales: [10]\nentities: {A: {key: a, attributes: {a: uuid}}}\n"
    flat = read_model(f"{quiet}patterns: {{get: {{get: A, by: a, rate: 1/user/day}}}}\n", "q").model
    stated = read_model(
        f"{quiet}patterns: {{get: {{get: A, by: a, rate: 1/user/day, peak: 4}}}}\n", "q"
    ).model
    assert (has_peak(flat), has_peak(stated)) == (False, True)
    assert round(load_curve(flat, Decimal(3)).peak, 1) == 3
    assert round(load_curve(stated).peak, 1) == 4


def test_a_document_is_as_long_as_it_was_counted_and_as_the_driver_writes_it():
    assert len(bson(DOCUMENT)) == document_bytes(DOCUMENT)
    peer = pytest.importorskip("bson")
    kept = {
        **DOCUMENT,
        "_id": peer.ObjectId(DOCUMENT["_id"].hexadecimal),
        "id": peer.Binary.from_uuid(DOCUMENT["id"]),
        "price": peer.Decimal128(DOCUMENT["price"]),
    }
    assert bson(DOCUMENT) == peer.encode(kept)


def test_repeats_are_copies_and_what_does_not_repeat_stays():
    # 1 for the length, 1 + 8 of a literal; then copies: 32 - 8 = 24 bytes in one of 3 bytes
    assert snappy_bytes(b"abcdefgh" * 4) == 1 + 9 + 3
    every = bytes(range(256))
    assert snappy_bytes(every) == 2 + 2 + 256  # length, head of a literal of 256, itself


def test_the_count_is_that_of_snappy_within_two_in_a_thousand():
    snappy = pytest.importorskip("snappy")
    for app in ("poafix", "screen-time-journey"):
        model = load(APPS / app).model
        layout = MongoLayout(model, plan(model), Sample(model), 64)
        for collection in layout.design.collections:
            documents = layout.documents(collection)
            whole = b"".join(bson(one) for one in documents)
            for page in (whole[:1000], whole[:32_768], whole[:150_000]):
                assert snappy_bytes(page) == pytest.approx(len(snappy.compress(page)), rel=0.002)


@pytest.mark.parametrize(("size", "drawn"), [("200KB", 256), ("1MB", 63), ("100MB", 4)])
def test_of_huge_documents_as_many_are_drawn_as_fit_into_64_mb_and_four_at_least(size, drawn):
    # 256 documents of 200 KB are 50 MB. Of 1 MB and a UUID of 36 characters 64 do not quite fit.
    model = read_model(
        f"""
        app: pages
        region: us-east-1
        scales: [10]
        entities:
          Page: {{key: id, attributes: {{id: uuid, body: {{type: text, bytes: {size}}}}}}}
        patterns: {{get: {{get: Page, by: id, rate: 1/user/day}}}}
        designs: {{m: {{engine: mongodb, collections: {{pages: {{holds: Page}}}}}}}}
        """,
        "pages",
    ).model
    assert instances_to_draw(Sample(model), model.entity("Page"), 256) == drawn


def test_the_first_page_and_one_from_the_middle_are_measured():
    # 30 documents of 5,000 bytes each are 150,000: four pages and a part, of which the first and
    # the third are measured; both begin and end within a document. Every document differs.
    documents = [{"n": "".join(str(k * n) for k in range(2_000))[:4_987]} for n in range(1, 31)]
    whole = b"".join(bson(document) for document in documents)
    assert len(whole) == 150_000
    first, third = whole[:32_768], whole[65_536:98_304]
    kept = snappy_bytes(first) + snappy_bytes(third)
    assert kept_share(documents) == Decimal(kept) / 65_536


def test_a_share_is_never_above_one():
    assert kept_share([]) == 1
    assert kept_share([{"a": 1}]) == 1


def test_a_bill_says_what_compression_was_measured():
    model = load(APPS / "poafix").model
    layout = MongoLayout(model, plan(model), Sample(model), 64)
    (note,) = layout.lay_out(1000, figures("mongodb")).notes
    shares = [layout.kept_share(one) for one in layout.design.collections]
    assert f"({min(shares):.2f} to {max(shares):.2f} by collection)" in note
    assert "1 times that is calculated with" in note
