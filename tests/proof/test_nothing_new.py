"""A put of something new: where one parent has all there can be, another is taken.

Of four users each can follow three others. With three each of them are followed by all others,
and nobody can follow anybody any more; with fewer there is room, though not with everyone.
"""

from __future__ import annotations

from dynamo_proofs import dynamo_design, proof_in_memory
from tablewright import read_model
from tablewright.proof.values import PatternProof
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest

MODEL = """\
app: follows
region: us-east-1
scales: [4]
entities:
  User: {key: handle, attributes: {handle: username, following: counter}}
  Follow:
    of: User
    key: followed
    count: COUNT
    attributes: {followed: {type: ref, to: User, other: yes}, since: timestamp}
patterns:
  follow:
    transact:
      - {put: Follow, if: absent}
      - {update: User, by: handle, increment: following}
    rate: 1/user/day
  following: {list: Follow, where: handle, rate: 1/user/day}
designs:
  d:
    engine: dynamodb
    tables:
      users: {key: handle, items: User}
      follows: {key: [handle, followed], items: Follow}
"""


def follow(count: str) -> PatternProof:
    session = Session(read_model(MODEL.replace("COUNT", count)), Options())
    request = ProofRequest(users=4, requests=60)
    proof = proof_in_memory(session, dynamo_design(session), request, lambda text: None)
    return next(pattern for pattern in proof.patterns if pattern.pattern == "follow")


def test_where_everybody_follows_everybody_no_new_one_is_put_and_nothing_is_wrong() -> None:
    proof = follow("3")
    assert proof.calls == 0
    assert proof.not_here == "every `Follow` that there can be at so few users is there"
    assert proof.is_right


def test_where_there_is_room_it_is_put_until_there_is_none() -> None:
    # 4 x 3 = 12 there can be, 4 x 1 = 4 are there: 8 calls put one each, whoever has no room left
    proof = follow("1")
    assert proof.calls == 8
    assert proof.is_right
    assert not proof.not_here
