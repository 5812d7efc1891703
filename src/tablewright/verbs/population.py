"""The instances that `seed` writes and `prove` asks for: their evaluation, plan and position.

In: a session, a design, a number of users. Out: what filling a database takes, and how far it came.
"""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

from tablewright.core.quantities import SECONDS_PER_DAY, ZERO, format_bytes, format_number
from tablewright.design.values import Design
from tablewright.evaluation.doors import Adapter
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Kind
from tablewright.operate.seed import Position, SeedPlan, apply_seed, plan_seed
from tablewright.proof.values import digest_of
from tablewright.sample.sample import Sample
from tablewright.session import Session
from tablewright.verbs.database import Progress, Say, connector_of, silent

DEFAULT_USERS = 1000
"""How many users are seeded unless their data are many."""
FEWER_USERS = (500, 200, 100, 50, 20, 10, 5, 2, 1)
BRISK_BYTES = Decimal(200 * 1024 * 1024)
"""Of stored records, up to which a default population is seeded and proved within a minute or two
and a gigabyte of memory."""


def default_users(session: Session, design: Design, say: Say = silent) -> int:
    """Return how many users are seeded where nobody says: 1,000, or fewer where they have much.

    Args:
        session: the model file.
        design: the design.
        say: told the number and the reason where it is less than 1,000.
    """
    most = connector_of(session, design).brisk_instances
    instances = _instances(session, DEFAULT_USERS)
    users = DEFAULT_USERS
    if instances > most:
        fitting = [fewer for fewer in FEWER_USERS if _instances(session, fewer) <= most]
        users = fitting[0] if fitting else FEWER_USERS[-1]
    reason = f"would be {format_number(instances)} instances"
    stored = _stored_bytes(session, design, users)
    if stored > BRISK_BYTES:
        reason = f"would be about {format_bytes(int(stored * DEFAULT_USERS / users))}"
        fitting = [n for n in FEWER_USERS if stored * n / users <= BRISK_BYTES]
        users = fitting[0] if fitting else FEWER_USERS[-1]
    if users < DEFAULT_USERS:
        say(
            f"{format_number(users)} user{'s' * (users > 1)}, as {DEFAULT_USERS:,} {reason}; "
            "another number: --users"
        )
    return users


def _instances(session: Session, users: int) -> Decimal:
    model = session.model
    return sum((model.instances(entity.name, users) for entity in model.entities), ZERO)


def _stored_bytes(session: Session, design: Design, users: int) -> Decimal:
    evaluation = session.evaluate(design, users)
    return sum((resource.stored_bytes for resource in evaluation.resources), ZERO)


def population(session: Session, design: Design, users: int) -> Evaluation:
    """Return the evaluation of the very instances that are seeded at a number of users."""
    return connector_of(session, design).population(
        session.model, design, users, session.book(), region=session.region
    )


def seed_plan(session: Session, design: Design, evaluation: Evaluation) -> SeedPlan:
    """Return what filling a design takes."""
    connector = connector_of(session, design)
    codec = connector.codec(session.model, design)
    usd = unit_prices(session, design).get("write", ZERO)
    return plan_seed(connector, codec, Sample(session.model), evaluation, usd)


def unit_prices(session: Session, design: Design) -> dict[str, Decimal]:
    """Return USD for one unit by dimension; empty where requests are not charged."""
    return dict(connector_of(session, design).unit_prices(session.book(), session.region))


def seeding_start(session: Session, design: Design, users: int) -> Position:
    """Return where the seeding of a design begins, with what tells it from another seeding."""
    return Position(
        digest=digest_of(session.file.source),
        design=design.name,
        users=users,
        seed=session.model.seed,
        ttl_shift=_later_expiry(session, design),
    )


def _later_expiry(session: Session, design: Design) -> int:
    """Return how far sampled expiry has to move for records to live out their retention from now.

    In seconds; 0 where the database expires nothing by a stored time.
    """
    model = session.model
    if not connector_of(session, design).codec(model, design).expiry:
        return 0
    expiring = [e for e in model.entities if any(a.kind is Kind.EPOCH for a in e.attributes)]
    retained = max((e.retention_days or model.horizon_days for e in expiring), default=ZERO)
    return int(time.time()) - Sample(model).until + int(retained * SECONDS_PER_DAY)


def position_of(session: Session, design: Design, users: int, keep: Path) -> Position:
    """Return how far the seeding of a design came, as a file keeps it; else where it begins."""
    return Position.load(keep, seeding_start(session, design, users))


def fill(
    session: Session,
    adapter: Adapter,
    plan: SeedPlan,
    *,
    position: Position | None = None,
    keep: Path | None = None,
    progress: Progress | None = None,
) -> int:
    """Write the sampled instances that are not written yet; return how many records.

    Args:
        session: the model file.
        adapter: the database; its codec moves expiry on as the position says.
        plan: what to write.
        position: how far an earlier run came; from the beginning unless given.
        keep: the file that keeps the position.
        progress: told of instances done.

    Raises:
        EngineError: the database refused or went away; what was acknowledged is kept.
    """
    start = position or Position(digest="", design="", users=plan.users, seed=session.model.seed)
    sample = Sample(session.model)
    return apply_seed(plan, adapter, sample, position=start, keep=keep, progress=progress)
