"""The limits of the service are in one file, each with its source, and nothing else states them."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType

import pytest

import tablewright
from tablewright.capacity.limits import limit, limits, read_limits
from tablewright.core.data import read_yaml
from tablewright.core.errors import DataError

SRC = Path(tablewright.__file__).parent


def test_limits_are_those_of_the_developer_guide() -> None:
    # Written down by hand from the pages that the file names, not from the file.
    assert limit("item_bytes") == 400 * 1024
    assert limit("page_bytes") == 1024 * 1024
    assert (limit("read_unit_bytes"), limit("write_unit_bytes")) == (4 * 1024, 1024)
    assert (limit("partition_read_units"), limit("partition_write_units")) == (3000, 1000)
    assert (limit("batch_get_keys"), limit("batch_write_items")) == (100, 25)
    assert (limit("batch_get_bytes"), limit("transaction_bytes")) == (16 * 1024**2, 4 * 1024**2)
    assert limit("item_collection_bytes") == 10 * 1024**3
    assert (limit("global_indexes"), limit("local_indexes")) == (20, 5)


def test_every_limit_names_a_page_and_the_day_it_was_read() -> None:
    for entry in limits().values():
        assert entry.source.startswith("AWS ")
        assert datetime.date(2026, 1, 1) <= entry.read <= datetime.date(2026, 12, 31)


def test_a_misspelt_limit_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(DataError, match="no limit `item_byte`, did you mean `item_bytes`"):
        limit("item_byte")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": 0}, "not a positive integer"),
        ({"value": "400KB"}, "not a positive integer"),
        ({"source": "hearsay"}, "unknown source `hearsay`"),
        ({"note": "x"}, "unknown key note"),
    ],
)
def test_a_damaged_limit_is_refused(change: dict[str, object], message: str) -> None:
    data = copy.deepcopy(read_yaml("tablewright.capacity", "limits.yaml"))
    data["limits"]["item_bytes"] |= change
    with pytest.raises(DataError, match=message):
        read_limits(data)


def _numbers(constants: Iterable[object]) -> Iterator[int]:
    """Yield the integers among constants of compiled code; products of literals are worked out."""
    for constant in constants:
        if isinstance(constant, CodeType):
            yield from _numbers(constant.co_consts)
        elif isinstance(constant, tuple | frozenset):
            yield from _numbers(constant)
        elif type(constant) is int:
            yield constant


def test_no_module_states_the_item_limit_again() -> None:
    stating = [
        str(path.relative_to(SRC))
        for path in SRC.rglob("*.py")
        if 400 * 1024 in _numbers([compile(path.read_text(encoding="utf-8"), str(path), "exec")])
        and path.name != "quantities.py"
    ]
    assert stating == []
