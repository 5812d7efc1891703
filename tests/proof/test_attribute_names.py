"""Attribute names with `#`, spaces and underscores in front: read, routed, stored and proved."""

from __future__ import annotations

import pytest

from dynamo_proofs import dynamo_design, proof_in_memory
from tablewright import read_model
from tablewright.core.errors import ModelError
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest

NAMES = """
app: names
scales: [20]
entities:
  Game:
    key: id
    count: 3
    attributes:
      id: uuid
      _et: text(4)
      State#Date: timestamp
      __edb_v__: enum(one, two)
      first name: name
patterns:
  read: {get: Game, by: id, rate: 1/user/day}
  named: {list: Game, where: first name, sort: -State#Date, limit: 5, rate: 1/user/day}
  move: {update: Game, by: id, set: [State#Date, _et], rate: 1/user/day}
  kind: {list: Game, where: {__edb_v__: one}, select: [id, first name], rate: 1/user/day}
designs:
  d:
    engine: dynamodb
    tables:
      games:
        key: [pk, sk]
        items: {Game: {keys: {pk: "G#{id}", sk: "S#{State#Date}#{first name}"}}}
        indexes:
          by-name: {key: [first name, State#Date], project: all}
          by-kind: {key: [__edb_v__, id], project: [first name]}
"""


def say(text: str) -> None:
    """Say nothing."""


def test_odd_names_are_stored_and_read_back() -> None:
    session = Session(read_model(NAMES), Options())
    proof = proof_in_memory(
        session, dynamo_design(session), ProofRequest(users=20, requests=20), say
    )
    assert {p.pattern: p.is_right for p in proof.patterns} == dict.fromkeys(
        ("read", "named", "move", "kind"), True
    )


@pytest.mark.parametrize("name", ["created.at", "#first", "first ", "a{b}"])
def test_names_that_would_mean_something_else_are_refused(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        read_model(NAMES.replace("      _et: text(4)\n", f'      "{name}": text(4)\n'))
    assert any(name in d.message for d in caught.value.diagnostics)
