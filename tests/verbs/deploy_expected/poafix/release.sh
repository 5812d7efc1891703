#!/bin/bash
# Release PoaFix to production: release.sh TAG, in the program's folder.
# It needs the stack's outputs in the environment; `make outputs` prints them.
set -euo pipefail
TAG="${1:?a tag, such as the commit}"
export AWS_REGION=us-east-1

# Pages: only what changed is sent, then every edge is told.
aws s3 sync ./uploads "s3://${WEB_BUCKET:?output WebBucket}/" --delete
aws cloudfront create-invalidation --distribution-id "${DISTRIBUTION_ID:?output}" \
  --paths '/*'
