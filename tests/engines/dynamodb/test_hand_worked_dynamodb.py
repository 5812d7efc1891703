"""Figures of DynamoDB designs that follow from two lines of arithmetic, written beside them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.engines.dynamodb.engine import DynamoEngine
from tablewright.evaluation.values import Evaluation

BOOK = PriceBook()


def evaluated(text: str, users: int = 100, **options: int) -> Evaluation:
    file = read_model("app: figures\nregion: us-east-1\nscales: [100]\n" + text)
    return DynamoEngine().evaluate(file.model, file.designs[0], users, BOOK, **options)


@pytest.mark.parametrize(
    ("readers", "requests"),
    [
        # The first reader is Lambda, whose reads of a stream are free. Every other polls one shard
        # 4 times a second: 4 x 730 h x 3,600 s = 10,512,000 a month.
        (1, None),
        (2, "10512000"),
        (3, "21024000"),
    ],
)
def test_each_further_reader_of_a_stream_pays_for_its_polls(readers, requests):
    bill = evaluated(f"""
entities: {{Thing: {{key: id, count: 10, attributes: {{id: uuid}}}}}}
patterns: {{get: {{get: Thing, by: id, rate: 1/user/day}}}}
designs:
  d:
    engine: dynamodb
    tables: {{things: {{key: id, items: Thing, stream: {{view: keys-only, readers: {readers}}}}}}}
""").bill
    polls = [line for line in bill.lines if line.price_key == "aws.dynamodb.streams.read"]
    if requests is None:
        assert polls == []
    else:
        assert [line.quantity for line in polls] == [Decimal(requests)]
        # 0.02 USD for 100,000
        assert polls[0].amount == Decimal(requests) / 100_000 * Decimal("0.02")


def test_a_search_by_distance_reads_nine_cells_for_the_circle_within_them():
    # 1,000 places lie within the radius. A circle of radius s is sure to lie within nine cells of
    # side s. Its area is pi s^2 and theirs 9 s^2: they hold 9 / pi = 2.9 times as many places.
    route = evaluated("""
entities: {Place: {key: id, count: 100000, attributes: {id: uuid, spot: geo, text: text(1000)}}}
patterns: {around: {near: Place, radius_km: 1, limit: 5, matched: 1000, rate: 1/user/day}}
designs:
  d:
    engine: dynamodb
    tables:
      places:
        key: id
        items: {Place: {keys: {cell: "{spot.geohash5}"}}}
        indexes: {near: {key: cell, project: all}}
""").route("around")
    assert route.target == "places/near"
    assert route.matched == 2900
    assert sum(request.calls for request in route.requests) == 9


def test_a_sample_grows_until_the_bill_is_known_to_half_a_per_cent():
    # The bodies spread by more than their mean (a lognormal whose 99th percentile is 7.5 times its
    # mean), so the mean of 256 of them is known to more than 1 / 16 = 6 %, not to half a per cent.
    wide = """
entities: {Note: {key: id, count: 10/user, attributes: {id: uuid, body: BODY}}}
patterns: {add: {put: Note, rate: 10/user/day}}
designs: {d: {engine: dynamodb, tables: {notes: {key: id, items: Note}}}}
"""
    wide = wide.replace("BODY", "{type: text, bytes: {mean: 4000, p99: 30000}}")
    grown = evaluated(wide)
    assert grown.sample_items > 256
    assert grown.bill_error <= grown.bill.total / 200 or grown.sample_items == 16_384
    stated = evaluated(wide, sample_items=256)
    assert stated.sample_items == 256
    assert stated.bill_error > stated.bill.total / 200  # 256 would not have been enough


def test_a_sample_of_equal_items_does_not_grow():
    even = evaluated("""
entities: {Note: {key: id, count: 10/user, attributes: {id: uuid, body: text(4000)}}}
patterns: {add: {put: Note, rate: 10/user/day}}
designs: {d: {engine: dynamodb, tables: {notes: {key: id, items: Note}}}}
""")
    assert even.sample_items == 256
    assert even.bill_error == 0
