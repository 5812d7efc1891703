"""A design put into a model file: read back alike, everything else of the file as it was."""

from __future__ import annotations

import pytest

from tablewright import read_model
from tablewright.apps import read
from tablewright.design.sections import with_section
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.design_printer import design_section, scalar

SECTION = "  planned:\n    engine: dynamodb\n"


@pytest.mark.parametrize(
    "app", ["screen-time-journey", "llm-proxy", "poafix", "mongocollectibles", "auxeira"]
)
def test_every_design_of_the_applications_is_read_back_alike(app):
    source = read(app)
    file = read_model(source, app)
    for design in file.designs:
        if isinstance(design, DynamoDesign):
            text = with_section(source, design.name, design_section(design, file.model))
            assert read_model(text, app).design(design.name) == design


def test_every_setting_of_a_table_is_read_back_alike(shop):
    for design in shop.designs:
        if isinstance(design, DynamoDesign):
            text = with_section(shop.source, design.name, design_section(design, shop.model))
            assert read_model(text, "shop").design(design.name) == design


def test_a_design_is_put_after_the_others():
    source = "app: a\ndesigns:\n  current:\n    engine: x\n\n# the end\n"
    expected = "app: a\ndesigns:\n  current:\n    engine: x\n\n" + SECTION + "\n# the end\n"
    assert with_section(source, "planned", SECTION) == expected


def test_a_design_of_the_same_name_is_replaced_and_comments_around_it_stay():
    source = (
        "designs:\n  # as it is\n  current: {engine: x}  # here\n  planned:\n    engine: old\n"
        "  # what comes next\n  other: {engine: y}\n"
    )
    expected = (
        "designs:\n  # as it is\n  current: {engine: x}  # here\n"
        + SECTION
        + "  # what comes next\n  other: {engine: y}\n"
    )
    assert with_section(source, "planned", SECTION) == expected


def test_a_file_without_designs_gets_them():
    assert with_section("app: a", "planned", SECTION) == "app: a\n\ndesigns:\n" + SECTION


def test_wider_indentation_is_kept():
    source = "designs:\n    current:\n        engine: x\n"
    expected = source + "\n    planned:\n      engine: dynamodb\n"
    assert with_section(source, "planned", SECTION) == expected


def test_designs_in_braces_are_refused():
    with pytest.raises(ValueError, match="braces"):
        with_section("designs: {current: {engine: x}}\n", "planned", SECTION)


@pytest.mark.parametrize("text", ["true", "No", "3", "", "a b", "x: y", "USER#{id}", "null", "é"])
def test_a_scalar_is_read_back_as_text(text):
    import yaml

    assert yaml.safe_load(scalar(text)) == text
