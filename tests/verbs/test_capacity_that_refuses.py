"""A design whose capacity refuses requests is never the cheaper one, whatever it costs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.session import Options, Session
from tablewright.verbs.check import check
from tablewright.verbs.compare import compare
from tablewright.verbs.cost import cost_by_scale

MODEL = """
app: peaks
region: us-east-1
scales: [10000]
targets: {monthly_cost: {10000: 30}}
entities: {Thing: {key: id, count: 10/user, attributes: {id: uuid, text: text(900)}}}
patterns:
  read: {get: Thing, by: id, rate: 400/user/day, peak: PEAK}
  write: {put: Thing, rate: 100/user/day, peak: PEAK}
designs:
  small:
    engine: dynamodb
    tables: {things: {key: id, items: Thing, mode: {auto_scaling: SCALING}}}
  demand: {engine: dynamodb, tables: {things: {key: id, items: Thing}}}
"""
CAPPED = "{min_rcu: 5, max_rcu: 30, min_wcu: 5, max_wcu: 10, target: 70%}"


def session_of(peak: int, scaling: str = CAPPED) -> Session:
    text = MODEL.replace("PEAK", str(peak)).replace("SCALING", scaling)
    return Session(file=read_model(text, "peaks.yaml"), options=Options(sample_items=64))


@pytest.mark.parametrize("peak", [2, 4, 8])
def test_more_peak_makes_a_capped_table_no_better(peak: int) -> None:
    # 10,000 x 100 writes a day are 11.6 a second on average, and the table has 10 at most
    session = session_of(peak)
    evaluation = session.evaluate("small")
    assert evaluation.bill.refused_share > Decimal("0.1")
    assert "would refuse" in evaluation.shortcoming
    view = cost_by_scale(session)
    small = next(curve for curve in view.curves if curve.design == "small")
    assert [users for users, _ in small.shortcomings] == [10_000]


def test_its_budget_is_missed_though_the_figure_is_below_it() -> None:
    view = check(session_of(4))
    (cost,) = [target for target in view.designs[0].targets if target.name == "monthly_cost"]
    assert Decimal(cost.reached) < 30
    assert cost.met is False
    assert "would refuse" in cost.why


def test_capacity_that_follows_the_load_is_compared() -> None:
    wide = "{min_rcu: 5, max_rcu: 3000, min_wcu: 5, max_wcu: 1000, target: 70%}"
    assert session_of(2, wide).evaluate("small").shortcoming == ""


def test_compare_takes_the_design_that_refuses_nothing_though_it_is_more_expensive() -> None:
    session = session_of(4)
    small, demand = (session.evaluate(name).bill.total for name in ("small", "demand"))
    assert small < demand
    (engine,) = (e for e in compare(session).engines if e.engine == "dynamodb")
    assert (engine.design, engine.usd) == ("demand", demand)


def test_no_option_carries_the_load_on_a_design_that_refuses_requests() -> None:
    text = MODEL.replace("PEAK", "4").replace("SCALING", CAPPED)
    lines = [line for line in text.splitlines() if not line.startswith("  demand:")]
    found = compare(Session(read_model("\n".join(lines)), Options(sample_items=64)))
    assert found.decision is not None
    left = dict(found.decision.rulings[0].leaves)
    of_dynamo = [
        o.architecture.name for o in found.architectures if o.architecture.engine == "dynamodb"
    ]
    assert of_dynamo
    assert all("would refuse" in left[name] for name in of_dynamo)
