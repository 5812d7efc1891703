"""Read one price file: its text in, entries and facts out, or a DataError that says what is wrong.

A price file belongs to one service and is written to be corrected by hand: a list of named sources,
then each price with its regions below it. What a region does not say is taken from its price, so a
source or a date is written once. Numbers become Decimal and never pass through a float. It does not
know which entry is used for a bill; that is `prices.py`. The form is described by
`data/book.schema.json` and in `data/README.md`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import yaml

from tablewright.core.diagnostics import nearest
from tablewright.core.errors import DataError
from tablewright.core.frozen import frozen

CONFIDENCE = {
    "vendor": "read on a page or in a repository of the vendor",
    "price-list": "copied from the vendor's price list by a public repository",
    "secondary": "stated by a third party",
    "derived": "worked out from another figure, as its note says",
    "unverified": "not read anywhere; never used in a bill",
    "user": "given by the user",
}
FACT_KINDS = ("quota", "limit", "sla", "latency", "spec", "policy", "former")
ALL_REGIONS = "all"

_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?\Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
_KEY = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*\Z")


@frozen
class PriceSource:
    """Where a figure was read: an address, or words where the copy has no stable address."""

    name: str
    at: str


@frozen
class Price:
    """What `per` units of one thing cost in one region, and how we know.

    `amount` is in USD without taxes, None where the figure is not known. It is charged from
    `valid_from` (inclusive) until `valid_until` (exclusive); without `valid_from` it is known from
    the day it was read (`as_of`, which may be a year or a month only, and empty where a user
    gives a price without a date).
    """

    key: str
    region: str
    what: str
    amount: Decimal | None
    unit: str
    per: int
    as_of: str
    source: str
    confidence: str
    kind: str = "price"
    note: str = ""
    valid_from: str | None = None
    valid_until: str | None = None

    @property
    def is_usable(self) -> bool:
        """Whether a bill may be made with it."""
        return self.amount is not None and self.confidence != "unverified"

    @property
    def usd(self) -> Decimal:
        """The amount of a price that is known."""
        if self.amount is None:
            raise DataError(f"{self.key} in {self.region} has no amount")
        return self.amount

    @property
    def starts(self) -> str:
        """The first day on which this price is known to be charged."""
        return self.valid_from or first_day(self.as_of)

    def is_valid_on(self, day: str) -> bool:
        """Whether this is the price on a day, given as YYYY-MM-DD."""
        return self.starts <= day and (self.valid_until is None or day < self.valid_until)


@frozen
class Fact:
    """A figure that is not a price: a free allowance, a limit, a service level, a specification."""

    key: str
    what: str
    value: Decimal | str
    unit: str
    as_of: str
    source: str
    confidence: str
    kind: str
    note: str = ""


@frozen
class ServiceBook:
    """The content of one price file; `templates` holds key, unit and `per` of each price."""

    name: str
    title: str
    sources: tuple[PriceSource, ...]
    prices: Mapping[str, tuple[Price, ...]]
    facts: Mapping[str, Fact]
    templates: Mapping[str, Price]


def first_day(date: str) -> str:
    """Return the first day that a date of one to three parts can mean; no date is before all.

    Example:
        >>> first_day("2026-10"), first_day("2026"), first_day("2026-09-28")
        ('2026-10-01', '2026-01-01', '2026-09-28')
    """
    return date + "-01-01"[3 * date.count("-") :] if date else ""


def read_book(text: str, name: str, *, prefix: str = "", yours: bool = False) -> ServiceBook:
    """Return the content of a price file.

    Args:
        text: the file.
        name: how messages call it.
        prefix: provider and service, such as "aws.dynamodb"; the keys of a packaged file start with
            it. A user's own file writes whole keys and leaves it empty.
        yours: whether every entry is to be marked as given by the user.

    Raises:
        DataError: not YAML, an unknown key, a value of the wrong kind, a source that is not
            listed, a date that is none, or two figures for one key.
    """
    reader = _Reader(name=name, prefix=prefix, yours=yours)
    return reader.book(_parse(text, name))


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML in which a number is a Decimal, a date is text and a key stands once."""


def _number(loader: Any, node: Any) -> Decimal:
    return Decimal(node.value.replace("_", ""))


def _text(loader: Any, node: Any) -> str:
    return str(node.value)


def _mapping(loader: Any, node: Any) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in out:
            line = key_node.start_mark.line + 1
            raise DataError(f"line {line}: `{key}` stands twice")
        out[key] = loader.construct_object(value_node, deep=True)
    return out


_Loader.add_constructor("tag:yaml.org,2002:float", _number)
_Loader.add_constructor("tag:yaml.org,2002:int", _number)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _text)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def _parse(text: str, name: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)
    except DataError as problem:
        raise DataError(f"{name}: {problem.message}") from None
    except (yaml.YAMLError, ArithmeticError, RecursionError) as problem:
        raise DataError(f"{name}: not a readable YAML file: {problem}") from problem


_TOP = {"title", "sources", "prices", "facts"}
_PRICE = {
    "what", "unit", "per", "usd", "source", "as_of", "confidence", "note", "since", "kind",
}  # fmt: skip
_REGION = {"usd", "source", "as_of", "confidence", "note", "since", "until", "kind"}
_FACT = {"what", "value", "unit", "kind", "source", "as_of", "confidence", "note"}


@frozen
class _Reader:
    name: str
    prefix: str
    yours: bool

    def fail(self, where: str, problem: str) -> DataError:
        return DataError(f"{self.name}: {where}: {problem}" if where else f"{self.name}: {problem}")

    def mapping(self, where: str, value: Any, allowed: set[str] | None) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.fail(where, "must be a mapping")
        for key in value:
            if allowed is not None and key not in allowed:
                meant = nearest(key, allowed)
                hint = f", did you mean `{meant}`?" if meant else f"; known: {sorted(allowed)}"
                raise self.fail(where, f"unknown key `{key}`{hint}")
        return value

    def book(self, data: Any) -> ServiceBook:
        top = self.mapping("", data, _TOP)
        listed = self.mapping("sources", top.get("sources", {}), None)
        sources = {key: self.string(f"sources.{key}", position) for key, position in listed.items()}
        prices: dict[str, tuple[Price, ...]] = {}
        templates: dict[str, Price] = {}
        for key, raw in self.mapping("prices", top.get("prices", {}), None).items():
            template, result = self.price(key, raw, sources)
            prices[template.key] = result
            templates[template.key] = template
        facts: dict[str, Fact] = {}
        for key, raw in self.mapping("facts", top.get("facts", {}), None).items():
            fact = self.fact(key, raw, sources)
            if fact.key in prices:
                raise self.fail(f"facts.{key}", "is also a price")
            facts[fact.key] = fact
        return ServiceBook(
            name=self.name,
            title=self.string("title", top.get("title")),
            sources=tuple(PriceSource(name=key, at=source) for key, source in sources.items()),
            prices=prices,
            facts=facts,
            templates=templates,
        )

    def price(
        self, key: str, raw: Any, sources: Mapping[str, str]
    ) -> tuple[Price, tuple[Price, ...]]:
        where = f"prices.{key}"
        data = self.mapping(where, raw, _PRICE)
        for needed in ("what", "unit", "usd"):
            if needed not in data:
                raise self.fail(where, f"`{needed}` is missing")
        template = Price(
            key=self.key(where, key),
            region=ALL_REGIONS,
            what=self.string(f"{where}.what", data["what"]),
            unit=self.string(f"{where}.unit", data["unit"]),
            per=self.per(where, data.get("per", Decimal(1))),
            amount=None,
            as_of="",
            source="",
            confidence="",
        )
        prices: list[Price] = []
        for region, provided in self.mapping(f"{where}.usd", data["usd"], None).items():
            for entry in provided if isinstance(provided, list) else [provided]:
                here = f"{where}.usd.{region}"
                row = self.mapping(
                    here, entry if isinstance(entry, dict) else {"usd": entry}, _REGION
                )
                notes = [self.string(here, n["note"]) for n in (data, row) if "note" in n]
                merged = {**data, **row, "note": " ".join(notes)}
                prices.append(self.entry(here, replace(template, region=region), merged, sources))
        self.check_ranges(where, prices)
        return template, tuple(prices)

    def entry(
        self, where: str, template: Price, row: Mapping[str, Any], sources: Mapping[str, str]
    ) -> Price:
        amount = row.get("usd")
        if amount is not None and (not isinstance(amount, Decimal) or amount < 0):
            raise self.fail(where, f"`usd` must be a number of at least 0, not {amount!r}")
        kind, note = row.get("kind", "price"), row["note"]
        if kind not in ("price", "former"):
            raise self.fail(where, f"kind must be price or former, not {kind!r}")
        source, as_of, confidence = self.origin(where, row, sources)
        return replace(
            template,
            amount=amount,
            kind=kind,
            valid_from=self.day(where, "since", row.get("since")),
            valid_until=self.day(where, "until", row.get("until")),
            note=note,
            source=source,
            as_of=as_of,
            confidence=confidence,
        )

    def check_ranges(self, where: str, prices: list[Price]) -> None:
        for index, entry in enumerate(prices):
            for other in prices[index + 1 :]:
                if entry.region != other.region:
                    continue
                first, last = sorted((entry, other), key=lambda p: p.starts)
                if first.valid_until is None or first.valid_until > last.starts:
                    raise self.fail(where, f"two prices for {entry.region} at the same time")

    def fact(self, key: str, raw: Any, sources: Mapping[str, str]) -> Fact:
        where = f"facts.{key}"
        data = self.mapping(where, raw, _FACT)
        for needed in ("what", "value", "kind"):
            if needed not in data:
                raise self.fail(where, f"`{needed}` is missing")
        value = data["value"]
        if not isinstance(value, Decimal | str):
            raise self.fail(where, "`value` must be a number or text")
        if data["kind"] not in FACT_KINDS:
            raise self.fail(where, f"kind must be one of {', '.join(FACT_KINDS)}")
        source, as_of, confidence = self.origin(where, data, sources)
        return Fact(
            key=self.key(where, key),
            what=self.string(where, data["what"]),
            value=value,
            unit=self.string(where, data.get("unit", "")),
            kind=data["kind"],
            note=self.string(where, data.get("note", "")),
            source=source,
            as_of=as_of,
            confidence=confidence,
        )

    def origin(
        self, where: str, row: Mapping[str, Any], sources: Mapping[str, str]
    ) -> tuple[str, str, str]:
        """Return source, date and confidence; the user's own file may leave them out."""
        source, as_of = row.get("source"), row.get("as_of")
        if self.yours:
            source = source if source is not None else self.name
            sources = {**sources, self.name: self.name}
        if source is None:
            raise self.fail(where, "has no source")
        if source not in sources:
            meant = nearest(str(source), sources)
            hint = f", did you mean `{meant}`?" if meant else ""
            raise self.fail(where, f"source `{source}` is not listed under `sources`{hint}")
        if as_of is None:
            as_of = row.get("since")
        date = "" if as_of is None and self.yours else str(as_of)
        if date and not _DATE.match(date):
            raise self.fail(where, f"`as_of` must be YYYY, YYYY-MM or YYYY-MM-DD, not {date!r}")
        confidence = row.get("confidence", "user" if self.yours else None)
        if confidence not in CONFIDENCE:
            raise self.fail(where, f"confidence must be one of {', '.join(CONFIDENCE)}")
        return sources[source], date, str(confidence)

    def key(self, where: str, key: str) -> str:
        if not _KEY.match(key):
            raise self.fail(where, "a key is made of small letters, digits, dots and hyphens")
        return f"{self.prefix}.{key}" if self.prefix else key

    def string(self, where: str, value: Any) -> str:
        if not isinstance(value, str):
            raise self.fail(where, f"must be text, not {value!r}")
        return " ".join(value.split())

    def day(self, where: str, name: str, value: Any) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str) or not _DAY.match(value):
            raise self.fail(where, f"`{name}` must be a day, YYYY-MM-DD, not {value!r}")
        return value

    def per(self, where: str, value: Any) -> int:
        if not isinstance(value, Decimal) or value <= 0 or value != value.to_integral_value():
            raise self.fail(where, f"`per` must be a whole number above 0, not {value!r}")
        return int(value)
