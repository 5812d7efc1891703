"""An address of one's own is connected to, whether or not it says whose account it is."""

from __future__ import annotations

from pathlib import Path

from migrate.shop import MODEL
from tablewright import read_model
from tablewright.engines.registry import make_engine
from tablewright.evaluation.doors import Target
from tablewright.local.database import Database
from tablewright.local.server import in_background


def test_the_local_engine_over_http_is_connected_to_though_it_knows_no_accounts():
    file = read_model(MODEL, "shop.yaml")
    with in_background(Database(None)) as server:
        adapter = make_engine("dynamodb").connector.connect(
            file.model,
            file.design("apart"),
            Target(endpoint=f"http://127.0.0.1:{server.port}"),
            Path(),
        )
        try:
            assert adapter.describe() == {}
            assert adapter.announcement == ""
        finally:
            adapter.close()
