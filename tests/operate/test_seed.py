"""Seeding: the same items each time, nothing lost or doubled whatever happens on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import tablewright
from dynamo_proofs import dynamo_design, fill
from operate.faulty import Fault, Faulty, interrupt, refuse, vanish
from tablewright import load
from tablewright.core.backoff import RETRIES
from tablewright.core.errors import EngineError, UsageError
from tablewright.engines.dynamodb.adapter import DynamoAdapter
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.provisioning import apply_up, plan_up
from tablewright.engines.dynamodb.transport import (
    EndpointError,
    LocalTransport,
    Reply,
    RequestFailedError,
)
from tablewright.local.database import Database
from tablewright.operate.records import apply_records
from tablewright.operate.seed import Position, apply_seed, by_dependence
from tablewright.sample.sample import Sample
from tablewright.session import Options, Session
from tablewright.verbs.population import population, seed_plan

SHOP = Path(__file__).parents[1] / "data" / "shop.yaml"
USERS = 12


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(load(SHOP), Options())


@pytest.fixture(scope="module")
def design(session: Session) -> DynamoDesign:
    return dynamo_design(session, "multi")


@pytest.fixture
def database(session: Session, design: DynamoDesign) -> Iterator[Database]:
    with Database(clock=lambda: 1.0) as made:
        apply_up(plan_up(session.model, design, {}), LocalTransport(made), lambda text: None)
        yield made


@pytest.fixture(scope="module")
def whole(session: Session, design: DynamoDesign) -> dict[str, list[Any]]:
    """What an uninterrupted seeding writes."""
    with Database(clock=lambda: 1.0) as made:
        apply_up(plan_up(session.model, design, {}), LocalTransport(made), lambda text: None)
        fill(session, design, LocalTransport(made), USERS)
        return content(made, design)


def content(database: Database, design: DynamoDesign) -> dict[str, list[Any]]:
    found = {}
    for table in design.tables:
        items = []
        request: dict[str, Any] = {"TableName": table.name}
        while True:
            body = database.call("Scan", request)
            items += body["Items"]
            if "LastEvaluatedKey" not in body:
                break
            request["ExclusiveStartKey"] = body["LastEvaluatedKey"]
        found[table.name] = sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    return found


def sow(session: Session, design: DynamoDesign, transport: Any, keep: Path | None = None) -> int:
    """Seed without waiting between repetitions."""
    evaluation = population(session, design, USERS)
    sample = Sample(session.model)
    plan = seed_plan(session, design, evaluation)
    fresh = Position(digest="d", design=design.name, users=USERS, seed=1)
    adapter = DynamoAdapter(session.model, design, transport, sleep=lambda seconds: None)
    position = Position.load(keep, fresh) if keep else fresh
    return apply_seed(plan, adapter, sample, position=position, keep=keep)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (refuse("ExpiredTokenException"), RequestFailedError),
        (refuse("ResourceNotFoundException"), RequestFailedError),
        (vanish, EndpointError),
        (interrupt, KeyboardInterrupt),
    ],
    ids=["expired credentials", "table gone", "endpoint gone", "Ctrl-C"],
)
def test_seeding_goes_on_where_it_was_stopped(
    session: Session,
    design: DynamoDesign,
    database: Database,
    whole: dict[str, list[Any]],
    tmp_path: Path,
    fault: Fault,
    error: type[BaseException],
) -> None:
    keep = tmp_path / "position.json"
    with pytest.raises(error):
        sow(session, design, Faulty(database, "BatchWriteItem", {3: fault}), keep)
    # two batches were acknowledged before the third failed
    assert sum(json.loads(keep.read_text())["done"].values()) >= 26
    held = sum(len(items) for items in content(database, design).values())
    written = sow(session, design, LocalTransport(database), keep)
    assert content(database, design) == whole
    assert held + written == sum(len(items) for items in whole.values())


def test_expired_credentials_say_how_to_go_on(
    session: Session, design: DynamoDesign, database: Database
) -> None:
    faulty = Faulty(database, "BatchWriteItem", {1: refuse("ExpiredTokenException")})
    with pytest.raises(RequestFailedError) as caught:
        sow(session, design, faulty)
    assert "sign in again" in caught.value.remedy


def test_unprocessed_items_are_sent_again(
    session: Session, design: DynamoDesign, database: Database, whole: dict[str, list[Any]]
) -> None:
    def half(operation: str, parameters: Mapping[str, Any]) -> Reply:
        ((table, writes),) = parameters["RequestItems"].items()
        first, rest = writes[: len(writes) // 2], writes[len(writes) // 2 :]
        LocalTransport(database).send(operation, {"RequestItems": {table: first}})
        return Reply({"UnprocessedItems": {table: rest}})

    sow(session, design, Faulty(database, "BatchWriteItem", {2: half, 3: half, 5: half}))
    assert content(database, design) == whole


def test_throttling_is_waited_out_and_given_up_with_advice(
    session: Session, design: DynamoDesign, database: Database, whole: dict[str, list[Any]]
) -> None:
    slow = refuse("ProvisionedThroughputExceededException")
    for_ever = Faulty(database, "BatchWriteItem", dict.fromkeys(range(2, 100), slow))
    with pytest.raises(EngineError) as caught:
        sow(session, design, for_ever)
    assert for_ever.calls == 2 + RETRIES
    assert "--units-per-second" in caught.value.remedy
    sow(session, design, Faulty(database, "BatchWriteItem", {1: slow, 2: slow, 4: slow}))
    assert content(database, design) == whole


def test_a_budget_of_units_is_kept(
    session: Session, design: DynamoDesign, database: Database
) -> None:
    slept: list[float] = []
    evaluation = population(session, design, USERS)
    sample = Sample(session.model)
    adapter = DynamoAdapter(
        session.model,
        design,
        LocalTransport(database),
        units_per_second=Decimal(100),
        sleep=slept.append,
        clock=lambda: sum(slept),
    )
    position = Position(digest="d", design=design.name, users=USERS, seed=1)
    plan = seed_plan(session, design, evaluation)
    apply_seed(plan, adapter, sample, position=position)
    # On a clock that only sleeping moves, as many seconds pass as there are hundreds of units.
    scanned = [database.call("DescribeTable", {"TableName": t.name}) for t in design.tables]
    least = sum(body["Table"]["ItemCount"] for body in scanned)
    assert sum(slept) >= least / 100


def test_parents_come_before_children_and_references(session: Session) -> None:
    order = by_dependence(session.model)
    for entity in session.model.entities:
        needed = [entity.parent, *(a.to for a in entity.attributes)]
        for one in needed:
            if one is not None:
                assert order.index(one.partition(".")[0]) <= order.index(entity.name)


@pytest.mark.slow
def test_a_killed_process_loses_and_doubles_nothing(
    design: DynamoDesign, whole: dict[str, list[Any]], tmp_path: Path
) -> None:
    model = tmp_path / "tablewright.yaml"
    model.write_text(SHOP.read_text())
    command = [sys.executable, "-m", "tablewright"]
    target = [str(model), "--design", "multi"]
    env = {**os.environ, "PYTHONPATH": str(Path(tablewright.__file__).parents[1])}
    subprocess.run([*command, "up", *target], check=True, capture_output=True, env=env)
    many = [*target, "--users", "300"]
    process = subprocess.Popen(
        [*command, "seed", *many],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=env,
    )
    keep = tmp_path / ".tablewright" / "multi.seed.json"
    until = time.monotonic() + 60
    while not keep.exists() and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = sum(json.loads(keep.read_text())["done"].values())
    again = subprocess.run(
        [*command, "seed", *many, "--json"], check=True, capture_output=True, env=env, text=True
    )
    told = json.loads(again.stdout)
    assert 0 < done < told["items"]
    assert told["written"] <= told["items"] - done + 40 * 25
    with Database(tmp_path / ".tablewright" / "multi.db") as database:
        counts = {name: len(items) for name, items in content(database, design).items()}
    session = Session(load(SHOP), Options())
    plan = seed_plan(session, design, population(session, design, 300))
    wanted: dict[str, int] = {}
    for part in plan.parts:
        wanted[part.table] = wanted.get(part.table, 0) + part.count
    assert counts == wanted


# ---------------------------------------------------------------- the user's own data


RECORDS = [
    {"customer_id": "c1", "email": "a@example.org", "name": "Ada"},
    {"customer_id": "c2", "email": "b@example.org", "name": "Bo"},
]


@pytest.mark.parametrize("form", ["json", "ndjson", "csv"])
def test_own_records_are_loaded(
    session: Session, design: DynamoDesign, database: Database, tmp_path: Path, form: str
) -> None:
    path = tmp_path / f"customers.{form}"
    if form == "json":
        path.write_text(json.dumps(RECORDS))
    elif form == "ndjson":
        path.write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    else:
        rows = [",".join(record.values()) for record in RECORDS]
        path.write_text("\n".join([",".join(RECORDS[0]), *rows]) + "\n")
    adapter = DynamoAdapter(session.model, design, LocalTransport(database))
    apply_records(adapter, session.model, design.name, "Customer", path)
    table = next(t.name for t in design.tables if t.shapes_of("Customer"))
    items = database.call("Scan", {"TableName": table})["Items"]
    held = {item["customer_id"]["S"]: item.get("name") for item in items if "customer_id" in item}
    assert held["c1"] == {"S": "Ada"}
    assert held["c2"] == {"S": "Bo"}


def test_a_record_without_its_key_is_named_and_nothing_is_written(
    session: Session, design: DynamoDesign, database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "customers.ndjson"
    path.write_text('{"customer_id": "c1"}\n{"name": "nobody"}\n')
    adapter = DynamoAdapter(session.model, design, LocalTransport(database))
    with pytest.raises(UsageError, match=r"customers\.ndjson:2: `customer_id` is missing"):
        apply_records(adapter, session.model, design.name, "Customer", path)
    assert all(not items for items in content(database, design).values())
