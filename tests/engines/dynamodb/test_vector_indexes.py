"""Vector indexes of designs on DynamoDB: routes, bytes, bills, plans, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from tablewright import load
from tablewright.bill.prices import PriceBook
from tablewright.core.errors import ModelError, UnsupportedError
from tablewright.engines.dynamodb.engine import DynamoEngine
from tablewright.engines.dynamodb.infrastructure import infrastructure
from tablewright.engines.dynamodb.observation import ObservedTable
from tablewright.engines.dynamodb.planning.queries import workloads
from tablewright.engines.dynamodb.planning.vectors import (
    with_cheapest_projections,
    with_vector_indexes,
)
from tablewright.engines.dynamodb.provisioning import _vector_updates
from tablewright.engines.dynamodb.resources import create_table

MODEL = """
app: vectors
region: {region}
scales: [100]
entities:
  Shop: {{key: shop_id, count: 20 total, attributes: {{shop_id: digits(4)}}}}
  Product:
    key: product_id
    count: 100/user
    attributes:
      product_id: digits(6)
      shop: {{type: ref, to: Shop}}
      title: text(10)
      note: text(20)
      vec: {vector}
patterns:
  alike:
    {{similar: Product, to: vec, where: shop, limit: 10, select: [product_id, title],
     rate: 1/user/day{more}}}
  add: {{put: Product, rate: 1/user/day}}
  annotate: {{update: Product, by: product_id, set: [note], rate: 1/user/day}}
  retitle: {{update: Product, by: product_id, set: [title], rate: 1/user/day}}
  move: {{update: Product, by: product_id, set: [shop], rate: 1/user/day}}
designs:
  current:
    engine: dynamodb
    tables:
      shops: {{key: shop_id, items: Shop}}
      products:
        key: product_id
        items: Product
        vector_indexes: {{near: {{vector: vec, partition: shop, project: {project}}}}}
"""


def written(
    tmp_path: Path,
    *,
    region: str = "us-east-1",
    vector: str = "{type: vector(1024), digits: 8}",
    more: str = "",
    project: str = "[title]",
) -> Path:
    path = tmp_path / "tablewright.yaml"
    text = MODEL.format(region=region, vector=vector, more=more, project=project)
    path.write_text(text, encoding="utf-8")
    return path


def evaluated(path: Path):
    file = load(path)
    return DynamoEngine().evaluate(file.model, file.designs[0], 100, PriceBook())


def units(evaluation, pattern: str, dimension: str) -> Decimal:
    route = next(route for route in evaluation.routes if route.pattern == pattern)
    return sum(
        (
            use.units.mean
            for request in route.requests
            for use in request.uses
            if use.dimension == dimension
        ),
        Decimal(0),
    )


# An entry: "vec" 3 + 4 * 1,024, "product_id" 10 + 6, "shop" 4 + 4, "title" 5 + 10
ENTRY = 3 + 4096 + 16 + 8 + 15


def test_a_write_is_charged_the_entry_if_it_changes_and_twice_if_it_moves(tmp_path):
    evaluation = evaluated(written(tmp_path))
    assert units(evaluation, "add", "vector-write") == ENTRY
    assert units(evaluation, "annotate", "vector-write") == 0  # `note` is not in the index
    assert units(evaluation, "retitle", "vector-write") == ENTRY
    assert units(evaluation, "move", "vector-write") == 2 * ENTRY


def test_a_short_vector_is_charged_the_floor(tmp_path):
    evaluation = evaluated(written(tmp_path, vector="vector(8)"))
    assert units(evaluation, "add", "vector-write") == 1024


def test_the_item_is_written_at_four_bytes_a_dimension_whatever_its_digits(tmp_path):
    # 4,138 and "note" 4 + 20: 4,162 B are 5 units; as a list the vector alone has 7,683 B
    for digits in (8, 17):
        vector = f"{{type: vector(1024), digits: {digits}}}"
        assert units(evaluated(written(tmp_path, vector=vector)), "add", "write") == 5


def test_a_search_is_charged_by_what_it_searches_and_returns(tmp_path):
    # 100 users, 10,000 products in 20 shops: 500 are searched.
    # E = 7.7 + 0.67 * log2(500 / 10) = 7.7 + 0.67 * 5.643856 = 11.48138
    # 11.48138 * 4,096 = 47,027.75; and 10 * (65 + 16 + 8 + 15) = 1,040
    evaluation = evaluated(written(tmp_path))
    assert units(evaluation, "alike", "vector-search") == 48_068
    assert units(evaluation, "alike", "read") == 0


def test_what_the_index_lacks_is_read_from_the_table(tmp_path):
    evaluation = evaluated(written(tmp_path, project="keys-only"))
    (route,) = (route for route in evaluation.routes if route.pattern == "alike")
    assert [request.operation for request in route.requests] == ["SearchVectors", "BatchGetItem"]
    # an item is 3 + 7,683 (3 + 1,024 * (1 + 6) + 512) + 16 + 8 + 15 + 24 = 7,749 B: 2 blocks,
    # half a unit each for an eventual read, ten of them
    assert units(evaluation, "alike", "read") == 10


def test_the_bill_has_writes_searches_and_storage_of_the_index(tmp_path):
    evaluation = evaluated(written(tmp_path))
    lines = {
        (line.pattern, line.what): line.amount
        for line in evaluation.bill.lines
        if line.resource == "products/near"
    }
    month = Decimal(100) * Decimal("730") / 24
    gb = Decimal(2**30)
    key = ("add", "vector index writes")
    assert lines[key].quantize(Decimal("1e-9")) == (month * ENTRY / gb * Decimal("0.52")).quantize(
        Decimal("1e-9")
    )
    key = ("alike", "vector searches (likely bytes)")
    assert lines[key].quantize(Decimal("1e-9")) == (
        month * 48_068 / gb * Decimal("0.002")
    ).quantize(Decimal("1e-9"))
    # 10,000 entries with 100 bytes each beside them
    key = ("", "storage")
    assert lines[key].quantize(Decimal("1e-9")) == (
        10_000 * Decimal(ENTRY + 100) / gb * Decimal("0.25")
    ).quantize(Decimal("1e-9"))


def test_a_region_without_a_price_has_no_figure_and_none_is_scaled(tmp_path):
    bill = evaluated(written(tmp_path, region="eu-north-1")).bill
    assert bill.figure is None
    assert "vector" in bill.no_figure


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (", exact: true", "approximate"),
        (", consistency: strong", "strong consistency"),
        (", recall: 99.9%", "no recall above 99 %"),
    ],
)
def test_what_a_vector_index_cannot_give_is_refused_with_the_reason(tmp_path, more, reason):
    evaluation = evaluated(written(tmp_path, more=more))
    (route,) = (route for route in evaluation.routes if route.pattern == "alike")
    assert reason in route.cannot


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"vector": "vector"}, "does not say of how many dimensions"),
        ({"vector": "vector(0)"}, "0 dimensions"),
        ({"vector": "vector(5000)"}, "the service takes 4096"),
        ({"vector": "text(20)"}, "no attribute of type vector"),
        ({"vector": "{type: vector(8), digits: 40}"}, "40 digits"),
        ({"project": "[title], filters: [nothing]"}, "reads `nothing`"),
    ],
)
def test_a_mistake_in_the_model_file_is_named(tmp_path, change, problem):
    with pytest.raises(ModelError) as caught:
        load(written(tmp_path, **change))
    assert problem in str(caught.value.diagnostics)


def test_the_planner_takes_the_cheaper_of_both_projections(tmp_path):
    """A wide index writes and stores `note` with every entry; a narrow one reads ten items.

    Nothing is updated here. Items with notes of 2 KB have 9.7 KB, 3 blocks: ten of them are 15
    units, and 3,042 searches a month at 0.125 USD a million cost 0.0057 USD. The notes cost
    0.0030 USD (0.52 USD a GB) with each put and 0.0047 USD (0.25 USD a GB) to store: narrow is
    cheaper. Notes of 20 B cost a hundredth of that, ten items of 7.7 KB 10 units: it is not.
    """
    kinds = {}
    for size in (20, 2_000):
        path = written(tmp_path, project="[title, note]")
        text = path.read_text(encoding="utf-8").replace("note: text(20)", f"note: text({size})")
        lines = [line for line in text.splitlines() if "update: Product" not in line]
        text = "\n".join(lines).replace("[product_id, title]", "[product_id, title, note]")
        path.write_text(text, encoding="utf-8")
        file = load(path)
        engine, book = DynamoEngine(), PriceBook()
        evaluate = partial(_evaluate, engine, file.model, book)
        design = with_cheapest_projections(file.designs[0], evaluate, 100)
        kinds[size] = design.table("products").vector_indexes[0].projection.kind.name
    assert kinds == {20: "INCLUDE", 2_000: "KEYS_ONLY"}


def _evaluate(engine, model, book, design, users):
    return engine.evaluate(model, design, users, book)


def test_what_a_search_needs_is_not_moved_out_of_the_item(tmp_path):
    file = load(written(tmp_path))
    (work,) = (work for work in workloads(file.model) if work.entity.name == "Product")
    assert work.searched == {"vec", "shop", "product_id", "title"}


def test_what_infrastructure_code_cannot_declare_is_refused_and_not_dropped(tmp_path):
    file = load(written(tmp_path))
    with pytest.raises(UnsupportedError, match="products has vector indexes"):
        infrastructure(file.model, file.designs[0], "test", ())


def test_the_planner_adds_the_index_that_the_searches_need(tmp_path):
    file = load(written(tmp_path))
    table = file.designs[0].table("products")
    planned = with_vector_indexes(file.model, file.model.entity("Product"), table)
    (index,) = planned.vector_indexes
    assert (index.partition, index.filters) == ("shop", ())
    assert index.projection.attributes == ("title",)


def test_an_index_that_differs_is_dropped_and_added_again(tmp_path):
    file = load(written(tmp_path))
    table = file.designs[0].table("products")
    described = {"VectorIndexes": create_table(file.model, table)["VectorIndexes"]}
    same = ObservedTable(name="products", status="ACTIVE", description=described)
    assert _vector_updates(file.model, table, same) == []
    second = replace(table.vector_indexes[0], name="nearer")
    both = replace(table, vector_indexes=(*table.vector_indexes, second))
    (added,) = _vector_updates(file.model, both, same)  # the one that is there is left alone
    assert added.text == "add the vector index nearer to products and fill it"
    narrow = load(written(tmp_path, project="keys-only")).designs[0].table("products")
    drop, add = _vector_updates(file.model, narrow, same)
    assert (drop.destroys, add.destroys) == (True, False)
    (update,) = add.parameters["VectorIndexUpdates"]
    assert update["Create"]["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    assert [entry["AttributeName"] for entry in add.parameters["AttributeDefinitions"]] == [
        "product_id",
        "shop",
    ]
