"""`deploy`: what is priced is what is written, least privileged, the same twice."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from applications import session_of
from tablewright import apps, read_model
from tablewright.core.errors import UsageError
from tablewright.deploy.grants import statements
from tablewright.deploy.resources import Ref, Text
from tablewright.engines.dynamodb.infrastructure import share_of
from tablewright.local.policy.accesses import accesses_of
from tablewright.local.policy.documents import read_policy
from tablewright.local.policy.evaluation import evaluate
from tablewright.proof.examples import example_requests
from tablewright.session import Options, Session
from tablewright.verbs.deploy import deploy, deploy_options

DYNAMO_DESIGNS = [
    (app, name) for app in apps.NAMES for name in ("current", "recommended") if app != "poafix"
] + [("poafix", "dynamodb")]


def session_at(app, path):
    return Session(read_model(apps.read(app), str(path)), Options())


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deploy")
    session = session_at("llm-proxy", folder / "tablewright.yaml")
    return session, deploy(session, option="native-aws"), folder / "deploy" / "production"


def test_every_priced_line_has_a_resource_or_is_charged_by_use(written):
    _, view, _ = written
    by_use = [part.title for part in view.parts if not part.resources]

    assert by_use == ["data out"]
    # the lines add up to the priced option, less what is always free
    assert sum(part.usd for part in view.parts) >= view.usd


def test_what_alarms_cost_beyond_the_priced_ones_is_said(written):
    _, view, _ = written
    beside = next(row for row in view.beside if row.price_key == "aws.cloudwatch.alarm")

    # Every metric is charged. Users: throttles 2, units 2, errors of 5 operations; its index:
    # throttles 2, units 2; Usage: 2, 2, and 2 operations; functions 4, API 2: 9 + 4 + 6 + 6 = 25.
    # Six are priced, at 0.10 USD: 19 more.
    assert (beside.written, beside.priced) == (25, 6)
    assert beside.usd == Decimal("1.90")


def test_a_cache_says_from_which_share_of_reads_it_pays_for_itself():
    session = session_of("auxeira")
    view = deploy(session, option="functions", additions=("cache",), dry_run=True)
    cache = next(part for part in view.parts if part.price_key.startswith("aws.elasticache"))

    # 730 hours at 0.016 USD; at 100 users every read together costs less than a cent of that
    assert cache.usd == Decimal("11.680")
    assert cache.note.startswith("never pays for itself")


@pytest.mark.parametrize(
    ("file_format", "address"),
    [
        ("cloudformation", "rediss://${Cache.PrimaryEndPoint.Address}:6379"),
        (
            "terraform",
            "rediss://${aws_elasticache_replication_group.cache.primary_endpoint_address}:6379",
        ),
    ],
)
def test_the_program_is_told_where_the_cache_is(tmp_path, file_format, address):
    name = "main.tf" if file_format == "terraform" else "template.yaml"
    for additions, is_told in ((("cache",), True), ((), False)):
        folder = tmp_path / str(is_told)
        deploy(
            session_of("auxeira"),
            option="functions",
            file_format=file_format,
            additions=additions,
            out=folder,
        )
        text = (folder / name).read_text(encoding="utf-8")
        assert (address in text, "REDIS_URL" in text) == (is_told, is_told)


def test_an_addition_that_the_option_does_not_have_is_refused_with_the_nearest(written):
    session, _, _ = written

    with pytest.raises(UsageError, match="backups") as raised:
        deploy(session, option="native-aws", additions=("backups",), dry_run=True)
    assert "backup" in raised.value.remedy


def test_replicas_are_in_the_tables_and_in_the_price(written):
    session, view, _ = written
    wide = deploy(session, option="native-aws", regions=("eu-west-1",), dry_run=True)

    assert wide.usd > view.usd
    # one alarm on the lag of each of the two tables
    assert wide.alarms == view.alarms + 2


def test_a_second_run_has_nothing_to_do(written):
    session, first, _ = written
    second = deploy(session, option="native-aws")

    assert first.new
    assert not second.new
    assert not second.changed
    assert set(second.unchanged) == set(first.new)


def test_staging_stands_beside_production_with_names_of_its_own(written):
    session, _, folder = written
    view = deploy(session, option="native-aws", environment="staging")

    def tables(path):
        text = (path / "template.yaml").read_text()
        return {line.split()[-1] for line in text.splitlines() if "TableName:" in line}

    assert Path(view.folder).name == "staging"
    assert tables(folder) == {"Users", "Usage"}
    assert tables(Path(view.folder)) == {"staging-Users", "staging-Usage"}


def test_an_unknown_option_suggests_the_nearest(written):
    session, _, _ = written

    with pytest.raises(UsageError, match="nativ-aws") as raised:
        deploy(session, option="nativ-aws")
    assert "native-aws" in raised.value.remedy


def test_options_of_other_clouds_are_listed_as_priced_only():
    view = deploy_options(session_of("mongocollectibles"))
    rows = {row.name: row for row in view.options}

    assert {name for name, row in rows.items() if row.is_deployable} >= {
        "minimal",
        "production",
        "serverless",
        "fargate",
    }
    assert "outside AWS" in rows["google-cloud"].reason


def test_the_written_pipeline_and_template_are_yaml(written):
    _, _, folder = written

    assert yaml.safe_load((folder / "pipeline.yaml").read_text())["permissions"] == {}
    assert "password" not in (folder / "template.yaml").read_text().lower().replace(
        "passwordlength", ""
    )


# ------------------------------------------------------------ least privilege


def policy_of(session, design):
    """Return grants by (action, resource ARN), and the policy of the generated statements."""
    evaluation = session.evaluate(design)
    share = share_of(evaluation, "production", ())
    names = {
        resource.name: resource.properties["TableName"]
        for resource in share.resources
        if "TableName" in resource.properties
    }

    def arn(resource):
        if isinstance(resource, Ref):
            return f"arn:aws:dynamodb:us-east-1:000000000000:table/{names[resource.resource]}"
        assert isinstance(resource, Text)
        return "".join(p if isinstance(p, str) else arn(p) for p in resource.parts)

    documents = []
    for statement in statements(share.grants):
        documents += [
            {"Effect": "Allow", "Action": action, "Resource": arn(statement.resources[0])}
            for action in statement.actions
        ]
    return evaluation, documents


def needs_of(session, evaluation, design):
    """Return, by pattern, the accesses that its real requests ask for."""
    connector = session.engine_of(design).connector
    keys = {table.name: (table.partition_key,) for table in design.tables}
    needs = {}
    for pattern in session.model.patterns:
        if not evaluation.route(pattern.name).is_served:
            continue
        needs[pattern.name] = {
            (access.action, access.resource)
            for request in example_requests(connector, evaluation, pattern.name)
            if not request.operation.endswith("Object")
            for access in accesses_of(
                request.operation,
                dict(request.template),
                partition_keys=lambda table, index=None: keys.get(table, ()),
                arn=lambda name: f"arn:aws:dynamodb:us-east-1:000000000000:table/{name}",
            )
        }
    return needs


def refused(needs, documents):
    policies = [read_policy({"Version": "2012-10-17", "Statement": documents})]
    return {
        name
        for name, accesses in needs.items()
        if not all(
            evaluate(policies, action=action, resource=resource).is_allowed
            for action, resource in accesses
        )
    }


@pytest.mark.parametrize(("app", "name"), DYNAMO_DESIGNS)
def test_the_workload_runs_under_its_policy_and_each_removed_action_is_missed(app, name):
    session = session_of(app)
    design = session.design(name)
    evaluation, documents = policy_of(session, design)
    needs = needs_of(session, evaluation, design)

    assert not refused(needs, documents)
    for position, document in enumerate(documents):
        rest = documents[:position] + documents[position + 1 :]
        place = (document["Action"], document["Resource"])
        missing = {pattern for pattern, accesses in needs.items() if place in accesses}
        assert refused(needs, rest) == missing
        assert missing, f"{place} is granted and no pattern asks for it"
