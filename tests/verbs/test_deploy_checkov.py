"""Every CloudFormation template passes checkov's baseline, but for exceptions with their reasons.

checkov is a tool in an environment of its own (scripts/install-peers); it calls nobody.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tablewright import apps
from verbs.deployed import written

COMMAND = os.environ.get("CHECKOV") or str(
    Path(__file__).parents[2] / ".peers" / "checkov" / "bin" / "checkov"
)
pytestmark = [
    pytest.mark.needs_server,
    pytest.mark.skipif(
        not Path(COMMAND).exists(), reason="checkov is not installed (scripts/install-peers)"
    ),
]
EXCEPTIONS = yaml.safe_load(Path(__file__).with_name("checkov_exceptions.yaml").read_text())
OPEN_BUCKET = """
Resources:
  Shared:
    Type: AWS::S3::Bucket
    Properties: {AccessControl: PublicRead}
"""


def failed(folder):
    """Return (check, kind, file, resource) of everything in a folder that does not pass."""
    done = subprocess.run(
        [COMMAND, "--skip-download", "--framework", "cloudformation", "--compact", "--quiet",
         "--output", "json", "--directory", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] + report["summary"]["failed"] > 0
    return {
        (entry["check_id"], kind, Path(entry["file_path"]).name, name)
        for entry in report["results"]["failed_checks"]
        for kind, _, name in (entry["resource"].partition("."),)
    }


ADDED = [
    ("llm-proxy", "native-aws", ("backup", "item-sizes")),
    ("auxeira", "functions", ("cache", "mail")),
    ("llm-proxy", "containers-dynamodb", ("endpoints",)),
    ("mongocollectibles", "production", ("nat", "firewall")),
]
"""Options with what can be added to them: every addition once."""


def test_every_template_passes_but_for_the_listed_exceptions(tmp_path):
    (tmp_path / "all").mkdir()
    folders = [
        (f"{app}-{option}", folder)
        for app in apps.NAMES
        for option, _, folder in written(app, tmp_path / "w", formats=("cloudformation",))
    ] + [
        (f"{app}-{option}-added", folder)
        for app, chosen, additions in ADDED
        for option, _, folder in written(
            app, tmp_path / "added", [chosen], ("cloudformation",), additions=additions
        )
    ]
    for name, folder in folders:
        shutil.copy(folder / "template.yaml", tmp_path / "all" / f"{name}.yaml")
    found = failed(tmp_path / "all")

    assert {finding for finding in found if not any(map(of(finding), EXCEPTIONS))} == set()
    needless = [entry for entry in EXCEPTIONS if not any(of(f)(entry) for f in found)]
    assert needless == []  # no exception without need
    assert all(len(entry["why"]) > 20 for entry in EXCEPTIONS)


def of(finding):
    """Return whether an exception is about a finding; one of a single resource names it."""
    check, kind, _, name = finding
    return lambda entry: (
        (entry["check"], entry["kind"]) == (check, kind) and entry.get("resource", name) == name
    )


def test_a_planted_fault_is_found(tmp_path):
    (tmp_path / "open.yaml").write_text(OPEN_BUCKET)

    assert ("CKV_AWS_20", "AWS::S3::Bucket", "open.yaml", "Shared") in failed(tmp_path)
