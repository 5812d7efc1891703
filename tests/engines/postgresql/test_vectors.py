"""Searches for similar rows on PostgreSQL with pgvector; figures worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tablewright import load
from tablewright.bill.prices import PriceBook
from tablewright.engines.postgresql.ddl import ddl
from tablewright.engines.postgresql.engine import PostgresEngine
from tablewright.engines.postgresql.vectors import hnsw_bytes_per_row, visited, why_not

MODEL = """
app: vectors
region: us-east-1
scales: [100]
entities:
  Note:
    key: note_id
    count: 100/user
    attributes: {{note_id: uuid, kind: "enum(a, b, c, d)", vec: "vector({dimensions})"}}
patterns:
  alike:
    {{similar: Note, to: vec, where: kind, limit: 10, select: [note_id], rate: 1/user/day{more}}}
  add: {{put: Note, rate: 1/user/day}}
"""


def written(tmp_path: Path, dimensions: int = 1024, more: str = "") -> Path:
    path = tmp_path / "tablewright.yaml"
    path.write_text(MODEL.format(dimensions=dimensions, more=more), encoding="utf-8")
    return path


def planned(tmp_path: Path, **changes):
    model = load(written(tmp_path, **changes)).model
    engine = PostgresEngine()
    design = engine.usual_design(model)
    return design, engine.evaluate(model, design, 100, PriceBook())


# Measured with pgvector 0.6.2 over 1,500 rows, bytes a row of the index.
@pytest.mark.parametrize(
    ("dimensions", "measured"),
    [(384, 2_053), (768, 4_101), (1_024, 8_197), (1_536, 8_197), (1_980, 16_389)],
)
def test_pages_of_an_index_are_those_that_were_measured(dimensions, measured):
    assert abs(hnsw_bytes_per_row(dimensions) - measured) / measured < Decimal("0.003")


def test_half_precision_fits_more_rows_on_a_page():
    # 80 + 2 * 1,024 = 2,128; neighbours 4 + 12 * 16 = 196, aligned 200; 2,128 + 200 + 8 = 2,336:
    # three on 8,160 bytes
    assert hnsw_bytes_per_row(1024, is_half=True) == Decimal(8192) / 3


def test_the_planned_index_has_the_operators_of_the_metric(tmp_path):
    design, _ = planned(tmp_path)
    statements = ddl(design)
    assert statements[0] == "CREATE EXTENSION IF NOT EXISTS vector"
    assert any('"vec" vector(1024)' in statement for statement in statements)
    assert any('USING hnsw ("vec" vector_cosine_ops)' in statement for statement in statements)


def test_long_vectors_are_indexed_in_half_precision_and_longer_ones_not_at_all(tmp_path):
    design, _ = planned(tmp_path, dimensions=3072)
    assert any('USING hnsw ((("vec")::halfvec(3072)) halfvec_cosine_ops)' in s for s in ddl(design))
    design, evaluation = planned(tmp_path, dimensions=5000)
    assert not any("hnsw" in statement for statement in ddl(design))
    assert evaluation.routes[0].operation == "scan"


def test_the_index_is_searched_and_its_bytes_are_counted(tmp_path):
    _, evaluation = planned(tmp_path)
    route = evaluation.routes[0]
    assert route.target == "note/note_vec_idx"
    assert "approximate" in route.warnings[0]
    # one of four kinds: 10 rows are among 40; 40 candidates, ten elements visited for each
    assert visited(10, Decimal("0.25")) == 400
    facts = {resource.name: resource for resource in evaluation.resources}
    assert sum(shape.count for shape in facts["note/note_vec_idx"].shapes) == 10_000


def test_an_exact_search_reads_every_row(tmp_path):
    _, evaluation = planned(tmp_path, more=", exact: true")
    route = evaluation.routes[0]
    assert (route.operation, route.target) == ("scan", "note")


def test_too_few_rows_that_meet_the_conditions_are_said_to_be_out_of_reach():
    # 10 of 0.04 % are among 25,000
    assert "25,000" in why_not(10, Decimal("0.0004"))
    assert why_not(10, Decimal("0.01")) == ""
