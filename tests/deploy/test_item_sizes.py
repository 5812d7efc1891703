"""The job that measures items: the same bytes as the estimate, one metric, an alarm at 300 KB."""

from __future__ import annotations

import base64
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from deploy.alarm_evaluator import state_of
from deploy.sites import CONTAINERS, FUNCTIONS, GRANTS, ORDERS, site
from tablewright.capacity.items import item_bytes
from tablewright.deploy.folder import files_of
from tablewright.deploy.item_sizes import ITEM_SIZES, LARGEST_INLINE, source
from tablewright.deploy.resources import Ref
from tablewright.deploy.stack import build

BYTES = b"\x00\x01\x02\x03\x04"
ITEMS = [
    {"id": {"S": "Zoë"}, "n": {"N": "-120"}, "x": {"N": "27.5"}, "zero": {"N": "0"}},
    {"id": {"S": ""}, "big": {"N": "1E125"}, "small": {"N": "0.012"}, "hundred": {"N": "100"}},
    {"id": {"B": BYTES}, "yes": {"BOOL": True}, "none": {"NULL": True}},
    {"tags": {"SS": ["a", "bc"]}, "numbers": {"NS": ["1", "480"]}, "raw": {"BS": [BYTES, b""]}},
    {"list": {"L": [{"S": "a"}, {"M": {"k": {"N": "7"}, "l": {"L": []}}}]}, "map": {"M": {}}},
]


@pytest.fixture
def job(monkeypatch):
    """The job's module, with two pages of one table and none of the other behind boto3."""
    small, large = {"id": {"S": "a"}}, {"id": {"S": "b"}, "body": {"S": "x" * 1000}}
    pages = {
        ("orders", None): {"Items": [small], "LastEvaluatedKey": {"id": {"S": "a"}}},
        ("orders", "a"): {"Items": [large]},
        ("empty", None): {"Items": []},
    }

    def scan(**asked):
        start = asked.get("ExclusiveStartKey")
        return pages[asked["TableName"], start["id"]["S"] if start else None]

    sent = []
    clients = {
        "dynamodb": SimpleNamespace(
            scan=scan,
            describe_table=lambda **_: {"Table": {"KeySchema": [{"AttributeName": "id"}]}},
        ),
        "cloudwatch": SimpleNamespace(put_metric_data=lambda **told: sent.append(told)),
    }
    monkeypatch.setitem(sys.modules, "boto3", SimpleNamespace(client=clients.__getitem__))
    for name, value in {"TABLES": "orders,empty", "MOST_PAGES": "10", "STACK": "shop-production",
                        "NAMESPACE": "Tablewright"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    module = {}
    exec(compile(source(), "item_sizes", "exec"), module)
    return SimpleNamespace(**module, sent=sent)


def on_the_wire(value):
    """Return a value as the estimate takes it: binaries in base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: on_the_wire(inner) for name, inner in value.items()}
    return [on_the_wire(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("item", ITEMS)
def test_an_item_has_the_bytes_that_the_estimate_counts(job, item):
    assert job.item_size(item) == item_bytes(on_the_wire(item))


def test_the_largest_item_of_all_pages_and_tables_is_published(job, capsys):
    # id 2 + 1, body 4 + 1,000
    assert job.handler({}, None) == 1007
    (told,) = job.sent
    assert told["Namespace"] == "Tablewright"
    assert told["MetricData"][0]["Value"] == 1007
    assert told["MetricData"][0]["Dimensions"] == [{"Name": "Stack", "Value": "shop-production"}]
    assert '"items": 2, "largest": 1007' in capsys.readouterr().out


def with_job(*keys):
    return replace(site(*keys), extras=(ITEM_SIZES,))


def test_the_alarm_goes_off_above_300_kb_and_keeps_its_state_between_runs():
    p = build(with_job(*FUNCTIONS), (ORDERS,), GRANTS).resource("ItemSizeAlarm").properties

    assert p["Threshold"] == 307_200  # 75 % of 400 x 1024
    assert state_of(p, {"LargestItemBytes": [307_201]}) == "ALARM"
    assert state_of(p, {"LargestItemBytes": [307_200]}) == "OK"
    assert p["TreatMissingData"] == "ignore"


def test_the_job_may_read_the_tables_and_publish_one_namespace_alone():
    stack = build(with_job(*CONTAINERS), (ORDERS,), GRANTS)
    policy = stack.resource("ItemSizesRole").properties["Policies"][0]["PolicyDocument"]
    rights = {statement["Sid"]: statement for statement in policy["Statement"]}

    assert rights["Read"]["Action"] == ["dynamodb:DescribeTable", "dynamodb:Scan"]
    assert rights["Read"]["Resource"] == [Ref("OrdersTable", "Arn")]
    assert rights["Publish"]["Condition"] == {
        "StringEquals": {"cloudwatch:namespace": "Tablewright"}
    }
    assert stack.resource("ItemSizesWeekly").properties["ScheduleExpression"].startswith("cron(")


def test_nothing_of_it_is_there_unless_asked_for():
    names = [resource.name for resource in build(site(*FUNCTIONS), (ORDERS,), GRANTS).resources]

    assert not [name for name in names if name.startswith("ItemSize")]


def test_its_source_fits_into_a_template_and_sam_keeps_it():
    assert len(source()) < LARGEST_INLINE
    wanted = with_job(*FUNCTIONS)
    files = files_of(build(wanted, (ORDERS,), GRANTS), wanted, "sam", "d")
    assert "ItemSizesPermission" in files["template.yaml"]
    assert "### ItemSizeAlarm" in files["RUNBOOK.md"]


def test_terraform_packs_the_source_that_stands_beside_the_configuration():
    hcl2 = pytest.importorskip("hcl2")
    wanted = with_job(*FUNCTIONS)
    files = files_of(build(wanted, (ORDERS,), GRANTS), wanted, "terraform", "d")

    assert files["item_sizes.py"] == source()
    written = hcl2.loads(files["main.tf"])
    text = files["main.tf"]
    assert text.count('resource "aws_lambda_function" "item_sizes"') == 1
    assert "filename = data.archive_file.item_sizes.output_path" in text
    assert 'content = file("${path.module}/item_sizes.py")' in text
    assert 'data "archive_file" "item_sizes"' in text
    assert written["resource"]
    assert "hashicorp/archive" in files["versions.tf"]
