"""One sample for all that asks about the same instances; another where the instances differ."""

from __future__ import annotations

from dataclasses import replace

from tablewright import read_model
from tablewright.sample.sample import sample_of

MODEL = read_model(
    "app: t\nscales: [10]\n"
    "entities: {E: {key: id, attributes: {id: uuid, word: {type: text, bytes: 20}}}}\n"
    "patterns: {p: {scan: E, rate: 1/day}}\n"
).model


def test_models_that_differ_in_their_patterns_share_what_is_drawn():
    assert sample_of(MODEL) is sample_of(replace(MODEL, patterns=()))


def test_models_with_another_seed_scale_age_or_country_are_drawn_anew():
    others = [
        replace(MODEL, seed=MODEL.seed + 1),
        replace(MODEL, scales=(20,)),
        replace(MODEL, horizon_days=MODEL.horizon_days + 1),
        replace(MODEL, country="it"),
    ]
    assert all(sample_of(other) is not sample_of(MODEL) for other in others)
