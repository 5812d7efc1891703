"""A cache before a table: read, refused, printed, billed by its stated hits, and never proved."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from dynamo_proofs import dynamo_design
from sources.importing import imported
from tablewright import read_model
from tablewright.core.errors import ModelError
from tablewright.engines.dynamodb.changes import diff
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.design_printer import design_section
from tablewright.engines.dynamodb.infrastructure import _table
from tablewright.engines.dynamodb.provisioning import plan_up
from tablewright.evaluation.doors import Target
from tablewright.evaluation.values import Evaluation
from tablewright.reports.prove import proof_page
from tablewright.session import Options, Session
from tablewright.verbs.prove import prove

MODEL = """
app: fronts
region: us-east-1
scales: [10000]
entities:
  Thing: {key: id, count: 10/user, attributes: {id: uuid, kind: text(8), text: text(700)}}
  Other: {key: id, count: 1/user, attributes: {id: uuid, text: text(700)}}
patterns:
  soon: {get: Thing, by: id, rate: 100/user/day}
  strong: {get: Thing, by: id, consistency: strong, rate: 10/user/day}
  sure: {get: Thing, by: id, consistency: transactional, rate: 10/user/day}
  all: {scan: Thing, select: [kind], rate: 1/day, purpose: batch}
  bykind: {list: Thing, where: kind, select: [id], limit: 1, rate: 10/user/day}
  write: {put: Thing, rate: 100/user/day}
  other: {get: Other, by: id, rate: 100/user/day}
designs:
  one:
    engine: dynamodb
    tables:
      things:
        key: id
        items: Thing
        indexes: {by-kind: {key: kind, project: keys-only}}
        cache: CACHE
      others: {key: id, items: Other, cache: OTHER}
"""
DAX = "{dax: {node: r5.large, nodes: 3}, hits: 80%}"
VALKEY = "{elasticache: {stored: 2147483648}, hits: 80%}"


def design_of(cache: str, other: str = "") -> tuple[Session, DynamoDesign]:
    text = MODEL.replace("cache: CACHE", f"cache: {cache}" if cache else "title: none")
    text = text.replace(", cache: OTHER", f", cache: {other}" if other else "")
    session = Session(file=read_model(text, "fronts.yaml"), options=Options(sample_items=64))
    return session, dynamo_design(session, "one")


def evaluated(cache: str, other: str = "") -> Evaluation:
    return design_of(cache, other)[0].evaluate("one")


def read_units(cache: str) -> dict[str, Decimal]:
    """Return read units a month by access pattern."""
    lines = [line for line in evaluated(cache).bill.lines if "read" in line.what]
    return {line.pattern: round(line.quantity) for line in lines}


def test_stated_hits_keep_gets_and_queries_off_the_table_and_its_indexes() -> None:
    # 10,000 users x 100 a day x 365 / 12 days = 30,416,667 gets of half a unit: 15,208,333 units,
    # of which 20 % = 3,041,667 are left; a query of an index half a unit, 10 a day: 1,520,833
    # units, 20 % = 304,167. A strong get is one unit and a transactional one two, 10 a day.
    assert read_units("") | {"all": 0} == {
        "soon": 15_208_333,
        "strong": 3_041_667,
        "sure": 6_083_333,
        "bykind": 1_520_833,
        "all": 0,
        "other": 15_208_333,
    }
    cached = read_units(DAX)
    assert (cached["soon"], cached["bykind"]) == (3_041_667, 304_167)
    without = read_units("")
    for pattern in ("strong", "sure", "all", "other"):
        assert cached[pattern] == without[pattern], pattern


def lines_of(evaluation: Evaluation) -> dict[str, tuple[Decimal, Decimal]]:
    return {
        f"{line.resource}: {line.what}": (round(line.quantity), round(line.amount, 2))
        for line in evaluation.bill.lines
        if line.resource.endswith("/cache")
    }


def test_a_cluster_is_charged_by_node_and_hour() -> None:
    # 3 nodes x 730 hours = 2,190 at 0.255 USD = 558.45 USD
    evaluation = evaluated(DAX)
    assert lines_of(evaluation) == {
        "things/cache: DAX nodes r5.large": (Decimal(2190), Decimal("558.45"))
    }
    # 15,208,333 + 1,520,833 = 16,729,167 units, 80 % of them = 13,383,333, at 0.125 a million: 1.67
    (text,) = [t for t in evaluation.bill.assumptions if t.startswith("a cache answers")]
    assert text == (
        "a cache answers 80 % of the eventually consistent gets and queries of things, as the file "
        "states and nothing here computes: 13,383,333 read units a month (1.67 USD) do not reach it"
    )
    soon = evaluation.route("soon").requests[0]
    assert soon.note == "a cache answers 80 % of these, as stated"
    assert evaluation.route("strong").requests[0].note == ""


def test_tables_that_share_a_cluster_pay_it_once() -> None:
    shared = DAX.replace("nodes: 3", "nodes: 3, cluster: main")
    assert list(lines_of(evaluated(shared, shared))) == ["things/cache: DAX nodes r5.large"]
    assert len(lines_of(evaluated(DAX, DAX))) == 2


def test_elasticache_is_charged_by_what_it_holds_and_by_kilobyte() -> None:
    # 2 GB x 730 hours = 1,460 at 0.084 = 122.64 USD. Items are below 1 KB, so a request is one
    # ECPU: writes 30,416,667; gets and queries 30,416,667 + 3,041,667 = 33,458,333, of which 20 %
    # are asked for twice: x 1.2 = 40,150,000. Together 70,566,667 at 0.0023 a million: 0.16 USD
    evaluation = evaluated(VALKEY)
    assert lines_of(evaluation) == {
        "things/cache: cache, data held": (Decimal(1460), Decimal("122.64")),
        "things/cache: cache, requests": (Decimal(70_566_667), Decimal("0.16")),
    }
    assert any("above the rates of ElastiCache Serverless" in t for t in evaluation.bill.left_out)
    # at least 100 MB are charged: 0.09765625 GB x 730 = 71.289 GB-hours
    little = lines_of(evaluated(VALKEY.replace("2147483648", "1048576")))
    assert little["things/cache: cache, data held"] == (Decimal(71), Decimal("5.99"))


def test_a_node_without_a_price_leaves_no_figure() -> None:
    bill = evaluated(DAX.replace("r5.large", "t3.medium")).bill
    assert bill.figure is None
    assert "aws.dax.t3.medium" in bill.no_figure


@pytest.mark.parametrize("cache", [DAX, VALKEY, DAX.replace("3}", "3, cluster: main}")])
def test_a_printed_design_reads_as_it_was(cache: str) -> None:
    session, design = design_of(cache)
    assert f"cache: {cache}" in design_section(design, session.model)


@pytest.mark.parametrize(
    ("cache", "other", "message"),
    [
        ("{hits: 80%}", "", "is either DAX or ElastiCache"),
        (DAX[:-1] + ", elasticache: {stored: 1GB}}", "", "and both are given"),
        (DAX.replace("nodes: 3", "nodes: 12"), "", "has 12 nodes, and a DAX cluster has 1 to 11"),
        (DAX.replace("nodes: 3", "nodes: 0"), "", "has 0 nodes"),
        ("{dax: {node: r5.large, nodes: 3}}", "", "hits"),
        (DAX.replace("80%", "120%"), "", "hits"),
        (
            DAX.replace("nodes: 3", "nodes: 3, cluster: a"),
            DAX.replace("nodes: 3", "nodes: 2, cluster: a"),
            "share the cache `a` and state it differently",
        ),
    ],
)
def test_a_cache_that_cannot_be_is_refused(cache: str, other: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        design_of(cache, other)
    assert message in str([diagnostic.message for diagnostic in caught.value.diagnostics])


def test_a_cache_is_a_change_and_neither_up_nor_deploy_makes_it() -> None:
    session, design = design_of(DAX)
    assert [str(change) for change in diff(design_of("")[1], design)] == [
        "cache = DAX, 3 x r5.large, 80 % hits stated for things"
    ]
    resource = _table(session.model, design.tables[0], "prod", ())
    assert "is not in this template" in resource.reason
    made, other = [a.text for a in plan_up(session.model, design, {}).actions]
    assert made.endswith("on-demand; the cache before it is made by somebody else")
    assert other == "create others, on-demand"


def test_a_proof_says_that_the_cache_was_not_run(tmp_path: Path) -> None:
    path = tmp_path / "fronts.yaml"
    text = MODEL.replace("CACHE", DAX).replace(", cache: OTHER", "")
    path.write_text(text.replace("[10000]", "[20]"))
    session = Session(file=read_model(path.read_text(), str(path)), options=Options())
    view = prove(session, "one", Target(), users=20, requests=120)
    assert view.is_right
    assert view.agrees
    assert view.proof.not_run == ("the cache of things (DAX, 3 x r5.large, 80 % hits stated)",)
    assert "Not run: the cache of things" in str(proof_page(view))


def test_a_template_with_a_cluster_is_told_what_to_state(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(
        "Resources:\n"
        "  Front: {Type: AWS::DAX::Cluster, Properties: {NodeType: dax.r5.large, "
        "ReplicationFactor: 3}}\n"
        "  Things:\n    Type: AWS::DynamoDB::Table\n    Properties:\n"
        "      BillingMode: PAY_PER_REQUEST\n"
        "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
        "      KeySchema: [{AttributeName: id, KeyType: HASH}]\n"
    )
    (note,) = [note for note in imported(path).notes if "`Front`" in note]
    assert "cache: {dax: {node: dax.r5.large, nodes: 3, cluster: Front}, hits: …}" in note
