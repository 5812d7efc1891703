"""The bill of a template, from the template alone, is the bill of the option it was made of."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from deploy.template_bill import bill_of
from tablewright import apps, read_model
from tablewright.session import Options, Session
from tablewright.verbs.deploy import TABLES, deploy, deploy_options

CENT = Decimal("0.0001")


def bills(session, option, folder):
    """Return USD by price key of the template, of the option, and of what differs as beside."""
    view = deploy(session, option=option, out=folder)
    text = (Path(view.folder) / "template.yaml").read_text(encoding="utf-8")
    beside = {row.price_key: row.usd for row in view.beside}
    unpriced = {key for key, usd in beside.items() if usd is None}
    template = {}
    for key, usd in bill_of(text, session.book(), view.region, unpriced).items():
        short = TABLES if key.startswith(TABLES) else key
        template[short] = template.get(short, Decimal(0)) + usd
    option_bill = {}
    for part in view.parts:
        if part.price_key not in unpriced:
            option_bill[part.price_key] = option_bill.get(part.price_key, Decimal(0)) + part.usd
    return template, option_bill, {key: usd for key, usd in beside.items() if usd is not None}


def assert_alike(template, option_bill, beside):
    for key in {*template, *option_bill}:
        expected = option_bill.get(key, Decimal(0)) + beside.get(key, Decimal(0))
        assert abs(template.get(key, Decimal(0)) - expected) < CENT, key


def test_the_bill_of_the_template_is_that_of_the_option_and_what_is_said_beside_it(tmp_path):
    session = Session(read_model(apps.read("llm-proxy"), "model.yaml"), Options())
    template, option_bill, beside = bills(session, "containers-dynamodb", tmp_path)

    assert_alike(template, option_bill, beside)
    # three tasks of 0.25 vCPU all month: 3 x 0.25 x 730 = 547.5 vCPU-hours at 0.04048
    assert template["aws.fargate.vcpu.x86"] == Decimal("22.16280")
    assert set(beside) == {"aws.cloudwatch.alarm"}


@pytest.mark.slow
@pytest.mark.parametrize("app", apps.NAMES)
def test_the_bill_of_every_template_is_that_of_its_option(app, tmp_path):
    session = Session(read_model(apps.read(app), "model.yaml"), Options())
    options = [row.name for row in deploy_options(session).options if row.is_deployable]

    assert options
    for option in options:
        assert_alike(*bills(session, option, tmp_path / option))
