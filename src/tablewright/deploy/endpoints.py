"""Interface endpoints: services of AWS reached from private subnets without an address outside.

In: a site. Out: an endpoint in both zones for each service that the program calls, and who may
call it. They are written where the addition `endpoints` asks for them, in the place of public
addresses. Source: AWS PrivateLink Guide, "AWS services that integrate with AWS PrivateLink".
"""

from __future__ import annotations

from collections.abc import Iterator

from tablewright.core.errors import UsageError
from tablewright.deploy.compute import INSTANCES, TASKS, kind_of
from tablewright.deploy.network import (
    ENDPOINTS,
    NETWORK_RANGE,
    PRIVATE,
    VPC,
    from_range,
    has_nat,
    needs_network,
    security_group,
)
from tablewright.deploy.option import Site
from tablewright.deploy.resources import AccountFact, Ref, Resource, Text

HTTPS = 443


def can_have_endpoints(site: Site) -> bool:
    """Whether something of the program runs in a network of its own."""
    return needs_network(site) and kind_of(site) in (TASKS, INSTANCES)


def services_called(site: Site) -> Iterator[str]:
    """Yield the services that the program calls and that have no gateway endpoint."""
    yield "logs"
    if site.secrets:
        yield "secretsmanager"
    if site.program.queues:
        yield "sqs"
    if kind_of(site) == TASKS:
        yield "ecr.api"
        yield "ecr.dkr"
    if site.program.users_by_tag:
        yield "sts"
    if site.program.tells_operators:
        yield "sns"


def endpoints(site: Site) -> Iterator[Resource]:
    """Yield the interface endpoints where they are asked for.

    Raises:
        UsageError: nothing runs in a network, a NAT gateway is the way out already, or the program
            follows a stream (Amazon DynamoDB Developer Guide, "AWS PrivateLink for DynamoDB
            Streams": no gateway endpoint, and no private DNS).
    """
    if ENDPOINTS not in site.extras:
        return
    if not can_have_endpoints(site):
        raise UsageError(
            f"the option `{site.option}` runs nothing in a network of its own",
            remedy="leave --with endpoints out: services are reached without them",
        )
    if has_nat(site) or not site.has("aws.elb"):
        what = "has a NAT gateway" if has_nat(site) else "is reached at its own public address"
        raise UsageError(
            f"the option `{site.option}` {what}: endpoints would be paid beside it",
            remedy="leave --with endpoints out, or take another option",
        )
    if site.program.follows:
        raise UsageError(
            f"the program follows changes of {', '.join(site.program.follows)}: a stream has no "
            "private name that its endpoint answers to",
            remedy="add --with nat, or leave --with endpoints out",
        )
    yield security_group(
        "EndpointsGroup",
        site,
        "endpoints answer what runs in the network",
        (from_range(HTTPS, NETWORK_RANGE, "calls of services of AWS"),),
    )
    for service in services_called(site):
        name = "".join(part.capitalize() for part in service.split("."))
        yield Resource(
            name=f"{name}Endpoint",
            kind="AWS::EC2::VPCEndpoint",
            properties={
                "VpcId": Ref(VPC),
                "VpcEndpointType": "Interface",
                "ServiceName": Text(("com.amazonaws.", AccountFact("region"), f".{service}")),
                "SubnetIds": [Ref(subnet) for subnet in PRIVATE],
                "SecurityGroupIds": [Ref("EndpointsGroup", "GroupId")],
                "PrivateDnsEnabled": True,
            },
            reason=f"{service} is reached from private subnets; what is outside AWS is not",
        )
