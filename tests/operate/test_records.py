"""The user's own records: read from three kinds of file, checked, written, resumed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dynamo_proofs import dynamo_design
from operate.faulty import Faulty, vanish
from tablewright import load
from tablewright.core.errors import UsageError
from tablewright.engines.dynamodb.adapter import DynamoAdapter
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.provisioning import apply_up, plan_up
from tablewright.engines.dynamodb.transport import EndpointError, LocalTransport
from tablewright.local.database import Database
from tablewright.operate.records import apply_records, checked, record_to_row
from tablewright.session import Options, Session

MODEL = """
app: parcels
region: us-east-1
scales: [10]
entities:
  Parcel:
    key: parcel_id
    attributes:
      parcel_id: id
      weight: decimal
      pieces: int
      fragile: bool
      tags: {type: set, items: 2, of: text(4)}
      sizes: {type: list, items: 2, of: int}
      place: geo
      label: {type: binary, bytes: 8B}
patterns:
  parcel: {get: Parcel, by: parcel_id, rate: 1/user/day}
designs:
  one: {engine: dynamodb, tables: {parcels: {key: parcel_id, items: {Parcel: {}}}}}
"""


def load_into(
    database: Database,
    session: Session,
    design: DynamoDesign,
    path: Path,
    keep: Path | None = None,
) -> int:
    adapter = DynamoAdapter(session.model, design, LocalTransport(database))
    return apply_records(adapter, session.model, design.name, "Parcel", path, keep=keep)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    path = tmp_path_factory.mktemp("model") / "tablewright.yaml"
    path.write_text(MODEL)
    return Session(load(path), Options())


@pytest.fixture(scope="module")
def design(session: Session) -> DynamoDesign:
    return dynamo_design(session)


@pytest.fixture
def database(session: Session, design: DynamoDesign) -> Iterator[Database]:
    with Database() as made:
        apply_up(plan_up(session.model, design, {}), LocalTransport(made), lambda text: None)
        yield made


def row(session: Session, **values: Any) -> Any:
    return record_to_row(session.model.entity("Parcel"), {"parcel_id": "p", **values}, "f:1")


def test_cells_of_a_csv_file_become_values_of_their_types(
    session: Session, design: DynamoDesign, database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "parcels.csv"
    path.write_text(
        "parcel_id,weight,pieces,fragile,tags,sizes,place,label\n"
        'p1,2.50,3,yes,"[""a"", ""b""]","[1, 2]","{""lat"": 1.5, ""lon"": 2}",AAEC\n'
        "p2,,,no,,,,\n"
    )
    assert load_into(database, session, design, path) == 2
    items = database.call("Scan", {"TableName": "parcels"})["Items"]
    assert sorted(items, key=lambda item: item["parcel_id"]["S"]) == [
        {
            "parcel_id": {"S": "p1"},
            "weight": {"N": "2.5"},
            "pieces": {"N": "3"},
            "fragile": {"BOOL": True},
            "tags": {"SS": ["a", "b"]},
            "sizes": {"L": [{"N": "1"}, {"N": "2"}]},
            "place": {"M": {"lat": {"N": "1.5"}, "lon": {"N": "2"}}},
            "label": {"B": "AAEC"},
        },
        {"parcel_id": {"S": "p2"}, "fragile": {"BOOL": False}},
    ]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("weight", "heavy", "`weight` is not a number: heavy"),
        ("pieces", True, "`pieces` is not a number: true"),
        ("weight", "NaN", "`weight` is not a number: NaN"),
        ("fragile", "perhaps", "`fragile` is neither true nor false: perhaps"),
        ("tags", "a;b", "`tags` is not a set written as JSON: a;b"),
        ("tags", ["a", 1], '`tags` is not a set of texts, or of numbers: ["a", 1]'),
        ("sizes", {"a": 1}, '`sizes` is not a list: {"a": 1}'),
        ("place", {"lat": 1}, '`place` is not a point with `lat` and `lon`: {"lat": 1}'),
        ("label", "not base64!", "`label` is not base64: not base64!"),
        ("parcel_id", 5, "`parcel_id` is not text: 5"),
    ],
)
def test_a_value_of_another_type_is_named_with_its_place(
    session: Session, name: str, value: Any, says: str
) -> None:
    with pytest.raises(UsageError) as caught:
        row(session, **{name: value})
    assert caught.value.message == f"f:1: {says}"


def test_what_is_null_is_absent_and_what_is_unknown_is_kept(session: Session) -> None:
    assert row(session, weight=None, colour="red", pieces=2) == {
        "parcel_id": "p",
        "colour": "red",
        "pieces": 2,
    }
    assert row(session, weight=Decimal("2.5"))["weight"] == Decimal("2.5")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("x.json", '[{"parcel_id": "a"}, 5]', ":2: a record must be an object"),
        ("x.json", "[1, 2", ":1: not valid JSON"),
        ("x.ndjson", '{"parcel_id": "a"}\n{"parcel_id": }\n', ":2: not valid JSON"),
        ("x.ndjson", '{"parcel_id": "a", "weight": NaN}\n', ":1: not valid JSON"),
        ("x.csv", "parcel_id,weight\np1,2,3\n", ":2: more cells than the first line has names"),
        ("x.ndjson", '{"parcel_id": "a"}\n{"parcel_id": "a"}\n', ":2: the Parcel with parcel_id a"),
    ],
)
def test_a_broken_file_is_named_with_its_place_before_anything_is_written(
    session: Session, design: DynamoDesign, database: Database, tmp_path: Path,
    name: str, text: str, says: str,
) -> None:  # fmt: skip
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        load_into(database, session, design, path)
    assert f"{path}{says}" in caught.value.message
    assert database.call("Scan", {"TableName": "parcels"})["Count"] == 0


def test_an_interrupted_load_goes_on_where_it_stopped(
    session: Session, design: DynamoDesign, database: Database, tmp_path: Path
) -> None:
    path, keep = tmp_path / "parcels.ndjson", tmp_path / "position.json"
    path.write_text("".join(json.dumps({"parcel_id": f"p{n:03}"}) + "\n" for n in range(90)))
    assert checked(session.model.entity("Parcel"), path) == 90
    faulty = Faulty(database, "BatchWriteItem", {3: vanish})
    adapter = DynamoAdapter(session.model, design, faulty)
    with pytest.raises(EndpointError):
        apply_records(adapter, session.model, design.name, "Parcel", path, keep=keep)
    assert database.call("Scan", {"TableName": "parcels"})["Count"] == 50  # two batches of 25
    rest = load_into(database, session, design, path, keep=keep)
    assert rest == 40
    assert database.call("Scan", {"TableName": "parcels"})["Count"] == 90
    assert not keep.exists()  # complete: the same file may be loaded again
