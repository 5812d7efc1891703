"""Whole evaluations of the designs of `everything.yaml`: routes, units, bytes, bills and words.

Every kind of access pattern and every field of a design is in it. The files are the program's own
output, kept so that no word or figure changes unseen; the first parts were read when they were
written. What figures should be is worked out by hand in the other tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tablewright import read_model
from tablewright.bill.bill import Line
from tablewright.core.errors import UnsupportedError
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.provisioning import plan_up
from tablewright.engines.mongodb.ddl import script as mongo_script
from tablewright.engines.mongodb.design import MongoDesign
from tablewright.engines.postgresql.ddl import script as postgres_script
from tablewright.engines.postgresql.design import PostgresDesign
from tablewright.evaluation.values import Evaluation
from tablewright.session import Session
from value_lines import expect_lines, value_lines

EVERYTHING = Path(__file__).parents[1] / "data" / "everything.yaml"
# Provisioned capacity has no price of 2024 in the book, nor one in Stockholm.
TEXT = (
    EVERYTHING.read_text(encoding="utf-8")
    .replace("prices: 2024-10-31\n", "")
    .replace("region: eu-north-1", "region: us-east-1")
)
ELSEWHERE = ("model", "design", "ends", "options", "chosen", "bill")
"""Parts of an evaluation that are written down elsewhere, or below in few lines."""


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(file=read_model(TEXT, "everything.yaml"))


def line_of(line: Line) -> str:
    amount = (
        f"{line.quantity:.12g} {line.unit} x {line.unit_price} / {line.per} = {line.amount:.9g}"
    )
    words = f"{line.resource}: {line.what} [{line.pattern}] {line.dimension.value} {line.region}"
    return f"{words} {line.price_key} {amount} {line.note}".rstrip()


def lines(evaluation: Evaluation) -> Iterator[str]:
    for line in value_lines(evaluation):
        if not line.startswith(ELSEWHERE):
            yield line
    bill = evaluation.bill
    yield from (line_of(line) for line in bill.all_lines)
    yield f"total {bill.total:.9g} on prices of {bill.prices_as_of}"
    for kind in ("left_out", "assumptions", "warnings"):
        yield from (f"{kind}: {said}" for said in getattr(bill, kind))


@pytest.mark.parametrize("name", ["real", "other", "documents", "rows"])
def test_an_evaluation_is_the_same_to_the_last_word(session: Session, name: str) -> None:
    evaluation = session.evaluate(session.design(name), 100)
    file = Path(__file__).parent / "expected" / f"{name}.txt"
    expect_lines(file, list(lines(evaluation)))


@pytest.mark.parametrize("name", ["real", "other", "documents", "rows"])
def test_a_design_is_described_created_and_deployed_as_before(session: Session, name: str) -> None:
    """Its description as values, what creates it, and the resources of a deployment with it."""
    design = session.design(name)
    engine = session.engine_of(design)
    told = ["--- description", *value_lines(engine.describe(design)), "--- creation"]
    if isinstance(design, PostgresDesign):
        told += postgres_script(design).splitlines()
    elif isinstance(design, MongoDesign):
        told += mongo_script(session.model, design)
    elif isinstance(design, DynamoDesign):
        told += value_lines(plan_up(session.model, design, {}))
    told.append("--- deployment")
    try:
        share = engine.infrastructure(session.evaluate(design, 100), "test", (("team", "t"),))
        told += value_lines(share)
    except UnsupportedError as refused:
        told += [refused.message, refused.remedy]
    expect_lines(Path(__file__).parent / "expected" / f"{name}_design.txt", told)
