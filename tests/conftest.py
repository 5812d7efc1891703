"""Fixtures that several packages use: the shop model; the profiles of Hypothesis."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tablewright import ModelFile, load

# HYPOTHESIS_PROFILE=full (`make test-all`) searches longer, and the same way each time.
# A busy machine makes slow examples; that says nothing about the code.
PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("dev", **PATIENT)
settings.register_profile("full", **PATIENT, max_examples=1000, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

# Sessions and modules stay for the whole run: to look for garbage among them again and again takes
# a tenth of the time.
gc.set_threshold(50_000, 20, 50)

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def shop() -> ModelFile:
    """The shop: customers, products, orders with lines, reviews; every verb, two designs."""
    return load(DATA / "shop.yaml")
