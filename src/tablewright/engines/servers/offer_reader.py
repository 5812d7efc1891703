"""Read the offers of servers from YAML: what each holds and lacks, and how it is charged.

In: a packaged `offers.yaml`, the price book, the constants of an engine. Out: offers, whose price
is computed from the charges in the file for any load. Reading is strict: an unknown key, a
placeholder without a value or an expression that cannot be evaluated is an error with file and
line.

A family describes offers that differ in a few values: one offer for each combination of its rows
(`each`). Texts take `{placeholders}` from a row; figures are numbers or expressions
(`core.expressions`) of a row, of the engine's constants and of facts of the price book.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from functools import cache
from itertools import product
from typing import Any

import yaml

from tablewright.bill.bill import Line, charge
from tablewright.bill.prices import PriceBook
from tablewright.core.data import read_text
from tablewright.core.diagnostics import nearest
from tablewright.core.errors import DataError, PriceUnknownError
from tablewright.core.expressions import evaluate
from tablewright.core.frozen import frozen
from tablewright.core.quantities import DAYS_PER_MONTH, GB, HOURS_PER_MONTH, ZERO
from tablewright.engines.servers.constants import Figures
from tablewright.engines.servers.load import Load
from tablewright.engines.servers.sizing import Offer
from tablewright.engines.servers.versions import VersionSupport

FIGURES = frozenset(
    {
        *("storage_gb", "memory_gb", "vcpu", "baseline", "query_processors"),
        *("connections", "operations", "iops", "transfer_gb"),
    }
)
"""Fields of an offer that are numbers: what is not stated is not limited."""
FLAGS = frozenset({"burstable", "counts_plain_bytes", "can_be_sharded"})
_FAMILY = frozenset(
    {
        *("vendor", "name", "where", "source", "read", "each", "lacks", "note"),
        *("regions", "let", "charges"),
    }
)
_CHARGE = frozenset({"what", "price", "quantity", "resource", "note", "region", "if_any"})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Functions = Callable[[Load, Figures], Mapping[str, Callable[..., Decimal]]]
"""What expressions of an engine's charges may call, for a load."""


class _Placed(dict[Any, Any]):
    """A mapping of a file, with the line it begins in."""

    line: int = 0


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads mappings with their lines, numbers as they are written, and no key twice."""


def _mapping(loader: Any, node: yaml.MappingNode) -> Iterator[_Placed]:
    placed = _Placed()
    placed.line = node.start_mark.line + 1
    yield placed
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in placed:
            raise yaml.constructor.ConstructorError(
                None, None, f"`{key}` is written twice", key_node.start_mark
            )
        placed[key] = loader.construct_object(value_node, deep=True)


def _number(loader: Any, node: yaml.ScalarNode) -> Decimal:
    return Decimal(loader.construct_scalar(node).replace("_", ""))


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:int", _number)
_Loader.add_constructor("tag:yaml.org,2002:float", _number)


@frozen(kw_only=False)
class _Later:
    """A placeholder that is filled when an offer is priced, with its format."""

    name: str

    def __format__(self, spec: str) -> str:
        return f"{{{self.name}:{spec}}}" if spec else f"{{{self.name}}}"


@frozen
class OfferCharge:
    """One line of what an offer is charged, its placeholders filled in."""

    what: str
    price: str
    """The key of the price."""
    quantity: str
    resource: str = ""
    note: str = ""
    """May show what `let` computes, such as {mean:.2f}."""
    region: str = ""
    """Where the price is looked up, other than the region asked for."""
    if_any: bool = False
    """There is a line only where the quantity is above zero."""
    place: str
    """File and line."""


@frozen
class OfferEntry:
    """An offer as its file has it: figures are expressions still."""

    vendor: str
    name: str
    where: str
    figures: Mapping[str, str]
    flags: Mapping[str, bool]
    values: Mapping[str, Decimal]
    """The numbers of its row, for expressions."""
    lacks: tuple[tuple[str, str], ...] = ()
    note: str = ""
    regions: Mapping[str, str] | None = None
    """Region of the model to the vendor's, of a vendor with regions of its own."""
    regions_of: str = ""
    let: tuple[tuple[str, str], ...] = ()
    charges: tuple[OfferCharge, ...] = ()
    place: str


# ---------------------------------------------------------------- reading


@cache
def read_entries(package: str, name: str) -> tuple[OfferEntry, ...]:
    """Return the offers of a packaged file.

    Raises:
        DataError: the file is damaged; the message has file and line.
    """
    return parse_entries(read_text(package, name), f"{package}/{name}")


def parse_entries(text: str, file: str) -> tuple[OfferEntry, ...]:
    """Return the offers that a text describes.

    Raises:
        DataError: the text is damaged; the message has file and line.
    """
    try:
        top = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as problem:
        raise DataError(f"{file}: {problem}") from problem
    reader = _Reader(file)
    reader.check(top, {"needs", "regions", "families"}, file)
    needs = {
        name: tuple(reader.mapping(group, f"{file}: needs").items())
        for name, group in reader.mapping(top.get("needs", _Placed()), file).items()
    }
    regions = reader.mapping(top.get("regions", _Placed()), file)
    families = top.get("families")
    if not isinstance(families, list):
        raise DataError(f"{file}: `families` is a list")
    entries = [entry for family in families for entry in reader.family(family, needs, regions)]
    names = [(entry.vendor, entry.name) for entry in entries]
    for entry in entries:
        if names.count((entry.vendor, entry.name)) > 1:
            raise DataError(f"{entry.place}: there are two offers {entry.vendor} {entry.name}")
    return tuple(entries)


class _Reader:
    """Reads families of one file."""

    def __init__(self, file: str) -> None:
        self.file = file

    def at(self, value: Any) -> str:
        """Return file and line of a mapping."""
        return f"{self.file}:{value.line}" if isinstance(value, _Placed) else self.file

    def mapping(self, value: Any, place: str) -> _Placed:
        """Return a value that has to be a mapping."""
        if not isinstance(value, _Placed):
            raise DataError(f"{place}: must be a mapping, not {value!r}")
        return value

    def check(self, value: Any, allowed: Iterable[str], place: str) -> _Placed:
        """Return a mapping that has only known keys."""
        placed = self.mapping(value, place)
        known = set(allowed)
        for key in placed:
            if key not in known:
                meant = nearest(str(key), known)
                hint = f"did you mean `{meant}`?" if meant else f"known: {', '.join(sorted(known))}"
                raise DataError(f"{self.at(placed)}: unknown key `{key}`", remedy=hint)
        return placed

    def family(
        self,
        value: Any,
        needs: Mapping[str, tuple[tuple[str, str], ...]],
        regions: Mapping[str, Any],
    ) -> Iterator[OfferEntry]:
        """Yield the offers of a family."""
        family = self.check(value, _FAMILY | FIGURES | FLAGS, self.file)
        place = self.at(family)
        for key in ("vendor", "name", "where", "source", "read", "charges"):
            if not family.get(key):
                raise DataError(f"{place}: `{key}` is missing")
        rows = family.get("each", [[_Placed()]])
        if not (isinstance(rows, list) and all(isinstance(group, list) for group in rows)):
            raise DataError(f"{place}: `each` is a list of lists of rows")
        self._used(family, rows)
        region_name = family.get("regions", "")
        if region_name and region_name not in regions:
            raise DataError(f"{place}: there are no regions `{region_name}`")
        for combination in product(*rows):
            row: dict[str, Any] = {}
            for part in combination:
                row |= self.mapping(part, place)
            yield self._entry(family, row, needs, regions.get(region_name), region_name)

    def _used(self, family: _Placed, rows: list[list[Any]]) -> None:
        """Check that a family uses every value of its rows: one that it does not is misspelt."""
        words = set(_NAME.findall(_all_text(family))) | FIGURES | FLAGS | {"lacks", "note"}
        for group in rows:
            for row in group:
                for key in self.mapping(row, self.at(family)):
                    if key not in words:
                        raise DataError(f"{self.at(row)}: nothing uses `{key}`")

    def _entry(
        self,
        family: _Placed,
        row: Mapping[str, Any],
        needs: Mapping[str, tuple[tuple[str, str], ...]],
        regions: Any,
        regions_of: str,
    ) -> OfferEntry:
        place = self.at(family)
        both = {**family, **row}
        lacks: list[tuple[str, str]] = []
        for name in [*family.get("lacks", ()), *row.get("lacks", ())]:
            if name not in needs:
                raise DataError(f"{place}: there is no `{name}` among `needs`")
            lacks += needs[name]
        return OfferEntry(
            vendor=family["vendor"],
            name=self._filled(family["name"], row, place),
            where=family["where"],
            figures={key: self._filled(both[key], row, place) for key in FIGURES if key in both},
            flags={key: self._flag(both[key], key, place) for key in FLAGS if key in both},
            values={key: number for key, number in row.items() if isinstance(number, Decimal)},
            lacks=tuple(lacks),
            note=str(both.get("note", "")),
            regions=None if regions is None else self.mapping(regions, place),
            regions_of=regions_of,
            let=tuple(
                (str(key), self._filled(str(text), row, place))
                for key, text in self.mapping(family.get("let", _Placed()), place).items()
            ),
            charges=tuple(self._charge(entry, row, family) for entry in family["charges"]),
            place=place,
        )

    def _charge(self, value: Any, row: Mapping[str, Any], family: _Placed) -> OfferCharge:
        entry = self.check(value, _CHARGE, self.at(family))
        place = self.at(entry)
        for key in ("what", "price", "quantity"):
            if key not in entry:
                raise DataError(f"{place}: `{key}` is missing")
        later = {name: _Later(name) for name in family.get("let", ())}
        texts = {
            key: self._filled(str(entry.get(key, "")), {**row, **later}, place)
            for key in ("what", "price", "quantity", "resource", "note", "region")
        }
        return OfferCharge(
            **texts, if_any=self._flag(entry.get("if_any", False), "if_any", place), place=place
        )

    def _filled(self, text: Any, row: Mapping[str, Any], place: str) -> str:
        """Return a text with the values of a row in its placeholders."""
        try:
            return str(text).format_map(dict(row))
        except (KeyError, IndexError, ValueError) as problem:
            raise DataError(f"{place}: `{text}` has a placeholder without a value") from problem

    def _flag(self, value: Any, key: str, place: str) -> bool:
        if not isinstance(value, bool):
            raise DataError(f"{place}: `{key}` is true or false, not {value!r}")
        return value


def _all_text(value: Any) -> str:
    """Return all that a family says but its rows, as one text."""
    if isinstance(value, Mapping):
        return " ".join(_all_text(part) for key, part in value.items() if key != "each")
    if isinstance(value, list):
        return " ".join(_all_text(part) for part in value)
    return str(value)


# ---------------------------------------------------------------- offers


def offers_of(
    entries: Iterable[OfferEntry],
    book: PriceBook,
    constants: Figures,
    functions: Functions,
    support: VersionSupport | None = None,
) -> tuple[Offer, ...]:
    """Return offers with their figures as the price book and the constants have them.

    Args:
        entries: what the file says.
        book: gives facts, by `fact('key')`.
        constants: of the engine, by their names.
        functions: what the charges may call beside `usd`, `per`, `extended`, `min`, `max`, `ceil`.
        support: the version that a design states, for `extended(YEAR)`: 1 where the charge of
            extended support in its years 1 and 2 (`1`) or its year 3 (`3`) holds, else 0.

    Raises:
        DataError: an expression cannot be evaluated; the message has file and line.
    """
    return tuple(_offer(entry, book, constants, functions, support) for entry in entries)


def _offer(
    entry: OfferEntry,
    book: PriceBook,
    constants: Figures,
    functions: Functions,
    support: VersionSupport | None,
) -> Offer:
    names = {**constants.held, "GB": Decimal(GB), **entry.values}
    known: dict[str, Callable[..., Decimal]] = {"fact": book.quantity}
    stated = {
        key: _evaluated(text, names, known, entry.place) for key, text in entry.figures.items()
    }
    described = {**entry.values, **stated}
    fields_of_offer: dict[str, Any] = {**stated, **entry.flags}
    return Offer(
        vendor=entry.vendor,
        name=entry.name,
        lacks=entry.lacks,
        note=entry.note,
        price=_ChargedPrice(entry, described, functions, support),
        **fields_of_offer,
    )


def _evaluated(
    text: str,
    names: Mapping[str, Decimal],
    functions: Mapping[str, Callable[..., Decimal]],
    place: str,
) -> Decimal:
    try:
        return evaluate(text, names, functions)
    except DataError as problem:
        raise DataError(f"{place}: {problem.message}", remedy=problem.remedy) from problem


@frozen(kw_only=False)
class _ChargedPrice:
    """What an offer costs for a load: the charges of its file."""

    entry: OfferEntry
    values: Mapping[str, Decimal]
    """Figures of the offer and numbers of its row."""
    functions: Functions
    support: VersionSupport | None = None

    def __call__(
        self, load: Load, book: PriceBook, region: str, given: Figures
    ) -> tuple[Line, ...]:
        entry = self.entry
        place = self._region(region)
        known: dict[str, Callable[..., Decimal]] = {
            **self.functions(load, given),
            "fact": book.quantity,
            "usd": lambda key: book.price(key, place).usd,
            "per": lambda key: Decimal(book.price(key, place).per),
        }
        names = {
            **given.held,
            "GB": Decimal(GB),
            "hours": HOURS_PER_MONTH,
            "days_per_month": DAYS_PER_MONTH,
            "disk_gb": load.disk_bytes / GB,
            "returned_gb": load.returned_gb,
            "written_gb": load.written_gb,
            **self.values,
        }
        for name, text in entry.let:
            names[name] = _evaluated(text, names, known, entry.place)
        lines = []
        for each in entry.charges:
            known["extended"] = self._extended(each, place)
            quantity = _evaluated(each.quantity, names, known, each.place)
            if each.if_any and quantity <= 0:
                continue
            lines.append(
                charge(
                    book.price(each.price, each.region or place),
                    quantity,
                    where=entry.where,
                    what=each.what,
                    resource=each.resource,
                    note=each.note.format_map(names) if entry.let else each.note,
                )
            )
        return tuple(lines)

    def _extended(self, each: OfferCharge, region: str) -> Callable[[Decimal], Decimal]:
        support, vendor = self.support, self.entry.vendor
        if support is None:
            return lambda year: ZERO
        return lambda year: support.share(vendor, region, each.price, year)

    def _region(self, region: str) -> str:
        """Return the vendor's region for one of the model.

        Raises:
            PriceUnknownError: no region of the vendor is named as its neighbour.
        """
        regions = self.entry.regions
        if regions is None:
            return region
        if region not in regions:
            raise PriceUnknownError(
                key=self.entry.charges[0].price,
                region=region,
                reason=f"no region of {self.entry.regions_of} is named as its neighbour",
            )
        return str(regions[region])


assert {field.name for field in fields(Offer)} >= FIGURES | FLAGS
