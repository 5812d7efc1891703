"""The doors of an engine to the outside: how instances are stored, what a database can do.

In: instances of entities, routes with parameters. Out: stored records, rows, what was consumed.
These are protocols and the values that pass through them; the code behind them is each engine's
own, and `Adapter` is the only one that does I/O. Seeding, proof, migration, backup and the store
are written against these alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tablewright.design.values import Design
    from tablewright.evaluation.values import Route
    from tablewright.model.values import Model

Row = Mapping[str, Any]
"""One instance of an entity: attribute names to plain Python values."""

Children = Callable[[str], Sequence[Row]]
"""Given an entity, the instances of it that belong to the instance at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a design stores in one place: an item, a document or a row.

    `content` is in the engine's own form: DynamoDB's attribute values, a BSON-ready mapping, or
    column names to values.
    """

    container: str
    """Table or collection."""
    shape: str
    """Which of the container's kinds of record it is; its name in the design."""
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """What one stored record says of one instance: some or all of its attributes.

    Fragments with the same entity and identity together make the instance. A record may give
    several: a document with embedded children gives one for each child.
    """

    entity: str
    identity: tuple[Any, ...]
    """Values of the entity's full key, its ancestors' first."""
    attributes: Row
    is_copy: bool = False
    """The record only repeats what another one holds (a uniqueness guard, a denormalised copy)."""


class Codec(Protocol):
    """Instances of entities as one design stores them, and back. Pure.

    Law: decoding what was encoded gives the same attributes, type for type.
    """

    def encode(self, entity: str, row: Row, children: Children) -> Iterator[Record]:
        """Yield every record that an instance takes in this design, embedded children included."""
        ...

    def decode(self, container: str, content: Mapping[str, Any]) -> Iterator[Fragment]:
        """Yield what a stored record says, of whichever instances it holds.

        Raises:
            EngineError: the record is of no kind that the design knows.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumption:
    """What one request took from one resource: `units` of `dimension` ("read", "write" …)."""

    resource: str
    """Table or collection, or "table/index"."""
    dimension: str
    units: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of running one access pattern once."""

    rows: tuple[Row, ...] = ()
    next_page: Any = None
    """Where to go on, opaque; None when there is no more."""
    is_condition_met: bool = True
    consumed: tuple[Consumption, ...] = ()
    requests: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRecord:
    """One change of a followed source: the record before and after, in the order per key."""

    container: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    position: str
    """Where to resume after this change; opaque."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A container as it exists: its definition in the engine's own words, and how full it is."""

    name: str
    definition: Mapping[str, Any] = field(default_factory=dict)
    records: int | None = None
    bytes: int | None = None
    is_ours: bool = False
    """Made by this application's `up`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionStep:
    """One step towards a design: what it does in words, and the request that does it."""

    text: str
    statement: Any
    """SQL, a command document, or an operation with its parameters: what `ddl` prints."""
    destroys: bool = False
    is_slow: bool = False
    """It rewrites or indexes what is stored, which takes time in proportion to it."""


class Adapter(Protocol):
    """One database, reached: a server, an account, or an engine inside the process."""

    @property
    def description(self) -> str:
        """Which server it is and who calls, as shown before anything is changed."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        ...

    def describe(self, names: Iterable[str] | None = None) -> Mapping[str, Observed]:
        """Return what exists, of the names given or of all."""
        ...

    def plan_provision(self, model: Model, design: Design) -> tuple[ProvisionStep, ...]:
        """Return the steps from what exists to the design; none when nothing differs."""
        ...

    def provision(self, step: ProvisionStep) -> None:
        """Carry one step out and wait until it is done.

        Raises:
            EngineError: the server refused; what was done before stays done.
        """
        ...

    def bulk_write(self, records: Iterable[Record]) -> int:
        """Write records, replacing those of the same key; return how many.

        Raises:
            EngineError: the server refused or went away; what was acknowledged is kept.
        """
        ...

    def run(
        self, route: Route, parameters: Sequence[Mapping[str, Any]], page: Any = None
    ) -> Outcome:
        """Run one access pattern once by its route.

        Args:
            route: how the design answers the pattern.
            parameters: what is asked, one mapping for each instance that a call asks for.
            page: where to go on, as an earlier outcome said.

        Raises:
            EngineError: the server refused or went away.
        """
        ...

    def scan(
        self, container: str, *, segment: int = 0, segments: int = 1, after: Any = None
    ) -> Iterator[tuple[Any, Sequence[Mapping[str, Any]]]]:
        """Yield pages of stored records, each with the position to resume after it."""
        ...

    def changes(
        self, containers: Sequence[str], after: str | None = None
    ) -> Iterator[ChangeRecord]:
        """Yield changes as they come, from a position or from now.

        Raises:
            UnsupportedError: this source cannot be followed; the message says why.
        """
        ...

    def destroy(self, names: Sequence[str]) -> None:
        """Delete containers with all they hold."""
        ...

    def close(self) -> None:
        """Give back what is held: connections, processes, files."""
        ...
