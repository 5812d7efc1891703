"""Values that belong together: copies, times in order, joint presence, sequences, examples."""

from __future__ import annotations

import pytest

from tablewright import read_model
from tablewright.core.errors import ModelError
from tablewright.model.statistics import Selectivity
from tablewright.model.values import Model
from tablewright.sample.sample import Sample

TEXT = """
app: k
scales: [1000]
entities:
  User:
    key: user_id
    attributes: {user_id: id, name: name, plan: "enum(free, pro)"}
  Post:
    of: User
    key: post_id
    count: 5
    retention: 30d
    attributes:
      post_id: {type: id, like: post-0098}
      author_name: {type: name, copy_of: user_id.name}
      reviewer: {type: ref, to: User, other: yes}
      reviewer_plan: {type: enum, values: [free, pro], copy_of: reviewer.plan}
      town: {type: text, examples: [Lund, Visby, Umeå]}
      started_at: timestamp
      ended_at: {type: timestamp, after: started_at}
      archived_on: {type: date, after: ended_at, presence: 30%}
      archived_by: {type: id, presence: 30%, present_with: archived_on}
      archived_to: {type: id, presence: 30%, present_with: archived_by}
      created: {type: epoch, role: time}
      expires_at: epoch
      note: {type: text, like: n-1}
  Draft:
    of: Post
    key: n
    count: 2
    attributes:
      n: {type: text, like: v-1}
      owner_plan: {type: enum, values: [free, pro], copy_of: User.plan}
patterns:
  all: {get: User, by: user_id, rate: 1/user/day}
"""


@pytest.fixture(scope="module")
def model() -> Model:
    return read_model(TEXT).model


@pytest.fixture(scope="module")
def posts(model: Model) -> list[dict[str, object]]:
    return list(Sample(model).rows("Post", 0, 1500, 300))


def test_a_copy_equals_its_owner(model: Model, posts: list[dict[str, object]]) -> None:
    users = {row["user_id"]: row for row in Sample(model).rows("User", 0, 300, 300)}
    for post in posts:
        assert post["author_name"] == users[post["user_id"]]["name"]
        assert post["reviewer_plan"] == users[post["reviewer"]]["plan"]
        assert post["reviewer"] != post["user_id"]


def test_a_copy_from_a_grandparent_equals_it(model: Model) -> None:
    sample = Sample(model)
    for number, draft in enumerate(sample.rows("Draft", 0, 400, 300)):
        user = sample.parent("Post", sample.parent("Draft", number, 300), 300)
        assert draft["owner_plan"] == sample.value("User", "plan", user, 300)


def test_a_copy_has_as_many_values_as_what_it_repeats(model: Model) -> None:
    statistics = Selectivity(model, 1000)
    assert statistics.distinct(model.entity("Post"), "reviewer_plan") == 2
    assert statistics.distinct(model.entity("Post"), "town") == 3


def test_times_are_in_the_stated_order(posts: list[dict[str, object]]) -> None:
    for post in posts:
        assert str(post["started_at"]) <= str(post["ended_at"])
        if "archived_on" in post:
            assert str(post["ended_at"])[:10] <= str(post["archived_on"])


def test_only_the_expiry_lies_ahead_by_the_retention(posts: list[dict[str, object]]) -> None:
    until = 1_767_225_600  # 1 January 2026
    month = 30 * 86_400
    for post in posts:
        assert until - month <= int(str(post["created"])) < until
        assert until <= int(str(post["expires_at"])) < until + month


def test_attributes_present_together_are_there_or_absent_together(
    posts: list[dict[str, object]],
) -> None:
    names = ("archived_on", "archived_by", "archived_to")
    together = [tuple(name in post for name in names) for post in posts]
    assert set(together) == {(True, True, True), (False, False, False)}
    assert 0.28 < sum(there for there, *_ in together) / len(together) < 0.32


def test_a_sequence_counts_up_from_its_first_value(posts: list[dict[str, object]]) -> None:
    assert [post["post_id"] for post in posts[:3]] == ["post-0098", "post-0099", "post-0100"]
    assert posts[1499]["note"] == "n-1500"


def test_a_sequence_in_a_childs_key_counts_within_its_parent(model: Model) -> None:
    drafts = list(Sample(model).rows("Draft", 0, 4, 300))
    assert [draft["n"] for draft in drafts] == ["v-1", "v-2", "v-1", "v-2"]


def test_examples_are_the_values(posts: list[dict[str, object]]) -> None:
    assert {post["town"] for post in posts} == {"Lund", "Visby", "Umeå"}


def test_sizes_are_those_of_the_values(model: Model) -> None:
    sample = Sample(model)
    for name in ("author_name", "town", "note", "reviewer_plan"):
        sizes = sample.sizes("Post", name, 600)
        values = sample.values("Post", name, 600)
        assert sizes == [len(str(value).encode()) for value in values]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("copy_of: user_id.name", "copy_of: user_id.nam", "copies `user_id.nam`"),
        ("copy_of: user_id.name", "copy_of: town.name", "`town` is no ref"),
        ("copy_of: user_id.name", "copy_of: user_id.plan", "is an enum"),
        ("after: started_at", "after: town", "comes after `town`, which is a text"),
        ("after: started_at", "after: archived_on", "comes after itself"),
        ("after: started_at", "after: start_at", "did you mean `started_at`?"),
        ("presence: 30%, present_with", "presence: 40%, present_with", "40 % and 30 %"),
        ("like: n-1", "like: note", "has no digits"),
        ("started_at: timestamp", "started_at: {type: timestamp, like: a1}", "has no `like`"),
    ],
)
def test_what_cannot_be_is_an_error_with_its_place(old: str, new: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        read_model(TEXT.replace(old, new))
    found = caught.value.diagnostics[0]
    assert message in f"{found.message} {found.help}"
    assert found.span is not None
    assert old.partition(":")[0] in TEXT.splitlines()[found.span.line - 1] or "present" in old
