"""One whole bill, worked out again with nothing of the project: bytes, units, months, money.

The left side is what `tablewright cost` prints; the right side is this file. Rules are those of the
vendor's developer guide, prices those of us-east-1; a month has 730 hours, a GB 1024^3 bytes.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from tablewright.cli.main import run

MODEL = Path(__file__).with_name("shop.yaml")
USERS = 1_000_000
CALLS = Fraction(USERS * 730, 24)  # one call a user and day, over a month

# Bytes of an item: each attribute's name and value.
CUSTOMER = (11 + 36) + (5 + 30) + (7 + 3000)  # customer_id, email, profile
ORDER = (11 + 36) + (8 + 12) + (10 + 24) + (6 + 4) + (5 + 1500)  # ... created_at, status, lines
BY_EMAIL = (5 + 30) + (11 + 36)
BY_STATUS = (6 + 4) + (10 + 24) + (11 + 36) + (8 + 12)

WRITE, READ = Fraction(625, 10**9), Fraction(125, 10**9)  # USD for one request unit
STORED, RECOVERED = Fraction(25, 100), Fraction(20, 100)  # USD for a GB and month


def test_sizes_are_what_the_pencil_says() -> None:
    assert (CUSTOMER, ORDER, BY_EMAIL, BY_STATUS) == (3089, 1616, 82, 111)


def gigabytes(count: int, item_bytes: int) -> Fraction:
    return Fraction(count * (item_bytes + 100), 1024**3)


SHEET = {
    # getCustomer: 3,089 bytes are one block of 4 KB, half a unit; 10 a day
    ("customers", "read request units"): 10 * CALLS * Fraction(1, 2) * READ,
    # signUp: 4 blocks of 1 KB, doubled by the transaction
    ("customers", "write request units"): CALLS / 100 * 8 * WRITE,
    ("customers", "storage"): gigabytes(USERS, CUSTOMER) * STORED,
    # idByEmail: answered by the index alone
    ("customers.by-email", "read request units"): CALLS * Fraction(1, 2) * READ,
    # signUp: one block; a transaction does not double it
    ("customers.by-email", "write request units"): CALLS / 100 * WRITE,
    ("customers.by-email", "storage"): gigabytes(USERS, BY_EMAIL) * STORED,
    # orders: 20 x 1,616 = 32,320 bytes are 8 blocks of 4 KB, rounded once: 4 units
    ("orders", "read request units"): 2 * CALLS * 4 * READ,
    # place, edit and touch: 2 blocks of 1 KB each
    ("orders", "write request units"): (Fraction(1, 2) + 1 + Fraction(1, 4)) * CALLS * 2 * WRITE,
    ("orders", "storage"): gigabytes(20 * USERS, ORDER) * STORED,
    ("orders", "point-in-time recovery"): gigabytes(20 * USERS, ORDER) * RECOVERED,
    # place adds an entry (1), touch moves it (1 + 1), edit leaves it alone (0)
    ("orders.by-status", "write request units"): (Fraction(1, 2) + Fraction(2, 4)) * CALLS * WRITE,
    ("orders.by-status", "storage"): gigabytes(20 * USERS, BY_STATUS) * STORED,
}


def test_every_line_and_the_total_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cost", str(MODEL), "--users", str(USERS), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    lines = {(row["where"], row["what"]): row["usd_per_month"] for row in printed["rows"]}
    assert lines.keys() == SHEET.keys()
    for name, usd in SHEET.items():
        assert float(lines[name]) == pytest.approx(float(usd), abs=1e-6), name
    total = sum(SHEET.values())
    assert round(float(printed["usd_per_month"]), 2) == round(float(total), 2)
    assert 100 < total < 200
