"""What a stack has and lacks before people depend on it: named, with the command that adds it."""

from __future__ import annotations

from dataclasses import replace

from deploy.sites import FUNCTIONS, GRANTS, ORDERS, site
from tablewright.deploy.readiness import readiness
from tablewright.deploy.stack import build


def rows(found, *tables):
    return {row.what: row for row in readiness(build(found, tables, GRANTS), found)}


def test_alarms_rights_recovery_and_budget_of_a_stack_are_counted():
    found = rows(site(*FUNCTIONS), ORDERS)

    assert {what: row.state for what, row in found.items()} == {
        "alarms": "present",
        "IAM": "present",
        "point-in-time recovery": "present",
        "backup plan": "missing",
        "data outlives the stack": "present",
        "budget": "present",
        "restore": "not known",
    }
    assert found["point-in-time recovery"].evidence == "of all 1"
    assert found["backup plan"].fix == "tablewright deploy --with backup"
    assert "restore --drill" in found["restore"].fix


def test_a_table_without_recovery_and_a_role_of_everything_are_named():
    bare = replace(
        ORDERS,
        properties={
            name: value
            for name, value in ORDERS.properties.items()
            if name != "PointInTimeRecoverySpecification"
        },
        keeps_data=False,
    )
    found = rows(site(*FUNCTIONS), bare)

    assert found["point-in-time recovery"].state == "missing"
    assert found["point-in-time recovery"].evidence == "not of OrdersTable"
    assert found["data outlives the stack"].evidence == "not OrdersTable"
    wide = build(site(*FUNCTIONS), (ORDERS,), GRANTS)
    policy = {
        "PolicyName": "all",
        "PolicyDocument": {"Statement": [{"Action": ["dynamodb:*"], "Resource": ["*"]}]},
    }
    role = next(each for each in wide.resources if each.kind == "AWS::IAM::Role")
    spoiled = replace(
        wide,
        resources=(*wide.resources, replace(role, name="Wide", properties={"Policies": [policy]})),
    )
    (rights,) = [row for row in readiness(spoiled, site(*FUNCTIONS)) if row.what == "IAM"]
    assert (rights.state, rights.evidence) == ("missing", "Wide may do everything of a service")


def test_a_backup_plan_that_was_added_is_there():
    found = rows(replace(site(*FUNCTIONS), extras=("backup",)), ORDERS)

    assert found["backup plan"].state == "present"


def test_a_template_edited_by_hand_is_kept_and_shown(tmp_path, capsys):
    from tablewright import apps
    from tablewright.cli.main import run

    model = tmp_path / "tablewright.yaml"
    model.write_text(apps.read("llm-proxy"))
    asked = ["deploy", str(model), "--option", "native-aws", "--out", str(tmp_path / "d")]
    assert run(asked) == 0
    template = tmp_path / "d/template.yaml"
    template.write_text(template.read_text() + "# mine\n")
    capsys.readouterr()
    assert run(asked) == 0
    assert "Edited by hand and kept" in capsys.readouterr().out
    assert template.read_text().endswith("# mine\n")
    assert (tmp_path / "d/template.yaml.new").exists()
