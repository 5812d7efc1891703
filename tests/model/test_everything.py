"""What `tests/data/everything.yaml`, which has every field of the grammar, is read as.

`everything.txt` was read line by line beside the file: each value of the one is a line of the
other, in the units of the model (bytes, days, shares of one, calls a day). What is not there has
its default. TABLEWRIGHT_GOLDEN=write writes it again; the difference is to be read.
"""

from __future__ import annotations

from pathlib import Path

from tablewright import load
from value_lines import expect_lines, value_lines

FILE = Path(__file__).parents[1] / "data" / "everything.yaml"


def test_every_field_of_the_grammar_is_kept_in_the_unit_of_the_model() -> None:
    expect_lines(Path(__file__).with_name("everything.txt"), value_lines(load(FILE).model))
