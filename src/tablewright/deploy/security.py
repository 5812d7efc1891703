"""The security settings of a stack: each with what in it stands for it, or what it lacks.

In: a stack, its site. Out: rows. Only what the stack itself says is judged; what the program has
to do is said to be not known. Sources: the guides of each service on encryption and public access.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tablewright.deploy.atlas import CLUSTER
from tablewright.deploy.compute import kind_of
from tablewright.deploy.option import Site
from tablewright.deploy.readiness import MISSING, PRESENT, UNKNOWN, ReadinessRow
from tablewright.deploy.resources import Resource, Stack

BUCKET = "AWS::S3::Bucket"
TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
SERVERS = ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance")
CACHE = "AWS::ElastiCache::ReplicationGroup"
BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
PRIVATE_ACLS = ("", "Private", "BucketOwnerFullControl", "LogDeliveryWrite")


def security(stack: Stack, site: Site) -> Iterator[ReadinessRow]:
    """Yield the security settings that apply to a stack."""
    yield from _at_rest(stack)
    yield from _in_transit(stack)
    yield from _network(stack)
    yield from _sign_in(stack)
    yield from _audit(stack)
    yield from _secrets(stack, site)
    yield from _calls(stack, site)
    yield from _files(stack)


def _judged(
    what: str, resources: Sequence[Resource], wrong: Sequence[str], right: str, fix: str = ""
) -> Iterator[ReadinessRow]:
    """Yield a row, where there is anything it is about."""
    if resources:
        yield ReadinessRow(
            what=what,
            state=MISSING if wrong else PRESENT,
            evidence="; ".join(wrong) if wrong else right,
            fix=fix if wrong else "",
        )


def _of(stack: Stack, *kinds: str) -> list[Resource]:
    return [resource for resource in stack.resources if resource.kind in kinds]


def _servers(stack: Stack) -> list[Resource]:
    """Return servers and clusters; what is set for a cluster is not said of its members."""
    return [r for r in _of(stack, *SERVERS) if "DBClusterIdentifier" not in r.properties]


def _at_rest(stack: Stack) -> Iterator[ReadinessRow]:
    kinds = (
        *TABLES,
        *SERVERS,
        CLUSTER,
        BUCKET,
        CACHE,
        "AWS::SQS::Queue",
        "AWS::EC2::LaunchTemplate",
    )
    stores = [r for r in _of(stack, *kinds) if "DBClusterIdentifier" not in r.properties]
    wrong = [f"{resource.name} is not" for resource in stores if not _is_encrypted(resource)]
    text = f"all {len(stores)} that keep data, with AES-256"
    yield from _judged("encryption at rest", stores, wrong, text)


def _is_encrypted(resource: Resource) -> bool:
    p: Mapping[str, Any] = resource.properties
    if resource.kind in (*TABLES, CLUSTER):
        return True  # always, whatever the table or the tier: there is no other kind
    if resource.kind in SERVERS:
        return bool(p.get("StorageEncrypted"))
    if resource.kind == BUCKET:
        return bool(p.get("BucketEncryption"))
    if resource.kind == CACHE:
        return bool(p.get("AtRestEncryptionEnabled"))
    if resource.kind == "AWS::SQS::Queue":
        return bool(p.get("SqsManagedSseEnabled") or p.get("KmsMasterKeyId"))
    disks = p["LaunchTemplateData"].get("BlockDeviceMappings", ())
    return bool(disks) and all(disk["Ebs"].get("Encrypted") for disk in disks)


def _in_transit(stack: Stack) -> Iterator[ReadinessRow]:
    kinds = (
        "AWS::ElasticLoadBalancingV2::Listener",
        "AWS::CloudFront::Distribution",
        BUCKET,
        CACHE,
    )
    doors = _of(stack, *kinds)
    wrong = [text for resource in doors for text in _without_tls(stack, resource)]
    yield from _judged("TLS alone", doors, wrong, f"at all {len(doors)} that are called")


def _without_tls(stack: Stack, resource: Resource) -> Iterator[str]:
    """Yield where something can be called, or calls, without TLS 1.2."""
    p = resource.properties
    if resource.kind == BUCKET:
        if not any(_refuses_plain(r, resource.name) for r in _of(stack, "AWS::S3::BucketPolicy")):
            yield f"{resource.name} is read without it, too"
    elif resource.kind == CACHE:
        if not p.get("TransitEncryptionEnabled"):
            yield f"{resource.name} is called without it"
    elif resource.kind == "AWS::ElasticLoadBalancingV2::Listener":
        redirects = all(action["Type"] == "redirect" for action in p["DefaultActions"])
        if p["Protocol"] != "HTTPS" and not redirects:
            yield f"{resource.name} answers without it"
    else:
        yield from _of_distribution(resource.name, p["DistributionConfig"])


def _refuses_plain(policy: Resource, bucket: str) -> bool:
    p = policy.properties
    if getattr(p["Bucket"], "resource", "") != bucket:
        return False
    return any(
        statement["Effect"] == "Deny"
        and statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
        for statement in p["PolicyDocument"]["Statement"]
    )


def _behaviours(config: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return what a distribution does at each path, its default first."""
    return (config["DefaultCacheBehavior"], *config.get("CacheBehaviors", ()))


def _of_distribution(name: str, config: Mapping[str, Any]) -> Iterator[str]:
    if any(each["ViewerProtocolPolicy"] == "allow-all" for each in _behaviours(config)):
        yield f"{name} answers without it"
    for origin in config["Origins"]:
        protocol = origin.get("CustomOriginConfig", {}).get("OriginProtocolPolicy", "https-only")
        if protocol != "https-only":
            yield f"{name} calls the program without it"
    if "MinimumProtocolVersion" not in config["ViewerCertificate"]:
        yield (
            f"{name} takes TLS 1.0 from old browsers as long as it has CloudFront's own "
            "certificate: a domain in us-east-1 makes it 1.2"
        )


def _network(stack: Stack) -> Iterator[ReadinessRow]:
    stores = _of(stack, *TABLES, *SERVERS, CLUSTER, CACHE)
    wrong = [
        f"{r.name} has a public address" for r in stores if r.properties.get("PubliclyAccessible")
    ]
    for entry in _of(stack, "MongoDB::Atlas::ProjectIpAccessList"):
        if entry.properties.get("CidrBlock") == "0.0.0.0/0":
            wrong.append(f"{entry.name} admits the whole internet")
        else:
            wrong.append(
                "the cluster is called over the internet, from one address alone; no option pays "
                "for a private endpoint"
            )
    servers = [r for r in stores if r.kind not in TABLES]
    if servers:
        right = "servers have no public address, and answer the program's group alone"
    else:
        right = "tables have no network: every call is signed by a role, over TLS"
    yield from _judged("database behind a private network", stores, wrong, right)


def _sign_in(stack: Stack) -> Iterator[ReadinessRow]:
    tables = _of(stack, *TABLES)
    yield from _judged("sign-in to tables", tables, (), "roles, no password")
    users = _of(stack, "MongoDB::Atlas::DatabaseUser")
    yield from _judged("sign-in to the database", users, (), "SCRAM-SHA-256, one database alone")
    servers = _servers(stack)
    wrong = [
        f"the template holds the password of {r.name}"
        for r in servers
        if not r.properties.get("ManageMasterUserPassword")
    ]
    text = "a password that the service makes, keeps and replaces"
    yield from _judged("sign-in to the server", servers, wrong, text)


def _audit(stack: Stack) -> Iterator[ReadinessRow]:
    clusters = _of(stack, CLUSTER)
    audits = [r for r in _of(stack, "MongoDB::Atlas::Auditing") if r.properties.get("Enabled")]
    wrong = [] if audits else ["nobody is recorded"]
    yield from _judged("audit log", clusters, wrong, "sign-ins and refused calls are recorded")
    servers = _servers(stack)
    wrong = [
        f"the log of {r.name} is not exported"
        for r in servers
        if not r.properties.get("EnableCloudwatchLogsExports")
    ]
    yield from _judged("audit log", servers, wrong, "the server's log is exported")
    tables = _of(stack, *TABLES)
    text = "no trail of this stack records calls of items; CloudTrail charges such events by number"
    fix = "a trail of the account with data events of the tables"
    yield from _judged("audit log", tables, [text], "", fix)


def _secrets(stack: Stack, site: Site) -> Iterator[ReadinessRow]:
    names = ", ".join(secret.name for secret in site.program.secrets)
    if not names:
        return
    if _of(stack, "AWS::SecretsManager::Secret"):
        text = f"{names}: in Secrets Manager, none in a file; a reminder when one is due"
        yield ReadinessRow(what="secrets", state=PRESENT, evidence=text)
    elif kind_of(site):
        text = f"the option pays for no store of {names}"
        fix = "an option that pays for Secrets Manager: tablewright deploy --list"
        yield ReadinessRow(what="secrets", state=MISSING, evidence=text, fix=fix)
    else:
        text = f"{names}: kept where the program runs, which is not part of this option"
        yield ReadinessRow(what="secrets", state=UNKNOWN, evidence=text)


def _calls(stack: Stack, site: Site) -> Iterator[ReadinessRow]:
    """Yield what protects the API: a limit of calls, origins, headers, checked bodies."""
    wanted = site.program.calls_per_minute
    limits = [
        text
        for kind, text in (
            ("AWS::WAFv2::WebACL", "the firewall refuses an address that calls too often"),
            ("AWS::ApiGateway::UsagePlan", "the usage plan limits each client"),
            ("AWS::ApiGatewayV2::Stage", "the API limits all callers together"),
        )
        if _of(stack, kind)
    ]
    said = f"{wanted:,} calls a minute of one client" if wanted else "calls of one client"
    yield ReadinessRow(
        what="limit of calls",
        state=PRESENT if limits else UNKNOWN,
        evidence="; ".join(limits) if limits else f"{said}: the program has to count them",
        fix="" if limits else "tablewright deploy --with firewall, where the option has one",
    )
    yield _origins(stack, site)
    distributions = _of(stack, "AWS::CloudFront::Distribution")
    wrong = [
        f"{r.name} adds none at {behaviour.get('PathPattern', 'its default')}"
        for r in distributions
        for behaviour in _behaviours(r.properties["DistributionConfig"])
        if "ResponseHeadersPolicyId" not in behaviour
    ]
    yield from _judged("security headers", distributions, wrong, "at every path that is delivered")
    yield ReadinessRow(
        what="bodies of requests",
        state=UNKNOWN,
        evidence="no resource checks them: the program does; `tablewright serve` by the model",
    )


def _origins(stack: Stack, site: Site) -> ReadinessRow:
    what, names = "origins of browsers", ", ".join(site.program.origins)
    if not names:
        fix = "`origins` in `deploy:` of the model file"
        return ReadinessRow(what=what, state=MISSING, evidence="none is named", fix=fix)
    if _of(stack, "AWS::ApiGatewayV2::Api", "AWS::ApiGateway::RestApi"):
        return ReadinessRow(what=what, state=PRESENT, evidence=f"the API admits {names}")
    return ReadinessRow(what=what, state=UNKNOWN, evidence=f"{names}: the program has to tell them")


def _files(stack: Stack) -> Iterator[ReadinessRow]:
    buckets = _of(stack, BUCKET)
    wrong = [f"{r.name} can be read by anybody" for r in buckets if not _is_private(r)]
    text = "public lists and policies are refused; the account owns all objects"
    fix = "no AccessControl, all four of PublicAccessBlockConfiguration"
    yield from _judged("private files", buckets, wrong, text, fix)
    wrong = [
        f"{r.name} keeps none"
        for r in buckets
        if r.properties.get("VersioningConfiguration", {}).get("Status") != "Enabled"
    ]
    yield from _judged("old versions of files", buckets, wrong, "kept, so that none is lost")
    wrong = [
        f"{r.name} has none"
        for r in buckets
        if not r.properties.get("LifecycleConfiguration", {}).get("Rules")
    ]
    yield from _judged("lifecycle of files", buckets, wrong, "old versions and logs go by rules")


def _is_private(bucket: Resource) -> bool:
    """Whether nobody can make the bucket public: neither its list of rights nor a policy."""
    p = bucket.properties
    blocks = p.get("PublicAccessBlockConfiguration", {})
    acl = str(p.get("AccessControl", ""))
    return acl in PRIVATE_ACLS and all(blocks.get(name) is True for name in BLOCKS)
