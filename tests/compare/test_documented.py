"""The counts that docs/compare.md states are those of the data files."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from tablewright.compare.reader import offerings
from tablewright.core.data import read_yaml

TEXT = " ".join((Path(__file__).parents[2] / "docs/compare.md").read_text().split())


def test_constants_are_counted_by_label() -> None:
    data = read_yaml("tablewright.engines.servers", "sizing.yaml")
    labels = Counter(fields["label"] for part in data.values() for fields in part.values())
    said = re.search(r"Of (\d+) constants (\d+) are `measured`, (\d+) are `source`", TEXT)
    assert said is not None
    assert [int(n) for n in said.groups()] == [
        sum(labels.values()),
        labels["measured"],
        labels["source"],
    ]
    assert f"and {labels['assumed']} are `assumed`" in TEXT


def test_cells_are_counted_by_whether_they_were_read() -> None:
    cells = [cell for one in offerings() for _, cell in one.cells]
    read = sum(cell.read for cell in cells)
    assert f"{read} of {len(cells)} were read, {len(cells) - read} are written" in TEXT
