"""Evaluations of a model with other figures: what is taken over changes no result."""

from decimal import Decimal

import pytest

from tablewright.apps import read
from tablewright.bill.prices import PriceBook
from tablewright.engines.dynamodb.engine import DynamoEngine
from tablewright.session import read_model


@pytest.mark.parametrize(
    ("app", "figure"),
    [
        ("screen-time-journey", "rate"),
        ("llm-proxy", "entities"),
        ("mongocollectibles", "entities"),
    ],
)
def test_a_model_with_other_figures_costs_what_it_costs_alone(app, figure):
    text = read(app)
    file = read_model(text)
    design = next(d for d in file.designs if d.engine == "dynamodb")
    engine = DynamoEngine()
    users = file.model.scales[0]
    engine.evaluate(file.model, design, users, PriceBook(), sample_items=128)
    paths = [a.path for a in file.model.assumptions if figure in (a.path[0], a.path[-1])]
    for path in paths[:4]:
        moved = read_model(text, overrides={path: Decimal(2)}).model
        beside = engine.evaluate(moved, design, users, PriceBook(), sample_items=128)
        alone = DynamoEngine().evaluate(moved, design, users, PriceBook(), sample_items=128)
        assert beside == alone, path
