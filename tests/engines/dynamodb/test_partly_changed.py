"""An update that often leaves an attribute as it is writes that attribute's old size then."""

from __future__ import annotations

from decimal import Decimal

from tablewright import read_model
from tablewright.session import Options, Session

MODEL = """\
app: notes
region: us-east-1
scales: [64]
entities:
  Note:
    key: id
    count: 1/user
    attributes: {id: uuid, version: counter, body: {type: text, bytes: {low: 500, high: 8000}}}
patterns:
  all: {update: Note, by: id, set: [body], rate: 1/user/day}
  half: {update: Note, by: id, set: [body], changes: {body: 50%}, rate: 1/user/day}
  none: {update: Note, by: id, increment: version, rate: 1/user/day}
designs:
  one: {engine: dynamodb, tables: {notes: {key: id, items: Note}}}
"""


def units(session: Session, pattern: str) -> Decimal:
    (request,) = session.evaluate("one").route(pattern).requests
    return sum((use.units.mean for use in request.uses), Decimal(0))


def test_half_of_the_writes_take_the_larger_of_two_sizes_and_half_the_one() -> None:
    # Bodies are even between 0.5 and 8 KB. A write that changes one takes the larger of two, on
    # average 0.5 + 7.3 x 2/3 = 5.4 KB; one that does not takes the size there is, 4.2 KB, as a
    # write of the version does. The mean of both is what is charged where half change.
    session = Session(read_model(MODEL, "notes.yaml"), Options(sample_items=256))
    changed, same = units(session, "all"), units(session, "none")
    assert changed - same > Decimal("0.9")
    assert units(session, "half") == (changed + same) / 2
