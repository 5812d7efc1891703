"""How an expression is refused: the one place that words the prefix.

In: the parameter the expression came in and what is wrong. Out: a fault to raise.
"""

from __future__ import annotations

from tablewright.local.faults import ValidationException

WHERE_CLAUSE = "WHERE clause"


def invalid(parameter: str, message: str) -> ValidationException:
    """Return the fault for an expression that is wrong in itself.

    The WHERE clause of a PartiQL statement is no parameter, so that nothing stands before.
    """
    if parameter == WHERE_CLAUSE:
        return ValidationException(message)
    return ValidationException(f"Invalid {parameter}: {message}")


def refused(message: str) -> ValidationException:
    """Return the fault for an expression that does not fit the item or the keys."""
    return ValidationException(message)
