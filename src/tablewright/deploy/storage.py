"""Files, queues and secrets: buckets, message queues, secret stores.

In: a site. Out: resources. No bucket is public; pages are delivered by the distribution alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tablewright.deploy.option import SECRET_PRICE, Site
from tablewright.deploy.resources import AccountFact, Ref, Resource, Text
from tablewright.deploy.rights import SHARED_SECRET, queue_name, secret_resource

BUCKET_PRICE = "aws.s3.standard.storage"
PAGES, FILES = "Web", "Files"
UPLOADS = "uploads"
"""The folder name by which a program says that what users upload is delivered as it is."""
COLDER_AFTER_DAYS = 90
OLD_VERSION_DAYS = 30


def storage(site: Site) -> Iterator[Resource]:
    """Yield the buckets of a site, its queues and its secrets."""
    if site.has(BUCKET_PRICE):
        yield from _bucket(FILES, site, "what users and the application store")
        if pages_bucket(site) == PAGES:
            yield from _bucket(PAGES, site, "the pages")
    yield from _queues(site)
    yield from _secrets(site)


def pages_bucket(site: Site) -> str:
    """Return the bucket that a distribution delivers from; "" where none is paid for."""
    if not site.has("aws.cloudfront") or not site.has(BUCKET_PRICE):
        return ""
    return FILES if site.program.static == UPLOADS else PAGES


def _lifecycle_rules(name: str, site: Site) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = [
        {
            "Id": "unfinished-uploads",
            "Status": "Enabled",
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
        {
            "Id": "old-versions",
            "Status": "Enabled",
            "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSION_DAYS},
        },
    ]
    if name == FILES:
        rules.append(
            {
                "Id": "request-logs",
                "Status": "Enabled",
                "Prefix": "logs/",
                "ExpirationInDays": site.retention_days,
            }
        )
    return rules


def closed_bucket(rules: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the properties of a bucket that is encrypted, versioned and never public."""
    return {
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
        "LifecycleConfiguration": {"Rules": rules},
    }


def _bucket(name: str, site: Site, text: str) -> Iterator[Resource]:
    properties = closed_bucket(_lifecycle_rules(name, site))
    if name == PAGES:
        properties["WebsiteConfiguration"] = {
            "IndexDocument": "index.html",
            "ErrorDocument": "index.html",
            "RoutingRules": [],
        }
    yield Resource(
        name=name,
        kind="AWS::S3::Bucket",
        properties=properties,
        reason=text,
        keeps_data=True,
        price_keys=("aws.s3",),
    )
    yield bucket_policy(name, is_delivered=name == pages_bucket(site))


def bucket_policy(name: str, *, is_delivered: bool = False) -> Resource:
    """Return the policy of a bucket: over TLS only, and what a distribution may read."""
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
    if is_delivered:
        source = (
            "arn:",
            AccountFact("partition"),
            ":cloudfront::",
            AccountFact("id"),
            ":distribution/",
            Ref("Distribution"),
        )
        statements.append(
            {
                "Sid": "Distribution",
                "Effect": "Allow",
                "Principal": {"Service": "cloudfront.amazonaws.com"},
                "Action": "s3:GetObject",
                "Resource": [Text((Ref(name, "Arn"), "/*"))],
                "Condition": {"StringEquals": {"AWS:SourceArn": Text(source)}},
            }
        )
    return Resource(
        name=f"{name}Policy",
        kind="AWS::S3::BucketPolicy",
        properties={
            "Bucket": Ref(name),
            "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
        },
        reason="TLS only" + ("; read by the distribution alone" if is_delivered else ""),
    )


def _queues(site: Site) -> Iterator[Resource]:
    for queue in site.program.queues:
        name = queue_name(queue.name)
        yield Resource(
            name=f"{name}Failed",
            kind="AWS::SQS::Queue",
            properties={"SqsManagedSseEnabled": True, "MessageRetentionPeriod": 1_209_600},
            reason=f"messages of {queue.name} that failed five times wait here for 14 days",
            price_keys=("aws.sqs",),
        )
        yield Resource(
            name=name,
            kind="AWS::SQS::Queue",
            properties={
                "SqsManagedSseEnabled": True,
                "MessageRetentionPeriod": 345_600,
                "VisibilityTimeout": max(180, site.function_seconds * 6),
                "RedrivePolicy": {
                    "deadLetterTargetArn": Ref(f"{name}Failed", "Arn"),
                    "maxReceiveCount": 5,
                },
            },
            reason=f"{queue.name}: work outside the request; a million requests a month are free",
            price_keys=("aws.sqs",),
        )


def _secrets(site: Site) -> Iterator[Resource]:
    if not site.secrets:
        return
    if site.shares_a_secret:
        names = [secret.name for secret in site.secrets]
        template = json.dumps(dict.fromkeys(names[1:], ""))
        yield _secret(
            SHARED_SECRET,
            site,
            "application",
            f"one secret for all keys, as priced: {', '.join(names)}; set each by hand",
            {"SecretStringTemplate": template, "GenerateStringKey": names[0]},
        )
        return
    for secret in site.secrets:
        name = secret.name.lower().replace("_", "-")
        yield _secret(secret_resource(site, secret), site, name, secret.text or name, {})


def _secret(logical: str, site: Site, name: str, text: str, settings: dict[str, str]) -> Resource:
    return Resource(
        name=logical,
        kind="AWS::SecretsManager::Secret",
        properties={
            "Name": f"{site.app}/{site.environment}/{name}",
            "Description": text,
            "GenerateSecretString": {
                **settings,
                "PasswordLength": 40,
                "ExcludePunctuation": True,
            },
        },
        reason="a random value is made with the stack, and no file holds it",
        keeps_data=True,
        price_keys=(SECRET_PRICE,),
    )
