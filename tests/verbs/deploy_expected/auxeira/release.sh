#!/bin/bash
# Release Auxeira ESG platform to production: release.sh TAG, in the program's folder.
# It needs the stack's outputs in the environment; `make outputs` prints them.
set -euo pipefail
TAG="${1:?a tag, such as the commit}"
export AWS_REGION=us-east-1

npm ci && npm test    # nothing is released that fails

mkdir -p build
(cd function && zip -qr - .) > build/app.zip
aws s3 cp build/app.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG.zip"
# `make deploy` with ArtifactKey=app/$TAG.zip releases it.

# Pages: only what changed is sent, then every edge is told.
aws s3 sync ./dashboards "s3://${WEB_BUCKET:?output WebBucket}/" --delete
aws cloudfront create-invalidation --distribution-id "${DISTRIBUTION_ID:?output}" \
  --paths '/*'
