"""`deploy`: write a deployment option as infrastructure code, into a folder that is kept.

In: a session, the name of an option, an environment, a format. Out: a DeployView: the files, what
happened to each, what each priced line became. Nothing is created anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from tablewright.compare.decision import Candidates
from tablewright.compare.values import ArchitectureResult
from tablewright.core.diagnostics import nearest
from tablewright.core.errors import PriceUnknownError, UnsupportedError, UsageError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO, format_usd
from tablewright.deploy.beside import QuantityDifference, differences
from tablewright.deploy.folder import FolderPlan, files_of, plan_folder, write_folder
from tablewright.deploy.option import PRODUCTION, Part, Site, checked_environment
from tablewright.deploy.readiness import ReadinessRow, readiness
from tablewright.deploy.resources import Resource
from tablewright.deploy.runbook import exposed
from tablewright.deploy.security import security
from tablewright.deploy.stack import DatabaseShare, build, refuse_elsewhere, unbacked
from tablewright.deploy.ways_out import ways_out
from tablewright.design.values import Design
from tablewright.session import Session, in_backticks
from tablewright.verbs.compare import deployment_options
from tablewright.verbs.ddl import ddl
from tablewright.verbs.deploy_site import TABLES, DeployRequest, site_of

CACHES = "aws.elasticache"
READ_UNITS = ("aws.dynamodb.ondemand.rru", "aws.dynamodb.provisioned.rcu")


@frozen
class OptionRow:
    """One deployment option that could be written."""

    name: str
    title: str
    engine: str
    usd: Decimal | None
    """USD a month at the session's users; None where it is not priced."""
    is_deployable: bool
    reason: str = ""
    """Why it is not."""


@frozen
class OptionsView:
    """The deployment options of a model."""

    app: str
    users: int
    options: tuple[OptionRow, ...]


@frozen
class PartRow:
    """One priced line of the option, and what in the stack stands behind it."""

    title: str
    price_key: str
    usd: Decimal
    resources: tuple[str, ...]
    """Logical names; none where a charge follows from use alone."""
    note: str = ""


@frozen
class BesideRow:
    """A quantity that differs from the priced one."""

    what: str
    price_key: str
    written: Decimal
    priced: Decimal
    usd: Decimal | None
    """USD a month more, or less below zero; None where the region has no price."""


@frozen
class WayOutRow:
    """One way out of the network at the model's traffic."""

    name: str
    reaches: str
    usd: Decimal | None
    """USD a month; None where the region has no price."""
    is_written: bool
    needs: tuple[str, ...]


@frozen
class DeployView:
    """A deployment that was written."""

    app: str
    option: str
    environment: str
    format: str
    design: str
    region: str
    users: int
    usd: Decimal
    folder: str
    dry_run: bool
    new: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    edited: tuple[str, ...]
    obsolete: tuple[str, ...]
    resources: int
    parts: tuple[PartRow, ...]
    roles: int
    alarms: int
    exposed: tuple[str, ...]
    """What the internet can reach."""
    beside: tuple[BesideRow, ...] = ()
    """What the stack holds more or less of than the option prices."""
    ways_out: tuple[WayOutRow, ...] = ()
    """How the program reaches what is outside its network; empty where it has none."""
    readiness: tuple[ReadinessRow, ...] = ()
    """What there is, and is missing, before people depend on it."""
    security: tuple[ReadinessRow, ...] = ()
    """Each security setting of the stack, with what stands for it or is missing."""


def deploy_options(session: Session) -> OptionsView:
    """Return the deployment options of a model, and which of them can be written."""
    options = deployment_options(session)
    rows = tuple(_row(session, options, result) for result in options.results)
    return OptionsView(app=session.model.app, users=session.users, options=rows)


def _row(session: Session, options: Candidates, result: ArchitectureResult) -> OptionRow:
    architecture = result.architecture
    priced = result.at(session.users)
    reason = "" if priced.is_priced else f"no price of {', '.join(priced.needs)}"
    beside = [title for _, title in architecture.meets]
    if not reason and beside:
        reason = f"{' and '.join(dict.fromkeys(beside))} is priced but not written"
    if not reason:
        try:
            refuse_elsewhere(
                site_of(session, options, result, DeployRequest(environment=PRODUCTION))
            )
            _design(session, architecture.engine, "")
        except UnsupportedError as problem:
            reason = problem.message
    return OptionRow(
        name=architecture.name,
        title=architecture.title,
        engine=architecture.engine,
        usd=priced.total if priced.is_priced else None,
        is_deployable=not reason,
        reason=reason,
    )


def deploy(
    session: Session,
    *,
    option: str = "",
    design: str = "",
    environment: str = PRODUCTION,
    file_format: str = "cloudformation",
    out: Path | None = None,
    dry_run: bool = False,
    additions: tuple[str, ...] = (),
    regions: tuple[str, ...] = (),
    stream: str = "",
) -> DeployView:
    """Write a deployment option into a folder; a second run changes nothing.

    Args:
        session: the model file.
        option: its name, as `compare` shows it; the cheapest that can be written unless given.
        design: the design whose tables are written; the recommended one unless given.
        environment: becomes part of physical names; in production tables keep the design's names.
        file_format: cloudformation or terraform.
        out: the folder; `deploy/ENVIRONMENT` beside the model file unless given.
        dry_run: whether to return the plan and write nothing.
        additions: optional parts of the option, and extras such as a backup plan.
        regions: where every table has a replica besides, in the output and in the price.
        stream: what the stream of every table holds, such as new-and-old-images.

    Raises:
        UsageError: there is no such option, or the environment's name cannot be used.
        UnsupportedError: the option is priced only.
    """
    checked_environment(environment)
    options = deployment_options(session)
    result = _chosen(session, options, option)
    chosen = _design(session, result.architecture.engine, design)
    tags = (("app", session.model.app), ("environment", environment))
    chosen = _with_settings(session, chosen, regions, stream)
    request = DeployRequest(environment=environment, additions=additions, tags=tags)
    site = site_of(session, options, result, request, chosen)
    share = DatabaseShare()
    if chosen is not None:
        engine = session.engine_of(chosen)
        share = engine.infrastructure(session.evaluate(chosen), environment, tags)
    migration = "" if tables_are_resources(share) else _migration(session, chosen)
    stack = build(site, share.resources, share.granted(site.program.follows), share.expected)
    missing = unbacked(stack, site.parts)
    if missing:
        raise UnsupportedError(
            f"the option `{site.option}` has parts that are priced but not written: "
            + ", ".join(part.title for part in missing),
            remedy="choose another option; `tablewright deploy --list` shows them",
        )
    folder = out or Path(session.file.path).parent / "deploy" / environment
    plan = plan_folder(folder, files_of(stack, site, file_format, _relative(folder), migration))
    if not dry_run:
        write_folder(plan)
    return DeployView(
        app=session.model.app,
        option=site.option,
        environment=environment,
        format=file_format,
        design=chosen.name if chosen else "",
        region=site.region,
        users=site.users,
        usd=site.usd_per_month,
        folder=str(folder),
        dry_run=dry_run,
        resources=len(stack.resources),
        parts=_part_rows(site.parts, stack.resources),
        roles=len(stack.of_kind("AWS::IAM::Role")),
        alarms=len(stack.of_kind("AWS::CloudWatch::Alarm")),
        exposed=exposed(stack),
        beside=tuple(_beside(session, entry) for entry in differences(stack, site)),
        ways_out=tuple(_ways_out(session, options, site)),
        readiness=tuple(readiness(stack, site)),
        security=tuple(security(stack, site)),
        **_happened(plan),
    )


def tables_are_resources(share: DatabaseShare) -> bool:
    """Whether the stack itself creates the tables."""
    return bool(share.resources)


def _migration(session: Session, design: Design | None) -> str:
    """Return what creates the tables or collections of a server: the statements `up` runs."""
    if design is None:
        return ""
    view = ddl(session, design.name)
    head = f"{view.comment} The design `{design.name}` of {session.model.app}, from nothing.\n"
    return head + "".join(f"{text}\n" for text in view.statements)


def _with_settings(
    session: Session, design: Design | None, regions: tuple[str, ...], stream: str
) -> Design | None:
    """Return the design with replicas and a stream of every table, where they are asked for."""
    if not regions and not stream:
        return design
    if design is None:
        raise UsageError(
            "replicas and streams are settings of tables, and this option has none",
            remedy="choose an option with DynamoDB",
        )
    return session.engine_of(design).with_settings(design, replicas=regions, stream=stream)


def _happened(plan: FolderPlan) -> dict[str, tuple[str, ...]]:
    return {
        "new": plan.new,
        "changed": plan.changed,
        "unchanged": plan.unchanged,
        "edited": plan.edited,
        "obsolete": plan.obsolete,
    }


def _relative(folder: Path) -> str:
    """Return a folder as the pipeline names it: from the working directory where it is below."""
    try:
        return folder.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return folder.as_posix()


def _chosen(session: Session, options: Candidates, name: str) -> ArchitectureResult:
    results = {result.architecture.name: result for result in options.results}
    if name:
        if name not in results:
            close = nearest(name, list(results))
            raise UsageError(
                f"there is no deployment option `{name}`",
                remedy=f"did you mean `{close}`?" if close else f"options: {in_backticks(results)}",
            )
        return results[name]
    fitting = [
        result
        for result in results.values()
        if not result.excluded and _row(session, options, result).is_deployable
    ]
    if not fitting:
        raise UnsupportedError(
            "no deployment option of this model can be written down",
            remedy="`tablewright deploy --list` says why of each",
        )
    prices = {result.architecture.name: result.at(session.users) for result in fitting}
    # one without a price costs what nobody knows: it is not the cheapest
    priced = [result for result in fitting if prices[result.architecture.name].is_priced]
    return min(priced or fitting, key=lambda result: prices[result.architecture.name].total)


def _design(session: Session, engine: str, name: str) -> Design | None:
    """Return the design whose database is deployed; None where the option has none of its own."""
    if not engine:
        return None
    if name:
        chosen = session.design(name)
        if chosen.engine != engine:
            raise UsageError(
                f"the design `{name}` is for {chosen.engine}, the option for {engine}",
                remedy="choose a design of that engine, or another option",
            )
        return chosen
    fitting = [design for design in session.designs if design.engine == engine]
    if not fitting:
        return None
    return next((d for d in fitting if d.name == "recommended"), fitting[0])


def _beside(session: Session, difference: QuantityDifference) -> BesideRow:
    """Return a difference with its price, where the region has one."""
    more = difference.written - difference.priced
    try:
        price = session.book().price(difference.price_key, session.region)
        usd = more * price.usd / price.per
    except PriceUnknownError:
        usd = None
    return BesideRow(
        what=difference.what,
        price_key=difference.price_key,
        written=difference.written,
        priced=difference.priced,
        usd=usd,
    )


def _ways_out(session: Session, options: Candidates, site: Site) -> Iterator[WayOutRow]:
    """Yield each way out with its price: logs go to AWS, answers come from a database elsewhere."""
    workload = options.board.figures(session.users)
    elsewhere = ZERO if site.runs_database else workload["gb_out"] * 2
    for way in ways_out(site, workload["log_gb"], elsewhere):
        usd: Decimal | None = ZERO
        for key, quantity in way.quantities:
            try:
                price = session.book().price(key, session.region)
            except PriceUnknownError:
                usd = None
                break
            usd = (usd or ZERO) + quantity * price.usd / price.per
        yield WayOutRow(
            name=way.name,
            reaches=way.reaches,
            usd=usd,
            is_written=way.is_written,
            needs=way.needs,
        )


def _part_rows(parts: Sequence[Part], resources: Sequence[Resource]) -> tuple[PartRow, ...]:
    """Return the priced lines with what stands behind each; those of one table are one row."""
    rows: list[PartRow] = []
    for (table, title, key), lines in _joined(parts).items():
        rows.append(
            PartRow(
                title=title,
                price_key=key,
                usd=sum((line.usd_per_month for line in lines), ZERO),
                resources=tuple(_behind(table, key, resources)),
                note=_note(key, parts),
            )
        )
    return tuple(rows)


def _joined(parts: Sequence[Part]) -> dict[tuple[str, str, str], list[Part]]:
    joined: dict[tuple[str, str, str], list[Part]] = {}
    for part in parts:
        if part.price_key.startswith(TABLES):
            key = (part.name, f"DynamoDB table {part.name}", TABLES)
        else:
            key = ("", part.title, part.price_key)
        joined.setdefault(key, []).append(part)
    return joined


def _behind(table: str, key: str, resources: Sequence[Resource]) -> Iterator[str]:
    for resource in resources:
        if table:
            name = str(resource.properties.get("TableName", ""))
            if name == table or name.endswith(f"-{table}"):
                yield resource.name
        elif key and any(key.startswith(price_key) for price_key in resource.price_keys):
            yield resource.name


def _note(key: str, parts: Sequence[Part]) -> str:
    """Return what a reader must know of a priced line that its resources do not say."""
    if key.startswith("mongodb."):
        return "written for Terraform: CloudFormation makes no cluster at MongoDB Atlas"
    if key.startswith("aws.elasticache"):
        return _pay_back(parts)
    return ""


def _pay_back(parts: Sequence[Part]) -> str:
    """Return from which share of reads a cache costs less than the read units it saves."""
    reads = sum((p.usd_per_month for p in parts if p.price_key.startswith(READ_UNITS)), ZERO)
    cache = sum((p.usd_per_month for p in parts if p.price_key.startswith(CACHES)), ZERO)
    if not reads:
        return ""
    if cache >= reads:
        return f"never pays for itself: all reads cost {format_usd(reads)} USD a month"
    share = (cache / reads * 100).quantize(Decimal("0.1"))
    return f"pays for itself from {share} % of reads answered: they cost {format_usd(reads)} USD"
