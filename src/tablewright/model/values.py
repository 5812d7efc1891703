"""The values of a model: what an application stores, how it asks for it and how often.

Everything here is frozen and holds tuples. It knows nothing of files, databases or prices. Counts
and rates scale with the number of users; `Model` answers how many there are at a given scale.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from decimal import Decimal
from functools import cached_property
from typing import Any

from tablewright.capacity.units import Consistency
from tablewright.core.diagnostics import Span
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE, SECONDS_PER_DAY, ZERO


class Kind(enum.Enum):
    """The type of an attribute; each has one generator and one form on every engine."""

    UUID = "uuid"
    ULID = "ulid"
    ID = "id"
    EMAIL = "email"
    USERNAME = "username"
    PHONE = "phone"
    NAME = "name"
    TEXT = "text"
    URL = "url"
    TOKEN = "token"
    DIGITS = "digits"
    ENUM = "enum"
    COUNTRY = "country"
    TIMESTAMP = "timestamp"
    DATE = "date"
    EPOCH = "epoch"
    INT = "int"
    DECIMAL = "decimal"
    MONEY = "money"
    COUNTER = "counter"
    BOOL = "bool"
    BINARY = "binary"
    GEO = "geo"
    MAP = "map"
    LIST = "list"
    SET = "set"
    REF = "ref"
    VECTOR = "vector"

    @property
    def is_number(self) -> bool:
        """Whether it is stored as a number."""
        return self in _NUMBERS

    @property
    def is_container(self) -> bool:
        """Whether it holds other values, and so can be no key."""
        return self in (Kind.MAP, Kind.LIST, Kind.SET, Kind.GEO, Kind.VECTOR)


_NUMBERS = frozenset(
    {Kind.EPOCH, Kind.INT, Kind.DECIMAL, Kind.MONEY, Kind.COUNTER},
)


@frozen
class Spread:
    """How a quantity is distributed: bytes of a text, elements of a list, children of a parent.

    `shape` is fixed, uniform, normal, lognormal, geometric or poisson. What is not given is None.
    """

    mean: Decimal
    shape: str = "fixed"
    low: Decimal | None = None
    high: Decimal | None = None
    p99: Decimal | None = None
    deviation: Decimal | None = None


@frozen
class Attribute:
    """One attribute of an entity (or one field of a map, or the element of a list or set)."""

    name: str
    kind: Kind
    bytes: Spread | None = None
    """Size of the value where the kind leaves it open (text, token, map, list, binary …)."""
    values: tuple[tuple[str, Decimal], ...] = ()
    """Values and shares of an enum, adding up to one."""
    low: Decimal | None = None
    high: Decimal | None = None
    places: int = 2
    fields: tuple[Attribute, ...] = ()
    """Fields of a map, where they are spelled out."""
    element: Attribute | None = None
    elements: Spread | None = None
    """Element type and number of elements of a list or set, where spelled out."""
    to: str | None = None
    """The entity a `ref` points to."""
    other: bool = False
    """Of a `ref` to the kind of an ancestor: it points to another instance than that ancestor."""
    enforced: bool = True
    """Of a `ref`: whether a database may insist that the instance exists."""
    presence: Decimal = ONE
    """Share of the instances that have the attribute."""
    distinct: Decimal | None = None
    """Number of distinct values, where it is less than the number of instances."""
    distinct_per_user: bool = False
    """Whether that is the number for each user."""
    skew: Decimal | None = None
    """Zipf exponent of the values' popularity; None means the default (0.8 for refs)."""
    top_share: Decimal | None = None
    unique: bool = False
    unique_elsewhere: bool = False
    """Another system, which gives its values out, keeps them unique: no guard is needed here."""
    sensitive: bool = False
    dimensions: int | None = None
    """Components of a vector."""
    metric: str = "cosine"
    """How vectors are compared: cosine, euclidean or dot_product."""
    digits: int = 8
    """Significant digits of each component as it is written."""
    role: str | None = None
    """counter, money, stock, status, time, geo, id, login …; what rules ask about."""
    immutable: bool = False
    compressible: Decimal | None = None
    """Bytes after gzip over bytes before, where known."""
    after: str = ""
    """Of a time: another time of the same instance that it never precedes."""
    copy_of: str = ""
    """It repeats an attribute of the instance a ref or the parent's key names: `author_id.name`."""
    present_with: str = ""
    """Another optional attribute: an instance has both or none."""
    like: str = ""
    """The first value of a sequence, such as `col-001`; the next is `col-002`."""
    examples: tuple[str, ...] = ()
    """The values a text takes."""
    content: str = field(default="", hash=False)
    """What a text or a name is about, such as product or address."""
    equals: str = field(default="", hash=False)
    """What it is worked out from, such as `tokens * 0.00003`: an expression of its siblings."""
    generated: bool = False
    """The reader added it: the key of the parent entity."""
    title: str = ""

    def values_at(self, users: int) -> Decimal | None:
        """Return how many distinct values the model states at a number of users; None: nothing."""
        if self.distinct is None or not self.distinct_per_user:
            return self.distinct
        return self.distinct * users


@frozen
class Count:
    """How many instances there are, and what drives the number.

    `per` is "user", "parent" or "total". Where `inflow_per_day` is given the number is inflow times
    the age of the data (retention, or else the model's horizon), per the same driver.
    """

    mean: Decimal = ONE
    per: str = "user"
    spread: Spread | None = None
    inflow_per_day: Decimal | None = None
    bounded: bool = True

    @property
    def is_fixed(self) -> bool:
        """Whether the number is the same however many users there are, and however old the data."""
        return self.per == "total" and self.inflow_per_day is None


@frozen(slots=False)
class Entity:
    """One kind of thing the application stores."""

    name: str
    key: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    parent: str | None = None
    count: Count = field(default_factory=Count)
    retention_days: Decimal | None = None
    durable: bool = True
    append_only: bool = False
    identity: tuple[str, ...] = ()
    """Attributes that tell one instance from another; the key unless given."""
    title: str = ""
    span: Span | None = None

    @property
    def expiry(self) -> str:
        """The attribute that says when an instance may go, "" if there is none."""
        if self.retention_days is None:
            return ""
        epochs = [a.name for a in self.attributes if a.kind is Kind.EPOCH]
        return next((n for n in epochs if re.search("expir|ttl|delete", n, re.IGNORECASE)), "")

    def attribute(self, name: str) -> Attribute:
        """Return the attribute of that name.

        Raises:
            KeyError: there is none.
        """
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Attribute]:
        """The attributes; of two with the same name the first."""
        return {attribute.name: attribute for attribute in self.attributes[::-1]}

    def find(self, path: str) -> Attribute | None:
        """Return the attribute a path leads to, such as `address.city`; None if there is none.

        Inside a map whose fields are not spelled out every path leads to the map itself.
        """
        base, _, rest = path.partition(".")
        if not self.has(base):
            return None
        attribute = self.attribute(base)
        for name in rest.split(".") if rest else ():
            if not attribute.fields:
                return attribute if attribute.kind.is_container else None
            inner = next((field for field in attribute.fields if field.name == name), None)
            if inner is None:
                return None
            attribute = inner
        return attribute

    def has(self, name: str) -> bool:
        """Whether there is an attribute of that name."""
        return name in self._by_name

    def comes_with(self, name: str) -> str:
        """Return the attribute that decides whether one is present: of those that are together."""
        seen = {name}
        while (first := self.attribute(name).present_with) and first not in seen:
            seen.add(first)
            name = first
        return min(seen) if first else name  # in a circle none is the first

    def presence_of(self, names: Iterable[str], among: Iterable[str] = ()) -> Decimal:
        """Return the share of instances that have all of some attributes.

        Those that are present together are there or not at once, the others independently.

        Args:
            names: the attributes.
            among: counted are only instances that have these.
        """
        there = {self.comes_with(name) for name in among}
        share = ONE
        for name in {self.comes_with(name): name for name in names if self.has(name)}.values():
            if self.comes_with(name) not in there:
                share *= self.attribute(name).presence
        return share

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its attributes, in the order of the file."""
        return tuple(attribute.name for attribute in self.attributes)


@frozen
class Rate:
    """How often something happens: a day, for each user, instance of an entity, or in all."""

    per_day: Decimal
    per: str = "user"
    """"user", "total", or the name of an entity."""


class Verb(enum.Enum):
    """What an access pattern does."""

    GET = "get"
    LIST = "list"
    PUT = "put"
    UPDATE = "update"
    DELETE = "delete"
    CHECK = "check"
    """Only inside a transaction: a condition on an item that is not written."""
    TRANSACT = "transact"
    AGGREGATE = "aggregate"
    NEAR = "near"
    SEARCH = "search"
    SIMILAR = "similar"
    SCAN = "scan"
    READ = "read"
    """Gets and lists of several kinds of instances, asked for at once."""

    @property
    def is_write(self) -> bool:
        """Whether it changes data."""
        return self in (Verb.PUT, Verb.UPDATE, Verb.DELETE, Verb.TRANSACT)


@frozen
class Condition:
    """A condition on one attribute.

    `operator` is eq, ne, in, between, lt, le, gt, ge, begins_with, contains (of a text, list or
    set), size (at least so long or so many), exists or absent.

    `value` is the fixed value, None when the caller supplies it. `share` is the share of the
    entries that meet it, None when it follows from the attribute's distinct values.
    """

    attribute: str
    operator: str = "eq"
    value: str | None = None
    values: tuple[str, ...] = ()
    """The fixed values of `in`."""
    share: Decimal | None = None
    other: str = ""
    """Of a write's condition: another attribute of the instance that it is compared with."""


@frozen
class Pattern:
    """One access pattern: what is asked, by what, in which order, how often."""

    name: str
    verb: Verb
    entity: str
    """The entity asked for; of a transaction or a `read`, that of its first part."""
    rate: Rate
    id: str = ""
    """A short label, such as S1."""
    title: str = ""
    where: tuple[Condition, ...] = ()
    """What selects the instances: the keys of `by`, and the conditions of `where`."""
    sort: tuple[tuple[str, bool], ...] = ()
    """Attributes in order of importance, True for descending."""
    limit: int | None = None
    """Instances gone through: those wanted, and before them those skipped."""
    skip: int = 0
    """Of those, how many are passed over because the application pages by offset."""
    select: tuple[str, ...] | None = None
    """Attributes wanted back; None for all of them."""
    matched: Decimal | None = None
    """Entries that meet the conditions, where the model states it."""
    complete: bool = False
    """The caller needs every match (all pages), not just the first page."""
    batch: int = 1
    """Instances per call: keys of a batch get, items of a batch put."""
    sets: tuple[str, ...] = ()
    set_values: tuple[tuple[str, str], ...] = ()
    """Of those, the ones set to a fixed value."""
    increments: tuple[str, ...] = ()
    appends: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()
    changes: tuple[tuple[str, Decimal], ...] = ()
    """Share of the updates in which the attribute really gets another value; 1 unless given."""
    condition: str = ""
    """The condition of a write in words; "absent" for a put that must not replace."""
    condition_on: tuple[str, ...] = ()
    condition_tests: tuple[Condition, ...] = ()
    """The condition of a write as comparisons, where the file states them. An attribute of
    `condition_on` that is in none of them has the value that the caller expects."""
    initial: tuple[tuple[str, str], ...] = ()
    """What a put begins with: fixed values."""
    computed: tuple[tuple[str, str], ...] = ()
    """What is worked out when it is written: `now`, `now + 90d`, or an id that is `generated`."""
    amounts: tuple[tuple[str, Decimal], ...] = ()
    """By how much an increment counts, where the file says it; else the caller may, or by 1."""
    fails: Decimal = ZERO
    """Share of the calls whose condition fails."""
    hit: Decimal = ONE
    """Share of the reads that find something."""
    ignore_case: tuple[str, ...] = ()
    """Attributes of `where` that are compared case-insensitively."""
    known: tuple[str, ...] = ()
    """What else the caller holds (from a token, a URL) beside the values of `where`."""
    parts: tuple[Pattern, ...] = ()
    """Of a transaction its writes, of a `read` its gets and lists."""
    consistency: Consistency = Consistency.EVENTUAL
    peak: Decimal = ONE
    """Peak rate over mean rate."""
    latency_p99_ms: Decimal | None = None
    staleness_ms: Decimal | None = None
    purpose: str = "online"
    """online, batch, report or search."""
    group: str = ""
    """The user operation it belongs to."""
    scope: str = ""
    """The tenant or owner attribute that must bound it."""
    atomic: bool = True
    """False: the application reads, changes in memory and writes back."""
    window_s: Decimal | None = None
    radius_km: Decimal | None = None
    to: str = ""
    """The vector attribute that a search for similar ones compares with the caller's vector."""
    recall: Decimal | None = None
    """The share of the nearest that such a search must return at the least."""
    exact: bool = False
    """The search must return the nearest, and not most of them."""
    hot_share: Decimal | None = None
    """Share of the calls that go to the most popular key."""
    note: str = ""
    span: Span | None = None

    @property
    def touched(self) -> tuple[str, ...]:
        """The attributes an update writes."""
        return tuple(dict.fromkeys((*self.sets, *self.increments, *self.appends, *self.removes)))

    def amount(self, name: str) -> Decimal:
        """Return by how much an attribute is counted up, unless the caller says otherwise."""
        return dict(self.amounts).get(name, ONE)

    @property
    def expected(self) -> tuple[str, ...]:
        """The attributes that must have the value the caller expects, by the condition."""
        compared = {name for test in self.condition_tests for name in (test.attribute, test.other)}
        return tuple(name for name in self.condition_on if name not in compared)

    @property
    def equalities(self) -> tuple[str, ...]:
        """The attributes bound to one value."""
        return tuple(c.attribute for c in self.where if c.operator == "eq")


class BudgetScope(enum.Enum):
    """What a budget is for: the database alone, or everything that is deployed."""

    DATABASE = "database"
    DEPLOYMENT = "deployment"


@frozen
class Targets:
    """What the team wants to reach."""

    monthly_cost: tuple[tuple[int, Decimal], ...] = ()
    """Users and USD a month."""
    monthly_cost_of: BudgetScope = BudgetScope.DATABASE
    """What the budgets are for."""
    latency_p99_ms: Decimal | None = None
    availability: Decimal | None = None
    grade: str | None = None


class NeedLevel(enum.Enum):
    """How much something is needed."""

    REQUIRED = "required"
    PREFERRED = "preferred"
    NO = "no"


@frozen
class Need:
    """What the application asks of a database, how much and why."""

    name: str
    level: NeedLevel
    why: str = ""

    @property
    def is_required(self) -> bool:
        """Whether what cannot do it is ruled out."""
        return self.level is NeedLevel.REQUIRED

    @property
    def is_wanted(self) -> bool:
        """Whether it is required or preferred."""
        return self.level is not NeedLevel.NO

    @property
    def text(self) -> str:
        """Level and reason as people read them."""
        return f"{self.level.value}: {self.why}" if self.why else self.level.value


@frozen
class Claim:
    """What somebody claimed, to be compared with the computed figure.

    `about` names what is computed: monthly_cost, reads_cost, writes_cost, storage_cost,
    reads_per_month, writes_per_month, rru_per_month, wru_per_month, storage_bytes, table_bytes,
    index_bytes, cost_per_user, saving_share, grade, pitr_cost; or "fact" where `answer` is the
    verdict in words because nothing of the workload decides it.
    """

    id: str
    says: str
    about: str
    design: str = ""
    other: str = ""
    """The second design of a saving."""
    table: str = ""
    users: int | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    """The claimed figure, or its band."""
    region: str = ""
    prices_as_of: str = ""
    answer: str = ""
    verdict: str = ""
    """Of a fact: holds, does not hold, unclear."""
    span: Span | None = None


@frozen
class Assumption:
    """What the file marks as assumed: a figure, a type or a key. `path` leads to it."""

    path: tuple[str, ...]
    text: str
    span: Span

    @property
    def is_figure(self) -> bool:
        """Whether it says how much or how many, so that half and twice of it mean something."""
        return any(character.isdigit() for character in self.text)

    @property
    def name(self) -> str:
        """The path as people write it."""
        return ".".join(self.path)


@frozen
class Acceptance:
    """A finding the team accepts, and why."""

    rule: str
    subject: str
    reason: str
    span: Span | None = None


@frozen
class Reviews:
    """When the model was last reviewed, and when it is to be reviewed again."""

    last: str = ""
    """YYYY-MM-DD; empty where it is not said."""
    due: str = ""
    at_users: int | None = None
    """The number of users at which it is due, if that comes first."""


@frozen(slots=False)
class Model:
    """A whole application: entities, access patterns, scales, targets, claims."""

    app: str
    region: str
    scales: tuple[int, ...]
    entities: tuple[Entity, ...]
    patterns: tuple[Pattern, ...]
    title: str = ""
    country: str = ""
    """Where its users live, as two letters: what sampled telephone numbers and towns look like."""
    seed: int = 1
    prices_as_of: str = ""
    horizon_days: Decimal = Decimal(365)
    """Age of data that nothing removes."""
    daily_load: tuple[Decimal, ...] = ()
    """Relative load of the 24 hours of a day; empty for flat."""
    growth_per_month: Decimal = ZERO
    targets: Targets = field(default_factory=Targets)
    reviews: Reviews | None = None
    needs: tuple[Need, ...] = ()
    claims: tuple[Claim, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    accepted: tuple[Acceptance, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    """Whatever planner and comparison take from the file (preferences, weights), as plain text."""
    architectures: Mapping[str, Any] = field(default_factory=dict)
    """Deployment options of the user's own, as written; `compare` reads them."""
    deployment: Mapping[str, Any] = field(default_factory=dict)
    """What the program needs where it is deployed, as written; `deploy` reads it."""

    @cached_property
    def _entities_by_name(self) -> dict[str, Entity]:
        return {entity.name: entity for entity in self.entities}

    @cached_property
    def _patterns_by_name(self) -> dict[str, Pattern]:
        return {pattern.name: pattern for pattern in self.patterns}

    def entity(self, name: str) -> Entity:
        """Return an entity by name (KeyError if there is none)."""
        return self._entities_by_name[name]

    def pattern(self, name: str) -> Pattern:
        """Return a pattern by name (KeyError if there is none)."""
        return self._patterns_by_name[name]

    def children_of(self, name: str) -> tuple[Entity, ...]:
        """Return the entities whose parent it is."""
        return tuple(entity for entity in self.entities if entity.parent == name)

    def age_days(self, entity: Entity) -> Decimal:
        """Return how many days of inflow are kept."""
        if entity.retention_days is None:
            return self.horizon_days
        return min(entity.retention_days, self.horizon_days)

    def per_driver(self, entity: Entity) -> Decimal:
        """Return how many instances there are for each user, parent or in total (its driver)."""
        count = entity.count
        if count.inflow_per_day is not None:
            return count.inflow_per_day * self.age_days(entity)
        return count.mean

    def instances(self, name: str, users: int) -> Decimal:
        """Return how many instances of an entity there are at this scale (a mean, not rounded)."""
        entity = self.entity(name)
        amount = self.per_driver(entity)
        if entity.count.per == "total":
            return amount
        if entity.count.per == "parent" and entity.parent is not None:
            return amount * self.instances(entity.parent, users)
        return amount * users

    def calls_per_day(self, pattern: Pattern, users: int) -> Decimal:
        """Return how often a pattern is called a day at this scale."""
        rate = pattern.rate
        if rate.per == "total":
            return rate.per_day
        if rate.per == "user":
            return rate.per_day * users
        return rate.per_day * self.instances(rate.per, users)

    def calls_per_second(self, pattern: Pattern, users: int) -> Decimal:
        """Return the mean rate of a pattern at this scale, per second."""
        return self.calls_per_day(pattern, users) / SECONDS_PER_DAY

    def latency_target_ms(self, pattern: Pattern) -> Decimal | None:
        """Return the 99th percentile a pattern must keep, in milliseconds, if it has to.

        Its own target, or else the model's where people wait for it.
        """
        if pattern.latency_p99_ms is not None:
            return pattern.latency_p99_ms
        return self.targets.latency_p99_ms if pattern.purpose == "online" else None

    def need(self, name: str) -> Need:
        """Return a need; what the file does not mention is not needed."""
        for need in self.needs:
            if need.name == name:
                return need
        return Need(name=name, level=NeedLevel.NO)

    @property
    def required_needs(self) -> frozenset[str]:
        """The names of what is required."""
        return frozenset(need.name for need in self.needs if need.is_required)
