"""A put that is refused where its instance is there, and the keys a plan may choose for it.

A message is `room` 4 + 12, `mid` 3 + 26, `body` 4 + 300: 349 B, one write unit. Its table may be
keyed by room and message, for nobody else makes up the same ULID; it needs no index then.
"""

from __future__ import annotations

import pytest

from tablewright import read_model
from tablewright.engines.dynamodb.design import dynamo
from tablewright.session import Options, Session
from tablewright.verbs.plan import plan

ROOMS = """\
app: rooms
region: us-east-1
scales: [1000]
options: {capacity: on-demand}
entities:
  Room: {key: room, attributes: {room: id(12), name: text(20)}}
  Message:
    of: Room
    key: mid
    count: 200
    attributes: {mid: KIND, body: text(300)}
patterns:
  send: {put: Message, if: absent, SETS rate: 4000/user/day}
  latest: {list: Message, where: room, sort: -mid, limit: 20, rate: 10/user/day}
  room: {get: Room, by: room, rate: 1/user/day}
"""


def tables(kind: str, sets: str = "") -> list[tuple[str, str | None, int]]:
    text = ROOMS.replace("KIND", kind).replace("SETS", sets)
    result = plan(Session(read_model(text), Options(sample_items=32)), explained=False)
    return [
        (table.partition_key, table.sort_key, len(table.indexes))
        for table in dynamo(result.design).tables
        if table.shapes[0].entity == "Message"
    ]


@pytest.mark.parametrize(
    ("kind", "sets"), [("ulid", ""), ("uuid", ""), ("id(26)", "set: {mid: generated},")]
)
def test_ids_that_are_made_up_may_lie_under_their_parent(kind: str, sets: str) -> None:
    # 4,000 x 1,000 x 30.4 = 122 M puts a month, one write unit each where an index makes it two
    assert tables(kind, sets) == [("room", "mid", 0)]


@pytest.mark.parametrize("kind", ["username", "id(26)", "email"])
def test_what_a_caller_names_is_refused_whichever_parent_has_it(kind: str) -> None:
    # `of: Room` with `room` in the key, the second room would take the same name again
    assert tables(kind) == [("mid", None, 1)]
