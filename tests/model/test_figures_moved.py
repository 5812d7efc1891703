"""A file read again with single figures multiplied: what does not depend on them is read once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.core.errors import ModelError

TEXT = """\
app: notes
scales: [10]
entities:
  Author:
    key: id
    count: 2/user (assumed)
    attributes:
      id: uuid
      motto: {type: text, bytes: 40 (assumed)}
  Note:
    of: Author
    key: number
    count: 5/parent (assumed)
    attributes:
      number: int
      body: {type: text, bytes: 300 (assumed)}
patterns:
  scanNotes: {scan: Note, rate: 3/day (assumed)}
"""
MOTTO = ("entities", "Author", "attributes", "motto", "bytes")
BODY = ("entities", "Note", "attributes", "body", "bytes")


def sizes(*moved: tuple[str, ...]) -> tuple[Decimal, Decimal]:
    """Return the mean bytes of a motto and of a body, with figures doubled."""
    model = read_model(TEXT, overrides=dict.fromkeys(moved, Decimal(2))).model
    motto, body = (
        model.entity("Author").attribute("motto").bytes,
        model.entity("Note").attribute("body").bytes,
    )
    assert motto is not None
    assert body is not None
    return motto.mean, body.mean


def test_only_the_figure_that_is_multiplied_moves_whatever_was_read_before():
    assert sizes(MOTTO) == (80, 300)
    assert sizes(BODY) == (40, 600)
    assert sizes(MOTTO, BODY) == (80, 600)
    assert sizes(MOTTO) == (80, 300)
    assert sizes() == (40, 300)


def test_all_figures_stay_marked_as_assumed_where_some_are_multiplied():
    names = [
        [assumption.name for assumption in read_model(TEXT, overrides=moved).model.assumptions]
        for moved in ({}, {BODY: Decimal(2)}, {MOTTO: Decimal(2)}, {BODY: Decimal(3)})
    ]
    assert names == 4 * [
        [
            "entities.Author.count",
            "entities.Author.attributes.motto.bytes",
            "entities.Note.count",
            "entities.Note.attributes.body.bytes",
            "patterns.scanNotes.rate",
        ]
    ]


def test_what_no_multiplied_figure_touches_is_read_once():
    first = read_model(TEXT, overrides={BODY: Decimal(2)}).model
    second = read_model(TEXT, overrides={BODY: Decimal(3)}).model
    assert first.entity("Author").attributes is second.entity("Author").attributes
    assert first.entity("Note").attribute("body") != second.entity("Note").attribute("body")


def test_a_part_with_a_problem_is_read_again_with_its_problem():
    wrong = TEXT.replace("motto: {type: text,", "motto: {type: int,")
    for factor in (2, 3):
        with pytest.raises(ModelError) as caught:
            read_model(wrong, overrides={BODY: Decimal(factor)})
        assert [d.id for d in caught.value.diagnostics] == ["field-not-for-type"]
