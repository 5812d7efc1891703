"""Large attributes in object storage: priced by hand, put, got and deleted, proved."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dynamo_proofs import proof_in_memory
from tablewright import read_model
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.reports.snippets import python_text, shell_text
from tablewright.session import Options, Session
from tablewright.verbs.explain import example_requests
from tablewright.verbs.prove import ProofRequest
from tablewright.verbs.shortening import shortened

MODEL = """\
app: papers
region: {region}
scales: [100]
entities:
  Paper:
    key: id
    count: 3/user
    attributes: {{id: uuid, owner: {{type: id, distinct: 30}}, pdf: {{type: text, bytes: 30KB}},
      scan: {{type: binary, bytes: 10KB, presence: 50%}}}}
patterns:
  paper: {{get: Paper, by: id, rate: 2/user/day}}
  ofOwner: {{list: Paper, where: owner, rate: 1/user/day}}
  head: {{get: Paper, by: id, select: [id, owner], rate: 1/user/day}}
  write: {{put: Paper, if: absent, rate: 1/user/day}}
  edit:
    update: Paper
    by: id
    set: pdf
    if: unchanged
    if_on: owner
    fails: 25%
    rate: 1/user/day
  drop: {{delete: Paper, by: id, rate: 0.1/user/day}}
designs:
  outside:
    engine: dynamodb
    tables:
      papers:
        key: id
        items: {{Paper: {{offload: [pdf, scan]}}}}
        indexes: {{owner-index: {{key: owner, project: [pdf, scan]}}}}
"""


def session_of(region: str = "us-east-1") -> Session:
    text = MODEL.format(region=region)
    return Session(file=read_model(text, "papers.yaml"), options=Options(sample_items=256))


def objects(session: Session, pattern: str) -> dict[str, Decimal]:
    route = session.evaluate(session.design("outside"), 100).route(pattern)
    assert route.is_served, route.cannot
    found = {d: route.units(d).mean for d in ("get", "put", "delete")}
    return {dimension: calls for dimension, calls in found.items() if calls}


def test_each_call_gets_and_puts_the_objects_it_needs():
    session = session_of()
    # Every paper has a pdf, every second one a scan.
    assert objects(session, "paper") == {"get": Decimal("1.5")}
    assert objects(session, "head") == {}
    assert objects(session, "write") == {"put": Decimal("1.5")}
    assert objects(session, "edit") == {"put": Decimal(1)}
    assert objects(session, "drop") == {"delete": Decimal("1.5")}
    # 300 papers of 30 owners: ten at a time.
    assert objects(session, "ofOwner") == {"get": Decimal(15)}


def test_the_bill_has_the_lines_of_object_storage():
    found = session_of()
    evaluation = found.evaluate(found.design("outside"), 100)
    lines = {}
    for line in evaluation.bill.lines:
        if line.resource == "papers/objects":
            lines[line.what] = lines.get(line.what, Decimal(0)) + line.amount
    month = Decimal(100) * 365 / 12
    # Gets a user and day: 2 x 1.5 + 15; at 0.0004 USD a thousand. Puts: 1.5 + 1, at 0.005.
    gets, puts = month * 18 * Decimal("0.0004"), month * Decimal("2.5") * Decimal("0.005")
    assert abs(lines["object gets"] - gets / 1000) < Decimal("1E-12")
    assert abs(lines["object puts"] - puts / 1000) < Decimal("1E-12")
    # 300 pdfs of 30,720 bytes and about 150 scans of 10,240, at 0.023 USD a GB.
    about = 300 * (30_720 + Decimal("0.5") * 10_240) / Decimal(2**30) * Decimal("0.023")
    assert abs(lines["object storage"] / about - 1) < Decimal("0.03")
    assert evaluation.bill.total == sum(line.amount for line in evaluation.bill.lines)


def test_an_item_holds_pointers_and_no_content():
    found = session_of()
    size = found.evaluate(found.design("outside"), 100).resource("papers").shapes[0].sizes
    # id 2+36, owner 5+12, pdf 3+64, and in half of them scan 4+64.
    assert size.largest == 38 + 17 + 67 + 68
    assert size.p50 in (122, 190)


def test_what_is_kept_in_object_storage_is_proved():
    found = session_of()
    design = found.design("outside")
    assert isinstance(design, DynamoDesign)
    proof = proof_in_memory(found, design, ProofRequest(users=100, requests=600), lambda t: None)
    assert [(p.pattern, p.wrong, p.failures) for p in proof.patterns if p.wrong or p.failures] == []
    assert proof.is_right
    assert proof.agrees
    puts = [r for p in proof.patterns for r in p.resources if r.dimension == "put"]
    assert sorted({r.resource for r in puts}) == ["papers/objects"]
    for one in puts:
        assert abs(one.difference) < Decimal("0.05"), one


def test_object_storage_without_a_known_price_has_no_figure():
    found = session_of("eu-north-1")
    bill = found.evaluate(found.design("outside"), 100).bill
    assert bill.figure is None
    assert bill.missing_price is not None
    assert bill.missing_price.key.startswith("aws.s3.")


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("if_on: owner", "if_on: pdf", "edit"),
        ("where: owner", "where: pdf", "ofOwner"),
    ],
)
def test_nothing_is_chosen_by_what_lies_outside(old, new, name):
    text = MODEL.format(region="us-east-1").replace(old, new)
    found = Session(file=read_model(text, "papers.yaml"), options=Options(sample_items=64))
    assert found.evaluate(found.design("outside"), 100).route(name).cannot


def test_its_requests_can_be_pasted():
    found = session_of()
    evaluation = found.evaluate(found.design("outside"), 100)
    put, scan, item = (shortened(r) for r in example_requests(found, evaluation, "write"))
    assert python_text(put).startswith('boto3.client("s3").put_object(')
    assert "Bucket='papers-objects'" in python_text(put)
    command = shell_text(put)
    assert command.startswith("aws s3api put-object --bucket papers-objects --key Paper/pdf/")
    assert command.endswith(" --body FILE")
    assert [r.operation for r in (put, scan, item)] == ["PutObject", "PutObject", "PutItem"]
