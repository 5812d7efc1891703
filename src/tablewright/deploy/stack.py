"""A deployment option as a stack: everything it is made of, in the order a reader expects it.

In: a site, the database's resources, the patterns' grants, what the estimate expects. Out: a
`Stack`. Every priced part is either backed by a resource, or named as nothing that is created;
a part that is neither is an error, so that what is priced and what is deployed cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tablewright.core.errors import UnsupportedError, UsageError
from tablewright.core.frozen import frozen
from tablewright.deploy.alarm_values import Expected
from tablewright.deploy.alarms import alarms
from tablewright.deploy.atlas import atlas, atlas_parameters
from tablewright.deploy.compute import INSTANCES, TASKS, compute, kind_of
from tablewright.deploy.containers import TASK_COUNT, task_count
from tablewright.deploy.delivery import calls_elsewhere, delivery, domain
from tablewright.deploy.endpoints import endpoints
from tablewright.deploy.extras import extras
from tablewright.deploy.grants import ChangeFeed, Grant, statements
from tablewright.deploy.instances import terminates_tls
from tablewright.deploy.item_sizes import item_sizes
from tablewright.deploy.network import network
from tablewright.deploy.option import Part, Site
from tablewright.deploy.resources import (
    AccountFact,
    Parameter,
    ParameterRef,
    Ref,
    Resource,
    Stack,
    StackOutput,
    Text,
    checked,
)
from tablewright.deploy.rights import variables_of
from tablewright.deploy.servers import servers
from tablewright.deploy.storage import pages_bucket, storage
from tablewright.deploy.usage import billed_elsewhere, usage_of
from tablewright.deploy.users import user_role


@frozen
class DatabaseShare:
    """What an engine adds to a stack: its tables, what patterns may do, what is expected."""

    resources: tuple[Resource, ...] = ()
    grants: tuple[Grant, ...] = ()
    expected: tuple[Expected, ...] = ()
    feeds: tuple[ChangeFeed, ...] = ()
    """Of each entity whose changes can be followed, what following them needs."""

    def granted(self, followed: Iterable[str]) -> tuple[Grant, ...]:
        """Return what the patterns need, and following the changes of these entities."""
        names = frozenset(followed)
        feeds = (feed for feed in self.feeds if feed.entity in names)
        return (*self.grants, *(grant for feed in feeds for grant in feed.grants))


CHARGED_BY_USE = (
    "aws.data-transfer",
    "aws.vpc.publicipv4",
    "aws.ebs",
    "aws.ecr",
    "aws.rds",
    "aws.aurora",
    "aws.cloudwatch.logs",
    "aws.kms",
    "aws.free-tier",
)
"""Prices of what comes with another resource, or of use alone: traffic, disks, storage."""
ELSEWHERE = ("google.", "azure.", "digitalocean.", "vercel.", "supabase.", "neon.", "planetscale.")


def build(
    site: Site,
    database: Sequence[Resource] = (),
    grants: Iterable[Grant] = (),
    expected: Sequence[Expected] = (),
) -> Stack:
    """Return the stack of a deployment option.

    Raises:
        UnsupportedError: the option runs at a provider that is priced but not deployed here.
        UsageError: two resources would have one name, or a load balancer nothing behind it.
    """
    refuse_elsewhere(site)
    if site.has("aws.elb") and kind_of(site) not in (TASKS, INSTANCES):
        raise UsageError(
            f"a load balancer stands before tasks or instances, and the option `{site.option}` "
            "runs none",
            remedy="leave it out: where the program runs elsewhere, its balancer is there too",
        )
    tables = [resource for resource in database if "DynamoDB" in resource.kind]
    variables = variables_of(
        site, {f"TABLE_{_variable(resource)}": Ref(resource.name) for resource in tables}
    )
    granted = statements(grants, site.program.users_by_tag if kind_of(site) else "")
    shared = tuple(statement for statement in granted if not statement.conditions)
    of_user = tuple(statement for statement in granted if statement.conditions)
    if of_user:
        variables["USER_ROLE"] = Ref("UserRole", "Arn")
    running = list(compute(site, shared, variables))
    resources = [
        *network(site),
        *endpoints(site),
        *database,
        *atlas(site),
        *servers(site),
        *storage(site),
        *domain(site),
        *running,
        *user_role(site, of_user, running),
        *delivery(site),
        *alarms(site, expected),
        *extras(site),
        *item_sizes(site, tables),
    ]
    stack = Stack(
        name=site.stack_name,
        title=f"{site.title}: {site.option}, {site.environment}",
        region=site.region,
        environment=site.environment,
        parameters=tuple(_parameters(site)),
        resources=tuple(_tagged(resource, site) for resource in resources),
        outputs=tuple(_outputs(site)),
        usage=usage_of(site),
        billed_in=billed_elsewhere(site),
    )
    return checked(stack)


def refuse_elsewhere(site: Site) -> None:
    """Raise where an option has parts that are priced only.

    Raises:
        UnsupportedError: it names them.
    """
    outside = sorted({part.title for part in site.parts if part.price_key.startswith(ELSEWHERE)})
    if outside:
        raise UnsupportedError(
            f"the option `{site.option}` is priced but not deployed: it runs outside AWS "
            f"({', '.join(outside)})",
            remedy="choose an option on AWS; `tablewright deploy --list` shows them",
        )


def unbacked(stack: Stack, parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return the priced parts for which the stack has no resource, and that need one."""
    covered = {key for resource in stack.resources for key in resource.price_keys}
    return tuple(
        part
        for part in parts
        if part.price_key
        and not part.price_key.startswith(tuple(covered))
        and not part.price_key.startswith(CHARGED_BY_USE)
    )


def _variable(resource: Resource) -> str:
    name = resource.name.removesuffix("Table")
    words = "".join(f"_{c}" if c.isupper() and i else c for i, c in enumerate(name))
    return words.upper()


def _parameters(site: Site) -> Iterable[Parameter]:
    yield Parameter(
        name="AlarmEmail",
        text="Who is told of alarms",
        pattern=r"[^@\s]+@[^@\s]+\.[^@\s]+",
    )
    kind = kind_of(site)
    if kind and kind != TASKS:
        yield Parameter(name="ArtifactBucket", text="Bucket that holds releases of the program")
        yield Parameter(name="ArtifactKey", text="The release to run, such as app/1a2b3c.zip")
    if kind == TASKS:
        yield Parameter(name="ImageTag", text="Tag of the image to run, such as a commit")
        yield Parameter(
            name=TASK_COUNT,
            text="Tasks that run; 0 until the first image is in the repository",
            default=str(task_count(site)),
            is_number=True,
        )
    if site.has("aws.elb") and not site.has_domain:
        yield Parameter(name="CertificateArn", text="Certificate of the domain, in the same region")
    alone = kind == INSTANCES and not site.has("aws.elb")
    if site.has_domain or "mail" in site.extras or (alone and terminates_tls(site)):
        yield Parameter(name="DomainName", text="Domain of the application, such as example.org")
    if alone and site.has("aws.cloudfront"):
        yield Parameter(
            name="DeliveryPrefixList",
            text="Prefix list com.amazonaws.global.cloudfront.origin-facing of the region: aws ec2 "
            "describe-managed-prefix-lists shows its id",
            pattern="pl-[0-9a-f]+",
        )
    if calls_elsewhere(site):
        yield Parameter(name="ApiDomainName", text="Where the program answers, such as an API host")
    yield from atlas_parameters(site)


def _outputs(site: Site) -> Iterable[StackOutput]:
    kind = kind_of(site)
    yield StackOutput(
        name="AlarmTopic",
        text="Alarms are published here: subscribe whoever is to know",
        value=Ref("AlarmTopic"),
    )
    if site.has("aws.api-gateway.rest"):
        yield StackOutput(
            name="ApiAddress",
            text="Where the API answers",
            value=Text(
                (
                    "https://",
                    Ref("Api"),
                    ".execute-api.",
                    AccountFact("region"),
                    f".amazonaws.com/{site.environment}",
                )
            ),
        )
    elif site.has("aws.api-gateway"):
        yield StackOutput(
            name="ApiAddress", text="Where the API answers", value=Ref("Api", "ApiEndpoint")
        )
    if site.has("aws.elb"):
        yield StackOutput(
            name="BalancerAddress",
            text="Point the domain here",
            value=Text(("https://", Ref("Balancer", "DNSName"))),
        )
    elif kind == INSTANCES:
        yield StackOutput(
            name="InstanceAddress", text="Point the domain here", value=Ref("Address")
        )
    if site.has("aws.cloudfront"):
        yield StackOutput(
            name="WebAddress",
            text="Where the pages are",
            value=Text(("https://", Ref("Distribution", "DomainName"))),
        )
        yield StackOutput(
            name="DistributionId", text="For invalidations", value=Ref("Distribution")
        )
        if pages_bucket(site):
            yield StackOutput(
                name="WebBucket", text="Upload pages here", value=Ref(pages_bucket(site))
            )
    if kind == TASKS:
        yield StackOutput(
            name="ImageRepository", text="Push images here", value=Ref("Images", "RepositoryUri")
        )
    if kind:
        name = "ImageTag" if kind == TASKS else "ArtifactKey"
        yield StackOutput(name="Release", text="What runs", value=ParameterRef(name))
    if site.has_domain:
        yield StackOutput(
            name="ZoneId",
            text="Its name servers go to the registrar: aws route53 get-hosted-zone",
            value=Ref("Zone"),
        )


TAGGED = frozenset(
    {
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGatewayV2::Api",
        "AWS::CertificateManager::Certificate",
        "AWS::CloudFront::Distribution",
        "AWS::EC2::EIP",
        "AWS::EC2::InternetGateway",
        "AWS::EC2::NatGateway",
        "AWS::EC2::RouteTable",
        "AWS::EC2::SecurityGroup",
        "AWS::ECR::Repository",
        "AWS::ECS::Cluster",
        "AWS::ECS::Service",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "AWS::IAM::Role",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::S3::Bucket",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
        "AWS::SecretsManager::Secret",
        "AWS::WAFv2::WebACL",
    }
)
"""Kinds that take a list of tags; the API of ApiGatewayV2 takes a mapping."""


def _tagged(resource: Resource, site: Site) -> Resource:
    if resource.kind not in TAGGED or "Tags" in resource.properties or not site.tags:
        return resource
    tags: object = [{"Key": key, "Value": value} for key, value in site.tags]
    if resource.kind == "AWS::ApiGatewayV2::Api":
        tags = dict(site.tags)
    return replace(resource, properties={**resource.properties, "Tags": tags})
