"""Versions of a database that a design states: until when they are supported, and at what charge.

In: the version of a design, the price book. Out: a `VersionSupport`, which knows the calendar of
each vendor and the day that is asked about. There is no clock: without a day of its own the book
speaks of the day on which its calendars were read.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from tablewright.core.errors import PriceUnknownError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE, ZERO
from tablewright.model.nodes import Reading
from tablewright.model.scalars import Bad
from tablewright.model.shapes import Field, Fields, Scalar

if TYPE_CHECKING:
    from tablewright.bill.book import Fact
    from tablewright.bill.prices import PriceBook

CALENDARS = {
    "Amazon RDS": "aws.rds-postgresql",
    "Amazon Aurora": "aws.rds-postgresql",
    "MongoDB Atlas": "mongodb.atlas",
}
"""The service of the price book that has a vendor's calendar; RDS and Aurora share one."""
MAKERS = {"postgresql": "postgresql.server"}
"""Where the price book has the dates of those who make an engine."""
_ENDS = ".ends"


def _version(text: str) -> str:
    major, dot, minor = text.partition(".")
    if not major.isascii() or not major.isdigit() or (dot and not minor.isdigit()):
        raise Bad
    return text


VERSION = Field(
    "version",
    Scalar(_version, "a major version such as 17 or 8.0", r"[0-9]+(\.[0-9]+)?", numeric=True),
    doc="the major version it runs; one in standard support unless given",
)


@frozen
class Calendar:
    """When a vendor's support of a version changes; days as YYYY-MM-DD, "" where none is known."""

    ends: str
    """The last day, or month, of standard support."""
    charged: str = ""
    """The first day on which extended support is charged."""
    third_year: str = ""
    """The first day at the charge of the third year."""
    over: str = ""
    """The last day of extended support."""

    def year(self, day: str) -> int:
        """Return which charge holds on a day: 0 for none, 1 for years one and two, 3 for three.

        Example:
            >>> thirteen = Calendar(
            ...     ends="2026-02-28", charged="2026-03-01", third_year="2028-03-01",
            ...     over="2029-02-28",
            ... )
            >>> [thirteen.year(day) for day in ("2026-02-28", "2026-03-01", "2028-03-01")]
            [0, 1, 3]
        """
        if not self.charged or day < self.charged:
            return 0
        return 1 if day < self.third_year else 3

    def is_past(self, day: str) -> bool:
        """Whether standard support has ended; a month ends with its last day.

        Example:
            >>> Calendar(ends="2025-11").is_past("2025-11-30")
            False
            >>> Calendar(ends="2025-11").is_past("2025-12-01")
            True
        """
        return day[: len(self.ends)] > self.ends

    def is_over(self, day: str) -> bool:
        """Whether extended support has ended too."""
        return bool(self.over) and day > self.over

    def told(self, day: str) -> str:
        """Say what has ended on a day and what is to come.

        Example:
            >>> Calendar(ends="2027-08-31").told("2026-12-01")
            'standard support until 2027-08-31'
        """
        if not self.is_past(day):
            later = f", extended support charged from {self.charged}" if self.charged else ""
            return f"standard support until {self.ends}{later}"
        words = [
            f"standard support ended in {self.ends}"
            if len(self.ends) == len("YYYY-MM")
            else f"standard support ended on {self.ends}"
        ]
        if self.third_year and day < self.third_year:
            words.append(f"extended support costs twice as much from {self.third_year}")
        if self.over:
            words.append(f"extended support ends on {self.over}")
        return ", ".join(words)


@frozen
class VersionSupport:
    """A stated version, and the day on which its support is looked at."""

    engine: str
    version: str
    day: str

    def calendar(self, vendor: str) -> Calendar | None:
        """Return a vendor's calendar of the version, None where none is known.

        Of a vendor without a calendar of its own it is that of those who make the engine.
        """
        service = CALENDARS.get(vendor) or MAKERS.get(self.engine, "")
        return _calendar(service, self.version)

    def share(self, vendor: str, region: str, key: str, year: Decimal) -> Decimal:
        """Return 1 where a year's charge of extended support holds, else 0.

        Raises:
            PriceUnknownError: the vendor's calendar lacks the version, or no longer has it.
        """
        calendar = self.calendar(vendor)
        if calendar is None or calendar.is_over(self.day):
            why = "is not in its calendar" if calendar is None else f"ended on {calendar.over}"
            raise PriceUnknownError(
                key=key,
                region=region,
                reason=f"support of version {self.version} by {vendor} {why}",
            )
        return ONE if calendar.year(self.day) == int(year) else ZERO


def _facts(service: str) -> Mapping[str, Fact]:
    # Only where a version is stated: the price book is of no other use to a reader of designs.
    from tablewright.bill.prices import packaged

    book = packaged(service)
    return {} if book is None else book.facts


def _calendar(service: str, version: str) -> Calendar | None:
    facts = _facts(service)
    beginning = f"{service}.support.{version}."

    def day(name: str) -> str:
        fact = facts.get(beginning + name)
        return "" if fact is None else str(fact.value)

    if not day("ends"):
        return None
    return Calendar(
        ends=day("ends"), charged=day("charged"), third_year=day("third-year"), over=day("over")
    )


def known_versions(engine: str) -> tuple[str, ...]:
    """Return the versions that some calendar has, the oldest first.

    Example:
        >>> known_versions("mongodb")
        ('5.0', '6.0', '7.0', '8.0')
    """
    service = MAKERS.get(engine, "mongodb.atlas")
    beginning = f"{service}.support."
    versions = [
        key.removeprefix(beginning).removesuffix(_ENDS)
        for key in _facts(service)
        if key.startswith(beginning) and key.endswith(_ENDS)
    ]
    return tuple(sorted(versions, key=lambda text: [int(part) for part in text.split(".")]))


def support_of(engine: str, version: str, book: PriceBook) -> VersionSupport | None:
    """Return the support of a version that a design states, None where it states none.

    The day is the book's, or the one on which the calendars of the engine were read.
    """
    if not version:
        return None
    service = MAKERS.get(engine, "mongodb.atlas")
    read = max(fact.as_of for key, fact in _facts(service).items() if key.endswith(_ENDS))
    return VersionSupport(engine=engine, version=version, day=book.as_of or read)


def read_version(engine: str, fields: Fields, reading: Reading) -> str:
    """Return the version a design states, "" where it states none or one no calendar has."""
    version = str(fields.get("version", ""))
    known = known_versions(engine)
    if not version or version in known:
        return version
    major = next((each for each in known if version.startswith(f"{each}.")), "")
    reading.error(
        "unknown-version",
        f"no calendar of support has version {version}",
        fields.at("version"),
        f"write the major version: {major}" if major else f"known are {', '.join(known)}",
    )
    return ""


def support_notes(support: VersionSupport, vendor: str, book: PriceBook) -> tuple[str, ...]:
    """Say what a bill assumes of a stated version: the day, and when support of it ends."""
    day = "" if book.as_of else " (--prices DATE asks for another day)"
    calendar = support.calendar(vendor)
    notes = []
    if calendar is not None and vendor in CALENDARS:
        notes.append(
            f"version {support.version} on {support.day}{day}: {calendar.told(support.day)}"
        )
    elif vendor:
        notes.append(f"whether {vendor} runs version {support.version} is not known here")
    return tuple(notes)
