"""The metered bill differs from the predicted one in every capacity mode."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.evaluation.values import Measure
from tablewright.proof.money import metered_usd
from tablewright.proof.values import PatternProof, UnitComparison
from tablewright.session import Session

TEXT = """
app: t
region: us-east-1
scales: [1000]
entities:
  Note: {key: note_id, attributes: {note_id: uuid, text: {type: text, bytes: 500}}}
patterns:
  save: {update: Note, by: note_id, set: [text], rate: 86400/user/day}
designs:
  d:
    engine: dynamodb
    tables: {notes: {key: note_id, items: [Note], mode: MODE}}
"""


@pytest.mark.parametrize("mode", ["on-demand", "{rcu: 5, wcu: 2000}"])
def test_twice_the_predicted_writes_double_what_the_bill_charges_for_writes(mode: str) -> None:
    session = Session(read_model(TEXT.replace("MODE", mode)))
    evaluation = session.evaluate("d", 1000)
    units = evaluation.route("save").units("write").mean
    assert units == 1
    measured = UnitComparison(
        resource="notes",
        dimension="write",
        estimated=Measure(mean=units),
        predicted=Measure(mean=units),
        metered=Measure(mean=2 * units),
    )
    proof = PatternProof(
        pattern="save",
        calls=1,
        requests=1,
        reads=replace(measured, dimension="read"),
        writes=measured,
        resources=(measured,),
        bill_share=Decimal(1),
    )
    writes = sum(line.amount for line in evaluation.bill.lines if line.dimension.value == "writes")
    assert writes > 1
    difference = metered_usd(evaluation, [proof]) - evaluation.bill.total
    assert abs(difference - writes) < Decimal("1E-15")
