"""A migration keeps to its rate, gives way to throttling, and puts aside what is refused."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from migrate.test_migration import ANN, BILL, FILE, WHOLE, contents, database, fill
from tablewright.core.errors import EngineError
from tablewright.design.migrations import Answer, MigrationRate, MoveDecision
from tablewright.engines.dynamodb.adapter import DynamoAdapter
from tablewright.engines.dynamodb.design import CapacityMode, ModeKind
from tablewright.engines.dynamodb.transport import LocalTransport
from tablewright.evaluation.doors import RecordRefusedError
from tablewright.local.database import Database
from tablewright.local.realism import RealismOptions, RealismState
from tablewright.migrate.transform import Transform
from tablewright.operate.migration import Migration
from tablewright.operate.pace import Pace, source_pace
from tablewright.operate.staging import Staging


def moved(source, target, path, rate=None, answers=()):
    transform = Transform(FILE.model, source.codec, target.codec, tuple(answers))
    return Migration(source, target, transform, Staging(path / "staging.db"), rate=rate)


def test_a_rate_is_kept_by_pauses():
    pauses = []
    pace = Pace(limit=100, sleep=pauses.append)

    pace.after(50, 0.1, is_throttled=False)  # 50 units are 0.5 s at 100 a second
    pace.after(10, 1.0, is_throttled=False)  # slower than allowed already

    assert pauses == [pytest.approx(0.4)]


def test_a_share_of_the_time_is_kept_where_no_units_are_counted():
    pauses = []

    Pace(share=0.2, sleep=pauses.append).after(1000, 0.5, is_throttled=False)

    assert pauses == [pytest.approx(2.0)]  # 0.5 s of 2.5 s are 20 %


def test_throttling_halves_what_was_reached_and_it_comes_back_by_twentieths():
    pace = Pace(limit=1000, sleep=lambda seconds: None)

    pace.after(100, 0.2, is_throttled=True)  # 500 a second were reached
    assert pace.allowed == 250
    pace.after(100, 1, is_throttled=False)
    assert pace.allowed == pytest.approx(262.5)
    for _ in range(100):
        pace.after(100, 1, is_throttled=False)
    assert pace.allowed == 1000


def test_a_share_of_a_table_is_of_its_read_capacity():
    source = database("apart")  # on-demand: a new table serves 12,000 read units a second

    assert source_pace(MigrationRate(share=Decimal("0.2")), source, ["users"]).limit == 2400


def test_a_share_of_a_provisioned_table_is_of_what_it_is_provisioned_with():
    """60 read units a second: a fifth are 12."""
    design = FILE.design("apart")
    provisioned = CapacityMode(kind=ModeKind.PROVISIONED, rcu=Decimal(60), wcu=Decimal(5))
    tables = tuple(replace(table, mode=provisioned) for table in design.tables)
    source = DynamoAdapter(FILE.model, replace(design, tables=tables), LocalTransport(Database()))
    for step in source.plan_provision().steps:
        source.provision(step, lambda text: None)

    assert source_pace(MigrationRate(share=Decimal("0.2")), source, ["users"]).limit == 12


def throttling(design_name, error, share):
    design = FILE.design(design_name)
    options = RealismOptions(seed=3, errors={"BatchWriteItem": {error: share}})
    pauses = []
    engine = Database()
    engine.realism = RealismState(engine.engine, options)
    adapter = DynamoAdapter(FILE.model, design, LocalTransport(engine), sleep=pauses.append)
    for step in adapter.plan_provision().steps:
        adapter.provision(step, lambda text: None)
    return adapter, pauses


@pytest.mark.parametrize("error", ["ProvisionedThroughputExceededException", "ThrottlingException"])
def test_everything_arrives_although_half_of_the_writes_are_throttled(error, tmp_path):
    source = database("apart")
    fill(source)
    target, pauses = throttling("together", error, 0.5)
    move = moved(source, target, tmp_path)
    move.check()
    pace = move._writing.pace
    pace.sleep = lambda seconds: None

    move.write()

    assert contents(target) == WHOLE
    assert target.throttled > 0
    assert pauses  # the transport waited before it sent them again
    assert pace.throttled > 0
    assert move.verify().is_clean


def test_a_target_that_throttles_for_good_ends_the_run_and_the_next_goes_on(tmp_path):
    source = database("apart")
    fill(source)
    target, _ = throttling("together", "ThrottlingException", 1.0)
    move = moved(source, target, tmp_path)
    move.check()

    with pytest.raises(EngineError, match="capacity"):
        move.write()


class Refusing:
    """A target that refuses the records of one user."""

    def __init__(self, inner, user):
        self.inner, self.user = inner, user

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def bulk_write(self, records):
        records = list(records)
        if any(record.content.get("user_id") == {"S": self.user} for record in records):
            raise RecordRefusedError("a rule of the server")
        return self.inner.bulk_write(records)


def test_a_refused_instance_stops_the_run_and_is_named(tmp_path):
    source = database("apart")
    fill(source, orders=())
    move = moved(source, Refusing(database("apart"), "u2"), tmp_path)
    move.check()

    with pytest.raises(RecordRefusedError, match=r'refuses User \["u2"\]: a rule') as raised:
        move.write()
    assert "refused: quarantine" in raised.value.remedy


def test_a_refused_instance_goes_to_quarantine_with_the_reason_where_that_is_decided(tmp_path):
    source = database("apart")
    fill(source, users=(BILL, ANN), orders=())
    target = database("apart")
    answer = Answer(place="User", kind="refused", action=MoveDecision.QUARANTINE)
    move = moved(source, Refusing(target, "u2"), tmp_path, answers=[answer])
    move.check()

    move.write()

    ((place, identity, reason, _),) = move.staging.quarantined()
    assert (place, identity) == ("User", '["u2"]')
    assert "a rule of the server" in reason
    assert contents(target) == {("User", ("u1",)): BILL}
    assert move.verify().is_clean
