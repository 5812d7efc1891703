"""Models that once ended in a traceback: a distance from an attribute, an entity without instances.

A circle is looked for in nine cells; of 0.1 depots a user three users have none.
"""

from __future__ import annotations

import pytest

from dynamo_proofs import dynamo_design
from tablewright import read_model
from tablewright.session import Session
from tablewright.verbs.check import check
from tablewright.verbs.explain import example_requests
from tablewright.verbs.prove import ProofRequest, proof_on_new

NEAR = """
app: n
region: us-east-1
scales: [100]
entities:
  Depot: {key: depot_id, count: 120 total, attributes: {depot_id: id, location: geo}}
patterns:
  nearest: {near: Depot, by: location, radius_km: 10, limit: 3, rate: 1/user/day}
designs:
  d: {engine: dynamodb, tables: {places: {key: depot_id, items: Depot}}}
"""
ZERO = """
app: zero
region: us-east-1
scales: [10]
entities:
  User: {key: user_id, attributes: {user_id: uuid}}
  Depot: {key: depot_id, count: 0.1/user, attributes: {depot_id: id, name: name}}
patterns:
  depot: {get: Depot, by: depot_id, rate: 1/user/day}
  user: {get: User, by: user_id, rate: 1/user/day}
designs:
  d:
    engine: dynamodb
    tables: {users: {key: user_id, items: User}, depots: {key: depot_id, items: Depot}}
"""


def test_a_distance_from_an_attribute_is_answered_by_a_scan_of_all_that_there_is() -> None:
    session = Session(read_model(NEAR))
    [design] = check(session).designs
    assert design.cost.usd_per_month is not None
    evaluation = session.evaluate("d")
    assert evaluation.route("nearest").operation == "scan"
    [request] = example_requests(session, evaluation, "nearest")
    assert request.operation == "Scan"


def test_an_entity_without_instances_is_proved_as_far_as_there_is_anything() -> None:
    session = Session(read_model(ZERO))
    assert session.model.instances("Depot", 3) < 1
    proof = proof_on_new(session, dynamo_design(session, "d"), ProofRequest(users=3, requests=50))
    assert proof.is_right
    assert {entry.pattern: entry.was_run for entry in proof.patterns}["user"]


@pytest.mark.parametrize(
    ("count", "scales", "has_values"), [("0.01", "[10, 500]", True), ("0.01", "[10]", False)]
)
def test_a_request_is_explained_with_values_from_as_many_users_as_it_takes_or_without(
    count: str, scales: str, has_values: bool
) -> None:
    # one depot for 100 users: none among the twenty that values are usually taken from
    text = ZERO.replace("0.1/user", "0.01/user").replace("[10]", scales)
    session = Session(read_model(text))
    [request] = example_requests(session, session.evaluate("d"), "depot")
    assert request.operation == "GetItem"
    assert ("Key" in request.template) is has_values
