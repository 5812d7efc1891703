"""Lists with a limit on servers, where parents have unequally many children.

Boards have 1 to 19 cards, each number as often: ten at the mean. The first ten of a board are
(1 + 2 + ... + 9 + 10 x 10) / 19 = 145 / 19 = 7.63 at the mean, and not ten.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.engines.servers.cut_lists import cut
from tablewright.engines.servers.sizing import ServerEvaluation
from tablewright.model.values import Spread
from tablewright.session import Session

MODEL = """\
app: boards
region: us-east-1
scales: [2000]
entities:
  Board: {key: board, attributes: {board: uuid}}
  Card: {of: Board, key: card, count: COUNT, attributes: {card: ulid, done: bool, text: text(60)}}
patterns:
  first: {list: Card, where: board, sort: -card, limit: 10, rate: 1/user/day}
  every: {list: Card, where: board, sort: -card, rate: 1/user/day}
  any: {list: Card, sort: -card, limit: 10, rate: 1/user/day}
designs:
  docs:
    engine: mongodb
    collections:
      boards: {holds: Board}
      cards: {holds: Card, indexes: {b: {board: 1, card: -1}}}
  rows:
    engine: postgresql
    tables:
      boards: {holds: Board}
      cards: {holds: Card, primary_key: card, indexes: {b: {columns: [board, -card]}}}
"""


@pytest.mark.parametrize("design", ["docs", "rows"])
@pytest.mark.parametrize(
    ("count", "first"), [("{low: 1, high: 19}", 7.63), ("10", 10), ("{low: 4, high: 6}", 5)]
)
def test_a_limit_cuts_the_children_of_each_parent(design: str, count: str, first: float) -> None:
    evaluation = Session(read_model(MODEL.replace("COUNT", count))).evaluate(design)
    assert isinstance(evaluation, ServerEvaluation)
    works = evaluation.works
    assert float(works["first"].rows) == pytest.approx(first, rel=0.01)
    assert float(evaluation.route("first").returned) == pytest.approx(first, rel=0.01)
    assert float(works["every"].rows) == pytest.approx(5 if "4" in count else 10, rel=0.01)
    assert works["any"].rows == 10  # of all cards there are ten


def test_a_share_of_the_children_is_cut_likewise() -> None:
    # half of 1 to 19 cards, the first four: n / 2 up to 4, so min(n, 8) / 2:
    # (1 + ... + 7 + 12 x 8) / 19 / 2 = 124 / 38 = 3.263
    spread = Spread(mean=Decimal(10), low=Decimal(1), high=Decimal(19), shape="uniform")
    assert float(cut(Decimal(5), Decimal(4), spread)) == pytest.approx(3.263, rel=0.005)
    assert cut(Decimal(5), Decimal(4), None) == 4
    assert cut(Decimal(0), Decimal(4), spread) == 0
