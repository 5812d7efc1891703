"""A small model, proved; and spoilt in ways that a proof must notice."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from dynamo_proofs import dynamo_design, fill, proof_in_memory, prove_on, spend
from operate.faulty import Faulty, interrupt, refuse, vanish
from tablewright import apps, load, read_model
from tablewright.engines.dynamodb.decoding import Decoder
from tablewright.engines.dynamodb.provisioning import apply_up, plan_up
from tablewright.engines.dynamodb.requests import RequestBuilder
from tablewright.engines.dynamodb.steps import ReadStep
from tablewright.engines.dynamodb.transport import (
    EndpointError,
    LocalTransport,
    Reply,
    RequestFailedError,
)
from tablewright.evaluation.values import Measure
from tablewright.local.database import Database
from tablewright.proof.oracle import wrong
from tablewright.proof.stored import proof_data, proof_from_data
from tablewright.proof.values import PatternProof, Proof, UnitComparison
from tablewright.proof.workload import Workload
from tablewright.reports.prove import proof_page
from tablewright.reports.render.text import write_text
from tablewright.sample.parameters import ValueSource, domains
from tablewright.sample.sample import Sample
from tablewright.sample.world import Test as Condition
from tablewright.sample.world import World, distance_km
from tablewright.session import Options, Session
from tablewright.verbs.proofs import proof_view
from tablewright.verbs.prove import ProofRequest

USERS = 40
SMALL = Path(__file__).with_name("small.yaml")


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(load(SMALL), Options())


@pytest.fixture
def database() -> Iterator[Database]:
    with Database(clock=lambda: 1.0) as made:
        yield made


def prove(
    session: Session, transport: LocalTransport, spoil: Callable[[], None] = lambda: None
) -> Proof:
    design = dynamo_design(session)
    apply_up(plan_up(session.model, design, {}), transport, lambda text: None)
    fill(session, design, transport, USERS)
    spoil()
    return prove_on(session, design, transport, ProofRequest(users=USERS, requests=300))


def pattern(proof: Proof, name: str) -> PatternProof:
    return next(one for one in proof.patterns if one.pattern == name)


def test_a_search_for_words_is_not_run_even_where_an_index_has_the_whole_text(
    database: Database,
) -> None:
    text = """
        app: books
        region: us-east-1
        scales: [40]
        entities: {Book: {key: id, count: 3/user, attributes: {id: uuid, title: text(40)}}}
        patterns:
          book: {get: Book, by: id, rate: 1/user/day}
          find: {search: Book, by: title, rate: 1/user/day}
        designs:
          one:
            engine: dynamodb
            tables: {books: {key: id, items: Book, indexes: {by-t: {key: title, project: all}}}}
    """
    proof = prove(Session(read_model(dedent(text)), Options()), LocalTransport(database))
    book, find = pattern(proof, "book"), pattern(proof, "find")
    assert (bool(book.calls), book.cannot) == (True, "")
    assert (find.calls, find.requests) == (0, 0)
    assert "none finds words in a text" in find.cannot
    page = write_text(proof_page(proof_view(proof, is_stale=False)), width=100)
    assert "Proved, but for 1 that cannot be served:" in page


def test_a_design_is_proved_to_the_unit(session: Session, database: Database) -> None:
    proof = prove(session, LocalTransport(database))
    assert [(p.wrong, p.failures, p.cannot) for p in proof.patterns] == [((), (), "")] * 9
    assert proof.state_problems == ()
    assert proof.is_right
    assert proof.agrees
    # A note of 1.5 KB that was not read: two units for itself and two to leave the sparse index,
    # and two for its entry in the other one.
    assert pattern(proof, "mark").writes.metered.mean == 6


def test_a_proof_is_the_same_each_time(session: Session) -> None:
    assert run_data(session) == run_data(session)


def run_data(session: Session) -> dict[str, Any]:
    """Return a proof as data, without what differs from run to run."""
    with Database(clock=lambda: 1.0) as one:
        data = proof_data(prove(session, LocalTransport(one)))
    for each in data["patterns"]:
        del each["latency_ms"]
    return dict(data)


def test_the_answers_of_many_instances_are_found_without_holding_them(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = run_data(session)
    for name in ("MOST_IN_COLUMNS", "FEW", "KEPT_ANSWERS"):
        monkeypatch.setattr(f"tablewright.sample.world.{name}", 1)
    assert run_data(session) == held


def test_instances_are_asked_for_in_neighbourhoods_where_they_are_many(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tablewright.proof.workload.LARGEST_ROUND", 10)
    with Database(clock=lambda: 1.0) as one:
        proof = prove(session, LocalTransport(one))
    assert proof.is_right
    assert all(abs(p.writes.difference) < Decimal("0.01") for p in proof.patterns)


def test_a_large_database_is_kept_in_a_temporary_file(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tablewright.engines.dynamodb.connector.MOST_IN_MEMORY", Decimal(0))
    request = ProofRequest(users=5, requests=20)
    proof = proof_in_memory(session, dynamo_design(session), request, lambda text: None)
    assert proof.engine == "the local engine, in a temporary file"
    assert proof.is_right


BATCHES = """\
app: batches
region: us-east-1
scales: [40]
entities:
  Person:
    key: person_id
    count: 1/user
    attributes: {person_id: uuid, name: {type: text, bytes: {low: 100, high: 9000}}}
patterns:
  some: {get: Person, by: person_id, batch: 10, rate: 2/user/day}
  more: {put: Person, batch: 5, rate: 1/user/day}
designs:
  one:
    engine: dynamodb
    tables: {people: {key: person_id, items: Person, mode: on-demand}}
"""


def test_batches_are_predicted_item_by_item_and_their_values_checked(database: Database) -> None:
    session = Session(read_model(BATCHES, "batches.yaml"), Options())
    proof = prove(session, LocalTransport(database))
    assert proof.is_right
    for compared in (pattern(proof, "some").reads, pattern(proof, "more").writes):
        assert compared.metered.mean > 5
        assert abs(compared.difference) < Decimal("1e-20")


def test_a_changed_value_in_a_batch_is_noticed(database: Database) -> None:
    def change() -> None:
        for item in database.call("Scan", {"TableName": "people"})["Items"]:
            item["name"] = {"S": "x" * len(item["name"]["S"])}
            database.call("PutItem", {"TableName": "people", "Item": item})

    session = Session(read_model(BATCHES, "batches.yaml"), Options())
    proof = prove(session, LocalTransport(database), change)
    assert "`name` of an item is not what was written" in pattern(proof, "some").wrong


def test_a_proof_is_read_back_as_it_was_kept(session: Session, database: Database) -> None:
    proof = prove(session, LocalTransport(database))
    kept = json.loads(json.dumps(proof_data(proof)))
    again = proof_from_data(kept)
    assert proof_data(again) == kept
    assert (again.is_right, again.agrees) == (proof.is_right, proof.agrees)


def test_a_lost_item_is_noticed(session: Session, database: Database) -> None:
    def lose() -> None:
        for item in database.call("Scan", {"TableName": "notes"})["Items"][::2]:
            key = {"note_id": item["note_id"]}
            database.call("DeleteItem", {"TableName": "notes", "Key": key})

    proof = prove(session, LocalTransport(database), lose)
    assert not proof.is_right
    assert any("came back instead of" in text for text in pattern(proof, "newest").wrong)


def test_a_changed_value_is_noticed(session: Session, database: Database) -> None:
    def change() -> None:
        for item in database.call("Scan", {"TableName": "people"})["Items"]:
            item["email"] = {"S": "nobody@example.org"}
            database.call("PutItem", {"TableName": "people", "Item": item})

    proof = prove(session, LocalTransport(database), change)
    assert "`email` of an item is not what was written" in pattern(proof, "person").wrong


def test_a_meter_that_says_otherwise_is_noticed(session: Session, database: Database) -> None:
    class Double(LocalTransport):
        def send(self, operation: str, parameters: Any, *, label: str = "") -> Reply:
            reply = super().send(operation, parameters, label=label)
            twice = reply.consumed * 2 if operation == "GetItem" else reply.consumed
            return Reply(reply.body, twice)

    proof = prove(session, Double(database))
    assert proof.is_right
    assert not proof.agrees
    assert pattern(proof, "person").reads.difference == 1  # a hundred per cent more
    assert proof.metered_usd > proof.predicted_usd


# ---------------------------------------------------------------- failures on the way


def prove_with(session: Session, database: Database, operation: str, faults: Any) -> Proof:
    """Seed without faults, then run the workload with them."""
    design = dynamo_design(session)
    plain = LocalTransport(database)
    apply_up(plan_up(session.model, design, {}), plain, lambda text: None)
    fill(session, design, plain, USERS)
    request = ProofRequest(users=USERS, requests=300)
    return prove_on(session, design, Faulty(database, operation, faults), request)


def test_throttled_requests_are_repeated_and_counted(session: Session, database: Database) -> None:
    slow = refuse("ThrottlingException")
    proof = prove_with(session, database, "GetItem", {1: slow, 2: slow, 9: slow})
    assert proof.is_right
    assert proof.agrees
    assert sum(one.retries for one in proof.patterns) == 3


def test_a_condition_that_fails_unexpectedly_is_a_failure_of_its_pattern(
    session: Session, database: Database
) -> None:
    proof = prove_with(
        session, database, "UpdateItem", {4: refuse("ConditionalCheckFailedException")}
    )
    assert not proof.is_right
    (failed,) = [one for one in proof.patterns if one.failures]
    assert failed.pattern in ("mark", "move", "tag")  # those that update
    assert failed.failures == ("UpdateItem failed: ConditionalCheckFailedException: no",)


def test_a_role_that_is_too_narrow_fails_exactly_the_patterns_that_need_what_it_lacks(
    session: Session, database: Database
) -> None:
    refused = dict.fromkeys(range(1, 1000), refuse("AccessDeniedException"))
    proof = prove_with(session, database, "UpdateItem", refused)

    failed = {one.pattern: one.failures for one in proof.patterns if one.failures}
    assert set(failed) == {"mark", "move", "tag"}  # those that update
    assert set(failed["mark"]) == {"UpdateItem failed: AccessDeniedException: no"}
    assert not proof.is_right


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        (refuse("ExpiredTokenException"), RequestFailedError, "sign in again"),
        (vanish, EndpointError, "check the endpoint"),
        (interrupt, KeyboardInterrupt, ""),
    ],
    ids=["expired credentials", "endpoint gone", "Ctrl-C"],
)
def test_a_proof_that_cannot_go_on_stops_and_says_what_to_do(
    session: Session, database: Database, fault: Any, error: type[BaseException], says: str
) -> None:
    with pytest.raises(error) as caught:
        prove_with(session, database, "Query", {5: fault})
    assert says in getattr(caught.value, "remedy", "")


def test_throttling_that_does_not_end_stops_a_proof(
    session: Session, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    slow = dict.fromkeys(range(1, 1000), refuse("ThrottlingException"))
    with pytest.raises(RequestFailedError) as caught:
        prove_with(session, database, "GetItem", slow)
    assert "raise the capacity" in caught.value.remedy


# ---------------------------------------------------------------- when figures agree


def compared(estimated: str, predicted: str, metered: str, error: str) -> PatternProof:
    """Return a pattern whose reads are these figures, the errors in units."""
    none = UnitComparison(
        resource="", dimension="write", estimated=Measure(), predicted=Measure(), metered=Measure()
    )
    reads = UnitComparison(
        resource="",
        dimension="read",
        estimated=Measure(mean=Decimal(estimated), error=Decimal(error)),
        predicted=Measure(mean=Decimal(predicted)),
        metered=Measure(mean=Decimal(metered), error=Decimal(error)),
    )
    return PatternProof(
        pattern="p",
        calls=200,
        requests=200,
        reads=reads,
        writes=none,
        resources=(),
        bill_share=Decimal("0.5"),
    )


def test_chance_excuses_nothing_that_is_more_than_a_per_cent_of_the_bill() -> None:
    # 102 for 100, with a standard error of 1: two errors off, two per cent off.
    one = compared("100", "100", "102", "1")
    assert not one.agrees
    assert replace(one, bill_share=Decimal("0.01")).agrees
    assert compared("100", "100", "101", "0").agrees


def test_calls_that_are_not_like_all_instances_are_noticed() -> None:
    # Predicted for the calls and metered alike, but the bill says 104: four standard errors.
    assert not compared("104", "100", "100", "1").agrees
    assert compared("103", "100", "100", "1").agrees


def test_every_part_of_the_calls_is_predicted_to_the_unit(
    session: Session, database: Database
) -> None:
    proof = prove(session, LocalTransport(database))
    for one in proof.patterns:
        for each in (one.reads, one.writes):
            # but for the rounding of means to 28 digits
            assert abs(each.difference) < Decimal("1e-20"), one.pattern
            assert each.error < Decimal("1e-20"), one.pattern


def test_lists_that_grow_during_a_proof_are_predicted_as_they_have_grown(session: Session) -> None:
    # One person, 128 tags of seven bytes: each call is predicted with the tags appended before it.
    design = dynamo_design(session)
    request = ProofRequest(users=1, requests=300)
    proof = proof_in_memory(session, design, request, lambda text: None)
    writes = pattern(proof, "tag").writes
    assert writes.metered.mean > 2  # an item and its index entry, which grow beyond 1 KB
    # Not to the unit: the person is now and then at another place, some bytes longer or shorter.
    assert abs(writes.difference) < Decimal("0.01")


def test_items_of_a_proof_in_a_file_expire_as_late_as_the_seeded_ones(tmp_path: Path) -> None:
    text = SMALL.read_text().replace(
        "      body: {type: text", "      gone_at: epoch\n      body: {type: text"
    )
    file = tmp_path / "tablewright.yaml"
    file.write_text(
        text.replace(
            "      notes:\n        key: note_id\n",
            "      notes:\n        key: note_id\n        ttl: gone_at\n",
        )
    )
    session = Session(load(file), Options())
    design = dynamo_design(session)
    keep = tmp_path / "position.json"
    with Database(tmp_path / "own.db") as database:  # with the clock of this machine
        transport = LocalTransport(database)
        apply_up(plan_up(session.model, design, {}), transport, lambda text: None)
        before = int(time.time())
        fill(session, design, transport, USERS, keep=keep)
        notes = database.call("Scan", {"TableName": "notes"})["Items"]
        shift = spend(session, design, USERS, keep)
        wanted = ProofRequest(users=USERS, requests=100, ttl_shift=shift)
        proof = prove_on(session, design, transport, wanted)
    # What was sampled as long ago as the horizon of 30 days expires 30 days from now or later:
    # nothing expires while it is written or proved. The latest has 30 days more.
    assert len(notes) == 5 * USERS
    expiries = [int(item["gone_at"]["N"]) for item in notes]
    month = 30 * 86_400
    assert before <= min(expiries) < before + month
    assert max(expiries) <= int(time.time()) + 2 * month
    assert proof.is_right


# ---------------------------------------------------------------- the oracle


def test_the_oracle_sees_what_is_missing_strange_double_or_out_of_order(session: Session) -> None:
    world = World(session.model, Sample(session.model), USERS)
    newest = session.model.pattern("newest")
    author = max(world.index("Note", "author").items(), key=lambda pair: len(pair[1]))[0]
    tests = (Condition("author", "eq", (author,)),)
    times = {n: world.value("Note", n, "at") for n in world.index("Note", "author")[author]}
    right = sorted(times, key=lambda n: times[n], reverse=True)[:3]
    stranger = next(n for n in range(world.counts["Note"]) if n not in times)
    assert wrong(world, newest, tests, right) == ""
    assert wrong(world, newest, tests, right[:2]) == "2 instances came back instead of 3"
    assert wrong(world, newest, tests, [right[0]] * 3) == "an instance came back twice"
    assert "do not meet the conditions" in wrong(world, newest, tests, [*right[:2], stranger])
    assert wrong(world, newest, tests, right[::-1]) == "the order by at is wrong"
    assert "no instance accounts for" in wrong(world, newest, tests, [*right[:2], None])


def test_a_degree_of_the_equator_is_111_km() -> None:
    # the earth's circumference, 40,030 km at the mean radius, divided by 360
    assert distance_km({"lat": 0, "lon": 10}, {"lat": 0, "lon": 11}) == pytest.approx(111.19, 1e-3)
    assert distance_km({"lat": 90, "lon": 0}, {"lat": 90, "lon": 77}) == pytest.approx(0, abs=1e-6)


# ---------------------------------------------------------------- items that come back


def test_a_guard_met_by_a_scan_is_no_instance() -> None:
    session = Session(read_model(apps.read("poafix"), "poafix.yaml"), Options())
    design = dynamo_design(session, "dynamodb")
    step = ReadStep(operation="Scan", table="users", shape="User", entity="User")
    decoder = Decoder(RequestBuilder(session.model, design), step)
    user = {"_id": {"S": "afc5c32d"}, "name": {"S": "Esra"}}
    guard = {"_id": {"S": "EMAIL#esra@example.com"}}
    assert decoder.rows([guard, user]) == [{"_id": "afc5c32d", "name": "Esra"}]


def test_an_item_that_comes_again_changed_is_decoded_again(session: Session) -> None:
    design = dynamo_design(session)
    step = ReadStep(operation="GetItem", table="people", shape="Person", entity="Person")
    decoder = Decoder(RequestBuilder(session.model, design), step)
    before, after = (
        {"person_id": {"S": "1"}, "email": {"S": email}} for email in ("a@b.c", "d@e.f")
    )
    for item, email in ((before, "a@b.c"), (dict(before), "a@b.c"), (after, "d@e.f")):
        assert decoder.rows([item]) == [{"person_id": "1", "email": email}]


# ---------------------------------------------------------------- who is asked for


def test_every_owner_is_asked_for_once_in_a_round(session: Session) -> None:
    world = World(session.model, Sample(session.model), USERS)
    workload = Workload(session.model, world, seed=3)
    newest = session.model.pattern("newest")
    asked = [workload.call(newest).row["author"] for _ in range(USERS)]
    assert sorted(asked) == sorted(world.column("Person", "person_id"))


def test_a_key_or_something_unique_names_one_instance(session: Session) -> None:
    model = session.model
    person, note = model.entity("Person"), model.entity("Note")
    assert [d.source for d in domains(model, person, ["email"])] == [ValueSource.INSTANCE]
    assert [(d.source, d.entity) for d in domains(model, note, ["author", "read"])] == [
        (ValueSource.OWNER, "Person"),
        (ValueSource.VALUE, "Note"),
    ]


def test_a_marked_note_was_not_marked_before(session: Session) -> None:
    world = World(session.model, Sample(session.model), USERS)
    workload = Workload(session.model, world, seed=1)
    call = workload.call(session.model.pattern("mark"))
    assert call.row["read"] is False
    assert call.after["read"] is True


def test_a_new_instance_does_not_take_the_key_of_another() -> None:
    text = """
        app: boards
        region: us-east-1
        scales: [6]
        entities:
          User: {key: userId, attributes: {userId: uuid}}
          Standing:
            of: User
            key: [board, userId]
            count: 2
            attributes:
              board: {type: enum, values: [a, b, c, d, e, f, g, h, i, j]}
              score: int
        patterns:
          enter: {put: Standing, rate: 1/user/day}
        designs:
          one:
            engine: dynamodb
            tables: {Top: {key: [board, userId], items: Standing, mode: on-demand}}
        """
    session = Session(read_model(dedent(text)), Options())
    world = World(session.model, Sample(session.model), 6)
    workload = Workload(session.model, world, 1)
    standing = session.model.entity("Standing")
    seeded = [world.row("Standing", number) or {} for number in world.alive("Standing")]
    keys = [(row["board"], row["userId"]) for row in seeded]
    # 60 keys for six users and ten boards, a few of them taken: chance alone would meet them
    for _ in range(40):
        call = workload.call(session.model.pattern("enter"))
        world.add(standing, dict(call.row), call.like, call.fresh or 0)
        keys.append((call.row["board"], call.row["userId"]))
    assert len(set(keys)) == len(keys)
