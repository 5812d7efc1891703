"""Samples: the same for ever, reachable anywhere, sized exactly, true to the model."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
import tracemalloc
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tablewright.capacity.items import value_bytes
from tablewright.model.values import Attribute, Count, Kind, Spread
from tablewright.sample.sample import Sample
from tablewright.sample.wire import item_to_wire, to_wire

from .models import BADGE, ORDER, PARCEL, PRODUCT, SETTING, USER, attribute, fixed, model

USERS = 2000
EVERY = [(e.name, a.name) for e in model().entities for a in e.attributes]


@pytest.fixture(scope="module")
def sample() -> Sample:
    return Sample(model())


@pytest.mark.parametrize(("entity", "name"), EVERY, ids=[f"{e}.{a}" for e, a in EVERY])
def test_the_first_few_of_a_block_are_those_of_the_whole_block(
    entity: str, name: str, sample: Sample
) -> None:
    assert sample.values(entity, name, 7) == sample.values(entity, name, 512)[:7]


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.TOKEN, Kind.BINARY])
def test_of_long_values_only_those_that_are_wanted_are_made(kind: Kind) -> None:
    long = attribute("long", kind, bytes=fixed(200_000), presence=Decimal("0.9"))
    big = model(entities=(USER, replace(SETTING, attributes=(*SETTING.attributes, long))))
    Sample(big).values(SETTING.name, "long", 1)  # the text that values are cut out of is kept
    tracemalloc.start()
    try:
        made = Sample(big).values(SETTING.name, "long", 3)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(made) == 3
    assert peak < 5_000_000  # 512 of them would take 100 MB


@pytest.mark.parametrize(("entity", "name"), EVERY, ids=[f"{e}.{a}" for e, a in EVERY])
def test_sizes_are_the_bytes_of_the_wire_form(entity: str, name: str, sample: Sample) -> None:
    values = sample.values(entity, name, 600)
    exact = [None if value is None else value_bytes(to_wire(value)) for value in values]
    assert sample.sizes(entity, name, 600) == exact
    again = sample.resampled_values(entity, name, 600)
    exact = [None if value is None else value_bytes(to_wire(value)) for value in again]
    assert sample.resampled_sizes(entity, name, 600) == exact


def test_every_kind_has_a_generator_and_a_test() -> None:
    tested = {a.kind for e in model().entities for a in e.attributes}
    assert tested == set(Kind)


def test_fixed_sizes_are_met_to_the_byte(sample: Sample) -> None:
    stated = {a.name: a.bytes.mean for a in USER.attributes if a.bytes and a.bytes.shape == "fixed"}
    for name, size in stated.items():
        assert set(sample.sizes("User", name, 300)) == {int(size)}, name


def test_two_hash_seeds_draw_the_same_instances() -> None:
    program = (
        "import hashlib, json\n"
        "from tests.sample.models import model\n"
        "from tablewright.sample.sample import Sample\n"
        "from tablewright.sample.wire import item_to_wire\n"
        "made = Sample(model())\n"
        "digest = hashlib.sha256()\n"
        "for entity in made.model.entities:\n"
        "    for row in made.rows(entity.name, 0, 40, 2000):\n"
        "        digest.update(json.dumps(item_to_wire(row), default=str).encode())\n"
        "print(digest.hexdigest())\n"
    )
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root), str(root / "src")])
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": paths},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "4711")
    }
    assert len(digests) == 1


def test_a_seed_decides_everything(sample: Sample) -> None:
    assert Sample(model()).values("User", "bio", 50) == sample.values("User", "bio", 50)
    other = Sample(model(), seed=8)
    for name in ("id", "email", "bio", "status", "document"):
        assert other.values("User", name, 50) != sample.values("User", name, 50)


@settings(max_examples=30, deadline=None)
@given(start=st.integers(0, 3000), length=st.integers(1, 40), which=st.sampled_from(EVERY))
def test_any_stretch_equals_its_part_of_the_whole(
    start: int, length: int, which: tuple[str, str]
) -> None:
    entity, name = which
    (stretch,) = Sample(model()).columns(entity, [name], start, start + length, USERS)
    whole = Sample(model()).values(entity, name, start + length, USERS)
    assert stretch == whole[start:]


def test_asking_for_more_keeps_the_first(sample: Sample) -> None:
    fresh = Sample(model())
    first = fresh.sizes("User", "bio", 10)
    assert fresh.sizes("User", "bio", 1500)[:10] == first
    assert len(fresh.sizes("User", "bio", 1500)) == 1500


def test_another_attribute_changes_no_attribute(sample: Sample) -> None:
    wider = replace(USER, attributes=(attribute("new", Kind.TEXT), *USER.attributes))
    other = Sample(model(entities=(PRODUCT, wider, ORDER, PARCEL, BADGE, SETTING)))
    for attribute_ in USER.attributes:
        before = sample.values("User", attribute_.name, 20)
        assert other.values("User", attribute_.name, 20) == before


def test_one_instance_can_be_drawn_alone(sample: Sample) -> None:
    row = next(Sample(model()).rows("Order", 1234, 1235, USERS))
    assert row["order"] == sample.value("Order", "order", 1234, USERS)
    assert row["id"] == sample.value("User", "id", sample.parent("Order", 1234, USERS), USERS)


@pytest.mark.parametrize("name", ["id", "email", "login", "mail2", "nick"])
def test_identities_are_unique(name: str, sample: Sample) -> None:
    values = sample.values("User", name, 20_000)
    assert len(set(values)) == 20_000


def test_unique_values_stay_unique_in_few_bytes() -> None:
    entity = replace(
        USER,
        attributes=(
            attribute("id", Kind.TEXT, bytes=fixed(4)),
            attribute("code", Kind.DIGITS, bytes=fixed(5), unique=True),
            attribute("nick", Kind.USERNAME, bytes=fixed(3), unique=True),
        ),
    )
    made = Sample(model(entities=(entity,)))
    for name, count in (("id", 10_000), ("code", 100_000), ("nick", 10_000)):
        values = made.values("User", name, count)
        assert len(set(values)) == count, name


def test_resampled_values_differ_and_stay_unique(sample: Sample) -> None:
    first = sample.values("User", "email", 3000)
    again = sample.resampled_values("User", "email", 3000)
    assert len(set(again)) == 3000
    assert sum(a == b for a, b in zip(first, again, strict=True)) < 30


def test_references_lead_to_instances_that_exist(sample: Sample) -> None:
    products = set(sample.values("Product", "product", sample.count("Product", USERS), USERS))
    assert len(products) == 200
    assert set(sample.values("User", "best", 1000, USERS)) <= products
    for lines in sample.values("Order", "lines", 300, USERS):
        assert {line["product"] for line in lines} <= products


def test_references_are_skewed_as_zipf_says(sample: Sample) -> None:
    counted = Counter(sample.values("Order", "product", 20_000, USERS))
    products = sample.values("Product", "product", 200, USERS)
    # With exponent 0.8 the inverse of the continuous law gives the first of 200 the share
    # (2^0.2 - 1) / (201^0.2 - 1) = 0.1487 / 1.8882 = 7.9 %.
    assert counted[products[0]] / 20_000 == pytest.approx(0.0788, abs=0.008)
    assert counted[products[0]] > counted[products[9]] > counted[products[150]]


def test_children_hold_their_parents_keys(sample: Sample) -> None:
    users = sample.values("User", "id", 100, USERS)
    for parent in range(100):
        numbers = sample.children("Order", parent, USERS)
        held, *_ = sample.columns("Order", ["id"], numbers.start, numbers.stop, USERS)
        assert set(held) <= {users[parent]}


def test_grandchildren_hold_the_keys_of_both(sample: Sample) -> None:
    for index, row in enumerate(sample.rows("Parcel", 0, 200, USERS)):
        order = sample.parent("Parcel", index, USERS)
        user = sample.parent("Order", order, USERS)
        assert row["order"] == sample.value("Order", "order", order, USERS)
        assert row["id"] == row["user"] == sample.value("User", "id", user, USERS)


def test_children_copy_what_is_unique_to_their_parents() -> None:
    copied = attribute("email", Kind.EMAIL, bytes=fixed(30))
    badge = replace(BADGE, attributes=(*BADGE.attributes[:2], copied))
    made = Sample(model(entities=(USER, badge)))
    owners = made.values("User", "email", 20)
    assert made.values("Badge", "email", 60) == [owner for owner in owners for _ in range(3)]
    assert set(made.sizes("Badge", "email", 60)) == {30}


def test_siblings_point_to_each_other(sample: Sample) -> None:
    for index, row in enumerate(sample.rows("Badge", 0, 60, USERS)):
        orders = sample.children("Order", sample.parent("Badge", index, USERS), USERS)
        keys, *_ = sample.columns("Order", ["order"], orders.start, orders.stop, USERS)
        assert row["twin"] in keys


def test_children_and_parents_agree(sample: Sample) -> None:
    for entity in ("Order", "Parcel", "Badge"):
        last = 0
        for parent in range(700):
            numbers = sample.children(entity, parent, USERS)
            assert numbers.start == last
            last = numbers.stop
            assert all(sample.parent(entity, number, USERS) == parent for number in numbers)
        assert sample.group_sizes(entity, 700, USERS) == [
            len(sample.children(entity, parent, USERS)) for parent in range(700)
        ]


def test_counts_follow_the_model(sample: Sample) -> None:
    assert sample.count("User", 100) == 100
    assert sample.count("Product", 100) == 200
    assert sample.count("Badge", 100) == 300
    assert sample.count("Order", 512) == 512 * 20  # exact at whole blocks of parents
    assert sample.count("Order", 100) == pytest.approx(2000, rel=0.05)
    assert sample.count("Parcel", 512) == 512 * 20 * 5 // 4


def test_counts_per_user_or_in_all_are_shared_out_among_parents() -> None:
    badge = replace(BADGE, key=("board", "id"), attributes=BADGE.attributes[:2])
    per_user = replace(badge, name="PerUser", count=Count(per="user", mean=Decimal("0.5")))
    total = replace(badge, name="Total", count=Count(per="total", mean=Decimal(700)))
    made = Sample(model(entities=(USER, PRODUCT, ORDER, per_user, total)))
    assert made.count("PerUser", 1000) == 500
    assert made.count("Total", 1000) == 700
    assert made.count("Total", 200) == 700
    assert sum(made.group_sizes("Total", 200, 200)) == 700
    # 100 users have room for 500: a key of each has one of five boards
    assert made.count("Total", 100) == 500
    assert made.group_sizes("Total", 100, 100) == [5] * 100


def test_an_entity_without_instances_has_sizes_all_the_same() -> None:
    none = replace(ORDER, count=Count(per="parent", mean=Decimal(0)))
    made = Sample(model(entities=(USER, PRODUCT, none)))
    assert made.count("Order", 100) == 0
    assert made.sizes("Order", "id", 3) == [36, 36, 36]
    assert len(made.values("Order", "at", 3)) == 3


def test_key_parts_differ_among_the_children_of_a_parent(sample: Sample) -> None:
    boards = sample.values("Badge", "board", 3000, USERS)
    for first in range(0, 3000, 3):
        assert len(set(boards[first : first + 3])) == 3
    assert sample.values("Setting", "name", 2, USERS) == ["x", "y"]


def test_shares_of_values_hold(sample: Sample) -> None:
    states = Counter(sample.values("User", "status", 20_000))
    assert states["on"] / 20_000 == pytest.approx(0.85, abs=0.01)
    vips = sum(sample.values("User", "vip", 20_000))
    assert vips / 20_000 == pytest.approx(0.1, abs=0.01)
    phones = sum(value is not None for value in sample.values("User", "phone", 20_000))
    assert phones / 20_000 == pytest.approx(0.7, abs=0.01)


def test_distinct_says_how_many_values_there_are(sample: Sample) -> None:
    halls = Counter(sample.values("Product", "hall", 4000))
    assert len(halls) == 8
    assert len(set(sample.values("User", "town", 4000))) == 20


def test_top_share_is_the_share_of_the_first_value() -> None:
    top = Attribute(name="town", kind=Kind.TEXT, distinct=Decimal(20), top_share=Decimal("0.6"))
    made = Sample(model(entities=(replace(USER, attributes=(USER.attributes[0], top)),)))
    (_, most), *_ = Counter(made.values("User", "town", 10_000)).most_common(1)
    assert most / 10_000 == pytest.approx(0.6, abs=0.015)


def test_sizes_have_the_stated_mean_and_ninety_ninth_percentile(sample: Sample) -> None:
    sizes = sorted(size or 0 for size in sample.sizes("User", "bio", 40_000))
    assert sum(sizes) / 40_000 == pytest.approx(900, rel=0.02)
    assert sizes[39_600] == pytest.approx(3000, rel=0.05)


def test_group_sizes_have_the_stated_mean_and_ninety_ninth_percentile(sample: Sample) -> None:
    sizes = sorted(sample.group_sizes("Order", 512 * 20, USERS))
    assert sum(sizes) == 512 * 20 * 20
    assert sizes[len(sizes) * 99 // 100] == pytest.approx(80, rel=0.1)


def test_times_of_append_only_children_ascend(sample: Sample) -> None:
    numbers = sample.children("Order", 3, USERS)
    times, keys = sample.columns("Order", ["at", "order"], numbers.start, numbers.stop, USERS)
    assert times == sorted(times)
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    assert "2025-01-01" <= times[0] <= times[-1] < "2026-01-01"


def test_an_expiry_is_the_retention_after_the_time_of_birth() -> None:
    kept = replace(
        ORDER,
        retention_days=Decimal(30),
        attributes=(*ORDER.attributes[:3], attribute("ttl", Kind.EPOCH)),
    )
    made = Sample(model(entities=(USER, PRODUCT, kept)))
    for row in made.rows("Order", 0, 20, USERS):
        assert row["at"] >= "2025-12-02"  # 30 days before the end of the data
        assert 1_767_225_600 <= row["ttl"] <= 1_767_225_600 + 30 * 86_400


def test_data_ends_when_the_caller_says() -> None:
    made = Sample(model(), until=1_800_000_000)  # 15 January 2027, 08:00 UTC
    times = made.values("Order", "at", 500, USERS)
    assert max(times) < "2027-01-15T08:00:00.000Z"
    assert max(times) > "2027-01-01"


def test_compressible_text_compresses_to_about_that_share(sample: Sample) -> None:
    for size, ratio in ((38 * 1024, "0.21"), (8000, "0.5"), (3000, "0.3")):
        document = attribute("d", Kind.MAP, bytes=fixed(size), compressible=Decimal(ratio))
        made = Sample(model(entities=(replace(USER, attributes=(USER.attributes[0], document)),)))
        texts = [json.dumps(value).encode() for value in made.values("User", "d", 8)]
        packed = sum(len(gzip.compress(text)) for text in texts) / sum(map(len, texts))
        assert packed == pytest.approx(float(ratio), rel=0.15), size


def test_values_look_like_what_they_are(sample: Sample) -> None:
    row = next(sample.rows("User", 41, 42, USERS))
    assert row["id"][14] == "4"
    assert len(row["id"]) == 36
    assert row["email"].endswith("@example.com")
    assert row["login"].islower()
    assert row["picture"].startswith("https://")
    assert row["pin"].isdigit()
    assert row["seen"][-1] == "Z"
    assert len(row["born"]) == 10
    assert -2 < row["place"]["lat"] < 0
    assert 0 <= row["stars"] <= 5
    assert isinstance(row["owed"], int)
    assert item_to_wire(row)["vip"] in ({"BOOL": True}, {"BOOL": False})


def test_streaming_takes_constant_memory(sample: Sample) -> None:
    made = Sample(model())
    sum(1 for _ in made.rows("Parcel", 0, 1024, USERS))  # pools and caches are filled
    tracemalloc.start()
    peaks = []
    for first in (1024, 30_000):
        tracemalloc.reset_peak()
        sum(1 for _ in made.rows("Parcel", first, first + 1024, USERS))
        peaks.append(tracemalloc.get_traced_memory()[1])
    long = max(peaks)
    tracemalloc.reset_peak()
    digest = hashlib.sha256()
    for row in made.rows("Parcel", 31_024, 36_144, USERS):
        digest.update(row["parcel"].encode())
    assert tracemalloc.get_traced_memory()[1] < 1.5 * long + 500_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    "kind",
    [
        Kind.TEXT,
        Kind.TOKEN,
        Kind.NAME,
        Kind.URL,
        Kind.BINARY,
        Kind.MAP,
        Kind.LIST,
        Kind.SET,
        Kind.ID,
        Kind.EMAIL,
        Kind.USERNAME,
    ],
)
def test_sizes_that_vary_are_those_of_the_values(kind: Kind) -> None:
    varied = Spread(mean=Decimal(90), deviation=Decimal(30), low=Decimal(1), shape="normal")
    entity = replace(SETTING, attributes=(*SETTING.attributes, attribute("a", kind, bytes=varied)))
    made = Sample(model(entities=(USER, PRODUCT, entity)))
    sizes = made.sizes(SETTING.name, "a", 300)
    values = made.values(SETTING.name, "a", 300)
    assert sizes == [value_bytes(to_wire(value)) for value in values]
    assert len(set(sizes)) > 20


def test_families_are_the_children_of_the_first_parents(sample: Sample) -> None:
    counts, children = sample.families("Badge", 7)
    assert counts == [3] * 7
    assert children is sample
