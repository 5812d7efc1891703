#!/bin/bash
# Release MongoCollectibles to production: release.sh TAG, in the program's folder.
# It needs the stack's outputs in the environment; `make outputs` prints them.
set -euo pipefail
TAG="${1:?a tag, such as the commit}"
export AWS_REGION=us-east-1

go test ./...    # nothing is released that fails

mkdir -p build
CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -o build/bootstrap ./lambda/collectibles
(cd build && zip -q GetCollectibles.zip bootstrap)
aws s3 cp build/GetCollectibles.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG/GetCollectibles.zip"
CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -o build/bootstrap ./lambda/collectible
(cd build && zip -q GetCollectibleById.zip bootstrap)
aws s3 cp build/GetCollectibleById.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG/GetCollectibleById.zip"
CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -o build/bootstrap ./lambda/quote
(cd build && zip -q CalculateQuote.zip bootstrap)
aws s3 cp build/CalculateQuote.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG/CalculateQuote.zip"
CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -o build/bootstrap ./lambda/checkout
(cd build && zip -q ProcessCheckout.zip bootstrap)
aws s3 cp build/ProcessCheckout.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG/ProcessCheckout.zip"
CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -o build/bootstrap ./lambda/webhook
(cd build && zip -q PayMongoWebhook.zip bootstrap)
aws s3 cp build/PayMongoWebhook.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG/PayMongoWebhook.zip"
CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -o build/bootstrap ./lambda/rentals
(cd build && zip -q ManageRentals.zip bootstrap)
aws s3 cp build/ManageRentals.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG/ManageRentals.zip"
CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -o build/bootstrap ./lambda/curate
(cd build && zip -q CurateCatalogue.zip bootstrap)
aws s3 cp build/CurateCatalogue.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG/CurateCatalogue.zip"
# `make deploy` with ArtifactKey=app/$TAG releases it.

# Pages: only what changed is sent, then every edge is told.
aws s3 sync ./static "s3://${WEB_BUCKET:?output WebBucket}/" --delete
aws cloudfront create-invalidation --distribution-id "${DISTRIBUTION_ID:?output}" \
  --paths '/*'
