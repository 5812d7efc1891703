"""Searches for similar documents on Atlas Vector Search; figures worked out by hand."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tablewright import load
from tablewright.bill.prices import PriceBook
from tablewright.core.errors import ModelError
from tablewright.engines.mongodb.ddl import script
from tablewright.engines.mongodb.engine import MongoEngine
from tablewright.engines.mongodb.vectors import candidates

MODEL = """
app: vectors
region: {region}
scales: [100]
entities:
  Note:
    key: note_id
    count: 100/user
    attributes:
      note_id: uuid
      kind: "enum(a, b, c, d)"
      vec: {{type: "vector(1024)", metric: dot_product}}
patterns:
  alike:
    {{similar: Note, to: vec, where: kind, limit: 10, select: [note_id], rate: {rate}{more}}}
  add: {{put: Note, rate: 1/user/day}}
designs:
  written:
    engine: mongodb
    collections:
      notes: {{holds: Note, vector_indexes: {{by_vec: {index}}}}}
"""
INDEX = "{vector: vec, filters: [kind], quantization: scalar}"


def written(tmp_path: Path, *, index: str = INDEX, **changes: str) -> Path:
    fields = {"region": "us-east-1", "rate": "1/user/day", "more": "", **changes}
    path = tmp_path / "tablewright.yaml"
    path.write_text(MODEL.format(index=index, **fields), encoding="utf-8")
    return path


def evaluated(tmp_path: Path, users: int = 100, **changes: str):
    project = load(written(tmp_path, **changes))
    (design,) = project.designs
    engine = MongoEngine()
    return design, engine.evaluate(project.model, design, users, PriceBook())


def line_of(evaluation, what: str):
    return next(line for line in evaluation.bill.lines if line.what == what)


# 100 users with 100 notes each: 10,000 vectors of 1,024 dimensions.
@pytest.mark.parametrize(
    ("quantization", "index_bytes"),
    [("none", "40960000"), ("scalar", "10956800"), ("binary", "1710080")],
)
def test_an_index_takes_memory_by_its_quantization(tmp_path, quantization, index_bytes):
    index = f"{{vector: vec, filters: [kind], quantization: {quantization}}}"
    _, evaluation = evaluated(tmp_path, index=index)
    assert evaluation.load.vector_bytes == Decimal(index_bytes)


def test_two_search_nodes_are_charged_beside_the_smallest_tier_that_has_them(tmp_path):
    _, evaluation = evaluated(tmp_path)
    nodes = line_of(evaluation, "search nodes")
    assert (nodes.quantity, nodes.amount) == (2 * 730, Decimal("175.20"))  # 0.12 USD an hour
    assert line_of(evaluation, "cluster").resource == "atlas M10"


def test_the_index_takes_no_memory_of_the_cluster(tmp_path):
    _, quantized = evaluated(tmp_path)
    _, full = evaluated(tmp_path, index="{vector: vec, filters: [kind]}")
    assert quantized.load.memory_bytes == full.load.memory_bytes


def test_many_searches_take_more_nodes(tmp_path):
    # 100 users x 34,560 a day = 40 a second, 80 at the peak: 80 / 10 / 2 processors = 4 nodes
    _, evaluation = evaluated(tmp_path, rate="34560/user/day", more=", peak: 2")
    assert evaluation.load.searches_peak == 80
    assert line_of(evaluation, "search nodes").quantity == 4 * 730


def test_an_index_larger_than_the_one_priced_node_has_no_figure_and_says_why(tmp_path):
    # 10,000 x 1,000 vectors of 4,096 bytes = 38.1 GiB, times 1.1 = 42.0
    _, evaluation = evaluated(tmp_path, users=100_000, index="{vector: vec, filters: [kind]}")
    assert evaluation.bill.no_figure.endswith(
        "which would hold this load (price unknown: mongodb.atlas.search.s30 in us-east-1 (42.0 GB "
        "of memory are needed, S20 has 4, and MongoDB publishes no price of larger search nodes))"
    )


def test_a_region_without_a_price_of_nodes_has_no_figure(tmp_path):
    _, evaluation = evaluated(tmp_path, region="eu-west-1")
    assert evaluation.bill.no_figure.startswith("the book has no price of MongoDB Atlas M10, ")


def test_what_was_found_is_looked_up_in_the_cluster(tmp_path):
    _, evaluation = evaluated(tmp_path)
    route = evaluation.route("alike")
    assert (route.target, route.matched, route.returned) == ("notes/by_vec", 2500, 10)
    work = evaluation.works["alike"]
    assert (work.entries, work.rows, work.vector_searches) == (10, 10, 1)
    assert "approximate" in route.warnings[0]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"index": "{vector: vec}"}, "notes/by_vec: it does not filter by kind"),
        ({"more": ", exact: true"}, "its results are approximate, and exact ones are asked for"),
        ({"more": ", consistency: strong"}, "it sees writes later, and `strong` is asked for"),
    ],
)
def test_what_no_search_node_does_is_refused_with_the_reason(tmp_path, changes, reason):
    _, evaluation = evaluated(tmp_path, **changes)
    assert reason in evaluation.route("alike").cannot
    assert evaluation.bill.lines == () or "alike" not in {
        r.pattern for r in evaluation.routes if r.is_served
    }


def test_candidates_are_twenty_for_each_result_within_the_limit():
    assert [candidates(limit) for limit in (1, 10, 500, 1_000)] == [20, 200, 10_000, 10_000]


def test_the_shell_creates_a_search_index_with_metric_and_filters(tmp_path):
    project = load(written(tmp_path))
    (design,) = project.designs
    call = script(project.model, design)[-1]
    assert call.startswith('db.getCollection("notes").createSearchIndex("by_vec", "vectorSearch", ')
    definition = json.loads(call[call.index("{") : -2])
    vector = {"type": "vector", "path": "vec", "numDimensions": 1024, "similarity": "dotProduct"}
    assert definition == {
        "fields": [{**vector, "quantization": "scalar"}, {"type": "filter", "path": "kind"}]
    }


def test_the_planned_design_has_an_index_filtered_by_what_searches_give(tmp_path):
    model = load(written(tmp_path)).model
    design = MongoEngine().usual_design(model)
    (index,) = design.collections[0].vector_indexes
    assert (index.vector, index.filters, index.quantization) == ("vec", ("kind",), "none")
    assert MongoEngine().evaluate(model, design, 100, PriceBook()).route("alike").is_served


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ("{vector: kind}", "reads `kind`, which is an enum"),
        ("{vector: vecs}", "which `Note` does not have"),
        ("{vector: vec, filters: [colour]}", "has the vector index `by_vec` on `colour`"),
        ("{vector: vec, quantization: half}", "none, scalar or binary"),
    ],
)
def test_an_index_that_cannot_be_is_refused_with_its_place(tmp_path, index, message):
    with pytest.raises(ModelError) as refused:
        load(written(tmp_path, index=index))
    text = "\n".join(str(each) for each in refused.value.diagnostics)
    assert message in text
