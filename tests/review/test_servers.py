"""Reviews of MongoDB and PostgreSQL designs: what is found, what a fix saves and what it relieves.

The rules one by one are in test_server_rules.py.
"""

from __future__ import annotations

from pathlib import Path

import tablewright
from tablewright import load, read_model
from tablewright.core.quantities import format_bytes
from tablewright.engines.mongodb.engine import WORDS
from tablewright.engines.servers.changes import DropServerIndex
from tablewright.engines.servers.constants import figures
from tablewright.engines.servers.facts import ServerFacts
from tablewright.engines.servers.recost import ServerRecoster
from tablewright.engines.servers.rules import server_rules
from tablewright.engines.servers.sizing import ServerEvaluation
from tablewright.review.grade import ReportCard
from tablewright.review.runner import run
from tablewright.review.verdicts import FixOption
from tablewright.session import Session, rule_of
from tablewright.verbs.grading import report_card

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
    found = [f for f in card_of(text).findings if f.level]
    return {(f.rule, f.subject): str(f.level) for f in found}


def card_of(text: str, design: str = "d") -> ReportCard:
    session = Session(file=read_model(text))
    return report_card(session, session.design(design))


FIXED = {
    # the lines of an order are kept no longer than it, and nothing removes them with it
    "mongodb": {("ANY-MDL-002", "Log"), ("MDB-TSR-002", "Line")},
    "postgresql": {("PG-CON-001", "log"), ("PG-TSR-001", "Order"), ("ANY-MDL-002", "Log")},
}
"""What the two designs have to begin with: nobody reads the log, whose key names no parent; orders
that are kept 90 days are one heap, which they must be where lines refer to them."""


def test_the_mongodb_design_is_in_order_but_for_the_log():
    assert set(findings(MONGO)) == FIXED["mongodb"]


def test_the_postgresql_design_is_in_order_but_for_the_log_and_old_orders():
    assert set(findings(POSTGRES)) == FIXED["postgresql"]


def test_a_rule_of_servers_can_be_explained():
    assert rule_of("mdb-siz-002").title.startswith("Unbounded or very long array")
    assert rule_of("DDB-KEY-010").id == "DDB-KEY-010"


def test_poafix_is_graded_better_once_its_indexes_are_fixed():
    session = Session(file=load(APPS / "poafix"))
    current = report_card(session, session.design("current"))
    fixed = report_card(session, session.design("recommended"))
    assert current.letter == "F"
    assert fixed.score > current.score + 20
    fired = {f.rule for f in current.findings}
    assert {"SRV-IDX-001", "SRV-IDX-003", "MDB-IDX-002", "MDB-SIZ-002", "MDB-TSR-002"} <= fired


def test_the_embedded_usage_of_the_llm_proxy_is_found():
    session = Session(file=load(APPS / "llm-proxy"))
    card = report_card(session, session.design("before"))
    found = {(f.rule, f.subject) for f in card.findings}
    assert {("MDB-SIZ-002", "users"), ("ANY-KEY-001", "Receipt")} <= found


SMALL = """
app: t
region: us-east-1
scales: [{users}]
entities:
  Order: {{key: id, count: 10/user, attributes: {{id: uuid, shop: {{type: uuid, distinct: 100}}}}}}
patterns:
  add: {{put: Order, rate: 1/user/day}}
  get: {{get: Order, by: id, rate: 1/user/day}}
designs:
  d: {{engine: mongodb, collections: {{orders: {{holds: Order, indexes: {{shop: {{shop: 1}}}}}}}}}}
"""


def test_a_fix_that_leaves_the_offer_says_so_and_what_it_relieves():
    # 10,000 entries of 29 bytes: 3 + 4 for the record and its id, 1 for the type, 4 + 1 + 16
    (found,) = [f for f in card_of(SMALL.format(users=1000)).findings if f.rule == "ANY-IDX-001"]
    assert found.fix.text == "drop index shop of orders"
    assert found.fix.saves_per_month == 0
    head, *rest = found.fix.effect.split("; ")
    assert head == "no saving computed: MongoDB Atlas Free (M0) stays, and so does its bill"
    k = figures("mongodb")
    evaluation = Session(file=read_model(SMALL.format(users=1000))).evaluate("d")
    assert isinstance(evaluation, ServerEvaluation)
    whole = evaluation.load.disk_bytes
    index = 290_000 * k["index_compression"] / k["file_fill"]
    told = f"bytes on disk {format_bytes(int(whole))} to {format_bytes(int(whole - index))}"
    assert told in rest


def test_a_saving_is_the_difference_of_two_bills():
    # 4,800,000 orders: 278 MB, and 139 MB of entries for each of two indexes: 557 MB of the 512
    # that are free; 418 MB without one of them. Flex has a price at so few operations too.
    text = SMALL.format(users=480_000).replace("1/user/day", "1/user/month")
    (found,) = [f for f in card_of(text).findings if f.rule == "ANY-IDX-001"]
    assert found.level.name == "HIGH"  # more than a tenth of the bill
    assert found.fix.effect.startswith(
        "MongoDB Atlas Free (M0) instead of MongoDB Atlas Flex, up to 100 operations/s"
    )
    with_it = Session(file=read_model(text)).evaluate("d").bill.total
    without = read_model(text.replace("indexes: {shop: {shop: 1}}", "indexes: {}"))
    assert found.fix.saves_per_month == with_it - Session(file=without).evaluate("d").bill.total


def test_the_finding_tells_offer_and_relief_in_the_report():
    from tablewright.reports.card import finding_card

    (found,) = [f for f in card_of(SMALL.format(users=1000)).findings if f.rule == "ANY-IDX-001"]
    rows = dict(finding_card(found).rows)
    assert rows["effect"].startswith("No saving computed: MongoDB Atlas Free (M0) stays")


def test_a_fix_that_would_raise_another_finding_is_rejected():
    text = SMALL.format(users=10_000)
    text = text.replace(
        "patterns:", "patterns:\n  of: {list: Order, where: shop, rate: 1/user/day}"
    )
    session = Session(file=read_model(text))
    engine = session.engines["mongodb"]
    rules = server_rules("mongodb")
    facts = ServerFacts(session.evaluate("d"), dict(rules.k), WORDS)

    def evaluate(model, design, users):
        return engine.evaluate(model, design, users, session.book())

    recoster = ServerRecoster(facts, run(facts, rules), rules, evaluate)
    option = FixOption(changes=(DropServerIndex(home="orders", index="shop"),))
    outcome = recoster.outcome(option, ("SRV-IDX-006", "orders/shop"))
    assert outcome.reject.startswith("it would raise SRV-IDX-001 (high) on of: 100,000 of the")


def test_a_table_that_others_refer_to_is_not_partitioned_without_a_word():
    (found,) = [f for f in card_of(MODEL + POSTGRES).findings if f.rule == "PG-TSR-001"]
    assert found.fix.text.startswith("Partition by range of time")
    assert found.fix.saves_per_month is None


def test_what_fixes_save_does_not_add_up_and_the_card_says_so():
    notes = card_of(SMALL.format(users=1000)).notes
    assert notes[0].startswith("what a fix saves is what it saves alone")
    assert "SRV-REL-001" in notes[1]
