"""Object storage: where it is cheaper, where it has to be, where it may not be."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.core.errors import UnsupportedError
from tablewright.plan.result import PlanResult
from tablewright.session import Options, Session
from tablewright.verbs.plan import plan

SMALL = Options(sample_items=64)
PAPERS = """\
app: papers
region: {region}
scales: [100000]
{extra}
entities:
  Paper:
    key: id
    attributes: {{id: uuid, title: text(30), pdf: {{type: text, bytes: {size}}}}}
patterns:
  paper: {{get: Paper, by: id, rate: 1/user/day{hurry}}}
  titles: {{get: Paper, by: id, select: [title], rate: 1/user/day}}
  write: {{put: Paper, rate: 1/user/day}}
"""


def papers(
    extra: str = "", size: str = "30KB", hurry: str = "", region: str = "us-east-1"
) -> tuple[Session, PlanResult]:
    text = PAPERS.format(extra=extra, size=size, hurry=hurry, region=region)
    chosen = Session(file=read_model(text, "papers.yaml"), options=SMALL)
    return chosen, plan(chosen, explained=False)


def outside(result: PlanResult) -> list[str]:
    return [n for t in result.design.tables for s in t.shapes for n in s.offload]


ALLOWED = "options: {object_storage: allow, capacity: on-demand}"


def test_a_large_attribute_goes_to_object_storage_where_that_is_allowed_and_costs_less():
    chosen, result = papers(ALLOWED)
    assert outside(result) == ["pdf"]
    by = chosen.evaluate(result.design, 100_000).bill.sum_by("pattern")
    calls = Decimal(100_000) * 365 / 12
    # An item of pointers takes one write unit, 0.625 USD a million; the object 5 USD. Read: half a
    # unit of 0.125, and 0.4. Inside it would be 31 units to write, and four to read.
    assert abs(by["write"] - calls * Decimal("5.625") / 1_000_000) < Decimal("1E-9")
    assert abs(by["paper"] - calls * Decimal("0.4625") / 1_000_000) < Decimal("1E-9")
    assert abs(by["titles"] - calls * Decimal("0.0625") / 1_000_000) < Decimal("1E-9")


def test_nothing_goes_to_object_storage_unasked():
    assert outside(papers()[1]) == []


def test_what_is_larger_than_an_item_may_be_lies_in_object_storage():
    needed = "options: {object_storage: needed}"
    assert outside(papers(needed, size="500KB")[1]) == ["pdf"]
    assert outside(papers(size="{mean: 20KB, max: 300KB}")[1]) == ["pdf"]
    with pytest.raises(UnsupportedError, match="400 KB"):
        papers("options: {object_storage: avoid}", size="{mean: 270KB, max: 380KB}")


def test_object_storage_is_not_for_those_in_a_hurry_nor_where_its_price_is_unknown():
    # 100 ms are less than the 200 that a request to object storage is taken to need.
    assert outside(papers(ALLOWED, hurry=", latency_p99_ms: 100")[1]) == []
    assert outside(papers(ALLOWED, hurry=", latency_p99_ms: 300")[1]) == ["pdf"]
    assert outside(papers(ALLOWED, region="eu-north-1")[1]) == []
