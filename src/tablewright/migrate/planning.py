"""What a migration takes, before anything is read: steps, bytes, duration, price of each way.

In: evaluations of both designs over the population, codecs, rates, a speed. Out: a `MigrationPlan`.
Pure. A price that the book does not know makes its way "not priced", with the reason; it never
makes it free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from tablewright.bill.rates import Rates
from tablewright.core.errors import PriceUnknownError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.design.migrations import MigrationChoices
from tablewright.evaluation.doors import Codec, RecordKind
from tablewright.evaluation.values import Evaluation
from tablewright.migrate.loading import IMPORT, Way, stored, ways_to_load
from tablewright.migrate.phases import PlanPhase, PlanStep, phases_of

DAYS_OF_A_MONTH = Decimal(730) / 24
READ_UNIT_BYTES = 4096
SECONDS_PER_DAY = 86_400


@frozen
class WriteLoad:
    """The records of one kind that are written."""

    kind: RecordKind
    records: Decimal
    units: Decimal | None
    """Write units each takes; None where writes are not charged by the unit."""


@frozen
class MigrationPlan:
    """Everything that is known before a migration begins."""

    source: str
    target: str
    users: int
    records_read: Decimal
    bytes_read: Decimal
    loads: tuple[WriteLoad, ...]
    ways: tuple[Way, ...]
    chosen: Way
    read_usd: Decimal | None
    overlap_days: Decimal
    overlap_usd: Decimal
    seconds: Decimal
    units_per_second: Decimal
    source_units_per_second: Decimal
    """Read units a second that copying consumes on the source, on top of its own load."""
    steps: tuple[str, ...]
    phases: tuple[PlanPhase, ...]
    """The steps beside the calendar of the file, or grouped as they depend on each other."""
    holds: tuple[tuple[str, int], ...]
    """Entities, and how many instances of each the file says that the source holds now."""
    blockers: tuple[str, ...]
    way_back: str

    @property
    def records_written(self) -> Decimal:
        """Records of the target in all."""
        return sum((load.records for load in self.loads), ZERO)

    @property
    def weeks(self) -> int | None:
        """The last week of the calendar; None where the file states none."""
        return max((phase.weeks[1] for phase in self.phases if phase.weeks), default=None)

    @property
    def usd(self) -> Decimal | None:
        """USD of the whole move; None where a part is not priced."""
        if self.chosen.usd is None or self.read_usd is None:
            return None
        return self.chosen.usd + self.read_usd + self.overlap_usd


def plan_migration(
    source: Evaluation,
    target: Evaluation,
    codecs: tuple[Codec, Codec],
    rates: Rates,
    *,
    units_of: Callable[[RecordKind], Decimal | None],
    count_of: Callable[[str], int],
    records_per_second: Decimal,
    overlap_days: Decimal,
    can_follow: bool,
    stated: MigrationChoices,
    reads_are_charged: bool = True,
    is_target_new: bool = True,
) -> MigrationPlan:
    """Return what moving the data of one design to another takes.

    Args:
        source: of the design that is left, over the population.
        target: of the design that is moved to.
        codecs: of the source, of the target.
        rates: prices of units in the target's region.
        units_of: write units one record of a kind takes; None where writes are not charged.
        count_of: how many instances an entity has.
        records_per_second: how fast records are written.
        overlap_days: how long both databases run.
        can_follow: whether changes of the source can be followed while it is copied.
        stated: what the model file says of this migration: files, phases, what the source holds.
        reads_are_charged: whether reading the source is charged by the unit.
        is_target_new: whether the target's tables do not exist yet.
    """
    loads = tuple(
        WriteLoad(
            kind=kind,
            records=Decimal(count_of(kind.entity) * kind.copies),
            units=units_of(kind),
        )
        for kind in codecs[1].kinds
    )
    records_read = stored(source)[0]
    bytes_read = stored(source)[1]
    seconds = sum((load.records for load in loads), ZERO) / records_per_second
    # eventually consistent: half a unit for 4 KB
    reads = bytes_read / READ_UNIT_BYTES / 2 if reads_are_charged else ZERO
    charged = _charged_units(loads)
    ways = ways_to_load(charged, stored(target)[1], rates, is_target_new=is_target_new)
    steps = tuple(
        _steps(
            source,
            target,
            can_follow=can_follow,
            files=stated.files.folder if stated.files is not None else "",
            read_seconds=records_read / records_per_second,
            write_seconds=seconds,
            overlap_days=overlap_days,
        )
    )
    return MigrationPlan(
        source=source.design.name,
        target=target.design.name,
        users=target.users,
        records_read=records_read,
        bytes_read=bytes_read,
        loads=loads,
        ways=ways,
        chosen=_cheapest(ways),
        read_usd=_read_usd(reads, rates),
        overlap_days=overlap_days,
        overlap_usd=(source.bill.total + target.bill.total) * overlap_days / DAYS_OF_A_MONTH,
        seconds=seconds,
        units_per_second=_units_a_second(loads, seconds),
        source_units_per_second=reads / seconds if seconds else ZERO,
        steps=tuple(step.text for step in steps),
        phases=phases_of(steps, stated.phases),
        holds=stated.holds,
        blockers=tuple(_blockers(source, target, codecs)),
        way_back=_way_back(source.design.name, can_follow=can_follow),
    )


def _charged_units(loads: Sequence[WriteLoad]) -> Decimal | None:
    """Return the write units of all records; None where no write is charged by the unit."""
    charged = [load.records * load.units for load in loads if load.units is not None]
    return sum(charged, ZERO) if charged else None


def _units_a_second(loads: Sequence[WriteLoad], seconds: Decimal) -> Decimal:
    return (_charged_units(loads) or ZERO) / seconds if seconds else ZERO


def _cheapest(ways: Sequence[Way]) -> Way:
    """Return the cheapest way that is possible and priced; import only where it saves a lot.

    Importing needs the data written to S3 first and makes new tables only, so that it is chosen
    where it costs less than half of the next way.
    """
    usable = [way for way in ways if way.is_possible and way.usd is not None]
    if not usable:
        return ways[0]
    direct = min(
        (way for way in usable if way.name != IMPORT),
        key=lambda way: way.usd or ZERO,
        default=usable[0],
    )
    imported = next((way for way in usable if way.name == IMPORT), None)
    if imported is not None and (imported.usd or ZERO) * 2 < (direct.usd or ZERO):
        return imported
    return direct


def _read_usd(reads: Decimal, rates: Rates) -> Decimal | None:
    """Return what reading the source costs: units of a scan, nothing where a server is paid."""
    if not reads:
        return ZERO
    try:
        return reads * rates.usd("read")
    except PriceUnknownError:
        return None


def _steps(
    source: Evaluation,
    target: Evaluation,
    *,
    can_follow: bool,
    files: str,
    read_seconds: Decimal,
    write_seconds: Decimal,
    overlap_days: Decimal,
) -> Iterator[PlanStep]:
    left, new = source.design.name, target.design.name
    yield PlanStep(word="create", text=f"create what `{new}` needs (`tablewright up`)")
    text = f"read `{left}` and try the whole transform; nothing is written yet"
    yield PlanStep(word="read", text=text, seconds=read_seconds)
    if can_follow:
        text = "note the position of the source's changes, then copy"
        yield PlanStep(word="copy", text=text, seconds=write_seconds)
        yield PlanStep(word="follow", text="apply the changes since, until the lag is small")
    else:
        text = "stop writes to the source: its changes cannot be followed"
        yield PlanStep(word="follow", text=text)
        yield PlanStep(word="copy", text="copy", seconds=write_seconds)
    if files:
        text = (
            f"copy the files of `{files}` to object storage with checksums; what refers to them is "
            "rewritten on the way"
        )
        yield PlanStep(word="files", text=text)
    text = "compare both sides, instance by instance, and by the answers to the read patterns"
    yield PlanStep(word="compare", text=text, seconds=write_seconds)
    yield PlanStep(word="switch", text="switch the application over")
    text = f"keep `{left}` for the overlap, then remove it (`tablewright down`)"
    yield PlanStep(word="keep", text=text, seconds=overlap_days * SECONDS_PER_DAY)


def _blockers(source: Evaluation, target: Evaluation, codecs: tuple[Codec, Codec]) -> list[str]:
    blockers = [
        f"`{target.design.name}` cannot serve {name}"
        for name in sorted(target.unserved - source.unserved)
    ]
    stored = {kind.entity for kind in codecs[0].kinds}
    for entity in source.model.entities:
        if entity.name not in stored:
            continue
        hidden = sorted(codecs[0].unreadable(entity.name))
        if hidden:
            blockers.append(
                f"`{source.design.name}` does not give {entity.name}.{', '.join(hidden)} back: it "
                "is kept elsewhere, or compressed in a way the model does not describe"
            )
    return blockers


def _way_back(source: str, *, can_follow: bool) -> str:
    if can_follow:
        return (
            f"`{source}` is kept up to date from the target during the overlap: switching back "
            "loses nothing"
        )
    return (
        f"`{source}` stays as it is: switching back loses what was written after the switch, "
        "unless that is copied back first"
    )
