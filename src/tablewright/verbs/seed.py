"""`seed`: fill the tables of a design with sampled items, or with records of a file.

In: a session, a design, a target, a number of users. Out: a SeedView.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from tablewright.bill.rates import Rates
from tablewright.core.diagnostics import nearest
from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.evaluation.doors import Target
from tablewright.evaluation.values import Evaluation
from tablewright.migrate.loading import Way, stored, ways_to_load
from tablewright.model.values import Count
from tablewright.operate.provision import require_containers
from tablewright.operate.records import apply_records, checked
from tablewright.operate.seed import SeedPlan
from tablewright.session import Session
from tablewright.verbs.database import (
    Announce,
    Progress,
    Say,
    no_progress,
    opened,
    silent,
    workspace_of,
)
from tablewright.verbs.population import (
    default_users,
    fill,
    population,
    position_of,
    seed_plan,
)


@frozen
class SeedPart:
    """The items of one entity in one table."""

    table: str
    entity: str
    items: int
    write_units: Decimal | None
    """Of all of them; None where writes are not charged."""


@frozen
class SeedView:
    """What was written, or would be."""

    app: str
    design: str
    region: str
    users: int
    where: str
    """Which database; "" of a dry run."""
    dry_run: bool
    items: int
    """Of the whole population, or of the file."""
    written: int
    write_units: Decimal | None
    """Of the whole population; None for a file, whose units are metered as they are written."""
    usd: Decimal | None
    """Of `write_units`, at on-demand prices."""
    parts: tuple[SeedPart, ...] = ()
    ways: tuple[Way, ...] = ()
    """What writing the whole population costs by each way; () where writes are not charged."""
    stored_bytes: Decimal = Decimal(0)
    """Of its items, without indexes."""
    source: str = ""
    """The file that was loaded, instead of sampled items."""
    entity: str = ""
    """Of the records of the file."""


def seed(
    session: Session,
    design: str,
    target: Target,
    *,
    users: int | None = None,
    counts: Mapping[str, int] | None = None,
    units_per_second: Decimal | None = None,
    dry_run: bool = False,
    announce: Announce | None = None,
    say: Say = silent,
    before_writing: Callable[[SeedView], None] | None = None,
    progress: Callable[[], AbstractContextManager[Progress]] = no_progress,
) -> SeedView:
    """Write the sampled items of a number of users that are not written yet.

    Args:
        session: the model file.
        design: its name; the first of the file unless given.
        target: which database.
        users: 1,000, or fewer where they have much, unless given.
        counts: how many there are of an entity, whatever the number of users; children of them
            and what refers to them follow.
        units_per_second: at most so many write units a second.
        dry_run: whether to return what it takes and write nothing.
        announce: receives whose database it is.
        say: receives why there are fewer users than 1,000.
        before_writing: receives what it takes before the first item is written.
        progress: opens what receives items done.

    Raises:
        UsageError: the tables do not exist, or were not made here; there is no such entity, or it
            belongs to another.
        EngineError: the database refused or went away; what was acknowledged is recorded.
    """
    if counts:
        session = _with_counts(session, counts)
    chosen = session.design(design)
    scale = users or default_users(session, chosen, say)
    evaluation = population(session, chosen, scale)
    plan = seed_plan(session, chosen, evaluation)
    planned = _with_ways(session, _planned(session, chosen.name, plan), evaluation)
    if dry_run:
        return planned
    if before_writing is not None:
        before_writing(planned)
    keep = workspace_of(session).position(chosen.name, target)
    position = position_of(session, chosen, scale, keep)
    with (
        opened(
            session, chosen, target, expiry_shift=position.ttl_shift, announce=announce
        ) as adapter,
        progress() as show,
    ):
        require_containers(adapter, session.model.app)
        adapter.units_per_second = units_per_second
        written = fill(session, adapter, plan, position=position, keep=keep, progress=show)
        where = adapter.description
    return replace(planned, where=where, written=written, dry_run=False)


def _with_counts(session: Session, counts: Mapping[str, int]) -> Session:
    """Return a session on the same file in which there are so many of some entities."""
    model = session.model
    names = [entity.name for entity in model.entities]
    for name in counts:
        if name not in names:
            close = nearest(name, names)
            raise UsageError(
                f"the model has no entity `{name}`",
                remedy=f"did you mean `{close}`?" if close else f"it has {', '.join(names)}",
            )
        parent = model.entity(name).parent
        if parent is not None:
            raise UsageError(
                f"how many `{name}` there are follows from `{parent}`, which they belong to",
                remedy=f"write --count {parent}=N",
            )
    entities = tuple(
        replace(entity, count=Count(mean=Decimal(counts[entity.name]), per="total"))
        if entity.name in counts
        else entity
        for entity in model.entities
    )
    told = "".join(f"\n# {name}: {number}" for name, number in sorted(counts.items()))
    file = session.file  # another text, so that its position is not taken for that of the file
    changed = replace(file, model=replace(model, entities=entities), source=file.source + told)
    return Session(changed, session.options)


def _with_ways(session: Session, view: SeedView, evaluation: Evaluation) -> SeedView:
    """Return what is planned beside the other ways to load as much, where writes are charged."""
    size = stored(evaluation)[1]
    if view.write_units is None:
        return replace(view, stored_bytes=size)
    ways = ways_to_load(view.write_units, size, Rates(session.book(), session.region))
    return replace(view, stored_bytes=size, ways=ways)


def _planned(session: Session, design: str, plan: SeedPlan) -> SeedView:
    return SeedView(
        app=session.model.app,
        design=design,
        region=session.region,
        users=plan.users,
        where="",
        dry_run=True,
        items=plan.items,
        written=0,
        write_units=plan.units,
        usd=plan.usd,
        parts=tuple(
            SeedPart(
                table=part.table,
                entity=part.entity,
                items=part.count,
                write_units=None if part.units is None else part.units * part.count,
            )
            for part in plan.parts
        ),
    )


def load_records(
    session: Session,
    design: str,
    target: Target,
    *,
    source: Path,
    entity: str,
    units_per_second: Decimal | None = None,
    dry_run: bool = False,
    announce: Announce | None = None,
    progress: Callable[[], AbstractContextManager[Progress]] = no_progress,
) -> SeedView:
    """Load the records of a JSON, NDJSON or CSV file as instances of an entity.

    Raises:
        UsageError: no such entity, a record that does not fit it, or missing tables.
        EngineError: the database refused or went away; what was acknowledged is recorded.
    """
    names = [e.name for e in session.model.entities]
    if entity not in names:
        raise UsageError(
            f"`{entity}` is no entity of the model" if entity else "--from needs --entity",
            remedy=f"choose one of {', '.join(names)}",
        )
    chosen, where = session.design(design), ""
    if dry_run:
        items = checked(session.model.entity(entity), source)
    else:
        keep = workspace_of(session).loading(chosen.name, target)
        with (
            opened(session, chosen, target, announce=announce) as adapter,
            progress() as show,
        ):
            require_containers(adapter, session.model.app)
            adapter.units_per_second = units_per_second
            items = apply_records(
                adapter, session.model, chosen.name, entity, source, keep=keep, progress=show
            )
            where = adapter.description
    return SeedView(
        app=session.model.app,
        design=chosen.name,
        region=session.region,
        users=0,
        where=where,
        dry_run=dry_run,
        items=items,
        written=0 if dry_run else items,
        write_units=None,
        usd=None,
        source=str(source),
        entity=entity,
    )
