"""Every figure that rules ask for, on one small design, worked out by hand.

100 users have 10 notes each. A day has 86,400 s, a month 2,628,000 s (730 h).
A user: uid 3 + 12, nam 3 + 100: 118 B. A note: uid 15, nid 3 + 26, tag 15, sta 5, txt 803: 867 B.
An entry by tag: tag 15, uid 15, nid 29, sta 5: 64 B; one by state: sta 5, nid 29, uid 15: 49 B.
Each takes 100 B more in storage.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.engines.dynamodb.design import CapacityMode, ModeKind
from tablewright.engines.dynamodb.engine import DynamoEngine
from tablewright.engines.dynamodb.facts import DynamoFacts, FactsBetween
from tablewright.engines.dynamodb.tariff import Tariff
from tablewright.engines.dynamodb.usage_facts import TableOrIndex
from tablewright.model.values import Pattern

MODEL = """
app: facts
region: us-east-1
scales: [100]
horizon: 100d
daily_load: [2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
targets: {latency_p99_ms: 100}
entities:
  User: {key: uid, attributes: {uid: id(12), nam: text(100)}}
  Note:
    of: User
    key: nid
    count: 10
    attributes:
      nid: ulid
      tag: {type: id, bytes: 12, distinct: 20}
      sta: {type: enum, values: {aa: 80%, bb: 20%}}
      txt: text(800)
  Beat: {key: [sensor, at], count: 5000 total, attributes: {sensor: id(12), at: timestamp, who: ref(User)}}
patterns:
  user: {get: User, by: uid, rate: 864/user/day, peak: 3}
  notes: {list: Note, where: uid, rate: 432/user/day, latency_p99_ms: 20}
  tagged: {list: Note, where: tag, rate: 86.4/user/day, group: home}
  add: {put: Note, rate: 86.4/user/day, group: home, hot_share: 5%}
  nightly: {scan: Note, purpose: batch, rate: 86400/day}
designs:
  d:
    engine: dynamodb
    tables:
      users: {key: uid, items: User}
      notes:
        key: [uid, nid]
        items: Note
        indexes: {by-tag: {key: tag, project: [sta]}, by-sta: {key: [sta, nid], project: keys-only}}
      beats:
        key: [pk1, sk1]
        items: {Beat: {keys: {pk1: "{at:day}#{shard:4}", sk1: "{sensor}"}}}
"""  # noqa: E501 - one line for each thing
THRESHOLDS = {"skew": Decimal(1), "autoscale_target": Decimal("0.7")}
PRICES = Tariff(
    wru=Decimal("0.6"),
    rru=Decimal("0.1"),
    wcu_hour=Decimal("0.001"),
    rcu_hour=Decimal("0.0002"),
    storage_gb=Decimal("0.25"),
    ia_storage_gb=Decimal("0.10"),
    ia_wru=Decimal("0.75"),
)


def facts_at(users: int) -> DynamoFacts:
    file = read_model(MODEL)
    evaluation = DynamoEngine().evaluate(file.model, file.designs[0], users, PriceBook())
    return DynamoFacts(evaluation, THRESHOLDS, PRICES)


@pytest.fixture(scope="module")
def facts() -> DynamoFacts:
    return facts_at(100)


def pattern(facts: DynamoFacts, name: str) -> Pattern:
    return facts.model.pattern(name)


def place(facts: DynamoFacts, name: str) -> TableOrIndex:
    result = facts.place(name)
    assert result is not None
    return result


def names(patterns: list[Pattern]) -> list[str]:
    return [each.name for each in patterns]


def near(figure: Decimal, expected: str) -> bool:
    """Whether a figure is what is expected, to as many places as are written."""
    return round(figure, len(expected.partition(".")[2])) == Decimal(expected)


def test_what_ranges_read_of_the_past_is_spread_over_stretches_and_what_ends_now_is_not():
    text = MODEL.replace(
        "patterns:\n",
        "patterns:\n"
        "  past: {list: Beat, where: {at: {between: 20%}}, all: true, rate: 1/user/day}\n"
        "  now: {list: Beat, where: {at: {ge: 20%}}, all: true, rate: 1/user/day}\n",
    )
    file = read_model(text)
    evaluation = DynamoEngine().evaluate(file.model, file.designs[0], 100, PriceBook())
    facts = DynamoFacts(evaluation, THRESHOLDS, PRICES)
    # 20 days that begin in the first 80 of 100: 1/80 of what is read is of a day in the middle; a
    # quarter of it lies in each shard
    beats = place(facts, "beats")
    assert facts.hot_share(pattern(facts, "past"), beats) == (Decimal("0.0125") / 4, False)
    assert facts.hot_share(pattern(facts, "now"), beats) == (Decimal("0.25"), False)


def test_what_there_is_has_a_name(facts):
    assert [p.name for p in facts.places] == [
        "users", "notes", "notes/by-tag", "notes/by-sta", "beats",
    ]  # fmt: skip
    assert facts.place("notes/by-name") is None
    assert [name for name, _ in facts.subjects("table")] == ["users", "notes", "beats"]
    assert [name for name, _ in facts.subjects("index")] == ["notes/by-tag", "notes/by-sta"]
    assert [name for name, _ in facts.subjects("relation")] == ["Note"]
    assert [name for name, _ in facts.subjects("group")] == ["home"]
    assert [name for name, _ in facts.subjects("attribute")][:3] == [
        "User.uid", "User.nam", "Note.uid",
    ]  # fmt: skip
    assert [name for name, _ in facts.subjects("home")][2:4] == ["Beat", "user"]
    assert [name for name, _ in facts.subjects("design")] == ["design"]
    assert facts.subjects("nothing") == []
    assert names(list(facts.groups["home"])) == ["tagged", "add"]
    assert [action.root.name for action in facts.actions_on("User")] == ["user"]
    assert [(table.name, shape.name) for table, shape in facts.homes("Note")] == [("notes", "Note")]


def test_an_index_and_a_table_say_how_they_are_keyed(facts):
    keys = {p.name: (p.partition_keys, p.sort_keys, p.is_gsi) for p in facts.places}
    assert keys == {
        "users": (("uid",), (), False),
        "notes": (("uid",), ("nid",), False),
        "notes/by-tag": (("tag",), (), True),
        "notes/by-sta": (("sta",), ("nid",), True),
        "beats": (("pk1",), ("sk1",), False),
    }


def test_rates_and_peaks(facts):
    # 864 x 100 / 86,400 = 1 a second. 25 parts in 24 hours: the busiest has 2 x 24 / 25 = 1.92 of
    # the mean. The stated peak of `user` is 3, that of the others 1.
    assert facts.busiest_hour == Decimal("1.92")
    assert facts.rate(pattern(facts, "user")) == 1
    assert facts.peak(pattern(facts, "user")) == Decimal("5.76")
    assert facts.peak(pattern(facts, "notes")) == Decimal("0.96")
    assert facts.total_rate == Decimal("2.7")  # 1 + 0.5 + 0.1 + 0.1 + 1
    assert facts.slo(pattern(facts, "user")) == 100
    assert facts.slo(pattern(facts, "notes")) == 20
    assert facts.slo(pattern(facts, "nightly")) is None
    assert facts.count("Note") == 1000


def test_units_by_pattern_and_by_place(facts):
    add = pattern(facts, "add")
    assert facts.units_of(add) == {
        ("notes", "write"): 1,
        ("notes/by-tag", "write"): 1,
        ("notes/by-sta", "write"): 1,
    }
    assert facts.units(add, "write") == 3
    assert facts.units(add, "write", "notes/by-tag") == 1
    assert facts.units(add, "read") == 0
    assert facts.tables_of(add) == {"notes"}
    # 50 notes have a tag: half a unit for 3,200 B of entries, 25 for the notes; 10 notes of a user
    # are 8,670 B, three blocks; the whole table 867,000 B, 212 blocks
    assert facts.units(pattern(facts, "tagged"), "read") == Decimal("25.5")
    assert facts.units(pattern(facts, "notes"), "read") == Decimal("1.5")
    assert facts.units(pattern(facts, "nightly"), "read") == 106
    assert facts.matched(pattern(facts, "tagged")) == 50
    assert facts.returned(pattern(facts, "tagged")) == 50
    assert names(facts.writers("notes/by-tag")) == ["add"]
    assert names(facts.readers("notes")) == ["notes", "tagged", "nightly"]
    assert names(facts.readers("users")) == ["user"]
    assert facts.writers("users") == []
    assert names(facts.reads_of("notes")) == ["notes", "tagged", "nightly"]
    assert names(facts.serves(place(facts, "notes/by-tag"))) == ["tagged"]
    assert names(facts.serves(place(facts, "notes"))) == ["notes", "tagged", "nightly"]
    # 0.5 x 1.5 + 0.1 x 25 + 1 x 106; at the peak of the busiest hour 1.92 times as much
    assert facts.mean_units("notes", "read") == Decimal("109.25")
    assert facts.peak_units("notes", "read") == Decimal("209.76")
    assert facts.amplification(facts.design.table("notes")) == 3
    assert facts.amplification(facts.design.table("users")) is None


def test_bytes(facts):
    assert facts.entries("notes") == facts.entries("notes/by-tag") == 1000
    assert facts.item_bytes("notes") == 867_000
    assert facts.mean_size("notes") == 867
    assert facts.stored_bytes("notes/by-tag") == 164_000
    assert facts.stored_bytes("notes/by-sta") == 149_000
    assert facts.entries("nowhere") == facts.mean_size("nowhere") == 0
    # a beat: pk1 3 + 12 (2025-11-30#3), sk1 15, sensor 6 + 12, at 2 + 24, who 15: 89 B; 5,000
    # of them, and 21,800 of users, 967,000 of notes, both indexes
    assert facts.item_bytes("beats") == 5_000 * 89
    assert facts.total_bytes == 21_800 + 967_000 + 164_000 + 149_000 + 5_000 * 189
    note = facts.model.entity("Note")
    assert facts.attribute_bytes(note, note.attribute("txt")) == 803
    assert facts.value_bytes(note, note.attribute("txt")) == 800
    assert facts.shape_facts("notes", "Note").count == 1000
    assert facts.shape_facts("notes", "User") is None


def test_costs_are_those_of_the_lines_of_the_bill(facts):
    # `user`: 1 x 0.5 x 2,628,000 read units at 0.125 USD a million; `add`: 0.1 x 2,628,000 write
    # units at 0.625 USD on the table, and as many on each index
    assert facts.cost_of_pattern("user") == Decimal("0.16425")
    assert facts.cost_of_pattern("add") == Decimal("0.49275")
    # the index: writes 0.16425; reads 0.1 x 0.5 x 2,628,000 at 0.125 a million: 0.016425; storage
    # of 164,000 B: 0.00004
    by_tag = facts.cost_of("notes/by-tag")
    assert near(by_tag, "0.1807")
    assert facts.cost_of_table("notes") == (
        facts.cost_of("notes") + by_tag + facts.cost_of("notes/by-sta")
    )
    assert facts.cost == sum(map(facts.cost_of_table, ("users", "notes", "beats")))
    assert facts.cost_around("notes/by-tag", ()) == facts.cost_of_table("notes")
    assert facts.cost_around("else", ("users",)) == facts.cost_of_table("users")
    assert facts.cost_around("Note.txt", ()) == facts.cost_of_table("notes")
    assert facts.cost_around("user", ()) == facts.cost_of_table("users")
    assert facts.cost_around("everything", ()) == facts.cost


def test_prices_follow_mode_and_class_and_are_unknown_where_no_price_is(facts):
    table = facts.design.table("notes")
    rare = replace(table, infrequent_access=True)
    provisioned = replace(table, mode=CapacityMode(kind=ModeKind.PROVISIONED))
    rate = Decimal(10)
    # 10 x 2,628,000 x 0.6 a unit; provisioned 10 / 70 % x 0.001 x 730 h; the infrequent-access
    # class costs 0.75 / 0.6 = 1.25 of the standard one
    assert facts.price_of_writes(table, rate) == 15_768_000
    assert facts.price_of_reads(table, rate) == 2_628_000
    assert facts.price_of_writes(rare, rate) == 19_710_000
    assert near(facts.price_of_writes(provisioned, rate), "10.42857")
    assert near(facts.price_of_reads(provisioned, rate), "2.08571")
    assert facts.price_of_storage(table, Decimal(2 * 1024**3)) == Decimal("0.50")
    assert facts.price_of_storage(rare, Decimal(2 * 1024**3)) == Decimal("0.20")
    unknown = DynamoFacts(facts.evaluation, THRESHOLDS)
    for each in (table, rare, provisioned):
        assert unknown.price_of_writes(each, rate) is None
        assert unknown.price_of_reads(each, rate) is None
        assert unknown.price_of_storage(each, rate) is None


def test_how_many_keys_there_are_and_how_hot_the_hottest_is(facts):
    note, beat = facts.model.entity("Note"), facts.model.entity("Beat")
    assert facts.distinct(place(facts, "notes")) == 100
    assert facts.distinct(place(facts, "notes/by-tag")) == 20
    assert facts.distinct(place(facts, "notes/by-sta")) == 2
    assert facts.distinct(place(facts, "beats")) == 400  # 100 days in 4 shards
    assert facts.top_share(note, "sta") == (Decimal("0.8"), False)
    assert facts.top_share(beat, "at.day") == (1, False)
    assert facts.top_share(note, "else") is None
    # without a word on it the most common of n values has 1 / (1 + 1/2 + ... + 1/n): of 20 values
    # 1 / 3.59774, of 100 users 1 / 5.18738
    share, is_default = facts.hot_share(pattern(facts, "tagged"), place(facts, "notes/by-tag"))
    assert near(share, "0.27795")
    assert is_default
    # stated for the table; the index has the share of the tag
    assert facts.hot_share(pattern(facts, "add"), place(facts, "notes")) == (
        Decimal("0.05"),
        False,
    )
    assert near(facts.hot_share(pattern(facts, "add"), place(facts, "notes/by-tag"))[0], "0.27795")
    heat = facts.hot_units(place(facts, "users"), "read")
    assert near(heat.units, "0.5552")  # 5.76 x 0.5 x 0.19278
    assert (heat.pattern, heat.remark) == ("user", " (by the default skew)")
    heat = facts.hot_units(place(facts, "notes"), "write")
    assert (heat.units, heat.pattern, heat.remark) == (Decimal("0.0096"), "add", "")
    nothing = facts.hot_units(place(facts, "users"), "write")
    assert (nothing.units, nothing.pattern, nothing.is_default_skew) == (0, "", False)


@pytest.mark.parametrize(
    ("count", "share"),
    [
        ("10", "0.01"),  # each of 100 meters has as many
        ("96/day", "0.01"),
        ("{mean: 40, max: 500}", "0.125"),  # 500 of 4,000
        ("{mean: 40, p99: 200}", "0.05"),
    ],
)
def test_what_a_parent_has_of_its_children_follows_from_their_count(count: str, share: str) -> None:
    text = f"""
app: meters
scales: [100]
horizon: 100d
entities:
  Meter: {{key: mid, attributes: {{mid: id}}}}
  Reading: {{of: Meter, key: at, count: {count}, append_only: yes, attributes: {{at: timestamp}}}}
patterns:
  record: {{put: Reading, rate: 86400/Meter/day}}
  today: {{list: Reading, where: mid, limit: 9, rate: 1/day}}
designs:
  d: {{engine: dynamodb, tables: {{readings: {{key: [mid, at], items: Reading}}}}}}
"""
    file = read_model(text)
    evaluation = DynamoEngine().evaluate(file.model, file.designs[0], 100, PriceBook())
    facts = DynamoFacts(evaluation, THRESHOLDS, PRICES)
    assert facts.stored_share(file.model.entity("Reading"), "mid") == (Decimal(share), False)
    # what is written goes where it is stored; who reads how often nobody says
    written, read = (facts.hot_share(p, place(facts, "readings")) for p in file.model.patterns)
    assert written == (Decimal(share), False)
    assert read is not None
    assert read[1]


def test_what_a_key_is_made_of(facts):
    user, note, beat = map(facts.model.entity, ("User", "Note", "Beat"))
    assert facts.points_to(note, note.attribute("uid")) == "User"
    assert facts.points_to(beat, beat.attribute("who")) == "User"
    assert facts.points_to(note, note.attribute("tag")) is None
    assert facts.is_generated(note, "nid")
    assert facts.is_generated(user, "uid")
    assert not facts.is_generated(note, "uid")  # the parent's
    assert not facts.is_generated(note, "tag")  # not in its key
    assert not facts.is_generated(note, "else")
    # a key that grows with time keeps the newest on one partition
    assert [facts.is_splittable(place(facts, name)) for name in ("users", "notes", "beats")] == [
        False, False, True,
    ]  # fmt: skip
    note_shape = facts.design.table("notes").shapes[0]
    assert facts.projected(place(facts, "notes"), note_shape) == {"uid", "nid", "tag", "sta", "txt"}
    assert facts.projected(place(facts, "notes/by-tag"), note_shape) == {
        "uid", "nid", "tag", "sta",
    }  # fmt: skip
    assert facts.projected(place(facts, "notes/by-sta"), note_shape) == {"uid", "nid", "sta"}
    assert facts.held(pattern(facts, "add")) == {"uid", "nid", "tag", "sta", "txt"}
    assert facts.held(pattern(facts, "tagged")) == {"tag"}
    assert facts.wanted(pattern(facts, "tagged")) == {"uid", "nid", "tag", "sta", "txt"}


def test_exposure_is_the_largest_share_of_calls_cost_and_data(facts):
    # from 0.25 for nothing to 1 for all: 0.25 + 0.75 x the share
    assert facts.exposure("design", "anything") == 1
    assert facts.exposure("table", "nowhere") == 1
    # calls of `user`: 1 of 2.7
    assert near(facts.exposure("entity", "User.nam"), "0.5278")
    assert near(facts.exposure("pattern", "user"), "0.5278")
    # the table of notes has all but a little of the cost: 1 - (0.16425 + storage) / all
    share = facts.cost_of_table("notes") / facts.cost
    assert facts.exposure("table", "notes") == Decimal("0.25") + Decimal("0.75") * share
    # of 2,246,800 B stored 164,000 lie in the index; of the calls it has 0.2 of 2.7, 7.41 %
    assert near(facts.exposure("index", "notes/by-tag"), "0.3056")
    assert near(facts.exposure("table", "beats"), "0.5654")  # 945,000 B of 2,246,800


def test_between_two_scales_figures_lie_on_a_power_of_the_users():
    low, high = facts_at(100), facts_at(10_000)
    between = FactsBetween(low, high, 1_000)
    assert between.users == 1_000
    assert between.part == pytest.approx(0.5)
    # ten times the users of the first: ten times the notes, and their bytes
    assert near(between.entries("notes"), "10000.00")
    assert near(between.item_bytes("notes"), "8670000.0")
    assert near(between.cost_of_pattern("user"), "1.6425")
    assert between.rate(pattern(between, "user")) == 10
    # 50 notes to a tag at 100 users, 5,000 at 10,000: 500 here
    assert near(between.matched(pattern(between, "tagged")), "500.000")
    assert near(between.returned(pattern(between, "tagged")), "500.000")
    assert between.units(pattern(between, "user"), "read") == Decimal("0.5")
    assert names(between.writers("notes/by-tag")) == ["add"]
    mean = (low.cost * high.cost).sqrt()
    assert round(between.cost, 5) == round(mean, 5)
    mean = (low.cost_of_table("notes") * high.cost_of_table("notes")).sqrt()
    assert round(between.cost_of_table("notes"), 5) == round(mean, 5)
