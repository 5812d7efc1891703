"""A whole report card, value by value: findings, fixes, strengths, grades, path and questions.

The model is flawed on purpose. `cards.txt` is the program's own output, kept so that no word or
figure of it changes unseen; most of it was read beside the model when it was written. What figures
should be is worked out by hand in the tests beside this one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tablewright import read_model
from tablewright.session import Session
from tablewright.verbs.grading import claim_verdicts, report_card, target_results
from tablewright.verbs.influences import influences
from value_lines import expect_lines, value_lines

MODEL = """
app: shop
region: us-east-1
scales: [1000, 20000]
targets: {monthly_cost: {1000: 1, 20000: 500}, grade: B, latency_p99_ms: 100}
needs: {transactions: yes, point_in_time_recovery: required}
entities:
  User:
    key: user_id
    attributes:
      user_id: uuid
      email: {type: email, unique: true, sensitive: true}
      history: {type: token, bytes: 6000}
      seen: timestamp
  Device:
    of: User
    count: 3
    key: device_id
    attributes: {device_id: uuid, user_id: ref(User), note: text(500), state: "enum(on, off)"}
patterns:
  profile: {get: User, by: user_id, select: [email], rate: 100/user/day}
  by_email: {get: User, by: email, select: [user_id], rate: 1/user/day}
  touch: {update: User, by: user_id, set: [seen], rate: 10/user/day (assumed)}
  devices: {list: Device, where: user_id, rate: 9/user/day}
  on: {list: Device, where: {state: on}, sort: -device_id, limit: 5, rate: 24/day}
  add: {put: Device, rate: 2/user/day}
  both:
    transact: [{put: User, if: absent}, {put: Device}]
    rate: 1/user/month
claims:
  cost: {says: one dollar, about: monthly_cost, users: 1000, value: 1}
  table: {says: half for devices, about: writes_cost, table: devices, users: 1000, value: 0.1}
  reads: {says: reads, about: rru_per_month, users: 1000, value: 100000}
  reads_of: {says: reads, about: reads_cost, table: devices, users: 1000, value: 0.001}
  index: {says: an index, about: index_bytes, users: 1000, value: 1000000}
  items: {says: items, about: table_bytes, table: users, users: 1000, value: 1000000}
  bytes: {says: bytes, about: storage_bytes, users: 1000, value: 1000000}
  user: {says: a cent, about: cost_per_user, users: 1000, value: 0.01}
  grade: {says: a B, about: grade, value: B}
  odd: {says: so, about: fact, verdict: holds, answer: it does}
accept: [{rule: DDB-REL-001, subject: devices, reason: they are added again}]
designs:
  d:
    engine: dynamodb
    tables:
      users:
        key: user_id
        items: User
        pitr: 35d
        deletion_protection: true
        indexes: {by_email: {key: email, project: all}}
      devices:
        key: device_id
        items: Device
        deletion_protection: false
        indexes: {by_user: {key: user_id, project: all}}
  rows:
    engine: postgresql
    tables:
      user: {of: User, primary_key: [user_id], indexes: {twice: [user_id]}}
      device: {of: Device, primary_key: [device_id]}
"""
DATA = (".why =", ".sources", ".title =")
"""What is copied from the catalogue of rules."""


def lines() -> Iterator[str]:
    session = Session(file=read_model(MODEL, "shop.yaml"))
    for design in session.designs:
        card = report_card(session, design)
        yield f"--- {design.name}"
        yield from value_lines(card)
        yield f"--- targets of {design.name}"
        for target in target_results(session, design, card):
            yield from value_lines(target, target.name)
    yield "--- claims"
    for verdict in claim_verdicts(session):
        yield from value_lines(verdict, verdict.claim.id)
    yield "--- influences"
    for influence in influences(session, session.designs[0]):
        yield from value_lines(influence)


def test_a_report_card_is_the_same_to_the_last_word() -> None:
    told = [line for line in lines() if not any(part in line for part in DATA)]
    expect_lines(Path(__file__).with_name("cards.txt"), told)
