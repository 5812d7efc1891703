"""An update of what no table and no collection keeps writes nothing, and the route says so."""

from __future__ import annotations

import pytest

from tablewright import read_model
from tablewright.session import Options, Session

TEXT = """\
app: jobs
region: eu-west-1
scales: [10]
entities:
  Job: {key: id, count: 1000/user, attributes: {id: uuid, n: counter}}
patterns:
  count: {update: Job, by: id, increment: n, rate: 1/user/day}
designs:
  table_without:
    engine: postgresql
    tables: {jobs: {holds: Job, columns: {id: uuid}, primary_key: id}}
  table_with:
    engine: postgresql
    tables: {jobs: {holds: Job, columns: {id: uuid, n: integer}, primary_key: id}}
  documents_without:
    engine: mongodb
    collections: {jobs: {holds: Job, attributes: [id]}}
  documents_with:
    engine: mongodb
    collections: {jobs: {holds: Job, attributes: [id, n]}}
"""


@pytest.mark.parametrize(
    ("design", "rows", "warnings"),
    [
        ("table_without", 0, ("nothing is written: no table keeps n",)),
        ("table_with", 1, ()),
        ("documents_without", 0, ("nothing is written: no collection keeps n",)),
        ("documents_with", 1, ()),
    ],
)
def test_only_what_is_kept_is_written(design: str, rows: int, warnings: tuple[str, ...]) -> None:
    # a job is found by its key: with a place for n a call writes that one row
    session = Session(file=read_model(TEXT, "jobs.yaml"), options=Options(sample_items=64))
    (route,) = session.evaluate(design, 10).routes
    uses = [use for request in route.requests for use in request.uses]
    written = [use.units.mean for use in uses if (use.resource, use.dimension) == ("jobs", "write")]
    assert sum(written) == rows
    assert sum(request.calls for request in route.requests) == rows
    assert route.warnings == warnings
    assert route.is_served
