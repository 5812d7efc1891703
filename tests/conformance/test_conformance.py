"""Our engine, in process, against the cases."""

import json

import pytest

from tablewright.local.database import Database
from tablewright.local.faults import Fault
from tablewright.local.operations import names

from .runner import Case, all_cases, differences

LATER = {
    "BatchExecuteStatement",
    "DescribeContinuousBackups",
    "DescribeTimeToLive",
    "ExecuteStatement",
    "ExecuteTransaction",
    "ListStreams",
    "UpdateTable",
    "UpdateTimeToLive",
} - set(names())


def missing_operations(case: Case) -> list[str]:
    """Return the operations of a case that are planned and not written yet."""
    return sorted({name for step in case.steps for name in step if name in LATER})


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.id)
def test_the_engine_answers_as_the_documents_promise(case: Case):
    if missing := missing_operations(case):
        pytest.skip(f"not there yet: {', '.join(missing)}")
    with Database() as database:

        def call(operation, request):
            body = request if isinstance(request, str) else json.dumps(request)
            try:
                return 200, json.loads(database.call_raw(operation, body.encode()))
            except Fault as fault:
                return fault.status, fault.body()

        assert differences(case, call) == []


def test_case_names_are_unique():
    ids = [case.id for case in all_cases()]
    assert len(ids) == len(set(ids))
