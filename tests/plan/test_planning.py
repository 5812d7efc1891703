"""Settings, explanations, steps, joined tables: what surrounds the search."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright.api import Options, Session
from tablewright.core.errors import UnsupportedError, UsageError
from tablewright.design.reader import read_model
from tablewright.plan.result import PlanResult
from tablewright.plan.search import Settings

SMALL = Options(sample_items=64)
MODEL = """\
app: tasks
region: us-east-1
scales: [1000, 100000]
{extra}
entities:
  Account:
    key: id
    attributes:
      id: uuid
      email: {{type: email, unique: true}}
      plan: {{type: enum, values: {{free: 90%, paid: 10%}}}}
      photo: text(20KB)
  Task:
    of: Account
    key: [id, taskId]
    count: 20
    attributes:
      taskId: ulid
      state: {{type: enum, values: {{open: 5%, done: 95%}}}}
      due: timestamp
      text: text(300)
patterns:
  register: {{put: Account, if: absent, rate: 0.01/user/day}}
  signIn: {{get: Account, by: email, select: [id], rate: 1/user/day}}
  account: {{get: Account, by: id, select: [id, email, plan], rate: 10/user/day}}
  photo: {{get: Account, by: id, select: [photo], rate: 0.1/user/day}}
  upgrade: {{update: Account, by: id, set: [plan], rate: 0.1/user/day}}
  tasks: {{list: Task, where: id, rate: 5/user/day}}
  openTasks:
    list: Task
    where: {{state: open}}
    sort: due
    limit: 25
    select: [taskId, due]
    rate: 0.1/user/day
  add: {{put: Task, rate: 2/user/day}}
  finish: {{update: Task, by: [id, taskId], set: {{state: done}}, rate: 2/user/day}}
designs:
  current:
    engine: dynamodb
    tables:
      accounts: {{key: id, items: Account, indexes: {{email-index: {{key: email, project: all}}}}}}
      tasks:
        key: [id, taskId]
        items: Task
        indexes: {{state-index: {{key: [state, due], project: all}}}}
"""


def session(extra: str = "") -> Session:
    text = MODEL.format(extra=extra)
    return Session(file=read_model(text, "tasks.yaml"), options=Options(sample_items=64))


def planned(extra: str = "", **how: object) -> PlanResult:
    return session(extra).plan(**{"explained": False, **how})  # type: ignore[arg-type]


def test_the_largest_scale_is_planned_for_unless_told_otherwise():
    assert planned().users == 100_000
    assert planned(users=1000).users == 1000


def test_settings_come_from_the_options_of_the_model():
    model = session("options: {max_tables: 2, weights: {1000: 0.25, 100000: 0.75}}").model
    settings = Settings.of(model, 1000)
    assert settings.most_tables == 2
    assert [(s.users, s.weight) for s in settings.scales] == [
        (1000, Decimal("0.25")),
        (100_000, Decimal("0.75")),
    ]


@pytest.mark.parametrize(
    "extra",
    [
        "single_table: perhaps",
        "capacity: cheap",
        "max_tables: few",
        "weights: {many: 1}",
        "round_trip_ms: 0",
        "object_storage: some",
    ],
)
def test_an_option_that_makes_no_sense_is_refused(extra):
    with pytest.raises(UsageError, match=extra.partition(":")[0]):
        planned(f"options: {{{extra}}}")


def test_tables_are_named_as_the_team_wants():
    result = planned("options: {names: {Task: work-items}}")
    assert "work-items" in [t.name for t in result.design.tables]


def test_a_unique_attribute_that_is_written_is_guarded_and_the_photo_is_kept_apart():
    design = planned().design
    assert [s.guards for t in design.tables for s in t.shapes if s.guards] in ([("email",)], [])
    assert any(t.shapes[0].attributes[-1] == "photo" for t in design.tables[1:])


def test_as_many_tables_are_left_as_are_allowed_and_all_is_served():
    chosen = session("options: {max_tables: 1}")
    result = chosen.plan(explained=False)
    assert len(result.design.tables) == 1
    assert all(r.is_served for r in chosen.evaluate(result.design, 100_000).routes)
    separate = planned().usd("planned", 100_000)
    joined = result.usd("planned", 100_000)
    assert separate is not None
    assert joined is not None
    assert joined >= separate


def test_joined_tables_are_written_and_read_back_alike():
    from tablewright.design.printing import with_section

    result = planned("options: {single_table: prefer}")
    text = with_section(MODEL.format(extra=""), "planned", result.section)
    assert read_model(text, "again.yaml").design("planned") == result.design


def test_every_entity_has_a_runner_up_that_is_no_cheaper():
    result = planned(explained=True)
    assert {e.entity for e in result.explanation.entities} == {"Account", "Task"}
    for one in result.explanation.entities:
        assert not one.runner_up or one.dearer >= 0
    for index in result.explanation.indexes:
        assert index.without_usd is None or index.without_usd >= Decimal("-1E-9")


def test_fewer_tables_and_indexes_never_cost_less():
    points = planned(explained=True).explanation.by_structures
    costs = [p.usd for p in points if p.usd is not None]
    assert len(costs) > 1
    assert costs == sorted(costs, reverse=True)


def test_a_pattern_in_a_hurry_is_answered_in_one_round_trip():
    chosen = session()
    hurried = MODEL.replace(
        "signIn: {{get: Account, by: email, select: [id], ",
        ("signIn: {{get: Account, by: email, latency_p99_ms: 10, "),
    )
    file = read_model(hurried.format(extra=""), "tasks.yaml")
    other = Session(file=file, options=Options(sample_items=64))
    design = other.plan(explained=False).design
    assert other.evaluate(design, 100_000).route("signIn").depth == 1
    assert chosen.plan(explained=False).design.tables


def test_a_question_that_only_a_scan_answers_is_served_and_pointed_out():
    # A strong read of an attribute that is in no possible table key.
    text = MODEL.format(extra="").replace(
        "  tasks: {list: Task,",
        "  due: {list: Task, where: text, consistency: strong, rate: 1/day}\n  tasks: {list: Task,",
    )
    found = Session(file=read_model(text, "tasks.yaml"), options=Options(sample_items=64))
    result = found.plan(explained=False)
    assert any("`Task`" in note and "whole table" in note for note in result.notes)
    assert found.evaluate(result.design, 1000).route("due").operation == "scan"


NOTES = """\
app: notes
region: us-east-1
scales: [10000]
{extra}
entities:
  Note:
    key: id
    attributes: {{id: uuid, owner: {{type: id, distinct: 5000}}, body: text(3000)}}
patterns:
  note: {{get: Note, by: id, rate: 1/user/day}}
  ofOwner: {{list: Note, where: owner, rate: 0.01/user/day{purpose}}}
  write: {{put: Note, rate: 1/user/day}}
  edit: {{update: Note, by: id, set: [body], rate: 10/user/day}}
"""
TARGET = "targets: {latency_p99_ms: 15}"
"""At 10 ms for a round trip: one round trip and no second."""


def depths(extra: str = "", purpose: str = "") -> tuple[dict[str, int], PlanResult]:
    file = read_model(NOTES.format(extra=extra, purpose=purpose), "notes.yaml")
    chosen = Session(file=file, options=SMALL)
    result = chosen.plan(explained=False)
    routes = chosen.evaluate(result.design, 10_000).routes
    return {r.pattern: r.depth for r in routes}, result


def test_the_target_of_the_model_bounds_round_trips_as_that_of_a_pattern_does():
    # An entry with the body would be written with each of ten edits, three units each; its keys
    # alone are never, and two items fetched once in a hundred days cost next to nothing.
    free, cheap = depths()
    assert free["ofOwner"] == 2
    bound, quick = depths(TARGET)
    assert set(bound.values()) == {1}
    ours, theirs = cheap.usd("planned", 10_000), quick.usd("planned", 10_000)
    assert ours is not None
    assert theirs is not None
    assert ours < theirs


def test_what_a_round_trip_takes_can_be_said():
    # At 5 ms there is time for three of them within 15 ms.
    assert depths(TARGET + "\noptions: {round_trip_ms: 5}")[0]["ofOwner"] == 2


def test_batch_work_is_not_in_the_hurry_of_the_model():
    # Nobody waits for it, so that it may even scan: two round trips are cheaper still.
    bound, _ = depths(TARGET, ", purpose: batch")
    assert bound["ofOwner"] == 2


def test_only_the_pattern_that_cannot_keep_its_target_is_let_off():
    # An edit that is told the owner has to search the id first: two round trips, whatever exists.
    extra = (
        "  change: {update: Note, by: owner, set: [body], rate: 0.01/user/day}\n"
        "  look: {list: Note, where: owner, select: [id], rate: 0.01/user/day}\n"
    )
    text = NOTES.format(extra=TARGET, purpose="") + extra
    chosen = Session(file=read_model(text, "notes.yaml"), options=SMALL)
    result = chosen.plan(explained=False)
    routes = chosen.evaluate(result.design, 10_000).routes
    assert {r.pattern for r in routes if r.depth > 1} == {"change"}
    assert result.notes == ("`Note`: `change` takes more round trips than its target leaves",)


FAMILY = """\
app: addresses
region: us-east-1
scales: [100000]
entities:
  Owner: {{key: oid, attributes: {{oid: uuid, about: text(100)}}}}
  Address:
    of: Owner
    key: [oid, aid]
    count: {count}
    attributes: {{aid: ulid, line: text({size})}}
patterns:
  owner: {{get: Owner, by: oid, rate: 1/user/day}}
  addresses: {{list: Address, where: oid, rate: 1/user/day}}
  add: {{put: Address, rate: 0.01/user/day}}
{more}
"""


def family(count: str = "5", size: str = "20", more: str = "") -> tuple[Session, PlanResult]:
    text = FAMILY.format(count=count, size=size, more=more)
    chosen = Session(file=read_model(text, "addresses.yaml"), options=SMALL)
    return chosen, chosen.plan(explained=True)


def embedded(result: PlanResult) -> list[str]:
    return [e.entity for t in result.design.tables for s in t.shapes for e in s.embeds]


def test_small_children_lie_inside_their_parent_and_save_their_overhead():
    # Reads and writes take one unit either way; what differs is storage. An address by itself:
    # oid 3+36, aid 3+26, line 4+20, and 100 of overhead: 192 bytes, five of them 960. Inside: the
    # name and list 9+3, and five times 3+1 + (3+26+1) + (4+20+1) = 59: 307. 653 bytes an owner.
    chosen, result = family()
    assert embedded(result) == ["Address"]
    apart = next(e for e in result.explanation.entities if e.entity == "Address")
    assert apart.chosen == "inside the items of Owner"
    by_hand = Decimal(653 * 100_000) / 2**30 * Decimal("0.25")
    assert abs(apart.dearer - by_hand) < Decimal("1E-9")
    assert len(chosen.evaluate(result.design, 100_000).resources) == 1


def test_children_that_would_make_the_parent_dear_to_write_stay_apart():
    # Five times 400 bytes inside would make each change of the owner write three units, not one.
    more = "  change: {update: Owner, by: oid, set: about, rate: 1/user/day}"
    assert embedded(family(size="400", more=more)[1]) == []


def test_children_stay_apart_where_an_item_might_become_too_large():
    # At most 8,000 of 59 bytes are 472 KB; 4,000 are 236 KB, which leaves room below 280 KB.
    rare = "  touch: {update: Owner, by: oid, set: about, rate: 1/day}"
    shape = "{{mean: 2, max: {}, shape: poisson}}"
    _, large = family(count=shape.format(8000).replace("{{", "{").replace("}}", "}"), more=rare)
    assert embedded(large) == []
    reasons = [why for e in large.explanation.entities for _, why in e.refused]
    assert any("near 400 KB" in text for why in reasons for text in why)
    _, small = family(count=shape.format(4000).replace("{{", "{").replace("}}", "}"), more=rare)
    assert embedded(small) == ["Address"]


def test_a_parent_that_is_deleted_or_replaced_does_not_take_its_children_along():
    for more in ("  gone: {delete: Owner, by: oid, rate: 1/day}",):
        assert embedded(family(more=more)[1]) == []
    assert embedded(family(count="2/day/user")[1]) == []


FILMS = """\
app: films
region: us-east-1
scales: [1000000]
entities:
  Film:
    key: id
    count: 50000 total
    attributes: {{id: uuid, title: text(30), views: counter}}
patterns:
  film: {{get: Film, by: id, rate: {read}/user/day}}
  watch:
    update: Film
    by: id
    increment: views{condition}
    rate: 10/user/day
    peak: 10
    hot_share: {hot}
  add: {{put: Film, if: absent, rate: 1000/day}}
"""


def films(hot: str, condition: str = "", read: str = "1") -> tuple[Session, PlanResult]:
    text = FILMS.format(hot=hot, condition=condition, read=read)
    chosen = Session(file=read_model(text, "films.yaml"), options=SMALL)
    return chosen, chosen.plan(explained=False)


def spread(result: PlanResult) -> list[int]:
    return [s.copies for t in result.design.tables for s in t.shapes if s.counters]


def test_a_counter_is_spread_over_as_many_items_as_its_hottest_key_needs():
    # 1,000,000 x 10 / 86,400 = 115.7 increments a second, 1,157.4 at the peak. Of 90 % on one film
    # 1,041.7 are more than 700, and two items share them; of 100 % as many; of 50 % one is enough.
    assert spread(films("90%")[1]) == [2]
    assert spread(films("100%")[1]) == [2]
    assert spread(films("50%")[1]) == []


def test_a_spread_counter_costs_its_shards_with_every_read():
    # A film read with two shards of its counter: three half units where there was one half, so
    # that reads cost two half units more: 30.4166... days x 1,000,000 x 1 x 0.125 USD a million.
    _, one = films("50%")
    _, two = films("90%")
    ours, theirs = one.search.predicted, two.search.predicted
    more_reads = Decimal(1_000_000) * 365 / 12 * Decimal("0.125") / 1_000_000
    more_writes = Decimal(1000) * 365 / 12 * Decimal("0.625") / 1_000_000
    # Two items of 3 + 38 of key, 3 + 36 of id and the number, 100 bytes each: under 0.01 USD.
    assert Decimal(0) < theirs - ours - more_reads - more_writes < Decimal("0.01")


def test_reads_of_a_hot_film_are_shared_by_the_shards_of_its_counter():
    # 30 reads a user and day at a peak of ten are 3,472 a second, 3,125 of them of one film: 1,563
    # units of the film and as many of each shard, below 2,100; all three together would be 4,688.
    hot = "film: {get: Film, by: id, rate: 30/user/day, peak: 10, hot_share: 90%}"
    text = FILMS.format(hot="90%", condition="", read="1")
    text = text.replace("film: {get: Film, by: id, rate: 1/user/day}", hot)
    file = read_model(text, "films.yaml")
    assert spread(Session(file=file, options=SMALL).plan(explained=False)) == [2]
    file = read_model(text.replace("30/user/day", "50/user/day"), "films.yaml")  # 2,604 units
    with pytest.raises(UnsupportedError, match="film"):
        Session(file=file, options=SMALL).plan(explained=False)


def test_a_hot_counter_that_a_condition_looks_at_is_refused_with_the_reason():
    with pytest.raises(UnsupportedError, match="write units a second"):
        films("90%", "\n    if: not too many\n    if_on: views")


def test_a_planned_spread_counter_is_served_and_printed():
    from tablewright.design.printing import with_section

    chosen, result = films("90%")
    routes = chosen.evaluate(result.design, 1_000_000).routes
    assert all(r.is_served for r in routes)
    text = with_section(chosen.file.source, "planned", result.section)
    assert read_model(text, "again.yaml").design("planned") == result.design


PAPERS = """\
app: papers
region: {region}
scales: [100000]
{extra}
entities:
  Paper:
    key: id
    attributes: {{id: uuid, title: text(30), pdf: {{type: text, bytes: {size}}}}}
patterns:
  paper: {{get: Paper, by: id, rate: 1/user/day{hurry}}}
  titles: {{get: Paper, by: id, select: [title], rate: 1/user/day}}
  write: {{put: Paper, rate: 1/user/day}}
"""


def papers(
    extra: str = "", size: str = "30KB", hurry: str = "", region: str = "us-east-1"
) -> tuple[Session, PlanResult]:
    text = PAPERS.format(extra=extra, size=size, hurry=hurry, region=region)
    chosen = Session(file=read_model(text, "papers.yaml"), options=SMALL)
    return chosen, chosen.plan(explained=False)


def outside(result: PlanResult) -> list[str]:
    return [n for t in result.design.tables for s in t.shapes for n in s.offload]


ALLOWED = "options: {object_storage: allow, capacity: on-demand}"


def test_a_large_attribute_goes_to_object_storage_where_that_is_allowed_and_costs_less():
    chosen, result = papers(ALLOWED)
    assert outside(result) == ["pdf"]
    by = chosen.evaluate(result.design, 100_000).bill.sum_by("pattern")
    calls = Decimal(100_000) * 365 / 12
    # An item of pointers takes one write unit, 0.625 USD a million; the object 5 USD. Read: half a
    # unit of 0.125, and 0.4. Inside it would be 31 units to write, and four to read.
    assert abs(by["write"] - calls * Decimal("5.625") / 1_000_000) < Decimal("1E-9")
    assert abs(by["paper"] - calls * Decimal("0.4625") / 1_000_000) < Decimal("1E-9")
    assert abs(by["titles"] - calls * Decimal("0.0625") / 1_000_000) < Decimal("1E-9")


def test_nothing_goes_to_object_storage_unasked():
    assert outside(papers()[1]) == []


def test_what_is_larger_than_an_item_may_be_lies_in_object_storage():
    needed = "options: {object_storage: needed}"
    assert outside(papers(needed, size="500KB")[1]) == ["pdf"]
    assert outside(papers(size="{mean: 20KB, max: 300KB}")[1]) == ["pdf"]
    with pytest.raises(UnsupportedError, match="400 KB"):
        papers("options: {object_storage: avoid}", size="{mean: 270KB, max: 380KB}")


def test_object_storage_is_not_for_those_in_a_hurry_nor_where_its_price_is_unknown():
    # 100 ms are less than the 200 that a request to object storage is taken to need.
    assert outside(papers(ALLOWED, hurry=", latency_p99_ms: 100")[1]) == []
    assert outside(papers(ALLOWED, hurry=", latency_p99_ms: 300")[1]) == ["pdf"]
    assert outside(papers(ALLOWED, region="eu-north-1")[1]) == []


def test_an_index_by_several_attributes_needs_no_key_made_of_them():
    # Two attributes that are given and one to sort by: keys of their own since November 2025. A
    # text joined of them would be stored with every item and entry beside them.
    text = NOTES.format(extra="", purpose="").replace(
        "ofOwner: {list: Note, where: owner,",
        "ofOwner: {list: Note, where: [owner, folder], sort: -made, limit: 10, select: [id, made],",
    )
    text = text.replace("body: text", "folder: text(8), made: timestamp, body: text")
    chosen = Session(file=read_model(text, "notes.yaml"), options=SMALL)
    (table,) = chosen.plan(explained=False).design.tables
    (index,) = table.indexes
    assert {*index.partition_keys, *index.sort_keys} == {"owner", "folder", "made"}
    assert index.sort_keys[-1] == "made"
    assert table.shapes[0].keys == ()


def test_what_lies_apart_expires_with_the_rest():
    text = (
        NOTES.format(extra="", purpose="")
        .replace("    key: id\n", "    key: id\n    retention: 30d\n")
        .replace("body: text(3000)}", "body: text(30KB), expires: epoch}")
    )
    text += "  touch: {update: Note, by: id, set: owner, rate: 20/user/day}\n"
    chosen = Session(file=read_model(text, "notes.yaml"), options=SMALL)
    tables = chosen.plan(explained=False).design.tables
    assert len(tables) == 2
    assert [t.ttl for t in tables] == ["expires", "expires"]
    assert all("expires" in t.shapes[0].attributes for t in tables)
