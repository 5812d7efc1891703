"""What a first load costs by each way: `seed` and `migrate --plan` say it from one place."""

from __future__ import annotations

from decimal import Decimal

from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.bill.rates import Rates
from tablewright.core.quantities import GB
from tablewright.evaluation.doors import Target
from tablewright.migrate.loading import PLAIN, ways_to_load
from tablewright.reports.seed import seed_page, ways_compared
from tablewright.session import Options, Session
from tablewright.verbs.seed import SeedView, seed

MODEL = """
app: loads
region: us-east-2
scales: [1000]
entities:
  Thing: {key: id, count: 10/user, attributes: {id: uuid, kind: text(8), text: text(1500)}}
patterns:
  read: {get: Thing, by: id, rate: 1/user/day}
designs:
  one:
    engine: dynamodb
    tables:
      things: {key: id, items: Thing, indexes: {by-kind: {key: kind, project: keys-only}}}
  two: {engine: postgresql, tables: {things: {holds: Thing}}}
"""


def planned(design: str) -> SeedView:
    session = Session(file=read_model(MODEL, "loads.yaml"), options=Options())
    return seed(session, design, Target(), users=1000, dry_run=True)


def usd_of(units: int, gigabytes: int, region: str) -> dict[str, Decimal | None]:
    ways = ways_to_load(Decimal(units), Decimal(gigabytes) * GB, Rates(PriceBook(), region))
    return {way.name: way.usd for way in ways}


def test_each_way_has_its_price_or_none() -> None:
    # 12 million units at 0.625 a million = 7.50 USD; 12,000,000 / 3,600 s = 3,333.33 unit-hours at
    # 0.00065 = 2.1667 USD; 12 GB at 0.15 = 1.80 USD in Ohio; of bulk put nobody knows
    ohio = usd_of(12_000_000, 12, "us-east-2")
    assert ohio["on-demand"] == Decimal("7.50")
    assert round(ohio["provisioned"] or 0, 4) == Decimal("2.1667")
    assert ohio["import from S3"] == Decimal("1.80")
    assert ohio["bulk put from S3"] is None
    # elsewhere the figure of an import was never read
    assert usd_of(12_000_000, 12, "us-east-1")["import from S3"] is None


def test_a_server_is_not_charged_for_writes() -> None:
    (way,) = ways_to_load(None, GB, Rates(PriceBook(), "us-east-2"))
    assert (way.name, way.usd) == (PLAIN, 0)
    assert planned("two").ways == ()
    assert ways_compared(planned("two")) == ""


def test_seed_compares_them_before_anything_is_written() -> None:
    # 10,000 items of 1,554 bytes (text of 1,500) take two units each, their entries one: 30,000
    # units, at 0.625 a million = 0.01875 USD, and 30,000 / 3,600 x 0.00065 = 0.0054 USD with
    # capacity set. 15,540,000 bytes = 14.8 MB are imported for 0.01447 GB x 0.15 = 0.0022 USD.
    view = planned("one")
    assert view.write_units == 30_000
    text = ways_compared(view)
    start, ways = text.split(": ", 1)
    first, second, third, last = ways.split("; ")
    assert start == "Loading 14.8 MB costs once"
    assert first == "0.0022 USD by import from S3, into new tables only"
    assert second == "0.0054 USD by BatchWriteItem with capacity set for it and used in full"
    assert third == "0.02 USD by BatchWriteItem on demand"
    assert last == "bulk put from S3, into tables that exist: price unknown."
    assert text in str(seed_page(view))
