"""The price book: what a unit of something costs in a region on a day, or why that is not known.

In: a key such as "aws.dynamodb.storage.standard", a region and, when asked, a day. Out: a `Price`
with its source, date and confidence. Only the file of the service that is asked for is read. What
the user gives (`--price`, a book file) lies on top and is marked as theirs. A price that is not in
the book, has no figure or was never verified is a PriceUnknownError: nothing is guessed.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import resources

from tablewright.bill.book import ALL_REGIONS, Fact, Price, ServiceBook, read_book
from tablewright.core.data import read_text
from tablewright.core.diagnostics import nearest
from tablewright.core.errors import DataError, PriceUnknownError, UsageError
from tablewright.core.frozen import frozen

__all__ = ["Fact", "Price", "PriceBook", "packaged", "services"]

_DATA = "tablewright.bill"


@cache
def services() -> tuple[str, ...]:
    """Return the services that have a price file, such as "aws.dynamodb", in order."""
    providers = (p for p in resources.files(_DATA).joinpath("data").iterdir() if p.is_dir())
    files = ((p.name, f.name) for p in providers for f in p.iterdir())
    return tuple(sorted(f"{p}.{f[:-5]}" for p, f in files if f.endswith(".yaml")))


@cache
def packaged(service: str) -> ServiceBook | None:
    """Return the packaged price file of a service, or None when there is none.

    Raises:
        DataError: the file is damaged.
    """
    provider, _, name = service.partition(".")
    path = f"data/{provider}/{name}.yaml"
    if not (provider.isalnum() and name.replace("-", "").isalnum()):
        return None
    try:
        text = read_text(_DATA, path)
    except FileNotFoundError:
        return None
    return read_book(text, path, prefix=service)


def service_of(key: str) -> str:
    """Return the service a key belongs to.

    Example:
        >>> service_of("aws.dynamodb.storage.standard")
        'aws.dynamodb'
    """
    return ".".join(key.split(".")[:2])


@frozen
class PriceBook:
    """Prices by key, region and day. Immutable: `with_...` returns another book.

    Attributes:
        as_of: the day to price for, YYYY-MM-DD; None for the prices of today's book.
        own: the user's own figures, the last given first.
    """

    as_of: str | None = None
    own: tuple[Price, ...] = field(default=())

    def price(self, key: str, region: str, as_of: datetime.date | str | None = None) -> Price:
        """Return the price of a key in a region.

        Args:
            key: provider, service and dimension, such as "aws.dynamodb.storage.standard".
            region: such as "us-east-1"; a price that holds in all regions answers to any.
            as_of: the day to price for, if another than the book's.

        Raises:
            PriceUnknownError: not in the book, without a figure, unverified, or not known for
                that day.

        Example:
            >>> book = PriceBook()
            >>> book.price("aws.dynamodb.ondemand.wru.standard", "us-east-1").amount
            Decimal('0.625')
            >>> book.price("aws.dynamodb.ondemand.wru.standard", "us-east-1", "2024-10-15").amount
            Decimal('1.25')
        """
        day = _day(as_of if as_of is not None else self.as_of)
        for layer in (self._own(key, region), self._packaged(key, region)):
            now = [p for p in layer if _answers(p, day) and p.is_usable]
            if now:
                return now[0]
        raise PriceUnknownError(key=key, region=region, reason=self._why_not(key, region, day))

    def find(self, key: str, region: str, as_of: datetime.date | str | None = None) -> Price | None:
        """Return the price of a key in a region, None when it is not known."""
        try:
            return self.price(key, region, as_of)
        except PriceUnknownError:
            return None

    def fact(self, key: str) -> Fact:
        """Return a figure that is not a price, such as "aws.dynamodb.free.storage".

        Raises:
            DataError: the book has no such fact.
        """
        book = packaged(service_of(key))
        if book is None or key not in book.facts:
            raise DataError(f"the price book has no fact `{key}`")
        return book.facts[key]

    def quantity(self, key: str) -> Decimal:
        """Return the value of a fact that is a number."""
        value = self.fact(key).value
        if not isinstance(value, Decimal):
            raise DataError(f"`{key}` is not a number")
        return value

    def on(self, day: datetime.date | str | None) -> PriceBook:
        """Return the same book for the prices of another day."""
        return replace(self, as_of=_day(day))

    def with_prices(self, given: Iterable[str]) -> PriceBook:
        """Return the book with prices given as `key.region=USD` or, for all regions, `key=USD`.

        The amount is for the units of the book's own entry: what the book quotes per million is
        given per million. A price that is given so holds on every day.

        Raises:
            UsageError: not of that form, or a key that the book does not know.
        """
        return replace(self, own=tuple(_override(entry) for entry in given) + self.own)

    def with_book(self, text: str, name: str) -> PriceBook:
        """Return the book with a user's own price file laid on top.

        Raises:
            DataError: the file is not of the right form, or counts a known key in another unit.
        """
        theirs = read_book(text, name, yours=True)
        result = tuple(p for prices in theirs.prices.values() for p in prices)
        for price in result:
            known = _template(price.key)
            if known is not None and known.unit != price.unit:
                raise DataError(
                    f"{name}: {price.key} is counted in {known.unit}, not in {price.unit}"
                )
        return replace(self, own=result + self.own)

    def entries(self, service: str | None = None) -> tuple[Price, ...]:
        """Return every price of one service or of all, the user's first, usable or not."""
        required = services() if service is None else (service,)
        theirs = tuple(p for p in self.own if service is None or service_of(p.key) == service)
        books = [b for b in (packaged(name) for name in required) if b is not None]
        return theirs + tuple(p for b in books for prices in b.prices.values() for p in prices)

    def facts(self, service: str | None = None) -> tuple[Fact, ...]:
        """Return every fact of one service or of all."""
        required = services() if service is None else (service,)
        books = [b for b in (packaged(name) for name in required) if b is not None]
        return tuple(f for b in books for f in b.facts.values())

    def _own(self, key: str, region: str) -> list[Price]:
        return [p for p in self.own if p.key == key and p.region in (region, ALL_REGIONS)]

    def _packaged(self, key: str, region: str) -> tuple[Price, ...]:
        return _packaged(key, region)

    def _why_not(self, key: str, region: str, day: str | None) -> str:
        book = packaged(service_of(key))
        if book is None:
            meant = nearest(service_of(key), services())
            return "the book has no such service" + (f", did you mean {meant}?" if meant else "")
        if key not in book.prices:
            meant = nearest(key, book.prices)
            return "the book has no such key" + (f", did you mean {meant}?" if meant else "")
        here = [*self._own(key, region), *self._packaged(key, region)]
        if not here:
            known = sorted({p.region for p in book.prices[key]})
            return "the book has it for " + (", ".join(known) if known else "no region")
        told = [p for p in here if _answers(p, day)]
        if told and told[0].amount is None:
            return _because("no figure was found", told[0])
        if told:
            return _because("the figure in the book was never verified", told[0])
        if day is None:
            return _because("only a former price is known", here[0])
        first = min(p.starts for p in here)
        return f"on {day} it is not known; the book knows it from {first} on"


@cache
def _packaged(key: str, region: str) -> tuple[Price, ...]:
    """Return the prices of the packaged book for a key that hold in a region."""
    book = packaged(service_of(key))
    result = book.prices.get(key, ()) if book else ()
    return tuple(p for p in result if p.region in (region, ALL_REGIONS))


def _because(reason: str, price: Price) -> str:
    return f"{reason}: {price.note}" if price.note else reason


def _answers(price: Price, day: str | None) -> bool:
    if day is None:
        return price.valid_until is None and price.kind == "price"
    return price.is_valid_on(day)


def _day(as_of: datetime.date | str | None) -> str | None:
    if as_of is None:
        return None
    try:
        day = as_of if isinstance(as_of, datetime.date) else datetime.date.fromisoformat(as_of)
    except ValueError:
        raise UsageError(
            f"`{as_of}` is not a day", remedy="write it as YYYY-MM-DD, such as 2024-10-31"
        ) from None
    return day.strftime("%Y-%m-%d")


def _template(key: str) -> Price | None:
    book = packaged(service_of(key))
    return book.templates.get(key) if book else None


def _override(given: str) -> Price:
    name, equals, number = (part.strip() for part in given.partition("="))
    try:
        amount = Decimal(number)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not equals or not amount.is_finite() or amount < 0:
        raise UsageError(
            f"`--price {given}` is not a price",
            remedy="write --price key.region=USD, such as "
            "--price aws.dynamodb.ondemand.wru.standard.eu-north-1=0.67",
        )
    template, region = _template(name), ALL_REGIONS
    if template is None:
        key, _, region = name.rpartition(".")
        template = _template(key)
    if template is None:
        raise UsageError(
            f"`--price {given}`: {_unknown_key(name)}", remedy="see `tablewright prices`"
        )
    return replace(
        template,
        region=region,
        amount=amount,
        source="--price",
        confidence="user",
    )


def _unknown_key(name: str) -> str:
    book = packaged(service_of(name))
    known: Mapping[str, object] = book.prices if book else dict.fromkeys(services())
    meant = nearest(name if book else service_of(name), known)
    return f"the book has no price `{name}`" + (f", did you mean `{meant}`?" if meant else "")
