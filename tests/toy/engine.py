"""The toy engine: a design names the entity of each table; a table is a dict from key to instance.

It knows no index: what is not asked for by its whole key is found by looking at every instance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from tablewright.bill.bill import Bill, Line
from tablewright.bill.dimensions import Dimension
from tablewright.compare.protocol import ComparedByBill
from tablewright.core.diagnostics import Span
from tablewright.core.errors import EngineError, UnsupportedError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE
from tablewright.deploy.database import DatabaseAccess
from tablewright.deploy.stack import DatabaseShare
from tablewright.design.grammar import COMMON
from tablewright.design.language import DesignLanguage
from tablewright.design.values import Design
from tablewright.evaluation.description import ContainerDescription, DesignDescription
from tablewright.evaluation.doors import (
    Consumption,
    Fragment,
    Observed,
    Outcome,
    ProvisionPlan,
    ProvisionStep,
    RecordKind,
    Scratch,
)
from tablewright.evaluation.doors import Record as Stored
from tablewright.evaluation.engine import Refused
from tablewright.evaluation.health import Examination, Observations
from tablewright.evaluation.values import Evaluation, Measure, Request, Route, UnitUse
from tablewright.model.names import ENTITY_NAME
from tablewright.model.nodes import Reading
from tablewright.model.shapes import Field, Fields, MappingOf, Name, RecordShape
from tablewright.model.values import Model, Pattern, Verb
from tablewright.sample.calls import Call, Row
from tablewright.sample.world import distance_km
from toy.reviewing import ToyReviewing

USD_A_MONTH = Decimal(3)
TABLE_NAME = Name("a table", r"[a-z]+", "small letters")
TABLES = MappingOf(TABLE_NAME, ENTITY_NAME, least=1)
SHAPE = RecordShape("a toy design", (*COMMON, Field("tables", TABLES, required=True)))


@frozen
class ToyDesign(Design):
    """Tables by name, with the entity of each."""

    tables: tuple[tuple[str, str], ...] = ()

    def table(self, entity: str) -> str:
        """Return the table of an entity."""
        return next(table for table, of in self.tables if of == entity)


def build(name: str, fields: Fields, span: Span, model: Model, reading: Reading) -> ToyDesign:
    """Return a design of its fields."""
    tables = tuple((str(entry.name), str(entry.value)) for entry in fields.get("tables", ()))
    return ToyDesign(name=name, engine="toy", span=span, tables=tables)


LANGUAGE = DesignLanguage(engine="toy", shape=SHAPE, build=build)


def is_by_key(model: Model, pattern: Pattern) -> bool:
    """Whether a pattern names the whole key."""
    return set(model.entity(pattern.entity).key) <= set(pattern.equalities)


class ToyCodec:
    """An instance is stored as it is."""

    embedded: frozenset[str] = frozenset()
    expiry: frozenset[str] = frozenset()
    needs_parents = False
    native_form = ""
    has_doubles = False

    def __init__(self, model: Model, design: ToyDesign) -> None:
        self.model, self.design = model, design
        self.kinds = tuple(
            RecordKind(container=table, name=table, entity=entity)
            for table, entity in design.tables
        )

    def unreadable(self, entity: str) -> frozenset[str]:
        return frozenset()

    def encode(
        self, entity: str, row: Row, children: Any, kind: RecordKind | None = None
    ) -> Iterator[Stored]:
        table = self.design.table(entity)
        content = {name: value for name, value in row.items() if value is not None}
        yield Stored(container=table, kind=table, content=content)

    def decode(self, container: str, content: Mapping[str, Any]) -> Iterator[Fragment]:
        entity = self.model.entity(dict(self.design.tables)[container])
        if not set(entity.key) <= set(content):
            raise EngineError("a record without its key is of no kind the design knows")
        identity = tuple(content[name] for name in entity.key)
        yield Fragment(entity=entity.name, identity=identity, attributes=content)

    def to_plain(self, content: Mapping[str, Any]) -> dict[str, Any]:
        return dict(content)

    def content_bytes(self, content: Mapping[str, Any]) -> None:
        return

    def key_text(self, container: str, content: Mapping[str, Any]) -> str:
        return ""

    def from_plain(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        return dict(plain)

    def key(self, record: Stored) -> tuple[Any, ...]:
        entity = self.model.entity(dict(self.design.tables)[record.container])
        return tuple(record.content[name] for name in entity.key)

    def refusal(self, record: Stored) -> str:
        return ""

    def differences(
        self, expected: Sequence[Stored], stored: Sequence[Mapping[str, Any] | None]
    ) -> tuple[str, ...]:
        ((record,), (content,)) = (expected, stored)
        other = content or {}
        names = sorted({*record.content, *other})
        return tuple(name for name in names if record.content.get(name) != other.get(name))


STORES: dict[str, dict[str, dict[tuple[Any, ...], dict[str, Any]]]] = {}
"""What is stored, by the folder of the model: it lives as long as the process."""


class ToyAdapter:
    """Tables in a dict."""

    chunk = 10
    recovery_commands: tuple[tuple[str, str], ...] = ()
    description = "the toy store"
    announcement = ""
    is_local = True
    stands_in = True

    def __init__(self, model: Model, design: ToyDesign, store: dict[str, Any]) -> None:
        self.model, self.design, self.store = model, design, store
        self.codec = ToyCodec(model, design)
        self.units_per_second: Decimal | None = None
        self.throttled = 0

    def describe(self) -> Mapping[str, Observed]:
        return {name: Observed(name=name, records=len(rows)) for name, rows in self.store.items()}

    def plan_provision(self, *, adopt: bool = False) -> ProvisionPlan:
        names = [table for table, _ in self.design.tables if table not in self.store]
        return ProvisionPlan(
            steps=tuple(
                ProvisionStep(
                    text=f"make {name}",
                    container=name,
                    operation="MAKE",
                    parameters={"table": name},
                    statement=f"MAKE {name}",
                )
                for name in names
            )
        )

    def provision(self, step: ProvisionStep, say: Any) -> str:
        self.store[step.container] = {}
        return ""

    def bulk_write(self, records: Iterable[Stored]) -> int:
        count = 0
        for record in records:
            self.store[record.container][self.codec.key(record)] = dict(record.content)
            count += 1
        return count

    def remove(self, records: Iterable[Stored]) -> int:
        keys = [(record.container, self.codec.key(record)) for record in records]
        for container, key in keys:
            self.store[container].pop(key, None)
        return len(keys)

    def read_capacity(self, container: str) -> Decimal | None:
        return None

    def stored(self, record: Stored) -> Mapping[str, Any] | None:
        return self.store[record.container].get(self.codec.key(record))

    def run(self, route: Route, call: Call, *, is_metered: bool = True) -> Outcome:
        pattern = call.pattern
        table = self.design.table(pattern.entity)
        rows = self.store[table]
        if pattern.verb is Verb.PUT:
            (record,) = self.codec.encode(pattern.entity, call.row, None)
            if pattern.condition == "absent" and self.codec.key(record) in rows:
                return self._outcome(table, "write", is_condition_met=False)
            self.bulk_write([record])
            return self._outcome(table, "write")
        key = tuple(call.row.get(name) for name in self.model.entity(pattern.entity).key)
        if pattern.verb is Verb.UPDATE:
            rows[key] = {name: v for name, v in call.after.items() if v is not None}
            return self._outcome(table, "write")
        if pattern.verb is Verb.DELETE:
            rows.pop(key, None)
            return self._outcome(table, "write")
        found = [r for r in rows.values() if all(t.holds(r.get(t.attribute)) for t in call.tests)]
        for name, descending in reversed(pattern.sort):
            found.sort(key=lambda r: (r.get(name) is not None, r.get(name)), reverse=descending)
        for test in call.tests:
            if test.operator == "near":
                point = test.operands[0]
                found.sort(key=lambda r: distance_km(r[test.attribute], point))
        looked = 1 if is_by_key(self.model, pattern) else len(rows)
        limit = 1 if pattern.verb is Verb.GET else pattern.limit
        answer = found if limit is None else found[:limit]
        return replace(self._outcome(table, "read", looked), rows=tuple(answer))

    def _outcome(
        self, table: str, dimension: str, units: int = 1, *, is_condition_met: bool = True
    ) -> Outcome:
        use = Consumption(resource=table, dimension=dimension, units=Decimal(units))
        return Outcome(requests=1, consumed=(use,), is_condition_met=is_condition_met)

    def cannot_run(self, pattern: Pattern) -> str:
        return ""

    def plan_of(self, call: Any) -> str:
        return ""

    def limit_throughput(self) -> str:
        return ""

    def fork(self) -> ToyAdapter:
        return ToyAdapter(self.model, self.design, self.store)

    def splits(self, container: str, most: int) -> list[Any]:
        return [None]

    def scan(self, container: str, **options: Any) -> Iterator[Any]:
        yield None, list(self.store[container].values())

    def follow_from(self, containers: Sequence[str]) -> str:
        raise UnsupportedError("a toy tells nobody what changed")

    def changes(self, containers: Sequence[str], after: str) -> Iterator[Any]:
        raise UnsupportedError("a toy tells nobody what changed")

    def stop_following(self, position: str) -> None:
        pass

    def destroy(self, names: Sequence[str], say: Any) -> None:
        for name in names:
            del self.store[name]

    def examine(self, evaluation: Any, observations: Any, rates: Any) -> Examination:
        return Examination()

    def backups(self) -> None:
        return

    def scratch(self, label: str) -> Scratch:
        adapter = ToyAdapter(self.model, self.design, {})
        return Scratch(
            design=self.design, adapter=adapter, names={}, place=label, remove=lambda say: None
        )

    def consumed(self) -> tuple[Consumption, ...]:
        return ()

    def close(self) -> None:
        pass


class ToyPredictor:
    """As many reads as the route says."""

    is_exact = False

    def note(self, call: Call) -> None:
        pass

    def units(self, route: Route, calls: Sequence[Any]) -> dict[tuple[str, str], Decimal]:
        return {(u.resource, u.dimension): u.units.mean for r in route.requests for u in r.uses}

    def lists(self, pattern: Pattern) -> None:
        return None


@dataclass(frozen=True)
class ToyConnector:
    """Ways to the toy store."""

    engine: ToyEngine
    name: str = "toy"
    brisk_instances: int = 100_000
    written_in: str = "text"
    comment: str = "#"

    def codec(
        self, model: Model, design: ToyDesign, *, expiry_shift: int = 0, keeps_values: bool = False
    ) -> ToyCodec:
        return ToyCodec(model, design)

    def connect(
        self, model: Model, design: ToyDesign, target: Any, folder: Path, **options: Any
    ) -> ToyAdapter:
        return ToyAdapter(model, design, STORES.setdefault(str(folder), {}))

    products: tuple[str, ...] = ()

    def observations(self, design: Any, target: Any, **how: Any) -> Observations:
        return Observations()

    def temporary(
        self, model: Model, design: ToyDesign, expected_bytes: Decimal, **options: Any
    ) -> ToyAdapter:
        return ToyAdapter(model, design, {})

    def copied(self, model: Model, design: ToyDesign, *about: Any, **options: Any) -> None:
        return None

    def unit_prices(self, book: Any, region: str) -> dict[str, Decimal]:
        return {}

    def population(
        self, model: Model, design: ToyDesign, users: int, book: Any, *, region: str = ""
    ) -> Evaluation:
        return self.engine.evaluate(model, design, users, book, region=region)

    def predictor(self, evaluation: Evaluation, world: Any) -> ToyPredictor:
        return ToyPredictor()

    def write_units(self, evaluation: Evaluation, kind: RecordKind) -> Decimal | None:
        return None

    def copy_rights(self, design: ToyDesign, *, writes: bool) -> None:
        return

    def can_follow(self, design: ToyDesign) -> bool:
        return False

    def statements(self, model: Model, design: ToyDesign) -> tuple[str, ...]:
        return tuple(f"MAKE {table}" for table, _ in design.tables)

    def preamble(self, evaluation: Any) -> str:
        return ""

    def example_requests(self, evaluation: Any, route: Route, call: Call, matching: Any) -> Any:
        return route.requests


class ToyEngine:
    """A key-value store for three dollars a month."""

    name = "toy"
    language = LANGUAGE
    reviewing = ToyReviewing()
    comparing = ComparedByBill("the toy store")
    is_planned = False
    varies_smoothly = False

    @property
    def connector(self) -> ToyConnector:
        return ToyConnector(self)

    def evaluate(
        self, model: Model, design: ToyDesign, users: int, book: Any, **options: Any
    ) -> Evaluation:
        region = options.get("region") or model.region
        line = Line(
            where="toy",
            resource="toy",
            dimension=Dimension.SERVERS if hasattr(Dimension, "SERVERS") else next(iter(Dimension)),
            what="a shelf",
            pattern="",
            quantity=ONE,
            unit="month",
            unit_price=USD_A_MONTH,
            per=1,
            amount=USD_A_MONTH,
            price_key="toy.shelf",
            region=region,
        )
        return Evaluation(
            model=model,
            design=design,
            users=users,
            routes=tuple(self._route(model, design, users, p) for p in model.patterns),
            resources=(),
            bill=Bill(lines=(line,), region=region, prices_as_of="2026-11-30"),
        )

    def _route(self, model: Model, design: ToyDesign, users: int, pattern: Pattern) -> Route:
        table = design.table(pattern.entity)
        is_scan = not pattern.verb.is_write and not is_by_key(model, pattern)
        units = model.instances(pattern.entity, users) if is_scan else ONE
        dimension = "write" if pattern.verb.is_write else "read"
        use = UnitUse(resource=table, dimension=dimension, units=Measure(mean=units))
        operation = "scan" if is_scan else pattern.verb.value
        request = Request(operation=operation, target=table, uses=(use,))
        return Route(
            pattern=pattern.name,
            design=design.name,
            requests=(request,),
            target=table,
            operation=operation,
        )

    def describe(self, design: ToyDesign) -> DesignDescription:
        tables = tuple(ContainerDescription(name=t, key="the key") for t, _ in design.tables)
        return DesignDescription(design=design.name, engine="toy", containers=tables)

    def aligned(self, before: Design, after: Design) -> Design:
        return after

    def in_environment(self, design: Design, environment: str) -> Design:
        return design

    def infrastructure(self, evaluation: Any, environment: str, tags: Any) -> DatabaseShare:
        return DatabaseShare()

    access = DatabaseAccess()
    sizing_constants = ()

    def use_calibration(self, calibration: Any) -> None:
        pass

    def is_empty(self, design: ToyDesign) -> bool:
        return not design.tables

    def is_billed_by_request(self, design: Design) -> bool:
        return False

    def paid_as(self, design: Design, mode: str) -> Design:
        return design

    def promised_availability(self, design: Design, book: Any) -> Decimal | None:
        return None

    def usual_design(self, model: Model) -> Design | None:
        return None

    def planning(self, evaluator: Any, mode: str = "") -> Refused:
        return Refused("a toy is not planned")
