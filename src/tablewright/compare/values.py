"""What a comparison is made of: offerings, architectures, their parts, and what was found.

Frozen values only. Money is USD a month, availability per cent, quantities in the unit of the
price they are multiplied with.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.bill.bill import Line
from tablewright.compare.migration_cost import Move
from tablewright.compare.protocol import RangeEnd, Tier
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.model.values import BudgetScope

FREE_KINDS = ("always", "12-month", "credit")
"""Kinds of free tier: of every account, of accounts opened before 15 July 2025, of new accounts."""


@frozen
class Free:
    """What a provider gives without charge each month; `quantity` is an expression."""

    kind: str
    quantity: str
    source: str


@frozen
class Component:
    """One part that is paid for, or that a request passes; quantities are expressions.

    `region` is where the price is looked up, empty for the model's. A part without a price is
    there for availability only. `zones` of 0 means that the provider spreads it over zones.
    """

    name: str
    title: str
    price: str = ""
    region: str = ""
    quantity: str = "0"
    free: tuple[Free, ...] = ()
    serial: bool = False
    """Every request needs it."""
    zones: int = 0
    sla: str = ""
    """The fact of the price book that promises its availability; "none" if nothing is promised."""
    optional: bool = False
    """Named beside the total, not in it."""
    database: bool = False
    """Stands for the database line where no design of that engine was evaluated."""
    serves: tuple[str, ...] = ()
    """Access patterns that it serves beside the database, such as a search service."""
    note: str = ""


@frozen
class ScaleLimit:
    """Something that ends: `most` of a figure of the workload, which grows with the users."""

    what: str
    of: str
    most: str
    source: str


@frozen
class Variant:
    """A cheaper form of an option: parts in the place of others, and what that gives up."""

    name: str
    title: str
    instead_of: tuple[str, ...]
    """Names of the components it replaces."""
    components: tuple[Component, ...]
    gives_up: str = ""


@frozen
class Architecture:
    """A deployment option of an application, as data."""

    name: str
    title: str
    components: tuple[Component, ...]
    apps: tuple[str, ...] = ()
    """Applications it was drawn up for; empty for any."""
    engine: str = ""
    """The engine whose best design is the database line; empty where components say it all."""
    servers: tuple[str, ...] = ()
    """The offers of the engine it may run on, each a name or, with a * at its end, a beginning."""
    offering: str = ""
    """The offering of `properties.yaml` its requirements are compared with."""
    stated: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    """What the description of the application states, USD a month."""
    rating: str = ""
    """A score the description gives, such as 7/10."""
    let: tuple[tuple[str, str], ...] = ()
    limits: tuple[ScaleLimit, ...] = ()
    operations: tuple[str, ...] = ()
    operation_hours: tuple[tuple[str, Decimal], ...] = ()
    """Hours a month of the tasks that state their own."""
    switch: str = ""
    """What moving to it takes."""
    note: str = ""
    best_for: str = ""
    pros: tuple[str, ...] = ()
    cons: tuple[str, ...] = ()
    scaling: str = ""
    """How it grows, and by whom."""
    variants: tuple[Variant, ...] = ()
    meets: tuple[tuple[str, str], ...] = ()
    """Needs of the model that a service beside the database meets, each with its name."""

    def serves(self, patterns: tuple[str, ...]) -> bool:
        """Whether a part of it serves access patterns that its database cannot."""
        beside = {name for part in self.components for name in part.serves}
        return set(patterns) <= beside


@frozen
class SupportingService:
    """What stands beside a database for access patterns that it cannot serve, as data."""

    name: str
    title: str
    engines: tuple[str, ...]
    """Those it stands beside."""
    verbs: tuple[str, ...]
    """The kinds of access patterns that it serves."""
    meets: tuple[str, ...]
    """Needs of a model that it meets."""
    components: tuple[Component, ...]
    operations: tuple[str, ...]


@frozen
class Priced:
    """One architecture at one number of users."""

    users: int
    lines: tuple[Line, ...]
    optional: tuple[Line, ...] = ()
    always_free: Decimal = ZERO
    """What the always-free offers take off, USD a month."""
    year_free: Decimal = ZERO
    """What the offers of twelve months take off besides, for accounts that have them."""
    needs: tuple[str, ...] = ()
    """Prices that are not known: the architecture is then not priced."""
    elsewhere: tuple[Line, ...] = ()
    """Of the lines those at the price of a neighbouring region, their own not being known."""
    database_elsewhere: bool = False
    """Whether those of the database are among them."""
    offer: str = ""
    """Vendor and tier of the database, where it is a server."""
    bound_by: str = ""
    """The resource of the tier that is used most, needed and available, in words."""
    light: Decimal | None = None
    """USD a month with every constant of the sizing at its light end; None where none matters."""
    heavy: Decimal | None = None
    ends: tuple[RangeEnd, ...] = ()
    """The offers of the database at the light and at the heavy end, where they are others."""
    database_usd: Decimal | None = None
    """What of the total is the database; None where no design is evaluated for it."""

    @property
    def is_priced(self) -> bool:
        """Whether every price is known."""
        return not self.needs

    @property
    def list_total(self) -> Decimal:
        """USD a month without any free tier."""
        return sum((line.amount for line in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        """USD a month with what is always free taken off."""
        return self.list_total - self.always_free

    def spent(self, scope: BudgetScope) -> Decimal:
        """Return USD a month that count for a budget: all, if the database is not told apart."""
        if scope is BudgetScope.DEPLOYMENT or self.database_usd is None:
            return self.total
        return self.database_usd

    @property
    def first_year(self) -> Decimal:
        """USD a month with the offers of twelve months taken off too."""
        return self.total - self.year_free


@frozen
class Cell:
    """What an offering says of one property: yes, no, partly or a figure, with its source."""

    value: str
    note: str = ""
    source: str = ""
    as_of: str = ""
    read: bool = True
    """False: recalled from the vendor's manual and not read again."""
    by: str = ""
    """Of partly: the work or setting that makes it whole, with what it is then like."""
    hours: Decimal = ZERO
    """Of that work, a month."""


@frozen
class Offering:
    """An engine as one vendor offers it."""

    name: str
    title: str
    engine: str
    is_main: bool = False
    """Whether it is meant where one of its engine is spoken of by itself."""
    cells: tuple[tuple[str, Cell], ...]
    points: tuple[tuple[str, str], ...] = ()
    """What is said of it beyond properties, by what it is about: scaling, latency and so on."""

    def cell(self, name: str) -> Cell | None:
        """Return a property, None where nothing is known."""
        return dict(self.cells).get(name)


@frozen
class Requirement:
    """One need or target compared with an offering. `result` is met, missed, partly or unknown."""

    need: str
    wanted: str
    is_required: bool
    """Whether it is a need that the model requires; targets are judged by themselves."""
    hard: bool
    result: str
    cell: Cell | None = None

    @property
    def excludes(self) -> bool:
        """Whether this alone rules the offering out."""
        return self.hard and self.result == "missed"


@frozen
class OfferingResult:
    """An offering and every requirement compared with it."""

    offering: Offering
    requirements: tuple[Requirement, ...]

    @property
    def is_excluded(self) -> bool:
        """Whether a hard requirement is missed."""
        return any(requirement.excludes for requirement in self.requirements)


@frozen
class Availability:
    """Per cent a month promised for a request, as far as known; parts whose promise is not."""

    percent: Decimal
    unknown: tuple[str, ...] = ()
    """Parts whose promise is not known."""
    unpromised: tuple[str, ...] = ()
    """Parts of which the vendor promises nothing."""
    single_points: tuple[str, ...] = ()


@frozen
class LimitReached:
    """The users at which a limit is met."""

    what: str
    users: int
    source: str


@frozen
class ArchitectureResult:
    """An architecture at every scale, with what can fail and what ends."""

    architecture: Architecture
    prices: tuple[Priced, ...]
    availability: Availability
    reaches: tuple[LimitReached, ...] = ()
    excluded: tuple[str, ...] = ()
    """Why it is ruled out, empty if it is not."""
    scores: tuple[tuple[str, Decimal], ...] = ()
    score: Decimal | None = None

    def at(self, users: int) -> Priced:
        """Return its price at a scale (KeyError if there is none)."""
        for price in self.prices:
            if price.users == users:
                return price
        raise KeyError(users)

    @property
    def is_priced(self) -> bool:
        """Whether it is priced at every scale."""
        return all(price.is_priced for price in self.prices)


@frozen
class EngineCost:
    """What the designs of one engine cost at one scale, the cheapest first."""

    engine: str
    users: int
    design: str
    usd: Decimal | None
    """USD a month; None where nobody can say."""
    why: str = ""
    """Why nobody can."""
    offer: str = ""
    """The tier or instance, of an engine that runs on servers."""
    light: Decimal | None = None
    heavy: Decimal | None = None
    """With every constant of the sizing at the end of its range."""
    ends: tuple[RangeEnd, ...] = ()
    """The offers at the light and at the heavy end, where they are others."""
    misses: tuple[str, ...] = ()
    """Hard needs that the offer does not meet, where none that holds the load meets all."""
    bound_by: str = ""
    """The resource of the offer that is used most, needed and available, in words."""
    others: tuple[tuple[str, Decimal | None], ...] = ()
    unserved: tuple[str, ...] = ()
    """Access patterns the design cannot serve."""
    sized_by: str = ""
    """Where and when it was measured what a server takes; "" where nothing was, or none is."""


@frozen
class EngineTiers:
    """The tiers of an engine matched with the load of its best design, at one scale."""

    engine: str
    design: str
    tiers: tuple[Tier, ...]
    memory: str = ""
    """Whether hot pages have to be in memory, and why."""


@frozen
class Phase:
    """The option to run from a number of users on, and what moving to it costs."""

    users: int
    name: str
    usd: Decimal
    before_usd: Decimal = ZERO
    """What the option before costs there, USD a month."""
    why: str = ""
    """Why it begins here."""
    switch: str = ""
    work_hours: Decimal = ZERO
    """Of setting it up and of rewriting what exists."""
    work_usd: Decimal = ZERO
    payback_months: Decimal | None = None
    """Months in which the switch is earned back; None where it saves nothing."""
    months: Decimal = ZERO
    """How long it lasts."""
    alone_usd: Decimal | None = None
    """Of the first: USD of owning it for the whole horizon, whether it may stay or not."""
    bills_usd: Decimal = ZERO
    """What is billed in that time."""
    running_usd: Decimal = ZERO
    """What the hours of running it cost in that time."""
    days: Decimal = ZERO
    """For how long both run."""
    overlap_usd: Decimal = ZERO
    """What the old option costs in that time."""
    move: Move | None = None
    """What moving the data is charged; None where its place is not known."""

    @property
    def switch_usd(self) -> Decimal:
        """USD of the switch as far as it is priced: work, both running, and the data moved."""
        return self.work_usd + self.overlap_usd + (self.move.usd if self.move else ZERO)


@frozen
class Flip:
    """Where the order of two options turns: at these users `above` becomes the cheaper one."""

    users: int
    below: str
    above: str


@frozen
class WeakPrices:
    """What of an option's bill is at prices that are not the vendor's word or are old."""

    option: str
    usd: Decimal
    """USD a month at the reviewed scale."""
    share: Decimal
    """Of the bill."""
    parts: tuple[str, ...]
    """What is charged at them."""
    reasons: tuple[str, ...]
    """Why they are weak."""


@frozen
class Check:
    """A figure of a claim beside the computed one."""

    claim: str
    what: str
    low: Decimal | None
    """None: the claim states no such figure."""
    high: Decimal | None
    """None: at least `low`."""
    computed: Decimal | None
    verdict: str
    how: str
    note: str = ""
    decides: bool = True
    """Whether the claim holds only if this figure does; else it stands beside."""
    said: str = ""
    """The verdict on the whole claim as the model file has it; empty where it is computed."""
    whole: str = ""
    """The verdict on the whole claim: of the figures that decide it, or else of the file."""
