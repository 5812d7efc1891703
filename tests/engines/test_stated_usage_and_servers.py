"""What a file states instead of leaving it to be worked out: usage of a table, a server."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.core.errors import ModelError
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.design_printer import design_section
from tablewright.session import Options, Session
from tablewright.verbs.cost import cost

SCORES = """
app: scores
region: us-east-1
scales: [1]
entities:
  Score: {key: [user_id, title], count: 10 total, attributes: {user_id: id, title: text(20)}}
patterns:
  read: {get: Score, by: [user_id, title], rate: 1/day}
designs:
  d:
    engine: dynamodb
    tables:
      scores:
        key: [user_id, title]
        items: Score
        pitr: true
        usage: {reads: 8_000_000, writes: 3_000_000, stored: 230GB}
        indexes: {titles: {key: [title, user_id], project: keys-only, usage: {stored: 100GB}}}
"""


def test_a_table_is_billed_by_the_usage_that_is_stated() -> None:
    # Infracost's example of a table: 230 GB cost 57.50 and, recovered, 46.00; 8 M reads at 0.125
    # cost 1.00, 3 M writes at 0.625 cost 1.875; 100 GB of the index cost 25.00
    session = Session(read_model(SCORES), Options())
    view = cost(session)
    assert {(row.where, row.what): row.usd_per_month for row in view.rows} == {
        ("scores", "read request units"): Decimal("1.00"),
        ("scores", "write request units"): Decimal("1.875"),
        ("scores", "storage"): Decimal("57.5"),
        ("scores", "point-in-time recovery"): Decimal("46"),
        ("scores.titles", "storage"): Decimal("25"),
    }
    assert "the usage of scores is stated in the file, the same at every scale" in view.assumptions


def test_a_stated_usage_is_written_as_it_is_read() -> None:
    file = read_model(SCORES)
    design = file.designs[0]
    assert isinstance(design, DynamoDesign)
    text = SCORES[: SCORES.index("designs:")] + "designs:\n" + design_section(design, file.model)
    again = read_model(text).designs[0]
    assert isinstance(again, DynamoDesign)
    assert again.tables == design.tables


SERVERS = """
app: servers
region: us-east-1
scales: [1000]
entities:
  User: {key: id, attributes: {id: uuid, bio: text(400)}}
patterns:
  read: {get: User, by: id, rate: 5/user/day}
designs:
  m: {engine: mongodb, server: M40, collections: {users: {holds: User}}}
  a:
    engine: postgresql
    server: Amazon Aurora Serverless v2, Standard
    tables: {users: {holds: User}}
"""


@pytest.mark.parametrize(
    ("design", "usd"),
    # M40: 1.04 x 730. Half a capacity unit of Aurora: 0.06 x 730.
    [("m", "759.20"), ("a", "43.80")],
)
def test_a_stated_server_is_the_one_that_is_billed(design: str, usd: str) -> None:
    figure = cost(Session(read_model(SERVERS), Options()), design).usd_per_month
    assert figure is not None
    assert round(figure, 2) == Decimal(usd)


def test_a_stated_server_that_is_too_small_gives_no_figure() -> None:
    text = SERVERS.replace("M40", "M10").replace("[1000]", "[100000000]")
    view = cost(Session(read_model(text), Options()), "m")
    assert view.usd_per_month is None
    assert "nearest is MongoDB Atlas M10" in view.shortcoming


def test_a_server_nobody_sells_is_refused_at_its_place() -> None:
    with pytest.raises(ModelError) as caught:
        read_model(SERVERS.replace("M40", "M41"))
    [problem] = caught.value.diagnostics
    assert problem.message == "`M41` is no offer of the price book"
    assert problem.span is not None
    assert problem.span.line == 10
