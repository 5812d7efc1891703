"""Prices and facts that were read again late in 2026, each against the figure at its source."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright.bill.prices import PriceBook, packaged
from tablewright.core.errors import PriceUnknownError

BOOK = PriceBook()


def usd(key: str, region: str = "us-east-1") -> Decimal:
    return BOOK.price(key, region).usd


def regions(key: str) -> set[str]:
    book = packaged(".".join(key.split(".")[:2]))
    assert book is not None
    return {price.region for price in book.prices[key]}


def test_reserved_capacity_has_a_price_in_every_region_of_its_source():
    units = [f"aws.dynamodb.reserved.{term}.{unit}.{part}" for term in ("1y", "3y")
             for unit in ("wcu", "rcu") for part in ("upfront", "hour")]  # fmt: skip
    # the file has 25 regions; ten of them without a term of three years
    assert {len(regions(key)) for key in units if ".1y." in key} == {25}
    assert {len(regions(key)) for key in units if ".3y." in key} == {15}


@pytest.mark.parametrize(
    ("region", "upfront", "hour"),
    [("ap-northeast-1", "171.4", "0.0147"), ("sa-east-1", "225", "0.0193"),
     ("il-central-1", "203.4", "0.0174"), ("eu-south-1", "177.975", "0.0152")],
)  # fmt: skip
def test_a_hundred_reserved_writes_cost_less_than_half_of_the_same_unreserved(
    region, upfront, hour
):
    assert usd("aws.dynamodb.reserved.1y.wcu.upfront", region) == Decimal(upfront)
    assert usd("aws.dynamodb.reserved.1y.wcu.hour", region) == Decimal(hour)
    # a year of 8,760 hours, beside 100 units at the price of an hour each
    reserved = Decimal(upfront) + Decimal(hour) * 8760
    plain = 100 * usd("aws.dynamodb.provisioned.wcu.standard", region) * 8760
    assert Decimal("0.4") < reserved / plain < Decimal("0.5")


def test_every_region_with_writes_has_reads_and_both_kinds_of_capacity():
    here = regions("aws.dynamodb.ondemand.wru.standard")
    assert len(here) == 36
    for key in ("ondemand.rru", "provisioned.wcu", "provisioned.rcu"):
        assert regions(f"aws.dynamodb.{key}.standard") == here


def test_infrequent_access_stands_on_no_figure_that_its_source_calls_wrong():
    for key in ("ondemand.wru", "ondemand.rru", "provisioned.wcu", "provisioned.rcu"):
        assert "ap-northeast-2" not in regions(f"aws.dynamodb.{key}.ia")
    assert BOOK.price("aws.dynamodb.provisioned.wcu.ia", "us-east-1").as_of == "2026-10-08"
    # 0.78 / 0.625, 0.885 / 0.705, 0.955 / 0.7625
    ratios = [
        usd("aws.dynamodb.ondemand.wru.ia", region)
        / usd("aws.dynamodb.ondemand.wru.standard", region)
        for region in ("us-east-1", "eu-west-1", "eu-central-1")
    ]
    assert [round(ratio, 3) for ratio in ratios] == [
        Decimal("1.248"), Decimal("1.255"), Decimal("1.252"),
    ]  # fmt: skip


def test_dsql_has_foreign_keys_since_a_day():
    book = packaged("aws.aurora-dsql")
    assert book is not None
    assert not any("no foreign keys" in str(fact.value) for fact in book.facts.values())
    assert BOOK.fact("aws.aurora-dsql.feature.foreign-keys").value == "2026-08-26"


def test_a_flat_rate_plan_has_its_levels():
    levels = {"75tb": 1450, "125tb": 2250, "200tb": 3500, "350tb": 6000, "600tb": 10000}
    for level, price in levels.items():
        assert usd(f"aws.cloudfront.flat.premium.{level}", "global") == price
    for plan in ("business", "premium"):
        assert "not verified" not in BOOK.price(f"aws.cloudfront.flat.{plan}", "global").note


def test_mail_has_plans_beside_its_price_by_the_piece():
    assert usd("aws.ses.outbound") == Decimal("0.1")
    assert usd("aws.ses.plan.essentials.outbound") == Decimal("0.16")
    assert "Essentials" in BOOK.price("aws.ses.outbound", "us-east-1").note


def test_vectors_in_files_have_prices_but_for_the_data_gone_through():
    assert usd("aws.s3.vectors.storage") == Decimal("0.06")
    assert usd("aws.s3.vectors.put") == Decimal("0.2")
    assert usd("aws.s3.vectors.query") == Decimal("2.5")


@pytest.mark.parametrize(
    ("key", "region"),
    [
        ("aws.s3.vectors.processed", "us-east-1"),
        ("aws.cloudwatch.logs.ingest.essentials", "us-east-1"),
        ("aws.route53.zone.advanced", "global"),
        ("planetscale.database.neki", "us-east-1"),
    ],
)
def test_what_has_no_known_price_is_named_and_not_free(key, region):
    with pytest.raises(PriceUnknownError, match=key):
        BOOK.price(key, region)


def test_gateways_addresses_and_balancers_have_a_price_wherever_requests_have():
    here = regions("aws.dynamodb.ondemand.wru.standard")
    for key in ("aws.vpc.natgw.hour", "aws.vpc.publicipv4.hour", "aws.elb.alb.hour"):
        assert here <= regions(key)
