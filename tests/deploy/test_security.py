"""The security settings of a stack: what is there is said to be, what is taken away is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploy.sites import FUNCTIONS, GRANTS, ORDERS, site
from tablewright.deploy.option import Part
from tablewright.deploy.program import Program, SecretNeed
from tablewright.deploy.security import security
from tablewright.deploy.stack import build

FILES = ("aws.s3.standard.storage", "aws.cloudfront.https")
SERVER = ("aws.ec2.t3.small", "aws.rds-postgresql.pg.db.t4g.micro.single", "aws.elb.alb.hour")
ATLAS = ("mongodb.atlas.m10.hour", *FILES)
SOURCE = "Files"


def judged(stack, option):
    return {row.what: row for row in security(stack, option)}


def changed(stack, name, **properties):
    """Return a stack in which properties of one resource are others; None takes one away."""
    resource = stack.resource(name)
    told = {**resource.properties, **properties}
    told = {key: value for key, value in told.items() if value is not None}
    kept = tuple(r if r.name != name else replace(r, properties=told) for r in stack.resources)
    return replace(stack, resources=kept)


def test_a_public_access_list_of_a_bucket_fails_and_so_does_each_block_that_is_taken_away():
    option = site(*FUNCTIONS, *FILES)
    stack = build(option, (ORDERS,), GRANTS)
    assert judged(stack, option)["private files"].state == "present"

    public = judged(changed(stack, SOURCE, AccessControl="PublicRead"), option)
    assert public["private files"].state == "missing"
    assert public["private files"].evidence == "Files can be read by anybody"
    blocks = stack.resource(SOURCE).properties["PublicAccessBlockConfiguration"]
    for name in blocks:
        open_ = changed(stack, SOURCE, PublicAccessBlockConfiguration={**blocks, name: False})
        assert judged(open_, option)["private files"].state == "missing", name


@pytest.mark.parametrize(
    ("keys", "name", "without", "what"),
    [
        (FILES, "Files", {"BucketEncryption": None}, "encryption at rest"),
        (SERVER, "Database", {"StorageEncrypted": False}, "encryption at rest"),
        (FILES, "FilesPolicy", {"PolicyDocument": {"Statement": []}}, "TLS alone"),
        (SERVER, "HttpsListener", {"Protocol": "HTTP"}, "TLS alone"),
        (SERVER, "Database", {"PubliclyAccessible": True}, "database behind a private network"),
        (SERVER, "Database", {"ManageMasterUserPassword": None}, "sign-in to the server"),
        (SERVER, "Database", {"EnableCloudwatchLogsExports": None}, "audit log"),
        (ATLAS, "DatabaseAudit", {"Enabled": False}, "audit log"),
        (FILES, "Files", {"VersioningConfiguration": None}, "old versions of files"),
        (FILES, "Files", {"LifecycleConfiguration": None}, "lifecycle of files"),
    ],
)
def test_a_setting_that_is_taken_away_is_missing(keys, name, without, what):
    engine = "postgresql" if keys is SERVER else "mongodb"
    option = site(*keys, engine=engine)
    option = replace(option, parts=(*option.parts, *domain()), region="us-east-1")
    stack = build(option)

    assert judged(stack, option)[what].state == "present"
    spoiled = judged(changed(stack, name, **without), option)[what]
    assert spoiled.state == "missing"
    assert name.removesuffix("Policy") in spoiled.evidence or what == "audit log"


def domain():
    """A zone: with it the distribution has a certificate of its own, and TLS 1.2 at the least."""
    return (Part(name="zone", title="zone", price_key="aws.route53.zone"),)


def test_what_speaks_no_tls_or_an_old_one_is_named():
    alone = site("aws.ec2.t3.small", "aws.cloudfront.https", engine="")
    row = judged(build(alone), alone)["TLS alone"]

    # no zone: CloudFront's own certificate; the program on the instance answers plain HTTP
    assert row.state == "missing"
    assert "Distribution calls the program without it" in row.evidence
    assert "TLS 1.0" in row.evidence


def test_a_cluster_that_is_called_over_the_internet_is_not_called_private():
    option = site(*ATLAS, engine="mongodb")
    found = judged(build(option), option)

    assert found["database behind a private network"].state == "missing"
    assert "one address alone" in found["database behind a private network"].evidence
    assert found["sign-in to the database"].evidence.startswith("SCRAM-SHA-256")
    assert found["encryption at rest"].state == "present"


def test_what_the_program_has_to_do_is_not_known_from_the_stack():
    option = site(*ATLAS, engine="mongodb")
    program = Program(
        calls_per_minute=100,
        origins=("https://a.example",),
        secrets=(SecretNeed(name="JWT_SECRET"),),
    )
    option = replace(option, program=program)
    found = judged(build(option), option)

    assert found["limit of calls"].state == "not known"
    assert found["limit of calls"].evidence.startswith("100 calls a minute of one client")
    assert found["origins of browsers"].state == "not known"
    assert found["bodies of requests"].state == "not known"
    assert found["secrets"].state == "not known"


def test_an_api_admits_the_origins_it_is_told_and_a_program_without_any_is_told_so():
    option = replace(site(*FUNCTIONS), program=Program(origins=("https://a.example",)))
    found = judged(build(option, (ORDERS,), GRANTS), option)

    assert found["origins of browsers"].evidence == "the API admits https://a.example"
    bare = site(*FUNCTIONS)
    assert judged(build(bare, (ORDERS,), GRANTS), bare)["origins of browsers"].state == "missing"
    # DynamoDB: no trail is part of a stack, and that is said
    assert found["audit log"].state == "missing"
