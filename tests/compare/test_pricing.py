"""Deployment options, priced; every expected figure is worked out by hand beside it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tablewright.bill.prices import PriceBook
from tablewright.compare.pricing import (
    availability,
    crossing,
    placed,
    price_at,
    reaches,
)
from tablewright.compare.protocol import DatabaseLine
from tablewright.compare.reader import architectures, offerings, read_architectures
from tablewright.compare.values import Architecture, Component
from tablewright.core.errors import DataError

BOOK = PriceBook()
UNUSED = (
    *("calls", "requests", "reads", "writes", "peak_per_second", "data_gb", "gb_out"),
    *("static_gb_out", "static_requests", "static_gb", "files_gb", "log_gb"),
)
QUIET = dict.fromkeys(UNUSED, Decimal(0)) | {
    "users": Decimal(1),
    "hours": Decimal(730),
    "function_seconds": Decimal("0.2"),
    "function_mb": Decimal(256),
    "secrets": Decimal(1),
    "server_peak": Decimal(200),
}


def named(name: str) -> Architecture:
    return next(one for one in architectures() if one.name == name)


def made(**components: dict[str, object]) -> Architecture:
    return read_architectures({"mine": {"components": components}}, "test")[0]


def amount(name: str, part: str, **workload: int) -> Decimal:
    figures = QUIET | {key: Decimal(value) for key, value in workload.items()}
    priced = price_at(named(name), figures, BOOK, "us-east-1")
    return next(line.amount for line in (*priced.lines, *priced.optional) if line.resource == part)


def test_the_minimal_deployment_without_traffic_costs_12_38() -> None:
    # 730 x 0.0104 = 7.592; 8 GB x 0.08 = 0.64; 730 x 0.005 = 3.65; a zone 0.50
    priced = price_at(replace_engine(named("minimal")), QUIET, BOOK, "us-east-1")
    assert priced.list_total == Decimal("12.382")
    # An account of before July 2025 has instance, disk and address free: the zone remains.
    assert priced.first_year == Decimal("0.5")


def replace_engine(architecture: Architecture) -> Architecture:
    """Leave the database line out."""
    return replace(architecture, engine="")


def test_a_million_serverless_requests_cost_3_70_and_their_duration() -> None:
    def total(requests: int) -> Decimal:
        figures = QUIET | {"requests": Decimal(requests)}
        return price_at(replace_engine(named("serverless")), figures, BOOK, "us-east-1").list_total

    # fixed: a zone 0.50 and a secret 0.40 (the 5.00 for files in the description are traffic here)
    assert total(0) == Decimal("0.90")
    # 3.50 + 0.20, and 1,000,000 x 0.2 s x 0.25 GB = 50,000 GB-s x 0.0000133334 = 0.66667
    assert total(1_000_000) - total(0) == Decimal("4.36667")


def test_two_fargate_tasks_cost_18_02_and_a_load_balancer_16_43() -> None:
    # 2 x 0.25 x 730 x 0.04048 = 14.7752 and 2 x 0.5 x 730 x 0.004445 = 3.24485
    assert amount("fargate", "cpu") + amount("fargate", "memory") == Decimal("18.02005")
    assert amount("fargate", "balancer") == Decimal("16.425")
    assert amount("fargate", "database") == Decimal("43.8")  # 0.5 x 730 x 0.12


def test_a_nat_gateway_stands_beside_the_total() -> None:
    priced = price_at(named("production"), QUIET, BOOK, "us-east-1")
    nat = next(line for line in priced.optional if line.resource == "nat")
    assert nat.amount == Decimal("32.85")
    assert nat not in priced.lines


def test_the_fixed_parts_of_the_other_providers_add_up() -> None:
    # 12 + 15 + 5; and 0.017 x 730 = 12.41 for each of app and database, 32 GB x 0.115 = 3.68
    assert price_at(named("digitalocean"), QUIET, BOOK, "us-east-1").list_total == 32
    assert price_at(named("azure"), QUIET, BOOK, "us-east-1").list_total == Decimal("28.5")


def test_free_kinds_are_taken_off_apart_and_never_more_than_is_used() -> None:
    api = {
        "price": "aws.api-gateway.rest",
        "quantity": "requests",
        "free": [
            {"kind": "always", "quantity": 300_000, "source": "a test"},
            {"kind": "12-month", "quantity": 1_000_000, "source": "a test"},
        ],
    }
    figures = QUIET | {"requests": Decimal(1_000_000)}
    priced = price_at(made(api=api), figures, BOOK, "us-east-1")
    assert (priced.list_total, priced.total, priced.first_year) == (
        Decimal("3.5"),
        Decimal("2.45"),  # 700,000 x 3.50 / million
        Decimal(0),
    )


def test_a_price_that_was_never_verified_leaves_the_option_unpriced_by_name() -> None:
    never_verified = Component(
        name="archive", title="Archive", price="aws.s3.gir.retrieval", quantity="data_gb"
    )
    option = replace(replace_engine(named("serverless")), components=(never_verified,))
    priced = price_at(option, QUIET | {"data_gb": Decimal(2)}, BOOK, "us-east-1")
    assert not priced.is_priced
    assert priced.needs[0].startswith("aws.s3.gir.retrieval in us-east-1 (")


def test_data_that_leaves_is_paid_for_beyond_what_is_free() -> None:
    figures = QUIET | {"gb_out": Decimal(101), "static_gb_out": Decimal(9)}
    priced = price_at(named("azure"), figures, BOOK, "us-east-1")
    out = next(line for line in priced.lines if line.resource == "internet")
    assert out.amount == Decimal("0.87")  # (101 + 9 - 100) x 0.087


def test_an_instance_of_cloud_run_is_paid_for_once_for_all_it_serves_at_a_time() -> None:
    # 30 million requests of 0.2 s are 6 million seconds, and a month has 2,628,000
    figures = QUIET | {"requests": Decimal(30_000_000), "peak_per_second": Decimal(100)}
    busy = price_at(named("google-cloud"), figures, BOOK, "us-east-1")
    cpu = next(line for line in busy.lines if line.resource == "cpu")
    assert cpu.quantity == 2_628_000  # 100 x 0.2 at once is one instance of 80
    few = price_at(named("google-cloud"), QUIET | {"requests": Decimal(1000)}, BOOK, "us-east-1")
    assert next(line for line in few.lines if line.resource == "cpu").quantity == 200


def test_an_engine_without_a_design_is_not_priced_as_nothing() -> None:
    priced = price_at(named("serverless"), QUIET, BOOK, "us-east-1")
    assert priced.needs == ("a design for dynamodb",)


def test_promises_multiply_and_unknown_ones_are_named() -> None:
    minimal = availability(named("minimal"), BOOK)
    assert minimal.percent == Decimal("99.49005")  # 0.995 x 0.9999, and names at 100
    assert minimal.single_points == ("EC2 t3.micro",)
    serverless = availability(named("serverless"), BOOK)
    # 0.9995 x 0.9995 = 0.99900025; x 0.9999 = 0.998900349975
    assert (serverless.percent, serverless.unknown) == (Decimal("99.8900349975"), ())
    assert availability(named("atlas-beside-aws"), BOOK).unknown == ("NAT gateway",)


def test_a_part_of_which_nothing_is_promised_is_not_one_whose_promise_is_unknown() -> None:
    google = availability(named("google-cloud"), BOOK)
    assert google.unpromised == ("Cloud SQL db-f1-micro",)
    assert google.unknown == ()


def test_a_database_promises_what_its_offer_does() -> None:
    option = named("instance-postgresql-aws")
    bill = price_at(named("fargate"), QUIET, BOOK, "us-east-1").lines
    line = replace(bill[0], where="rds")
    one = availability(placed(option, DatabaseLine(lines=(line,), zones=1)), BOOK)
    two = availability(placed(option, DatabaseLine(lines=(line,), zones=2)), BOOK)
    assert one.percent == Decimal("99.0025")  # 0.995 of the instance x 0.995 of one zone
    assert two.percent == Decimal("99.45025")  # 0.995 x 0.9995
    assert one.single_points == ("EC2 t3.small", "PostgreSQL")
    assert two.single_points == ("EC2 t3.small",)
    # an option with a reader of its own says itself what it promises
    production = named("production")
    assert placed(production, DatabaseLine(lines=(line,), zones=1)) is production


def test_a_price_of_a_neighbouring_region_stands_in_and_the_line_says_so() -> None:
    api: dict[str, object] = {"price": "aws.api-gateway.http", "quantity": 2_000_000}
    priced = price_at(made(api=api), QUIET, BOOK, "eu-north-1")
    (line,) = priced.lines
    assert line.amount == Decimal("2.22")  # 2 x 1.11 of eu-west-1
    assert (line.region, priced.elsewhere) == ("eu-west-1", (line,))
    assert line.note == "price of eu-west-1: that of eu-north-1 is not known"
    # where a region is given, no price is substituted
    asked = price_at(made(api={**api, "region": "eu-north-1"}), QUIET, BOOK, "us-east-1")
    assert asked.needs[0].startswith("aws.api-gateway.http in eu-north-1")


def test_a_limit_is_met_in_proportion_to_the_users() -> None:
    figures = QUIET | {"users": Decimal(100), "peak_per_second": Decimal(5)}
    assert [one.users for one in reaches(named("minimal"), figures, 10**6)] == [4000]  # 200 / 0.05


def test_a_crossing_is_found_exactly_or_not_at_all() -> None:
    assert crossing(lambda n: Decimal(2 * n), lambda n: Decimal(100), 1, 1000) == 51
    assert crossing(lambda n: Decimal(2 * n), lambda n: Decimal(1), 1, 1000) is None


def test_an_unknown_key_of_an_architecture_is_refused_with_the_nearest() -> None:
    with pytest.raises(DataError, match="did you mean `quantity`"):
        made(one={"price": "aws.ec2.t3.micro", "quantiy": 1})


def test_every_packaged_price_fact_and_offering_exists() -> None:
    known = {one.name for one in offerings()}
    for architecture in architectures():
        assert architecture.offering in known
        for part in architecture.components:
            if part.sla and part.sla != "none":
                BOOK.fact(part.sla)
            if part.price:
                assert any(
                    price.key == part.price
                    for price in BOOK.entries(".".join(part.price.split(".")[:2]))
                ), part.price


def test_the_ends_of_a_servers_range_carry_the_rest_of_the_deployment() -> None:
    architecture = made(
        api={"price": "aws.api-gateway.rest", "quantity": "requests"},
        database={"price": "aws.ec2.t3.micro", "quantity": "hours", "database": True},
    )
    figures = QUIET | {"requests": Decimal(1_000_000)}
    line = DatabaseLine(lines=(), light=Decimal(40), heavy=Decimal(90))
    priced = price_at(architecture, figures, BOOK, "us-east-1", line)
    # A million requests cost 3.50, whatever the server takes.
    assert (priced.light, priced.heavy) == (Decimal("43.5"), Decimal("93.5"))
