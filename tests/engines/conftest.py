"""A PostgreSQL server of the test's own, where `pgserver` is installed."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    pgserver = pytest.importorskip("pgserver")
    psycopg = pytest.importorskip("psycopg")
    found = pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    with psycopg.connect(found.get_uri(), autocommit=True) as connection:
        yield connection
    found.cleanup()
