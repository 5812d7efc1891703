"""`archive`: what is older than its retention moves out of a database, and can be read back."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tablewright.cli.database import announce, database_options, progress_bar
from tablewright.cli.options import design_option, file_argument, open_file
from tablewright.cli.output import Output, verb

if TYPE_CHECKING:
    from tablewright.evaluation.doors import Target


@click.command(
    epilog="Example: tablewright archive --entity Activity --to s3://my-archive/auxeira --dry-run"
)
@file_argument
@design_option
@database_options
@click.option("--entity", default="", metavar="NAME", help="Whose instances.")
@click.option("--attribute", default="", metavar="NAME", help="Move only this part of them.")
@click.option("--to", default="", metavar="PLACE", help="A folder, or s3://BUCKET/PREFIX.")
@click.option(
    "--older-than",
    type=click.FloatRange(min=0),
    metavar="DAYS",
    help="Their age; the entity's retention unless given.",
)
@click.option("--by", default="", metavar="ATTRIBUTE", help="Says when an instance began.")
@click.option("--dry-run", is_flag=True, help="Count and price; write and delete nothing.")
@click.option("--check", is_flag=True, help="As --dry-run, and exit with 1 where something is due.")
@click.option("--read", "source", default="", metavar="PLACE", help="Read an archive back.")
@click.option(
    "--put-back",
    "given_back",
    default="",
    metavar="PLACE",
    help="Give archived values of --attribute back to instances without one.",
)
@click.option(
    "--out", "folder", type=click.Path(path_type=Path), help="With --read: an empty folder."
)
@click.option("--s3", "s3_endpoint", default="", metavar="URL", help="A server of the S3 API.")
@verb
def command(
    out: Output,
    file: str,
    design: str,
    target: Target,
    entity: str,
    attribute: str,
    to: str,
    older_than: float | None,
    by: str,
    dry_run: bool,
    check: bool,
    source: str,
    given_back: str,
    folder: Path | None,
    s3_endpoint: str,
) -> int:
    """Move instances older than their retention to a folder or to S3, and say what that saves.

    Files are written, read back and compared before the records in them are deleted; a record that
    was changed meanwhile stays. --read brings an archive back as folders that `import` loads; of a
    single --attribute that is stored among others, --put-back does it.
    """
    from tablewright.core.errors import UsageError
    from tablewright.verbs.archive import ArchiveChoice, archive, read_archive, whole_instances
    from tablewright.verbs.archive_attribute import attribute_of_instances, put_attribute_back

    session = open_file(file)
    if given_back:
        _require(entity and attribute, "--put-back needs --entity and --attribute")
        choice = ArchiveChoice(
            entity=entity, attribute=attribute, to=given_back, endpoint=s3_endpoint
        )
        returned = put_attribute_back(session, design, target, choice, announce=announce)
        out.show(returned, "archive-put-back")
        return 0
    if source:
        if folder is None:
            raise UsageError("--read needs --out FOLDER", remedy="name an empty folder")
        out.show(read_archive(session, source=source, out=folder, endpoint=s3_endpoint), "archive")
        return 0
    _require(entity and to, "archive needs --entity NAME and --to PLACE")
    choice = ArchiveChoice(
        entity=entity,
        attribute=attribute,
        to=to,
        older_than_days=None if older_than is None else Decimal(str(older_than)),
        by=by,
        dry_run=dry_run or check,
        endpoint=s3_endpoint,
    )
    bar = partial(progress_bar, "archive")
    subject_of = attribute_of_instances if attribute else whole_instances
    view = archive(
        session, design, target, choice, subject_of=subject_of, announce=announce, progress=bar
    )
    out.show(view, "archive")
    return 1 if check and view.moved is not None and view.moved.instances else 0


def _require(is_given: object, problem: str) -> None:
    from tablewright.core.errors import UsageError

    if not is_given:
        raise UsageError(
            problem,
            remedy="for example --entity Activity --to archive; or --read PLACE --out FOLDER",
        )
