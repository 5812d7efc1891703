"""The Pareto fronts, each point held against a search that is bound so from the start."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache

import pytest

from plan_models import planning_of
from tablewright import read_model
from tablewright.core.errors import UnsupportedError
from tablewright.plan.fronts import front_by_round_trips, front_by_structures
from tablewright.plan.search import search
from tablewright.plan.settings import Settings
from tablewright.plan.values import Plan

MODEL = """\
app: shop
region: us-east-1
scales: [10000]
entities:
  Customer:
    key: id
    attributes:
      id: uuid
      email: {type: email, unique: true}
      status: {type: enum, values: {active: 90%, gone: 10%}}
      bio: text(3000)
  Visit:
    of: Customer
    key: [id, visitId]
    count: 500
    attributes: {visitId: ulid, page: text(50), note: text(2000)}
patterns:
  save: {update: Customer, by: id, set: [status], rate: 5/user/day}
  profile: {get: Customer, by: id, rate: 5/user/day}
  byEmail: {get: Customer, by: email, rate: 0.5/user/day}
  visit: {put: Visit, rate: 5/user/day}
  visits: {list: Visit, where: id, select: [page], limit: 20, rate: 1/user/day}
  latest: {list: Visit, where: page, sort: -visitId, limit: 5, rate: 0.1/user/day}
"""


def found(**settings: object) -> Plan:
    model = read_model(MODEL, "shop.yaml").model
    chosen = replace(Settings.of(model, 10_000), sample_items=32, **settings)  # type: ignore[arg-type]
    return search(model, planning_of(model), chosen)


@cache
def plan() -> Plan:
    return found()


def test_each_point_of_tables_and_indexes_is_what_a_search_within_that_number_finds():
    points = front_by_structures(plan())
    assert len(points) > 1
    for point in points:
        assert point.usd is not None
        bound = found(most_structures=point.limit)
        assert abs(bound.solution.usd - point.usd) < Decimal("1E-9"), point.limit
    with pytest.raises(UnsupportedError, match="tables and indexes"):
        found(most_structures=points[0].limit - 1)


def test_each_point_of_round_trips_is_what_a_search_with_that_target_finds():
    points = front_by_round_trips(plan())
    assert len(points) > 1
    for point in points:
        bound = found(latency_p99_ms=10 * Decimal(point.limit))
        assert point.usd is not None
        assert abs(bound.solution.usd - point.usd) < Decimal("1E-9"), point.limit


def test_the_last_point_of_both_is_the_plan():
    assert front_by_structures(plan())[-1].usd == plan().solution.usd
    assert front_by_round_trips(plan())[-1].usd == plan().solution.usd
