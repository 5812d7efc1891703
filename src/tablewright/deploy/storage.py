"""Files, their delivery, and secrets: buckets, distributions, certificates, secret stores.

In: a site. Out: resources. No bucket is public; nothing is delivered but through the distribution.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tablewright.deploy.option import Site
from tablewright.deploy.resources import Account, ParameterRef, Ref, Resource, Text
from tablewright.deploy.rights import secret_name

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
"""Id of the managed cache policy: Amazon CloudFront Developer Guide, "Managed cache policies"."""
SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
"""Id of the managed response headers policy "SecurityHeadersPolicy", same guide."""


def storage(site: Site) -> Iterator[Resource]:
    """Yield the buckets of a site, the distribution before them, and its secrets."""
    if site.has("aws.s3"):
        yield from _bucket("Files", site, "what users and the application store", is_archive=True)
    if site.has("aws.cloudfront"):
        yield from _bucket("Web", site, "the pages", is_archive=False)
        yield from _distribution(site)
    if site.has("aws.route53.zone"):
        yield Resource(
            name="Zone",
            kind="AWS::Route53::HostedZone",
            properties={"Name": ParameterRef("DomainName")},
            keeps_data=True,
            price_keys=("aws.route53",),
        )
    for name in site.secrets:
        yield Resource(
            name=secret_name(name),
            kind="AWS::SecretsManager::Secret",
            properties={
                "Name": f"{site.app}/{site.environment}/{name}",
                "Description": f"{name} of {site.app}; set its value by hand or by rotation",
                "GenerateSecretString": {"PasswordLength": 40, "ExcludePunctuation": True},
            },
            reason="the value is made when the stack is, and no file holds it",
            keeps_data=True,
            price_keys=("aws.secrets-manager",),
        )


def _lifecycle_rules(site: Site, *, is_archive: bool) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = [
        {
            "Id": "unfinished-uploads",
            "Status": "Enabled",
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
        {
            "Id": "old-versions",
            "Status": "Enabled",
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        },
    ]
    if is_archive:
        rules.append(
            {
                "Id": "request-logs",
                "Status": "Enabled",
                "Prefix": "logs/",
                "ExpirationInDays": site.retention_days,
            }
        )
    return rules


def _bucket(name: str, site: Site, text: str, *, is_archive: bool) -> Iterator[Resource]:
    yield Resource(
        name=name,
        kind="AWS::S3::Bucket",
        properties={
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
                ]
            },
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "VersioningConfiguration": {"Status": "Enabled"},
            "LifecycleConfiguration": {"Rules": _lifecycle_rules(site, is_archive=is_archive)},
        },
        reason=text,
        keeps_data=True,
        price_keys=("aws.s3",),
    )
    yield _bucket_policy(name)


def _bucket_policy(name: str) -> Resource:
    statements: list[dict[str, Any]] = [
        {
            "Sid": "OnlyTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [Ref(name, "Arn"), Text((Ref(name, "Arn"), "/*"))],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]
    if name == "Web":
        statements.append(
            {
                "Sid": "Distribution",
                "Effect": "Allow",
                "Principal": {"Service": "cloudfront.amazonaws.com"},
                "Action": "s3:GetObject",
                "Resource": [Text((Ref(name, "Arn"), "/*"))],
                "Condition": {
                    "StringEquals": {
                        "AWS:SourceArn": Text(
                            (
                                "arn:",
                                Account("partition"),
                                ":cloudfront::",
                                Account("id"),
                                ":distribution/",
                                Ref("Distribution"),
                            )
                        )
                    }
                },
            }
        )
    return Resource(
        name=f"{name}Policy",
        kind="AWS::S3::BucketPolicy",
        properties={
            "Bucket": Ref(name),
            "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
        },
        reason="TLS only" + ("; read by the distribution alone" if name == "Web" else ""),
    )


def _distribution(site: Site) -> Iterator[Resource]:
    yield Resource(
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
    )
    yield Resource(
        name="Distribution",
        kind="AWS::CloudFront::Distribution",
        properties={
            "DistributionConfig": {
                "Enabled": True,
                "Comment": site.stack_name,
                "DefaultRootObject": "index.html",
                "HttpVersion": "http2and3",
                "IPV6Enabled": True,
                "PriceClass": "PriceClass_100",
                "Origins": [
                    {
                        "Id": "web",
                        "DomainName": Ref("Web", "RegionalDomainName"),
                        "OriginAccessControlId": Ref("OriginAccess"),
                        "S3OriginConfig": {"OriginAccessIdentity": ""},
                    }
                ],
                "DefaultCacheBehavior": {
                    "TargetOriginId": "web",
                    "ViewerProtocolPolicy": "redirect-to-https",
                    "CachePolicyId": CACHING_OPTIMIZED,
                    "ResponseHeadersPolicyId": SECURITY_HEADERS,
                    "Compress": True,
                },
                "ViewerCertificate": {"CloudFrontDefaultCertificate": True},
            }
        },
        reason="the pages, over HTTPS only, with security headers",
        price_keys=("aws.cloudfront",),
    )
