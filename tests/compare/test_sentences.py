"""What the page of a comparison says in words agrees with its figures.

No amount is a rounding error, no part exceeds the whole, no credit lasts on something without a
price, and no scale is given the figure of another.
"""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from applications import compared
from tablewright import read_model
from tablewright.reports.compare_options import costs_table
from tablewright.reports.pages import page_of
from tablewright.reports.render.text import write_text
from tablewright.session import Options, Session
from tablewright.verbs.compare import compare

APPLICATIONS = ("llm-proxy", "screen-time-journey", "mongocollectibles", "poafix", "auxeira")
CREDIT = Decimal(200)


@pytest.mark.parametrize("app", APPLICATIONS)
def test_no_sentence_of_a_comparison_contradicts_a_figure(app: str) -> None:
    comparison = compared(app)
    text = " ".join(write_text(page_of(comparison, "compare")).split())
    assert re.findall(r"-0\.0000\d*", text) == []
    assert "far off" not in text
    assert re.findall(r"weighs? ([\d.]+) instead of \1\b", text) == []
    options = {option.architecture.name: option for option in comparison.architectures}
    lasting = re.findall(r"`([a-z0-9-]+)` ([\d.,]+) months", text)
    for name, months in lasting:
        price = options[name].at(comparison.users)
        assert price.is_priced, name
        assert abs(Decimal(months.replace(",", "")) - CREDIT / price.total) <= Decimal("0.05"), name
    for option in comparison.architectures:
        for price in option.prices:
            parts = [line.amount for line in price.lines if line.amount > 0]
            assert price.list_total <= sum(parts)
            assert max(parts, default=Decimal(0)) <= sum(parts)


NORDIC = """
app: notes
region: eu-north-1
scales: [1000, 50000, 100000]
entities:
  Note: {key: id, count: 300/user, attributes: {id: uuid, owner: uuid, body: text(4000)}}
patterns:
  new: {put: Note, rate: 10/user/day}
  get: {get: Note, by: id, rate: 100/user/day}
designs:
  m: {engine: mongodb, collections: {notes: {holds: Note}}}
"""


def test_where_no_price_is_known_the_reason_is_the_price_and_each_scale_has_its_own() -> None:
    # the book has Flex tiers for Stockholm, and none from M10 on
    comparison = compare(Session(read_model(NORDIC), Options(users=100_000)))
    rows = {entry.users: entry for entry in comparison.engines if entry.engine == "mongodb"}
    assert rows[1_000].usd is not None
    for users in (50_000, 100_000):
        assert rows[users].usd is None
        assert rows[users].why.startswith("the book has no price of MongoDB Atlas M")
        assert "no offer" not in rows[users].why
    assert rows[50_000].why != rows[100_000].why
    text = " ".join(write_text(page_of(comparison, "compare")).split())
    assert "more than any offer holds" not in text
    for users in (50_000, 100_000):
        assert f"- mongodb at {users:,} users has no figure: {rows[users].why}." in text


@pytest.mark.parametrize(
    ("app", "marked"), [("screen-time-journey", {"http-api-atlas"}), ("poafix", set())]
)
def test_what_rests_on_the_database_of_another_region_is_marked(app: str, marked: set[str]) -> None:
    # Stockholm has no price of M10, Virginia has; every database of PoaFix has its own
    comparison = compared(app)
    table = costs_table(comparison)
    rows = {row.cells[0]: row.cells[1:-1] for row in table.rows}
    priced = {name: [c for c in cells if c != "no price"] for name, cells in rows.items()}
    for name, cells in priced.items():
        assert all(str(cell).startswith("~") == (name in marked) for cell in cells), name
    assert ("at the prices of another region" in table.caption) == bool(marked)
