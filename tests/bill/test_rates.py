"""Rates: one unit by name; a rate that is not known is an error, never zero."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright.bill.bill import charge
from tablewright.bill.dimensions import Dimension, dimension_of
from tablewright.bill.prices import PriceBook, packaged, services
from tablewright.bill.rates import RATES, Rates
from tablewright.core.errors import DataError, PriceUnknownError

D = Decimal
NOWHERE = "mars-north-1"


def test_a_million_write_units_cost_the_listed_price() -> None:
    rates = Rates(PriceBook(), "us-east-1")
    # AWS price list, us-east-1: 0.625 USD a million writes, 0.125 USD a million reads.
    assert rates.usd("write") * 1_000_000 == D("0.625")
    assert rates.of_units(D(2_000_000), D(1_000_000)) == D("0.875")


def test_a_stored_byte_is_a_gigabyte_price_over_two_to_the_thirtieth() -> None:
    rates = Rates(PriceBook(), "us-east-1")
    assert rates.usd("stored_byte") * 2**30 == rates.usd("stored_gb") == D("0.25")


@pytest.mark.parametrize("name", sorted(RATES))
def test_a_missing_rate_raises_and_is_never_zero(name: str) -> None:
    rates = Rates(PriceBook(), NOWHERE)
    assert rates.known(name) is None
    with pytest.raises(PriceUnknownError, match=NOWHERE):
        rates.usd(name)


def test_an_unknown_name_is_our_mistake() -> None:
    with pytest.raises(DataError, match="no rate `wru`"):
        Rates(PriceBook(), "us-east-1").known("wru")


@pytest.mark.parametrize(
    ("key", "dimension"),
    [
        ("aws.dynamodb.ondemand.rwru.ia", Dimension.WRITES),
        ("aws.dynamodb.provisioned.rcu.standard", Dimension.READS),
        ("aws.dynamodb.reserved.1y.wcu.upfront", Dimension.WRITES),
        ("aws.dynamodb.storage.standard", Dimension.STORAGE),
        ("aws.dynamodb.pitr", Dimension.RECOVERY),
        ("aws.dynamodb.backup.ondemand.warm", Dimension.BACKUP),
        ("aws.s3.standard.storage", Dimension.STORAGE),
        ("aws.data-transfer.internet", Dimension.TRANSFER),
        ("aws.aurora-postgresql.sv2.acu.standard", Dimension.COMPUTE),
        ("mongodb.atlas.m30.hour", Dimension.COMPUTE),
        ("google.firestore.deletes", Dimension.WRITES),
        ("aws.route53.zone", Dimension.OTHER),
    ],
)
def test_a_price_key_tells_what_is_counted(key: str, dimension: Dimension) -> None:
    assert dimension_of(key) is dimension
    assert key.rpartition(".")[0]
    assert any(key.startswith(service) for service in services())


def test_every_request_price_of_dynamodb_counts_reads_or_writes() -> None:
    book = packaged("aws.dynamodb")
    assert book is not None
    keys = {key for key in book.prices if ".ondemand." in key}
    units = {key for key in keys if not key.startswith("aws.dynamodb.backup")}
    assert {dimension_of(key) for key in units} == {Dimension.READS, Dimension.WRITES}


def test_a_line_carries_the_dimension_of_its_price_beside_the_words() -> None:
    price = PriceBook().price("aws.dynamodb.ondemand.rru.standard", "us-east-1")
    line = charge(price, 1, where="t", what="anything at all")
    assert (line.dimension, line.what) == (Dimension.READS, "anything at all")
