"""Sizes and units of DynamoDB: one source of truth for estimator and local engine."""
