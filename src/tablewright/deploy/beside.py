"""What a stack holds more or less of than the option prices: alarms, addresses, endpoints.

In: a stack, its site. Out: differences of quantities. The option prices what its author thought of;
the stack has an alarm for each table, an address for each task that has to call out.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import HOURS_PER_MONTH, ZERO
from tablewright.deploy.alarm_values import metrics_watched
from tablewright.deploy.containers import task_count
from tablewright.deploy.option import SECRET_PRICE, Site
from tablewright.deploy.resources import Resource, Stack

ALARMS = "aws.cloudwatch.alarm"
ENDPOINT_HOURS = "aws.vpc.vpce.hour"
ADDRESSES = "aws.vpc.publicipv4.hour"


@frozen
class QuantityDifference:
    """A quantity of the stack beside that of the option, a month."""

    price_key: str
    what: str
    written: Decimal
    priced: Decimal


def differences(stack: Stack, site: Site) -> tuple[QuantityDifference, ...]:
    """Return what is written in another quantity than priced."""
    counted = (
        (ALARMS, "metrics watched by alarms", _metrics(stack)),
        (ADDRESSES, "hours of public addresses", _addresses(stack, site) * HOURS_PER_MONTH),
        (
            ENDPOINT_HOURS,
            "hours of interface endpoints",
            _endpoint_zones(stack) * HOURS_PER_MONTH,
        ),
        (
            SECRET_PRICE,
            "secrets",
            Decimal(len(stack.of_kind("AWS::SecretsManager::Secret"))),
        ),
    )
    return tuple(
        QuantityDifference(price_key=key, what=what, written=written, priced=priced)
        for key, what, written in counted
        if written != (priced := _priced(site, key))
    )


def _priced(site: Site, key: str) -> Decimal:
    return sum((part.quantity for part in site.parts_of(key)), ZERO)


def _metrics(stack: Stack) -> Decimal:
    return Decimal(sum(metrics_watched(alarm) for alarm in stack.of_kind("AWS::CloudWatch::Alarm")))


def _endpoint_zones(stack: Stack) -> Decimal:
    """Return how many endpoints are paid by the hour: one for each zone."""
    zones = (e.properties.get("SubnetIds", ()) for e in stack.of_kind("AWS::EC2::VPCEndpoint"))
    return Decimal(sum(len(subnets) for subnets in zones))


def _addresses(stack: Stack, site: Site) -> Decimal:
    return sum((Decimal(count) for count in _address_counts(stack, site)), ZERO)


def _address_counts(stack: Stack, site: Site) -> Iterator[int]:
    for resource in stack.resources:
        p = resource.properties
        if resource.kind == "AWS::EC2::EIP":
            yield 1
        elif resource.kind == "AWS::ElasticLoadBalancingV2::LoadBalancer":
            yield len(p["Subnets"])
        elif resource.kind == "AWS::ECS::Service":
            placing = p["NetworkConfiguration"]["AwsvpcConfiguration"]
            yield task_count(site) if placing["AssignPublicIp"] == "ENABLED" else 0
        elif resource.kind == "AWS::AutoScaling::AutoScalingGroup":
            yield int(p["DesiredCapacity"]) if _have_addresses(stack.resources) else 0


def _have_addresses(resources: tuple[Resource, ...]) -> bool:
    return any(
        interface["AssociatePublicIpAddress"]
        for resource in resources
        if resource.kind == "AWS::EC2::LaunchTemplate"
        for interface in resource.properties["LaunchTemplateData"].get("NetworkInterfaces", ())
    )
