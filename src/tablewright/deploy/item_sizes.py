"""A weekly job that measures the items of tables, and an alarm before one reaches the limit.

In: a site, the tables of its database. Out: resources. DynamoDB has no metric of item sizes: the
job reads the tables, half a read unit for each 4 KB, and publishes the largest item as a metric of
the application's own (0.30 USD a month). Its source is `item_sizes.py.txt`, in the template itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

from tablewright.capacity.limits import MAX_ITEM_BYTES
from tablewright.deploy.alarm_values import alarm, watched
from tablewright.deploy.option import Site
from tablewright.deploy.resources import Ref, Resource, Text
from tablewright.deploy.rights import role_of

ITEM_SIZES = "item-sizes"
"""The addition by this name."""
NAMESPACE = "Tablewright"
METRIC = "LargestItemBytes"
NEAR_LIMIT_PERCENT = 75
"""Of the largest item there may be: 300 KB of 400; `doctor` warns at the same share."""
MOST_PAGES = 800
"""Pages of 1 MB that a run reads of a table: what fits into the time a function may run."""
DAY_SECONDS, SECONDS, MB = 86_400, 900, 512
LARGEST_INLINE = 4096
"""Characters of a function's source in a template: AWS::Lambda::Function Code, ZipFile."""


def item_sizes(site: Site, tables: Sequence[Resource]) -> Iterator[Resource]:
    """Yield the job, its schedule and its alarm where they are asked for."""
    if ITEM_SIZES not in site.extras or not tables:
        return
    yield Resource(
        name="ItemSizesLogs",
        kind="AWS::Logs::LogGroup",
        properties={"RetentionInDays": site.retention_days},
        reason="the largest item of each table, with its key",
    )
    yield _role(tables)
    yield _function(site, tables)
    yield from _schedule()
    largest = watched(
        NAMESPACE,
        METRIC,
        [{"Name": "Stack", "Value": site.stack_name}],
        statistic="Maximum",
        period=DAY_SECONDS,
    )
    yield alarm(
        "ItemSize",
        "an item comes near the largest that there may be: the job's log names its key",
        {
            **largest,
            "EvaluationPeriods": 1,
            "Threshold": MAX_ITEM_BYTES * NEAR_LIMIT_PERCENT // 100,
            "TreatMissingData": "ignore",  # six days of a week have no run
        },
        reason=f"{NEAR_LIMIT_PERCENT} % of {MAX_ITEM_BYTES:,} bytes",
    )


def _role(tables: Sequence[Resource]) -> Resource:
    statements: list[dict[str, Any]] = [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": ["dynamodb:DescribeTable", "dynamodb:Scan"],
            "Resource": [Ref(table.name, "Arn") for table in tables],
        },
        {
            "Sid": "Publish",
            "Effect": "Allow",
            "Action": ["cloudwatch:PutMetricData"],
            "Resource": ["*"],  # has no resource: Service Authorization Reference, CloudWatch
            "Condition": {"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
        },
        {
            "Sid": "WriteLogs",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [Text((Ref("ItemSizesLogs", "Arn"), ":*"))],
        },
    ]
    return role_of("ItemSizesRole", "lambda", statements, "reads tables, publishes one metric")


def _function(site: Site, tables: Sequence[Resource]) -> Resource:
    names: list[object] = []
    for table in tables:
        names += [",", Ref(table.name)] if names else [Ref(table.name)]
    return Resource(
        name="ItemSizes",
        kind="AWS::Lambda::Function",
        properties={
            "Architectures": ["arm64"],
            "Code": {"ZipFile": source()},
            "Environment": {
                "Variables": {
                    "MOST_PAGES": str(MOST_PAGES),
                    "NAMESPACE": NAMESPACE,
                    "STACK": site.stack_name,
                    "TABLES": Text(tuple(names)),
                }
            },
            "Handler": "index.handler",
            "LoggingConfig": {"LogGroup": Ref("ItemSizesLogs"), "LogFormat": "JSON"},
            "MemorySize": MB,
            "Role": Ref("ItemSizesRole", "Arn"),
            "Runtime": "python3.13",
            "Timeout": SECONDS,
        },
        reason=f"reads up to {MOST_PAGES} MB of each table, half a read unit for each 4 KB",
    )


def _schedule() -> Iterator[Resource]:
    yield Resource(
        name="ItemSizesWeekly",
        kind="AWS::Events::Rule",
        properties={
            "Description": "measure the items of the tables",
            "ScheduleExpression": "cron(0 4 ? * SUN *)",
            "State": "ENABLED",
            "Targets": [{"Id": "job", "Arn": Ref("ItemSizes", "Arn")}],
        },
        reason="every Sunday at four, UTC",
    )
    yield Resource(
        name="ItemSizesPermission",
        kind="AWS::Lambda::Permission",
        properties={
            "Action": "lambda:InvokeFunction",
            "FunctionName": Ref("ItemSizes"),
            "Principal": "events.amazonaws.com",
            "SourceArn": Ref("ItemSizesWeekly", "Arn"),
        },
    )


def source() -> str:
    """Return the source of the job."""
    return files("tablewright.deploy").joinpath("item_sizes.py.txt").read_text(encoding="utf-8")
