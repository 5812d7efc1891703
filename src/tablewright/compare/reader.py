"""Read offerings, architectures, the workload's figures and checks from their data files.

In: parsed YAML, ours or a user's. Out: values, or a DataError that names the file, the entry and
what is wrong with it. Loading is strict: an unknown key is an error. It prices nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import resources
from typing import Any

from tablewright.bill.prices import PriceBook
from tablewright.compare.values import (
    FREE_KINDS,
    Architecture,
    Cell,
    Component,
    Free,
    Offering,
    ScaleLimit,
    SupportingService,
    Variant,
)
from tablewright.core.data import read_yaml
from tablewright.core.diagnostics import nearest
from tablewright.core.errors import DataError
from tablewright.core.frozen import frozen

_PACKAGE = "tablewright.compare"


@frozen
class Figure:
    """A figure of the workload with its expression and where it comes from."""

    name: str
    value: str
    why: str


@frozen
class CheckRule:
    """How a figure of a claim is computed."""

    claim: str
    what: str
    low: Decimal | None
    """None: the claim states no such figure, so there is nothing to judge."""
    high: Decimal | None
    """None: at least `low`."""
    compute: str
    users: int | None = None
    within: Decimal = Decimal("0.1")
    """The share by which it may differ and still hold."""
    note: str = ""
    decides: bool = True


@frozen
class ColdStart:
    """What starting an instance adds to a request, and to how many."""

    what: str
    least_ms: Decimal
    most_ms: Decimal
    percent: Decimal
    """Of the requests that wait for it, at most."""
    source: str
    note: str


@cache
def architectures() -> tuple[Architecture, ...]:
    """Return every packaged architecture, by file name and in the order of each file."""
    folder = resources.files(_PACKAGE).joinpath("data/architectures")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    architectures: list[Architecture] = []
    for name in names:
        where = f"data/architectures/{name}"
        architectures += read_architectures(read_yaml(_PACKAGE, where), where)
    return tuple(architectures)


def read_architectures(data: Any, where: str) -> tuple[Architecture, ...]:
    """Return the architectures of a mapping, such as `architectures:` of a model file.

    Raises:
        DataError: an unknown key, or a value of the wrong kind.
    """
    return tuple(
        _architecture(str(name), raw, f"{where}: {name}")
        for name, raw in _mapping(data, where, None).items()
    )


@cache
def services() -> tuple[SupportingService, ...]:
    """Return what may stand beside a database that cannot serve some access patterns."""
    where = "data/services.yaml"
    return tuple(
        _service(str(name), raw, f"{where}: {name}")
        for name, raw in _mapping(read_yaml(_PACKAGE, where), where, None).items()
    )


def _service(name: str, raw: Any, where: str) -> SupportingService:
    mapping = _mapping(raw, where, _SERVICE)
    parts = _mapping(mapping.get("components"), f"{where}.components", None)
    return SupportingService(
        name=name,
        title=_text(mapping.get("title"), where),
        engines=_texts(mapping.get("engines"), where),
        verbs=_texts(mapping.get("verbs"), where),
        meets=_texts(mapping.get("meets", []), where),
        components=tuple(_component(str(k), part, f"{where}.{k}") for k, part in parts.items()),
        operations=_texts(mapping.get("operations", []), where),
    )


@cache
def offerings() -> tuple[Offering, ...]:
    """Return the packaged offerings with their properties."""
    where = "data/properties.yaml"
    top = _mapping(read_yaml(_PACKAGE, where), where, {"sources", "offerings"})
    sources = {
        key: str(position) for key, position in _mapping(top.get("sources"), where, None).items()
    }
    offerings = []
    for name, raw in _mapping(top.get("offerings"), where, None).items():
        here = f"{where}: {name}"
        mapping = _mapping(raw, here, _OFFERING)
        cells = []
        for key, provided in _mapping(mapping.get("properties"), here, None).items():
            cells.append((str(key), _cell(provided, mapping, sources, f"{here}.{key}")))
        offerings.append(
            Offering(
                name=str(name),
                title=_text(mapping.get("title"), here),
                engine=_text(mapping.get("engine"), here),
                is_main=_flag(mapping.get("main", False), here),
                cells=tuple(cells),
                points=tuple(
                    (str(key), _text(text, here))
                    for key, text in _mapping(mapping.get("points", {}), here, None).items()
                ),
            )
        )
    return tuple(offerings)


@cache
def figures() -> tuple[Figure, ...]:
    """Return the figures of a workload that a model says nothing of."""
    where = "data/workload.yaml"
    return tuple(
        Figure(
            name=str(name),
            value=str(_mapping(raw, where, {"value", "why"}).get("value")),
            why=_text(raw.get("why"), where),
        )
        for name, raw in _mapping(read_yaml(_PACKAGE, where), where, None).items()
    )


@cache
def operation_hours() -> tuple[Mapping[str, Decimal], Decimal]:
    """Return the hours a month of each task, and of a task that is not listed."""
    where = "data/operations.yaml"
    top = _mapping(read_yaml(_PACKAGE, where), where, {"other", "hours"})
    hours = _mapping(top.get("hours"), where, None)
    known = {str(task): _number(value, f"{where}: {task}") for task, value in hours.items()}
    return known, _number(top.get("other"), where)


@cache
def cold_starts() -> Mapping[str, ColdStart]:
    """Return what starting an instance adds to a request, by the key of the price of a part."""
    where = "data/latencies.yaml"
    starts = {}
    for key, raw in _mapping(read_yaml(_PACKAGE, where), where, None).items():
        here = f"{where}: {key}"
        entry = _mapping(raw, here, set(ColdStart.__dataclass_fields__))
        starts[str(key)] = ColdStart(
            what=_text(entry.get("what"), here),
            least_ms=_number(entry.get("least_ms"), here),
            most_ms=_number(entry.get("most_ms"), here),
            percent=_number(entry.get("percent"), here),
            source=_text(entry.get("source"), here),
            note=_text(entry.get("note"), here),
        )
    return starts


@cache
def neighbours() -> Mapping[str, tuple[str, ...]]:
    """Return the regions whose prices are substituted for those of another, the nearest first."""
    where = "data/neighbours.yaml"
    return {
        str(region): tuple(_text(entry, where) for entry in _list(near, where))
        for region, near in _mapping(read_yaml(_PACKAGE, where), where, None).items()
    }


@cache
def checks(app: str) -> tuple[CheckRule, ...]:
    """Return how the claims of an application are computed, an empty tuple for an unknown one."""
    where = "data/checks.yaml"
    top = _mapping(read_yaml(_PACKAGE, where), where, None)
    allowed = {"claim", "what", "claimed", "compute", "users", "within", "note", "decides"}
    check_rules = []
    for raw in top.get(app, []):
        mapping = _mapping(raw, f"{where}: {app}", allowed)
        claimed = mapping.get("claimed")
        band = claimed if isinstance(claimed, list) else [claimed] * 2
        low, high = (None if end is None else Decimal(str(end)) for end in band)
        check_rules.append(
            CheckRule(
                claim=_text(mapping.get("claim"), where),
                what=_text(mapping.get("what"), where),
                low=low,
                high=high,
                compute=_text(mapping.get("compute"), where),
                users=mapping.get("users"),
                within=Decimal(str(mapping.get("within", "0.1"))),
                note=_text(mapping.get("note", ""), where),
                decides=_flag(mapping.get("decides", True), where),
            )
        )
    return tuple(check_rules)


_OFFERING = {"title", "engine", "main", "as_of", "source", "properties", "points"}
_SERVICE = {"title", "engines", "verbs", "meets", "components", "operations"}
_ARCHITECTURE = {
    "title", "apps", "engine", "servers", "offering", "stated", "cost", "rating", "let",
    "components", "limits", "operations", "switch", "note", "best_for", "pros", "cons",
    "scaling", "variants",
}  # fmt: skip
_COMPONENT = {
    "title", "price", "region", "quantity", "free", "serial", "zones", "sla", "optional",
    "database", "serves", "note",
}  # fmt: skip


def _architecture(name: str, raw: Any, where: str) -> Architecture:
    mapping = _mapping(raw, where, _ARCHITECTURE)
    band = [_number(figure, where) for figure in _list(mapping.get("cost", []), where)]
    parts = _mapping(mapping.get("components"), f"{where}.components", None)
    tasks = [_task(raw, where) for raw in _list(mapping.get("operations", []), where)]
    return Architecture(
        name=name,
        title=_text(mapping.get("title", name), where),
        apps=tuple(str(app) for app in _list(mapping.get("apps", []), where)),
        engine=_text(mapping.get("engine", ""), where),
        servers=_texts(mapping.get("servers", []), where),
        offering=_text(mapping.get("offering", ""), where),
        stated=_text(mapping.get("stated", ""), where),
        low=band[0] if band else None,
        high=band[-1] if band else None,
        rating=_text(mapping.get("rating", ""), where),
        let=tuple(
            (str(key), str(value))
            for key, value in _mapping(mapping.get("let", {}), where, None).items()
        ),
        components=tuple(
            _component(str(key), part, f"{where}.{key}") for key, part in parts.items()
        ),
        limits=tuple(
            _limit(provided, where) for provided in _list(mapping.get("limits", []), where)
        ),
        operations=tuple(name for name, _ in tasks),
        operation_hours=tuple((name, hours) for name, hours in tasks if hours is not None),
        switch=_text(mapping.get("switch", ""), where),
        note=_text(mapping.get("note", ""), where),
        best_for=_text(mapping.get("best_for", ""), where),
        pros=_texts(mapping.get("pros", []), where),
        cons=_texts(mapping.get("cons", []), where),
        scaling=_text(mapping.get("scaling", ""), where),
        variants=tuple(
            _variant(str(key), variant, parts, f"{where}.variants.{key}")
            for key, variant in _mapping(mapping.get("variants", {}), where, None).items()
        ),
    )


def _variant(name: str, raw: Any, parts: Mapping[Any, Any], where: str) -> Variant:
    mapping = _mapping(raw, where, {"title", "instead_of", "components", "gives_up"})
    instead_of = _texts(mapping.get("instead_of", []), where)
    unknown = next((part for part in instead_of if part not in parts), "")
    if unknown:
        raise DataError(f"{where}: there is no component `{unknown}` to replace")
    components = _mapping(mapping.get("components", {}), where, None)
    return Variant(
        name=name,
        title=_text(mapping.get("title", name), where),
        instead_of=instead_of,
        components=tuple(_component(str(k), p, f"{where}.{k}") for k, p in components.items()),
        gives_up=_text(mapping.get("gives_up", ""), where),
    )


def _task(raw: Any, where: str) -> tuple[str, Decimal | None]:
    """Return a task and the hours a month that it states, None where it states none."""
    if not isinstance(raw, dict):
        return _text(raw, where), None
    mapping = _mapping(raw, where, {"what", "hours"})
    return _text(mapping.get("what"), where), _number(mapping.get("hours", 0), where)


def _component(name: str, raw: Any, where: str) -> Component:
    mapping = _mapping(raw, where, _COMPONENT)
    return Component(
        name=name,
        title=_text(mapping.get("title", name), where),
        price=_text(mapping.get("price", ""), where),
        region=_text(mapping.get("region", ""), where),
        quantity=str(mapping.get("quantity", 0)),
        free=tuple(_free(provided, where) for provided in _list(mapping.get("free", []), where)),
        serial=_flag(mapping.get("serial", False), where),
        zones=int(_number(mapping.get("zones", 0), where)),
        sla=_text(mapping.get("sla", ""), where),
        optional=_flag(mapping.get("optional", False), where),
        database=_flag(mapping.get("database", False), where),
        serves=_texts(mapping.get("serves", []), where),
        note=_text(mapping.get("note", ""), where),
    )


def _free(raw: Any, where: str) -> Free:
    mapping = _mapping(raw, where, {"kind", "quantity", "source"})
    if mapping.get("kind") not in FREE_KINDS:
        raise DataError(f"{where}: the kind of a free tier is one of {', '.join(FREE_KINDS)}")
    return Free(
        kind=mapping["kind"],
        quantity=str(mapping.get("quantity")),
        source=_text(mapping.get("source"), where),
    )


def _limit(raw: Any, where: str) -> ScaleLimit:
    mapping = _mapping(raw, where, {"what", "of", "most", "source", "fact"})
    if "fact" in mapping:
        key = _text(mapping["fact"], where)
        fact = PriceBook().fact(key)
        return ScaleLimit(
            what=fact.what, of=str(mapping.get("of")), most=str(fact.value), source=key
        )
    return ScaleLimit(
        what=_text(mapping.get("what"), where),
        of=str(mapping.get("of")),
        most=str(mapping.get("most")),
        source=_text(mapping.get("source"), where),
    )


def _cell(entry: Any, column: Mapping[str, Any], sources: Mapping[str, str], where: str) -> Cell:
    if not isinstance(entry, dict):
        entry = {"value": entry}
    raw = _mapping(entry, where, {"value", "note", "source", "as_of", "read", "by", "hours"})
    source = str(raw.get("source", column.get("source", "")))
    if source not in sources:
        raise DataError(f"{where}: the source `{source}` is not listed")
    value = raw.get("value")
    if isinstance(value, bool):
        value = "yes" if value else "no"
    return Cell(
        value=str(value),
        note=_text(raw.get("note", ""), where),
        source=sources[source],
        as_of=str(raw.get("as_of", column.get("as_of", ""))),
        read=_flag(raw.get("read", source != "recalled"), where),
        by=_text(raw.get("by", ""), where),
        hours=_number(raw.get("hours", 0), where),
    )


def _mapping(value: Any, where: str, allowed: set[str] | None) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise DataError(f"{where}: must be a mapping")
    for key in value:
        if allowed is not None and key not in allowed:
            meant = nearest(str(key), allowed)
            hint = f", did you mean `{meant}`?" if meant else f"; known: {sorted(allowed)}"
            raise DataError(f"{where}: unknown key `{key}`{hint}")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise DataError(f"{where}: must be text, not {value!r}")
    return " ".join(value.split())


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise DataError(f"{where}: must be a list, not {value!r}")
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    return tuple(_text(entry, where) for entry in _list(value, where))


def _number(value: Any, where: str) -> Decimal:
    try:
        decimal = Decimal(str(value))
    except InvalidOperation:
        decimal = Decimal("NaN")
    if not decimal.is_finite() or decimal < 0:
        raise DataError(f"{where}: must be a number of at least 0, not {value!r}")
    return decimal


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise DataError(f"{where}: must be true or false, not {value!r}")
    return value
