"""The page about the model file: its example works."""

from __future__ import annotations

import re
from pathlib import Path

from tablewright import read_model

PAGE = (Path(__file__).parents[2] / "docs" / "model-file.md").read_text(encoding="utf-8")


def test_the_short_example_is_a_valid_model_without_warnings():
    example = re.search(r"## A short example\n+```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    file = read_model(example[1])
    assert (len(file.model.patterns), len(file.designs), file.warnings) == (4, 1, ())
