"""Buckets, distributions and secrets as the provider hashicorp/aws writes them.

In: a resource. Out: blocks. Sources: the provider's documentation of each resource, version 6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tablewright.deploy.resources import Ref, Resource
from tablewright.deploy.shapes.values import (
    Block,
    Json,
    inner_blocks,
    physical_name,
    plainly,
    snaked,
    tags_of,
)


def _bucket(resource: Resource) -> list[Block]:
    p = resource.properties
    bucket = Ref(resource.name)
    main: dict[str, Any] = {"bucket_prefix": f"{physical_name(resource)}-"}
    if tags_of(p):
        main["tags"] = tags_of(p)
    rule = p["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    algorithm = rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"]
    apply = Block.inner(
        {"apply_server_side_encryption_by_default": [Block.inner({"sse_algorithm": algorithm})]}
    )

    def beside(kind: str, suffix: str, body: Mapping[str, Any]) -> Block:
        return Block(kind, {"bucket": bucket, **body}, suffix=suffix, is_main=False)

    website: list[Block] = []
    if "WebsiteConfiguration" in p:
        pages = p["WebsiteConfiguration"]
        documents = {
            "index_document": [Block.inner({"suffix": pages["IndexDocument"]})],
            "error_document": [Block.inner({"key": pages["ErrorDocument"]})],
        }
        website.append(beside("aws_s3_bucket_website_configuration", "website", documents))
    return [
        Block("aws_s3_bucket", main),
        *website,
        beside(
            "aws_s3_bucket_server_side_encryption_configuration", "encryption", {"rule": [apply]}
        ),
        beside(
            "aws_s3_bucket_public_access_block",
            "access",
            snaked(p["PublicAccessBlockConfiguration"]),
        ),
        beside(
            "aws_s3_bucket_ownership_controls",
            "ownership",
            {"rule": inner_blocks(p["OwnershipControls"]["Rules"])},
        ),
        beside(
            "aws_s3_bucket_versioning",
            "versioning",
            {"versioning_configuration": [Block.inner({"status": "Enabled"})]},
        ),
        beside(
            "aws_s3_bucket_lifecycle_configuration",
            "lifecycle",
            {"rule": [_lifecycle(rule) for rule in p["LifecycleConfiguration"]["Rules"]]},
        ),
    ]


def _lifecycle(rule: Mapping[str, Any]) -> Block:
    body: dict[str, Any] = {
        "id": rule["Id"],
        "status": rule["Status"],
        "filter": [Block.inner({"prefix": rule.get("Prefix", "")})],
    }
    if "AbortIncompleteMultipartUpload" in rule:
        days = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
        body["abort_incomplete_multipart_upload"] = [Block.inner({"days_after_initiation": days})]
    if "NoncurrentVersionExpiration" in rule:
        days = rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
        body["noncurrent_version_expiration"] = [Block.inner({"noncurrent_days": days})]
    if "ExpirationInDays" in rule:
        body["expiration"] = [Block.inner({"days": rule["ExpirationInDays"]})]
    return Block.inner(body)


def _bucket_policy(resource: Resource) -> list[Block]:
    p = resource.properties
    body = {"bucket": p["Bucket"], "policy": Json(p["PolicyDocument"])}
    return [Block("aws_s3_bucket_policy", body)]


def _access_control(resource: Resource) -> list[Block]:
    settings = resource.properties["OriginAccessControlConfig"]
    return [Block("aws_cloudfront_origin_access_control", snaked(settings))]


def _origin(origin: Mapping[str, Any]) -> Block:
    body: dict[str, Any] = {"origin_id": origin["Id"], "domain_name": origin["DomainName"]}
    if "OriginPath" in origin:
        body["origin_path"] = origin["OriginPath"]
    if "OriginAccessControlId" in origin:
        body["origin_access_control_id"] = origin["OriginAccessControlId"]
    if "CustomOriginConfig" in origin:
        custom = origin["CustomOriginConfig"]
        protocol = {
            "http_port": custom.get("HTTPPort", 80),
            "https_port": 443,
            "origin_protocol_policy": custom["OriginProtocolPolicy"],
            "origin_ssl_protocols": custom.get("OriginSSLProtocols", ["TLSv1.2"]),
        }
        body["custom_origin_config"] = [Block.inner(protocol)]
    return Block.inner(body)


def _behaviour(behaviour: Mapping[str, Any]) -> Block:
    body: dict[str, Any] = {}
    if "PathPattern" in behaviour:
        body["path_pattern"] = behaviour["PathPattern"]
    body |= {
        "target_origin_id": behaviour["TargetOriginId"],
        "viewer_protocol_policy": behaviour["ViewerProtocolPolicy"],
        "cache_policy_id": behaviour["CachePolicyId"],
        "response_headers_policy_id": behaviour["ResponseHeadersPolicyId"],
        "compress": behaviour["Compress"],
        "allowed_methods": behaviour.get("AllowedMethods", ["GET", "HEAD"]),
        "cached_methods": ["GET", "HEAD"],
    }
    if "OriginRequestPolicyId" in behaviour:
        body["origin_request_policy_id"] = behaviour["OriginRequestPolicyId"]
    return Block.inner(body)


def _distribution(resource: Resource) -> list[Block]:
    p = resource.properties["DistributionConfig"]
    viewer = p["ViewerCertificate"]
    certificate: dict[str, Any] = {"cloudfront_default_certificate": True}
    if "AcmCertificateArn" in viewer:
        certificate = {
            "acm_certificate_arn": viewer["AcmCertificateArn"],
            "ssl_support_method": viewer["SslSupportMethod"],
            "minimum_protocol_version": viewer["MinimumProtocolVersion"],
        }
    errors = [
        Block.inner(
            {
                "error_code": answer["ErrorCode"],
                "response_code": answer["ResponseCode"],
                "response_page_path": answer["ResponsePagePath"],
            }
        )
        for answer in p.get("CustomErrorResponses", [])
    ]
    body: dict[str, Any] = {
        "enabled": p["Enabled"],
        "comment": p["Comment"],
        "aliases": p.get("Aliases"),
        "default_root_object": p.get("DefaultRootObject"),
        "http_version": p["HttpVersion"],
        "is_ipv6_enabled": p["IPV6Enabled"],
        "price_class": p["PriceClass"],
        "web_acl_id": p.get("WebACLId"),
        "origin": [_origin(origin) for origin in p["Origins"]],
        "default_cache_behavior": [_behaviour(p["DefaultCacheBehavior"])],
        "ordered_cache_behavior": [_behaviour(b) for b in p["CacheBehaviors"]] or None,
        "custom_error_response": errors or None,
        "restrictions": [
            Block.inner({"geo_restriction": [Block.inner({"restriction_type": "none"})]})
        ],
        "viewer_certificate": [Block.inner(certificate)],
    }
    if tags_of(resource.properties):
        body["tags"] = tags_of(resource.properties)
    return [Block("aws_cloudfront_distribution", body)]


def _cache_policy(resource: Resource) -> list[Block]:
    p = resource.properties["CachePolicyConfig"]
    key = p["ParametersInCacheKeyAndForwardedToOrigin"]
    parameters = {
        "enable_accept_encoding_brotli": key["EnableAcceptEncodingBrotli"],
        "enable_accept_encoding_gzip": key["EnableAcceptEncodingGzip"],
        "cookies_config": [
            Block.inner({"cookie_behavior": key["CookiesConfig"]["CookieBehavior"]})
        ],
        "headers_config": [
            Block.inner({"header_behavior": key["HeadersConfig"]["HeaderBehavior"]})
        ],
        "query_strings_config": [
            Block.inner({"query_string_behavior": key["QueryStringsConfig"]["QueryStringBehavior"]})
        ],
    }
    body = {
        "name": p["Name"],
        "default_ttl": p["DefaultTTL"],
        "max_ttl": p["MaxTTL"],
        "min_ttl": p["MinTTL"],
        "parameters_in_cache_key_and_forwarded_to_origin": [Block.inner(parameters)],
    }
    return [Block("aws_cloudfront_cache_policy", body)]


def _secret(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {"name": p["Name"], "description": p["Description"]}
    if tags_of(p):
        body["tags"] = tags_of(p)
    return [Block("aws_secretsmanager_secret", body)]


SHAPES: dict[str, Callable[[Resource], list[Block]]] = {
    "AWS::CloudFront::CachePolicy": _cache_policy,
    "AWS::CloudFront::Distribution": _distribution,
    "AWS::CloudFront::OriginAccessControl": _access_control,
    "AWS::Route53::HostedZone": plainly("aws_route53_zone"),
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SecretsManager::Secret": _secret,
}
