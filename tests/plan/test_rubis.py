"""RUBiS, a workload that others published: every mix planned, and each plan best for its mix."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import pytest

from rubis_models import MIXES, STATEMENTS, rubis_text, weight
from tablewright import read_model
from tablewright.plan.result import PlanResult
from tablewright.session import Options, Session
from tablewright.verbs.plan import plan

ROUNDING = Decimal("1E-6")


@cache
def planned(mix: str) -> tuple[Session, PlanResult]:
    file = read_model(rubis_text(mix), "rubis.yaml")
    session = Session(file=file, options=Options(sample_items=128))
    return session, plan(session, explained=False)


@pytest.mark.parametrize("mix", MIXES)
def test_every_statement_of_every_mix_is_served_without_reading_a_large_table(mix):
    session, result = planned(mix)
    asked = [number for number, group, _ in STATEMENTS if weight(group, mix)]
    routes = session.evaluate(result.design, 1).routes
    assert len(routes) == len(asked)
    for route in routes:
        assert route.is_served, route.cannot
        if route.operation == "scan":
            assert session.pattern(route.pattern).entity in ("Category", "Region")


@pytest.mark.parametrize("mix", MIXES)
def test_no_plan_made_for_another_mix_is_cheaper(mix):
    session, result = planned(mix)
    own = session.evaluate(result.design, 1).bill.total
    for other in MIXES:
        found = session.evaluate(planned(other)[1].design, 1)
        if all(r.is_served for r in found.routes):
            assert found.bill.total >= own - ROUNDING, other


@pytest.mark.parametrize("mix", MIXES)
def test_the_cost_is_what_the_engine_says(mix):
    _, result = planned(mix)
    assert abs(result.search.predicted - result.search.evaluated) < Decimal("0.001")


def test_more_writes_leave_fewer_entries_to_be_written():
    def indexed(mix: str) -> int:
        table = planned(mix)[1].design.table("items")
        return sum(len(index.projection.attributes) for index in table.indexes)

    assert indexed("write_heavy") < indexed("browsing")
