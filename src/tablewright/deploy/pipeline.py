"""The pipeline of a deployment: test, check, cost difference, change set, approval, smoke test.

In: a site and a format. Out: a workflow for GitHub Actions, and a Makefile for other services. The
workflow holds no key: it takes a role on through OIDC, one role for each environment.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.core.quantities import ONE, plain
from tablewright.deploy.compute import FUNCTION, TASKS, kind_of
from tablewright.deploy.option import Site
from tablewright.deploy.shapes.values import snaked_name as snake

CHECKOUT = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0"
SETUP_PYTHON = "actions/setup-python@e797f83bcb11b83ae66e0230d6156d7c80228e7c # v6.0.0"
CREDENTIALS = (
    "aws-actions/configure-aws-credentials@a03048d87541d1d9fcf2ecf528a4a65ba9bd7838 # v5.0.0"
)
"""Actions pinned by the digest of a release, so that a moved tag changes nothing."""


SHARE_ADDED = Decimal("0.1")
CENT = Decimal("0.01")
LARGEST_DIRECT_BYTES = 51_200
"""A template of more bytes has to be read from a bucket: AWS CloudFormation User Guide, "Understand
CloudFormation quotas"."""

SETUP = {
    "go": "actions/setup-go@44694675825211faa026b3c33043df3e48a5fa00 # v6.0.0",
    "node": "actions/setup-node@a0853c24544627f65ddf259abe73b1d18a591444 # v5.0.0",
}
VERSIONS = {"go": ("go-version", "1.25"), "node": ("node-version", "22")}
TESTS = {
    "go": ("go test ./...", "go build ./..."),
    "node": ("npm ci", "npm test"),
    "python": ("python -m pip install -r requirements.txt", "python -m pytest -q"),
}
"""How a program of each language is tested and built before anything is released."""


def workflow(site: Site, folder: str, file_format: str) -> str:
    """Return the workflow for GitHub Actions."""
    return f"""# Test, price, deploy {site.app}. No key is stored: a role is assumed through OIDC.
# The role's trust must ask for aud = sts.amazonaws.com and
# sub = repo:ORGANISATION/REPOSITORY:environment:{site.environment}; its policy is
# deployer-policy.json. The environment `{site.environment}` asks a reviewer before it deploys.
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
    runs-on: ubuntu-latest
    permissions:
      contents: read
      pull-requests: write
    steps:
{_check_steps(site, folder, file_format)}
  deploy:
    if: github.event_name == 'push'
    needs: check
    runs-on: ubuntu-latest
    environment: {site.environment}
    permissions:
      contents: read
      id-token: write
    steps:
      - uses: {CHECKOUT}
        with:
          persist-credentials: false
{_set_up(site)}      - uses: {CREDENTIALS}
        with:
          role-to-assume: ${{{{ vars.DEPLOY_ROLE_ARN }}}}
          aws-region: {site.region}
{_release_step(site, folder)}{_apply_steps(site, folder, file_format)}"""


def _set_up(site: Site) -> str:
    language = site.program.language
    if language not in SETUP:
        return ""
    name, version = VERSIONS[language]
    return f"""      - uses: {SETUP[language]}
        with:
          {name}: "{version}"
"""


def _check_steps(site: Site, folder: str, file_format: str) -> str:
    tests = "\n".join(f"          {command}" for command in TESTS[site.program.language])
    program = f"""      - name: Build and test the program
        run: |
{tests}
"""
    return f"""      - uses: {CHECKOUT}
        with:
          fetch-depth: 0
          persist-credentials: false
      - uses: {SETUP_PYTHON}
        with:
          python-version: "3.13"
{_set_up(site)}{program if kind_of(site) else ""}      - run: python -m pip install tablewright
      - name: Valid, and within its targets
        run: {_check(site)}
      - name: The folder is what the model says
        run: |
          tablewright deploy --option {site.option} --env {site.environment} \\
            --format {file_format} --out {folder}
          git diff --exit-code -- {folder}
      - name: What the change adds to the bill; over MOST_ADDED USD a month it fails
        if: github.event_name == 'pull_request'
        env:
          GH_TOKEN: ${{{{ github.token }}}}
          BASE: ${{{{ github.base_ref }}}}
          NUMBER: ${{{{ github.event.number }}}}
          MOST_ADDED: ${{{{ vars.MOST_ADDED || '{most_added(site)}' }}}}
        run: |
          git show "origin/$BASE:tablewright.yaml" > before.yaml
          status=0
          tablewright diff before.yaml tablewright.yaml --most-added "$MOST_ADDED" \\
            --format markdown > difference.md || status=$?
          gh pr comment "$NUMBER" --edit-last --create-if-none --body-file difference.md
          exit "$status"
"""


def _check(site: Site) -> str:
    """Return the command that checks the design that is deployed, not the first of the file."""
    return f"tablewright check --design {site.design}" if site.design else "tablewright check"


def most_added(site: Site) -> str:
    """Return USD a month that a change may add unasked: as stated, else a tenth of the bill."""
    stated = site.program.most_added_usd
    if stated:
        return plain(Decimal(str(stated)))
    return plain(max(ONE, (site.usd_per_month * SHARE_ADDED).quantize(CENT)))


def _release_step(site: Site, folder: str) -> str:
    """Return the step that builds the release; pages follow once the stack is there."""
    if not kind_of(site):
        return ""
    output = "ImageRepository" if kind_of(site) == TASKS else ""
    fetch = ""
    if output:
        fetch = f"""          IMAGE_REPOSITORY=$(aws cloudformation describe-stacks \\
            --stack-name {site.stack_name} \\
            --query "Stacks[0].Outputs[?OutputKey=='{output}'].OutputValue" --output text)
          export IMAGE_REPOSITORY
"""
    return f"""      - name: Build and upload the release
        env:
          ARTIFACT_BUCKET: ${{{{ vars.ARTIFACT_BUCKET }}}}
          WEB_BUCKET: ${{{{ vars.WEB_BUCKET }}}}
          DISTRIBUTION_ID: ${{{{ vars.DISTRIBUTION_ID }}}}
        run: |
{fetch}          {folder}/release.sh "$GITHUB_SHA"
"""


def _release_parameter(site: Site) -> tuple[str, str]:
    """Return the parameter that names the release, and its value in the workflow."""
    if kind_of(site) == TASKS:
        return "ImageTag", "${GITHUB_SHA}"
    return "ArtifactKey", "app/${GITHUB_SHA}" + ("" if site.program.functions else ".zip")


def _apply_steps(site: Site, folder: str, file_format: str) -> str:
    name, value = _release_parameter(site)
    if file_format == "terraform":
        variable = "image_tag" if name == "ImageTag" else "artifact_key"
        release_option = f" -var {variable}={value}" if kind_of(site) else ""
        kept = '          terraform output -raw release > "$RUNNER_TEMP/release" || true\n'
        before = kept if kind_of(site) else ""
        return f"""      - name: Plan
        working-directory: {folder}
        run: |
          terraform init -input=false
{before}          terraform plan -input=false -out=plan.bin{release_option}
      - name: Apply what was planned
        working-directory: {folder}
        run: terraform apply -input=false plan.bin
{_smoke(site, file_format, folder)}"""
    template = f"{folder}/template.yaml"
    package = ""
    if file_format == "sam":
        template = "packaged.yaml"
        package = f"""          sam package --template-file {folder}/template.yaml \\
            --s3-bucket "$ARTIFACT_BUCKET" --output-template-file {template}
"""
    return f"""      - name: Remember what runs
        run: |
          if aws cloudformation get-template --stack-name {site.stack_name} \\
            --query TemplateBody --output text > "$RUNNER_TEMP/before.yaml"; then
            aws cloudformation describe-stacks --stack-name {site.stack_name} \\
              --output json --query \\
              "Stacks[0].Parameters[].join('=',[ParameterKey,ParameterValue])" \\
              > "$RUNNER_TEMP/before.json"
          fi
      - name: Deploy by a change set; a failure rolls back by itself
        env:
          ALARM_EMAIL: ${{{{ vars.ALARM_EMAIL }}}}
          ARTIFACT_BUCKET: ${{{{ vars.ARTIFACT_BUCKET }}}}
          MORE_PARAMETERS: ${{{{ vars.MORE_PARAMETERS }}}}
        run: |
{package}          read -r -a more <<< "${{MORE_PARAMETERS:-}}"
          aws cloudformation deploy \\
            --stack-name {site.stack_name} \\
            --template-file {template} \\
            --s3-bucket "$ARTIFACT_BUCKET" --s3-prefix templates \\
            --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND \\
            --no-fail-on-empty-changeset \\
            --parameter-overrides AlarmEmail="$ALARM_EMAIL" \\
              {_overrides(site, file_format)}"${{more[@]}}"
{_smoke(site, file_format, folder)}"""


def _overrides(site: Site, file_format: str) -> str:
    name, value = _release_parameter(site)
    if not kind_of(site) or file_format == "sam":
        return ""
    bucket = "" if name == "ImageTag" else 'ArtifactBucket="$ARTIFACT_BUCKET" '
    return f'{bucket}{name}="{value}" '


def _health_path(site: Site) -> str:
    """Return where the program says whether it is well."""
    path = site.program.health_path
    return f"{site.program.base_path}{path}" if kind_of(site) == FUNCTION else path


def _smoke(site: Site, file_format: str, folder: str) -> str:
    """Return the step that asks the deployed program whether it is healthy."""
    kind = kind_of(site)
    if not kind:
        return ""
    output = "ApiAddress" if kind == FUNCTION else "InstanceAddress"
    if site.has("aws.elb"):
        output = "BalancerAddress"
    fetch = f"""address=$(aws cloudformation describe-stacks --stack-name {site.stack_name} \\
            --query "Stacks[0].Outputs[?OutputKey=='{output}'].OutputValue" --output text)"""
    if file_format == "terraform":
        fetch = f"address=$(terraform -chdir={folder} output -raw {snake(output)})"
    path = _health_path(site)
    return f"""      - name: Smoke test
        id: smoke
        env:
          SMOKE_ADDRESS: ${{{{ vars.SMOKE_ADDRESS }}}}
        run: |
          {fetch}
          curl --fail --silent --show-error --retry 5 --retry-delay 5 --retry-all-errors \\
            "${{SMOKE_ADDRESS:-$address}}{path}"
{_roll_back(site, file_format, folder)}"""


def _roll_back(site: Site, file_format: str, folder: str) -> str:
    """Return the step that brings back what ran before, where the smoke test has failed.

    Terraform brings back the release alone: its configuration is in version control.
    """
    head = """      - name: Roll back
        if: failure() && steps.smoke.outcome == 'failure'
"""
    if file_format == "terraform":
        variable = "image_tag" if kind_of(site) == TASKS else "artifact_key"
        return f"""{head}        working-directory: {folder}
        run: |
          test -s "$RUNNER_TEMP/release" || {{ echo "nothing ran before"; exit 1; }}
          terraform apply -input=false -auto-approve \\
            -var "{variable}=$(cat "$RUNNER_TEMP/release")"
"""
    return f"""{head}        env:
          ARTIFACT_BUCKET: ${{{{ vars.ARTIFACT_BUCKET }}}}
        run: |
          test -s "$RUNNER_TEMP/before.json" || {{ echo "nothing ran before"; exit 1; }}
          aws cloudformation deploy \\
            --stack-name {site.stack_name} \\
            --template-file "$RUNNER_TEMP/before.yaml" \\
            --s3-bucket "$ARTIFACT_BUCKET" --s3-prefix templates \\
            --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND \\
            --no-fail-on-empty-changeset \\
            --parameter-overrides "file://$RUNNER_TEMP/before.json"
"""


def makefile(site: Site, file_format: str) -> str:
    """Return the same steps as targets of make, for any other service."""
    listed = f"AlarmEmail=… {parameter_hint(site)}".rstrip()
    if file_format == "terraform":
        plan = "\tterraform init -input=false\n\tterraform plan -input=false -out=plan.bin\n"
        apply = "\tterraform apply -input=false plan.bin\n"
        outputs = "\tterraform output\n"
        hint = "make plan first: just that is applied"
        back = (
            "\tterraform apply -input=false -auto-approve "
            f"-var {'image_tag' if kind_of(site) == TASKS else 'artifact_key'}=$(RELEASE)\n"
        )
    else:
        command = (
            f"\taws cloudformation deploy --stack-name {site.stack_name} \\\n"
            "\t  --template-file template.yaml \\\n"
            "\t  --s3-bucket $(ARTIFACT_BUCKET) --s3-prefix templates \\\n"
            "\t  --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND \\\n"
            "\t  --no-fail-on-empty-changeset {}--parameter-overrides $(PARAMETERS)\n"
        )
        apply, plan = command.format(""), command.format("--no-execute-changeset ")
        outputs = (
            f"\taws cloudformation describe-stacks --stack-name {site.stack_name} \\\n"
            "\t  --query 'Stacks[0].Outputs[].[OutputKey,OutputValue]' --output text\n"
        )
        hint = f'PARAMETERS="{listed}"'
        name, _ = _release_parameter(site)
        back = command.format("").replace("$(PARAMETERS)", f"{name}=$(RELEASE)")
    released = ""
    if kind_of(site):
        released = f"""
release:    ## RELEASE=… : build, test and upload the program
\t./release.sh $(RELEASE)

smoke:    ## ADDRESS=https://… : does it answer that it is well
\tcurl --fail --silent --show-error --retry 5 --retry-delay 5 --retry-all-errors \\
\t  $(ADDRESS){_health_path(site)}

roll-back:    ## RELEASE=… : the release before
{back}"""
    return f""".PHONY: check price plan apply deploy outputs release smoke roll-back

check:    ## valid, within its targets
\t{_check(site)}

price:    ## BEFORE=… : what the change adds to the bill; fails over MOST_ADDED USD a month
\ttablewright diff $(BEFORE) tablewright.yaml --most-added $(or $(MOST_ADDED),{most_added(site)})

plan:    ## what deploying would change
{plan}
apply:    ## APPROVED=yes, once the plan was read; {hint}
\t@test "$(APPROVED)" = yes || {{ echo "read the plan, then say APPROVED=yes"; exit 1; }}
\taws sts get-caller-identity --output text
{apply}
deploy: check apply    ## both
{released}
outputs:    ## addresses and names, once it is there
{outputs}"""


def parameter_hint(site: Site) -> str:
    """Return the parameters of the stack that name a release."""
    kind = kind_of(site)
    if kind == TASKS:
        return "ImageTag=…"
    return "ArtifactBucket=… ArtifactKey=…" if kind else ""
