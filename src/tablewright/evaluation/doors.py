"""The doors of an engine to the outside: how instances are stored, what a database can do.

In: instances of entities, routes with calls. Out: stored records, rows, what was consumed. These
are protocols and the values that pass through them; the code behind them is each engine's own, and
`Adapter` is the only one that does I/O. Seeding, proof, migration, backup and the store are written
against these alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from tablewright.core.errors import EngineError
from tablewright.core.frozen import frozen
from tablewright.sample.calls import Call, Children, Row

if TYPE_CHECKING:
    from tablewright.bill.rates import Rates
    from tablewright.design.values import Design
    from tablewright.evaluation.health import Examination, Observations
    from tablewright.evaluation.values import Evaluation, Route
    from tablewright.model.values import Pattern

Units = dict[tuple[str, str], Decimal]
"""Mean units of a call by resource and dimension."""

Matching = Callable[[str], Sequence[Row]]
"""Given an entity, the instances that meet the conditions of the call at hand."""

Progress = Callable[[str], None]
"""Told in words what is being done."""


@frozen
class Target:
    """Which database is meant: the embedded one by default, an endpoint, or an account."""

    endpoint: str = ""
    """An address, such as `http://…`, `mongodb://…` or `postgresql://…`."""
    profile: str = ""
    region: str = ""
    data: str = ""
    """Where the embedded database keeps its data, other than the default."""
    aws: bool = False
    """Amazon DynamoDB with the credentials of the environment."""
    allow_production: bool = False

    @property
    def is_local(self) -> bool:
        """Whether it is the embedded database."""
        return not (self.endpoint or self.profile or self.aws)


@frozen
class SpendingCap:
    """The most that requests may cost before nothing more is sent."""

    usd: Mapping[str, Decimal]
    """USD for one unit, by dimension."""
    max_usd: Decimal


@frozen
class CopyRights:
    """What a copy does at a service of an account: actions on these resources, and on no others."""

    service: str
    """As an ARN names it."""
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    """The last part of their ARNs, such as `table/users`."""


@frozen
class RecordKind:
    """One kind of record that a design stores: which entity's, where."""

    container: str
    """Table or collection."""
    name: str
    """Of the kind within its container; its name in the design."""
    entity: str
    copies: int = 1
    """Records of this kind for each instance, such as the shards of a counter."""
    is_copy: bool = False
    """It only repeats what another record holds, such as a guard of what is unique."""


@frozen
class Record:
    """What a design stores in one place: an item, a document or a row.

    `content` is in the engine's own form: DynamoDB's attribute values, a BSON-ready mapping, or
    column names to values.
    """

    container: str
    kind: str
    content: Mapping[str, Any]


@frozen
class Fragment:
    """What one stored record says of one instance: some or all of its attributes.

    Fragments with the same entity and identity together make the instance. A record may give
    several: a document with embedded children gives one for each child.
    """

    entity: str
    identity: tuple[Any, ...]
    """Values of the entity's full key, its ancestors' first; empty where a copy lacks them."""
    attributes: Row
    is_copy: bool = False
    """The record only repeats what another one holds (a uniqueness guard, a denormalised copy)."""


class Codec(Protocol):
    """Instances of entities as one design stores them, and back. Pure.

    Law: decoding what was encoded gives the same attributes, type for type, but for those that
    `unreadable` names.
    """

    @property
    def kinds(self) -> tuple[RecordKind, ...]:
        """The kinds of records of the design."""
        ...

    @property
    def embedded(self) -> frozenset[str]:
        """The entities whose instances are stored inside their parents' records."""
        ...

    @property
    def expiry(self) -> frozenset[str]:
        """The attributes with the time, in seconds since 1970, at which records are removed."""
        ...

    @property
    def needs_parents(self) -> bool:
        """Whether an instance can be stored only where its parent is."""
        ...

    @property
    def native_form(self) -> str:
        """The engine's own form of exports that records are in, such as "ddb-json"; "" if none."""
        ...

    @property
    def has_doubles(self) -> bool:
        """Whether doubles and decimals are different types, so that exports tell them apart."""
        ...

    def to_plain(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return a stored record as plain values: texts, numbers, bytes, lists, sets, maps."""
        ...

    def content_bytes(self, content: Mapping[str, Any]) -> int | None:
        """Return the bytes that count against the limit of a record; None where there is none."""
        ...

    def key_text(self, container: str, content: Mapping[str, Any]) -> str:
        """Return the key of a stored record as people read it."""
        ...

    def from_plain(self, plain: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return plain values as a record in the engine's own form."""
        ...

    def unreadable(self, entity: str) -> frozenset[str]:
        """Return the attributes whose stored form does not give the value back."""
        ...

    def encode(
        self, entity: str, row: Row, children: Children, kind: RecordKind | None = None
    ) -> Iterator[Record]:
        """Yield every record that an instance takes in this design, or those of one kind."""
        ...

    def decode(self, container: str, content: Mapping[str, Any]) -> Iterator[Fragment]:
        """Yield what a stored record says, of whichever instances it holds.

        Raises:
            EngineError: the record is of no kind that the design knows.
        """
        ...

    def key(self, record: Record) -> tuple[Any, ...]:
        """Return what a record is stored under in its container: equal keys are one record."""
        ...

    def refusal(self, record: Record) -> str:
        """Return why the database would refuse a record, such as its size; "" if it would not."""
        ...

    def differences(
        self, expected: Sequence[Record], stored: Sequence[Mapping[str, Any] | None]
    ) -> tuple[str, ...]:
        """Return the names in which stored records of one kind differ from what was written."""
        ...


@frozen
class Consumption:
    """What one request took from one resource: `units` of `dimension` ("read", "write" …)."""

    resource: str
    """Table or collection, or "table/index"."""
    dimension: str
    units: Decimal


@frozen
class Outcome:
    """What came of running one access pattern once."""

    rows: tuple[Row, ...] = ()
    is_condition_met: bool = True
    message: str = ""
    """What the database said where a condition was not met."""
    consumed: tuple[Consumption, ...] | None = ()
    """None where this call was not measured."""
    requests: int = 0
    retries: int = 0
    seconds: float = 0.0
    """That the requests took, without what was done with their replies."""
    access: str = ""
    """Where the server found its rows, as it says: "table/index", or the table it scanned."""
    is_missing: bool = False
    """A write was refused because the instance it speaks of is not there."""
    position: Any = None
    """Where the next page begins, as plain JSON data; None where there is none."""
    parts: tuple[tuple[Row, ...], ...] = ()
    """Of a `read`, the rows of each of its parts."""


class CallFailedError(EngineError):
    """One call failed for a reason of its own: the next may succeed.

    Attributes:
        outcome: what the call took until then.
        is_of_values: the database does not take one of the values.
    """

    def __init__(
        self, message: str, outcome: Outcome, *, remedy: str = "", is_of_values: bool = False
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.outcome = outcome
        self.is_of_values = is_of_values


class RecordRefusedError(EngineError):
    """The database refuses what a record holds; others may be written."""


@frozen
class ChangeRecord:
    """One change of a followed source: the record before and after, in the order per key."""

    container: str
    before: Mapping[str, Any] | None
    """What was stored; of some engines only its key. None where there was nothing."""
    after: Mapping[str, Any] | None
    """What is stored; None where it was deleted. It may be newer than the change itself."""
    position: str
    """Where to resume after this change; opaque."""
    seconds: float | None = None
    """When it was made, in seconds since 1970, where the source says so."""


@frozen
class Observed:
    """A container as it exists: its definition in the engine's own words, and how full it is."""

    name: str
    state: str = "active"
    records: int | None = None
    bytes: int | None = None
    indexes: Mapping[str, str] = field(default_factory=dict)
    """Names, and the state of each."""
    definition: Mapping[str, Any] = field(default_factory=dict)
    is_foreign: bool = False
    """It is known to be made by somebody else, or for another application."""
    mode: str = ""
    """How throughput is billed, in the engine's own words; "" on servers."""
    ttl: str = ""
    """The attribute that records expire by; "" where they do not, or nothing is said."""
    pitr: bool | None = None
    """Whether it can be restored to any point in time; None where nothing is said."""
    settings: tuple[str, ...] = ()
    """Capacity, encryption, recovery, protection, in words; empty on servers."""


@frozen
class ProvisionStep:
    """One step towards a design: what it does in words, and the request that does it."""

    text: str
    container: str
    operation: str
    """The name of the request, such as CreateTable; "SQL" or "command" where it says itself."""
    parameters: Mapping[str, Any]
    """Of the request, as data."""
    statement: Any
    """The request in the engine's own form, for its adapter."""
    destroys: bool = False
    is_slow: bool = False
    """It rewrites or indexes what is stored, which takes time in proportion to it."""
    marks: bool = False
    """It only writes down whose it is: tables of a stack stay without, and are no drift."""


@frozen
class ProvisionPlan:
    """What has to be done so that a database is as a design says, and what cannot be."""

    steps: tuple[ProvisionStep, ...] = ()
    refused: tuple[str, ...] = ()
    """Changes that no statement makes, such as another primary key."""
    beyond: tuple[str, ...] = ()
    """What exists and the design does not ask for; it is left as it is."""
    repeated: tuple[ProvisionStep, ...] = ()
    """Settings of a service beside the database: made in every run, as they are not observed."""
    not_offered: tuple[str, ...] = ()
    """What the design asks for and this database has not, in words."""

    @property
    def drift(self) -> tuple[ProvisionStep, ...]:
        """The steps that change more than whose it is."""
        return tuple(step for step in self.steps if not step.marks)

    @property
    def destroys(self) -> bool:
        """Whether anything would be lost."""
        return any(step.destroys for step in self.steps)


class Predictor(Protocol):
    """Predicts what calls consume by the arithmetic of the estimate."""

    is_exact: bool
    """Whether the meter has to agree with it; else both are shown beside each other."""

    def note(self, call: Call) -> Any:
        """Keep what the prediction needs of a call that is about to be made."""
        ...

    def units(self, route: Route, calls: Sequence[Any]) -> Units:
        """Return the mean units of calls, each as `note` kept it."""
        ...

    def lists(self, pattern: Pattern) -> int | None:
        """Return of how many lists the estimate for all is the mean; None where of no lists."""
        ...


@frozen
class BackupCopy:
    """One backup as whoever keeps it knows it."""

    container: str
    """The table or collection; "" for a database as a whole."""
    name: str
    reference: str
    """An ARN, or the path of a file or folder."""
    method: str
    """CreateBackup, pg_dump, bson-dump or export."""
    taken: str
    """The moment, in UTC."""
    bytes: int | None = None


class Backups(Protocol):
    """Backups that a database makes itself or by its vendor's own program."""

    method: str

    def create(self, name: str, folder: str, say: Progress) -> tuple[BackupCopy, ...]:
        """Back up all containers; files go into the folder.

        Raises:
            EngineError: it was refused.
        """
        ...

    def listed(self) -> tuple[BackupCopy, ...]:
        """Return the backups that the database knows, the latest first."""
        ...

    def window(self) -> Mapping[str, tuple[str, str]]:
        """Return, by container, the earliest and latest moment it can be restored to."""
        ...

    def restore(
        self, copies: Sequence[BackupCopy], names: Mapping[str, str], say: Progress
    ) -> None:
        """Restore backups under the names of a scratch place.

        Raises:
            EngineError: it was refused, or something of that name exists.
        """
        ...

    def restore_to(self, moment: str, names: Mapping[str, str], say: Progress) -> None:
        """Restore what was stored at a moment, "" for the latest, under new names.

        Raises:
            UsageError: that moment is not kept.
            UnsupportedError: the engine has no such thing.
            EngineError: it was refused.
        """
        ...


@frozen
class Scratch:
    """An empty place of its own on a server: other tables' names, or another database."""

    design: Design
    """The design with the names of the place."""
    adapter: Adapter
    names: Mapping[str, str]
    """Containers that are called otherwise there; under "" the database."""
    place: str
    remove: Callable[[Progress], None]
    """Delete the place with all it holds."""
    close: Callable[[], None] = lambda: None
    """Leave the place as it is, and give back connections to it."""


class Adapter(Protocol):
    """A database with one design of one model: a server, an account, or an embedded engine."""

    @property
    def codec(self) -> Codec:
        """How instances are stored there."""
        ...

    recovery_commands: tuple[tuple[str, str], ...]
    """Who else restores it to a moment, and by which command; empty where `restore --at` does."""

    units_per_second: Decimal | None
    """A limit on what bulk writes take: write units, or records where these are not charged."""

    @property
    def throttled(self) -> int:
        """How often requests were refused for want of capacity, and repeated."""
        ...

    @property
    def description(self) -> str:
        """Which server it is and who calls, as shown before anything is changed."""
        ...

    @property
    def announcement(self) -> str:
        """Whose database it is, to be said before anything is sent; "" of an embedded one."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        ...

    @property
    def stands_in(self) -> bool:
        """Whether another program answers in place of the database: its times are its own."""
        ...

    @property
    def chunk(self) -> int:
        """How many instances are best written at once."""
        ...

    def describe(self) -> Mapping[str, Observed]:
        """Return what exists of the containers of the design."""
        ...

    def plan_provision(self, *, adopt: bool = False) -> ProvisionPlan:
        """Return the steps from what exists to the design; none when nothing differs.

        Args:
            adopt: take over what was made by somebody else.
        """
        ...

    def provision(self, step: ProvisionStep, say: Progress) -> str:
        """Carry one step out and wait until it is done.

        Returns:
            "", or what the server does not offer and was left out.

        Raises:
            EngineError: the server refused; what was done before stays done.
        """
        ...

    def bulk_write(self, records: Iterable[Record]) -> int:
        """Write records, replacing those of the same key; return how many.

        Raises:
            RecordRefusedError: one of the records cannot be stored as it is.
            EngineError: the server refused or went away; what was acknowledged stays.
        """
        ...

    def remove(self, records: Iterable[Record]) -> int:
        """Delete what is stored under the keys of records; return how many keys these were.

        Raises:
            EngineError: the server refused or went away; what was acknowledged stays.
        """
        ...

    def read_capacity(self, container: str) -> Decimal | None:
        """Return the read units a second that a container serves; None where none are counted."""
        ...

    def stored(self, record: Record) -> Mapping[str, Any] | None:
        """Return what is stored under the key of a record; None where there is nothing."""
        ...

    def run(self, route: Route, call: Call, *, is_metered: bool = True) -> Outcome:
        """Run one access pattern once by its route.

        Args:
            route: how the design answers the pattern.
            call: the values.
            is_metered: whether what it consumes is of interest, where finding out costs.

        Raises:
            CallFailedError: this call failed for a reason of its own.
            EngineError: the server refused everything or went away.
        """
        ...

    def cannot_run(self, pattern: Pattern) -> str:
        """Say why this server does not run a pattern that the design serves; "" where it does."""
        ...

    def lacks(self, route: Route, pattern: Pattern, known: frozenset[str]) -> frozenset[str]:
        """Return what a write has to know of the stored instance beside what its caller does.

        Args:
            route: how the design carries out the pattern.
            pattern: the write, or one write of its transaction.
            known: the attributes the caller has.

        Raises:
            UnsupportedError: a caller without the instance's siblings cannot write it there.
        """
        ...

    def plan_of(self, call: Call) -> str:
        """Return how the server says it would run a call, in its own words; nothing is run.

        Returns:
            The plans of its statements, a line for each step; "" where a server tells none.

        Raises:
            EngineError: it refused or went away.
        """
        ...

    def limit_throughput(self) -> str:
        """Let what stands in for the database refuse what the database would for want of capacity.

        Returns:
            What is imitated, in words; "" where nothing is, or the database does it itself.
        """
        ...

    def fork(self) -> Adapter:
        """Return an adapter of the same database, for another thread."""
        ...

    def splits(self, container: str, most: int) -> Sequence[Any]:
        """Return shares of a container for several readers, as plain JSON data; at most so many.

        Each is given to `scan` as its `split`; every record is in exactly one, in this order.
        """
        ...

    def scan(
        self, container: str, *, split: Any = None, after: Any = None
    ) -> Iterator[tuple[Any, Sequence[Mapping[str, Any]]]]:
        """Yield pages of stored records, each with the position to resume after it.

        Args:
            container: table or collection.
            split: one of `splits`, to read that share only.
            after: the position behind what was read.
        """
        ...

    def follow_from(self, containers: Sequence[str]) -> str:
        """Return the position of now, to be taken before a scan; changes are kept from then on.

        Raises:
            UnsupportedError: this source cannot be followed; the message says why.
        """
        ...

    def changes(self, containers: Sequence[str], after: str) -> Iterator[ChangeRecord]:
        """Yield the changes since a position, in the order per key, until none is left.

        Raises:
            UnsupportedError: this source cannot be followed; the message says why.
            EngineError: changes since then are no longer kept; the copy has to begin again.
        """
        ...

    def stop_following(self, position: str) -> None:
        """Give back what the source keeps for a follower."""
        ...

    def destroy(self, names: Sequence[str], say: Progress) -> None:
        """Delete containers with all they hold, and wait until they are gone."""
        ...

    def examine(
        self, evaluation: Evaluation, observations: Observations, rates: Rates
    ) -> Examination:
        """Return what is wrong with the database as it runs, by its own statistics.

        Args:
            evaluation: of the design at the number of users it is compared with.
            observations: what a monitoring service says.
            rates: prices, for what a fix would save.

        Raises:
            EngineError: it refused or went away.
        """
        ...

    def backups(self) -> Backups | None:
        """Return the backups that the database or its vendor's program makes; None if neither."""
        ...

    def scratch(self, label: str) -> Scratch:
        """Return an empty place on the same server; it exists until it is removed.

        Raises:
            EngineError: the user may not make one.
        """
        ...

    def consumed(self) -> tuple[Consumption, ...]:
        """Return what was consumed since it was opened; empty where requests are not charged."""
        ...

    def close(self) -> None:
        """Give back connections, processes and files."""
        ...
