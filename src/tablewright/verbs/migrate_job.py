"""`migrate --job`: a migration as a job of AWS Glue or Amazon EMR Serverless, as files.

In: a session, two designs, a service, a format, a folder. Out: a MigrateJobView: the files, and
what happened to each. Nothing is created anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.deploy import cloudformation, terraform
from tablewright.deploy.folder import plan_folder, write_folder
from tablewright.deploy.migration_job import MODEL, PROGRAM, SERVICES, JobSide, job_stack
from tablewright.deploy.migration_program import program, readme
from tablewright.design.values import Design
from tablewright.session import Session
from tablewright.verbs.migrate import pair_of

FORMATS = ("cloudformation", "terraform")


@frozen
class MigrateJobView:
    """A job that was written."""

    app: str
    source: str
    target: str
    service: str
    format: str
    folder: str
    new: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    edited: tuple[str, ...]
    rights: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]
    """Of each side: the design, what the job may do there, and with what."""


def write_job(
    session: Session,
    source: str,
    target: str,
    *,
    service: str,
    folder: Path,
    file_format: str = FORMATS[0],
) -> MigrateJobView:
    """Write the files of a job that moves one design to another.

    Args:
        session: the model file.
        source: the design that is left.
        target: the design that is moved to.
        service: glue or emr.
        folder: where the files go; what was edited there is kept.
        file_format: cloudformation or terraform.

    Raises:
        UsageError: there is no such design, service or format.
    """
    if service not in SERVICES or file_format not in FORMATS:
        raise UsageError(
            f"there is no job of `{service}` as `{file_format}`",
            remedy=f"choose {' or '.join(SERVICES)}, and {' or '.join(FORMATS)}",
        )
    designs = pair_of(session, source, target)
    sides = [_side(session, design, writes=place == 1) for place, design in enumerate(designs)]
    both = sorted(set(sides[0].resources) & set(sides[1].resources))
    if both:
        raise UsageError(
            f"`{source}` and `{target}` both have {', '.join(both)}; a job works in one account",
            remedy=f"give the tables of `{target}` other names in the model file",
        )
    stack = job_stack(session.model.app, session.region, service, sides[0], sides[1])
    is_terraform = file_format == FORMATS[1]
    files: Mapping[str, str] = (
        terraform.render(stack) if is_terraform else {"template.yaml": cloudformation.render(stack)}
    )
    texts = {name: text for name, text in files.items() if text}
    texts |= {
        PROGRAM: program(sides[0], sides[1]),
        MODEL: session.file.source,
        "README.md": readme(stack, service, sides[0], sides[1], of_terraform=is_terraform),
    }
    plan = plan_folder(folder, texts)
    write_folder(plan)
    return MigrateJobView(
        app=session.model.app,
        source=source,
        target=target,
        service=service,
        format=file_format,
        folder=str(folder),
        new=plan.new,
        changed=plan.changed,
        unchanged=plan.unchanged,
        edited=plan.edited,
        rights=tuple((side.design, side.actions, side.resources) for side in sides),
    )


def _side(session: Session, design: Design, *, writes: bool) -> JobSide:
    rights = session.engine_of(design).connector.copy_rights(design, writes=writes)
    if rights is None:
        return JobSide(design=design.name, engine=design.engine)
    return JobSide(
        design=design.name,
        engine=design.engine,
        service=rights.service,
        actions=rights.actions,
        resources=rights.resources,
    )
