"""The runbook of a deployment: routine tasks, what to do on each alarm, how to recover.

In: a stack, its site. Out: Markdown. It is written from the stack itself: an alarm without a
section, or a section without an alarm, cannot happen.
"""

from __future__ import annotations

from collections.abc import Iterator

from tablewright.deploy.compute import FUNCTION, INSTANCES, TASKS, kind_of
from tablewright.deploy.containers import task_count
from tablewright.deploy.operator_values import (
    TERRAFORM,
    exports,
    needs_bucket,
    output_command,
    overrides,
    setting,
)
from tablewright.deploy.option import PRODUCTION, Site
from tablewright.deploy.resources import Resource, Stack
from tablewright.deploy.security import security
from tablewright.deploy.shapes.values import snake_case
from tablewright.deploy.storage import pages_bucket
from tablewright.deploy.tasks import CHAPTERS, INTERVALS, OperatedDesign, routine

LOG = "aws logs tail"
RESTORE = "tablewright restore {where} --at TIME --into NEW"

ADVICE = {
    "Throttled": (
        "The metric that rises names the cause. Provisioned: raise the capacity in the model, "
        "then deploy. A hot key: `tablewright explain PATTERN` shows which pattern reads or writes "
        "it. Account limit: raise the quota with AWS Support."
    ),
    "ReadUnits": (
        "Compare `tablewright cost --by pattern` with the dashboard: a pattern is called more "
        "often than modelled, or reads more than it needs. Set its rate in the model, then deploy: "
        "the thresholds follow."
    ),
    "WriteUnits": (
        "As for reads. Look first for a retry loop: failed conditions are billed like writes."
    ),
    "SystemErrors": (
        "Open the AWS Health Dashboard. The client retries with back-off; act only if it lasts "
        "longer than 15 minutes."
    ),
    "FailedConditions": (
        "Look for a client that retries what cannot succeed: failed conditions are billed like "
        "writes. If the rate is real, set `fails:` of the pattern, then deploy."
    ),
    "Limit": "Raise the account's quota of provisioned capacity with AWS Support.",
    "Concurrency": "Raise the quota of concurrent functions, or find what makes them wait.",
    "Latency": (
        "Compare the latency of the database (dashboard, `tablewright explain PATTERN`) with that "
        "of the program; look for cold starts and calls to others."
    ),
    "InstanceFailed": "Stop and start the instance: it moves to another host. Check its log.",
    "DatabaseBusy": (
        "`tablewright doctor` shows statements and indexes; then raise the size in the option."
    ),
    "DatabaseDisk": "It grows by itself up to its maximum; find what fills it, or raise that.",
    "ItemSize": (
        "The job's log names the item. Compress its long attribute, keep that in S3, give a list "
        "items of its own, or archive old entries: `tablewright doctor` shows the ten largest."
    ),
    "Lag": "Open the AWS Health Dashboard of the receiving region. Reads there are stale.",
    "FunctionErrors": "Read the log group for stack traces; roll back the last release (below).",
    "FunctionThrottled": (
        "Look for functions that wait; raise the concurrency quota if the load is real."
    ),
    "DeadLetters": (
        "Read a message from the queue, fix the cause, send it again, then delete it. Messages are "
        "kept for 14 days."
    ),
    "ApiErrors": "Read the log group for the route that fails; roll back the last release (below).",
    "BalancerErrors": "Read the log group; roll back the last release (below).",
    "Unhealthy": (
        "The service replaces it by itself. If it goes on, the new release does not answer the "
        "health check: roll back (below)."
    ),
}
"""What to do, by the ending of an alarm's name; the longest that fits counts."""


def runbook(stack: Stack, site: Site, file_format: str) -> str:
    """Return the runbook as Markdown."""
    pieces = [
        f"# Runbook: {site.title}, {site.environment}\n",
        f"Stack `{stack.name}` in {stack.region}, option `{site.option}`. "
        f"Priced at {site.usd_per_month.quantize(site.usd_per_month.__class__('0.01'))} USD a "
        f"month for {site.users:,} users. Alarms go to the address given as `AlarmEmail`.\n",
        *_filled_in(stack, site, file_format),
        *_guide(stack, site, file_format),
        *_exposure(stack),
        *_security(stack, site),
        *_routine(stack, site, file_format),
        *_alarms(stack),
        *_release(stack, site, file_format),
        *_secrets(site),
        *_recovery(stack, site),
    ]
    return "\n".join(pieces)


def _filled_in(stack: Stack, site: Site, file_format: str) -> Iterator[str]:
    """Yield what the operator sets once in a shell; every command below refers to it."""
    yield "## Fill in first\n"
    yield "Whoever deploys sets these in the shell; the commands below can then be pasted.\n"
    yield "```bash"
    yield from exports(stack, site, file_format)
    if site.access.variable:
        variable = site.program.address_variable
        yield f"read -rs {variable} && export {variable}    # address of the database"
    yield "```\n"


def _verify(stack: Stack, file_format: str) -> Iterator[tuple[str, str, str]]:
    """Yield how an operator sees that everything is there, and what it is."""
    if file_format == TERRAFORM:
        plan = "terraform plan -input=false -detailed-exitcode"
        yield "Verify", "nothing is left to change", plan
        yield "Secure", "who may do what: the roles", "terraform state list | grep iam_role"
        return
    name = f"--stack-name {stack.name}"
    yield "Verify", "the stack is complete", f"aws cloudformation describe-stacks {name}"
    roles = f"aws cloudformation describe-stack-resources {name}"
    yield "Secure", "who may do what: the roles of the stack", roles
    events = f"aws cloudformation describe-stack-events {name}"
    yield "Troubleshoot", "what failed in the stack", events


def _guide(stack: Stack, site: Site, file_format: str) -> Iterator[str]:
    """Yield the steps from nothing to a running system, each with its command."""
    name = stack.name
    steps = [
        ("Set up", "install the tools; sign in as whoever deploys (deployer-policy.json)",
         "aws sts get-caller-identity"),
        *_bucket(stack, site, file_format),
        *_deployment(stack, site, file_format),
        *_verify(stack, file_format),
        ("Verify", "every point of the checklist", "./checklist.sh"),
        ("Verify", "tables are as designed", f"tablewright status {_where(site)}"),
        ("Monitor", "the dashboard, expected beside observed",
         f"aws cloudwatch get-dashboard --dashboard-name {name}"),
        ("Monitor", "alarms that are on",
         f"aws cloudwatch describe-alarms --state-value ALARM --query "
         f"\"MetricAlarms[?starts_with(AlarmName, '{name}')].AlarmName\""),
        ("Back up", "a copy outside the service", f"tablewright backup {_where(site)}"),
        ("Maintain", "the model still fits what is observed",
         f"tablewright doctor {_where(site)}"),
    ]  # fmt: skip
    if kind_of(site):
        log = f"{LOG} /tablewright/{site.app}/{site.environment} --since 1h"
        steps.append(("Troubleshoot", "the program's log", log))
    if not site.access.migration:  # a server's design is derived, not planned
        steps.append(("Optimise", "a cheaper design, and why", "tablewright plan"))
    else:
        place = next(i for i, step in enumerate(steps) if step[0] == "Verify")
        steps.insert(place, ("Deploy", "create tables or collections", _migrate(site)))
    has_others = any(not resource.kind.startswith("AWS::") for resource in stack.resources)
    if has_others and file_format != TERRAFORM:
        command = "terraform -chdir=atlas init && terraform -chdir=atlas apply"
        steps.insert(2, ("Deploy", "the cluster at MongoDB Atlas", command))
    steps.sort(key=lambda step: CHAPTERS.index(step[0]))
    yield "## From nothing to a running system\n"
    yield "| Step | What | Command |\n| --- | --- | --- |"
    for title, text, command in steps:
        if shown := _in_environment(command, site):
            yield f"| {title} | {text} | `{_in_cell(shown)}` |"
    yield ""


def _bucket(stack: Stack, site: Site, file_format: str) -> Iterator[tuple[str, str, str]]:
    if needs_bucket(site, file_format):
        text = "a bucket for releases, once for each account and region"
        yield "Set up", text, f'aws s3 mb "s3://$ARTIFACT_BUCKET" --region {stack.region}'


def _in_cell(command: str) -> str:
    """Return a command as a cell of a table takes it."""
    return command.replace("|", "\\|")


def _deployment(stack: Stack, site: Site, file_format: str) -> Iterator[tuple[str, str, str]]:
    """Yield the steps of the first deployment, in the order in which they can be done.

    A function or an instance needs its release in the bucket before the stack is created; an image
    needs the repository, which is created with the stack: the service begins without tasks.
    """
    kind = kind_of(site)
    release = './release.sh "$TAG"'
    first = "0" if kind == TASKS else ""
    before = setting(file_format, first) if first else ""
    hint = overrides(stack, site, file_format, first)
    if kind and kind != TASKS:
        text = "build, test and upload the program"
        if pages_bucket(site):
            text += "; it stops at the pages, whose bucket comes with the stack"
        yield "Deploy", text, release
    everything = "everything but the tasks: the image needs its repository first"
    yield "Deploy", "what would change", f"{before}make plan{hint}"
    yield (
        "Deploy",
        everything if first else "create or change everything",
        f"{before}make deploy APPROVED=yes{hint}",
    )
    needed = ["ImageRepository"] if kind == TASKS else []
    if pages_bucket(site):
        needed += ["WebBucket", "DistributionId"]
    for name in needed:
        value = output_command(stack, name, file_format)
        yield "Deploy", f"output {name}", f"export {snake_case(name).upper()}=$({value})"
    if needed:
        yield "Deploy", "the image" if kind == TASKS else "the pages", release
    if kind == TASKS:
        hint = overrides(stack, site, file_format, str(task_count(site)))
        yield "Deploy", "the tasks", f"{_deploy(file_format)}{hint}"


def _deploy(file_format: str) -> str:
    """Return the command that deploys; Terraform applies what was planned before."""
    plan = "make plan && " if file_format == TERRAFORM else ""
    return f"{plan}make deploy APPROVED=yes"


def _where(site: Site) -> str:
    """Return the options of a command that works on the deployed database."""
    return _named(OperatedDesign(model="", design=site.design, access=site.access).where, site)


def _in_environment(command: str, site: Site) -> str:
    """Return a command of the database with the environment it is for; "" where it knows none.

    Backups and drills find tables by the names of the design, which are those of production.
    """
    if site.environment == PRODUCTION or not site.access.names_environments:
        return command
    verb = " ".join(command.split()[:2])
    if verb in ("tablewright status", "tablewright doctor"):
        return f"{command} --env {site.environment}"
    return "" if verb in ("tablewright backup", "tablewright restore") else command


def _migrate(site: Site) -> str:
    return site.access.command(site.access.runner, f'"${site.program.address_variable}"')


def _secrets(site: Site) -> Iterator[str]:
    """Yield how each secret is replaced, and how often."""
    if not site.secrets:
        return
    yield "## Secrets\n"
    yield "| Secret | Every | What |\n| --- | --- | --- |"
    for secret in site.secrets:
        yield f"| {secret.name} | {secret.rotate_days} days | {secret.text or 'key'} |"
    kept = "application" if site.shares_a_secret else "NAME"
    yield (
        "\nFetch a new value from whoever issues it, store it, release once more, then withdraw "
        "the old one: `aws secretsmanager put-secret-value --secret-id "
        f"{site.app}/{site.environment}/{kept} --secret-string file:///dev/stdin`. "
        "A reminder comes to the alarms' address.\n"
    )


def exposed(stack: Stack) -> tuple[str, ...]:
    """Return what the internet can reach, in words."""
    listed: list[str] = []
    for resource in stack.resources:
        if resource.kind == "AWS::EC2::SecurityGroup":
            for opening in resource.properties["SecurityGroupIngress"]:
                if opening.get("CidrIp") == "0.0.0.0/0":
                    port, text = opening["FromPort"], opening["Description"]
                    listed.append(f"`{resource.name}`: port {port} ({text})")
        elif resource.kind == "AWS::ApiGatewayV2::Api":
            listed.append(f"`{resource.name}`: the HTTP API, over TLS")
        elif resource.kind == "AWS::ApiGateway::RestApi":
            listed.append(f"`{resource.name}`: the REST API, over TLS")
        elif resource.kind == "AWS::CloudFront::Distribution":
            listed.append(f"`{resource.name}`: the pages, over TLS")
    return tuple(listed)


def _exposure(stack: Stack) -> Iterator[str]:
    yield "## What the internet can reach\n"
    listed = exposed(stack)
    yield "\n".join(f"- {text}" for text in listed) + "\n" if listed else "Nothing.\n"


def _security(stack: Stack, site: Site) -> Iterator[str]:
    """Yield every security setting with its state: what an audit asks for."""
    yield "## Security settings\n"
    yield "| Setting | State | What stands for it, or what would |\n| --- | --- | --- |"
    for row in security(stack, site):
        yield f"| {row.what} | {row.state} | {row.evidence}{f'; {row.fix}' if row.fix else ''} |"
    yield ""


def _routine(stack: Stack, site: Site, file_format: str) -> Iterator[str]:
    yield "## Routine\n"
    deploy = f"{_deploy(file_format)}{overrides(stack, site, file_format)}"
    yield "| When | Task | Command |\n| --- | --- | --- |"
    secrets = tuple((secret.name, secret.rotate_days) for secret in site.secrets)
    subject = OperatedDesign(
        model=".",
        design=site.design,
        access=site.access,
        secrets=secrets,
        language=site.program.language,
    )
    tasks = [task for task in routine(subject) if _is_here(task.command, site)]
    rows = [(task.interval, task.what, _named(task.command, site)) for task in tasks]
    if kind_of(site) == INSTANCES:
        rows.append(("monthly", "patch: replace the instance from its template", deploy))
    if kind_of(site) == TASKS:
        rebuilt = 'make release RELEASE="$TAG"'
        rows.append(("monthly", "rebuild the image on a patched base, with a new TAG", rebuilt))
        rows.append(("monthly", "release it", deploy))
    for when, what, command in sorted(rows, key=lambda row: INTERVALS.index(row[0])):
        if shown := _in_environment(command, site):
            yield f"| {when} | {what} | `{_in_cell(shown)}` |"
    yield ""


def _is_here(command: str, site: Site) -> bool:
    """Whether a routine command is about something that the stack has."""
    return bool(site.engine) and (bool(kind_of(site)) or not command.startswith(LOG))


def _named(command: str, site: Site) -> str:
    """Return a command with the names of this deployment."""
    kept = "application" if site.shares_a_secret else "NAME"
    place = f"{site.app}/{site.environment}"
    named = command.replace("APP/ENVIRONMENT/NAME", f"{place}/{kept}")
    if site.access.variable:
        named = named.replace(f"${site.access.variable}", f"${site.program.address_variable}")
    return named.replace("APP/ENVIRONMENT", place)


def _advice_for(resource: Resource) -> str:
    name = resource.name.removesuffix("Alarm")
    fitting = [ending for ending in ADVICE if ending in name]
    if not fitting:
        raise KeyError(f"no advice for the alarm {resource.name}")
    return ADVICE[max(fitting, key=len)]


def _alarms(stack: Stack) -> Iterator[str]:
    yield "## Alarms\n"
    for resource in stack.of_kind("AWS::CloudWatch::Alarm"):
        yield f"### {resource.name}\n"
        yield f"{resource.properties['AlarmDescription']}.\n"
        if resource.reason:
            yield f"Threshold: {resource.reason}.\n"
        yield f"{_advice_for(resource)}\n"


def _release(stack: Stack, site: Site, file_format: str) -> Iterator[str]:
    yield "## Release and roll back\n"
    kind = kind_of(site)
    if kind:
        command = f'make release RELEASE="$TAG" && {_deploy(file_format)}'
        hint = overrides(stack, site, file_format)
        yield f"By hand: `{command}{hint}`, with a new `TAG`.\n"
    if kind:
        yield (
            "The pipeline goes back to what ran before where the smoke test fails. By hand: "
            "`make roll-back RELEASE=BEFORE`; `make outputs` before a release shows as `Release` "
            "what BEFORE is.\n"
        )
    if kind == TASKS:
        yield (
            "A release that does not become healthy is rolled back by the service itself. By hand: "
            "deploy again with the `ImageTag` of the release before.\n"
        )
    elif kind == FUNCTION:
        yield "Deploy again with the `ArtifactKey` of the release before.\n"
    elif kind == INSTANCES:
        yield (
            "Deploy again with the `ArtifactKey` of the release before, then replace the instance: "
            "it fetches its release when it starts.\n"
        )
    yield (
        "Tables, buckets, secrets and databases are kept when the stack is deleted, and "
        "CloudFormation refuses to replace a table silently: a change of key means a new table and "
        "`tablewright migrate`.\n"
    )


def _recovery(stack: Stack, site: Site) -> Iterator[str]:
    where = _where(site)
    yield "## Recovery\n"
    yield "| What | Recovery point | How |\n| --- | --- | --- |"
    for resource in stack.resources:
        if resource.kind in ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"):
            recovery = resource.properties.get("PointInTimeRecoverySpecification", {})
            if recovery.get("PointInTimeRecoveryEnabled"):
                days = recovery.get("RecoveryPeriodInDays", 35)
                point = f"any second of the last {days} days"
                command = RESTORE.format(where=where)
                how = f"`{command}` into a new table, compare, switch over"
                if not _in_environment(command, site):
                    how = "copies of production are restored, not this environment's"
            else:
                point, how = "**none**: point-in-time recovery is off in the design", "—"
            yield f"| {resource.properties['TableName']} | {point} | {how} |"
        elif resource.kind in ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance"):
            if "BackupRetentionPeriod" in resource.properties:
                days = resource.properties["BackupRetentionPeriod"]
                yield (
                    f"| {resource.name} | any second of the last {days} days | restore to a new "
                    "server, verify, switch over |"
                )
        elif resource.kind == "AWS::S3::Bucket":
            yield f"| {resource.name} | old versions of objects, 30 days | copy the version back |"
    yield ""
    yield (
        "TIME is the moment before the fault, such as 2026-11-30T12:00:00Z; NEW the beginning of "
        "the names of the new tables. Nothing is overwritten by a restore.\n"
    )
    yield (
        f"{site.measured_recovery or 'No drill has measured a recovery yet.'} Recovery times "
        "depend on the size of the data: the drill of the quarterly tasks measures them, and "
        "`tablewright deploy` then writes the last one here.\n"
    )
