"""What the verdicts on figures make of a claim as a whole."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.compare.board import Board
from tablewright.compare.claim_checks import checked, with_verdicts
from tablewright.compare.reader import CheckRule, read_architectures
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


def judged(compute: str, claimed: tuple[str, str] | None) -> Check:
    """Return a figure computed at the list prices of us-east-1."""
    low, high = (Decimal(end) for end in claimed) if claimed else (None, None)
    board = Board(
        model=read_model(
            "app: t\nscales: [10]\nentities: {E: {key: id, attributes: {id: uuid}}}\n"
            "patterns: {get: {get: E, by: id, rate: 1/user/day}}\n"
        ).model,
        evaluations=(),
        book=PriceBook(),
        region="us-east-1",
        users=10,
        free_of=lambda *_: Decimal(0),
        comparing={},
        unstated_peak=Decimal(2),
    )
    rule = CheckRule(claim="C", what="a figure", low=low, high=high, compute=compute)
    return checked(board, rule, (), ())


def test_stated_volumes_are_priced_at_one_unit_for_each_request() -> None:
    # 10,000 reads x 0.125/M + 1,000 writes x 0.625/M + 0.1 GB x 0.25
    #   = 0.00125 + 0.000625 + 0.025
    assert judged("stated(10000, 1000, 0.1)", ("2.50", "2.50")).computed == Decimal("0.026875")
    # The same at 0.25/M and 1.25/M, as until October 2024: 0.0025 + 0.00125 + 0.025
    before = judged("stated(10000, 1000, 0.1, 0, 0, '2024-10-31')", None)
    assert before.computed == Decimal("0.02875")
    # 5 RCU x 730 h x 0.00013 + 2 WCU x 730 h x 0.00065 + 0.2 GB x 0.25 = 0.4745 + 0.949 + 0.05
    provisioned = judged("stated(0, 0, 0.2, 5, 2)", ("4.73", "4.73"))
    assert (provisioned.computed, provisioned.verdict) == (Decimal("1.4735"), "does not hold")


def test_a_figure_that_a_claim_does_not_state_is_computed_and_not_judged() -> None:
    # A provisioned write unit costs 0.00065 an hour; 3,600 on-demand writes cost 0.00225.
    unstated = judged(
        "price('aws.dynamodb.provisioned.wcu.standard')"
        " / (3600 * price('aws.dynamodb.ondemand.wru.standard'))",
        None,
    )
    assert unstated.computed is not None
    assert abs(unstated.computed - Decimal("0.28889")) < Decimal("0.00001")
    assert (unstated.verdict, unstated.decides) == ("not stated", False)


def test_a_figure_without_a_price_is_not_assessed_and_says_which() -> None:
    unknown = judged("price('aws.elasticache.redis.cache.t1.micro') * hours", ("15", "15"))
    assert unknown.verdict == "not assessed"
    assert "aws.elasticache.redis.cache.t1.micro" in unknown.note


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
