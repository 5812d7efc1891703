"""What has to be true before users come: a script that checks each point and says pass or fail.

In: a stack, its site. Out: the script. Each check is one command of the vendor's own tools; one
that fails makes the script fail, so that a pipeline can run it.
"""

from __future__ import annotations

from collections.abc import Iterator

from tablewright.deploy.option import Site
from tablewright.deploy.resources import Resource, Stack
from tablewright.deploy.storage import pages_bucket

HEAD = """#!/bin/bash
# Check what {title} needs in {environment}: each line says pass or FAIL, and why it is asked.
# ./checklist.sh, with the AWS credentials of a reader and the variables of environment.example.
set -uo pipefail
export AWS_REGION={region}
failed=0

check() {{  # check TEXT COMMAND…: passes where the command succeeds
  local text="$1"; shift
  if "$@" >/dev/null 2>&1; then echo "pass  $text"; else echo "FAIL  $text"; failed=1; fi
}}

is() {{  # is TEXT EXPECTED COMMAND…: passes where the command prints just that
  local text="$1" expected="$2"; shift 2
  local answer; answer="$("$@" 2>/dev/null)"
  if [ "$answer" = "$expected" ]; then echo "pass  $text"
  else echo "FAIL  $text: expected $expected, got ${{answer:-nothing}}"; failed=1; fi
}}

has() {{  # has NAME: passes where the environment variable is set
  if [ -n "${{!1:-}}" ]; then echo "pass  $1 is set"; else echo "FAIL  $1 is not set"; failed=1; fi
}}

"""


def checklist(stack: Stack, site: Site) -> str:
    """Return the script."""
    lines = [HEAD.format(title=site.title, environment=site.environment, region=site.region)]
    for title, checks in (
        ("Environment", _environment(site)),
        ("Stack and tables", _tables(stack, site)),
        ("Database server", _server(site)),
        ("Files and delivery", _delivery(stack, site)),
        ("Domain and certificates", _domain(site)),
        ("Caching", _caching(stack, site)),
    ):
        written = list(checks)
        if written:
            lines.append(f"# {title}\n" + "\n".join(written) + "\n\n")
    lines.append("exit $failed\n")
    return "".join(lines)


def _environment(site: Site) -> Iterator[str]:
    names = [name for name, _ in site.program.variables]
    names += [secret.name for secret in site.program.secrets]
    if site.access.variable:
        names.append(site.program.address_variable)
    for name in dict.fromkeys(names):
        yield f"has {name}"


def _tables(stack: Stack, site: Site) -> Iterator[str]:
    yield (
        f'check "the stack {stack.name} is there" \\\n  aws cloudformation describe-stacks '
        f"--stack-name {stack.name}"
    )
    for resource in stack.resources:
        if resource.kind in ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"):
            yield from _table(resource)


def _table(resource: Resource) -> Iterator[str]:
    name = resource.properties["TableName"]
    yield (
        f'is "table {name} is active" ACTIVE \\\n  aws dynamodb describe-table '
        f"--table-name {name} --query Table.TableStatus --output text"
    )
    recovery = resource.properties.get("PointInTimeRecoverySpecification", {})
    if recovery.get("PointInTimeRecoveryEnabled"):
        path = "ContinuousBackupsDescription.PointInTimeRecoveryDescription"
        yield (
            f'is "table {name} can be restored to any second" ENABLED \\\n  aws dynamodb '
            f"describe-continuous-backups --table-name {name} \\\n  --query "
            f"{path}.PointInTimeRecoveryStatus --output text"
        )


def _server(site: Site) -> Iterator[str]:
    address = f'"${{{site.program.address_variable}:-}}"'
    for text, command in site.access.checks:
        yield f'check "{text}" \\\n  {site.access.command(command, address)}'


def _delivery(stack: Stack, site: Site) -> Iterator[str]:
    for resource in stack.of_kind("AWS::S3::Bucket"):
        query = "--query StackResources[0].PhysicalResourceId --output text"
        bucket = (
            f"$(aws cloudformation describe-stack-resources --stack-name {stack.name} "
            f"--logical-resource-id {resource.name} {query})"
        )
        yield (
            f'is "the bucket {resource.name} is private" True \\\n  aws s3api '
            f'get-public-access-block --bucket "{bucket}" \\\n  --query '
            "PublicAccessBlockConfiguration.RestrictPublicBuckets --output text"
        )
        yield (
            f'is "the bucket {resource.name} keeps old versions" Enabled \\\n  aws s3api '
            f'get-bucket-versioning --bucket "{bucket}" --query Status --output text'
        )
    if site.has("aws.cloudfront"):
        yield (
            'is "the distribution is deployed" Deployed \\\n  aws cloudfront get-distribution '
            '--id "${DISTRIBUTION_ID:-}" --query Distribution.Status --output text'
        )


def _domain(site: Site) -> Iterator[str]:
    if not site.has_domain:
        return
    yield 'check "the domain resolves" getent hosts "${DOMAIN_NAME:-unset.invalid}"'
    yield (
        'check "the certificate is valid, and TLS 1.2 is spoken" \\\n  curl --silent --fail '
        '--tlsv1.2 "https://${DOMAIN_NAME:-unset.invalid}' + site.program.health_path + '"'
    )


def _caching(stack: Stack, site: Site) -> Iterator[str]:
    for path, seconds in site.program.cached if site.has("aws.cloudfront") else ():
        name = f"{stack.name}-{path}"
        yield (
            f'is "{path} is kept for {seconds} seconds ({name})" {seconds} \\\n  aws cloudfront '
            "list-cache-policies --type custom --output text \\\n  --query "
            f'"CachePolicyList.Items[?CachePolicy.CachePolicyConfig.DefaultTTL==\\`{seconds}\\`]'
            '.CachePolicy.CachePolicyConfig.DefaultTTL | [0]"'
        )
    if pages_bucket(site):
        yield (
            'check "pages are delivered compressed" sh -c \'curl --silent --head --compressed '
            '"https://${DOMAIN_NAME:-unset.invalid}/" | grep -qi content-encoding\''
        )
