"""A whole comparison, value by value: every option, board, ruling, sensitivity and move of it.

The model has two deployment options, one flat and one by use, and asks for what not all can do.
`comparison.txt` is the program's own output, kept so that no word or figure of it changes unseen;
its first part was read when it was written. What figures should be is worked out by hand in the
tests beside this one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tablewright import read_model
from tablewright.compare import comparison
from tablewright.session import Session
from tablewright.verbs.compare import compare
from value_lines import expect_lines, value_lines

MODEL = """
app: notes
region: us-east-1
scales: [1000, 100000]
targets: {monthly_cost: {1000: 5}, availability: 99.9, latency_p99_ms: 50}
needs: {transactions: yes, ad_hoc_queries: preferred, geo: no, high_availability: required}
options: {ownership: {hour_usd: 50}, weights: {cost: 3}}
entities:
  Note:
    key: id
    count: 1/user
    attributes: {id: uuid, text: text(100), place: geo, at: timestamp, n: counter}
patterns:
  read: {get: Note, by: id, rate: 10/user/day}
  add: {put: Note, rate: 1/user/day (assumed)}
  count: {update: Note, by: id, increment: n, rate: 2/user/day}
  find: {search: Note, where: text, rate: 1/user/day}
  near: {near: Note, radius_km: 5, rate: 1/user/day}
claims:
  K1: {says: cheap, about: monthly_cost, design: usual, users: 1000, value: 0.1}
designs:
  usual: {engine: dynamodb, tables: {notes: {key: id, items: {Note: {}}}}}
architectures:
  flat: {title: One machine, components: {box: {price: aws.ec2.t3.large, quantity: hours}}}
  by-use: {title: By use, components: {calls: {price: aws.api-gateway.http, quantity: requests}}}
"""
DATA = (".offering.cells", ".cell.", ".resources[")
"""What is read from our tables of data and not worked out."""


def test_a_comparison_is_the_same_to_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "architectures_for", lambda app: ())
    found = compare(Session(file=read_model(MODEL, "notes.yaml")))
    lines = [line for line in value_lines(found) if not any(part in line for part in DATA)]
    expect_lines(Path(__file__).with_name("comparison.txt"), lines)
