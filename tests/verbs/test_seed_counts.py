"""`seed --count`: so many of an entity, whatever the number of users."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tablewright import read_model
from tablewright.cli.main import group
from tablewright.core.errors import UsageError
from tablewright.evaluation.doors import Target
from tablewright.session import Options, Session
from tablewright.verbs.seed import SeedView, seed

MODEL = """
app: homes
scales: [10]
entities:
  User: {key: id, count: 0.8/user, attributes: {id: uuid, name: name}}
  Order: {of: User, key: [id, orderId], count: 2, attributes: {orderId: ulid}}
  Note: {key: id, count: 1/user, attributes: {id: uuid, author: {type: ref, to: User}}}
patterns:
  read: {get: User, by: id, rate: 1/user/day}
designs:
  one:
    engine: dynamodb
    tables:
      users: {key: id, items: User}
      orders: {key: [id, orderId], items: Order}
      notes: {key: id, items: Note}
"""


def planned(tmp_path: Path, counts: dict[str, int]) -> SeedView:
    session = Session(read_model(MODEL, str(tmp_path / "tablewright.yaml")), Options())
    return seed(session, "one", Target(), users=10, counts=counts, dry_run=True)


def test_an_entity_has_the_number_that_is_asked_for_and_its_children_follow(tmp_path):
    def items(counts):
        return {part.entity: part.items for part in planned(tmp_path, counts).parts}

    # 10 users: 0.8 x 10 of User, two orders of each; a note of each user
    assert items({}) == {"User": 8, "Order": 16, "Note": 10}
    assert items({"User": 3}) == {"User": 3, "Order": 6, "Note": 10}
    assert items({"User": 3, "Note": 4}) == {"User": 3, "Order": 6, "Note": 4}


@pytest.mark.parametrize(
    ("counts", "remedy"), [({"Usr": 3}, "did you mean `User`?"), ({"Order": 3}, "--count User=N")]
)
def test_what_is_no_entity_or_belongs_to_another_is_refused(tmp_path, counts, remedy):
    with pytest.raises(UsageError) as caught:
        planned(tmp_path, counts)
    assert caught.value.remedy is not None
    assert remedy in caught.value.remedy


def test_the_tables_hold_them_and_what_refers_to_them_is_there(tmp_path):
    (tmp_path / "tablewright.yaml").write_text(MODEL)

    def run(*words: str) -> str:
        result = CliRunner().invoke(group, [*words, str(tmp_path)])
        assert result.exit_code == 0, result.output
        return result.output

    run("up")
    assert "Wrote 19 items" in run("seed", "--users", "10", "--count", "User=3")
    status = run("status")
    for table, count in (("users", 3), ("orders", 6), ("notes", 10)):
        line = next(line for line in status.splitlines() if line.startswith(f"{table}:"))
        assert f"{count} items" in line


def test_a_number_that_is_none_is_refused(tmp_path):
    (tmp_path / "tablewright.yaml").write_text(MODEL)
    result = CliRunner().invoke(group, ["seed", str(tmp_path), "--count", "User=few"])
    assert result.exit_code == 2
    assert "is not ENTITY=N" in result.output
