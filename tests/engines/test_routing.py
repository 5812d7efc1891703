"""How an index is used on a server: capitals, beginnings, pages by offset, what lies inside."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright.api import Session
from tablewright.core.errors import ModelError
from tablewright.deploy.sql import ddl
from tablewright.design.postgresql import PostgresDesign
from tablewright.design.reader import read_model
from tablewright.engines.servers import ServerEvaluation

MODEL = """
app: t
region: us-east-1
scales: [100000]
entities:
  User:
    key: id
    attributes:
      id: uuid
      email: {type: email, unique: true}
      name: name
      tags: {type: list, of: text(6), items: 3, distinct: 1000}
patterns:
  exact: {get: User, by: email, rate: 1/user/day}
  loose: {get: User, by: email, ignore_case: email, rate: 1/user/day}
  starts: {list: User, where: {name: {begins_with: 1%}}, limit: 10, rate: 1/user/day}
  deep: {list: User, where: {name: {begins_with: 10%}}, limit: 20, skip: 980, rate: 1/user/day}
  tagged: {list: User, where: tags, limit: 10, rate: 1/user/day}
designs:
  m:
    engine: mongodb
    collections:
      users: {holds: User, indexes: {email: {email: 1}, name: {name: 1}, tags: {tags: 1}}}
  p:
    engine: postgresql
    tables:
      users: {holds: User, indexes: {email: email, name: name}}
"""


def evaluated(design: str, *changes: tuple[str, str]) -> ServerEvaluation:
    text = MODEL
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    found = Session(file=read_model(text)).evaluate(design)
    assert isinstance(found, ServerEvaluation)
    return found


def target(design: str, pattern: str, *changes: tuple[str, str]) -> str:
    return evaluated(design, *changes).route(pattern).target


@pytest.mark.parametrize("design", ["m", "p"])
def test_an_index_serves_the_exact_text_and_not_one_of_any_capitals(design):
    assert target(design, "exact") == "users/email"
    assert target(design, "loose") == "users"


@pytest.mark.parametrize(
    ("design", "before", "after"),
    [
        ("m", "email: {email: 1}", "email: {keys: {email: 1}, ignore_case: true}"),
        ("p", "email: email", "email: {columns: email, ignore_case: true}"),
    ],
)
def test_an_index_without_capitals_serves_the_other_one_only(design, before, after):
    assert target(design, "loose", (before, after)) == "users/email"
    assert target(design, "exact", (before, after)) == "users"


def test_the_beginning_of_a_text_needs_an_index_in_the_order_of_bytes_in_postgresql():
    assert target("m", "starts") == "users/name"
    assert target("p", "starts") == "users"
    bytewise = ("name: name}}", "name: {columns: name, prefixes: true}}}")
    assert target("p", "starts", bytewise) == "users/name"


def test_the_order_of_bytes_is_not_that_of_the_language():
    sorted_by_name = ("limit: 10, rate", "sort: name, limit: 10, rate")
    bytewise = ("name: name}}", "name: {columns: name, prefixes: true}}}")
    assert not evaluated("m", sorted_by_name).route("starts").sorts_in_code
    assert evaluated("p", sorted_by_name, bytewise).route("starts").sorts_in_code


def test_what_is_skipped_is_gone_through_and_not_returned():
    found = evaluated("m")
    # 980 are skipped before 20; of 100,000 users 10,000 match
    assert found.works["deep"].entries == 1000
    assert found.works["deep"].rows == 1000
    assert found.route("deep").returned == 20


def test_a_gin_index_finds_rows_by_what_their_lists_hold():
    assert target("p", "tagged") == "users"
    gin = ("name: name}}", "name: name, tags: {columns: tags, using: gin}}}")
    found = evaluated("p", gin)
    assert found.route("tagged").target == "users/tags"
    # one of 1,000 tags: 100 of 100,000 rows, of which the first ten are read
    assert found.works["tagged"].entries == Decimal(10)


def test_the_statements_of_such_indexes_name_function_and_order():
    text = MODEL.replace("email: email", "email: {columns: [email, -id], ignore_case: true}")
    text = text.replace("name: name}}", "name: {columns: name, prefixes: true}}}")
    design = read_model(text).design("p")
    assert isinstance(design, PostgresDesign)
    assert ddl(design)[-2:] == (
        'CREATE INDEX "email" ON "users" (lower("email"), "id" DESC)',
        'CREATE INDEX "name" ON "users" ("name" text_pattern_ops)',
    )


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("{list: User, where: name, skip: 10, rate: 1/day}", "how many it wants then"),
        ("{get: User, by: email, ignore_case: name, rate: 1/day}", "does not select on"),
        ("{list: User, where: tags, ignore_case: tags, rate: 1/day}", "ignores capitals in"),
    ],
)
def test_skips_and_capitals_that_make_no_sense_are_pointed_at(pattern, says):
    with pytest.raises(ModelError) as caught:
        read_model(MODEL.replace("designs:", f"  odd: {pattern}\ndesigns:", 1))
    assert any(says in one.message for one in caught.value.diagnostics)
