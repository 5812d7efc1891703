"""The pipeline of a deployment: test, check, cost difference, change set, approval, smoke test.

In: a site and a format. Out: a workflow for GitHub Actions, and a Makefile for other services. The
workflow holds no key: it takes a role on through OIDC, one role for each environment.
"""

from __future__ import annotations

from tablewright.deploy.compute import FUNCTION, TASKS, kind_of
from tablewright.deploy.option import Site

CHECKOUT = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0"
SETUP_PYTHON = "actions/setup-python@e797f83bcb11b83ae66e0230d6156d7c80228e7c # v6.0.0"
CREDENTIALS = (
    "aws-actions/configure-aws-credentials@a03048d87541d1d9fcf2ecf528a4a65ba9bd7838 # v5.0.0"
)
"""Actions pinned by the digest of a release, so that a moved tag changes nothing."""


def workflow(site: Site, folder: str, file_format: str) -> str:
    """Return the workflow for GitHub Actions."""
    apply = _apply_steps(site, folder, file_format)
    return f"""# Test, price, deploy {site.app}. No key is stored: a role is assumed through OIDC.
# The role's trust must ask for aud = sts.amazonaws.com and
# sub = repo:ORGANISATION/REPOSITORY:environment:{site.environment}.
name: {site.app} {site.environment}

on:
  pull_request:
  push:
    branches: [main]

permissions: {{}}

concurrency:
  group: {site.stack_name}
  cancel-in-progress: false

jobs:
  check:
    runs-on: ubuntu-24.04
    permissions:
      contents: read
      pull-requests: write
    steps:
      - uses: {CHECKOUT}
        with:
          fetch-depth: 0
          persist-credentials: false
      - uses: {SETUP_PYTHON}
        with:
          python-version: "3.13"
      - run: python -m pip install tablewright
      - name: Valid, and within its targets
        run: tablewright check
      - name: The folder is what the model says
        run: |
          tablewright deploy --option {site.option} --env {site.environment} \\
            --format {file_format} --out {folder}
          git diff --exit-code -- {folder}

  deploy:
    if: github.event_name == 'push'
    needs: check
    runs-on: ubuntu-24.04
    environment: {site.environment}
    permissions:
      contents: read
      id-token: write
    steps:
      - uses: {CHECKOUT}
        with:
          persist-credentials: false
      - uses: {CREDENTIALS}
        with:
          role-to-assume: ${{{{ vars.DEPLOY_ROLE_ARN }}}}
          aws-region: {site.region}
{apply}"""


def _apply_steps(site: Site, folder: str, file_format: str) -> str:
    release = "ImageTag" if kind_of(site) == TASKS else "ArtifactKey"
    value = "${GITHUB_SHA}" if release == "ImageTag" else "app/${GITHUB_SHA}.zip"
    if file_format == "terraform":
        variable = "image_tag" if release == "ImageTag" else "artifact_key"
        steps = f"""      - name: Plan
        working-directory: {folder}
        run: |
          terraform init -input=false
          terraform plan -input=false -out=plan.bin -var {variable}={value}
      - name: Apply what was planned
        working-directory: {folder}
        run: terraform apply -input=false plan.bin
"""
    else:
        steps = f"""      - name: Deploy by a change set; a failure rolls back by itself
        env:
          ALARM_EMAIL: ${{{{ vars.ALARM_EMAIL }}}}
          ARTIFACT_BUCKET: ${{{{ vars.ARTIFACT_BUCKET }}}}
        run: |
          aws cloudformation deploy \\
            --stack-name {site.stack_name} \\
            --template-file {folder}/template.yaml \\
            --capabilities CAPABILITY_IAM \\
            --no-fail-on-empty-changeset \\
            --parameter-overrides AlarmEmail="$ALARM_EMAIL" {_overrides(site, value)}
"""
    return steps + _smoke(site)


def _overrides(site: Site, value: str) -> str:
    if kind_of(site) == TASKS:
        return f'ImageTag="{value}"'
    return f'ArtifactBucket="$ARTIFACT_BUCKET" ArtifactKey="{value}"'


def _smoke(site: Site) -> str:
    output = "ApiAddress" if kind_of(site) == FUNCTION else "BalancerAddress"
    if kind_of(site) != FUNCTION and not site.has("aws.elb"):
        output = "InstanceAddress"
    return f"""      - name: Smoke test
        run: |
          address=$(aws cloudformation describe-stacks --stack-name {site.stack_name} \\
            --query "Stacks[0].Outputs[?OutputKey=='{output}'].OutputValue" --output text)
          curl --fail --silent --show-error --retry 5 --retry-delay 5 "$address/health"
"""


def makefile(site: Site, file_format: str) -> str:
    """Return the same steps as targets of make, for any other service."""
    if file_format == "terraform":
        deploy = "\tterraform init -input=false\n\tterraform apply -input=false\n"
    else:
        deploy = (
            f"\taws cloudformation deploy --stack-name {site.stack_name} \\\n"
            "\t  --template-file template.yaml --capabilities CAPABILITY_IAM \\\n"
            "\t  --no-fail-on-empty-changeset --parameter-overrides $(PARAMETERS)\n"
        )
    return f""".PHONY: check deploy

check:    ## valid, within its targets
\ttablewright check

deploy: check    ## PARAMETERS="AlarmEmail=… ArtifactBucket=… ArtifactKey=…"
{deploy}"""


def dockerfile() -> str:
    """Return a small image that runs as nobody in particular and says whether it is healthy."""
    return """# Built for arm64 and amd64: docker buildx build --platform linux/arm64,linux/amd64 .
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir -r requirements.txt

FROM python:3.13-slim
RUN useradd --system --uid 10001 app
COPY --from=build /venv /venv
COPY --chown=app:app . /srv/app
WORKDIR /srv/app
USER app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \\
  CMD ["python", "-c", \\
       "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/health', timeout=2)"]
CMD ["python", "-m", "app", "--host", "0.0.0.0", "--port", "8080"]
"""
