"""Sizes that several samples share are those each would draw by itself."""

from __future__ import annotations

from pathlib import Path

import tablewright
from tablewright import load, read_model
from tablewright.sample import sample as module
from tablewright.sample.sample import Sample

APPS = Path(tablewright.__file__).parent / "apps"


def test_a_model_with_another_figure_draws_what_it_would_draw_alone() -> None:
    path = APPS / "poafix" / "tablewright.yaml"
    text = path.read_text()
    factor = {("entities", "Provider", "attributes", "description", "bytes"): 2}
    changed = read_model(text, str(path), overrides=factor).model
    module._DRAWN.clear()
    alone = {
        (entity.name, name): Sample(changed).sizes(entity.name, name, 100)
        for entity in changed.entities
        for name in entity.names
    }
    module._DRAWN.clear()
    first = Sample(load(APPS / "poafix").model)
    for entity in first.model.entities:
        for name in entity.names:
            first.sizes(entity.name, name, 100)
    after = Sample(changed)  # finds what the first one kept
    for (entity, name), sizes in alone.items():
        assert after.sizes(entity, name, 100) == sizes, (entity, name)
