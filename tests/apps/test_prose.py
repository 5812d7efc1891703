"""Figures in the answers of the shipped files are those that the program computes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from applications import compared, session_of


def answer(app: str, claim: str) -> str:
    (found,) = (c.answer for c in session_of(app).model.claims if c.id == claim)
    return " ".join(found.split())


@pytest.mark.parametrize(
    ("app", "claim", "option", "users"),
    [
        ("poafix", "C6", "atlas-s3", 10_000),
        ("mongocollectibles", "C17", "azure", 500),
        ("mongocollectibles", "C17b", "google-cloud", 5_000),
    ],
)
def test_a_bill_in_an_answer_is_the_bill_of_the_option(
    app: str, claim: str, option: str, users: int
) -> None:
    (priced,) = (o.at(users) for o in compared(app).architectures if o.architecture.name == option)
    assert f"${priced.total:,.2f}" in answer(app, claim)


def test_the_peak_of_the_proxy_is_that_of_all_its_patterns() -> None:
    # 1.2 + 3 x 20 + 1 + 0.2 + 0.05 + 0.003 + 1 + 0.005 + 0.0033 + 0.05 + 0.0033 + 0.033 + 0.6
    # = 64.1476 calls of a user and day; 50,000 users, 86,400 seconds, tenfold peak: 371.22 a second
    calls = Decimal("64.1476") * 50_000 / 86_400 * 10
    figures = {name: value for name, value, _ in compared("llm-proxy").workload}
    assert round(figures["peak_per_second"], 2) == round(calls, 2) == Decimal("371.22")
    assert f"make {round(calls)} calls a second" in answer("llm-proxy", "C10")
