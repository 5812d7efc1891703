"""What the verdicts on figures make of a claim as a whole."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.compare.board import Board
from tablewright.compare.claim_checks import with_verdicts
from tablewright.compare.reader import read_architectures
from tablewright.compare.values import Check
from tablewright.core.errors import DataError


def check(claim: str, verdict: str, *, decides: bool = True, said: str = "") -> Check:
    return Check(
        claim=claim,
        what="a figure",
        low=Decimal(1),
        high=None,
        computed=None,
        verdict=verdict,
        how="1",
        decides=decides,
        said=said,
    )


def test_a_claim_holds_only_if_every_figure_that_decides_it_does() -> None:
    checks = with_verdicts(
        (
            check("cheap", "holds"),
            check("cheap", "does not hold"),
            check("fast", "holds"),
            check("open", "holds"),
            check("open", "not assessed"),
            check("beside", "does not hold", decides=False, said="unclear"),
        )
    )
    assert [(c.claim, c.whole) for c in checks] == [
        ("cheap", "does not hold"),
        ("cheap", "does not hold"),
        ("fast", "holds"),
        ("open", "unclear"),
        ("open", "unclear"),
        ("beside", "unclear"),
    ]


def test_calls_of_a_workload_are_reads_or_writes() -> None:
    model = read_model(
        "app: t\nscales: [10]\n"
        "entities: {E: {key: id, attributes: {id: uuid, n: int}}}\n"
        "patterns:\n"
        "  get: {get: E, by: id, rate: 3/user/day}\n"
        "  put: {put: E, rate: 1/user/day}\n"
    ).model
    board = Board(
        model=model,
        evaluations=(),
        book=PriceBook(),
        region="us-east-1",
        users=10,
        free_of=lambda *_: Decimal(0),
        comparing={},
        unstated_peak=Decimal(2),
    )
    figures = board.figures(10)
    month = Decimal(730) / 24  # days
    assert abs(figures["reads"] - 10 * 3 * month) < Decimal("1E-9")
    assert abs(figures["writes"] - 10 * month) < Decimal("1E-9")
    assert abs(figures["calls"] - 10 * 4 * month) < Decimal("1E-9")
    # No pattern states a peak: the busiest hour is taken to be twice the mean.
    assert abs(figures["peak_per_second"] - 2 * Decimal(40) / 86_400) < Decimal("1E-9")


def test_an_unknown_kind_of_free_tier_is_named_with_those_there_are() -> None:
    part = {"price": "aws.api-gateway.rest", "free": [{"kind": "often", "quantity": 1}]}
    with pytest.raises(DataError, match="the kind of a free tier is one of always, "):
        read_architectures({"mine": {"components": {"a": part}}}, "test")
