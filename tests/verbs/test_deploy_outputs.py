"""Every file of a deployment: no secret in it, its commands exist, linters find nothing.

Linters run where they are installed (scripts/install-peers puts them into .peers/linters, or they
are on the path); otherwise their tests are skipped by name.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import time
from pathlib import Path

import click
import pytest
import yaml

from deploy.alarm_evaluator import first_of, metrics_of, state_of
from tablewright import apps
from tablewright.cli.main import group
from tablewright.verbs.deploy import deploy
from verbs.deployed import files, options_of, session_of, template, written

REFERENCE = re.compile(r"(?<![\w.\"/])((?:data\.)?(?:aws|mongodbatlas)_\w+)\.(\w+)\.\w+")
REPORTED = yaml.safe_load(
    (Path(__file__).parents[1] / "deploy" / "cloudwatch_metrics.yaml").read_text(encoding="utf-8")
)
LINTERS = Path(__file__).parents[2] / ".peers" / "linters" / "bin"
SECRETS = {
    "access key": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "payment key": re.compile(r"\b(sk|pk|rk|whsec)_(live|test)_\w+"),
    "language model key": re.compile(r"\bsk-[A-Za-z0-9_-]{16,}"),
    "token": re.compile(r"\b(ghp|gho|xox[bp])[_-]\w{10,}"),
    "password in an address": re.compile(r"://[^/\s:@<$]+:[^/\s@<$]+@"),
    "JSON web token": re.compile(r"\beyJ[\w-]{10,}\.[\w-]+\."),
    "value of a secret variable": re.compile(
        r"^\s*\w*(?:SECRET|PASSWORD|TOKEN|API_KEY)\s*[=:]"
        r"\s*[\"']?(?![<\"'$!{]|aws_|var\.|\s*$)\S+",
        re.MULTILINE,
    ),
}


def linter(name):
    """Return a linter's path, or skip."""
    local = LINTERS / name
    command = str(local) if local.exists() else shutil.which(name)
    if command is None:
        pytest.skip(f"{name} is not installed (scripts/install-peers)")
    run = subprocess.run([command, "--version"], capture_output=True, text=True, check=False)
    if run.returncode:
        pytest.skip(f"{name} does not run here")
    return command


EVERY = [
    pytest.param(app, marks=() if app == "llm-proxy" else pytest.mark.slow) for app in apps.NAMES
]


@pytest.fixture(scope="module", params=EVERY)
def folders(request, tmp_path_factory):
    return list(written(request.param, tmp_path_factory.mktemp("deployed")))


def test_the_scanner_finds_what_it_is_there_for():
    planted = {
        "access key": "key: AKIAABCDEFGHIJKLMNOP",
        "payment key": "sk_live_123",
        "password in an address": "mongodb+srv://app:hunter2@cluster.example.org",
        "value of a secret variable": "JWT_SECRET=abcdef",
    }

    for name, text in planted.items():
        assert SECRETS[name].search(text), name
    assert not SECRETS["value of a secret variable"].search("JWT_SECRET=<from the secret store>")


def test_no_file_of_any_option_holds_a_secret(folders):
    for option, file_format, folder in folders:
        for name, text in files(folder).items():
            for kind, pattern in SECRETS.items():
                match = pattern.search(text)
                assert not match, (option, file_format, name, kind, match and match[0])


def test_a_star_stands_only_for_what_has_no_resource_of_its_own(folders):
    allowed = {"SignIn", "NetworkInterfaces"}
    for option, file_format, folder in folders:
        if file_format != "cloudformation":
            continue
        text = (folder / "template.yaml").read_text(encoding="utf-8")
        for block in re.findall(r"- Sid: (\w+)\n(?:(?!- Sid:).)*?Resource:(.*?)\n\S*", text, re.S):
            sid, resource = block
            if re.match(r"\s*(- )?'\*'", resource):
                assert sid in allowed, (option, sid)


def commands_of(text):
    """Return the commands of tablewright that a text shows, each as words."""
    joined = text.replace("\\\n", " ")
    shown = re.findall(r"(?:^|[\s`(])(tablewright [a-z][^`|>\n]*)", joined)
    return {command.strip() for command in shown}


def test_every_command_that_a_folder_names_exists_with_its_options(folders):
    for option, file_format, folder in folders:
        for name, text in files(folder).items():
            for command in commands_of(text) if not name.endswith((".yaml.new", ".tf")) else ():
                words = [word for word in shlex.split(command) if word not in ("…",)]
                if len(words) < 2 or words[1] not in group.list_commands(click.Context(group)):
                    assert name in ("template.yaml", "main.tf"), (name, command)
                    continue
                verb = group.get_command(click.Context(group), words[1])
                known = {opt for p in verb.params for opt in (*p.opts, *p.secondary_opts)}
                used = {w.partition("=")[0] for w in words[2:] if w.startswith("--")}
                assert used <= known, (option, file_format, name, command)


def test_every_variable_of_a_runbook_is_filled_in_before_a_command_needs_it(folders):
    for option, file_format, folder in folders:
        text = (folder / "RUNBOOK.md").read_text(encoding="utf-8")
        assert "…" not in text, (option, file_format)
        known = set()
        for line in text.splitlines():
            commands = re.findall(r"`([^`]+)`", line) if line.startswith("|") else [line]
            for command in commands:
                needed = set(re.findall(r"\$\{?([A-Z][A-Za-z_]+)", command))
                assert needed <= known, (option, file_format, command)
                known |= set(re.findall(r"(?:export|read -rs) ([A-Za-z_]+)", command))


def test_scripts_are_read_by_a_shell_and_policies_are_json(folders):
    for _, _, folder in folders:
        for name in ("release.sh", "checklist.sh"):
            if (folder / name).exists():
                run = subprocess.run(["bash", "-n", str(folder / name)], check=False)
                assert run.returncode == 0
        policy = json.loads((folder / "deployer-policy.json").read_text())
        assert policy["Version"] == "2012-10-17"
        assert yaml.safe_load((folder / "pipeline.yaml").read_text())["permissions"] == {}


def test_a_second_run_of_every_option_changes_nothing_and_takes_less_than_three_seconds(folders):
    app = folders[0][2].parts[-3]
    session = session_of(app)
    options_of(session)  # the comparison that all options share
    for option, file_format, folder in folders:
        start = time.process_time()
        view = deploy(session, option=option, file_format=file_format, out=folder)
        seconds = time.process_time() - start
        assert (view.new, view.changed, view.edited, view.obsolete) == ((), (), (), ()), option
        assert seconds < 3, (option, file_format, seconds)


@pytest.mark.slow
def test_cfn_lint_finds_nothing(folders):
    templates = [str(f / "template.yaml") for _, kind, f in folders if kind != "terraform"]
    run = subprocess.run(
        [linter("cfn-lint"), *templates], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stdout


def test_actionlint_finds_nothing(folders):
    pipelines = [str(folder / "pipeline.yaml") for _, _, folder in folders]
    run = subprocess.run(
        [linter("actionlint"), *pipelines], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stdout


def test_terraform_is_read_back_and_its_references_lead_somewhere(folders):
    hcl2 = pytest.importorskip("hcl2")
    for option, kind, folder in folders:
        roots = [folder] if kind == "terraform" else [folder / "atlas"]
        for root in roots:
            texts = [path.read_text() for path in sorted(root.glob("*.tf"))]
            if not texts:
                assert kind != "terraform"
                continue
            for text in texts:
                hcl2.loads(text)
            joined = "\n".join(texts)
            declared = set(re.findall(r'^resource "(\w+)" "(\w+)"', joined, re.M))
            sources = re.findall(r'^data "(\w+)" "(\w+)"', joined, re.M)
            declared |= {(f"data.{kind}", name) for kind, name in sources}
            code = re.sub(r"^\s*#.*$", "", joined, flags=re.M)
            used = set(REFERENCE.findall(code))
            assert used <= declared, (option, used - declared)
            variables = set(re.findall(r"\bvar\.(\w+)", code))
            assert variables <= set(re.findall(r'^variable "(\w+)"', joined, re.M)), option


def test_every_alarm_of_every_option_goes_off_and_watches_what_the_vendor_reports(folders):
    for option, file_format, folder in folders:
        if file_format != "cloudformation":
            continue
        text = (folder / "template.yaml").read_text(encoding="utf-8")
        resources = template(text)["Resources"]
        alarms = {
            name: resource["Properties"]
            for name, resource in resources.items()
            if resource["Type"] == "AWS::CloudWatch::Alarm"
        }
        assert alarms or not any(r["Type"] == "AWS::DynamoDB::Table" for r in resources.values())
        for name, alarm in alarms.items():
            falls = alarm["ComparisonOperator"] == "LessThanThreshold"
            beyond = alarm["Threshold"] + (-1 if falls else 1)
            periods = alarm["EvaluationPeriods"]
            reported = [
                {first_of(alarm): [value] * periods} for value in (beyond, alarm["Threshold"])
            ]
            assert [state_of(alarm, data) for data in reported] == ["ALARM", "OK"], (option, name)
            assert alarm["AlarmActions"], (option, name)
            for namespace, metric, dimensions, statistic in metrics_of(alarm):
                known = REPORTED[namespace][metric]
                assert list(dimensions) in known["dimensions"], (option, name, metric)
                assert statistic in known["statistics"], (option, name, metric)
