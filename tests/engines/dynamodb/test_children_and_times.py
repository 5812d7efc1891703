"""A child that declares its parent's key, and the beginning of a time: worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.session import Options, Session
from tablewright.verbs.explain import example_requests

LOGS = """
app: logs
region: us-east-1
scales: [10]
horizon: 365d
entities:
  Device: {key: device_id, attributes: {device_id: id(7)}}
  Log:
    of: Device
    key: [device_id, at]
    count: COUNT
    attributes: {device_id: id(7), at: timestamp, body: text(900)}
patterns:
  all: {list: Log, where: device_id, all: true, rate: 1/Device/day}
  day: {list: Log, where: {device_id: given, at: {begins_with: 0.3%}}, rate: 1/Device/day}
  month: {list: Log, where: {device_id: given, at: {begins_with: 8%}}, rate: 1/Device/day}
designs:
  d:
    engine: dynamodb
    tables:
      devices: {key: device_id, items: Device}
      logs: {key: [device_id, at], items: Log}
"""


def session_of(count: str) -> Session:
    return Session(file=read_model(LOGS.replace("COUNT", count)), options=Options())


def test_a_child_that_declares_its_parents_key_is_found_under_it() -> None:
    # 9 + 7 of the device, 2 + 24 of the time, 4 + 900 of the body: 946 B. 1,000 of them are 231
    # blocks of 4 KB, at half a unit.
    route = session_of("1000").evaluate("d").route("all")
    assert (route.operation, route.matched) == ("query", 1000)
    assert route.units("read").mean == Decimal("115.5")


@pytest.mark.parametrize(("pattern", "characters"), [("day", 10), ("month", 7)])
def test_a_share_of_a_year_is_the_beginning_of_times_that_holds_as_much(
    pattern: str, characters: int
) -> None:
    # 0.3 % of 365 days is 1.1 days, 2025-03-04; 8 % are 29 days, 2025-03
    session = session_of("4/day")
    (request,) = example_requests(session, session.evaluate("d"), pattern)
    assert request.template["KeyConditionExpression"].endswith("begins_with(#at, :at)")
    assert len(request.template["ExpressionAttributeValues"][":at"]["S"]) == characters
