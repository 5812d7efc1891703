"""Checks of requests: their shape, their values, their keys; the only place that words constraints.

In: a parsed request and the shape of its operation, kept as data in `shapes`. Out: the request with
numbers in canonical text, or the service's error. Checks run in the service's order: first that
every member has its JSON type (SerializationException), then all constraints at once, then what
each operation adds.

Since 2026 the service has two validation layers with words of their own (`layers`): a newer one
for single items, BatchGetItem and Query, an older one for everything else.

Sources: AWS API reference for members and constraints; the wording is the service's own.
"""

from tablewright.local.validation.constraints import check_request
from tablewright.local.validation.keys import (
    KEY_MISMATCH,
    check_index_keys,
    check_key_content,
    check_key_types,
    key_of_item,
    key_of_request,
)
from tablewright.local.validation.layers import (
    INVALID,
    NEWER_READ,
    NEWER_WRITE,
    OLDER,
    Layer,
    layer_of,
)
from tablewright.local.validation.parameters import check_expression_parameters
from tablewright.local.validation.shapes import MemberShape, shape_of
from tablewright.local.validation.values import (
    check_item,
    check_value,
    is_too_deep,
    number_message,
)

__all__ = [
    "INVALID",
    "KEY_MISMATCH",
    "NEWER_READ",
    "NEWER_WRITE",
    "OLDER",
    "Layer",
    "MemberShape",
    "check_expression_parameters",
    "check_index_keys",
    "check_item",
    "check_key_content",
    "check_key_types",
    "check_request",
    "check_value",
    "is_too_deep",
    "key_of_item",
    "key_of_request",
    "layer_of",
    "number_message",
    "shape_of",
]
