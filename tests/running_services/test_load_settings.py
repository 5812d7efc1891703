"""The settings that `benchmarks/services.py` gives: a service that asks for one more is noticed."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from tablewright.store.opening import open_store
from tablewright.verbs.serve import app_session
from tablewright.verbs.serve_app import service_of
from tablewright_services import SERVICES

LOAD = Path(__file__).parents[2] / "benchmarks" / "services.py"


@pytest.mark.parametrize("app", SERVICES)
def test_the_settings_of_the_load_start_every_service(app: str) -> None:
    settings = runpy.run_path(str(LOAD))["ENVIRONMENTS"][app]
    service_class = service_of(app)
    with open_store(app_session(app), service_class.trial_design, "memory") as store:
        service = service_class(store, settings, log=str)
        assert len(list(service.routes())) > 5
