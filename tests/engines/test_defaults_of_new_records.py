"""A new record takes one entry in each index, also where an attribute starts with a stated value.

Nothing is removed: there was no record before. A change of an indexed value takes one entry out
and puts one in.
"""

from __future__ import annotations

import pytest

from tablewright import read_model
from tablewright.engines.servers.sizing import ServerEvaluation
from tablewright.session import Session

MODEL = """
app: notes
region: us-east-1
scales: [1000]
entities:
  Note:
    key: id
    count: 30/user
    attributes: {id: uuid, owner: uuid, read: bool, body: text(100)}
patterns:
  stated: {put: Note, set: {read: false}, rate: 1/user/day}
  drawn: {put: Note, rate: 1/user/day}
  mark: {update: Note, by: id, set: {read: true}, if: {read: false}, rate: 1/user/day}
designs:
  m:
    engine: mongodb
    collections: {notes: {holds: Note, indexes: {by_read: {read: 1}, by_owner: {owner: 1}}}}
  p:
    engine: postgresql
    tables:
      notes:
        holds: Note
        indexes: {by_read: {columns: [read]}, by_owner: {columns: [owner]}}
"""


@pytest.mark.parametrize("design", ["m", "p"])
@pytest.mark.parametrize("pattern", ["stated", "drawn"])
def test_a_new_record_takes_one_entry_in_the_key_and_in_each_of_two_indexes(
    design: str, pattern: str
) -> None:
    evaluation = Session(read_model(MODEL)).evaluate(design)
    assert isinstance(evaluation, ServerEvaluation)
    work = evaluation.works[pattern]
    assert (work.row_writes, work.entry_writes) == (1, 3)


# MongoDB takes one entry out and puts one in; PostgreSQL writes a new version of the row with an
# entry in each of its three indexes, and leaves the old ones to vacuum.
@pytest.mark.parametrize(("design", "entries"), [("m", 2), ("p", 3)])
def test_a_changed_value_is_no_new_record(design: str, entries: int) -> None:
    evaluation = Session(read_model(MODEL)).evaluate(design)
    assert isinstance(evaluation, ServerEvaluation)
    work = evaluation.works["mark"]
    assert (work.row_writes, work.entry_writes) == (1, entries)
