#!/bin/bash
# Release Screen Time Journey to production: release.sh TAG, in the program's folder.
# It needs the stack's outputs in the environment; `make outputs` prints them.
set -euo pipefail
TAG="${1:?a tag, such as the commit}"
export AWS_REGION=eu-north-1

python -m pytest -q    # nothing is released that fails

mkdir -p build
(cd functions/Username && zip -qr - .) > build/Username.zip
aws s3 cp build/Username.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG/Username.zip"
(cd functions/Profile && zip -qr - .) > build/Profile.zip
aws s3 cp build/Profile.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG/Profile.zip"
(cd functions/SignIn && zip -qr - .) > build/SignIn.zip
aws s3 cp build/SignIn.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG/SignIn.zip"
(cd functions/ShopifyWebhook && zip -qr - .) > build/ShopifyWebhook.zip
aws s3 cp build/ShopifyWebhook.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG/ShopifyWebhook.zip"
(cd functions/WhatsAppVerification && zip -qr - .) > build/WhatsAppVerification.zip
aws s3 cp build/WhatsAppVerification.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG/WhatsAppVerification.zip"
(cd functions/Leaderboard && zip -qr - .) > build/Leaderboard.zip
aws s3 cp build/Leaderboard.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG/Leaderboard.zip"
(cd functions/Devices && zip -qr - .) > build/Devices.zip
aws s3 cp build/Devices.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG/Devices.zip"
(cd functions/Pins && zip -qr - .) > build/Pins.zip
aws s3 cp build/Pins.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG/Pins.zip"
(cd functions/Configuration && zip -qr - .) > build/Configuration.zip
aws s3 cp build/Configuration.zip "s3://${ARTIFACT_BUCKET:?}/app/$TAG/Configuration.zip"
# `make deploy` with ArtifactKey=app/$TAG releases it.
