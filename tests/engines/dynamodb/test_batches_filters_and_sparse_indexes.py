"""Batches, filters with a limit, sparse indexes, failed transactions: worked out by hand.

A text of N bytes under a name of three characters takes N + 3; `id(12)` under `pk` takes 14.
"""

from __future__ import annotations

from decimal import Decimal
from textwrap import dedent

import pytest

from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.engines.dynamodb.engine import DynamoEngine
from tablewright.engines.dynamodb.reading.filtered_pages import rounds_until
from tablewright.verbs.bill_rows import priced_rows

HEAD = """
app: routes
region: us-east-1
scales: [100]
"""


def evaluate(text: str, users: int = 100):
    file = read_model(HEAD + dedent(text))
    return DynamoEngine().evaluate(file.model, file.designs[0], users, PriceBook())


def units(evaluation, pattern: str, dimension: str, resource: str | None = None) -> Decimal:
    return evaluation.route(pattern).units(dimension, resource).mean


THINGS = """
    entities:
      Thing:
        key: pk
        count: 1000 total
        attributes:
          pk: id(12)
          uid: {type: id, bytes: 12, unique: true}
          txt: {type: text, bytes: 5000}
    patterns:
      one: {get: Thing, by: uid, rate: 1/user/day}
      ten: {get: Thing, by: uid, batch: 10, rate: 1/user/day}
      put: {put: Thing, rate: 1/user/day}
      half:
        transact: [{update: Thing, by: pk, set: [txt], if: [txt]}]
        fails: 50%
        rate: 1/user/day
      four: {transact: [{put: Thing, batch: 4}], rate: 1/user/day}
    designs:
      one:
        engine: dynamodb
        tables:
          things:
            key: pk
            items: Thing
            indexes: {by-uid: {key: uid, project: all}}
"""


def test_a_batch_of_gets_through_an_index_is_a_query_for_each() -> None:
    evaluation = evaluate(THINGS)
    # an item of about 5,030 B: 2 blocks of 4 KB, x 0.5 eventual = 1; ten of them: 10
    assert units(evaluation, "one", "read", "things/by-uid") == 1
    assert units(evaluation, "ten", "read", "things/by-uid") == 10
    request = evaluation.route("ten").requests[0]
    assert (request.operation, request.calls) == ("Query", 10)


def test_a_batch_inside_a_transaction_writes_every_item() -> None:
    evaluation = evaluate(THINGS)
    # 5,030 B are 5 KB blocks; four of them, doubled in a transaction: 40; the index is not doubled
    assert units(evaluation, "four", "write", "things") == 40
    assert units(evaluation, "four", "write", "things/by-uid") == 20
    assert evaluation.route("four").requests[0].items == 4


def test_a_transaction_of_more_than_100_items_is_refused() -> None:
    # 60 things, and with each the guard of its unique attribute: 120 items
    guarded = THINGS.replace("batch: 4", "batch: 60").replace(
        "            items: Thing\n",
        "            items: {Thing: {}, Uid: {of: Thing, guards: uid, keys: {pk: 'U#{uid}'}}}\n",
    )
    assert "100 items at most, and this one 120" in evaluate(guarded).route("four").cannot


def test_a_failed_transaction_writes_no_index() -> None:
    evaluation = evaluate(THINGS)
    # the table is charged either way, 2 x 5; the index only in the half that is written: 5 / 2
    assert units(evaluation, "half", "write", "things") == 10
    assert units(evaluation, "half", "write", "things/by-uid") == Decimal("2.5")


POSTS = """
    entities:
      User: {key: user_id, attributes: {user_id: id(12)}}
      Post:
        of: User
        key: [user_id, num]
        count: 2000
        attributes:
          num: int(100001..999999)
          sts: {type: enum, values: {on: 95%, no: 5%}}
          txt: {type: binary, bytes: 969}
    patterns:
      plain: {list: Post, where: user_id, sort: -num, limit: 20, rate: 1/user/day}
      shown: {list: Post, where: {user_id: given, sts: on}, sort: -num, limit: 20, rate: 1/user/day}
      rare: {list: Post, where: {user_id: given, sts: no}, sort: -num, limit: 200, rate: 1/user/day}
    designs:
      one:
        engine: dynamodb
        tables:
          users: {key: user_id, items: User}
          posts: {key: [user_id, num], items: Post}
"""


def test_a_filter_with_a_limit_asks_for_what_it_needs() -> None:
    evaluation = evaluate(POSTS)
    # 7 + 12, 3 + 4 (six digits: 3 pairs and 1), 3 + 2, 3 + 969: 1,003 B.
    # 20 of 95 %: (20 + 2 x sqrt(20 x 0.05)) / 0.95 = 23.2, so Limit 24: 24,072 B = 6 blocks = 3
    # units; 0.7 % of the calls send a second request.
    step = evaluation.route("shown").steps[0]
    assert step.limit == 24
    again = rounds_until(20, Decimal("0.95"), 24, Decimal(2000))
    assert units(evaluation, "shown", "read") == 3 * again
    assert units(evaluation, "plain", "read") == Decimal("2.5")  # 20,060 B = 5 blocks


def test_how_often_too_few_pass() -> None:
    # of 2 entries at 50 % fewer than 1 pass in a quarter of the cases; then of 4 in 1/16, of 6 …
    # 1 + 1/4 + 1/16 = 1.3125 for 6 entries in all
    assert rounds_until(1, Decimal("0.5"), 2, Decimal(6)) == Decimal("1.3125")
    # all that match fit into one request: there is nothing to ask for again
    assert rounds_until(5, Decimal("0.5"), 100, Decimal(100)) == 1


def test_a_limit_beyond_a_page_is_not_sent() -> None:
    # 200 of 5 % take 4,000 entries of 1,003 B, a page holds 1,045: a Limit would change nothing
    assert evaluate(POSTS).route("rare").steps[0].limit is None


SPARSE = """
    entities:
      Game:
        key: pk
        count: 1000 total
        attributes:
          pk: id(12)
          sts: {type: enum, values: {on: 50%, no: 50%}}
          num: {type: int, min: 10, max: 99, presence: 4%}
          txt: {type: binary, bytes: 1009}
    patterns:
      open: {list: Game, where: {num: exists}, all: true, rate: 1/user/day}
      all: {list: Game, all: true, rate: 1/user/day}
      kind: {list: Game, where: {sts: on}, sort: num, all: true, rate: 1/user/day}
      top: {list: Game, where: {sts: on}, sort: -num, limit: 5, rate: 1/user/day}
      most: {list: Game, where: {sts: on}, sort: -num, limit: 400, rate: 1/user/day}
    designs:
      one:
        engine: dynamodb
        tables:
          games:
            key: pk
            items: Game
            indexes:
              open: {key: num, project: all}
              kind: {key: [sts, num], project: all}
"""


def test_a_sparse_index_is_scanned_where_all_that_is_asked_for_is_in_it() -> None:
    evaluation = evaluate(SPARSE)
    route = evaluation.route("open")
    assert (route.operation, route.target, route.filtered) == ("scan", "games/kind", ())
    # 40 of 1,000 items of 14 + 5 + 5 + 1,012 = 1,036 B have an entry: 41,440 B = 11 blocks = 5.5
    assert route.units("read").mean == Decimal("5.5")


def test_a_sparse_index_does_not_hold_everything() -> None:
    evaluation = evaluate(SPARSE)
    assert evaluation.route("all").target == "games"
    assert evaluation.route("kind").target == "games"
    reasons = {r.route: r.reason for r in evaluation.route("kind").rejected}
    assert reasons["games/kind"] == "items without `num` are not in it, and they are asked for too"


def test_the_highest_of_an_optional_number_are_in_its_index() -> None:
    evaluation = evaluate(SPARSE)
    # of 500 with `on` 20 have a number: the five highest are among them, 400 are not
    assert evaluation.route("top").target == "games/kind"
    assert evaluation.route("most").target == "games"


@pytest.mark.parametrize(("pattern", "month"), [("one", "3041.67"), ("ten", "30416.67")])
def test_a_bill_counts_every_key_of_a_batch(pattern: str, month: str) -> None:
    evaluation = evaluate(THINGS)
    lines = [line for line in evaluation.bill.lines if line.pattern == pattern]
    # 100 users x 365 / 12 days = 3,041.67 calls a month, one unit a key
    assert round(sum(line.quantity for line in lines), 2) == Decimal(month)


EXPIRING = """
    horizon: 365d
    entities:
      Login:
        key: pk
        count: 5/user/day
        retention: 10d
        attributes: {pk: id(12), expires_at: epoch, txt: {type: binary, bytes: 1500}}
    patterns:
      put: {put: Login, rate: 5/user/day}
    designs:
      one:
        engine: dynamodb
        tables:
          logins: {key: pk, items: Login, ttl: expires_at, replicas: [eu-west-1, eu-central-1]}
"""


def test_what_expires_is_deleted_in_every_replica() -> None:
    bill = evaluate(EXPIRING).bill
    # 100 users x 5 a day come in and, after ten days, go: 500 x 365 / 12 = 15,208.33 a month of
    # 2 KB blocks (1,500 B and the keys) = 30,416.67 units, once in each of the two replicas.
    gone = {line.region: line.quantity for line in bill.lines if line.note.startswith("deletions")}
    assert {region: round(quantity, 2) for region, quantity in gone.items()} == {
        "eu-west-1": Decimal("30416.67"),
        "eu-central-1": Decimal("30416.67"),
    }
    kept = EXPIRING.replace(", ttl: expires_at", "")
    assert not any(line.note for line in evaluate(kept).bill.lines)


def test_rows_of_a_replica_name_its_region() -> None:
    rows = priced_rows(evaluate(EXPIRING).bill)
    assert [row.where for row in rows if row.what == "storage"] == [
        "logins",
        "logins in eu-west-1",
        "logins in eu-central-1",
    ]
