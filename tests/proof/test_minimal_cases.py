"""Two accounts in one transfer, and what is near by its own place: proved on the local engine."""

from __future__ import annotations

import pytest

from tablewright import read_model
from tablewright.core.errors import ModelError
from tablewright.proof.workload import Workload
from tablewright.sample.sample import Sample
from tablewright.sample.world import World

TRANSFER = """
app: transfer
scales: [100]
entities:
  Account: {key: account_id, attributes: {account_id: uuid, balance: money}}
patterns:
  transfer:
    transact:
      - {update: Account, by: account_id, increment: [balance], if: [balance]}
      - {update: Account, by: account_id, increment: [balance]}
    rate: 1/user/day
"""

NEAR = """
app: n
scales: [100]
entities:
  Depot: {key: depot_id, count: 120 total, attributes: {depot_id: id, location: geo}}
patterns:
  nearest: {near: Depot, by: location, radius_km: 10, limit: 3, rate: 1/user/day}
"""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_transaction_writes_each_item_but_once(seed: int) -> None:
    model = read_model(TRANSFER).model
    workload = Workload(model, World(model, Sample(model), 20), seed)
    for _ in range(200):
        call = workload.call(model.pattern("transfer"))
        first, second = (part.row["account_id"] for part in call.parts)
        assert first != second


def test_what_is_near_may_name_its_place() -> None:
    pattern = read_model(NEAR).model.pattern("nearest")
    assert pattern.where == ()


def test_a_place_is_never_equal_to_anything() -> None:
    text = NEAR.replace("near: Depot", "list: Depot").replace("radius_km: 10, ", "")
    with pytest.raises(ModelError) as caught:
        read_model(text)
    found = caught.value.diagnostics[0]
    assert "a geo, which is never equal" in found.message
    assert found.span is not None
    assert found.span.line == 7
