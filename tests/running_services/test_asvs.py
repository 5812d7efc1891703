"""The checklist of docs/asvs.md names every item of level 1 once, and tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "asvs.md"
# The items of level 1 of ASVS 4.0.3, by section; those that were deleted are not counted.
LEVEL_1 = {
    "2.1": range(1, 13),
    "2.2": range(1, 4),
    "2.3": [1],
    "2.5": range(1, 7),
    "2.7": range(1, 5),
    "2.8": [1],
    "3.1": [1],
    "3.2": range(1, 4),
    "3.3": [1, 2],
    "3.4": range(1, 6),
    "3.7": [1],
    "4.1": [1, 2, 3, 5],
    "4.2": [1, 2],
    "4.3": [1, 2],
    "5.1": range(1, 6),
    "5.2": range(1, 9),
    "5.3": range(1, 11),
    "5.5": range(1, 5),
    "6.2": [1],
    "7.1": [1, 2],
    "7.4": [1],
    "8.2": range(1, 4),
    "8.3": range(1, 5),
    "9.1": range(1, 4),
    "10.3": range(1, 4),
    "11.1": range(1, 6),
    "12.1": [1],
    "12.3": range(1, 6),
    "12.4": [1, 2],
    "12.5": [1, 2],
    "12.6": [1],
    "13.1": [1, 3],
    "13.2": range(1, 4),
    "13.3": [1],
    "14.2": range(1, 4),
    "14.3": [2, 3],
    "14.4": range(1, 8),
    "14.5": range(1, 4),
}


def rows() -> list[tuple[str, str]]:
    """Return each item and what holds it."""
    lines = re.findall(r"^\| V([0-9.]+) \| .* \| (.*) \|$", PAGE.read_text(), re.MULTILINE)
    return [(item, holds) for item, holds in lines]


def test_every_item_of_level_one_is_there_once_in_its_order() -> None:
    asked = [f"{section}.{number}" for section, items in LEVEL_1.items() for number in items]
    assert [item for item, _ in rows()] == asked


def test_every_item_names_a_test_that_is_there_or_says_why_not() -> None:
    source = "".join(path.read_text() for path in sorted(HERE.glob("../*serv*/test_*.py")))
    there = set(re.findall(r"^def (test_\w+)", source, re.MULTILINE))
    for item, holds in rows():
        named = re.findall(r"`(test_\w+)`", holds)
        assert set(named) <= there, item
        assert named or re.match(r"not (applicable|held): \S+ \S+", holds), item


def test_the_page_counts_what_does_not_hold() -> None:
    failing = sum("not held" in holds for _, holds in rows())
    assert f"{failing} of {len(rows())} do not hold, or not everywhere" in PAGE.read_text()
