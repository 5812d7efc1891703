"""The domain and what is delivered under it: zone, certificate, records, distribution.

In: a site. Out: resources. The distribution stands before the program and the bucket of pages; it
speaks TLS alone, and keeps what the program says may be kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tablewright.deploy.option import Site
from tablewright.deploy.resources import (
    AccountFact,
    ParameterRef,
    Ref,
    Resource,
    Text,
    logical_name,
)
from tablewright.deploy.storage import PAGES, pages_bucket

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
"""Ids of managed cache policies; the second keeps nothing (TTL 0): Amazon CloudFront Developer
Guide, "Managed cache policies"."""
ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
"""Id of the managed origin request policy "AllViewerExceptHostHeader", same guide."""
SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
"""Id of the managed response headers policy "SecurityHeadersPolicy", same guide."""
ALL_METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
DELIVERY_REGION = "us-east-1"
"""Where a distribution's certificate and firewall have to be, same guide."""
DELIVERY_ZONE = "Z2FDTNDATAQYW2"
"""Hosted zone of every distribution: Route 53 API Reference, AliasTarget."""


def domain(site: Site) -> Iterator[Resource]:
    """Yield the zone and its certificate, where the option pays for a zone."""
    if not site.has_domain:
        return
    yield Resource(
        name="Zone",
        kind="AWS::Route53::HostedZone",
        properties={"Name": ParameterRef("DomainName")},
        reason="name servers are an output: set them at the registrar, or no certificate is issued",
        keeps_data=True,
        price_keys=("aws.route53",),
    )
    if needs_certificate(site):
        yield Resource(
            name="Certificate",
            kind="AWS::CertificateManager::Certificate",
            properties={
                "DomainName": ParameterRef("DomainName"),
                "SubjectAlternativeNames": [Text(("*.", ParameterRef("DomainName")))],
                "ValidationMethod": "DNS",
                "DomainValidationOptions": [
                    {"DomainName": ParameterRef("DomainName"), "HostedZoneId": Ref("Zone")}
                ],
            },
            reason="free; renews itself as long as the zone answers",
        )


def needs_certificate(site: Site) -> bool:
    """Whether a certificate of this region is of use: for a balancer, or a distribution here."""
    return site.has("aws.elb") or names_distribution(site)


def names_distribution(site: Site) -> bool:
    """Whether the distribution answers to the domain: its certificate has to be in us-east-1."""
    return site.has("aws.cloudfront") and site.has_domain and site.region == DELIVERY_REGION


def delivery(site: Site) -> Iterator[Resource]:
    """Yield the distribution, its cache policies, and the records that lead to everything."""
    if site.has("aws.cloudfront"):
        if pages_bucket(site):
            yield _origin_access(site)
        for path, seconds in site.program.cached:
            yield _cache_policy(site, path, seconds)
        yield _distribution(site)
    if site.has_domain:
        yield from _records(site)


def program_origin(site: Site) -> tuple[Any, dict[str, Any], str] | None:
    """Return the host name of the program, how it is called, and the path below it.

    None where nothing of the option runs a program.
    """
    tls = {"OriginProtocolPolicy": "https-only", "OriginSSLProtocols": ["TLSv1.2"]}
    if site.has("aws.api-gateway"):
        host = (Ref("Api"), ".execute-api.", AccountFact("region"), ".amazonaws.com")
        stage = f"/{site.environment}" if site.has("aws.api-gateway.rest") else ""
        return Text(host), tls, stage
    if site.has("aws.elb"):
        if site.has_domain:
            return Text(("origin.", ParameterRef("DomainName"))), tls, ""
        return Ref("Balancer", "DNSName"), tls, ""
    if site.has("aws.ec2."):
        plain = {"OriginProtocolPolicy": "http-only", "HTTPPort": site.program.port}
        if site.has_domain:
            return Text(("origin.", ParameterRef("DomainName"))), plain, ""
        return ParameterRef("ApiDomainName"), plain, ""
    if calls_elsewhere(site):
        return ParameterRef("ApiDomainName"), tls, ""
    return None


def calls_elsewhere(site: Site) -> bool:
    """Whether the distribution is told where the program is: outside the option, or by address.

    An origin has a host name, never a bare address: without a zone it is a name of the user's own.
    """
    if not site.has("aws.cloudfront") or site.has("aws.api-gateway", "aws.elb"):
        return False
    return not site.has("aws.ec2.") or not site.has_domain


def _origin_access(site: Site) -> Resource:
    return Resource(
        name="OriginAccess",
        kind="AWS::CloudFront::OriginAccessControl",
        properties={
            "OriginAccessControlConfig": {
                "Name": site.stack_name,
                "OriginAccessControlOriginType": "s3",
                "SigningBehavior": "always",
                "SigningProtocol": "sigv4",
            }
        },
        reason="the distribution signs what it asks of the bucket; nobody else may",
    )


def policy_name(path: str) -> str:
    """Return the logical name of the cache policy of a path.

    Example:
        >>> policy_name("images/*")
        'ImagesCache'
    """
    return logical_name(path, "cache")


def _cache_policy(site: Site, path: str, seconds: int) -> Resource:
    name = policy_name(path)
    return Resource(
        name=name,
        kind="AWS::CloudFront::CachePolicy",
        properties={
            "CachePolicyConfig": {
                "Name": f"{site.stack_name}-{name}",
                "DefaultTTL": seconds,
                "MaxTTL": max(seconds, 1),
                "MinTTL": 0,
                "ParametersInCacheKeyAndForwardedToOrigin": {
                    "CookiesConfig": {"CookieBehavior": "none"},
                    "EnableAcceptEncodingBrotli": True,
                    "EnableAcceptEncodingGzip": True,
                    "HeadersConfig": {"HeaderBehavior": "none"},
                    "QueryStringsConfig": {"QueryStringBehavior": "none"},
                },
            }
        },
        reason=f"{path} is kept for {seconds:,} seconds",
    )


def _behaviour(target: str, cache: Any) -> dict[str, Any]:
    return {
        "TargetOriginId": target,
        "ViewerProtocolPolicy": "redirect-to-https",
        "CachePolicyId": cache,
        "ResponseHeadersPolicyId": SECURITY_HEADERS,
        "Compress": True,
    }


def _calls() -> dict[str, Any]:
    """Return the behaviour of calls of the program: nothing is kept, everything is passed on."""
    return {
        **_behaviour("api", CACHING_DISABLED),
        "AllowedMethods": ALL_METHODS,
        "OriginRequestPolicyId": ALL_BUT_HOST,
    }


def _origins(site: Site) -> list[dict[str, Any]]:
    origins: list[dict[str, Any]] = []
    bucket = pages_bucket(site)
    if bucket:
        origins.append(
            {
                "Id": "web",
                "DomainName": Ref(bucket, "RegionalDomainName"),
                "OriginAccessControlId": Ref("OriginAccess"),
                "S3OriginConfig": {"OriginAccessIdentity": ""},
            }
        )
    program = program_origin(site)
    if program is not None:
        host, protocol, path = program
        origin: dict[str, Any] = {"Id": "api", "DomainName": host, "CustomOriginConfig": protocol}
        if path:
            origin["OriginPath"] = path
        origins.append(origin)
    return origins


def _distribution(site: Site) -> Resource:
    origins = _origins(site)
    names = [origin["Id"] for origin in origins]
    default = "web" if "web" in names else names[0]
    behaviours = [
        {"PathPattern": path, **_behaviour(default, Ref(policy_name(path)))}
        for path, _ in site.program.cached
    ]
    if "api" in names and default == "web":
        behaviours.append({"PathPattern": f"{site.program.base_path.lstrip('/')}/*", **_calls()})
    config: dict[str, Any] = {
        "Enabled": True,
        "Comment": site.stack_name,
        "HttpVersion": "http2and3",
        "IPV6Enabled": True,
        "PriceClass": "PriceClass_100",
        "Origins": origins,
        "DefaultCacheBehavior": _behaviour("web", CACHING_OPTIMIZED)
        if default == "web"
        else _calls(),
        "CacheBehaviors": behaviours,
        "ViewerCertificate": {"CloudFrontDefaultCertificate": True},
    }
    if default == "web":
        config["DefaultRootObject"] = "index.html"
    if names == ["web"] and pages_bucket(site) == PAGES:  # else a 403 of the program became a page
        config["CustomErrorResponses"] = [  # a page that routes by itself answers every path
            {"ErrorCode": 403, "ResponseCode": 200, "ResponsePagePath": "/index.html"}
        ]
    if names_distribution(site):
        config["Aliases"] = [ParameterRef("DomainName")]
        config["ViewerCertificate"] = {
            "AcmCertificateArn": Ref("Certificate"),
            "SslSupportMethod": "sni-only",
            "MinimumProtocolVersion": "TLSv1.2_2021",
        }
    if site.has("aws.waf") and site.region == DELIVERY_REGION:
        config["WebACLId"] = Ref("Firewall", "Arn")
    return Resource(
        name="Distribution",
        kind="AWS::CloudFront::Distribution",
        properties={"DistributionConfig": config},
        reason="everything over HTTPS, with security headers; calls of the program are never kept",
        price_keys=("aws.cloudfront",),
    )


def _records(site: Site) -> Iterator[Resource]:
    """Yield the records of the domain: the distribution or the balancer, and the origin."""
    balancer = {
        "DNSName": Ref("Balancer", "DNSName"),
        "HostedZoneId": Ref("Balancer", "CanonicalHostedZoneID"),
    }
    if names_distribution(site):
        target = {"DNSName": Ref("Distribution", "DomainName"), "HostedZoneId": DELIVERY_ZONE}
        yield _record("DomainRecord", ParameterRef("DomainName"), target)
    elif site.has("aws.elb"):
        yield _record("DomainRecord", ParameterRef("DomainName"), balancer)
    if not site.has("aws.cloudfront"):
        if site.has("aws.ec2.") and not site.has("aws.elb"):
            yield _record("DomainRecord", ParameterRef("DomainName"), Ref("Address"))
        return
    origin = Text(("origin.", ParameterRef("DomainName")))
    if site.has("aws.elb"):
        yield _record("OriginRecord", origin, balancer)
    elif site.has("aws.ec2."):
        yield _record("OriginRecord", origin, Ref("Address"))


def _record(name: str, domain_name: Any, target: Any) -> Resource:
    properties: dict[str, Any] = {
        "HostedZoneId": Ref("Zone"),
        "Name": domain_name,
        "Type": "A",
    }
    if isinstance(target, dict):
        properties["AliasTarget"] = target
    else:
        properties["TTL"] = "300"
        properties["ResourceRecords"] = [target]
    return Resource(name=name, kind="AWS::Route53::RecordSet", properties=properties)
