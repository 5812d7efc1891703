"""Inputs of every kind: each is answered or refused, and the server goes on."""

from __future__ import annotations

import pytest
from fuzz_target import input_of, run

from tablewright.local import operations
from tablewright.local.operations import get_item

SHARDS = 20
INPUTS = 1_000_000


def test_some_inputs_of_every_kind_are_answered_or_refused():
    target = run(4_000, seed=0)
    # both happen often: inputs are neither all nonsense nor all good
    assert target.answered > 300
    assert target.refused > 1_000


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_million_inputs_are_answered_or_refused(shard):
    run(INPUTS // SHARDS, seed=1, first=shard * (INPUTS // SHARDS))


def test_an_input_depends_on_its_seed_and_number_alone():
    assert [input_of(3, number) for number in range(50)] == [
        input_of(3, number) for number in range(50)
    ]
    assert input_of(3, 1) != input_of(4, 1)
    kinds = {input_of(0, number).operation for number in range(3_000)}
    assert {None, "SearchVectors", "ExecuteStatement", "UpdateItem", "Nonsense"} <= kinds


def test_an_answer_of_500_is_noticed(monkeypatch):
    def broken(engine, request, meter):
        raise TypeError("planted")

    monkeypatch.setattr(get_item, "run", broken)
    operations.find.cache_clear()
    try:
        with pytest.raises(AssertionError, match=r"seed 0, input \d+: GetItem .*planted"):
            run(400, seed=0)
    finally:
        monkeypatch.undo()
        operations.find.cache_clear()
