"""A migration's job may do what the migration does at its own tables, and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.test_renderers import Loader
from migrate.shop import MODEL
from migrate.test_migration import FILE, database, fill
from tablewright import apps
from tablewright.core.errors import EngineError, UsageError
from tablewright.local.policy import read_policy
from tablewright.migrate.transform import Transform
from tablewright.operate.migration import Migration
from tablewright.operate.migration_run import require_target
from tablewright.operate.staging import Staging
from tablewright.session import Session, read_model
from tablewright.verbs.migrate_job import write_job

LINTER = Path(__file__).parents[2] / ".peers" / "linters" / "bin" / "cfn-lint"
FORMATS = ("cloudformation", "terraform")


def job(
    folder, service="glue", file_format="cloudformation", model=MODEL, names=("apart", "joined")
):
    session = Session(file=read_model(model, "shop.yaml"))
    return write_job(session, *names, service=service, folder=folder, file_format=file_format)


def template(folder):
    return yaml.load((folder / "template.yaml").read_text(), Loader)


def statements(folder):
    role = template(folder)["Resources"]["JobRole"]["Properties"]
    return {s["Sid"]: s for s in role["Policies"][0]["PolicyDocument"]["Statement"]}


@pytest.mark.parametrize("service", ["glue", "emr"])
def test_the_role_names_exactly_the_tables_and_the_bucket(service, tmp_path):
    job(tmp_path, service, names=("apart", "together"))
    stated = statements(tmp_path)

    table = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/"
    assert stated["ReadSource"]["Resource"] == [
        ("Sub", f"{table}users"),
        ("Sub", f"{table}orders"),
    ]
    assert stated["ReadSource"]["Action"] == ["dynamodb:DescribeTable", "dynamodb:Scan"]
    assert stated["WriteTarget"]["Resource"] == [("Sub", f"{table}shop")]
    assert "dynamodb:DeleteItem" not in stated["WriteTarget"]["Action"]
    assert stated["Place"]["Resource"] == [("Sub", "${Work.Arn}/*")]
    assert stated["ListPlace"]["Resource"] == [("GetAtt", "Work.Arn")]
    assert not any("*" in str(s["Action"]) for s in stated.values())


def policies_of(folder, without=""):
    """Return the role's statements on tables as the local engine takes them."""
    written = []
    for name in ("ReadSource", "WriteTarget"):
        stated = statements(folder)[name]
        resources = [
            re.sub(r"arn:.*:table/", "arn:aws:dynamodb:*:*:table/", text)
            for _, text in stated["Resource"]
        ]
        actions = [action for action in stated["Action"] if f"{name}:{action}" != without]
        written.append({"Effect": "Allow", "Action": actions, "Resource": resources})
    return (read_policy({"Version": "2012-10-17", "Statement": written}),)


def moved_under(policies, folder):
    """Migrate with the rights of a role; return what was verified."""
    source, target = database("apart"), database("together")
    fill(source)
    for side in (source, target):
        side._counting.inner.database.policies = policies
    work = Migration(
        source,
        target,
        Transform(FILE.model, source.codec, target.codec),
        Staging(folder / "staging.db"),
    )
    require_target(target)
    assert work.check().is_clear
    work.write()
    return work.verify()


def test_the_rights_of_the_role_are_enough_for_the_whole_migration(tmp_path):
    job(tmp_path, names=("apart", "together"))

    assert moved_under(policies_of(tmp_path), tmp_path).is_clean


@pytest.mark.parametrize(
    "right",
    [
        "ReadSource:dynamodb:Scan",
        "WriteTarget:dynamodb:BatchWriteItem",
        "WriteTarget:dynamodb:Scan",
        "WriteTarget:dynamodb:DescribeTable",
    ],
)
def test_without_one_of_its_rights_the_migration_does_not_get_through(right, tmp_path):
    job(tmp_path, names=("apart", "together"))

    with pytest.raises(EngineError, match="not authorized"):
        moved_under(policies_of(tmp_path, without=right), tmp_path)


def test_two_designs_with_one_table_are_no_job_of_one_account(tmp_path):
    with pytest.raises(UsageError, match="both have table/orders, table/users"):
        job(tmp_path, names=("apart", "guarded"))


def test_the_address_of_a_server_comes_from_a_secret(tmp_path):
    session = Session(file=read_model(apps.read("llm-proxy"), "tablewright.yaml"))
    write_job(session, "before", "recommended", service="glue", folder=tmp_path)
    stated = statements(tmp_path)

    assert stated["ReadSource"]["Action"] == ["secretsmanager:GetSecretValue"]
    assert stated["ReadSource"]["Resource"] == [("Ref", "SourceSecretArn")]
    assert set(template(tmp_path)["Parameters"]) == {
        "SourceSecretArn",
        "SubnetId",
        "SecurityGroupId",
        "ZoneName",
    }
    program = (tmp_path / "migrate.py").read_text()
    assert '"--source-endpoint", secret_text(chosen.source_secret),' in program
    assert '"--aws",' in program


def test_a_program_that_was_edited_is_kept(tmp_path):
    job(tmp_path, names=("apart", "together"))
    (tmp_path / "migrate.py").write_text("# mine\n")

    view = job(tmp_path, names=("apart", "together"))

    assert view.edited == ("migrate.py",)
    assert (tmp_path / "migrate.py").read_text() == "# mine\n"


@pytest.mark.parametrize("service", ["glue", "emr"])
@pytest.mark.parametrize("app", ["shop", "llm-proxy"])
def test_terraform_is_read_back_and_names_what_it_declares(app, service, tmp_path):
    hcl2 = pytest.importorskip("hcl2")
    model = MODEL if app == "shop" else apps.read(app)
    names = ("apart", "together") if app == "shop" else ("before", "recommended")
    job(tmp_path, service, "terraform", model, names)
    text = "\n".join(path.read_text() for path in sorted(tmp_path.glob("*.tf")))

    hcl2.loads(text)
    declared = set(re.findall(r'^resource "(\w+)" "(\w+)"', text, re.M))
    kind = "aws_glue_job" if service == "glue" else "aws_emrserverless_application"
    assert (kind, "job") in declared
    used = set(re.findall(r"(?<![\w.])(aws_\w+)\.(\w+)\.\w+", text))
    assert used <= declared
    variables = set(re.findall(r"\bvar\.(\w+)", text))
    assert variables <= set(re.findall(r'^variable "(\w+)"', text, re.M))


@pytest.mark.slow
def test_cfn_lint_finds_nothing_in_the_jobs(tmp_path):
    command = str(LINTER) if LINTER.exists() else shutil.which("cfn-lint")
    if command is None:
        pytest.skip("cfn-lint is not installed (scripts/install-peers)")
    for service in ("glue", "emr"):
        job(tmp_path / service, service, names=("apart", "together"))
        job(
            tmp_path / f"{service}-server",
            service,
            model=apps.read("llm-proxy"),
            names=("before", "recommended"),
        )
    templates = [str(path) for path in sorted(tmp_path.glob("*/template.yaml"))]

    run = subprocess.run([command, *templates], capture_output=True, text=True, check=False)

    assert len(templates) == 4
    assert run.returncode == 0, run.stdout
