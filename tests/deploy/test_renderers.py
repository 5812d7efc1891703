"""The stack as CloudFormation and as Terraform: readable, resolved, the same twice."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import yaml

from deploy.sites import CONTAINERS, EXPECTED, FUNCTIONS, GRANTS, ORDERS, site
from tablewright.core.errors import UnsupportedError, UsageError
from tablewright.deploy import cloudformation, terraform
from tablewright.deploy.folder import files_of, plan_folder, write_folder
from tablewright.deploy.program import Program
from tablewright.deploy.resources import AccountFact, ParameterRef, Ref, Resource, Stack, Text
from tablewright.deploy.stack import build
from yaml_files import SafeLoader

OPTIONS = {
    "functions": FUNCTIONS,
    "containers": (*CONTAINERS, "aws.secrets-manager.secret", "aws.s3.standard.storage"),
    "instance": ("aws.ec2.t3.small", "aws.ebs.gp3.storage", "aws.cloudfront.https.us"),
}


def stack_of(name):
    return build(site(*OPTIONS[name]), (ORDERS,), GRANTS, EXPECTED)


class Loader(SafeLoader):
    """Reads short tags as (tag, value)."""


def _tagged(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        return (suffix, node.value)
    return (suffix, loader.construct_sequence(node, deep=True))


Loader.add_multi_constructor("!", _tagged)


def test_references_are_written_with_short_tags():
    resource = Resource(
        name="Thing",
        kind="AWS::X::Y",
        properties={
            "A": Ref("Other"),
            "B": Ref("Other", "Arn"),
            "C": Text(("x/", Ref("Other", "Arn"), "/${literal}")),
            "D": ParameterRef("Word"),
            "E": AccountFact("region"),
            "F": Text(("no references",)),
        },
        reason="Because.",
    )
    other = Resource(name="Other", kind="AWS::X::Z")
    text = cloudformation.render(
        Stack(name="s", title="t", region="r", environment="e", resources=(resource, other))
    )

    assert "  # Because.\n  Thing:\n" in text
    assert yaml.load(text, Loader)["Resources"]["Thing"]["Properties"] == {
        "A": ("Ref", "Other"),
        "B": ("GetAtt", "Other.Arn"),
        "C": ("Sub", "x/${Other.Arn}/${!literal}"),
        "D": ("Ref", "Word"),
        "E": ("Ref", "AWS::Region"),
        "F": "no references",
    }


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_every_reference_of_a_template_leads_somewhere(name):
    document = yaml.load(cloudformation.render(stack_of(name)), Loader)
    known = {*document["Resources"], *document["Parameters"]}
    seen = set()

    def visit(value):
        if isinstance(value, tuple):
            tag, inner = value
            if tag == "Ref":
                seen.add(inner)
            elif tag == "GetAtt":
                seen.add(inner.split(".")[0])
            elif tag == "Sub":
                seen.update(n.split(".")[0] for n in re.findall(r"\$\{(?!!)([^}]+)\}", inner))
        elif isinstance(value, dict):
            for inner in value.values():
                visit(inner)
        elif isinstance(value, list):
            for inner in value:
                visit(inner)

    visit(document["Resources"])
    visit(document["Outputs"])
    assert seen
    assert {n for n in seen if not n.startswith("AWS::")} <= known


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_every_reference_of_a_configuration_leads_somewhere(name):
    files = terraform.render(stack_of(name))
    text = "".join(files.values())
    declared = set(re.findall(r'^resource "(\w+)" "(\w+)"', text, re.MULTILINE))
    used = set(re.findall(r"(?<![\w.\"])(aws_\w+)\.(\w+)(?:\.\w+|\])", text))
    variables = set(re.findall(r"var\.(\w+)", text))

    assert used
    assert used <= declared
    assert variables <= set(re.findall(r'^variable "(\w+)"', files["variables.tf"], re.MULTILINE))


def test_the_same_stack_gives_the_same_bytes():
    assert cloudformation.render(stack_of("containers")) == cloudformation.render(
        stack_of("containers")
    )
    assert terraform.render(stack_of("containers")) == terraform.render(stack_of("containers"))


def test_data_outlives_the_stack():
    document = yaml.load(cloudformation.render(stack_of("containers")), Loader)

    assert document["Resources"]["OrdersTable"]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert document["Resources"]["Files"]["UpdateReplacePolicy"] == "Retain"
    assert "prevent_destroy = true" in terraform.render(stack_of("containers"))["main.tf"]


def test_a_kind_without_a_terraform_form_is_refused_not_left_out():
    strange = Resource(name="Thing", kind="AWS::Unheard::Of")
    stack = Stack(name="s", title="t", region="r", environment="e", resources=(strange,))

    with pytest.raises(UnsupportedError, match="AWS::Unheard::Of"):
        terraform.render(stack)


def test_the_runbook_has_a_section_for_every_alarm():
    stack = stack_of("functions")
    text = files_of(stack, site(*FUNCTIONS), "cloudformation", "deploy")["RUNBOOK.md"]

    alarms = [alarm.name for alarm in stack.of_kind("AWS::CloudWatch::Alarm")]
    assert alarms
    assert all(f"### {name}\n" in text for name in alarms)
    assert "| orders | any second of the last 35 days |" in text


def test_the_runbook_names_the_deployment_and_the_design_in_its_commands():
    keys = (*FUNCTIONS, "aws.secrets-manager.secret")
    of = replace(site(*keys, environment="staging"), design="slim")
    text = files_of(build(of, (ORDERS,), GRANTS), of, "cloudformation", "deploy")["RUNBOOK.md"]

    assert "APP/ENVIRONMENT" not in text
    assert "`aws logs tail /tablewright/shop/staging --since 7d`" in text
    assert "`tablewright status --design slim --aws --env staging`" in text
    assert "`tablewright doctor . --design slim --aws --env staging`" in text
    # backups are of the names of the design, which are production's
    assert "tablewright restore" not in text
    assert "tablewright backup" not in text
    live = files_of(
        build(replace(of, environment="production"), (ORDERS,), GRANTS),
        replace(of, environment="production"),
        "cloudformation",
        "deploy",
    )["RUNBOOK.md"]
    assert "`tablewright status --design slim --aws`" in live
    assert "`tablewright restore --design slim --aws --at TIME --into NEW`" in live
    # a function needs its release in the bucket before the stack is created
    assert text.index('`./release.sh "$TAG"`') < text.index("`make plan ")
    parameters = "AlarmEmail=$ALARM_EMAIL ArtifactBucket=$ARTIFACT_BUCKET ArtifactKey=app/$TAG.zip"
    assert f'PARAMETERS="{parameters}"' in text


def test_an_image_is_uploaded_once_its_repository_is_there_and_only_then_do_tasks_run():
    of = site(*CONTAINERS)
    for file_format, first, then in (
        ("cloudformation", "TaskCount=0", "TaskCount=2"),
        ("terraform", "`TF_VAR_task_count=0 make deploy", "`make plan && make deploy"),
    ):
        text = files_of(build(of, (ORDERS,), GRANTS), of, file_format, "deploy")["RUNBOOK.md"]
        steps = text[text.index("## From nothing") : text.index("## What the internet")]
        places = [first, "export IMAGE_REPOSITORY=$(", '`./release.sh "$TAG"`', then]
        assert [steps.count(place) for place in places[1:]] == [1, 1, 1]
        assert steps.index(first) < steps.index(places[1])
        assert sorted(places[1:], key=steps.index) == places[1:]


def test_the_runbook_asks_for_newer_versions_in_the_language_of_the_program():
    for language, command in (("node", "npm outdated"), ("go", "go list -m -u all")):
        of = replace(site(*FUNCTIONS), program=Program(language=language))
        text = files_of(build(of, (ORDERS,), GRANTS), of, "cloudformation", "deploy")["RUNBOOK.md"]
        assert f"`{command}`" in text


def test_a_stack_that_runs_no_program_has_no_log_of_one():
    of = site("aws.s3.standard.storage", "aws.cloudfront.https", engine="mongodb")
    text = files_of(build(of), of, "cloudformation", "deploy")["RUNBOOK.md"]

    assert "aws logs tail" not in text


def test_the_runbook_says_what_the_last_drill_measured():
    def recovery(**more):
        of = replace(site(*FUNCTIONS), **more)
        files = files_of(build(of, (ORDERS,), GRANTS), of, "cloudformation", "deploy")
        return files["RUNBOOK.md"].split("## Recovery")[1]

    assert "No drill has measured a recovery yet." in recovery()
    assert "61 s after" in recovery(measured_recovery="10 records were back 61 s after it began.")


def test_the_runbook_says_what_the_internet_can_reach():
    def runbook(name):
        of = site(*OPTIONS[name])
        return files_of(stack_of(name), of, "cloudformation", "deploy")["RUNBOOK.md"]

    assert "`Api`: the HTTP API, over TLS" in runbook("functions")
    assert "`BalancerGroup`: port 443 (HTTPS)" in runbook("containers")
    assert "port 22" not in runbook("instance")


def test_a_second_run_changes_nothing(tmp_path):
    files = files_of(stack_of("functions"), site(*FUNCTIONS), "cloudformation", "deploy")
    write_folder(plan_folder(tmp_path, files))

    assert plan_folder(tmp_path, files).is_idle


def test_a_file_edited_by_hand_is_kept_and_named(tmp_path):
    files = files_of(stack_of("functions"), site(*FUNCTIONS), "cloudformation", "deploy")
    write_folder(plan_folder(tmp_path, files))
    template = tmp_path / "template.yaml"
    edited = template.read_text() + "# our own line\n"
    template.write_text(edited)

    plan = plan_folder(tmp_path, files)
    write_folder(plan)

    assert plan.edited == ("template.yaml",)
    assert template.read_text() == edited
    assert (tmp_path / "template.yaml.new").read_text() == files["template.yaml"]


def test_a_file_of_another_origin_is_not_overwritten(tmp_path):
    (tmp_path / "Makefile").write_text("all:\n")
    files = files_of(stack_of("functions"), site(*FUNCTIONS), "cloudformation", "deploy")

    assert plan_folder(tmp_path, files).edited == ("Makefile",)


def test_a_damaged_manifest_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / ".tablewright-deploy.json").write_text("{")

    with pytest.raises(UsageError, match="damaged"):
        plan_folder(tmp_path, {})
