"""What every provider of payments may do: not what it was asked."""

from __future__ import annotations


class PaymentFailed(Exception):
    """A provider of payments did not do what it was asked, or did not answer."""


__all__ = ["PaymentFailed"]
