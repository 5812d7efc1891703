"""Patterns that are hard to ask: of several states, of nobody, of what is taken or never is so."""

from __future__ import annotations

import pytest

from dynamo_proofs import proof_in_memory
from tablewright import read_model
from tablewright.core.errors import ModelError
from tablewright.engines.dynamodb.planning.vectors import _index
from tablewright.proof.values import PatternProof, Proof
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest

MODEL = """\
app: club
region: us-east-1
scales: [40]
entities:
  Team: {key: team, count: 0.1/user, attributes: {team: uuid}}
  Member:
    of: Team
    key: member
    count: 60
    attributes:
      member: uuid
      role: {type: enum, values: {owner: 10%, admin: 10%, guest: 80%}}
      points: int(5..90)
      badge: {type: int, min: 1, max: 5, presence: 1%}
  Slate: {of: Member, key: slot, count: 2, attributes: {slot: "enum(home, mail)", made: timestamp}}
  Place: {key: place, count: 0.001/user, attributes: {place: uuid, at: geo, opened: timestamp}}
patterns:
  chiefs: {list: Member, where: {team: given, role: {in: [owner, admin]}}, rate: 1/user/day}
  badged: {list: Member, where: {team: given, badge: {ge: 50%}}, rate: 1/user/day}
  slate: {put: Slate, batch: 2, rate: 1/user/day}
  close: {delete: Member, by: [team, member], if: {points: {lt: 5}}, fails: 90%, rate: 1/user/day}
  around: {near: Place, radius_km: 10, limit: 5, rate: 1/user/day}
  opened: {scan: Place, where: {opened: {ge: 30%}}, rate: 1/user/day}
designs:
  one:
    engine: dynamodb
    tables:
      teams: {key: team, items: Team}
      members:
        key: [team, member]
        items:
          Member: {keys: {chief: {value: "T#{team}", when: {role: [owner, admin]}}}}
        indexes: {chiefs: {key: [chief, member], project: all}}
      slates: {key: [member, slot], items: Slate}
      places: {key: place, items: {Place: {keys: {cell: "{at.geohash4}"}}},
               indexes: {near: {key: cell, project: all}}}
"""


@pytest.fixture(scope="module")
def proof() -> Proof:
    session = Session(read_model(MODEL, "club.yaml"), Options(sample_items=64))
    request = ProofRequest(users=40, requests=200)
    return proof_in_memory(session, session.design("one"), request, lambda text: None)


def of(proof: Proof, name: str) -> PatternProof:
    return next(each for each in proof.patterns if each.pattern == name)


def test_all_is_right_and_as_predicted(proof: Proof) -> None:
    assert proof.is_right, [(p.pattern, p.wrong, p.failures) for p in proof.patterns]
    assert proof.agrees


def test_an_index_of_several_states_is_asked_for_all_of_them(proof: Proof) -> None:
    # Of 60 members of a team, some 150 bytes each, a fifth is in the index: less than 4 KB.
    chiefs = of(proof, "chiefs")
    assert chiefs.calls
    assert chiefs.planned_access == "members/chiefs"
    assert chiefs.reads.metered.mean == chiefs.reads.estimated.mean == chiefs.reads.predicted.mean
    assert float(chiefs.reads.metered.mean) == 0.5


def test_a_put_of_which_every_key_is_taken_adds_an_instance_all_the_same(proof: Proof) -> None:
    # each member has both slates: the two of a call take one unit each
    assert of(proof, "slate").calls
    assert of(proof, "slate").writes.metered.mean == 2


def test_what_no_instance_meets_is_not_judged_and_named(proof: Proof) -> None:
    close = of(proof, "close")  # points are 5 to 90
    assert (close.calls, close.was_run) == (0, False)
    assert close.not_here == "of the instances that were seeded none meets its condition"


def test_a_search_among_nothing_is_not_run(proof: Proof) -> None:
    # 0.001 places for each of 40 users are none
    assert of(proof, "around").not_here == "there is no instance of `Place` at so few users"
    assert of(proof, "opened").is_right


VECTORS = """\
app: films
region: us-east-1
scales: [40]
entities:
  Film: {key: id, attributes: {id: uuid, likeness: vector(8), kind: "enum(a, b)", free: bool}}
patterns:
  alike:
    similar: Film
    to: likeness
    where: {kind: given, free: true}
    limit: 5
    rate: 1/user/day
designs:
  one:
    engine: dynamodb
    tables:
      films: {key: id, items: Film, vector_indexes: {near: {vector: likeness, filters: [free]}}}
"""


def test_a_vector_index_is_not_searched_by_a_bool() -> None:
    # AttributeDefinitions of CreateTable have the types S, N and B; no bool is ever found by one.
    with pytest.raises(ModelError) as caught:
        read_model(VECTORS, "films.yaml")
    [problem] = caught.value.diagnostics
    assert problem.id == "impossible-key"
    assert problem.message == "vector index `near` searches by `free`, a bool of `Film`"


def test_a_planned_vector_index_is_not_searched_by_a_bool() -> None:
    text = VECTORS.replace(", vector_indexes: {near: {vector: likeness, filters: [free]}}", "")
    model = read_model(text, "films.yaml").model
    index = _index(model.entity("Film"), "likeness", [model.pattern("alike")])
    assert (index.partition, index.filters) == ("kind", ())
