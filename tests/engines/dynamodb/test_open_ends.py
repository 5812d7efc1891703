"""Ranges of composed sort keys: an end that is not meant is not read, and nothing beside the kind.

The keys of an event are `E#` and its name, between those of other kinds in the same collection.
BETWEEN takes both of its ends in, so what comes before or after one has to be said by the end.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tablewright import open_store, read_model
from tablewright.engines.dynamodb.requests import last_before
from tablewright.local.database import Database
from tablewright.session import Options, Session
from tablewright.store.store import Store
from tablewright.verbs.generate import generate_client

MODEL = """\
app: ends
region: us-east-1
scales: [10]
entities:
  Owner: {key: owner, attributes: {owner: id(4), town: text(4)}}
  Before: {of: Owner, key: name, attributes: {name: text(4)}}
  Event: {of: Owner, key: name, count: 8, attributes: {name: text(4), kind: text(3)}}
  Later: {of: Owner, key: [name, kind], count: 8, attributes: {name: text(4), kind: text(3)}}
patterns:
  add: {put: Event, rate: 1/user/day}
  addBefore: {put: Before, rate: 1/user/day}
  addLater: {put: Later, rate: 1/user/day}
  lt: {list: Event, where: {owner: given, name: {lt: 50%}}, sort: -name, limit: 9, rate: 1/user/day}
  le: {list: Event, where: {owner: given, name: {le: 50%}}, sort: -name, limit: 9, rate: 1/user/day}
  gt: {list: Event, where: {owner: given, name: {gt: 50%}}, sort: name, limit: 9, rate: 1/user/day}
  ge: {list: Event, where: {owner: given, name: {ge: 50%}}, sort: name, limit: 9, rate: 1/user/day}
  laterLt: {list: Later, where: {owner: given, name: {lt: 50%}}, all: yes, rate: 1/user/day}
  laterLe: {list: Later, where: {owner: given, name: {le: 50%}}, all: yes, rate: 1/user/day}
  laterGt: {list: Later, where: {owner: given, name: {gt: 50%}}, all: yes, rate: 1/user/day}
  laterGe: {list: Later, where: {owner: given, name: {ge: 50%}}, all: yes, rate: 1/user/day}
designs:
  one:
    engine: dynamodb
    tables:
      all:
        key: [pk, sk]
        items:
          Owner: {keys: {pk: "{owner}", sk: "@"}}
          Before: {keys: {pk: "{owner}", sk: "D#{name}"}}
          Event: {keys: {pk: "{owner}", sk: "E#{name}"}}
          Later: {keys: {pk: "{owner}", sk: "F#{name}#{kind}"}}
"""
NAMES = ("a", "ab", "b", "ba", "bb", "c", "\U0001f600")


@pytest.fixture(scope="module")
def store() -> Store:
    store = open_store(Session(read_model(MODEL), Options()), design="one", target="memory")
    for name in NAMES:
        store.add(owner="o", name=name, kind="x")
        store.addBefore(owner="o", name=name)
        for kind in ("k", "l"):
            store.addLater(owner="o", name=name, kind=kind)
    return store


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> tuple[ModuleType, object]:
    path = tmp_path_factory.mktemp("ends") / "client_of_ends.py"
    session = Session(read_model(MODEL), Options())
    generate_client(session, "one", path)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    dynamodb = Database().client()
    dynamodb.create_table(
        TableName="all",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    for name in NAMES:
        module.add(dynamodb, owner="o", name=name, kind="x")
        module.addBefore(dynamodb, owner="o", name=name)
    return module, dynamodb


def found(store: Store, pattern: str, **bounds: str) -> list[str]:
    return sorted(event.name for event in store.call(pattern, {"owner": "o", **bounds}))


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("lt", ["a", "ab"]),
        ("le", ["a", "ab", "b"]),
        ("gt", ["ba", "bb", "c", "\U0001f600"]),
        ("ge", ["b", "ba", "bb", "c", "\U0001f600"]),
    ],
)
def test_an_end_is_read_where_it_is_meant(store: Store, pattern: str, names: list[str]) -> None:
    end = "name_to" if pattern[0] == "l" else "name_from"
    assert found(store, pattern, **{end: "b"}) == names
    # of composed keys with more behind the name, all of the name
    twice = [name for name in names for _ in "kl"]
    assert found(store, f"later{pattern.title()}", **{end: "b"}) == twice


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("lt", ["ab", "a"]),
        ("le", ["b", "ab", "a"]),
        ("gt", ["ba", "bb", "c", "\U0001f600"]),
        ("ge", ["b", "ba", "bb", "c", "\U0001f600"]),
    ],
)
def test_a_generated_client_reads_the_same(
    client: tuple[ModuleType, object], pattern: str, names: list[str]
) -> None:
    module, dynamodb = client
    end = "name_to" if pattern[0] == "l" else "name_from"
    page = getattr(module, pattern)(dynamodb, owner="o", **{end: "b"})
    assert [event.name for event in page.items] == names


def test_the_last_text_before_another_leaves_room_for_none_between() -> None:
    assert last_before("E#b") == "E#a\U0010ffff"
    assert last_before("E#") == 'E"\U0010ffff'
    assert last_before("a\x00") == "a"
    assert last_before("\ue000") == "\ud7ff\U0010ffff"  # no half of a pair is a character


TEXTS = st.text(
    st.sampled_from("\x00\x01 #abz\ud7ff\ue000\uffff\U0001f600"), min_size=1, max_size=4
)


@settings(max_examples=300, deadline=None)
@given(end=TEXTS.filter(lambda text: "\x01" not in text), other=TEXTS)
def test_what_sorts_before_an_end_sorts_before_or_at_the_last_before_it(
    end: str, other: str
) -> None:
    last, key = last_before(end).encode(), other.encode()
    assert last < end.encode()
    assert (key < end.encode()) == (key <= last)
