"""`migrate`: move the data from one design to another, and verify that it arrived."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tablewright.cli.database import progress_bar
from tablewright.cli.options import file_argument, open_file, pricing
from tablewright.cli.output import Output, verb

if TYPE_CHECKING:
    from tablewright.design.migrations import MigrationRate
    from tablewright.operate.reading import Progress
    from tablewright.session import Options, Session
    from tablewright.verbs.migrate import MigrateView


PLACE_PARTS = ("endpoint", "data", "profile", "aws")
ACTIONS = (
    "plan",
    "code",
    "dry-run",
    "verify",
    "repair",
    "follow",
    "finish",
    "status",
    "abort",
)


def actions(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags of what is done and hand the chosen one over as `action`; "" for the whole."""

    @click.option("--plan", is_flag=True, help="Steps, duration and price; read nothing.")
    @click.option("--code", is_flag=True, help="Requests of every pattern, before and after.")
    @click.option("--dry-run", is_flag=True, help="Read the source and try the transform only.")
    @click.option("--verify", is_flag=True, help="Compare both sides, instance by instance.")
    @click.option("--repair", is_flag=True, help="Verify, and write again what differs.")
    @click.option(
        "--follow", is_flag=True, help="Copy, then bring over what changes in the source."
    )
    @click.option("--finish", is_flag=True, help="Open the gate to switch over, if all is well.")
    @click.option("--status", is_flag=True, help="Show how far it has come.")
    @click.option("--abort", is_flag=True, help="Forget how far it has come; both databases stay.")
    @functools.wraps(function)
    def run(*arguments: Any, **options: Any) -> Any:
        flags = {name: options.pop(name.replace("-", "_")) for name in ACTIONS}
        return function(*arguments, action=_action(flags), **options)

    return run


def places(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of both databases and hand them over as `source_at` and `target_at`."""

    @click.option("--source-endpoint", default="", metavar="URL", help="The source's server.")
    @click.option("--source-data", default="", type=click.Path(), help="The source's local file.")
    @click.option("--source-profile", default="", help="The source on Amazon, with this profile.")
    @click.option("--endpoint", default="", metavar="URL", help="The target's server.")
    @click.option("--data", default="", type=click.Path(), help="The target's local file.")
    @click.option("--profile", default="", help="The target on Amazon, with this profile.")
    @click.option("--source-aws", is_flag=True, help="The source on Amazon, by the environment.")
    @click.option("--aws", is_flag=True, help="The target on Amazon, by the environment.")
    @click.option("--allow-production", is_flag=True, help="Work on an account named so.")
    @functools.wraps(function)
    def run(*arguments: Any, allow_production: bool, **options: Any) -> Any:
        from tablewright.evaluation.doors import Target

        targets = {}
        for name, prefix in (("source_at", "source_"), ("target_at", "")):
            parts = {part: options.pop(prefix + part) for part in PLACE_PARTS}
            targets[name] = Target(**parts, allow_production=allow_production)
        return function(*arguments, **targets, **options)

    return run


def written_job(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a job that is written, handed over as `job`; None where none is."""

    @click.option(
        "--job",
        type=click.Choice(["glue", "emr"]),
        help="Write this migration as a job of AWS Glue or Amazon EMR Serverless.",
    )
    @click.option(
        "--out",
        "out_folder",
        type=click.Path(path_type=Path),
        help="Of --job: the folder.",
    )
    @click.option(
        "--format",
        "file_format",
        type=click.Choice(["cloudformation", "terraform"]),
        default="cloudformation",
        help="Of --job: what it is written as.",
    )
    @functools.wraps(function)
    def run(
        *arguments: Any,
        job: str | None,
        out_folder: Path | None,
        file_format: str,
        **options: Any,
    ) -> Any:
        written = None
        if job is not None:
            folder = out_folder or Path(f"migration-{job}")
            written = {"service": job, "folder": folder, "file_format": file_format}
        return function(*arguments, job=written, **options)

    return run


@click.command()
@file_argument
@click.option("--from", "source", required=True, metavar="DESIGN", help="The design that is left.")
@click.option("--to", "target", required=True, metavar="DESIGN", help="The design to move to.")
@actions
@click.option(
    "--for",
    "follow_seconds",
    type=click.FloatRange(min=0),
    default=0,
    metavar="SECONDS",
    help="Of --follow: go on waiting for changes so long.",
)
@click.option(
    "--most-lag",
    "most_lag_seconds",
    type=click.FloatRange(min=0),
    default=30,
    metavar="SECONDS",
    help="Of --finish: how old the last change may have been.",
)
@places
@click.option(
    "--work-dir",
    default="",
    metavar="FOLDER",
    help="Where progress is kept; of Spark, a folder that every machine sees or s3://BUCKET/PREFIX.",
)
@click.option(
    "--engine",
    type=click.Choice(["process", "spark"]),
    default="process",
    help="Move in this process, or on a Spark cluster.",
)
@click.option("--shares", type=click.IntRange(min=1), help="Of Spark: how many parts.")
@written_job
@click.option(
    "--rate",
    default="",
    metavar="RATE",
    help="Write units a second (400), or a share of the source (20%); of --plan: records a second.",
)
@click.option(
    "--overlap-days",
    type=click.FloatRange(min=0),
    default=14,
    help="Of --plan: for how long both databases run.",
)
@pricing
@verb
def command(
    out: Output,
    file: str,
    source: str,
    target: str,
    action: str,
    rate: str,
    overlap_days: float,
    work_dir: str,
    engine: str,
    shares: int | None,
    job: dict[str, Any] | None,
    options: Options,
    **places_and_limits: Any,
) -> int:
    """Move the data of one design to another, whatever their engines.

    The source is read, the whole transform is tried, and only if everything can be moved is it
    written and then compared, instance by instance. A run that was interrupted goes on where it
    stopped; running it again changes nothing. Create the target first with `tablewright up`.
    """
    from tablewright.operate.migration_run import COPY
    from tablewright.verbs import migrate as verb_module

    session = open_file(file, options)
    pace = _rate(rate)
    if job is not None:
        from tablewright.verbs.migrate_job import write_job

        out.show(write_job(session, source, target, **job), "migrate-job")
        return 0
    if action == "code":
        from tablewright.verbs import migrate_code

        out.show(migrate_code.code(session, source, target, users=options.users), "migrate-code")
        return 0
    if action == "plan":
        planned = verb_module.plan(
            session,
            source,
            target,
            users=options.users,
            records_per_second=_records_a_second(pace),
            overlap_days=Decimal(str(overlap_days)),
        )
        out.show(planned, "migrate-plan")
        return 0
    places_and_limits |= {"action": action or COPY, "rate": pace}
    if engine == "spark":
        view = _on_cluster(
            session, source, target, work_dir=work_dir, shares=shares, **places_and_limits
        )
    else:
        folder = _folder(work_dir, shares)
        with _progress() as show:
            view = verb_module.migrate(
                session,
                source,
                target,
                work_dir=folder,
                progress=show,
                announce=lambda text: click.echo(text, err=True),
                **places_and_limits,
            )
    out.show(view, "migrate")
    return 0 if view.is_clean else 1


def _on_cluster(session: Session, source: str, target: str, **options: Any) -> MigrateView:
    from tablewright.verbs.migrate_cluster import migrate_on_cluster

    for of_following in ("follow_seconds", "most_lag_seconds"):
        options.pop(of_following)
    return migrate_on_cluster(
        session, source, target, announce=lambda text: click.echo(text, err=True), **options
    )


def _folder(work_dir: str, shares: int | None) -> Path | None:
    """Return the folder of a migration in one process.

    Raises:
        UsageError: what was asked for is for a cluster.
    """
    from tablewright.core.errors import UsageError

    if shares is not None or "://" in work_dir:
        option = "--shares" if shares is not None else f"--work-dir {work_dir}"
        raise UsageError(f"{option} is for a cluster", remedy="add --engine spark")
    return Path(work_dir) if work_dir else None


def _action(flags: Mapping[str, bool]) -> str:
    """Return the one thing that is to be done; "" for the whole.

    Raises:
        UsageError: several were chosen.
    """
    from tablewright.core.errors import UsageError

    chosen = [name for name, is_set in flags.items() if is_set]
    if len(chosen) > 1:
        raise UsageError(
            "only one thing at a time: " + ", ".join(f"--{name}" for name in chosen),
            remedy="choose one of " + ", ".join(f"--{name}" for name in flags),
        )
    return chosen[0] if chosen else ""


def _rate(text: str) -> MigrationRate | None:
    """Return the rate that is stated.

    Raises:
        UsageError: it is none.
    """
    from tablewright.core.errors import UsageError
    from tablewright.design.migrations import rate_of

    if not text:
        return None
    rate = rate_of(text)
    if rate is None:
        raise UsageError(
            f"`--rate {text}` is no rate",
            remedy="write units a second (400) or a share of the source (20%)",
        )
    return rate


def _records_a_second(rate: MigrationRate | None) -> Decimal:
    from tablewright.core.errors import UsageError
    from tablewright.verbs.migrate import RECORDS_A_SECOND

    if rate is None:
        return RECORDS_A_SECOND
    if rate.units_per_second is None:
        raise UsageError(
            "a plan needs the rate in records a second, not as a share",
            remedy="write --rate 400",
        )
    return rate.units_per_second


@contextmanager
def _progress() -> Iterator[Progress]:
    with progress_bar("migrate") as show:
        yield lambda phase, done, total, place: show(done, total or done, f"{phase} {place}")
