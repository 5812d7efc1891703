"""The exceptions of Tablewright. What a user's file does wrong is a Diagnostic, not one of these.

    TablewrightError            everything we raise on purpose; `exit_code` is what the CLI returns
    ├── ModelError              the model file cannot be used; carries its diagnostics         (2)
    ├── UsageError              a command was called in a way that cannot work                 (2)
    ├── UnsupportedError        understood, but this engine or version cannot do it            (2)
    ├── PriceUnknownError       a price is not in the book, or may not be used                 (2)
    ├── DataError               a packaged or given data file is damaged                       (2)
    ├── EngineError             a database, an endpoint or the network failed                  (3)
    └── ProofError              a proof cannot be carried out                                  (3)

Attributes hold the facts; the message is built from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tablewright.core.diagnostics import Diagnostic


class TablewrightError(Exception):
    """Whatever Tablewright raises on purpose. `remedy` says what to do about it."""

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class ModelError(TablewrightError):
    """The model file has errors; `diagnostics` holds all of them, in file order.

    `source` is the text of the file, to show the lines in question.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic], *, source: str = "") -> None:
        errors = [d for d in diagnostics if d.severity.is_error]
        super().__init__(f"{len(errors)} error{'s' if len(errors) != 1 else ''} in the model file")
        self.diagnostics = tuple(diagnostics)
        self.source = source


class UsageError(TablewrightError):
    """A command was called in a way that cannot work."""


class UnsupportedError(TablewrightError):
    """The request is understood, but cannot be done here."""


class PriceUnknownError(TablewrightError):
    """A price is missing, or is of a kind that may not be used in an estimate."""

    def __init__(self, *, key: str, region: str, reason: str) -> None:
        self.key = key
        self.region = region
        self.reason = reason
        super().__init__(
            f"price unknown: {key} in {region} ({reason})",
            remedy=f"give it yourself with --price {key}.{region}=USD, put it in a price book of "
            "your own (--book FILE), or run `tablewright prices --refresh`",
        )


class DataError(TablewrightError):
    """A data file does not have the form it must have."""


class EngineError(TablewrightError):
    """A database or an endpoint failed."""

    exit_code: ClassVar[int] = 3


class ProofError(TablewrightError):
    """A proof could not be carried out."""

    exit_code: ClassVar[int] = 3
