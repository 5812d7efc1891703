"""The five applications, proved: designs created, filled and run on the local engine.

Prediction and meter have to agree within one per cent for every pattern that is more than one per
cent of the bill, and every answer has to be right. The larger ones are slow; with 1,000 users,
where some take minutes, they are run by hand (docs/proof.md).
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from dynamo_proofs import dynamo_design, proof_in_memory
from tablewright import apps, read_model
from tablewright.proof.values import Proof
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest

ONE_PER_CENT = Decimal("0.01")


def prove(app: str, design: str, users: int, requests: int) -> Proof:
    session = Session(read_model(apps.read(app), f"{app}.yaml"), Options())
    wanted = ProofRequest(users=users, requests=requests)
    chosen = dynamo_design(session, design)
    return proof_in_memory(session, chosen, wanted, lambda text: None)


def troubles(proof: Proof) -> list[str]:
    """Say where a proof fails: wrong answers, or figures that do not agree."""
    found = list(proof.state_problems)
    for one in proof.patterns:
        found += [f"{one.pattern}: {text}" for text in (*one.wrong, *one.failures)]
        if not one.agrees:
            found += [
                f"{one.pattern}: {compared.estimated.mean} estimated for all, "
                f"{compared.predicted.mean} predicted, {compared.metered.mean} metered "
                f"({compared.dimension}, {one.bill_share:.2%} of the bill)"
                for compared in (one.reads, one.writes)
            ]
        elif one.bill_share > ONE_PER_CENT:
            assert abs(one.reads.difference) <= ONE_PER_CENT, one.pattern
            assert abs(one.writes.difference) <= ONE_PER_CENT, one.pattern
    return found


@pytest.mark.parametrize("design", ["current", "recommended"])
def test_the_collectibles_are_proved(design: str) -> None:
    proof = prove("mongocollectibles", design, users=20, requests=200)
    assert troubles(proof) == []
    assert proof.items_checked > 0


def test_what_other_patterns_have_changed_is_predicted_as_it_is_by_then() -> None:
    # Twenty subscribers of one big item each, which four patterns change in turn: a call meets
    # what others have written and not yet taken back, and the prediction knows how big that is.
    proof = prove("screen-time-journey", "current", users=20, requests=300)
    assert troubles(proof) == []
    assert {
        one.pattern: one.writes.difference for one in proof.patterns if one.writes.difference
    } == {}
    assert {
        one.pattern: one.reads.difference for one in proof.patterns if one.reads.difference
    } == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("app", "design", "users"),
    [
        ("llm-proxy", "current", 20),
        ("llm-proxy", "recommended", 20),
        ("llm-proxy", "smaller", 20),
        ("mongocollectibles", "current", 200),
        ("mongocollectibles", "recommended", 1000),
        ("auxeira", "current", 60),
        ("auxeira", "recommended", 60),
        ("poafix", "dynamodb", 200),
        ("screen-time-journey", "current", 1000),
        ("screen-time-journey", "recommended", 1000),
    ],
)
def test_an_application_is_proved(app: str, design: str, users: int) -> None:
    assert troubles(prove(app, design, users, requests=3000)) == []
