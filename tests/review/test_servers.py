"""Rules for MongoDB and PostgreSQL: each fires on a small design, and is silent on its mend."""

from __future__ import annotations

from pathlib import Path

import pytest

import tablewright
from tablewright.api import Session
from tablewright.design.reader import read_model
from tablewright.engines.servers import ServerEvaluation
from tablewright.review.servers import RULES_NOT_WRITTEN, find_rule, review_server, server_rules

APPS = Path(tablewright.__file__).parent / "apps"
MODEL = """
app: shop
region: us-east-1
scales: [100000]
entities:
  Shop:
    key: shop_id
    count: 0.5/user
    attributes: {shop_id: uuid, place: geo, mail: {type: email, unique: true, role: login}}
  Order:
    key: order_id
    count: 10/user
    retention: 90d
    attributes:
      order_id: uuid
      shop_id: ref(Shop)
      state: enum(open, paid, sent)
      total: {type: money, min: 1, max: 500}
      at: {type: timestamp, role: time}
  Line:
    of: Order
    key: [order_id, line_id]
    count: {mean: 3, per: parent}
    attributes: {line_id: id(4), text: text(20)}
  Log: {of: Shop, key: [shop_id, at], count: 20/day, attributes: {at: timestamp, text: text(50)}}
patterns:
  newOrder: {put: Order, rate: 1/user/day}
  ofShop: {list: Order, where: shop_id, sort: -at, limit: 10, rate: 1/user/day}
  near: {near: Shop, radius_km: 5, limit: 10, rate: 1/user/day}
  count: {update: Shop, by: shop_id, set: [place], rate: 1/user/day}
  log: {put: Log, rate: 1/user/day}
"""
MONGO = """
designs:
  d:
    engine: mongodb
    collections:
      shops:
        holds: Shop
        indexes: {mail: {keys: {mail: 1}, unique: true}, place: {place: 2dsphere}}
      orders:
        holds: Order
        indexes: {shop: {shop_id: 1, at: -1}, age: {keys: {at: 1}, expire_after: 90d}}
      lines: {holds: Line}
      logs: {holds: Log}
"""
POSTGRES = """
designs:
  d:
    engine: postgresql
    tables:
      shop:
        holds: Shop
        indexes: {shop_mail: {columns: mail, unique: true}, near: {columns: place, using: gist}}
      orders:
        holds: Order
        primary_key: order_id
        columns:
          order_id: uuid
          shop_id: uuid NOT NULL REFERENCES shop(shop_id)
          state: text NOT NULL CHECK (state IN ('open', 'paid', 'sent'))
          total: numeric(10,2) NOT NULL
          at: timestamptz NOT NULL
        indexes: {by_shop: [shop_id, -at]}
      line:
        holds: Line
        primary_key: [order_id, line_id]
        columns:
          order_id: uuid NOT NULL REFERENCES orders(order_id)
          line_id: text
          text: text NOT NULL
      log: {holds: Log}
"""


def findings(design: str, *changes: tuple[str, str]) -> dict[tuple[str, str], str]:
    text = MODEL + design
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    session = Session(file=read_model(text))
    evaluation = session.evaluate("d")
    assert isinstance(evaluation, ServerEvaluation)
    return {(f.rule, f.subject): str(f.level) for f in review_server(evaluation).findings}


MENDED = {
    "mongodb": set(),
    "postgresql": {("PG-CON-001", "log")},
}
"""What the two designs have to begin with: the keys of a planned table name no parent."""


def test_the_mongodb_design_is_in_order():
    assert set(findings(MONGO)) == MENDED["mongodb"]


def test_the_postgresql_design_is_in_order_but_for_the_key_of_the_log():
    assert set(findings(POSTGRES)) == MENDED["postgresql"]


@pytest.mark.parametrize(
    ("rule", "subject", "level", "before", "after"),
    [
        # 1,000,000 orders of about 150 bytes, once a user and day: 1.2 a second of 150 MB
        ("SRV-IDX-001", "ofShop", "critical", "shop: {shop_id: 1, at: -1}, ", ""),
        (
            "SRV-IDX-002",
            "orders/twice",
            "medium",
            "shop: {shop_id: 1, at: -1}, ",
            "shop: {shop_id: 1, at: -1}, twice: {shop_id: 1}, ",
        ),
        ("SRV-IDX-003", "shops.mail", "critical", "mail: {keys: {mail: 1}, unique: true}, ", ""),
        # 20 orders a shop, all examined for 10 and sorted
        ("SRV-IDX-005", "ofShop", "medium", "shop: {shop_id: 1, at: -1}", "shop: {shop_id: 1}"),
        # one of three states: 33 % of the orders
        (
            "SRV-IDX-006",
            "orders/state",
            "low",
            "shop: {shop_id: 1, at: -1}, ",
            "shop: {shop_id: 1, at: -1}, state: {state: 1}, ",
        ),
        (
            "ANY-IDX-001",
            "orders/state",
            "medium",
            "shop: {shop_id: 1, at: -1}, ",
            "shop: {shop_id: 1, at: -1}, state: {state: 1}, ",
        ),
        ("MDB-IDX-002", "near", "critical", ", place: {place: 2dsphere}", ""),
        # 20 lines a day for a year in each shop
        (
            "MDB-SIZ-002",
            "shops",
            "high",
            "holds: Shop\n",
            "holds: Shop\n        embed: {logs: Log}\n",
        ),
        ("MDB-TSR-002", "Order", "medium", ", age: {keys: {at: 1}, expire_after: 90d}", ""),
        ("ANY-KEY-001", "Log", "critical", "      logs: {holds: Log}\n", ""),
        # 1.16 calls a second, a thousand times that at the peak, all on one key
        (
            "SRV-HOT-001",
            "count",
            "critical",
            "set: [place], rate",
            "set: [place], peak: 1000, hot_share: 100%, rate",
        ),
    ],
)
def test_a_mongodb_rule_fires(rule, subject, level, before, after):
    assert findings(MONGO, (before, after)).get((rule, subject)) == level


@pytest.mark.parametrize(
    ("rule", "subject", "level", "before", "after"),
    [
        ("PG-IDX-001", "orders", "medium", "        indexes: {by_shop: [shop_id, -at]}\n", ""),
        ("PG-TYP-001", "orders.at", "medium", "at: timestamptz", "at: timestamp"),
        ("PG-TYP-001", "orders.shop_id", "high", "shop_id: uuid NOT", "shop_id: varchar(36) NOT"),
        ("SRV-TYP-001", "orders.total", "high", "numeric(10,2)", "double precision"),
        ("PG-CON-001", "orders", "high", "NOT NULL REFERENCES shop(shop_id)", "NOT NULL"),
        ("PG-CON-001", "orders", "medium", " CHECK (state IN ('open', 'paid', 'sent'))", ""),
        # 20,000,000 orders under a uuid, 1.2 inserts a second
        ("PG-KEY-003", "orders", "low", "count: 10/user\n", "count: 200/user\n"),
    ],
)
def test_a_postgresql_rule_fires(rule, subject, level, before, after):
    assert findings(POSTGRES, (before, after)).get((rule, subject)) == level


def test_what_is_named_as_not_written_is_not_in_the_catalogue():
    written = {r.id for engine in ("mongodb", "postgresql") for r in server_rules(engine).rules}
    assert not written & set(RULES_NOT_WRITTEN)


def test_a_rule_of_servers_can_be_explained():
    assert find_rule("mdb-siz-002").title.startswith("Unbounded or very long array")
    assert find_rule("DDB-KEY-010").id == "DDB-KEY-010"


def test_poafix_is_graded_better_once_its_indexes_are_mended():
    from tablewright.design.reader import load

    session = Session(file=load(APPS / "poafix"))
    current = session.card(session.design("current"))
    mended = session.card(session.design("recommended"))
    assert current.letter == "F"
    assert mended.score > current.score + 20
    fired = {f.rule for f in current.findings}
    assert {"SRV-IDX-001", "SRV-IDX-003", "MDB-IDX-002", "MDB-SIZ-002", "MDB-TSR-002"} <= fired


def test_the_embedded_usage_of_the_llm_proxy_is_found():
    from tablewright.design.reader import load

    session = Session(file=load(APPS / "llm-proxy"))
    card = session.card(session.design("before"))
    found = {(f.rule, f.subject) for f in card.findings}
    assert {("MDB-SIZ-002", "users"), ("ANY-KEY-001", "Receipt")} <= found
