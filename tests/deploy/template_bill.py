"""The bill of a CloudFormation template, from the template and the price book alone.

Hours, disks, secrets, alarms and addresses are counted in its resources; what is charged by use
comes from the quantities its Metadata states. Nothing of the option or of its resources' builders
is read here, so that the two can disagree.
"""

from __future__ import annotations

from decimal import Decimal

import yaml

from tablewright.bill.bill import charge
from yaml_files import SafeLoader

HOURS = Decimal(730)
PROCESSORS = {"X86_64": "x86", "ARM64": "arm"}


class Loader(SafeLoader):
    """Reads short tags as (tag, value)."""


def _tagged(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        return (suffix, node.value)
    return (suffix, loader.construct_sequence(node, deep=True))


Loader.add_multi_constructor("!", _tagged)


def read(text):
    """Return a template as data."""
    return yaml.load(text, Loader)


class Counted:
    """Quantities by price of what a template's resources are."""

    def __init__(self, template):
        self.resources = template["Resources"]
        self.parameters = template.get("Parameters", {})
        self.quantities = {}
        for resource in self.resources.values():
            count = getattr(self, "_" + resource["Type"].replace("::", "_"), None)
            if count is not None:
                count(resource.get("Properties", {}))

    def of(self, kind):
        return [r.get("Properties", {}) for r in self.resources.values() if r["Type"] == kind]

    def add(self, key, quantity):
        self.quantities[key] = self.quantities.get(key, Decimal(0)) + Decimal(quantity)

    def _AWS_ECS_Service(self, p):  # noqa: N802
        task = self.of("AWS::ECS::TaskDefinition")[0]
        processor = PROCESSORS[task["RuntimePlatform"]["CpuArchitecture"]]
        _, parameter = p["DesiredCount"]
        hours = int(self.parameters[parameter]["Default"]) * HOURS
        self.add(f"aws.fargate.vcpu.{processor}", Decimal(task["Cpu"]) / 1024 * hours)
        self.add(f"aws.fargate.gb.{processor}", Decimal(task["Memory"]) / 1024 * hours)
        if p["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "ENABLED":
            self.add("aws.vpc.publicipv4.hour", hours)

    def _AWS_ElasticLoadBalancingV2_LoadBalancer(self, p):  # noqa: N802
        self.add("aws.elb.alb.hour", HOURS)
        self.add("aws.vpc.publicipv4.hour", len(p["Subnets"]) * HOURS)

    def _AWS_EC2_EIP(self, p):  # noqa: N802
        self.add("aws.vpc.publicipv4.hour", HOURS)

    def _AWS_EC2_NatGateway(self, p):  # noqa: N802
        self.add("aws.vpc.natgw.hour", HOURS)

    def _machines(self, count):
        data = self.of("AWS::EC2::LaunchTemplate")[0]["LaunchTemplateData"]
        self.add(f"aws.ec2.{data['InstanceType']}", count * HOURS)
        disk = data["BlockDeviceMappings"][0]["Ebs"]
        self.add(f"aws.ebs.{disk['VolumeType']}.storage", count * disk["VolumeSize"])
        for interface in data.get("NetworkInterfaces", []):
            if interface["AssociatePublicIpAddress"]:
                self.add("aws.vpc.publicipv4.hour", count * HOURS)

    def _AWS_EC2_Instance(self, p):  # noqa: N802
        self._machines(1)

    def _AWS_AutoScaling_AutoScalingGroup(self, p):  # noqa: N802
        self._machines(int(p["DesiredCapacity"]))

    def _AWS_SecretsManager_Secret(self, p):  # noqa: N802
        self.add("aws.secrets-manager.secret", 1)

    def _AWS_CloudWatch_Alarm(self, p):  # noqa: N802
        watched = sum("MetricStat" in metric for metric in p.get("Metrics", [])) or 1
        self.add("aws.cloudwatch.alarm", watched)

    def _AWS_Route53_HostedZone(self, p):  # noqa: N802
        self.add("aws.route53.zone", 1)

    def _AWS_ElastiCache_ReplicationGroup(self, p):  # noqa: N802
        key = f"aws.elasticache.redis.{p['CacheNodeType']}"
        self.add(key, p["NumCacheClusters"] * HOURS)

    def _AWS_RDS_DBInstance(self, p):  # noqa: N802
        if p["DBInstanceClass"] == "db.serverless":
            return  # its units are charged by use
        if p["Engine"] == "aurora-postgresql":
            self.add(f"aws.aurora-postgresql.pg.{p['DBInstanceClass']}", HOURS)
            return
        zones = "multi" if p["MultiAZ"] else "single"
        self.add(f"aws.rds-postgresql.pg.{p['DBInstanceClass']}.{zones}", HOURS)
        self.add(f"aws.rds-postgresql.{p['StorageType']}.{zones}", p["AllocatedStorage"])

    def _AWS_WAFv2_WebACL(self, p):  # noqa: N802
        self.add("aws.waf.acl", 1)

    def _AWS_DynamoDB_Table(self, p):  # noqa: N802
        places = [p, *p.get("GlobalSecondaryIndexes", [])]
        for place in places:
            units = place.get("ProvisionedThroughput")
            if units and p["BillingMode"] == "PROVISIONED":
                self.add(
                    "aws.dynamodb.provisioned.rcu.standard", units["ReadCapacityUnits"] * HOURS
                )
                self.add(
                    "aws.dynamodb.provisioned.wcu.standard", units["WriteCapacityUnits"] * HOURS
                )


def bill_of(text, book, region, unpriced=()):
    """Return USD a month by price key, at list prices; nothing of keys without a price there."""
    template = read(text)
    amounts = {}

    def add(key, place, quantity):
        price = book.price(key, place)
        line = charge(price, quantity, where="", resource="", what="", region=place)
        amounts[key] = amounts.get(key, Decimal(0)) + line.amount

    elsewhere = template["Metadata"].get("BilledIn", {})
    for key, quantity in Counted(template).quantities.items():
        if key in unpriced:
            continue
        add(key, elsewhere.get(key, region), quantity)
    for name, quantity in template["Metadata"]["Usage"].items():
        key, _, place = name.partition("@")
        add(key, place, Decimal(str(quantity)))
    return amounts
