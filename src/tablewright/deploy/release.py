"""What brings a program to where it runs: image, unit, script of a release, environment, client.

In: a site. Out: texts of files. None holds a value that is secret: the environment template names
what has to be set, and where it comes from.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from tablewright.deploy.atlas import database_name, has_cluster
from tablewright.deploy.compute import FUNCTION, INSTANCES, TASKS, kind_of
from tablewright.deploy.containers import health_command
from tablewright.deploy.functions import needs_of
from tablewright.deploy.option import Site
from tablewright.deploy.storage import pages_bucket

IGNORED = {
    "useNewUrlParser": "has no effect since MongoDB driver 4 and Mongoose 6",
    "useUnifiedTopology": "has no effect since MongoDB driver 4 and Mongoose 6",
}
"""Settings of a client that current versions ignore: Mongoose, "Migrating from 5.x to 6.x"."""
SHORTEST_SIGNING_KEY = 32
"""Bytes of a key that signs tokens with HMAC-SHA-256: RFC 7518, section 3.2."""


def release_files(site: Site) -> dict[str, str]:
    """Return every file that the program's release needs, by its path."""
    files = {"environment.example": environment_template(site)}
    kind = kind_of(site)
    if kind == TASKS:
        files["Dockerfile"] = dockerfile(site)
    if kind or pages_bucket(site):
        files["release.sh"] = release_script(site)
    if site.access.variable:
        files |= _client(site)
    return files


# ------------------------------------------------------------------ environment


def environment_template(site: Site) -> str:
    """Return the variables a developer's machine needs, with placeholders for every value."""
    lines = [
        f"# Environment of {site.title}. Copy to .env, fill in, never commit the copy.",
        "# In AWS a role replaces access keys: no AWS_ACCESS_KEY_ID is needed or read there.",
        "AWS_REGION=<region, such as us-east-1>",
    ]
    for name, value in site.program.variables:
        meant = f"in {site.environment}: {value}" if value else "set by hand"
        lines.append(f"{name}=<{meant}>")
    if site.access.placeholder and site.program.address_variable:
        meant = site.access.placeholder.replace("DATABASE", database_name(site))
        lines.append(f"{site.program.address_variable}=<{meant}>")
    for secret in site.program.secrets:
        text = f" ({secret.text})" if secret.text else ""
        lines.append(f"{secret.name}=<from the secret store{text}>")
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------ image


def dockerfile(site: Site) -> str:
    """Return a small image that runs as nobody in particular and says whether it is healthy."""
    port = site.program.port
    # JSON, as the exec form of an instruction has to be
    check = f"HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \\\n  CMD {_exec(site)}\n"
    head = "# Built for arm64 and amd64: docker buildx build --platform linux/arm64,linux/amd64 .\n"
    body = {"go": _go_image, "node": _node_image, "python": _python_image}[site.program.language]
    return head + body(site, f"EXPOSE {port}\n{check}")


def _exec(site: Site) -> str:
    return json.dumps(health_command(site))


def _static(site: Site, target: str) -> str:
    folder = site.program.static
    return f"COPY --chown=app {folder} {target}/{folder}\n" if folder else ""


def _go_image(site: Site, ending: str) -> str:
    return f"""FROM --platform=$BUILDPLATFORM golang:1.25-alpine3.22 AS build
ARG TARGETOS TARGETARCH
WORKDIR /build
COPY go.mod go.sum* ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o {site.app} {site.program.main}

FROM alpine:3.22
RUN apk add --no-cache ca-certificates && adduser -S -u 10001 app
WORKDIR /srv/app
COPY --from=build /build/{site.app} ./
{_static(site, ".")}USER app
ENV PORT={site.program.port}
{ending}CMD ["./{site.app}"]
"""


def _node_image(site: Site, ending: str) -> str:
    return f"""FROM node:22-alpine3.22 AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --omit=dev

FROM node:22-alpine3.22
RUN adduser -S -u 10001 app
WORKDIR /srv/app
COPY --from=build /build/node_modules ./node_modules
COPY --chown=app . .
USER app
ENV NODE_ENV=production PORT={site.program.port}
{ending}CMD ["node", "{site.program.main}"]
"""


def _python_image(site: Site, ending: str) -> str:
    port = str(site.program.port)
    command = ["python", "-m", site.program.main, "--host", "0.0.0.0", "--port", port]
    return f"""FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir -r requirements.txt

FROM python:3.13-slim
RUN useradd --system --uid 10001 app
COPY --from=build /venv /venv
COPY --chown=app . /srv/app
WORKDIR /srv/app
USER app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PORT={site.program.port}
{ending}CMD {json.dumps(command)}
"""


# ------------------------------------------------------------------ release


def release_script(site: Site) -> str:
    """Return the script that builds, tests and puts a release where it runs."""
    lines = [
        "#!/bin/bash",
        f"# Release {site.title} to {site.environment}: release.sh TAG, in the program's folder.",
        "# It needs the stack's outputs in the environment; `make outputs` prints them.",
        "set -euo pipefail",
        'TAG="${1:?a tag, such as the commit}"',
        f"export AWS_REGION={site.region}",
        "",
        *_tests(site),
    ]
    kind = kind_of(site)
    if kind == TASKS:
        lines += _images(site)
    elif kind == FUNCTION:
        lines += _bundles(site)
    elif kind == INSTANCES:
        lines += _bundle(site)
    if pages_bucket(site):
        folder = site.program.static or "static"
        lines += [
            "# Pages: only what changed is sent, then every edge is told.",
            f"aws s3 sync ./{shlex.quote(folder)} "
            '"s3://${WEB_BUCKET:?output WebBucket}/" --delete',
            'aws cloudfront create-invalidation --distribution-id "${DISTRIBUTION_ID:?output}" \\',
            "  --paths '/*'",
        ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _tests(site: Site) -> Iterator[str]:
    commands = {
        "go": "go test ./...",
        "node": "npm ci && npm test",
        "python": "python -m pytest -q",
    }
    if kind_of(site):
        yield f"{commands[site.program.language]}    # nothing is released that fails"
        yield ""


def _images(site: Site) -> list[str]:
    name = site.plain_name
    platform = "linux/arm64" if site.has("aws.fargate.vcpu.arm") else "linux/amd64"
    return [
        f'docker build --platform {platform} -t {name}:"$TAG" .',
        "# The repository is the output ImageRepository: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME",
        "aws ecr get-login-password \\",
        '  | docker login --username AWS --password-stdin "${IMAGE_REPOSITORY%%/*}"',
        f'docker tag {name}:"$TAG" "${{IMAGE_REPOSITORY:?output ImageRepository}}:$TAG"',
        'docker push "$IMAGE_REPOSITORY:$TAG"',
        "# A tag never changes its meaning: `make deploy` with ImageTag=$TAG releases it. The same",
        "# image once more, such as for a new value of a secret:",
        f"#   aws ecs update-service --cluster {name} --service app --force-new-deployment",
        "",
    ]


def _build_go(output: str, source: str) -> str:
    return f"CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -o {output} {source}"


def _bundles(site: Site) -> list[str]:
    """Return the steps that build an archive for each function."""
    arm = site.has("aws.lambda.gbs.arm")
    lines = ["mkdir -p build"]
    for need in needs_of(site):
        archive = f"{need.name or 'app'}.zip"
        if site.program.language == "go":
            command = _build_go("build/bootstrap", f"./{need.code}")
            if arm:
                command = command.replace("amd64", "arm64")
            lines += [command, f"(cd build && zip -q {archive} bootstrap)"]
        else:
            lines.append(f"(cd {need.code} && zip -qr - .) > build/{archive}")
        key = f"$TAG/{archive}" if need.name else "$TAG.zip"
        lines.append(f'aws s3 cp build/{archive} "s3://${{ARTIFACT_BUCKET:?}}/app/{key}"')
    ending = "$TAG" if needs_of(site)[0].name else "$TAG.zip"
    return [*lines, f"# `make deploy` with ArtifactKey=app/{ending} releases it.", ""]


def _bundle(site: Site) -> list[str]:
    """Return the steps that build the archive an instance fetches when it starts."""
    lines = ["mkdir -p build"]
    contents = "."
    if site.program.language == "go":
        lines.append(_build_go(site.app, site.program.main))
        contents = " ".join(part for part in (site.app, site.program.static) if part)
    return [
        *lines,
        f"zip -qr build/app.zip {contents} -x 'build/*' '.git/*' '.env'",
        'aws s3 cp build/app.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG.zip"',
        "# `make deploy` with ArtifactKey=app/$TAG.zip releases it; an instance fetches it when it",
        "# starts, so that the one that runs is not overwritten: replace it, or roll back the key.",
        "",
    ]


# ------------------------------------------------------------------ the database's client


def _client(site: Site) -> dict[str, str]:
    """Return the settings of the client, and the few lines of code that read them."""
    settings = dict(site.program.client)
    ignored = {name: IGNORED[name] for name in settings if name in IGNORED}
    kept = {name: value for name, value in settings.items() if name not in IGNORED}
    content = {
        "address_variable": site.program.address_variable,
        "options": kept,
        "left_out": ignored,
    }
    files = {"client.json": json.dumps(content, indent=2) + "\n"}
    if site.program.language == "node" and has_cluster(site):
        files["client.mjs"] = _NODE_CLIENT
    return files


_NODE_CLIENT = """// Connect to the database by the settings of client.json.
import { readFileSync } from "node:fs";

const settings = JSON.parse(readFileSync(new URL("./client.json", import.meta.url)));

export function address(environment = process.env) {
  const value = environment[settings.address_variable];
  if (!value) throw new Error(`${settings.address_variable} is not set: see environment.example`);
  return value;
}

export async function connect(environment = process.env) {
  const { MongoClient } = await import("mongodb");
  const client = new MongoClient(address(environment), settings.options);
  await client.connect();
  return client;
}
"""
