"""The `deploy:` part of a model file: read as it stands, or refused with its place."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest

from deploy.sites import CONTAINERS, FUNCTIONS, site
from tablewright.core.errors import UsageError
from tablewright.deploy.instances import unit
from tablewright.deploy.option import Part
from tablewright.deploy.program import FunctionNeed, Program, QueueNeed, SecretNeed, read_program
from tablewright.deploy.release import dockerfile, environment_template, release_script

PATTERNS = ("order", "place")


def read(**data):
    return read_program(data, PATTERNS, "shop.yaml: deploy")


def test_nothing_said_is_a_python_program_on_port_8080():
    assert read() == Program(language="python", main="app", port=8080, aurora_units=(0.5, 16.0))


def test_functions_have_routes_sizes_and_patterns():
    program = read(
        functions={
            "Show": {"routes": "GET /orders/{id}", "mb": 128, "seconds": 3, "patterns": "order"},
            "Place": {"routes": ["POST /orders"], "patterns": ["place"]},
        }
    )

    assert program.functions[0] == FunctionNeed(
        name="Show",
        routes=(("GET", "/orders/{id}"),),
        mb=128,
        seconds=3,
        code="functions/Show",
        patterns=("order",),
    )
    assert program.functions[1].mb == 256


@pytest.mark.parametrize(
    ("data", "message", "remedy"),
    [
        ({"langage": "go"}, "no `langage`", "language"),
        ({"language": "ruby"}, "language `ruby`", "go, node, python"),
        ({"port": 80}, "`port` of 80", "1024"),
        ({"port": "8080"}, "`port` of '8080'", "whole number"),
        ({"functions": {"show": {}}}, "function `show`", "a capital first"),
        ({"functions": {"Show": {"patterns": ["ordr"]}}}, "pattern `ordr`", "order"),
        ({"functions": {"Show": {"patterns": ["order"]}}}, "calls place", "its role"),
        ({"functions": {"Show": {"routes": "FETCH /x", "patterns": []}}}, "FETCH /x", "GET"),
        ({"functions": {"Show": {"mb": 64}}}, "`mb` of 64", "128"),
        ({"functions": []}, "no mapping", "name: value"),
        ({"secrets": {"KEY": {"value": "s3cret"}}}, "no `value`", "text"),
        ({"secrets": {"lower": {}}}, "variable `lower`", "upper-case"),
        ({"variables": {"PAYMENT_KEY": "sk_live_1"}}, "looks like a secret", "`secrets`"),
        ({"origins": ["http://shop.example"]}, "http://shop.example", "over TLS"),
        ({"origins": "*"}, "lets `*`", "over TLS"),
        ({"cached": {"images/*": -1}}, "images/*", "whole number"),
        ({"instances": [4, 2]}, "[4, 2]", "[fewest, most]"),
        ({"aurora_units": 1}, "`aurora_units` of 1", "[fewest, most]"),
        ({"queues": {"Reports": {}}}, "queue", "small letters"),
        ({"alarms_by_cause": "maybe"}, "maybe", "true or false"),
    ],
)
def test_a_mistake_is_refused_with_its_place_and_a_way_out(data, message, remedy):
    with pytest.raises(UsageError) as raised:
        read(**data)

    assert "shop.yaml: deploy" in raised.value.message
    assert message in raised.value.message
    assert remedy in raised.value.remedy


# ------------------------------------------------------------ what is made of it


def go_site(*keys):
    return replace(site(*keys), program=Program(language="go", main="main.go", static="static"))


def test_an_image_has_two_stages_runs_unprivileged_and_is_checked():
    text = dockerfile(go_site(*CONTAINERS))

    assert text.count("\nFROM ") == 2
    assert ":latest" not in text
    assert text.index("USER app") < text.index("CMD [")
    assert 'CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/health"]' in text


def test_the_environment_template_names_variables_and_holds_no_value():
    program = Program(
        variables=(("NODE_ENV", "production"),), secrets=(SecretNeed(name="JWT_SECRET"),)
    )
    text = environment_template(replace(site(*FUNCTIONS), program=program))
    values = [line.partition("=")[2] for line in text.splitlines() if line and line[0] != "#"]

    assert "JWT_SECRET=<from the secret store>" in text
    assert len(values) == 3
    assert all(value.startswith("<") and value.endswith(">") for value in values)


def test_a_release_is_tested_before_it_is_sent():
    text = release_script(go_site(*CONTAINERS))

    assert text.index("go test") < text.index("docker build") < text.index("docker push")


def test_secrets_share_one_store_where_fewer_are_paid_for_than_there_are():
    secrets = (SecretNeed(name="A_KEY"), SecretNeed(name="B_KEY"))
    keys = (*FUNCTIONS, "aws.secrets-manager.secret")

    def paying(quantity):
        base = site(*keys)
        parts = [part for part in base.parts if part.price_key != keys[-1]]
        paid = Part(name="s", title="s", price_key=keys[-1], quantity=quantity)
        return replace(base, parts=(*parts, paid), program=Program(secrets=secrets))

    assert paying(1).shares_a_secret
    assert not paying(2).shares_a_secret


def test_a_queue_is_read_by_the_function_that_the_file_names():
    from tablewright.deploy.stack import build

    need = FunctionNeed(name="Write", routes=(), mb=128, seconds=3, code="w", patterns=())
    program = Program(functions=(need,), queues=(QueueNeed(name="reports", reader="Write"),))
    stack = build(replace(site(*FUNCTIONS, engine=""), program=program))

    reader = stack.resource("ReportsQueueReader").properties
    assert reader["FunctionName"].resource == "WriteFunction"
    assert stack.resource("ReportsQueue").properties["RedrivePolicy"]["maxReceiveCount"] == 5


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_takes_the_unit(tmp_path):
    text = unit(go_site("aws.ec2.t3.micro"))
    assert "ExecStart=/srv/app/shop\n" in text
    path = tmp_path / "shop.service"
    # the program and its user are not on this machine: others are put where they were
    path.write_text(text.replace("/srv/app/shop", "/bin/true").replace("User=app", "User=root"))
    run = subprocess.run(
        ["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stderr
    assert "shop.service" not in run.stderr
