#!/bin/bash
# Release LLM proxy service to production: release.sh TAG, in the program's folder.
# It needs the stack's outputs in the environment; `make outputs` prints them.
set -euo pipefail
TAG="${1:?a tag, such as the commit}"
export AWS_REGION=us-east-1

npm ci && npm test    # nothing is released that fails

mkdir -p build
(cd function && zip -qr - .) > build/app.zip
aws s3 cp build/app.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG.zip"
# `make deploy` with ArtifactKey=app/$TAG.zip releases it.
