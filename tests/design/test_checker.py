"""Hard limits of DynamoDB designs: at the limit it is silent, one beyond it speaks."""

from __future__ import annotations

import pytest

from tablewright import read_model
from tablewright.core.errors import ModelError

MODEL = """
app: t
scales: [10]
entities:
  E: {key: id, attributes: {id: uuid, a: text(9), b: text(9), c: text(9), d: text(9), e: text(9)}}
  Child: {of: E, key: no, count: 2, attributes: {no: int, body: text(100)}}
patterns: {p: {scan: E, rate: 1/day}}
"""


def found(tables: str, model: str = MODEL) -> list[str]:
    """Return the ids of all diagnostics of a design with these tables."""
    try:
        file = read_model(f"{model}designs: {{d: {{engine: dynamodb, tables: {{{tables}}}}}}}\n")
    except ModelError as problem:
        return [diagnostic.id for diagnostic in problem.diagnostics]
    return [diagnostic.id for diagnostic in file.warnings]


def indexes(count: int, text: str) -> str:
    return ", ".join(f"index{n}: {{{text}}}" for n in range(count))


@pytest.mark.parametrize(("count", "ids"), [(20, []), (21, ["too-many-indexes"])])
def test_a_table_has_at_most_20_global_indexes(count, ids):
    table = f"ttt: {{key: id, items: E, indexes: {{{indexes(count, 'key: a')}}}}}"
    assert found(table) == ids


@pytest.mark.parametrize(("count", "ids"), [(5, []), (6, ["too-many-indexes"])])
def test_a_table_has_at_most_5_local_indexes(count, ids):
    local = indexes(count, "key: [id, b], local: true")
    assert found(f"ttt: {{key: [id, a], items: E, indexes: {{{local}}}}}") == ids


@pytest.mark.parametrize(
    ("names", "ids"), [("a, b, c, d", []), ("a, b, c, d, e", ["too-many-key-attributes"])]
)
@pytest.mark.parametrize("part", ["partition", "sort"])
def test_an_index_has_at_most_4_partition_and_4_sort_key_attributes(names, ids, part):
    other = "sort: id" if part == "partition" else "partition: id"
    index = f"{{{part}: [{names}], {other}}}"
    assert found(f"ttt: {{key: id, items: E, indexes: {{iii: {index}}}}}") == ids


@pytest.mark.parametrize(
    ("count", "ids"), [(20, []), (21, ["too-many-indexes", "too-many-projected"])]
)
def test_named_projections_count_together_over_all_indexes(count, ids):
    # 20 x 5 = 100 is the limit; the 21st index is one too many in both ways
    listed = indexes(count, "key: id, project: [a, b, c, d, e]")
    assert found(f"ttt: {{key: id, items: E, indexes: {{{listed}}}}}") == ids


@pytest.mark.parametrize(
    ("key", "size", "ids"),
    [
        ("url", "2048", []),
        ("url", "2049", ["key-too-long"]),
        ("[id, url]", "1024", []),
        ("[id, url]", "1025", ["key-too-long"]),
    ],
)
def test_keys_have_a_largest_size(key, size, ids):
    model = MODEL.replace("e: text(9)", f"url: {{type: url, unique: true, bytes: {size}}}")
    assert found(f"ttt: {{key: {key}, items: E}}", model) == ids


def test_a_local_index_needs_the_partition_key_of_its_table_and_a_sort_key():
    assert found("ttt: {key: [id, a], items: E, indexes: {iii: {key: [b, c], local: true}}}") == [
        "impossible-index"
    ]
    assert found("ttt: {key: [id, a], items: E, indexes: {iii: {key: id, local: true}}}") == [
        "impossible-index"
    ]


def test_a_local_index_on_a_table_without_sort_key_is_impossible():
    assert found("ttt: {key: id, items: E, indexes: {iii: {key: [id, b], local: true}}}") == [
        "impossible-index"
    ]


def test_two_shapes_under_one_key_collide_and_literals_tell_them_apart():
    first = "E: {keys: {PK: '{id}', SK: X}, attributes: [a]}"
    two = (
        f"ttt: {{key: [PK, SK], items: {{{first}, F: {{of: E, keys: {{PK: '{{id}}', SK: %s}}}}}}}}"
    )
    assert found(two % "X") == ["key-collision"]
    assert found(two % "Y") == []


def test_a_key_that_does_not_tell_instances_apart_is_a_warning():
    assert found("ttt: {key: id, items: Child}") == ["key-not-unique"]
    assert found("ttt: {key: [id, no], items: Child}") == []


def test_what_is_unique_of_the_parent_tells_a_single_child_apart():
    child = (
        "  Profile: {of: E, key: id, count: 1, "
        "attributes: {id: uuid, mail: {type: email, copy_of: E.mail}}}\n"
    )
    model = MODEL.replace("e: text(9)", "mail: {type: email, unique: true}")
    model = model.replace("patterns:", f"{child}patterns:")
    assert found("ttt: {key: mail, items: Profile}", model) == []


def test_a_single_child_is_told_apart_by_its_parent():
    assert found("ttt: {key: id, items: Child}", MODEL.replace("count: 2", "count: 1")) == []


def test_a_value_of_400_kb_is_too_large_unless_it_is_kept_elsewhere():
    # 409,600 bytes and the 4 + 2 + … bytes of the names are over the limit
    model = MODEL.replace("e: text(9)", "e: text(400KB)")
    assert found("ttt: {key: id, items: E}", model) == ["item-too-large"]
    assert found("ttt: {key: id, items: {E: {offload: e}}}", model) == []
    assert found("ttt: {key: id, items: {E: {compress: {e: 50%}}}}", model) == []


def test_embedded_children_count_towards_the_item():
    model = MODEL.replace("count: 2", "count: 4000")  # 4,000 x 100 bytes and more
    table = "ttt: {key: id, items: {E: {embed: {children: Child}}}}"
    assert found(table, model) == ["item-too-large"]
    assert found(table) == []


def test_a_shape_that_says_nothing_holds_what_no_other_holds():
    file = read_model(
        MODEL + "designs: {d: {engine: dynamodb, tables: {one: {key: id, items: E}, two: {key: id, "
        "items: {Part: {of: E, attributes: [a, b]}}}}}}\n"
    )
    one, two = file.designs[0].tables  # type: ignore[attr-defined]
    assert one.shapes[0].attributes == ("id", "c", "d", "e")
    assert two.shapes[0].attributes == ("id", "a", "b")
