"""Conditions of policy statements: operators over what is known of a request.

In: the Condition block of a statement; then a context: key → values. Out: whether it holds.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Creating a condition
with multiple keys or values": values of a key are alternatives, of a negated operator none may
match; `ForAllValues` holds for an absent key, `ForAnyValue` does not; `IfExists` holds if absent.
"""

from __future__ import annotations

import datetime
import fnmatch
import functools
import ipaddress
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from tablewright.core.frozen import frozen

Context = Mapping[str, tuple[str, ...]]
"""What is known of a request: condition keys in lower case, and their values."""


def _number(text: str) -> Decimal:
    return Decimal(text)


def _moment(text: str) -> datetime.datetime:
    if re.fullmatch(r"\d+", text):
        return datetime.datetime.fromtimestamp(int(text), datetime.UTC)
    moment = datetime.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def _is_in_network(value: str, network: str) -> bool:
    return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)


def matches_pattern(pattern: str, text: str) -> bool:
    """Whether a text matches a pattern with `*` and `?`; case counts.

    Example:
        >>> matches_pattern("user-?/*", "user-1/orders"), matches_pattern("a*", "A")
        (True, False)
    """
    return _compiled(pattern).fullmatch(text) is not None


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    escaped = pattern.replace("[", "[[]")
    return re.compile(fnmatch.translate(escaped))


def _arn_matches(value: str, pattern: str) -> bool:
    parts, patterns = value.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(patterns) and all(map(matches_pattern, patterns, parts))


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, expected: value == expected,
    "StringEqualsIgnoreCase": lambda value, expected: value.lower() == expected.lower(),
    "StringLike": lambda value, pattern: matches_pattern(pattern, value),
    "NumericEquals": lambda value, expected: _number(value) == _number(expected),
    "NumericLessThan": lambda value, expected: _number(value) < _number(expected),
    "NumericLessThanEquals": lambda value, expected: _number(value) <= _number(expected),
    "NumericGreaterThan": lambda value, expected: _number(value) > _number(expected),
    "NumericGreaterThanEquals": lambda value, expected: _number(value) >= _number(expected),
    "DateEquals": lambda value, expected: _moment(value) == _moment(expected),
    "DateLessThan": lambda value, expected: _moment(value) < _moment(expected),
    "DateLessThanEquals": lambda value, expected: _moment(value) <= _moment(expected),
    "DateGreaterThan": lambda value, expected: _moment(value) > _moment(expected),
    "DateGreaterThanEquals": lambda value, expected: _moment(value) >= _moment(expected),
    "Bool": lambda value, expected: value.lower() == expected.lower(),
    "IpAddress": _is_in_network,
    "ArnEquals": _arn_matches,
    "ArnLike": _arn_matches,
}
_NEGATIONS = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


@frozen
class PolicyCondition:
    """One operator on one key."""

    operator: str
    key: str
    values: tuple[str, ...]
    quantifier: str = ""
    """ForAllValues, ForAnyValue or nothing."""
    if_exists: bool = False

    def holds(self, context: Context) -> bool:
        """Whether the condition holds for what is known of a request."""
        known = context.get(self.key.lower())
        if self.operator == "Null":
            return (not known) == (self.values[0].lower() == "true")
        if self.quantifier == "ForAllValues":
            return all(self._matches(value, context) for value in known or ())
        if not known:
            is_negated = self.operator in _NEGATIONS
            return self.if_exists or (is_negated and self.quantifier != "ForAnyValue")
        if self.quantifier == "ForAnyValue":
            return any(self._matches(value, context) for value in known)
        return self._matches(known[0], context)

    def _matches(self, value: str, context: Context) -> bool:
        is_negated = self.operator in _NEGATIONS
        test = _TESTS[_NEGATIONS.get(self.operator, self.operator)]
        try:
            is_match = any(test(value, _filled(each, context)) for each in self.values)
        except (InvalidOperation, ValueError):
            is_match = False
        return is_match != is_negated


def _filled(text: str, context: Context) -> str:
    """Return a value with its variables, such as `${aws:username}`, in place."""

    def value_of(match: re.Match[str]) -> str:
        name, _, default = match[1].partition(",")
        if name in ("*", "?", "$"):
            return name
        known = context.get(name.strip().lower())
        return known[0] if known else default.strip().strip("'")

    return re.sub(r"\$\{([^}]*)\}", value_of, text)


def read_conditions(block: Any) -> tuple[PolicyCondition, ...]:
    """Return the conditions of a Condition block.

    Raises:
        ValueError: an operator is not known, or a value is no text.
    """
    if not isinstance(block, Mapping):
        raise ValueError("Condition must be an object")
    conditions = []
    for written, keys in block.items():
        quantifier, _, rest = written.rpartition(":")
        if quantifier not in ("", "ForAllValues", "ForAnyValue"):
            raise ValueError(f"unknown condition operator {written}")
        if_exists = rest.endswith("IfExists")
        operator = rest.removesuffix("IfExists")
        if operator not in _TESTS and operator not in _NEGATIONS and operator != "Null":
            raise ValueError(f"unknown condition operator {written}")
        if not isinstance(keys, Mapping):
            raise ValueError(f"{written} must be an object of condition keys")
        for key, values in keys.items():
            listed = values if isinstance(values, list) else [values]
            texts = tuple(_text(value) for value in listed)
            if not texts:
                raise ValueError(f"{written}.{key} has no value")
            conditions.append(
                PolicyCondition(
                    operator=operator,
                    key=key,
                    values=texts,
                    quantifier=quantifier,
                    if_exists=if_exists,
                )
            )
    return tuple(conditions)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError(f"a condition value must be a text, a number or a boolean: {value!r}")
