"""The planner's choice held against every choice: on small models all of them can be priced."""

from __future__ import annotations

import os
import re
from decimal import Decimal
from itertools import combinations

import pytest

from plan_models import family_text, history_text, model_text, planning_of
from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.engines.dynamodb.engine import DynamoEngine
from tablewright.engines.dynamodb.planning.embedding import embedding_placements, why_not_inside
from tablewright.engines.dynamodb.planning.index_candidates import indexes
from tablewright.engines.dynamodb.planning.placements import placements
from tablewright.engines.dynamodb.planning.queries import together, workloads
from tablewright.engines.dynamodb.planning.tried import design_of
from tablewright.plan.search import search
from tablewright.plan.settings import Settings

SAMPLE = 16
CENT = Decimal("0.01")
OBJECTS = 100 if os.environ.get("HYPOTHESIS_PROFILE") == "full" else 4
FAMILIES = 200 if os.environ.get("HYPOTHESIS_PROFILE") == "full" else 6
HISTORIES = range(60) if os.environ.get("HYPOTHESIS_PROFILE") == "full" else range(3, 8)
MODELS = 200 if os.environ.get("HYPOTHESIS_PROFILE") == "full" else 8


def cheapest_of(work, tried, engine, book, users) -> tuple[Decimal | None, int]:
    """Price placements with every set of indexes, through the bill of the whole design.

    A question reads through one index at most here, so no more indexes than questions can help.
    """
    best, count = None, 0
    questions = len({(a.given, a.fixed, a.sort, a.wanted) for a in work.asks})
    for placement in tried:
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
    return best, count


def cheapest_of_all(model, engine, book, objects="needed") -> tuple[Decimal, int]:
    """Price every design of a model, those with children inside their parents among them."""
    count, users = 0, model.scales[0]
    alone: dict[str, Decimal] = {}
    works = {work.entity.name: work for work in workloads(model)}
    for name, work in works.items():
        tried = placements(work, "things", objects=objects)
        best, more = cheapest_of(work, tried, engine, book, users)
        assert best is not None
        alone[name], count = best, count + more
    total = sum(alone.values())
    for child in model.entities:
        if why_not_inside(model, child):
            continue
        parent = child.parent
        work = together(works[parent], model, [child.name])
        tried = embedding_placements(work, model, "things", [child])
        best, more = cheapest_of(work, tried, engine, book, users)
        count += more
        if best is not None:
            total = min(total, sum(alone.values()) - alone[parent] - alone[child.name] + best)
    return total, count


@pytest.mark.parametrize("seed", range(MODELS))
def test_the_plan_costs_what_the_best_of_all_designs_costs(seed):
    model = read_model(model_text(seed, patterns=3), "made.yaml").model
    engine, book = DynamoEngine(), PriceBook()
    settings = Settings.of(model, model.scales[0])
    plan = search(model, planning_of(model), settings=_small(settings))
    best, count = cheapest_of_all(model, engine, book)
    assert count >= 2
    assert abs(plan.solution.usd - best) < CENT
    evaluated = engine.evaluate(model, plan.design, model.scales[0], book, sample_items=SAMPLE)
    assert abs(evaluated.bill.total - plan.solution.usd) < CENT


@pytest.mark.parametrize("seed", range(OBJECTS))
def test_the_plan_with_object_storage_costs_what_the_best_of_all_designs_costs(seed):
    text = re.sub(r"text\(\d+\)", f"text({(seed % 4 + 1) * 7000})", model_text(seed, patterns=3))
    model = read_model(text + "options: {object_storage: allow}\n", "made.yaml").model
    engine, book = DynamoEngine(), PriceBook()
    plan = search(model, planning_of(model), _small(Settings.of(model, model.scales[0])))
    best, _ = cheapest_of_all(model, engine, book, "allow")
    assert abs(plan.solution.usd - best) < CENT


@pytest.mark.parametrize("seed", range(FAMILIES))
def test_the_plan_of_parents_and_children_costs_what_the_best_of_all_designs_costs(seed):
    model = read_model(family_text(seed), "made.yaml").model
    engine, book = DynamoEngine(), PriceBook()
    settings = _small(Settings.of(model, model.scales[0]))
    plan = search(model, planning_of(model), settings)
    best, _ = cheapest_of_all(model, engine, book)
    assert abs(plan.solution.usd - best) < CENT / 100
    evaluated = engine.evaluate(model, plan.design, model.scales[0], book, sample_items=SAMPLE)
    assert abs(evaluated.bill.total - plan.solution.usd) < CENT / 100


@pytest.mark.parametrize("seed", HISTORIES)
def test_the_plan_of_events_by_time_costs_what_the_best_of_all_designs_costs(seed):
    """With keys that gather all instances, or those of a stretch of time, among the designs."""
    model = read_model(history_text(seed), "made.yaml").model
    engine, book = DynamoEngine(), PriceBook()
    plan = search(model, planning_of(model), _small(Settings.of(model, model.scales[0])))
    best, count = cheapest_of_all(model, engine, book)
    assert count >= 1
    assert abs(plan.solution.usd - best) < CENT / 100
    evaluated = engine.evaluate(model, plan.design, model.scales[0], book, sample_items=SAMPLE)
    assert abs(evaluated.bill.total - plan.solution.usd) < CENT / 100


def test_some_events_are_filed_by_stretches_and_some_under_one_key():
    models = [read_model(history_text(seed), "made.yaml").model for seed in (3, 4, 5, 6)]
    plans = [search(m, planning_of(m), _small(Settings.of(m, m.scales[0]))) for m in models]
    made = [
        {str(template) for t in p.design.tables for s in t.shapes for _, template in s.keys}
        for p in plans
    ]
    by_time = [any("{made:" in template for template in templates) for templates in made]
    assert by_time == [False, False, True, True]
    assert "events" in made[0] & made[1]


def test_some_families_are_kept_together_and_some_apart():
    models = [read_model(family_text(seed), "made.yaml").model for seed in range(12)]
    plans = [search(m, planning_of(m), _small(Settings.of(m, m.scales[0]))) for m in models]
    together = [any(s.embeds for t in p.design.tables for s in t.shapes) for p in plans]
    assert 2 <= sum(together) <= 10


def _small(settings: Settings) -> Settings:
    from dataclasses import replace

    return replace(settings, sample_items=SAMPLE)
