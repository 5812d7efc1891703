"""What goes wrong around a deployment: names too long, regions without a price, edits by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploy.sites import CONTAINERS, FUNCTIONS, GRANTS, ORDERS, site
from tablewright import apps, read_model
from tablewright.core.errors import UnsupportedError
from tablewright.deploy.stack import build
from tablewright.session import Options, Session
from tablewright.verbs.deploy import deploy

LIMITS = {
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Name"): 32,
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "Name"): 32,
    ("AWS::ElastiCache::ReplicationGroup", "ReplicationGroupId"): 40,
    ("AWS::SQS::Queue", "QueueName"): 80,
    ("AWS::SNS::Topic", "TopicName"): 256,
    ("AWS::RDS::DBInstance", "DBInstanceIdentifier"): 63,
    ("AWS::RDS::DBCluster", "DBClusterIdentifier"): 63,
    ("AWS::S3::Bucket", "BucketName"): 63,
    ("AWS::IAM::Role", "RoleName"): 64,
    ("AWS::Lambda::Function", "FunctionName"): 64,
    ("AWS::CloudFront::CachePolicy", "Name"): 128,
    ("AWS::ECR::Repository", "RepositoryName"): 256,
}
"""Characters of physical names: the API reference of each service."""
SERVERS = ("aws.ec2.t3.small", "aws.rds-postgresql.pg.db.t4g.micro.single", "aws.elb.alb.hour")


@pytest.mark.parametrize(
    ("keys", "engine"), [(FUNCTIONS, "dynamodb"), (CONTAINERS, "dynamodb"), (SERVERS, "postgresql")]
)
def test_physical_names_of_a_long_application_keep_to_their_limits(keys, engine):
    long = replace(site(*keys, engine=engine), app="a-very-long-name-of-an-application-of-ours")
    tables = (ORDERS,) if engine == "dynamodb" else ()
    stack = build(long, tables, GRANTS if tables else ())

    assert len(long.app) == 42
    named = [
        (resource.kind, key, len(str(resource.properties[key])), most)
        for resource in stack.resources
        for (kind, key), most in LIMITS.items()
        if resource.kind == kind and isinstance(resource.properties.get(key), str)
    ]
    assert [entry for entry in named if entry[2] > entry[3]] == []


def session_in(region, path="model.yaml"):
    return Session(read_model(apps.read("llm-proxy"), str(path)), Options(region=region))


def test_a_region_without_a_price_names_the_price_and_the_region():
    with pytest.raises(UnsupportedError, match=r"aws\.dynamodb\..* of mx-central-1"):
        deploy(session_in("mx-central-1"), option="native-aws", dry_run=True)


def test_an_edited_template_is_kept_and_shown_and_the_rest_is_written(tmp_path):
    session = session_in("", tmp_path / "tablewright.yaml")
    folder = tmp_path / "deploy"
    deploy(session, option="native-aws", out=folder)
    template = folder / "template.yaml"
    edited = template.read_text().replace("MemorySize: 256", "MemorySize: 300")
    template.write_text(edited)
    (folder / "checklist.sh").unlink()

    view = deploy(session, option="native-aws", out=folder)

    assert (view.edited, view.new) == (("template.yaml",), ("checklist.sh",))
    assert template.read_text() == edited
    assert "MemorySize: 256" in (folder / "template.yaml.new").read_text()


def test_two_environments_share_no_name_that_an_account_has_once(tmp_path):
    session = session_in("", tmp_path / "tablewright.yaml")
    names = []
    for environment in ("production", "staging"):
        deploy(session, option="native-aws", environment=environment, out=tmp_path / environment)
        text = (tmp_path / environment / "template.yaml").read_text()
        keys = ("TableName:", "TopicName:", "LogGroupName:", "DashboardName:", "QueueName:")
        lines = (line.strip() for line in text.splitlines())
        names.append({line for line in lines if line.startswith(keys)})

    assert len(names[0]) >= 4
    assert not names[0] & names[1]
