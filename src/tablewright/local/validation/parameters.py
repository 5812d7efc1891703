"""How the parameters of a request go together: expressions, legacy parameters, names and values.

In: a request of the right shape. Out: its values in canonical form, or the service's refusal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tablewright.local.faults import ValidationException
from tablewright.local.validation.layers import OLDER, Layer
from tablewright.local.validation.values import check_value

_NOTHING: Final[Mapping[str, Any]] = {}
_FILTERS = ("Expected", "QueryFilter", "ScanFilter")
_PARAMETERS = frozenset({
    "AttributesToGet", "AttributeUpdates", "ConditionExpression", "ConditionalOperator", "Expected",
    "ExpressionAttributeNames", "ExpressionAttributeValues", "FilterExpression",
    "KeyConditionExpression", "KeyConditions", "ProjectionExpression", "QueryFilter", "ScanFilter",
    "SearchConditionExpression", "UpdateExpression",
})  # fmt: skip
"""All that is checked here: most requests have none of them."""

_PLACEHOLDER = re.compile(r"[#:][0-9a-zA-Z_]+", re.ASCII)
_MAX_NAME_BYTES = 65_535
"""Developer Guide, "Quotas", attribute names: at most 64 KB long."""


def check_expression_parameters(
    request: dict[str, Any],
    expressions: Sequence[str],
    legacy: Sequence[str],
    layer: Layer = OLDER,
) -> None:
    """Check how expressions, legacy parameters, names and values of a request go together.

    Values are checked and brought into canonical form, in place.

    Args:
        request: a request of the right shape.
        expressions: the expression parameters the operation has, in the order the service names
            them.
        legacy: the legacy parameters it has, in the same way.
        layer: the validation layer that words refusals.

    Raises:
        ValidationException: both kinds are used; names or values without an expression; a
            placeholder or a value is not valid.
    """
    if _PARAMETERS.isdisjoint(request):
        return
    used = [name for name in expressions if name in request]
    if used:
        mixed = [name for name in legacy if name in request]
        if mixed:
            raise mixed_parameters(mixed, used)
    if "ConditionalOperator" in request and not any(request.get(name) for name in _FILTERS):
        raise ValidationException("ConditionalOperator cannot be used without Filter or Expected")
    for parameter in (*_FILTERS, "KeyConditions"):
        for condition in request.get(parameter, _NOTHING).values():
            for value in (*condition.get("AttributeValueList", ()), condition.get("Value")):
                if value is not None:
                    check_value(value, layer)
    names = request.get("ExpressionAttributeNames")
    if names is not None:
        _check_names(names, has_expression=bool(used))
    values = request.get("ExpressionAttributeValues")
    if values is not None:
        _check_values(request, values, expressions, layer)


def mixed_parameters(legacy: Sequence[str], expressions: Sequence[str]) -> ValidationException:
    """Return the refusal of a request that uses both kinds of parameters."""
    return ValidationException(
        "Can not use both expression and non-expression parameters in the same request: "
        f"Non-expression parameters: {{{', '.join(legacy)}}} "
        f"Expression parameters: {{{', '.join(expressions)}}}"
    )


def _check_names(names: Mapping[str, str], *, has_expression: bool) -> None:
    if not has_expression:
        raise ValidationException(
            "ExpressionAttributeNames can only be specified when using expressions"
        )
    _check_placeholders("ExpressionAttributeNames", names, "#")
    for placeholder, name in names.items():
        if not name:
            raise ValidationException(
                "ExpressionAttributeNames contains invalid value: Empty attribute name "
                f"for key {placeholder}"
            )
        if len(name) > _MAX_NAME_BYTES // 4 and len(name.encode()) > _MAX_NAME_BYTES:
            raise ValidationException(
                "ExpressionAttributeNames contains invalid value: Attribute name is too large, "
                f"must be at most {_MAX_NAME_BYTES} bytes, for key {placeholder}"
            )


def _check_values(
    request: Mapping[str, Any], values: dict[str, Any], expressions: Sequence[str], layer: Layer
) -> None:
    using = [name for name in expressions if name != "ProjectionExpression"]
    if not any(name in request for name in using):
        absent = f": {' and '.join(using)} {'are' if len(using) > 1 else 'is'} null"
        raise ValidationException(
            "ExpressionAttributeValues can only be specified when using expressions"
            + ("" if layer.envelope else absent)
        )
    _check_placeholders("ExpressionAttributeValues", values, ":")
    for name, value in values.items():
        try:
            check_value(value, layer)
        except ValidationException as fault:
            if layer.is_newer:
                raise
            raise ValidationException(
                f"ExpressionAttributeValues contains invalid value: {fault.message} for key {name}"
            ) from None


def _check_placeholders(parameter: str, placeholders: Mapping[str, Any], mark: str) -> None:
    if not placeholders:
        raise ValidationException(f"{parameter} must not be empty")
    for name in placeholders:
        if name[:1] != mark or not _PLACEHOLDER.fullmatch(name):
            raise ValidationException(
                f'{parameter} contains invalid key: Syntax error; key: "{name}"'
            )
