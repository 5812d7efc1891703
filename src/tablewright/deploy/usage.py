"""What the model expects to be used in a month, so that a template can be priced by itself.

In: a site. Out: quantities by price. What follows from the resources is not among them: hours of
instances, tasks, balancers and addresses, numbers of secrets, alarms and zones, sizes of disks.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.core.quantities import ZERO
from tablewright.deploy.option import Site
from tablewright.deploy.resources import Usage

BY_RESOURCE = (
    "aws.aurora-postgresql.pg.",
    "aws.cloudwatch.alarm",
    "aws.dynamodb.provisioned",
    "aws.ebs.",
    "aws.ec2.",
    "aws.elasticache.",
    "aws.elb.alb.hour",
    "aws.fargate.",
    "aws.rds-postgresql.",
    "aws.route53.zone",
    "aws.secrets-manager.secret",
    "aws.vpc.natgw.hour",
    "aws.vpc.publicipv4",
    "aws.waf.acl",
)
"""Prices whose quantity follows from the resources of a template and 730 hours of a month."""


def billed_elsewhere(site: Site) -> tuple[tuple[str, str], ...]:
    """Return prices of resources with their region, where it is another than the option's."""
    parts = {
        (part.price_key, part.region)
        for part in site.parts
        if part.price_key.startswith(BY_RESOURCE) and part.region not in ("", site.region)
    }
    return tuple(sorted(parts))


def usage_of(site: Site) -> tuple[Usage, ...]:
    """Return the quantities of everything that is charged by use, the same price added up."""
    quantities: dict[tuple[str, str], Decimal] = {}
    for part in site.parts:
        if part.price_key.startswith(BY_RESOURCE):
            continue
        place = (part.price_key, part.region)
        quantities[place] = quantities.get(place, ZERO) + part.quantity
    return tuple(
        Usage(price_key=key, region=region, quantity=quantity)
        for (key, region), quantity in sorted(quantities.items())
    )
