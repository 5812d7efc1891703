"""Chosen instances of a sample stand for it as if they were its first ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tablewright import load
from tablewright.model.values import Model
from tablewright.sample.chosen import Blocks, Chosen, Drawn
from tablewright.sample.sample import Sample

SMALL = Path(__file__).parents[1] / "proof" / "small.yaml"
USERS = 300
NUMBERS = (5, 2, 5, 700, 1499)


@pytest.fixture(scope="module")
def model() -> Model:
    return load(SMALL).model


@pytest.fixture(scope="module")
def sample(model: Model) -> Sample:
    return Sample(model)


@pytest.mark.parametrize("name", ["body", "read", "author", "at"])
def test_chosen_instances_are_those_of_the_sample(sample: Sample, name: str) -> None:
    chosen = Chosen(Blocks(sample, USERS), {"Note": Drawn(NUMBERS)})
    values = sample.values("Note", name, 1500, USERS)
    assert chosen.values("Note", name, 5) == [values[n] for n in NUMBERS]
    sizes = sample.size_columns("Note", (name,), 0, 1500, USERS)[0]
    assert chosen.sizes("Note", name, 5) == [sizes[n] for n in NUMBERS]
    new = sample.redrawn("Note", name, 0, 1500, USERS)
    assert chosen.resampled_values("Note", name, 5) == [new[n] for n in NUMBERS]


def test_a_new_instance_has_a_key_of_its_own_and_the_rest_of_another(sample: Sample) -> None:
    drawn = Drawn((3, 4), own={"note_id": (2000, 2001)})
    chosen = Chosen(Blocks(sample, USERS), {"Note": drawn})
    bodies = sample.values("Note", "body", 5, USERS)
    keys = sample.columns("Note", ("note_id",), 2000, 2002, USERS)[0]
    assert chosen.values("Note", "body", 2) == bodies[3:]
    assert chosen.values("Note", "note_id", 2) == keys


def test_entities_that_are_not_chosen_are_as_they_were(sample: Sample) -> None:
    chosen = Chosen(Blocks(sample, USERS), {"Note": Drawn(NUMBERS)})
    assert chosen.sizes("Person", "email", 9) == sample.sizes("Person", "email", 9)


def test_an_appended_element_of_six_letters_makes_a_list_seven_bytes_longer(
    sample: Sample,
) -> None:
    plain = Chosen(Blocks(sample, USERS), {"Person": Drawn((0, 1, 2))})
    longer = Drawn((0, 1, 2), longer={"tags": (0, 1, 10)})
    grown = Chosen(Blocks(sample, USERS), {"Person": longer})
    before, after = (one.sizes("Person", "tags", 3) for one in (plain, grown))
    assert [(b or 0) - (a or 0) for a, b in zip(before, after, strict=True)] == [0, 7, 70]
