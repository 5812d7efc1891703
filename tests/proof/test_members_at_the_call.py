"""Whether an item is in a sparse index is predicted as it is when a call meets it."""

from __future__ import annotations

import pytest

from dynamo_proofs import proof_in_memory
from tablewright import read_model
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest

TEXT = """\
app: games
region: us-east-1
scales: [4]
entities:
  Player:
    key: id
    count: 1/user
    attributes:
      id: uuid
      status: {type: enum, values: {on: 50%, off: 50%}}
      nick: {type: text, bytes: 8B, presence: 1%}
      streak: counter
patterns:
  move: {update: Player, by: id, set: [SET], rate: 1/user/day}
  win: {update: Player, by: id, increment: streak, rate: 1/user/day}
designs:
  one:
    engine: dynamodb
    tables:
      players:
        key: id
        items: {Player: ITEMS}
        indexes: {by-streak: {key: [KEY, streak], project: keys-only}}
"""


@pytest.mark.parametrize(
    ("changed", "key", "items"),
    [
        ("status", "board", "{keys: {board: {value: board, when: {status: on}}}}"),
        ("nick", "named", "{keys: {named: 'n#{nick}'}}"),
    ],
)
def test_a_write_counts_the_entries_there_are_when_it_is_made(
    changed: str, key: str, items: str
) -> None:
    # Every `move` puts a player into the index or takes one out, so that calls of `win` in between
    # meet the same player inside and outside: one unit for the item, and inside two for the entry,
    # which moves with the streak. By the state it was seeded in each would always take the same.
    text = TEXT.replace("SET", changed).replace("KEY", key).replace("ITEMS", items)
    session = Session(file=read_model(text, "games.yaml"), options=Options(sample_items=64))
    request = ProofRequest(users=4, requests=400)
    proof = proof_in_memory(session, session.design("one"), request, lambda text: None)
    of_win = next(each for each in proof.patterns if each.pattern == "win")
    inside = (of_win.writes.metered.mean - 1) / 2
    assert 0 < inside < 1
    assert of_win.writes.predicted.mean == of_win.writes.metered.mean
    assert all(each.agrees for each in proof.patterns)


CHANGED = """\
app: games
region: us-east-1
scales: [6]
entities:
  Player:
    key: id
    count: 1/user
    attributes:
      id: uuid
      status: {type: enum, values: {on: 50%, off: 50%}}
      nick: {type: text, bytes: 8B, presence: 50%}
patterns:
  join: {put: Player, set: {status: on}, rate: 1/user/day}
  unname: {update: Player, by: id, remove: [nick], if: {nick: exists}, rate: 1/user/day}
  turn: {update: Player, by: id, set: [status], rate: 1/user/day}
  judged: {PATTERN, rate: 1/user/day}
designs:
  one:
    engine: dynamodb
    tables:
      players:
        key: id
        items: {Player: {keys: {board: {value: board, when: {status: on}}, named: "n#{nick}"}}}
        indexes:
          board: {key: board, project: keys-only}
          named: {key: named, project: keys-only}
"""


@pytest.mark.parametrize(
    ("pattern", "least", "most"),
    [
        # The item and its entry on the board, and that of its nick where it has one still: 2 or 3.
        # With six players most that go have joined, with the nick of one that was there.
        ("delete: Player, by: id, if: {status: on}", 2, 3),
        # One unit, and one for an entry of the board that comes where it was not there before, and
        # one for that of the nick which goes; a refused one takes one unit whatever it is in.
        ("update: Player, by: id, set: {status: on}, remove: [nick], if: {id: exists}, "
         "fails: 30%", 1, 3),
        # Twice an item, 2 units each; the board has one entry less and one more, and the nick of
        # the new player is added where it has one: 4 + 2 + 0 or 1.
        ("transact: [{update: Player, by: id, set: {status: off}, if: {status: on}}, "
         "{put: Player, set: {status: on}}]", 6, 7),
    ],
)  # fmt: skip
def test_what_earlier_calls_made_of_an_instance_counts(pattern: str, least: int, most: int) -> None:
    session = Session(
        file=read_model(CHANGED.replace("PATTERN", pattern), "games.yaml"),
        options=Options(sample_items=64),
    )
    request = ProofRequest(users=6, requests=200)
    proof = proof_in_memory(session, session.design("one"), request, lambda text: None)
    assert proof.is_right, [(p.pattern, p.wrong, p.failures) for p in proof.patterns]
    judged = proof.patterns[-1]
    assert judged.calls > 5
    assert least < judged.writes.metered.mean < most
    assert judged.writes.predicted.mean == judged.writes.metered.mean
    # A key that is made of the nick goes with it: one unit for the item, one for its entry.
    assert proof.patterns[1].writes.metered.mean == 2
