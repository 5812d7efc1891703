"""`guide`: set up, deploy, verify, monitor, secure, optimise, troubleshoot, back up, maintain.

In: a session, a design. Out: a GuideView: steps and routine tasks with the commands for this model.
The tasks themselves are those of `deploy.tasks`, which the runbook of a deployment shows too.
"""

from __future__ import annotations

import shlex

from tablewright import apps
from tablewright.compare.reader import architectures
from tablewright.core.errors import TablewrightError, UnsupportedError
from tablewright.core.frozen import frozen
from tablewright.deploy.tasks import (
    CHAPTERS,
    OperatedDesign,
    OperateStep,
    RoutineTask,
    milestones,
    routine,
    steps,
)
from tablewright.design.values import Design
from tablewright.model.values import Reviews
from tablewright.operate.recovery.records import DrillRecord, read_drill
from tablewright.session import Session
from tablewright.verbs.database import workspace_of
from tablewright.verbs.deploy import deploy_options
from tablewright.verbs.deploy_site import program_of

CACHE = "cache"
"""What the optional cache of a deployment option is called."""


@frozen
class GuideChapter:
    """Steps that belong together."""

    title: str
    steps: tuple[OperateStep, ...]


@frozen
class Milestone:
    """What to do before there are so many users."""

    users: int
    what: str
    command: str


@frozen
class GuideView:
    """How to run a system, with the commands for one model."""

    app: str
    title: str
    design: str
    engine: str
    chapters: tuple[GuideChapter, ...]
    routine: tuple[RoutineTask, ...]
    milestones: tuple[Milestone, ...]
    reviews: Reviews | None
    """When the model was reviewed and is to be again; None where the file does not say."""
    last_drill: DrillRecord | None
    """What the latest restore drill has shown; None where there was none."""


def guide(session: Session, design: str = "", *, file: str = "") -> GuideView:
    """Return the guide of a model.

    Args:
        session: the model file.
        design: the design that is run; the first unless given.
        file: how the model file is named in commands; its path unless given.

    Raises:
        UsageError: there is no such design.
        UnsupportedError: its engine is only priced.
    """
    chosen = session.design(design)
    try:
        codec = session.engine_of(chosen).connector.codec(session.model, chosen)
    except (UnsupportedError, AttributeError) as problem:
        raise UnsupportedError(
            f"the design `{chosen.name}` is for {chosen.engine}, which is only priced",
            remedy="choose another with --design",
        ) from problem
    entities = {kind.entity for kind in codec.kinds}
    named = file or str(session.file.path)
    option, program = _option(session, chosen), program_of(session)
    subject = OperatedDesign(
        model=shlex.quote(named),
        design=chosen.name,
        access=session.engine_of(chosen).access,
        reference=named if apps.is_meant_by(named) else "",
        option=option,
        others=tuple(other.name for other in session.designs if _can_move(session, chosen, other)),
        has_cache=_has_cache(option),
        busiest=_busiest(session),
        aging=tuple(
            entity.name
            for entity in session.model.entities
            if entity.retention_days is not None and entity.name in entities
        ),
        secrets=tuple((secret.name, secret.rotate_days) for secret in program.secrets),
        language=program.language,
        scales=session.model.scales,
    )
    listed = steps(subject)
    return GuideView(
        app=session.model.app,
        title=session.model.title or session.model.app,
        design=chosen.name,
        engine=chosen.engine,
        chapters=tuple(
            GuideChapter(title=title, steps=tuple(step for step in listed if step.chapter == title))
            for title in CHAPTERS
        ),
        routine=routine(subject),
        milestones=tuple(
            Milestone(users=users, what=what, command=command)
            for users, what, command in milestones(subject)
        ),
        reviews=session.model.reviews,
        last_drill=read_drill(workspace_of(session).drill(chosen.name)),
    )


def _busiest(session: Session) -> str:
    """Return the access pattern that is called most."""
    model = session.model
    patterns = sorted(
        model.patterns,
        key=lambda pattern: (-model.calls_per_day(pattern, session.users), pattern.name),
    )
    return patterns[0].name if patterns else ""


def _can_move(session: Session, design: Design, other: Design) -> bool:
    """Whether data of a design can be moved to another one."""
    if other.name == design.name:
        return False
    try:
        session.engine_of(other).connector.codec(session.model, other)
    except (UnsupportedError, AttributeError):
        return False
    return True


def _has_cache(option: str) -> bool:
    """Whether a deployment option can be given a cache."""
    return any(
        component.name == CACHE
        for architecture in architectures()
        if architecture.name == option
        for component in architecture.components
        if component.optional
    )


def _option(session: Session, design: Design) -> str:
    """Return a deployment option that runs the design's engine; "" where none can be written."""
    try:
        options = deploy_options(session).options
    except TablewrightError:
        return ""
    fitting = [option for option in options if option.is_deployable]
    same = [option for option in fitting if option.engine == design.engine]
    return next((option.name for option in (*same, *fitting)), "")
