"""Who deploys may do what a first deployment in an account takes, and names what it is for."""

from __future__ import annotations

import json

import pytest

from deploy.sites import CONTAINERS, FUNCTIONS, GRANTS, ORDERS, site
from tablewright.deploy.deployer import deployer_policy
from tablewright.deploy.stack import build
from tablewright.local.policy.documents import read_policy
from tablewright.local.policy.evaluation import evaluate

SERVER = ("aws.ec2.t3.small", "aws.rds-postgresql.pg.db.t4g.micro.single", "aws.elb.alb.hour")
ROLES = "arn:aws:iam::000000000000:role/aws-service-role"
IMAGES = "arn:aws:ssm:eu-west-1::parameter/aws/service/ami-amazon-linux-latest"


def may(keys, engine, action, resource, **context):
    option = site(*keys, engine=engine)
    tables = (ORDERS,) if engine == "dynamodb" else ()
    text = deployer_policy(build(option, tables, GRANTS if tables else ()), option)
    policy = read_policy(json.loads(text.replace("ACCOUNT", "000000000000")))
    given = {f"iam:{key.lower()}": (value,) for key, value in context.items()}
    return evaluate([policy], action=action, resource=resource, context=given).is_allowed


@pytest.mark.parametrize(
    ("keys", "engine", "services"),
    [
        (CONTAINERS, "dynamodb", ("ecs", "elasticloadbalancing")),
        (SERVER, "postgresql", ("autoscaling", "elasticloadbalancing", "rds")),
        (("aws.elasticache.redis", *FUNCTIONS), "dynamodb", ("elasticache",)),
    ],
)
def test_services_may_make_their_own_role_when_an_account_uses_them_first(keys, engine, services):
    for service in ("autoscaling", "ecs", "elasticache", "elasticloadbalancing", "rds"):
        name = f"{service}.amazonaws.com"
        allowed = may(
            keys, engine, "iam:CreateServiceLinkedRole", f"{ROLES}/{name}/x", AWSServiceName=name
        )
        assert allowed == (service in services), service


def test_an_instance_is_made_of_the_newest_image_and_nothing_else_is_read():
    for action in ("ssm:GetParameter", "ssm:GetParameters"):
        assert may(SERVER, "postgresql", action, f"{IMAGES}/al2023-ami-kernel-default-x86_64")
        assert not may(SERVER, "postgresql", action, "arn:aws:ssm:eu-west-1:1:parameter/secret")
        assert not may(FUNCTIONS, "dynamodb", action, f"{IMAGES}/al2023-ami")
