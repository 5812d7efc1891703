"""Pytest fixtures: a local engine, a boto3 client, a provisioned application."""
