"""The estimate for a population that exists: a cut list evaluates the entries that come first."""

from __future__ import annotations

from decimal import Decimal

from tablewright import read_model
from tablewright.sample.sample import Sample
from tablewright.session import Options, Session
from tablewright.verbs.population import population

MODEL = """\
app: notes
region: us-east-1
scales: [4]
entities:
  Owner: {key: id, attributes: {id: uuid}}
  Note:
    of: Owner
    key: [id, made]
    count: 30
    attributes: {made: timestamp, body: {type: text, bytes: {low: 100, high: 9000}}}
patterns:
  newest: {list: Note, where: id, sort: -made, limit: 3, rate: 1/user/day}
designs:
  one: {engine: dynamodb, tables: {notes: {key: [id, made], items: Note}}}
"""


def test_the_newest_of_each_owner_are_what_a_limit_leaves():
    session = Session(file=read_model(MODEL, "notes.yaml"), options=Options())
    design = session.design("one")
    route = population(session, design, 4).route("newest")  # type: ignore[arg-type]
    rows = list(Sample(session.model).rows("Note", 0, 120, 4))
    units = Decimal(0)
    for owner in {row["id"] for row in rows}:
        own = sorted((r for r in rows if r["id"] == owner), key=lambda r: r["made"], reverse=True)
        # id 2 + 36, made 4 + its text, body 4 + its text, in the three that come first.
        size = sum(46 + len(r["made"]) + len(r["body"].encode()) for r in own[:3])
        units += Decimal(-(-size // 4096)) / 2
    assert route.units("read").mean == units / 4
