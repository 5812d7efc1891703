"""A split that saves little is not worth a round trip.

A note is `nid` 3 + 36, `owner` 5 + 12, `seen` 4 + 4, `text` 4 + 3,000: 3,068 B, three write units;
without the text one. It is listed whole, by its owner.
"""

from __future__ import annotations

import pytest

from tablewright import Options, Session, read_model
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.verbs.plan import plan

NOTES = """
app: notes
region: us-east-1
scales: [1000]
options: {capacity: on-demand}
entities:
  Note:
    key: nid
    count: 3/user
    attributes:
      nid: uuid
      owner: {type: id, distinct: 1000, immutable: true}
      seen: int(0..999999)
      text: {type: text, bytes: 3000}
patterns:
  own: {list: Note, where: owner, rate: 1/user/day, purpose: PURPOSE}
  see: {update: Note, by: nid, set: seen, rate: RATE/user/day}
"""


def tables(rate: str, purpose: str = "online") -> int:
    text = NOTES.replace("RATE", rate).replace("PURPOSE", purpose)
    design = plan(Session(file=read_model(text), options=Options()), explained=False).design
    assert isinstance(design, DynamoDesign)
    return len(design.tables)


@pytest.mark.parametrize(
    ("rate", "kept_apart"),
    [
        # 1,000 users x 9 a day x 30.42 days x 2 units less x 0.625 USD a million = 0.34 USD
        ("9", False),
        # x 90 a day 3.42 USD, of some 5 in all
        ("90", True),
    ],
)
def test_a_round_trip_more_has_to_save_a_dollar_and_a_hundredth(rate, kept_apart):
    assert tables(rate) == 1 + kept_apart


def test_small_savings_are_small_together():
    # Three kinds of notes are seen 9 times a day: 0.34 USD saved by each split, 1.03 by all. Two
    # are given up, 0.68 USD; the third would make it more than 1 USD.
    head, _, rest = NOTES.partition("entities:\n")
    entity, _, patterns = rest.partition("patterns:\n")
    for place in range(1, 3):
        entity += rest.partition("patterns:\n")[0].replace("Note:", f"Note{place}:")
        more = rest.partition("patterns:\n")[2].replace("Note,", f"Note{place},")
        patterns += more.replace("own:", f"own{place}:").replace("see:", f"see{place}:")
    text = f"{head}entities:\n{entity}patterns:\n{patterns}"
    text = text.replace("RATE", "9").replace("PURPOSE", "online")
    design = plan(Session(file=read_model(text), options=Options()), explained=False).design
    assert isinstance(design, DynamoDesign)
    assert len(design.tables) == 3 + 1


def test_where_nobody_waits_a_round_trip_costs_nothing():
    assert tables("9", "batch") == 2
