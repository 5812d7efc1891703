"""The questions that move the bill most come first."""

from __future__ import annotations

from decimal import Decimal

from tablewright.core.diagnostics import Span
from tablewright.model.values import Assumption
from tablewright.sources.questions import ranked


def assumed(text: str, *path: str) -> Assumption:
    return Assumption(
        path=path, text=text, span=Span(file="a.yaml", line=1, column=1, end_column=2)
    )


def test_questions_are_ordered_by_the_dollars_that_depend_on_them() -> None:
    assumptions = [
        assumed("400", "entities", "Order", "attributes", "note"),
        assumed("10/user/day", "patterns", "getOrder", "rate"),
        assumed("20", "patterns", "listOrders", "limit"),
        assumed("2/user/day", "patterns", "listOrders", "rate"),
        assumed("10/user", "entities", "Visit", "count"),
    ]
    by_pattern = {"getOrder": Decimal(1), "listOrders": Decimal(8)}
    by_entity = {"Order": Decimal(3)}
    questions = ranked(assumptions, by_pattern, by_entity)
    # A limit moves a quarter of what its pattern costs: 2. Of visits no cost is known.
    assert [(q.usd_per_month, q.text.split("?")[0]) for q in questions] == [
        (Decimal(8), "How often is `listOrders` called"),
        (Decimal(3), "How large is `Order.note`"),
        (Decimal(2), "What is the limit of `listOrders`"),
        (Decimal(1), "How often is `getOrder` called"),
        (Decimal(0), "How many Visit are there"),
    ]
