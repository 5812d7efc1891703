"""The latest of those that have an optional time: an index that holds only them, if they suffice.

100,000 cases, a tenth of them closed, are spread over 10 clerks: 1,000 closed ones for each. The
last 20 are in an index by clerk and time of closing. A case is `cid` 3 + 36, `clerk` 5 + 8,
`closed_at` 9 + 24, `text` 4 + 400: 489 B. Without the time in its key an index by clerk would read
all 10,000 of a clerk: 10,000 x 489 B in 4 KB blocks x 0.5 are some 600 units a call.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.session import Options, Session
from tablewright.verbs.plan import plan

CASES = """\
app: cases
region: us-east-1
scales: [100]
options: {capacity: on-demand}
entities:
  Case:
    key: cid
    count: 100000 total
    attributes:
      cid: uuid
      clerk: {type: id, bytes: 8, distinct: 10}
      closed_at: {type: timestamp, presence: 10%}
      text: text(400)
patterns:
  lastClosed: {list: Case, where: clerk, SORT, rate: 100/user/day}
  close: {update: Case, by: cid, set: closed_at, rate: 1/user/day}
"""


def planned(sort: str) -> tuple[str, Decimal]:
    result = plan(Session(read_model(CASES.replace("SORT", sort)), Options()), explained=False)
    [reading] = [each for each in result.patterns if each.pattern == "lastClosed"]
    return reading.target, reading.usd


def test_the_latest_are_read_from_an_index_of_those_that_have_the_time() -> None:
    # 20 entries of 489 B are 3 blocks, 1.5 units: 304,167 calls x 1.5 x 0.125 / 1 M = 0.057
    target, usd = planned("sort: -closed_at, limit: 20")
    assert target.endswith("clerk-closed_at-index")
    assert Decimal("0.056") < usd < Decimal("0.058")


@pytest.mark.parametrize(
    "sort",
    [
        "sort: closed_at, limit: 20",  # those that lack it come first, and are not in the index
        "sort: -closed_at, limit: 2000",  # of 1,000 that have it the list goes on to others
        "sort: -closed_at",
    ],
)
def test_where_those_that_lack_it_are_asked_for_too_they_have_to_be_there(sort: str) -> None:
    target, usd = planned(sort)
    assert not target.endswith("closed_at-index")
    assert usd > 3
