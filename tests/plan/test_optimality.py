"""The planner's choice held against every choice: on small models all of them can be priced."""

from __future__ import annotations

import os
from decimal import Decimal
from itertools import combinations

import pytest

from plan_models import model_text
from tablewright.bill.prices import PriceBook
from tablewright.design.reader import read_model
from tablewright.engines.dynamodb.engine import DynamoEngine
from tablewright.plan.asks import workloads
from tablewright.plan.candidates import indexes, placements
from tablewright.plan.pricing import design_of
from tablewright.plan.search import Settings, search

SAMPLE = 16
CENT = Decimal("0.01")
MODELS = 200 if os.environ.get("HYPOTHESIS_PROFILE") == "full" else 8


def cheapest_of_all(model, engine, book) -> tuple[Decimal, int]:
    """Price every placement with every set of indexes, through the bill of the whole design.

    A question reads through one index at most here, so no more indexes than questions can help.
    """
    total, count = Decimal(0), 0
    users = model.scales[0]
    for work in workloads(model):
        best = None
        questions = len({(a.given, a.fixed, a.sort, a.wanted) for a in work.asks})
        for placement in placements(work, "things"):
            candidates = indexes(work, placement)
            for size in range(min(questions, len(candidates)) + 1):
                for chosen in combinations(candidates, size):
                    found = engine.evaluate(
                        work.model, design_of(placement, chosen), users, book, sample_items=SAMPLE
                    )
                    count += 1
                    if any(not r.is_served or r.operation == "scan" for r in found.routes):
                        continue
                    if best is None or found.bill.total < best:
                        best = found.bill.total
        assert best is not None
        total += best
    return total, count


@pytest.mark.parametrize("seed", range(MODELS))
def test_the_plan_costs_what_the_best_of_all_designs_costs(seed):
    model = read_model(model_text(seed, patterns=3), "made.yaml").model
    engine, book = DynamoEngine(), PriceBook()
    settings = Settings.of(model, model.scales[0])
    plan = search(model, engine, book, model.region, settings=_small(settings))
    best, count = cheapest_of_all(model, engine, book)
    assert count >= 2
    assert abs(plan.solution.usd - best) < CENT
    evaluated = engine.evaluate(model, plan.design, model.scales[0], book, sample_items=SAMPLE)
    assert abs(evaluated.bill.total - plan.solution.usd) < CENT


def _small(settings: Settings) -> Settings:
    from dataclasses import replace

    return replace(settings, sample_items=SAMPLE)
