"""How what runs in a network reaches services outside it, and what each way costs a month.

In: a site and its traffic. Out: ways, each with quantities by price. A NAT gateway reaches
everything; interface endpoints reach services of AWS alone; a public address reaches everything
and is one that the internet knows. Sources: Amazon VPC User Guide, "NAT gateways"; AWS PrivateLink
Guide, "AWS services that integrate with AWS PrivateLink".
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import HOURS_PER_MONTH
from tablewright.deploy.compute import INSTANCES, kind_of
from tablewright.deploy.containers import task_count
from tablewright.deploy.endpoints import can_have_endpoints, services_called
from tablewright.deploy.network import ENDPOINTS as ENDPOINTS_ADDED
from tablewright.deploy.network import ZONES, has_nat
from tablewright.deploy.option import Site

NAT, ENDPOINTS, ADDRESSES = "NAT gateway", "interface endpoints", "public addresses"
OF_AWS = "services of AWS alone"


@frozen
class WayOut:
    """One way out of the network."""

    name: str
    reaches: str
    quantities: tuple[tuple[str, Decimal], ...]
    """Price key and quantity of a month."""
    is_written: bool = False
    """Whether it is the way that the stack has."""
    needs: tuple[str, ...] = ()
    """The services that it has to have an endpoint for."""


def ways_out(site: Site, aws_gb: Decimal, other_gb: Decimal) -> Iterator[WayOut]:
    """Yield the ways out of a site's network; none where nothing of the program lives in one.

    Args:
        site: the option.
        aws_gb: sent to services of AWS in a month beside tables and files, whose gateway endpoints
            are free.
        other_gb: exchanged with what is outside AWS.
    """
    kind = kind_of(site)
    if not can_have_endpoints(site):
        return
    is_nat, is_private = has_nat(site), ENDPOINTS_ADDED in site.extras
    yield WayOut(
        name=NAT,
        reaches="everything",
        quantities=(
            ("aws.vpc.natgw.hour", HOURS_PER_MONTH),
            ("aws.vpc.natgw.gb", aws_gb + other_gb),
            ("aws.vpc.publicipv4.hour", HOURS_PER_MONTH),
        ),
        is_written=is_nat,
    )
    services = tuple(services_called(site))
    endpoint_hours = len(services) * len(ZONES) * HOURS_PER_MONTH
    yield WayOut(
        name=ENDPOINTS,
        reaches=OF_AWS,
        quantities=(("aws.vpc.vpce.hour", endpoint_hours), ("aws.vpc.vpce.gb", aws_gb)),
        is_written=is_private,
        needs=services,
    )
    machines = site.hours_of("aws.ec2.") if kind == INSTANCES else task_count(site)
    yield WayOut(
        name=ADDRESSES,
        reaches="everything",
        quantities=(("aws.vpc.publicipv4.hour", machines * HOURS_PER_MONTH),),
        is_written=not is_nat and not is_private,
    )
