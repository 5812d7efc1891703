"""The service's two validation layers, and which operation is answered by which.

In: an operation and a region. Out: a `Layer`, which says how refusals are worded.

Since the summer of 2026 PutItem, UpdateItem and DeleteItem put `1 validation error detected: ` in
front of every complaint about the request itself; GetItem, BatchGetItem and Query share that layer
without the prefix. BatchWriteItem, Scan, transactions and PartiQL still use the older layer. Two
regions had not changed by October 2026. Source: replies captured on AWS in 33 regions, 2026-06 to
2026-10.
"""

from __future__ import annotations

from typing import Final

from tablewright.core.frozen import frozen
from tablewright.local.faults import ValidationException

INVALID: Final = "One or more parameter values were invalid: "
ENVELOPE: Final = "1 validation error detected: "

OLDER_REGIONS: Final = frozenset({"eu-south-2", "me-central-1"})
"""Regions where every operation still answers by the older layer (captured 2026-10-07)."""

_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
_READS = frozenset({"GetItem", "BatchGetItem", "Query"})


@frozen(kw_only=False)
class Layer:
    """How one of the service's validation layers words its refusals.

    Attributes:
        is_newer: whether it reads numbers with 64-bit exponents and words values by themselves.
        envelope: what every complaint about the request itself begins with.
    """

    is_newer: bool
    envelope: str = ""

    def refusal(self, fault: ValidationException) -> ValidationException:
        """Return a complaint about the request itself as this layer words it."""
        if not self.envelope or fault.message.startswith(self.envelope):
            return fault
        return ValidationException(self.envelope + fault.message, extra=fault.extra)


OLDER: Final = Layer(is_newer=False)
NEWER_READ: Final = Layer(is_newer=True)
NEWER_WRITE: Final = Layer(is_newer=True, envelope=ENVELOPE)


def layer_of(operation: str, region: str) -> Layer:
    """Return the layer that answers an operation in a region.

    Example:
        >>> layer_of("PutItem", "us-east-1").envelope
        '1 validation error detected: '
        >>> layer_of("Scan", "us-east-1").is_newer, layer_of("Query", "eu-south-2").is_newer
        (False, False)
    """
    if region in OLDER_REGIONS:
        return OLDER
    if operation in _WRITES:
        return NEWER_WRITE
    return NEWER_READ if operation in _READS else OLDER
