"""What a user may get wrong in deployment options of their own: the place, and what to do."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright.bill.prices import PriceBook
from tablewright.compare.own import check_own
from tablewright.compare.pricing import price_at
from tablewright.compare.reader import read_architectures
from tablewright.core.errors import TablewrightError, UsageError


def checked(**mine: object) -> None:
    made = read_architectures({"mine": {"components": {}, **mine}}, "test")
    check_own(
        made,
        PriceBook(),
        engines=("dynamodb", "mongodb"),
        offerings=("dynamodb", "atlas-dedicated"),
        offers=("MongoDB Atlas M10", "MongoDB Atlas M20"),
    )


@pytest.mark.parametrize(
    ("mine", "place", "remedy"),
    [
        ({"engine": "dynamo"}, "mine.engine", "`dynamodb`"),
        ({"offering": "dynamdb"}, "mine.offering", "`dynamodb`"),
        ({"servers": ["MongoDB Atlas M11"]}, "mine.servers", "`MongoDB Atlas M10`"),
        ({"servers": ["Oracle*"]}, "mine.servers", "known: MongoDB Atlas M10"),
        ({"components": {"a": {"price": "aws.ec2.t3.mega"}}}, "a.price", "`aws.ec2.t3."),
        ({"components": {"a": {"price": "aws.ec3.t3"}}}, "a.price", "`aws.ec"),
        (
            {"components": {"a": {"price": "aws.ec2.t3.micro", "region": "us-east-9"}}},
            "a.region",
            "`us-east-1`",
        ),
        ({"components": {"a": {"sla": "aws.ec2.sla.galaxy"}}}, "a.sla", "`aws.ec2.sla.region`"),
    ],
)
def test_a_name_that_nothing_knows_is_reported_with_its_place(
    mine: dict[str, object], place: str, remedy: str
) -> None:
    with pytest.raises(UsageError) as raised:
        checked(**mine)
    assert place in raised.value.message
    assert remedy in raised.value.remedy


def test_what_is_right_passes_and_a_price_of_another_region_is_no_mistake() -> None:
    checked(
        engine="mongodb",
        offering="atlas-dedicated",
        servers=["MongoDB Atlas M*"],
        components={
            "a": {"price": "aws.api-gateway.rest", "sla": "aws.api-gateway.sla"},
            "b": {"sla": "none", "serial": True},
        },
    )


@pytest.mark.parametrize(
    ("quantity", "said"),
    [
        ("hours *", "cannot be read as an expression"),
        ("hour", "did you mean `hours`"),
        ("1 / 0", "a division by zero"),
        ("0 - 3", "is -3, below zero"),
    ],
)
def test_a_quantity_that_cannot_be_computed_is_reported_with_its_place(
    quantity: str, said: str
) -> None:
    part = {"price": "aws.ec2.t3.micro", "quantity": quantity}
    (mine,) = read_architectures({"mine": {"components": {"a": part}}}, "test")
    figures = {"users": Decimal(1), "hours": Decimal(730)}
    with pytest.raises(TablewrightError) as raised:
        price_at(mine, figures, PriceBook(), "us-east-1")
    assert "`architectures.mine.components.a.quantity`" in raised.value.message
    assert said in raised.value.message
    assert raised.value.remedy
