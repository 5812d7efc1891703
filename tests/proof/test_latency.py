"""Latency targets beside what a proof measured: what is met, missed, or only met there."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tablewright import load
from tablewright.evaluation.values import Measure
from tablewright.proof.latency import what_it_means
from tablewright.proof.stored import proof_data, proof_from_data
from tablewright.proof.values import LostUpdates, PatternProof, Proof, UnitComparison, digest_of
from tablewright.reports.check import targets_table
from tablewright.reports.prove import proof_page
from tablewright.reports.render.text import write_text
from tablewright.review.assessment import TargetResult
from tablewright.session import Options, Session
from tablewright.verbs.grading import target_results
from tablewright.verbs.proofs import proof_view

NOTHING = Measure(mean=Decimal(0))
NONE_USED = UnitComparison(
    resource="", dimension="read", estimated=NOTHING, predicted=NOTHING, metered=NOTHING
)
MODEL = """
app: notes
region: us-east-1
scales: [100]
targets: {latency_p99_ms: 10}
entities:
  Note:
    key: id
    count: 5/user
    attributes: {id: uuid, text: text}
patterns:
  readNote: {get: Note, by: id, rate: 9/user/day}
  scoreNotes: {get: Note, by: id, rate: 1/day, purpose: batch}
designs:
  one:
    engine: dynamodb
    tables:
      Notes: {key: id, items: Note, mode: on-demand}
"""


def timed(name: str, p99: str, target: str | None, calls: int = 200) -> PatternProof:
    return PatternProof(
        pattern=name,
        calls=calls,
        requests=calls,
        reads=NONE_USED,
        writes=NONE_USED,
        resources=(),
        bill_share=Decimal(0),
        latency_ms=(Decimal(1), Decimal(2), Decimal(p99)),
        latency_target_ms=None if target is None else Decimal(target),
    )


PROOF = Proof(
    app="notes",
    design="one",
    users=100,
    engine="Amazon DynamoDB in us-east-1",
    seed=1,
    model_digest=digest_of(MODEL),
    patterns=(timed("readNote", "8.5", "10"), timed("scoreNotes", "400", None)),
    predicted_usd=Decimal(0),
    metered_usd=Decimal(0),
    date="2026-11-30",
    machine="Linux x86_64, 2 processors",
    stands_in=False,
)
SLOW = replace(PROOF, patterns=(timed("readNote", "12.5", "10"), timed("other", "11", "20")))


def latency_target(folder: Path, proof: Proof | None, text: str = MODEL) -> TargetResult:
    """Return the latency target of a design whose latest proof is this one."""
    (folder / "tablewright.yaml").write_text(text)
    if proof is not None:
        path = folder / ".tablewright" / "proofs" / "one.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(proof_data(proof), default=str))
    session = Session(load(folder / "tablewright.yaml"), Options())
    (result,) = [
        t for t in target_results(session, session.design("")) if t.name == "latency_p99_ms"
    ]
    return result


def test_without_a_proof_nothing_is_assessed(tmp_path: Path) -> None:
    result = latency_target(tmp_path, None)
    assert (result.reached, result.met, result.met_there) == ("measure it with prove", None, None)
    assert targets_table([result]).rows[0].cells[-1] == "not assessed"


def test_the_database_that_is_meant_decides(tmp_path: Path) -> None:
    result = latency_target(tmp_path, PROOF)
    assert (result.reached, result.met, result.users) == ("8.5 (readNote)", True, 100)
    assert result.measured.startswith(
        "Latency was measured on 2026-11-30 from Linux x86_64, 2 processors, on Amazon DynamoDB "
        "in us-east-1. It is the database that is meant, network included"
    )
    assert targets_table([result]).rows[0].cells[-1] == "met"


def test_a_pattern_that_is_too_slow_misses_the_target(tmp_path: Path) -> None:
    result = latency_target(tmp_path, SLOW)
    assert (result.reached, result.met) == ("12.5 (readNote)", False)


@pytest.mark.parametrize("where", [{"stands_in": True, "is_embedded": True}, {"is_embedded": True}])
def test_a_server_of_this_machine_decides_nothing(tmp_path: Path, where: dict[str, bool]) -> None:
    result = latency_target(tmp_path, replace(SLOW, **where))
    assert (result.reached, result.met, result.met_there) == ("12.5 (readNote)", None, False)
    assert targets_table([result]).rows[0].cells[-1] == "missed there"


def test_a_proof_of_another_model_is_not_shown(tmp_path: Path) -> None:
    result = latency_target(tmp_path, replace(SLOW, model_digest="another"))
    assert (result.reached, result.met, result.met_there) == ("prove it again", None, None)
    assert "before the model file was changed" in result.measured


def test_a_target_of_a_pattern_alone_is_a_target(tmp_path: Path) -> None:
    text = MODEL.replace("targets: {latency_p99_ms: 10}\n", "").replace(
        "rate: 9/user/day", "rate: 9/user/day, latency_p99_ms: 20"
    )
    proof = replace(PROOF, patterns=(timed("readNote", "12", "20"),), model_digest=digest_of(text))
    result = latency_target(tmp_path, proof, text)
    assert (result.wanted, result.reached) == ("by pattern", "12.0 of 20 (readNote)")
    assert result.met is True


def test_the_slowest_is_the_one_that_uses_most_of_its_own_target() -> None:
    proof = replace(PROOF, patterns=(timed("a", "30", "100"), timed("b", "9", "10")))
    assert proof.slowest is not None
    assert proof.slowest.pattern == "b"
    assert proof.is_in_time is True


def test_a_pattern_that_was_not_called_is_neither_fast_nor_slow() -> None:
    proof = replace(PROOF, patterns=(timed("a", "0", "100", calls=0),))
    assert proof.is_in_time is None


def test_the_99th_percentile_of_few_calls_is_said_to_be_the_slowest() -> None:
    few = replace(PROOF, patterns=(timed("a", "9", "10", calls=100),))
    assert "100 calls or fewer is the slowest" in what_it_means(few)
    assert "or fewer" not in what_it_means(PROOF)


def test_the_page_names_what_misses_its_target() -> None:
    text = " ".join(write_text(proof_page(proof_view(SLOW, is_stale=False)), width=200).split())
    assert "Latency: readNote misses the target; measured on 2026-11-30 from Linux" in text
    assert "readNote 200 12.5 10 missed" in text


def test_latency_is_kept_with_its_day_and_machine() -> None:
    lost = LostUpdates(pattern="bump", attribute="score", made=20, lost=15)
    proof = replace(SLOW, lost_updates=(lost,))
    assert proof_from_data(json.loads(json.dumps(proof_data(proof), default=str))) == proof
