"""The designs section of a model file becomes values."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tablewright import ModelFile
from tablewright.core.errors import ModelError
from tablewright.design import reader
from tablewright.design.grammar import COMMON
from tablewright.design.language import DesignLanguage
from tablewright.design.values import Design
from tablewright.engines.dynamodb.design import DynamoDesign, ProjectionKind
from tablewright.model.shapes import Field, RecordShape
from tablewright.model.value_shapes import NUMBER

DATA = Path(__file__).parents[1] / "data"


def single(shop: ModelFile) -> DynamoDesign:
    design = shop.design("single")
    assert isinstance(design, DynamoDesign)
    return design


def test_a_guard_holds_the_key_of_its_entity_and_nothing_more(shop):
    (guard,) = (s for s in single(shop).table("shop").shapes if s.guards)
    assert (guard.guards, guard.attributes) == (("email",), ("customer_id",))


def test_a_shape_without_attributes_holds_all_of_its_entity(shop):
    customer = single(shop).table("shop").shapes[0]
    assert customer.attributes == shop.model.entity("Customer").names


def test_a_key_with_a_condition_is_absent_elsewhere(shop):
    (order,) = single(shop).table("shop").shapes_of("Order")
    template = order.template("GSI1PK")
    assert template is not None
    assert (str(template), template.shards) == ("OPEN#{shard:2}", 2)
    assert template.when == (("status", ("open",)),)


def test_the_settings_of_a_table_are_read(shop):
    table = single(shop).table("shop")
    assert (table.pitr_days, table.stream, table.deletion_protection) == (
        35,
        "NEW_AND_OLD_IMAGES",
        True,
    )
    assert table.restores_per_year == Decimal(0)


def test_a_projection_of_named_attributes_is_an_include(shop):
    design = shop.design("multi")
    assert isinstance(design, DynamoDesign)
    index = design.table("products").index("category-index")
    assert index.projection.kind is ProjectionKind.INCLUDE
    assert index.projection.attributes == ("title",)


def test_designs_are_read_in_the_languages_that_are_given():
    shape = RecordShape("a test design", (*COMMON, Field("size", NUMBER, required=True)))

    def build(name, fields, span, model, reading):
        return Design(name=f"{name}-{fields.get('size')}", engine="toy", span=span)

    languages = {"toy": DesignLanguage(engine="toy", shape=shape, build=build)}
    text = (
        "app: t\nscales: [1]\nentities: {E: {key: id, attributes: {id: uuid}}}\n"
        "patterns: {p: {scan: E, rate: 1/day}}\ndesigns: {d: {engine: %s, size: %s}}\n"
    )

    def names(engine, size):
        return [
            d.name for d in reader.read_model(text % (engine, size), languages=languages).designs
        ]

    assert names("toy", "3") == ["d-3"]
    with pytest.raises(ModelError, match="1 error"):
        names("toy", "big")
    with pytest.raises(ModelError, match="1 error"):
        names("dynamodb", "3")
