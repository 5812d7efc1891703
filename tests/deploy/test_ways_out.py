"""Ways out of a network: what each takes and reaches, and which the stack has."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from deploy.sites import CONTAINERS, FUNCTIONS, site
from tablewright.core.errors import UsageError
from tablewright.deploy.program import Program, QueueNeed, SecretNeed
from tablewright.deploy.resources import Ref
from tablewright.deploy.stack import build
from tablewright.deploy.ways_out import ADDRESSES, ENDPOINTS, NAT, ways_out
from tablewright.verbs.deploy import deploy
from verbs.deployed import session_of


def ways(found, aws_gb="10", other_gb="5"):
    return {way.name: way for way in ways_out(found, Decimal(aws_gb), Decimal(other_gb))}


def test_functions_outside_a_network_need_no_way_out_of_it():
    assert ways(site(*FUNCTIONS)) == {}


def test_a_gateway_is_paid_by_the_hour_and_for_everything_that_passes():
    nat = ways(site(*CONTAINERS))[NAT]

    # 730 hours of the gateway and of its address; 10 + 5 GB
    assert dict(nat.quantities) == {
        "aws.vpc.natgw.hour": 730,
        "aws.vpc.natgw.gb": 15,
        "aws.vpc.publicipv4.hour": 730,
    }


def test_there_is_an_endpoint_for_each_service_in_each_zone_and_only_aws_behind_it():
    program = Program(secrets=(SecretNeed(name="A_KEY"),), queues=(QueueNeed(name="reports"),))
    keys = (*CONTAINERS, "aws.secrets-manager.secret")
    endpoints = ways(replace(site(*keys), program=program))[ENDPOINTS]

    assert endpoints.needs == ("logs", "secretsmanager", "sqs", "ecr.api", "ecr.dkr")
    # 5 services x 2 zones x 730 hours; what goes to others does not pass
    assert dict(endpoints.quantities) == {"aws.vpc.vpce.hour": 7300, "aws.vpc.vpce.gb": 10}
    assert endpoints.reaches == "services of AWS alone"


def test_the_way_that_the_option_pays_for_is_the_one_that_is_written():
    open_one, closed = site(*CONTAINERS), site(*CONTAINERS, "aws.vpc.natgw.hour")

    assert [way.name for way in ways(open_one).values() if way.is_written] == [ADDRESSES]
    assert [way.name for way in ways(closed).values() if way.is_written] == [NAT]


def test_a_gateway_that_is_added_is_a_resource_and_in_the_price_with_its_data():
    session = session_of("mongocollectibles")
    plain = deploy(session, option="fargate", dry_run=True)
    added = deploy(session, option="fargate", dry_run=True, additions=("nat",))
    lines = {part.price_key: part for part in added.parts if "natgw" in part.price_key}

    assert lines["aws.vpc.natgw.hour"].usd == Decimal("32.85")  # 730 x 0.045
    assert lines["aws.vpc.natgw.hour"].resources == ("NatGateway",)
    assert lines["aws.vpc.natgw.gb"].usd > 0
    assert added.usd - plain.usd == sum(line.usd for line in lines.values())
    assert [way.name for way in added.ways_out if way.is_written] == [NAT]


def test_endpoints_that_are_asked_for_are_written_and_nothing_has_a_public_address():
    session = session_of("mongocollectibles")
    added = deploy(session, option="fargate", dry_run=True, additions=("endpoints",))

    assert [way.name for way in added.ways_out if way.is_written] == [ENDPOINTS]
    beside = {row.price_key: row for row in added.beside}
    # logs, secretsmanager, ecr.api, ecr.dkr and sns in two zones: 10 x 730 hours at 0.01 USD
    assert beside["aws.vpc.vpce.hour"].written == 7300
    assert beside["aws.vpc.vpce.hour"].usd == Decimal("73.00")
    # the load balancer alone has addresses, one in each zone, instead of four
    assert beside["aws.vpc.publicipv4.hour"].written == 1460


def test_endpoints_stand_in_private_subnets_and_answer_the_network_alone():
    found = replace(site(*CONTAINERS), extras=("endpoints",))
    stack = build(found)
    interface = [
        each
        for each in stack.of_kind("AWS::EC2::VPCEndpoint")
        if each.properties["VpcEndpointType"] == "Interface"
    ]

    # no secrets, no queues: where logs go, and where images come from
    assert [each.name for each in interface] == ["LogsEndpoint", "EcrApiEndpoint", "EcrDkrEndpoint"]
    subnets = [Ref("PrivateSubnetA"), Ref("PrivateSubnetB")]
    assert all(each.properties["SubnetIds"] == subnets for each in interface)
    (opening,) = stack.resource("EndpointsGroup").properties["SecurityGroupIngress"]
    assert (opening["FromPort"], opening["CidrIp"]) == (443, "10.0.0.0/16")
    placing = stack.resource("Service").properties["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert (placing["AssignPublicIp"], placing["Subnets"]) == ("DISABLED", subnets)
    # the layers of images come from S3, by an endpoint without a charge
    assert stack.resource("StorageEndpoint").properties["VpcEndpointType"] == "Gateway"


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (FUNCTIONS, "runs nothing in a network of its own"),
        ((*CONTAINERS, "aws.vpc.natgw.hour"), "has a NAT gateway"),
        (("aws.ec2.t3.small",), "is reached at its own public address"),
    ],
)
def test_endpoints_that_would_be_paid_for_nothing_are_refused(keys, text):
    with pytest.raises(UsageError, match=text):
        build(replace(site(*keys), extras=("endpoints",)))


def test_a_program_that_follows_a_stream_is_refused_endpoints_which_do_not_reach_it():
    following = replace(
        site(*CONTAINERS), extras=("endpoints",), program=Program(follows=("Order",))
    )

    with pytest.raises(UsageError) as refused:
        build(following)
    assert "follows changes of Order" in str(refused.value)
    assert "--with nat" in refused.value.remedy
