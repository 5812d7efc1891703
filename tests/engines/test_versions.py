"""Versions that a design states: their charge worked out by hand, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.core.errors import ModelError
from tablewright.engines.registry import languages, make_engine
from tablewright.engines.servers.sizing import ServerEvaluation

MODEL = """
app: shop
region: us-east-1
scales: [1000]
entities: {{Order: {{key: id, count: 20/user, attributes: {{id: uuid, total: money}}}}}}
patterns:
  read: {{get: Order, by: id, rate: 20/user/day}}
  add: {{put: Order, rate: 2/user/day}}
designs:
  rows:
    engine: {engine}
    server: {server}
    version: {version}
    {homes}: {{orders: {{holds: Order}}}}
"""


def text(version: str, server: str = "Amazon Aurora db.r6g.large") -> str:
    engine = "mongodb" if "Atlas" in server else "postgresql"
    homes = "collections" if engine == "mongodb" else "tables"
    return MODEL.format(version=version, server=f"'{server}'", engine=engine, homes=homes)


def evaluated(
    version: str,
    server: str = "Amazon Aurora db.r6g.large",
    *,
    day: str = "",
    region: str = "",
    prices: Sequence[str] = (),
) -> ServerEvaluation:
    file = read_model(text(version, server), "shop.yaml")
    model, design = file.model, file.designs[0]
    book = PriceBook(as_of=day or None).with_prices(prices)
    result = make_engine(design.engine).evaluate(model, design, 1000, book, region=region)
    assert isinstance(result, ServerEvaluation)
    return result


def charged(evaluation: ServerEvaluation) -> dict[str, Decimal]:
    """Return quantity and amount of extended support, by price."""
    return {
        line.price_key: line.amount
        for line in evaluation.bill.lines
        if "extended-support" in line.price_key
    }


def test_thirteen_costs_a_tenth_of_a_dollar_for_each_processor_and_hour():
    # two processors x 730 h x 0.10 USD
    assert charged(evaluated("13")) == {
        "aws.aurora-postgresql.extended-support.years-1-2": Decimal("146.00")
    }


def test_a_standby_is_charged_too():
    # two instances x two processors x 730 h x 0.10 USD
    assert charged(evaluated("13", "Amazon RDS db.t4g.medium, two zones")) == {
        "aws.rds-postgresql.extended-support.years-1-2": Decimal("292.00")
    }


def test_the_third_year_costs_twice_as_much_and_begins_on_its_day():
    # 13 from 2028-03-01: 2 x 730 x 0.20
    assert list(charged(evaluated("13", day="2028-02-29")).values()) == [Decimal("146.00")]
    assert list(charged(evaluated("13", day="2028-03-01")).values()) == [Decimal("292.00")]


def test_capacity_units_are_charged_by_the_hour():
    # as many ACU-hours as the capacity itself, at 0.085 for its 0.12 USD
    bill = evaluated("13", "Amazon Aurora Serverless v2, Standard").bill
    hours = {line.what: line.quantity for line in bill.lines}
    prices = {line.what: line.unit_price for line in bill.lines}

    assert hours["extended support"] == hours["capacity"] > 0
    assert (prices["extended support"], prices["capacity"]) == (Decimal("0.085"), Decimal("0.12"))


def test_a_version_in_standard_support_is_charged_nothing_until_its_day():
    assert charged(evaluated("14")) == {}
    assert charged(evaluated("14", day="2027-02-28")) == {}
    assert list(charged(evaluated("14", day="2027-03-01")).values()) == [Decimal("146.00")]


def test_the_bill_names_the_day_that_is_to_come():
    told = " ".join(evaluated("14").bill.assumptions)
    assert "standard support until 2027-02-28, extended support charged from 2027-03-01" in told


def test_a_version_the_service_no_longer_runs_has_no_price():
    bill = evaluated("11", day="2027-04-01").bill
    assert bill.figure is None
    assert "support of version 11 by Amazon Aurora ended on 2027-03-31" in bill.no_figure


def test_a_region_without_a_known_charge_has_no_price_rather_than_none():
    # every other price of the offer is given for Ireland, whose extended support the book lacks
    given = [
        "aws.aurora-postgresql.pg.db.r6g.large.eu-west-1=0.30",
        "aws.aurora-postgresql.storage.standard.eu-west-1=0.11",
        "aws.aurora-postgresql.io.standard.eu-west-1=0.22",
    ]
    assert evaluated("14", region="eu-west-1", prices=given).chosen is not None
    bill = evaluated("13", region="eu-west-1", prices=given).bill
    assert bill.figure is None
    assert "aws.aurora-postgresql.extended-support.years-1-2" in bill.no_figure


def test_whether_another_vendor_runs_a_version_is_told_as_not_known():
    bill = evaluated("13", "Neon Launch").bill
    assert "whether Neon runs version 13 is not known here" in bill.assumptions


def test_atlas_charges_nothing_and_its_dates_are_told():
    evaluation = evaluated("'7.0'", "MongoDB Atlas M10")
    assert charged(evaluation) == {}
    assert any("standard support until 2027-08-31" in text for text in evaluation.bill.assumptions)


@pytest.mark.parametrize(
    ("version", "server", "says"),
    [
        ("13.4", "Amazon Aurora db.r6g.large", "write the major version: 13"),
        ("9", "Amazon Aurora db.r6g.large", "known are 11, 12, 13, 14, 15, 16, 17, 18"),
        ("new", "Amazon Aurora db.r6g.large", "a major version such as 17 or 8.0"),
        ("8.1", "MongoDB Atlas M10", "known are 5.0, 6.0, 7.0, 8.0"),
    ],
)
def test_a_version_that_no_calendar_has_is_refused_with_its_place(version, server, says):
    with pytest.raises(ModelError) as caught:
        read_model(text(version, server), "shop.yaml")
    (problem,) = caught.value.diagnostics
    assert says in f"{problem.message} {problem.help}"
    # the value stands behind `    version: ` in line 13
    assert (problem.span.line, problem.span.column) == (13, 14)


@pytest.mark.parametrize(
    ("column", "first"),
    [
        ("uuid DEFAULT uuidv7()", 18),
        ("uuid DEFAULT gen_random_uuid()", 13),
        ("bigint GENERATED ALWAYS AS (1) STORED", 12),
    ],
)
def test_what_a_version_lacks_is_refused(column, first):
    def errors(version: int) -> str:
        tables = f"{{orders: {{holds: Order, columns: {{id: uuid, other: '{column}'}}}}}}"
        changed = text(str(version)).replace("{orders: {holds: Order}}", tables)
        try:
            read_model(changed, "shop.yaml")
        except ModelError as problem:
            return " ".join(each.help for each in problem.diagnostics)
        return ""

    assert errors(first - 1) == f"it is there from version {first} on"
    assert errors(first) == ""


@pytest.mark.parametrize(
    ("version", "server"), [("13", "Neon Launch"), ("7.0", "MongoDB Atlas M10")]
)
def test_a_design_is_printed_with_its_version(version, server):
    file = read_model(text(f"'{version}'", server), "shop.yaml")
    language = languages()[file.designs[0].engine]
    assert language.section is not None
    printed = language.section(file.designs[0], file.model)
    again = text(version, server).split("designs:\n")[0] + "designs:\n" + printed
    assert read_model(again, "again.yaml").designs[0] == file.designs[0]
