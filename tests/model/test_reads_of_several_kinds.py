"""`read`: gets and lists of several kinds in one pattern, as a model file has them."""

from __future__ import annotations

import pytest

from tablewright import read_model
from tablewright.capacity.units import Consistency
from tablewright.core.errors import ModelError
from tablewright.evaluation.parameters import signature_of
from tablewright.model.values import Verb

MODEL = """
app: forum
scales: [100]
entities:
  Post: {key: pid, attributes: {pid: uuid, title: text(20)}}
  Comment: {of: Post, key: cid, count: 3, attributes: {cid: ulid, text: text(90), at: timestamp}}
patterns:
  thread: %s
"""


def thread(text: str):
    return read_model(MODEL % text).model.pattern("thread")


def problems(text: str) -> list[tuple[str, str]]:
    with pytest.raises(ModelError) as raised:
        thread(text)
    return [(d.id, d.message) for d in raised.value.diagnostics if d.severity.is_error]


BOTH = "{get: Post, by: pid}, {list: Comment, where: pid, sort: -at, limit: 5, select: [text]}"


def test_its_parts_are_patterns_with_the_rate_and_consistency_of_the_whole() -> None:
    pattern = thread(f"{{read: [{BOTH}], rate: 2/user/day, consistency: strong, peak: 3}}")
    assert pattern.verb is Verb.READ
    assert not pattern.verb.is_write
    post, comment = pattern.parts
    assert (post.name, post.verb, post.entity) == ("thread/1", Verb.GET, "Post")
    assert (comment.sort, comment.limit, comment.select) == ((("at", True),), 5, ("text",))
    assert {part.consistency for part in pattern.parts} == {Consistency.STRONG}
    assert {part.peak for part in pattern.parts} == {3}
    assert {part.rate for part in pattern.parts} == {pattern.rate}


def test_what_several_parts_are_asked_by_is_one_parameter() -> None:
    model = read_model(MODEL % f"{{read: [{BOTH}], rate: 2/user/day}}").model
    signature = signature_of(model, model.pattern("thread"))
    assert [parameter.name for parameter in signature.distinct] == ["pid"]
    assert not signature.is_paged


def test_a_part_is_a_get_or_a_list() -> None:
    (problem,) = problems("{read: [{get: Post, by: pid}, {put: Comment}], rate: 2/user/day}")
    assert problem == ("unknown-field", "a part of a read has no field `put`")


def test_each_part_is_of_another_entity() -> None:
    twice = "{list: Comment, where: pid}, {get: Comment, by: [pid, cid]}"
    assert problems(f"{{read: [{twice}], rate: 2/user/day}}") == [
        ("kind-twice", "pattern `thread` reads `Comment` twice")
    ]


def test_one_part_is_no_read_of_several_kinds() -> None:
    found = problems("{read: [{get: Post, by: pid}], rate: 2/user/day}")
    assert len(found) == 1


@pytest.mark.parametrize(
    "field", ["by: pid", "limit: 3", "select: [pid]", "fails: 10%", "batch: 2"]
)
def test_what_belongs_to_a_part_is_refused_beside_the_parts(field: str) -> None:
    name = field.partition(":")[0]
    assert problems(f"{{read: [{BOTH}], {field}, rate: 2/user/day}}") == [
        ("field-not-for-verb", f"pattern `thread` is a read, which has no `{name}`")
    ]
