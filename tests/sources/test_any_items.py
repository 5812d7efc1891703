"""Whatever a table holds, an import gives a valid model file, or says why not."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.importing import imported
from tablewright.sources.json_stream import CutOffError, elements

TABLE = {
    "TableName": "odd-things",
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "gsi",
            "KeySchema": [
                {"AttributeName": "gsi1pk", "KeyType": "HASH"},
                {"AttributeName": "gsi1sk", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}
NAMES = ["status", "email", "name", "total", "createdAt", "$type", "first name", "a.b", "id",
         "type", "lines", "1st", "ünï"]  # fmt: skip
KEYS = ["gsi1pk", "gsi1sk"]
"""Of an index: the service takes no item in which one is empty, too long or of another type."""
values = st.one_of(
    st.sampled_from(["", " ", "a", "open", "no", "x" * 3000, "a#b: {c}", "p@x.org"]).map(
        lambda text: {"S": text}
    ),
    st.sampled_from(["0", "-5", "1.5", "1700000000", "1E+20"]).map(lambda text: {"N": text}),
    st.booleans().map(lambda value: {"BOOL": value}),
    st.just({"NULL": True}),
    st.just({"L": []}),
    st.just({"M": {"lat": {"N": "1.5"}, "lon": {"N": "2.5"}}}),
    st.just({"SS": ["a", "b"]}),
    st.just({"B": "H4sIAAAAAAAA"}),
    st.lists(st.just({"M": {"id": {"S": "k"}}}), max_size=3).map(lambda many: {"L": many}),
)

key_values = st.sampled_from([" ", "a", "open", "x" * 900, "a#b: {c}"]).map(
    lambda text: {"S": text}
)


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    prefix = draw(st.sampled_from(["K#", "", "user_", "ALL", "USER"]))
    count = draw(st.sampled_from([1, 2, 12, 40]))
    items = []
    for number in range(count):
        item = draw(st.dictionaries(st.sampled_from(NAMES), values, max_size=6))
        item |= draw(st.dictionaries(st.sampled_from(KEYS), key_values))
        item["pk"] = {"S": prefix if prefix == "ALL" else f"{prefix}{number % 7}"}
        item["sk"] = {"S": draw(st.sampled_from(["META", "S#", "T#", "ORD"])) + str(number)}
        items.append(item)
    return items


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(tables())
def test_items_of_any_kind_give_a_valid_file(items: list[dict[str, Any]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "odd-things.json").write_text(json.dumps({"Table": TABLE}))
        scan = {"Items": items, "ScannedCount": len(items)}
        (path / "odd-things-scan.json").write_text(json.dumps(scan))
        assert imported(path).draft.entities  # the file was read back


def test_of_two_keys_that_are_always_alike_only_one_is_made_of_the_other(tmp_path: Path) -> None:
    (tmp_path / "odd-things.json").write_text(json.dumps({"Table": TABLE}))
    items = [{"pk": {"S": f"K#{n}"}, "sk": {"S": f"META{n % 12}"}} for n in range(12)]
    items[11] |= {"gsi1pk": {"S": "open"}, "gsi1sk": {"S": "open"}}
    scan = {"Items": items, "ScannedCount": 12}
    (tmp_path / "odd-things-scan.json").write_text(json.dumps(scan))
    text = imported(tmp_path).text
    assert not ("{gsi1sk}" in text and "{gsi1pk}" in text)


def test_a_list_whose_name_is_taken_gets_another(tmp_path: Path) -> None:
    elements_of = [{"M": {"id": {"S": f"k{n}"}}} for n in range(3)]
    item = {"id": {"S": "a"}, "type": {"NULL": True}, "$type": {"L": elements_of}}
    (tmp_path / "things-scan.json").write_text(json.dumps({"Items": [item], "ScannedCount": 1}))
    assert "embed: {type_2: Type}" in imported(tmp_path).text


def test_the_same_items_give_the_same_file(tmp_path: Path) -> None:
    items = [{"id": {"S": f"k{n}"}, "size": {"N": str(n * 7 % 13)}} for n in range(50)]
    path = tmp_path / "things-scan.json"
    path.write_text(json.dumps({"Items": items, "ScannedCount": 50}))
    assert imported(path).text == imported(path).text


@given(st.lists(st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=3)))
def test_streamed_elements_are_those_of_the_array(values: list[Any]) -> None:
    import io

    assert list(elements(io.BytesIO(json.dumps(values).encode()))) == values


def test_an_array_that_is_cut_off_ends_with_its_place() -> None:
    import io

    stream = elements(io.BytesIO(b'{"Items": [{"a": 1}, {"a": 2}, {"a'), "Items")
    assert [next(stream), next(stream)] == [{"a": 1}, {"a": 2}]
    with pytest.raises(CutOffError) as problem:
        next(stream)
    assert problem.value.element == 3
