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
