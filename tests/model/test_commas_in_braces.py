"""A comma inside parentheses does not end a value, in braces and brackets either."""

from __future__ import annotations

import pytest

from tablewright import read_model
from tablewright.engines.postgresql.design import PostgresDesign
from tablewright.model.nodes import Reading, compose, plain, split_lines


def as_data(text: str) -> object:
    node = compose(text, Reading(file="a.yaml", lines=split_lines(text)))
    assert node is not None
    return plain(node)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("{role: enum(owner, member)}", {"role": "enum(owner, member)"}),
        ("{role: enum(a,b,c) (assumed), b: int}", {"role": "enum(a, b, c) (assumed)", "b": "int"}),
        ("{a: enum(x, y), b: enum(x, y)}", {"a": "enum(x, y)", "b": "enum(x, y)"}),
        ("{a: {type: enum(x, y), presence: 5%}}", {"a": {"type": "enum(x, y)", "presence": "5%"}}),
        ("[numeric(10, 2), text]", ["numeric(10, 2)", "text"]),
        ('{a: "enum(x", y: 2}', {"a": "enum(x", "y": 2}),
        ("{a: enum(x, y: 2}", {"a": "enum(x", "y": 2}),
        ("{a: f(g(x, y), z), b: 1}", {"a": "f(g(x, y), z)", "b": 1}),
        ("{a: 1, b: , c: 2}", {"a": 1, "b": None, "c": 2}),
    ],
)
def test_what_parentheses_hold_together_is_one_value(text: str, means: object) -> None:
    assert as_data(text) == means


def test_columns_with_two_figures_are_read_in_braces() -> None:
    text = """\
app: shop
scales: [100]
entities:
  Item: {key: sku, attributes: {sku: id, state: enum(new, old), price: decimal(0..900)}}
patterns: {item: {get: Item, by: sku, rate: 1/day}}
designs:
  rows:
    engine: postgresql
    tables: {item: {holds: Item, columns: {sku: text, state: text, price: numeric(10, 2)}}}
"""
    model = read_model(text)
    assert [value for value, _ in model.model.entity("Item").attribute("state").values] == [
        "new",
        "old",
    ]
    (design,) = model.designs
    assert isinstance(design, PostgresDesign)
    assert [column.sql for column in design.tables[0].columns] == [
        "text",
        "text",
        "numeric(10, 2)",
    ]


def test_a_fault_in_such_a_value_is_shown_where_it_stands() -> None:
    text = "app: t\nscales: [1]\nentities: {E: {key: id, attributes: {id: uuid, s: enu(a, b)}}}\n"
    reading = Reading(file="a.yaml", lines=split_lines(text))
    root = compose(text, reading)
    assert root is not None
    pairs = root.value[2][1].value[0][1].value[1][1].value
    span = reading.span(pairs[1][1])
    assert (span.line, span.column, span.end_column) == (3, 51, 60)
    assert text.splitlines()[2][50:59] == "enu(a, b)"
