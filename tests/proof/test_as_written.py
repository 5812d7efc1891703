"""Values come back as they were written; vectors to the precision their database has."""

from __future__ import annotations

from decimal import Decimal

from tablewright.proof.oracle import is_as_written


def test_a_component_of_a_vector_has_the_digits_of_four_bytes() -> None:
    # 24 bits of significand: near 0.1 the steps are 2 to the power of -27, 0.0000000075.
    written = [Decimal("0.12345678"), Decimal("-0.5")]
    assert is_as_written(written, [0.12345678, -0.5])
    assert is_as_written(written, [0.123456784, -0.5])  # within half a step
    assert not is_as_written(written, [0.1234568, -0.5])  # 0.00000002 off: some steps
    assert not is_as_written(written, [0.12345678])


def test_what_is_no_vector_is_the_same_or_wrong() -> None:
    assert is_as_written("a", "a")
    assert is_as_written(["a", "b"], ["a", "b"])
    assert not is_as_written(["a", "b"], ["b", "a"])
    assert not is_as_written(Decimal("1.00000001"), Decimal(1))
    assert not is_as_written(None, [])
    assert not is_as_written([1, 2], [1, 3])
