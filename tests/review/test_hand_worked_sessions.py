"""Claims and assumptions of a model of one pattern, beside the arithmetic."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.session import Session
from tablewright.verbs.grading import claim_verdicts
from tablewright.verbs.influences import influences

# 1,000 users x 24 a day = 1,000 an hour = 730,000 a month, of one write unit each: an item of some
# 60 bytes. At 0.625 USD a million that is 0.45625 USD.
MODEL = """
app: hourly
region: us-east-1
scales: [1000]
entities: {Thing: {key: id, count: 10 total, attributes: {id: uuid, text: text(10)}}}
patterns: {add: {put: Thing, rate: RATE}}
CLAIMS
designs: {d: {engine: dynamodb, tables: {things: {key: id, items: Thing, mode: on-demand}}}}
"""


def session(rate: str = "24/user/day", claims: str = "") -> Session:
    return Session(file=read_model(MODEL.replace("RATE", rate).replace("CLAIMS", claims)))


@pytest.mark.parametrize(
    ("claimed", "verdict"),
    [
        # the computed figure is 730,000; a claim holds within a tenth of the claim itself
        (660_000, "does not hold"),  # up to 726,000
        (664_000, "holds"),  # up to 730,400
        (811_000, "holds"),  # down to 729,900
        (812_000, "does not hold"),  # down to 730,800
    ],
)
def test_a_claim_may_be_a_tenth_off_and_no_more(claimed, verdict):
    claims = (
        "claims: {calls: {says: as many writes, about: writes_per_month, users: 1000, "
        f"value: {claimed}}}}}"
    )
    (found,) = claim_verdicts(session(claims=claims))
    assert round(found.computed) == 730_000
    assert found.verdict == verdict


def test_an_assumed_rate_moves_the_bill_by_what_its_pattern_costs():
    hourly = session(rate="24/user/day (assumed)")
    (influence,) = influences(hourly, hourly.designs[0])
    storage = influence.base - Decimal("0.45625")
    assert 0 < storage < Decimal("0.00001")  # ten items of under 200 bytes at 0.25 USD a GB
    assert round(influence.halved - storage, 9) == Decimal("0.228125")
    assert round(influence.doubled - storage, 9) == Decimal("0.9125")
    assert round(influence.swing, 9) == Decimal("0.684375")  # 0.9125 - 0.228125


def test_an_assumed_size_moves_the_bill_by_the_units_of_an_item():
    # 1 KB blocks: 3,000 bytes are 3 units, halved 2 (1,500), doubled 6 (6,000), each a little more
    # for the key and names, which cross no block. One unit a call is 0.45625 USD.
    text = MODEL.replace("RATE", "24/user/day").replace("CLAIMS", "")
    text = text.replace("text: text(10)", "text: {type: text, bytes: 3000B (assumed)}")
    sized = Session(file=read_model(text))
    (influence,) = influences(sized, sized.designs[0])
    unit = Decimal("0.45625")
    tolerance = Decimal("0.001")  # the storage of ten items
    assert abs(influence.base - 3 * unit) < tolerance
    assert abs(influence.halved - 2 * unit) < tolerance
    assert abs(influence.doubled - 6 * unit) < tolerance
