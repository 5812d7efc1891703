"""Designs proved against DynamoDB Local, and what it is known to meter otherwise.

All of `KNOWN` are transactions with entries of indexes, or with the guard of a unique value:
DynamoDB Local charges two units instead of one for an entry of an index, and one instead of two for
some items of the table. A device is 2 KB and its PIN record 2 KB with one entry: 2 x 2 + 2 x 2 + 1
units to add both, of which it makes 10. A known difference that disappears fails the test.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from peers import DYNAMODB_LOCAL, running

from dynamo_proofs import dynamo_design, fill, prove_on, spend
from tablewright import apps, read_model
from tablewright.engines.dynamodb.provisioning import apply_up, plan_up
from tablewright.engines.dynamodb.signed_transport import sdk_transport
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest

pytestmark = [pytest.mark.needs_java, pytest.mark.slow]

KNOWN = {
    "mongocollectibles": set(),
    "llm-proxy": {"createUser"},
    "screen-time-journey": {
        "claimUsername",
        "createSubscriber",
        "eraseSubscriber",
        "addDevice",
        "removeDevice",
    },
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    if DYNAMODB_LOCAL.missing:
        pytest.skip(f"DynamoDB Local is not installed ({DYNAMODB_LOCAL.missing})")
    with running(DYNAMODB_LOCAL) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.mark.parametrize(
    ("app", "users"), [("mongocollectibles", 20), ("llm-proxy", 2), ("screen-time-journey", 20)]
)
def test_only_transactions_are_metered_otherwise(
    endpoint: str, app: str, users: int, tmp_path: Path
) -> None:
    session = Session(read_model(apps.read(app), f"{app}.yaml"), Options())
    design = dynamo_design(session, "recommended")
    transport = sdk_transport(endpoint=endpoint)
    apply_up(plan_up(session.model, design, {}), transport, lambda text: None)
    keep = tmp_path / "position.json"
    fill(session, design, transport, users, keep=keep)
    shift = spend(session, design, users, keep)
    wanted = ProofRequest(users=users, requests=150, ttl_shift=shift)
    proof = prove_on(session, design, transport, wanted)
    assert proof.is_right
    assert {one.pattern for one in proof.patterns if not one.agrees} == KNOWN[app]
