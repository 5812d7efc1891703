"""What running a system takes: steps from nothing to running, and routine tasks, with commands.

In: the names of a model. Out: steps and tasks. The one home of both: the runbook of a deployment
and `guide` show the same tasks. Every command that begins with `tablewright` can be run as it
stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tablewright.core.frozen import frozen
from tablewright.deploy.database import DatabaseAccess

SET_UP, DEPLOY, VERIFY, MONITOR, SECURE, OPTIMISE, TROUBLESHOOT, BACK_UP, MAINTAIN = (
    "Set up", "Deploy", "Verify", "Monitor", "Secure", "Optimise", "Troubleshoot", "Back up",
    "Maintain",
)  # fmt: skip
CHAPTERS = (
    SET_UP, DEPLOY, VERIFY, MONITOR, SECURE, OPTIMISE, TROUBLESHOOT, BACK_UP, MAINTAIN,
)  # fmt: skip
LAST_BILL = (
    'aws ce get-cost-and-usage --time-period Start=$(date -u -d "-1 month" +%Y-%m-01),'
    "End=$(date -u +%Y-%m-01) --granularity DAILY --metrics UnblendedCost "
    "--group-by Type=DIMENSION,Key=SERVICE > bill.json"
)
OUTDATED = {
    "go": "go list -m -u all",
    "node": "npm outdated",
    "python": "pip list --outdated",
}
"""What lists newer versions of what a program uses, by its language."""
WEEKLY, MONTHLY, QUARTERLY = INTERVALS = "weekly", "monthly", "quarterly"


@frozen
class OperatedDesign:
    """The design that is run, and the names that commands need."""

    model: str
    """The model file, as it is named on the command line."""
    design: str
    """"" for the file's first."""
    access: DatabaseAccess
    """How the database is reached."""
    reference: str = ""
    """The reference application it is a copy of; "" for a file of the user's own."""
    option: str = ""
    """The deployment option; "" where none is chosen."""
    busiest: str = ""
    """The access pattern that is called most."""
    aging: tuple[str, ...] = ()
    """Entities with a retention: their old instances may move away."""
    secrets: tuple[tuple[str, int], ...] = ()
    """Secrets of the program, and after how many days each is replaced."""
    scales: tuple[int, ...] = ()
    others: tuple[str, ...] = ()
    """The other designs of the file that data can move to."""
    language: str = "python"
    """What the program is written in."""
    has_cache: bool = False
    """Whether the deployment option can be given a cache."""

    @property
    def named(self) -> str:
        """The option that names the design, with a blank behind it."""
        return f"--design {self.design} " if self.design else ""

    @property
    def where(self) -> str:
        """The options of a command that works on the database."""
        return f"{self.named}{self.access.where}".strip()


@frozen
class OperateStep:
    """One step on the way from nothing to a running system."""

    chapter: str
    what: str
    command: str


@frozen
class RoutineTask:
    """One task that comes again."""

    interval: str
    what: str
    command: str


def steps(subject: OperatedDesign) -> tuple[OperateStep, ...]:
    """Return the steps, chapter by chapter."""
    pairs = {
        SET_UP: _set_up(subject),
        DEPLOY: _deploy(subject),
        VERIFY: _verify(subject),
        MONITOR: _monitor(subject),
        SECURE: _secure(subject),
        OPTIMISE: _optimise(subject),
        TROUBLESHOOT: _troubleshoot(subject),
        BACK_UP: _back_up(subject),
        MAINTAIN: _maintain(subject),
    }
    return tuple(
        OperateStep(chapter=chapter, what=what, command=command)
        for chapter in CHAPTERS
        for what, command in pairs[chapter]
    )


def _set_up(subject: OperatedDesign) -> Iterator[tuple[str, str]]:
    if subject.reference:
        yield (
            "a copy of the reference application",
            f"tablewright init {subject.model} --app {subject.reference}",
        )
    yield "is the model valid, are its targets met", f"tablewright check {subject.model}"
    if not subject.access.variable:
        yield "whose account it is, before anything is sent", "aws sts get-caller-identity"
        yield "the region", 'echo "${AWS_REGION:?is not set}"'
    else:
        variable = subject.access.variable
        yield "the address of the server, with its user", f'echo "${{{variable}:?is not set}}"'
    yield (
        "a copy on this machine: tables, data, a proof",
        f"tablewright up {subject.model} --design {subject.design}",
    )
    yield (
        "sampled data for it",
        f"tablewright seed {subject.model} --design {subject.design} --users 10",
    )
    yield (
        "right answers, metered as predicted",
        f"tablewright prove {subject.model} --design {subject.design} --requests 200",
    )


def _deploy(subject: OperatedDesign) -> Iterator[tuple[str, str]]:
    yield "the deployment options and their prices", f"tablewright deploy {subject.model} --list"
    if subject.option:
        yield (
            "templates, roles, alarms, pipeline and runbook of one",
            f"tablewright deploy {subject.model} --option {subject.option} --out deploy",
        )
    yield (
        "what would be created, without creating it",
        f"tablewright up {subject.model} {subject.where} --dry-run",
    )
    yield "create the tables", f"tablewright up {subject.model} {subject.where}"


def _verify(subject: OperatedDesign) -> Iterator[tuple[str, str]]:
    yield (
        "every table exists and is as designed",
        f"tablewright status {subject.model} {subject.where}",
    )
    yield "nothing severe is wrong", f"tablewright doctor {subject.model} {subject.where}"


def _monitor(subject: OperatedDesign) -> Iterator[tuple[str, str]]:
    doctor = f"tablewright doctor {subject.model} {subject.where}"
    yield "throttles, hot keys, usage by table and day, rates against the model", doctor
    yield "is the service well", f"{doctor} --health https://HOST/health"
    yield (
        "uptime against the target, by a probe a minute",
        f"tablewright probe {subject.model} --health https://HOST/health --times 60",
    )
    if not subject.access.variable:
        yield "the bill of last month by service; the end of the period is exclusive", LAST_BILL
        yield "the bill against the model", f"{doctor} --bill bill.json"
        usage = f"tablewright usage {subject.model} {subject.where}"
        yield "consumed units and throttles of a table by the hour", f"{usage} --days 1 --hourly"
        yield "capacity that would have fitted what was consumed", usage
    yield "what is free, and how much of it is used", f"tablewright usage {subject.model}"


def _secure(subject: OperatedDesign) -> Iterator[tuple[str, str]]:
    if subject.option:
        yield (
            "what the internet can reach, and roles from the access patterns: RUNBOOK.md, iam",
            f"tablewright deploy {subject.model} --option {subject.option} --dry-run",
        )
    yield (
        "recovery, deletion protection, encryption, TTL",
        f"tablewright doctor {subject.model} {subject.where}",
    )


def _optimise(subject: OperatedDesign) -> Iterator[tuple[str, str]]:
    yield "what the design gets wrong, and what that costs", f"tablewright check {subject.model}"
    yield "the bill by access pattern", f"tablewright cost {subject.model} --by pattern"
    if not subject.access.variable:
        yield "a cheaper design, and the steps to it", f"tablewright plan {subject.model}"
    yield (
        "observed rates into the model, then the same again",
        f"tablewright doctor {subject.model} {subject.where} --write-rates",
    )


def _troubleshoot(subject: OperatedDesign) -> Iterator[tuple[str, str]]:
    if not subject.access.variable:
        yield "creation fails: credentials, rights, region", "aws sts get-caller-identity"
    yield "a table is missing or differs", f"tablewright status {subject.model} {subject.where}"
    if subject.busiest:
        yield (
            "slow or throttled: the requests of a pattern and what they take",
            f"tablewright explain {subject.busiest} {subject.model}",
        )
    yield "the bill is too high", f"tablewright cost {subject.model} --by pattern"


def _back_up(subject: OperatedDesign) -> Iterator[tuple[str, str]]:
    yield "back up", f"tablewright backup {subject.model} {subject.where}"
    yield "what there is", f"tablewright backup {subject.model} {subject.where} --list"
    yield (
        "restore elsewhere, verify, measure, remove",
        f"tablewright restore {subject.model} {subject.where} --drill",
    )
    yield (
        "a copy in an open format",
        f"tablewright export {subject.model} {subject.where} --out export",
    )


def _maintain(subject: OperatedDesign) -> Iterator[tuple[str, str]]:
    for entity in subject.aging:
        yield (
            f"move old instances of {entity} away: what it would save",
            f"tablewright archive {subject.model} {subject.where} --entity {entity} --to archive "
            "--dry-run",
        )
    yield "another design or engine", f"tablewright migrate {subject.model} --help"
    yield "prices of today", "tablewright prices --refresh"


def routine(subject: OperatedDesign) -> tuple[RoutineTask, ...]:
    """Return the tasks that come again: weekly, then monthly, then quarterly."""
    return tuple(
        RoutineTask(interval=interval, what=what, command=command)
        for interval, tasks in (
            (WEEKLY, _weekly(subject)),
            (MONTHLY, _monthly(subject)),
            (QUARTERLY, _quarterly(subject)),
        )
        for what, command in tasks
    )


def _weekly(subject: OperatedDesign) -> Iterator[tuple[str, str]]:
    doctor = f"tablewright doctor {subject.model} {subject.where}"
    yield "performance: throttles, hot keys, usage", doctor
    yield "cost: the bill of the month beside the model", f"tablewright cost {subject.model}"
    yield "backups: there are some", f"tablewright backup {subject.model} {subject.where} --list"
    yield "errors: the log of the service", "aws logs tail /tablewright/APP/ENVIRONMENT --since 7d"


def _monthly(subject: OperatedDesign) -> Iterator[tuple[str, str]]:
    doctor = f"tablewright doctor {subject.model} {subject.where}"
    yield "cost optimisation: findings with what they save", f"tablewright check {subject.model}"
    yield "capacity planning: observed rates into the model", f"{doctor} --write-rates"
    yield "item sizes: percentiles and the largest keys", doctor
    by_pattern = f"tablewright cost {subject.model} --by pattern"
    yield "performance tuning: the bill by pattern", by_pattern
    yield "security: who called what", "aws cloudtrail lookup-events --max-results 50"
    for entity in subject.aging:
        yield (
            f"old instances of {entity}",
            f"tablewright archive {subject.model} {subject.where} --entity {entity} --to archive "
            "--dry-run",
        )
    yield "dependencies of the service", OUTDATED[subject.language]


def _quarterly(subject: OperatedDesign) -> Iterator[tuple[str, str]]:
    yield (
        "disaster recovery: restore elsewhere, compare, measure",
        f"tablewright restore {subject.model} {subject.where} --drill",
    )
    yield "security review: roles, exposure", "aws secretsmanager list-secrets"
    for days, names in secrets_by_days(subject.secrets):
        yield (
            f"replace {', '.join(names)}: every {days} days",
            "aws secretsmanager put-secret-value --secret-id APP/ENVIRONMENT/NAME "
            "--secret-string file:///dev/stdin",
        )
    yield "capacity review: every scale of the model", f"tablewright report {subject.model}"
    yield "cost analysis: other engines and options", f"tablewright compare {subject.model}"
    yield "prices of today", "tablewright prices --refresh"


def secrets_by_days(
    secrets: Sequence[tuple[str, int]],
) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Return the names of secrets by the days after which they are replaced.

    Example:
        >>> secrets_by_days((("A", 90), ("B", 180), ("C", 90)))
        ((90, ('A', 'C')), (180, ('B',)))
    """
    spans: dict[int, list[str]] = {}
    for name, days in secrets:
        spans.setdefault(days, []).append(name)
    return tuple((days, tuple(names)) for days, names in sorted(spans.items()))


def milestones(subject: OperatedDesign) -> tuple[tuple[int, str, str], ...]:
    """Return what to do before each scale of the model: users, what, command."""
    tasks: list[tuple[int, str, str]] = []
    for users in subject.scales:
        at = f"{subject.model} --users {users}"
        tasks.append((users, "targets, grade, what to fix first", f"tablewright check {at}"))
        if not subject.access.variable:
            tasks.append((users, "the cheapest design there", f"tablewright plan {at}"))
            by_kind = f"tablewright cost {at} {subject.named}--by dimension"
            tasks.append((users, "storage and its cost", by_kind))
            scaled = f"tablewright cost {at} {subject.named}--mode auto-scaling"
            tasks.append((users, "provisioned capacity instead of requests", scaled))
        for entity in subject.aging:
            due = f"tablewright archive {subject.model} {subject.where} --entity {entity} "
            tasks.append(
                (
                    users,
                    f"no instance of {entity} is older than its retention; passes or fails",
                    f"{due}--to archive --check",
                )
            )
        for other in subject.others:
            move = f"tablewright migrate {at} --from {subject.design} --to {other} --plan"
            tasks.append((users, f"the move to {other}: steps, duration, price", move))
        if subject.has_cache:
            cached = f"tablewright deploy {at} --option {subject.option} --with cache --dry-run"
            tasks.append((users, "a cache for what is read most: when it pays", cached))
        tasks.append(
            (
                users,
                "throttles, record sizes and rates against the model at that scale",
                f"tablewright doctor {at} {subject.where}",
            )
        )
    return tuple(tasks)
