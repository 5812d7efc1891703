"""Files in which something is of another kind than it should be: an error in words, or a result."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.documented import TEMPLATE
from sources.importing import DATA, imported
from tablewright.core.errors import TablewrightError

METRICS = {
    "MetricDataResults": [
        {"Id": "a", "Label": "WeatherData Query", "Timestamps": ["2026-01-01"], "Values": [5.0]}
    ]
}
PROFILE = {
    "op": "query",
    "ns": "shop.orders",
    "command": {"find": "orders", "filter": {"userId": "x"}, "sort": {"at": -1}, "limit": 5},
    "millis": 2,
    "planSummary": "IXSCAN",
    "ts": {"$date": "2026-01-01T00:00:00Z"},
}
ITEMS = {
    "Items": [{"PK": {"S": f"A#{n}"}, "SK": {"S": "META"}, "n": {"N": "5"}} for n in range(3)],
    "ScannedCount": 3,
}
EXPORTED = [{"_id": {"$oid": f"{n:024x}"}, "lines": [{"id": "a"}], "n": n} for n in range(3)]
DOCUMENTS: dict[str, Any] = {
    str(path.relative_to(DATA)): json.loads(path.read_text())
    for pattern in ("*/*.json", "*/*.tfstate")
    for path in sorted(DATA.glob(pattern))
    # Lines of JSON, and what the shell of MongoDB prints, are no documents.
    if path.parent.name not in ("mongoexport", "profiler") and path.name != "bank.json"
} | {"metrics.json": METRICS, "profile.json": PROFILE, "a-scan.json": ITEMS, "b.json": EXPORTED}
OTHERS: list[Any] = [None, 5, -1.5, "x", "", [], {}, True, ["x"], {"x": 1}, "9" * 400]


def places(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to each value in a document."""
    out = [above] if above else []
    if isinstance(value, dict):
        for name, inner in value.items():
            out += places(inner, (*above, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            out += places(inner, (*above, number))
    return out


def with_other(document: Any, place: tuple[Any, ...], other: Any) -> Any:
    copy = json.loads(json.dumps(document))
    node = copy
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = other
    return copy


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_value_of_another_kind_is_no_bug_of_ours(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(DOCUMENTS)))
    place = data.draw(st.sampled_from(places(DOCUMENTS[name])))
    document = with_other(DOCUMENTS[name], place, data.draw(st.sampled_from(OTHERS)))
    with TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        path.write_text(json.dumps(document))
        remedy = "none needed"
        try:
            imported(path)
        except TablewrightError as problem:
            remedy = problem.remedy
    assert remedy


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("schema.json", '{"format": "onetable:1.1.0", "models": 5}'),
        ("entity.json", '{"model": {"entity": "a", "service": "b"}, "attributes": 5}'),
    ],
)
def test_a_file_of_the_wrong_form_is_named_with_what_it_should_be(
    tmp_path: Path, name: str, text: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(TablewrightError, match=r"has not the form of OneTable and ElectroDB"):
        imported(path)


def test_metrics_that_are_no_numbers_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    metrics = tmp_path / "metrics.json"
    result = {"Label": "Orders Query", "Values": ["x", 5, None], "Timestamps": [None]}
    metrics.write_text(json.dumps({"MetricDataResults": [result, "y", 5]}))
    text = imported(tmp_path / "template.yaml", metrics).text
    assert "rate: 120/day (seen)" in text  # one value of an hour


def test_a_table_whose_key_a_model_file_cannot_name_is_left_out(tmp_path: Path) -> None:
    template = {
        "Resources": {
            name: {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
                    "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
                },
            }
            for name, key in (("Good", "id"), ("Odd", "a.b"))
        }
    }
    path = tmp_path / "template.json"
    path.write_text(json.dumps(template))
    result = imported(path)
    assert [table.name for table in result.draft.tables] == ["Good"]
    assert any("Odd was left out" in note and "'a.b'" in note for note in result.notes)
