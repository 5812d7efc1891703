"""Tables of every template, created from the template alone, are what the design says: no drift."""

from __future__ import annotations

import json

import pytest

from tablewright import apps
from tablewright.cli.main import run
from tablewright.deploy.cloudformation import render
from tablewright.engines.dynamodb.transport import LocalTransport
from tablewright.local.database import Database
from tablewright.session import open_model
from tablewright.verbs import deploy as module
from verbs.deployed import options_of, template

NOT_OF_CREATE = ("PointInTimeRecoverySpecification", "TimeToLiveSpecification")


def create(transport, properties):
    """Send what CloudFormation sends for one table."""
    told = {key: value for key, value in properties.items() if key not in NOT_OF_CREATE}
    if "StreamSpecification" in told:
        told["StreamSpecification"] = {"StreamEnabled": True, **told["StreamSpecification"]}
    transport.send("CreateTable", told)
    name = {"TableName": properties["TableName"]}
    expiry = properties.get("TimeToLiveSpecification")
    if expiry:
        transport.send("UpdateTimeToLive", {**name, "TimeToLiveSpecification": expiry})
    recovery = properties["PointInTimeRecoverySpecification"]
    if recovery["PointInTimeRecoveryEnabled"]:
        key = "PointInTimeRecoverySpecification"
        transport.send("UpdateContinuousBackups", {**name, key: recovery})


@pytest.mark.parametrize("app", [app for app in apps.NAMES if app != "poafix"])
def test_tables_made_from_the_template_show_no_drift(app, tmp_path, monkeypatch, capsys):
    path = tmp_path / "tablewright.yaml"
    path.write_text(apps.read(app), encoding="utf-8")
    session = open_model(str(path))
    built = []
    build = module.build
    monkeypatch.setattr(module, "build", lambda *a: built.append(build(*a)) or built[-1])
    option = next(
        row.name
        for row in module.deploy_options(session).options
        if row.engine == "dynamodb" and row.name in options_of(session)
    )
    view = module.deploy(session, option=option, dry_run=True)
    document = template(render(built[-1]))
    tables = [
        resource["Properties"]
        for resource in document["Resources"].values()
        if resource["Type"] == "AWS::DynamoDB::Table"
    ]
    data = tmp_path / "made.db"
    with Database(data) as database:
        transport = LocalTransport(database)
        for properties in tables:
            create(transport, properties)

    command = ["status", str(path), "--design", view.design, "--data", str(data)]
    status = run(command)
    assert status == 0, capsys.readouterr().out

    # a table that somebody changed is told
    with Database(data) as database:
        name = tables[0]["TableName"]
        LocalTransport(database).send(
            "UpdateTable", {"TableName": name, "DeletionProtectionEnabled": False}
        )
        LocalTransport(database).send("DeleteTable", {"TableName": name})
    assert run(command) == 1
    assert f"{name}: missing" in capsys.readouterr().out


def test_status_and_doctor_look_for_the_tables_of_an_environment(tmp_path, monkeypatch, capsys):
    path = tmp_path / "tablewright.yaml"
    path.write_text(apps.read("llm-proxy"), encoding="utf-8")
    built = []
    build = module.build
    monkeypatch.setattr(module, "build", lambda *a: built.append(build(*a)) or built[-1])
    view = module.deploy(open_model(str(path)), environment="staging", dry_run=True)
    data = tmp_path / "made.db"
    with Database(data) as database:
        for resource in built[-1].of_kind("AWS::DynamoDB::Table"):
            create(LocalTransport(database), resource.properties)

    where = [str(path), "--design", view.design, "--data", str(data)]
    assert run(["status", *where, "--env", "staging"]) == 0
    told = capsys.readouterr().out
    assert "staging-Users" in told
    assert run(["status", *where]) == 1  # those of production are not there
    assert "missing" in capsys.readouterr().out

    run(["doctor", *where, "--env", "staging", "--json"])
    examined = json.loads(capsys.readouterr().out)
    assert examined["tables"] == ["staging-Usage", "staging-Users"]
    assert "drift" not in {finding["check"] for finding in examined["findings"]}

    assert run(["status", *where, "--env", "Pre Production"]) == 2
    assert "cannot be the name of an environment" in capsys.readouterr().err
