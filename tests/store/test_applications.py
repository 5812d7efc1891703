"""The five applications: every pattern of each runs on a store that was filled with samples."""

from __future__ import annotations

import pytest

from applications import session_of
from tablewright.model.values import Verb
from tablewright.store.failures import ConditionFailed, NotFound
from tablewright.store.opening import fill_store, open_store

from .arguments import USERS, arguments_of, workload_of

ON_DYNAMODB = {
    "llm-proxy": "recommended",
    "screen-time-journey": "recommended",
    "mongocollectibles": "recommended",
    "poafix": "dynamodb",
    "auxeira": "recommended",
}


def cases() -> list[object]:
    on_server = [pytest.mark.needs_server, pytest.mark.slow]
    return [
        *(pytest.param(app, design, id=app) for app, design in ON_DYNAMODB.items()),
        *(
            pytest.param(app, "postgresql", id=f"{app}-postgresql", marks=on_server)
            for app in ON_DYNAMODB
        ),
        pytest.param("poafix", "recommended", id="poafix-mongodb", marks=on_server),
    ]


@pytest.mark.parametrize(("app", "design"), cases())
def test_every_pattern_of_an_application_can_be_called(app: str, design: str) -> None:
    session = session_of(app)
    model = session.model
    with open_store(session, design=design, target="memory") as store:
        assert fill_store(store, session, USERS) > 0
        workload = workload_of(model)
        world = workload.world
        for pattern in sorted(model.patterns, key=lambda each: each.verb.is_write):
            if store.refusal(pattern.name) or pattern.verb is Verb.SEARCH:
                continue
            call = workload.call(pattern)
            arguments = arguments_of(store.signature(pattern.name), call)
            try:
                answer = store.call(pattern.name, arguments)
            except (ConditionFailed, NotFound):
                # states drawn for the call and the time of the samples: see the tests of the shop
                assert pattern.verb.is_write, pattern.name
                continue
            if pattern.verb is Verb.GET and call.number is not None and not call.is_missed:
                key = model.entity(pattern.entity).key
                row = world.row(pattern.entity, call.number)
                values = {name: getattr(answer, name) for name in key}
                assert pattern.select or None not in values.values()
                assert all(value in (None, row[name]) for name, value in values.items())
            elif pattern.verb is Verb.LIST and not pattern.skip:
                expected = world.answer(pattern, call.tests).numbers
                limit = pattern.limit or len(expected)
                assert len(answer) == min(limit, len(expected)), pattern.name
        assert store.bill.calls >= len(store.patterns) - 3
