"""Passwords that are hashed at once, for all tests of the services."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from argon2 import PasswordHasher

from tablewright_services.common import passwords


@pytest.fixture(scope="session", autouse=True)
def hashed_at_once() -> Iterator[None]:
    """Hash with the least that argon2id takes: a hash is meant to be slow, not its tests.

    What is taken in earnest, `test_passwords.py` holds.
    """
    with pytest.MonkeyPatch.context() as patched:
        cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
        patched.setattr(passwords, "PasswordHasher", cheap)
        yield
