"""What every plan keeps: round trips, expiry, keys that need nothing made."""

from __future__ import annotations

from tablewright import read_model
from tablewright.plan.result import PlanResult
from tablewright.session import Options, Session
from tablewright.verbs.plan import plan

SMALL = Options(sample_items=64)
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
    result = plan(chosen, explained=False)
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
    result = plan(chosen, explained=False)
    routes = chosen.evaluate(result.design, 10_000).routes
    assert {r.pattern for r in routes if r.depth > 1} == {"change"}
    assert result.notes == ("`Note`: `change` takes more round trips than its target leaves",)


def test_an_index_by_several_attributes_needs_no_key_made_of_them():
    # Two attributes that are given and one to sort by: keys of their own since November 2025. A
    # text joined of them would be stored with every item and entry beside them.
    text = NOTES.format(extra="", purpose="").replace(
        "ofOwner: {list: Note, where: owner,",
        "ofOwner: {list: Note, where: [owner, folder], sort: -made, limit: 10, select: [id, made],",
    )
    text = text.replace("body: text", "folder: text(8), made: timestamp, body: text")
    chosen = Session(file=read_model(text, "notes.yaml"), options=SMALL)
    (table,) = plan(chosen, explained=False).design.tables
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
    tables = plan(chosen, explained=False).design.tables
    assert len(tables) == 2
    assert [t.ttl for t in tables] == ["expires", "expires"]
    assert all("expires" in t.shapes[0].attributes for t in tables)
