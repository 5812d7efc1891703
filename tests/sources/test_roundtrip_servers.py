"""What `up` and `seed` made on a MongoDB and a PostgreSQL gives its design and bill back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from sources.served import empty_mongodb, empty_postgresql
from sources.transplant import Sources, transplanted
from tablewright.cli.main import group
from tablewright.engines.mongodb.design import MongoDesign
from tablewright.engines.postgresql.design import PostgresDesign
from tablewright.engines.servers.sizing import ServerEvaluation
from tablewright.session import ModelFile, Options, Session, load, read_model
from tablewright.sources.importing import make_model, read_sources
from tablewright.sources.source import ReadOptions
from tablewright.verbs.diff import diff_files

pytest.importorskip("pymongo")

pytestmark = [
    pytest.mark.needs_server,
    # Servers are waited for by clients that are dropped unclosed.
    pytest.mark.filterwarnings("ignore:Unclosed MongoClient"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR"),
]
slow = pytest.mark.slow
MONGODB = [
    pytest.param("llm-proxy", "before", 40, id="proxy-before"),
    pytest.param("poafix", "current", 100, id="poafix-current", marks=slow),
    pytest.param("poafix", "planned", 100, id="poafix-planned", marks=slow),
    pytest.param("poafix", "recommended", 100, id="poafix-recommended", marks=slow),
]


@pytest.fixture(scope="module")
def mongodb() -> Iterator[str]:
    with empty_mongodb() as address:
        yield address


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    with empty_postgresql() as address:
        yield address


def _counted(address: str, design: MongoDesign) -> dict[str, int]:
    import pymongo

    client: pymongo.MongoClient[dict[str, object]] = pymongo.MongoClient(address)
    database = client.get_default_database()
    counts = {c.entity: database[c.name].count_documents({}) for c in design.collections}
    client.close()
    return counts


def _emptied(address: str) -> None:
    import pymongo

    client: pymongo.MongoClient[dict[str, object]] = pymongo.MongoClient(address)
    client.drop_database(client.get_default_database().name)
    client.close()


def run(*arguments: str) -> None:
    result = CliRunner().invoke(group, arguments)
    assert result.exit_code == 0, result.output + repr(result.exception)


def returned(folder: Path, app: str, design: str, address: str) -> ModelFile:
    """Return the model file that an import of the server gives; `diff` finds nothing else in it."""
    options = ReadOptions(sample=100_000)
    facts = read_sources([address], options)
    imported = make_model(facts, app, check=read_model, rank=lambda _text: ())
    path = folder / "imported.yaml"
    path.write_text(imported.text.replace("\n  current:\n", f"\n  {design}:\n"))
    differences = diff_files(str(folder), str(path), Options(), design=design).differences
    # the server tells its version, which the application does not state
    assert [entry for entry in differences if entry.what != "version"] == []
    return read_model(imported.text)


QUANTITIES = (
    "commands_per_month", "operations_peak", "writes_mean", "processors_mean", "data_bytes",
    "disk_bytes", "memory_bytes", "hot_bytes", "touches_mean", "returned_gb", "written_gb",
)  # fmt: skip
"""What of a load decides which server holds it and what is charged beside the server."""


def within_two_percent(
    original: ModelFile,
    design: str,
    inferred: ModelFile,
    sources: Sources,
    users: int,
    stored: Mapping[str, int] | None = None,
    tolerance: Decimal = Decimal("0.02"),
) -> None:
    """The patterns and rates are the application's; sizes, shares and counts are those inferred.

    A server is charged by its size, so that a bill alone hides what the load is made of: the
    quantities of the load agree as well.
    """
    model = transplanted(original.model, inferred.model, sources, users, stored)
    file = replace(original, model=model)
    for scale in (1_000, 10_000, 100_000, 1_000_000):
        options = Options(users=scale)
        expected = Session(original, options).evaluate(design)
        found = Session(file, options).evaluate(design)
        assert isinstance(expected, ServerEvaluation)
        assert isinstance(found, ServerEvaluation)
        for name in QUANTITIES:
            before, after = getattr(expected.load, name), getattr(found.load, name)
            assert _differs_little(after, before, tolerance), (scale, name, after, before)
        before, after = expected.bill.figure, found.bill.figure
        if before is not None and after is not None:  # a server holds the load
            assert _differs_little(after, before), (scale, after, before)


def _differs_little(
    found: Decimal, expected: Decimal, tolerance: Decimal = Decimal("0.02")
) -> bool:
    return found == expected or (expected != 0 and abs(found / expected - 1) <= tolerance)


@pytest.mark.parametrize(("app", "design", "users"), MONGODB)
def test_collections_come_back_from_a_mongodb(
    tmp_path: Path, mongodb: str, app: str, design: str, users: int
) -> None:
    run("init", str(tmp_path), "--app", app)
    original = load(str(tmp_path))
    before = original.design(design)
    assert isinstance(before, MongoDesign)
    address = f"{mongodb}/{before.database}"
    _emptied(address)
    where = ("--design", design, "--endpoint", address, "--allow-production")
    run("up", str(tmp_path), *where)
    run("seed", str(tmp_path), "--users", str(users), *where)

    inferred = returned(tmp_path, app, design, address)

    after = inferred.designs[0]
    assert isinstance(after, MongoDesign)
    sources = {c.entity: [after.collection(c.name).entity] for c in before.collections}
    # What is older than the index of its collection allows, the server has removed.
    stored = _counted(address, before)
    # A hundred users of PoaFix have 20 providers: one of these is 5 % of what searches find.
    tolerance = Decimal("0.05") if app == "poafix" else Decimal("0.02")
    within_two_percent(original, design, inferred, sources, users, stored, tolerance)


def test_tables_come_back_from_a_postgresql(tmp_path: Path, postgresql: str) -> None:
    import psycopg

    app, design, users = "mongocollectibles", "postgresql", 200
    run("init", str(tmp_path), "--app", app)
    original = load(str(tmp_path))
    where = ("--design", design, "--endpoint", postgresql)
    run("up", str(tmp_path), *where)
    run("seed", str(tmp_path), "--users", str(users), *where)
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("ANALYZE")

    inferred = returned(tmp_path, app, design, postgresql)

    before, after = original.design(design), inferred.designs[0]
    assert isinstance(before, PostgresDesign)
    assert isinstance(after, PostgresDesign)
    sources = {t.entity: [after.table(t.name).entity] for t in before.tables}
    within_two_percent(original, design, inferred, sources, users)
    # A default and a list of allowed values are conditions of the table as well.
    columns = after.table("collectibles")
    assert columns.column("available").default == "true"
    assert "'S', 'M', 'L'" in columns.column("size").check
